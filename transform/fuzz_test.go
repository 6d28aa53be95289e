package transform

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

// FuzzFlatten: whatever the document, rows and withheld rows together are its elements, the
// canonical form is its own canonical form, and what is drift is kept.
func FuzzFlatten(f *testing.F) {
	seeds := 0
	for _, body := range sampleDecisions(f, 40) {
		f.Add(body)
		seeds++
	}
	for _, body := range []string{
		`{"aml_screenings":[null,[],{"hits":{"pep_matches":{"matched_name":"x"}}},"x"],"id_verifications":{"date_of_birth":"1/2/3"}}`,
		`{"registry_checks":[{"company":[{"officers":[{}]}]},{"company":{"officers":{"uuid":1},"beneficial_owners":[[]]}}]}`,
		`{"features":[null,1,"AML"],"metadata":[[{"a":{}}]],"questionnaire_responses":[{"sections":[{"items":[{"answer":"yes"}]}]}]}`,
		`[]`, `null`, `"x"`, `{"status":{}}`, `{"warnings":1}`,
	} {
		f.Add([]byte(body))
		seeds++
	}
	if seeds < 48 {
		f.Fatalf("got %d seeds", seeds)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := Canonicalize(schemas.Decision, body)
		if err != nil {
			return
		}
		again, err := Canonicalize(schemas.Decision, c.JSON)
		if err != nil || string(again.JSON) != string(c.JSON) || again.ContentSHA256 != c.ContentSHA256 {
			t.Fatalf("canonical form of %q is %q, and of that %q (%v)", body, c.JSON, again.JSON, err)
		}
		checkElements(t, schemas.Document{Kind: schemas.Decision, Body: c.JSON})
	})
}

// checkElements counts the elements of canonical documents by the sources' paths alone, and holds
// rows and withheld rows against them.
func checkElements(t *testing.T, docs ...schemas.Document) {
	t.Helper()
	read := map[schemas.DocumentKind]any{}
	for _, doc := range docs {
		var v any
		d := json.NewDecoder(bytes.NewReader(doc.Body))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("canonical form is not JSON: %v", err)
		}
		read[doc.Kind] = v
	}
	f := NewFlattener()
	f.Add(Version{Application: "a", SessionID: testSession, VersionSeq: 1, Documents: docs})
	got := map[string]int{}
	for _, r := range f.Rejects() {
		if r.Scope == ScopeDocument {
			t.Fatalf("a canonical document was rejected: %+v", r)
		}
		if r.Scope == ScopeRow {
			got[r.Table]++
		}
	}
	err := f.Take(func(table *schemas.Table, b arrow.RecordBatch) error {
		got[table.Name] += int(b.NumRows())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		want := 0
		for _, s := range table.Sources {
			doc, there := read[s.Document]
			if _, instead := read[s.Unless]; there && !instead {
				want += elements(doc, steps(s.Path))
			}
		}
		if len(table.Sources) > 0 && got[table.Name] != want {
			t.Errorf("%s: got %d rows and withheld rows, want %d elements of %s", table.Name, got[table.Name], want, docs)
		}
	}
}

// elements counts what stands at a path: every value but null.
func elements(v any, path []step) int {
	if len(path) == 0 {
		return 1
	}
	object, _ := v.(map[string]any)
	v = object[path[0].name]
	if v == nil {
		return 0
	}
	list, ok := v.([]any)
	if !path[0].list || !ok {
		return elements(v, path[1:])
	}
	n := 0
	for _, e := range list {
		if e != nil {
			n += elements(e, path[1:])
		}
	}
	return n
}

// sampleDecisions are bodies as the fake vendor sends them.
func sampleDecisions(t testing.TB, n int) [][]byte {
	t.Helper()
	v := newVendor(t, n)
	var out [][]byte
	for _, s := range v.Truth() {
		out = append(out, get(v, "/v3/session/"+s.ID+"/decision/"))
	}
	return out
}

func newVendor(t testing.TB, sessions int) *didittest.Vendor {
	t.Helper()
	v, err := didittest.New(didittest.Options{Seed: 9, Sessions: sessions, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func get(v *didittest.Vendor, path string) []byte {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("x-api-key", "didit-test-key")
	rec := httptest.NewRecorder()
	v.ServeHTTP(rec, req)
	return rec.Body.Bytes()
}

// TestElementsOfDamagedDocuments is FuzzFlatten's property on documents of all kinds in which values
// were exchanged at random.
func TestElementsOfDamagedDocuments(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	versions := sampleEntities(t, newVendor(t, 150))
	for _, body := range sampleDecisions(t, 150) {
		versions = append(versions, []schemas.Document{{Kind: schemas.Decision, Body: body}})
	}
	for _, docs := range versions {
		for i, d := range docs {
			var doc any
			if err := json.Unmarshal(d.Body, &doc); err != nil {
				t.Fatal(err)
			}
			damaged, err := json.Marshal(damage(doc, dice))
			if err != nil {
				t.Fatal(err)
			}
			c, err := Canonicalize(d.Kind, damaged)
			if err != nil {
				t.Fatal(err)
			}
			docs[i].Body = c.JSON
		}
		checkElements(t, docs...)
	}
}

func damage(v any, dice *rand.Rand) any {
	if dice.IntN(60) == 0 {
		return []any{nil, "x", 1.5, true, []any{}, map[string]any{}, []any{"x", nil}, map[string]any{"hits": []any{"x"}}}[dice.IntN(8)]
	}
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = damage(v[k], dice)
		}
	case []any:
		for i := range v {
			v[i] = damage(v[i], dice)
		}
	}
	return v
}

// FuzzInstant: a time that is accepted is an instant that can be written down and read again.
func FuzzInstant(f *testing.F) {
	for _, s := range []string{"2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05+05:30", "2026-01-02T03:04:05", "2026-01-02 03:04:05",
		"2026-01-02", "2026-01-02T24:00:00Z", "2026-01-02T23:59:60Z", "9999-12-31T23:59:59.999999999Z", "0000-01-01", "1767225600", "x"} {
		f.Add(s, s[0] == '1')
	}
	f.Fuzz(func(t *testing.T, s string, isNumber bool) {
		v := scalar{kind: '"', text: []byte(s)}
		if isNumber {
			v.kind = '0'
		}
		micros, _, ok := instant(v)
		if !ok {
			return
		}
		written := time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		if strings.HasPrefix(written, "-") || len(written) > len("2026-01-02T03:04:05.123456Z") {
			return // a year that RFC 3339 cannot write
		}
		again, ambiguous, ok := instant(scalar{kind: '"', text: []byte(written)})
		if !ok || ambiguous || again != micros {
			t.Errorf("%q is %d, written %q, read again %d (ambiguous %t, ok %t)", s, micros, written, again, ambiguous, ok)
		}
		if d, ok := day(v); ok && !strings.HasPrefix(s, time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly)) {
			t.Errorf("the day of %q is %s", s, time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly))
		}
	})
}

func TestInstant(t *testing.T) {
	for _, c := range []struct {
		in        string
		want      string // empty: refused
		ambiguous bool
	}{
		{"2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z", false},
		{"2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z", false},
		{"2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05Z", false},
		{"2026-01-02T03:04:05-0800", "2026-01-02T11:04:05Z", false},
		{"2026-01-02 03:04:05Z", "2026-01-02T03:04:05Z", false},
		{"2026-01-02T03:04:05", "2026-01-02T03:04:05Z", true},
		{"2026-01-02 03:04:05.5", "2026-01-02T03:04:05.5Z", true},
		{"2026-01-02", "2026-01-02T00:00:00Z", true},
		{"2024-02-29", "2024-02-29T00:00:00Z", true},
		{"2026-02-29", "", false},
		{"2026-01-02T24:00:00Z", "", false},
		{"2026-01-02T23:59:60Z", "", false},
		{"2026-13-02T00:00:00Z", "", false},
		{"99999-01-01T00:00:00Z", "", false},
		{"02/01/2026", "", false},
		{"2026", "", false},
		{"", "", false},
		{"now", "", false},
	} {
		micros, ambiguous, ok := instant(scalar{kind: '"', text: []byte(c.in)})
		got := ""
		if ok {
			got = time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		}
		if got != c.want || ambiguous != c.ambiguous {
			t.Errorf("%q: got %q ambiguous %t, want %q %t", c.in, got, ambiguous, c.want, c.ambiguous)
		}
	}
}
