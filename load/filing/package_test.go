package filing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"flag"

	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/load/filing/bag"
	"kycsync/load/lake"
	"kycsync/load/seal"
	"kycsync/load/warehouse"
	"kycsync/schemas"
	"kycsync/sql"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	knownAt = time.Date(2026, 11, 6, 0, 0, 0, 0, time.UTC)
	october = Period{"2026-10", time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
)

// A person is a row of the test's population. Nil: null.
type person struct {
	id    string
	name  *string
	score *float64
	seq   int64
}

// testKey writes a key that is the same in every test, and returns it and what allowed_signers has of it.
func testKey(t testing.TB) (*seal.Key, seal.Signers) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := seal.OpenKey(file, "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	signers, err := seal.ParseSigners(append([]byte("acme@x "), ssh.MarshalAuthorizedKey(public)...))
	if err != nil {
		t.Fatal(err)
	}
	return key, signers
}

func testTemplate() *sql.Filing {
	columns := []sql.FilingColumn{{Name: "application", From: "sessions.application"}, {Name: "session_id", From: "sessions.session_id"}}
	return &sql.Filing{Name: "people", Title: "People", About: "All of them.", Serves: []string{"a rule"}, Basis: sql.CreatedInPeriod, GraceDays: 5, Audiences: []string{"regulator", "auditor"}, Source: "SELECT 1",
		Tables: []sql.FilingTable{
			{Name: "exclusions", Doc: "One row: a session that is left out.", Key: []string{"application", "session_id"}, SQL: "SELECT 2",
				Columns: append(columns[:2:2], sql.FilingColumn{Name: "reason", Class: "internal", Doc: "why"})},
			{Name: "population", Doc: "One row: a person.", Key: []string{"application", "session_id"}, SQL: "SELECT 3",
				Columns: append(columns[:2:2], sql.FilingColumn{Name: "full_name", From: "sessions.full_name"}, sql.FilingColumn{Name: "score", From: "liveness_checks.score"}, sql.FilingColumn{Name: "version_seq", From: "sessions.version_seq"})},
		}}
}

var testKinds = map[string]schemas.Kind{"score": schemas.Float, "version_seq": schemas.Int, "value": schemas.Int, "rank": schemas.Int, "number": schemas.Int, "population": schemas.Int, "sampled": schemas.Int, "session_version_seq": schemas.Int}

// packed makes a package without a database. change may alter the order.
func packed(t testing.TB, people []person, change func(*Order)) (*Package, string) {
	t.Helper()
	return packedBy(t, people, change, nil)
}

// packedBy is packed by somebody who may alter the rows of the sample.
func packedBy(t testing.TB, people []person, change func(*Order), cheat func(*maker, *sampleRows)) (*Package, string) {
	t.Helper()
	o := Order{Template: testTemplate(), Period: october, KnownAt: knownAt, Entity: "acme", Audience: Regulator, Profile: string(plain), Program: Program{"1", "00"}}
	if change != nil {
		change(&o)
	}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &maker{Package: &Package{ID: o.ID(), Order: o, Rows: map[string]int64{}, dir: dir, bag: bag.NewBuilder(filepath.Join(dir, "bag")), Stand: warehouse.Stand{Seq: 3, SHA256: "ab", CommittedAt: knownAt, RunID: "r"}},
		checks:  []warehouse.Checked{{Check: "keys.sessions", Severity: "critical", Owner: "engineer", Dimension: "integrity"}},
		balance: []balance{{application: "default", source: int64(len(people)) + 1, population: int64(len(people)), exclusions: 1}}}
	for i := range o.Template.Tables {
		def := &o.Template.Tables[i]
		var rows [][]any
		if def.Name == sql.FilingExclusions {
			rows = [][]any{{"default", "x", "a test"}}
		} else {
			for _, p := range people {
				rows = append(rows, []any{"default", p.id, p.name, p.score, p.seq})
			}
		}
		take(t, m, def, rows)
	}
	if o.Sample != nil {
		takeSample(t, m, cheat)
	}
	ctx := context.Background()
	for _, step := range []func(context.Context) error{m.writeControls, m.compare, m.explain, m.describe} {
		if err := step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.seal(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, m.ID+".zip")
	f, err := os.Create(name)
	if err == nil {
		err = errors.Join(m.WriteZip(f), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.Package, name
}

// take writes a table of rows as the database would give them.
func take(t testing.TB, m *maker, def *sql.FilingTable, rows [][]any) {
	t.Helper()
	tab := &table{FilingTable: def, schema: &schemas.Table{Name: def.Name}}
	for i, told := range def.Columns {
		kind := testKinds[told.Name]
		if kind == 0 {
			kind = schemas.Text
		}
		c, err := describe(schemas.Column{ID: i + 1, Name: told.Name, Kind: kind, Null: true}, told)
		if err != nil {
			t.Fatal(err)
		}
		c.source = i
		if c.Action, err = m.Order.Audience.action(&c.Column, c.From); err != nil {
			t.Fatal(err)
		}
		if c.Action == drop {
			continue
		}
		c.reduce()
		tab.columns, tab.schema.Columns = append(tab.columns, c), append(tab.schema.Columns, c.Column)
	}
	for _, name := range def.Key {
		tab.key = append(tab.key, slices.IndexFunc(tab.columns, func(c column) bool { return c.Name == name }))
	}
	answer := &schemas.Table{Name: def.Name}
	for i, told := range def.Columns {
		kind := testKinds[told.Name]
		if kind == 0 {
			kind = schemas.Text
		}
		answer.Columns = append(answer.Columns, schemas.Column{ID: i + 1, Name: told.Name, Kind: kind, Null: true, Class: schemas.Internal})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, answer.Arrow())
	defer b.Release()
	for _, row := range rows {
		for i, v := range row {
			switch v := v.(type) {
			case string:
				b.Field(i).(*array.StringBuilder).Append(v)
			case *string:
				if b := b.Field(i).(*array.StringBuilder); v == nil {
					b.AppendNull()
				} else {
					b.Append(*v)
				}
			case *float64:
				if b := b.Field(i).(*array.Float64Builder); v == nil {
					b.AppendNull()
				} else {
					b.Append(*v)
				}
			case int64:
				b.Field(i).(*array.Int64Builder).Append(v)
			case *int64:
				if b := b.Field(i).(*array.Int64Builder); v == nil {
					b.AppendNull()
				} else {
					b.Append(*v)
				}
			default:
				t.Fatalf("a %T", v)
			}
		}
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	out, err := tab.batch(batch, m.Order.Pseudonyms)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	w, err := lake.NewPart(tab.schema, m.dir)
	if err == nil {
		err = w.Write(out)
	}
	if err != nil {
		t.Fatal(err)
	}
	done, err := w.Close()
	if err == nil {
		folder := tableFolder
		switch def.Name {
		case sql.FilingExclusions, sql.FilingSample, sql.FilingStrata:
			folder = controlFolder
		case testEvidence().Name, testPDFs().Name:
			folder = evidenceFolder
		}
		err = m.take(context.Background(), tab, done.Path, folder)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func ptr[T any](v T) *T { return &v }

var crowd = []person{
	{"a", ptr("Ada, \"the\" first"), ptr(99.5), 1},
	{"b", nil, nil, 1},
	{"c", ptr(""), ptr(0.0), 2},
	{"d", ptr("=HYPERLINK(\"http://x\")"), ptr(12.25), 2},
	{"e", ptr("two\r\nlines\nand a tab\t"), nil, 2},
	{"f", ptr("'quoted'"), ptr(-1.0), 3},
	{"g", ptr("+49 30 1"), ptr(1e-9), 3},
	{"h", ptr("A\u030a"), ptr(1e300), 3}, // not in the normal form
}

func verified(t testing.TB, name string, how Checking) (failed []string, all map[string]string) {
	t.Helper()
	controls, ok, err := Verify(context.Background(), name, how)
	if err != nil {
		t.Fatal(err)
	}
	all = map[string]string{}
	for _, c := range controls {
		all[c.Name] = c.Sentence
		if !c.Passed && !c.Skipped {
			failed = append(failed, c.Name)
		}
	}
	if ok != (len(failed) == 0) {
		t.Errorf("ok is %t, and these failed: %q", ok, failed)
	}
	return failed, all
}

func TestAPackageStands(t *testing.T) {
	key, signers := testKey(t)
	for _, tt := range []struct {
		name   string
		people []person
		change func(*Order)
	}{
		{"signed", crowd, nil},
		{"for a spreadsheet", crowd, func(o *Order) { o.Profile = string(spreadsheet) }},
		{"for an auditor", crowd[:1], func(o *Order) {
			o.Audience = Auditor
			o.Pseudonyms, _ = NewPseudonymizer(Auditor, bytes.Repeat([]byte{1}, 32))
		}},
		{"of nobody", nil, nil},
		{"preliminary", crowd, func(o *Order) { o.KnownAt = knownAt.AddDate(0, 0, -3) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, name := packed(t, tt.people, func(o *Order) {
				o.Key = key
				if tt.change != nil {
					tt.change(o)
				}
			})
			failed, all := verified(t, name, Checking{Signers: signers})
			if len(failed) > 0 || !strings.Contains(all["signature"], "acme@x") || !strings.Contains(all["parquet"], "have the same rows") {
				t.Errorf("failed: %q\n%v", failed, all)
			}
			again, _ := packed(t, tt.people, func(o *Order) { *o = p.Order })
			if again.Content != p.Content {
				t.Error("made again it is another one")
			}
		})
	}
}

func TestWhoSigned(t *testing.T) {
	key, signers := testKey(t)
	_, signed := packed(t, crowd, func(o *Order) { o.Key = key })
	_, unsigned := packed(t, crowd, nil)
	_, others, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(others.Public())
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := seal.ParseSigners(append([]byte("other@x "), ssh.MarshalAuthorizedKey(public)...))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		how        Checking
		fails      bool
		says       string
	}{
		{"nobody is named", signed, Checking{}, false, "compare this with the one that you were told"},
		{"somebody else is named", signed, Checking{Signers: strangers}, true, "not allowed"},
		{"not signed", unsigned, Checking{}, true, "Nobody signed"},
		{"not signed, and allowed", unsigned, Checking{Unsigned: true}, false, "Nobody signed"},
		{"not signed, though somebody is named", unsigned, Checking{Unsigned: true, Signers: signers}, true, "Nobody signed"},
	} {
		failed, all := verified(t, tt.file, tt.how)
		if (len(failed) > 0) != tt.fails || !strings.Contains(all["signature"], tt.says) {
			t.Errorf("%s: failed %q: %s", tt.name, failed, all["signature"])
		}
	}
}

// One bit that is another one, anywhere, makes a control fail. All bits of all bytes take too long: so one bit of every
// 61st byte, from another one each time.
func TestEveryByteOfAPackageCounts(t *testing.T) {
	key, _ := testKey(t)
	_, name := packed(t, crowd, func(o *Order) { o.Key = key })
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	step := 61
	if testing.Short() {
		step = 509
	}
	signature := bytes.Index(body, []byte("BEGIN SSH SIGNATURE"))
	at := []int{signature + 30, signature + 89, len(body) - 1} // in it, a line end in it, the end
	for i := rand.IntN(step); i < len(body); i += step {
		at = append(at, i)
	}
	bad := filepath.Join(t.TempDir(), filepath.Base(name))
	for _, i := range at {
		b := bytes.Clone(body)
		b[i] ^= 1 << rand.IntN(8)
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if failed, _ := verified(t, bad, Checking{}); len(failed) == 0 {
			t.Errorf("byte %d of %d altered, and everything passed", i, len(body))
		}
	}
}

// A package whose author lies: the lists and the signature fit, and the content does not.
func TestPackagesThatLie(t *testing.T) {
	key, signers := testKey(t)
	_, name := packed(t, crowd, func(o *Order) { o.Key = key })
	for _, tt := range []struct{ name, file, old, new, fails string }{
		{"a row is missing", "data/tables/population.csv", "default,b,,,1\r\n", "", "control totals"},
		{"a value is another one", "data/tables/population.csv", "99.5", "98.5", "control totals"},
		{"rows are not in order", "data/tables/population.csv", "default,b,,,1\r\n", "default,z,,,1\r\n", "rows of population"},
		{"a key is there twice", "data/tables/population.csv", "default,b,,,1\r\n", "default,a,,,1\r\n", "rows of population"},
		{"a number is none", "data/tables/population.csv", "12.25", "12,25", "rows of population"},
		{"a number in another spelling", "data/tables/population.csv", "12.25", "12.250", "rows of population"},
		{"a line end of another system", "data/tables/population.csv", ",,,1\r\n", ",,,1\n", "rows of population"},
		{"quotes that are not needed", "data/tables/population.csv", "default,b", "\"default\",b", "rows of population"},
		{"a column has another name", "data/tables/population.csv", "full_name", "fall_name", "rows of population"},
		{"an exclusion is missing", "data/control/exclusions.csv", "default,x,a test\r\n", "", "control totals"},
		{"another sum", "data/control/control_totals.csv", "score,number,6,", "score,number,7,", "control totals"},
		{"another balance", "data/control/reconciliation.csv", "default,9,8,1,0", "default,8,8,0,0", "reconciliation"},
		{"a critical check that failed", "data/control/dq_results.csv", "critical,integrity,engineer,0", "critical,integrity,engineer,2", "data quality"},
		{"no checks", "data/control/dq_results.csv", "keys.sessions,critical", "", "data quality"},
		{"another program's statement", "data/provenance/statement.json", "urn:kycsync:filing:v1", "urn:kycsync:filing:v9", "statement"},
		{"another time in the statement", "data/provenance/statement.json", "\"Status\": \"FINAL\"", "\"Status\": \"DRAFT\"", "name"},
		{"another Parquet file", "data/tables/population.parquet", "", "", "parquet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := repacked(t, name, key, tt.file, tt.old, tt.new)
			failed, all := verified(t, bad, Checking{Signers: signers})
			if len(failed) == 0 || failed[0] != tt.fails {
				t.Errorf("failed: %q, want %q first\n%v", failed, tt.fails, all)
			}
		})
	}
}

// repacked makes a package of another one's files, of which one has other words, with lists and a signature that fit. For
// a Parquet file they are those of another population.
func repacked(t *testing.T, name string, key *seal.Key, file, old, new string) string {
	t.Helper()
	f, s, err := openWhole(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files, err := s.Check()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b := bag.NewBuilder(filepath.Join(dir, "bag"))
	sums := map[string]string{}
	var last []string // the statement is made of the others
	for member := range files {
		if strings.HasPrefix(member, bag.Payload) && member != statementFile {
			last = append(last, member)
		}
	}
	for _, member := range append(last, statementFile) {
		body, err := s.ReadAll(member, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case member == file && strings.HasSuffix(file, ".parquet"):
			other, _ := packed(t, crowd[:2], nil)
			if body, err = os.ReadFile(other.bag.Path(file)); err != nil {
				t.Fatal(err)
			}
		case member == file && !bytes.Contains(body, []byte(old)):
			t.Fatalf("%s has no %q:\n%s", file, old, body)
		case member == file:
			body = bytes.Replace(body, []byte(old), []byte(new), 1)
			if new == "" && old == "keys.sessions,critical" {
				body = header(checksColumns)
			}
		}
		if member == statementFile {
			for was, is := range sums {
				body = bytes.ReplaceAll(body, []byte(was), []byte(is))
			}
		}
		if err := b.Add(member, body); err != nil {
			t.Fatal(err)
		}
		sums[files[member].SHA256] = b.File(member).SHA256
	}
	info, err := s.Info()
	if err != nil {
		t.Fatal(err)
	}
	var fields []bag.Field
	for label, value := range info {
		if label != "Payload-Oxum" {
			fields = append(fields, bag.Field{Label: label, Value: value})
		}
	}
	if _, err := b.Seal(fields, func(body []byte) ([]byte, error) { return key.Sign(Namespace, body) }); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, filepath.Base(name))
	w, err := os.Create(out)
	if err == nil {
		err = errors.Join(b.WriteZip(w, s.Root), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARestatementListsTheCellsThatChanged(t *testing.T) {
	key, signers := testKey(t)
	_, first := packed(t, crowd, func(o *Order) { o.Key = key })
	later := append([]person{}, crowd...)
	later[1] = person{"b", ptr("Bea"), nil, 9}
	later[2] = person{"c", nil, ptr(0.0), 9}
	later[0].seq = 9 // seen again, and the same
	later = append(later[:3], append([]person{{"ca", ptr("new"), nil, 9}}, later[4:]...)...)
	previous, err := OpenPrevious(first)
	if err != nil {
		t.Fatal(err)
	}
	defer previous.Close()
	p, second := packed(t, later, func(o *Order) {
		o.Key, o.Previous, o.Reason, o.KnownAt = key, previous, "late decisions", knownAt.AddDate(0, 1, 0)
	})
	if !strings.Contains(p.ID, "_v2_") {
		t.Errorf("got the name %s, want version 2", p.ID)
	}
	body, err := os.ReadFile(p.bag.Path("data/control/changes_since_v1.csv"))
	if err != nil {
		t.Fatal(err)
	}
	const key1 = `population,"{""application"":""default"",""session_id"":""`
	want := "table,key,change,column,old,new,cause\r\n" +
		key1 + `b""}",changed,full_name,,Bea,` + "\r\n" +
		key1 + `c""}",changed,full_name,"",,` + "\r\n" +
		key1 + `ca""}",added,,,,` + "\r\n" +
		key1 + `d""}",removed,,,,the record is not in this table any more` + "\r\n"
	if string(body) != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	for _, name := range []string{first, second} {
		if failed, _ := verified(t, name, Checking{Signers: signers}); len(failed) > 0 {
			t.Errorf("%s: failed %q", name, failed)
		}
	}
	var out bytes.Buffer
	if n, err := WriteDiff(context.Background(), &out, first, second); err != nil || n != (ChangeCount{2, 1, 1}) || out.String() != want {
		t.Errorf("diff: got %+v, %v\n%s", n, err, out.String())
	}
}

func TestFilesOfManyRowsAreSplit(t *testing.T) {
	defer func(n int64) { maxPartRows = n }(maxPartRows)
	maxPartRows = 3
	key, signers := testKey(t)
	p, name := packed(t, crowd, func(o *Order) { o.Key = key })
	for part, rows := range map[string]int{"population.csv": 3, "population.2.csv": 3, "population.3.csv": 2} {
		body, err := os.ReadFile(p.bag.Path(tableFolder + part))
		if got := bytes.Count(body, []byte("\r\ndefault,")); err != nil || got != rows || !bytes.HasPrefix(body, []byte("application,session_id")) {
			t.Errorf("%s: got %d rows, %v, want a header and %d", part, got, err, rows)
		}
	}
	if failed, all := verified(t, name, Checking{Signers: signers}); len(failed) > 0 {
		t.Errorf("failed: %q\n%v", failed, all)
	}
}

// TestAnOlderPackageStands: what was made once is verified for ever. -update adds nothing to it: it makes another one.
func TestAnOlderPackageStands(t *testing.T) {
	const golden = "testdata/acme_people_2026-10_v1_k20261106T000000Z.zip"
	key, signers := testKey(t)
	if *update {
		_, name := packed(t, crowd, func(o *Order) { o.Key = key })
		body, err := os.ReadFile(name)
		if err == nil {
			err = errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, body, 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if failed, all := verified(t, golden, Checking{Signers: signers}); len(failed) > 0 {
		t.Errorf("failed: %q\n%v", failed, all)
	}
}

func TestWithoutAnInstant(t *testing.T) {
	day := func(n int) time.Time { return october.To.AddDate(0, 0, n) }
	for _, tt := range []struct {
		name        string
		from, until int
		want        int
	}{{"the grace has ended", -100, 20, 5}, {"it has not", -100, 3, 3}, {"the first was known later", 10, 20, 10}, {"all was known at once", 10, 10, 10}} {
		if got := DefaultKnownAt(testTemplate(), october, day(tt.from), day(tt.until)); !got.Equal(day(tt.want)) {
			t.Errorf("%s: got %s, want %s", tt.name, got, day(tt.want))
		}
	}
}

func TestOrdersThatCannotBe(t *testing.T) {
	ok := Order{Template: testTemplate(), Period: october, KnownAt: knownAt, Entity: "acme", Audience: Regulator, Profile: "plain"}
	for _, tt := range []struct {
		err    string
		change func(*Order)
	}{
		{"want a short name", func(o *Order) { o.Entity = "../x" }},
		{"not for the audience", func(o *Order) { o.Audience = Analyst }},
		{"not for the audience", func(o *Order) { o.Audience = "" }},
		{"want plain or spreadsheet", func(o *Order) { o.Profile = "x" }},
		{"need a key", func(o *Order) { o.Audience = Auditor }},
		{"says why", func(o *Order) { o.Previous = &Previous{} }},
		{"a reason is for", func(o *Order) { o.Reason = "x" }},
		{"want one line", func(o *Order) { o.Previous, o.Reason = &Previous{}, "x\ny" }},
	} {
		o := ok
		tt.change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("got %v, want %q", err, tt.err)
		}
	}
	for _, text := range []string{"", "2026-13", "2026-Q5", "2026-1", "october", "2026-10-01", "1969", "2026..2027", "2026-03..2026-03", "2026-04..2026-03", "2026-04..2026-13", "2020-01..2025-01"} {
		if _, err := ParsePeriod(text); err == nil {
			t.Errorf("period %q was taken", text)
		}
	}
	for text, want := range map[string]string{"2026-12": "2026-12-01 2027-01-01", "2026-Q4": "2026-10-01 2027-01-01", "2026": "2026-01-01 2027-01-01", "2025-04..2026-03": "2025-04-01 2026-04-01", "2020-01..2024-12": "2020-01-01 2025-01-01"} {
		p, err := ParsePeriod(text)
		if got := p.From.Format(time.DateOnly) + " " + p.To.Format(time.DateOnly); err != nil || got != want {
			t.Errorf("period %s: got %s, %v, want %s", text, got, err, want)
		}
	}
}
