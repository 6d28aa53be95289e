package publish

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/avro"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// someTable is a table with two parts, the newer of them added by its commit.
func someTable() *table {
	part := func(rows, seq int64) lake.Part { return lake.Part{Rows: rows, Bytes: 100 * rows, AddedBySeq: seq} }
	c := &lake.Commit{Seq: 7, Kind: lake.Sync, CommittedAt: time.Unix(1_770_000_000, 0).UTC(), SHA256: strings.Repeat("a", 64), Tables: map[string]map[string]lake.Part{
		"users": {"tables/users/data/a-000-L0.parquet": part(3, 5), "tables/users/data/b-000-L0.parquet": part(4, 7)}}}
	return newTable(schemas.Lookup("users"), c, "LAKE", "gs://bucket/lake")
}

// What is said of each part, by one entry that is altered at a time.
func TestCheckManifest(t *testing.T) {
	values, text := []figure{{Key: 1, Value: 2}}, []bound{{Key: 2, Value: []byte("Anna")}}
	other, number := []byte("x"), int64(6)
	for _, test := range []struct {
		name  string
		alter func([]entry) []entry
		err   string // "": it is the commit's
	}{
		{"as it is", func(e []entry) []entry { return e }, ""},
		{"in another order", func(e []entry) []entry { return []entry{e[1], e[0]} }, "not as kycsync writes it"},
		{"a part less", func(e []entry) []entry { return e[:1] }, "lacks 1 of 2 parts"},
		{"a part twice", func(e []entry) []entry { return append(e, e[0]) }, "entry 2 names no part"},
		{"another place", func(e []entry) []entry { e[0].File.Path = "gs://elsewhere/x.parquet"; return e }, "entry 0 names no part"},
		{"a row more", func(e []entry) []entry { e[0].File.Rows++; return e }, "4 rows and 300 bytes"},
		{"a byte more", func(e []entry) []entry { e[0].File.Bytes++; return e }, "3 rows and 301 bytes"},
		{"a file of deletions", func(e []entry) []entry { e[0].File.Content = 1; return e }, "want 3 and 300"},
		{"another format", func(e []entry) []entry { e[0].File.Format = "AVRO"; return e }, "want 3 and 300"},
		{"deleted", func(e []entry) []entry { e[0].Status = 2; return e }, "commit 5 added"},
		{"of another commit", func(e []entry) []entry { e[0].Sequence = &number; return e }, "commit 5 added"},
		{"of no commit", func(e []entry) []entry { e[0].SnapshotID = nil; return e }, "commit 5 added"},
		{"with a lower bound", func(e []entry) []entry { e[0].File.LowerBounds = &text; return e }, "says more"},
		{"with an upper bound", func(e []entry) []entry { e[1].File.UpperBounds = &text; return e }, "says more"},
		{"with counts of values", func(e []entry) []entry { e[1].File.ValueCounts = &values; return e }, "says more"},
		{"with a key", func(e []entry) []entry { e[1].File.KeyMetadata = &other; return e }, "says more"},
	} {
		users := someTable()
		stored, err := users.manifestOf(test.alter(users.entries()))
		if err != nil {
			t.Fatal(err)
		}
		err = users.checkManifest(stored)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.err)
		}
		if err != nil && (strings.Contains(err.Error(), "Anna") || strings.Contains(err.Error(), "elsewhere")) {
			t.Errorf("%s: the error quotes what is stored: %v", test.name, err)
		}
	}
}

// A version of the program that knew a column less may have published the commit. One that knew a column
// which may not be null has not.
func TestCheckSchema(t *testing.T) {
	users := someTable()
	for _, test := range []struct {
		name  string
		alter func([]iceField) []iceField
		ok    bool
	}{
		{"as it is", func(f []iceField) []iceField { return f }, true},
		{"without a column that may be null", func(f []iceField) []iceField {
			return slices.DeleteFunc(f, func(f iceField) bool { return f.Name == "vendor_data" && !f.Required })
		}, true},
		{"without one that may not", func(f []iceField) []iceField { return f[1:] }, false},
		{"without any", func([]iceField) []iceField { return []iceField{} }, false},
		{"with one twice", func(f []iceField) []iceField { return append(f, f[0]) }, false},
		{"with an unknown one", func(f []iceField) []iceField { return append(f, iceField{ID: 999, Name: "x", Type: "long"}) }, false},
		{"under another name", func(f []iceField) []iceField { f[1].Name = "x"; return f }, false},
		{"of another type", func(f []iceField) []iceField { f[1].Type = "long"; return f }, false},
		{"required", func(f []iceField) []iceField { f[len(f)-1].Required = !f[len(f)-1].Required; return f }, false},
	} {
		s := users.schema()
		s.Fields = test.alter(s.Fields)
		if err := users.checkSchema(s); (err == nil) != test.ok {
			t.Errorf("%s: got %v, want it accepted: %t", test.name, err, test.ok)
		}
		other := users.with(described{columns: s.Fields, comment: "other words", lastID: 1 + len(s.Fields)})
		manifest, err1 := other.manifest()
		metadata, err2 := other.metadata()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for what, err := range map[string]error{"manifest": users.checkManifest(manifest), "metadata": users.checkMetadata(metadata)} {
			if (err == nil) != test.ok {
				t.Errorf("%s, %s: got %v, want it accepted: %t", test.name, what, err, test.ok)
			}
		}
	}
}

// What the first versions of the program published has no hash of the words in it, and is accepted.
func TestUnsealed(t *testing.T) {
	users := someTable()
	d := users.described()
	d.unsealed = true
	manifest, err1 := users.with(d).manifest()
	metadata, err2 := users.with(d).metadata()
	if err1 != nil || err2 != nil || bytes.Contains(manifest, []byte(sealName)) || bytes.Contains(metadata, []byte(sealName)) {
		t.Fatal(err1, err2, "or there is a hash")
	}
	if err := users.checkManifest(manifest); err != nil {
		t.Error(err)
	}
	if err := users.checkMetadata(metadata); err != nil {
		t.Error(err)
	}
}

// Whatever bit is flipped in what is stored, it is found.
func TestFlippedBits(t *testing.T) {
	users := someTable()
	manifest, err := users.manifest()
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := users.manifestList(len(manifest))
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := users.metadata()
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]struct {
		body  []byte
		check func([]byte) error
	}{
		"list":          {users.list(), users.checkList},
		"manifest":      {manifest, users.checkManifest},
		"manifest list": {manifests, func(b []byte) error { return users.checkManifestList(b, len(manifest)) }},
		"metadata":      {metadata, users.checkMetadata},
	} {
		if err := stored.check(stored.body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		every := 1
		if testing.Short() {
			every = 17
		}
		for i := 0; i < len(stored.body); i += every {
			b := slices.Clone(stored.body)
			b[i] ^= 1 << (i % 8)
			if err := stored.check(b); err == nil {
				t.Errorf("%s: bit %d of byte %d was flipped, and nothing said", name, i%8, i)
			}
		}
	}
}

// The bytes of a publication follow from the commit: two runs make the same objects.
func TestDeterministic(t *testing.T) {
	make := func() string {
		users := someTable()
		manifest, err := users.manifest()
		if err != nil {
			t.Fatal(err)
		}
		manifests, err := users.manifestList(len(manifest))
		if err != nil {
			t.Fatal(err)
		}
		metadata, err := users.metadata()
		if err != nil {
			t.Fatal(err)
		}
		return string(manifest) + string(manifests) + string(metadata) + string(users.list())
	}
	one := make()
	for range 20 {
		if make() != one {
			t.Fatal("the bytes differ from one time to the next")
		}
	}
}

// Every kind of column has a type in Iceberg, and the records are what the schemas say.
func TestSchemas(t *testing.T) {
	for i := range schemas.Tables {
		def := &schemas.Tables[i]
		s := (&table{def: def}).schema()
		if len(s.Fields) != len(def.Stored()) {
			t.Errorf("%s: %d columns, want %d", def.Name, len(s.Fields), len(def.Stored()))
		}
		for j, c := range def.Stored() {
			if f := s.Fields[j]; f.ID != c.ID || f.Name != c.Name || f.Required == c.Null {
				t.Errorf("%s: got %+v, want column %d %s", def.Name, f, c.ID, c.Name)
			}
		}
	}
	for name, schema := range map[string]*avro.Schema{`"name": "r2"`: entrySchema, `"name": "manifest_file"`: manifestSchema} {
		if !strings.Contains(schema.String(), name) {
			t.Errorf("the schema has no record %s, by which some engines know it", name)
		}
	}
}
