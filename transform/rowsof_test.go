package transform

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

const testSession = "0b8e4c1e-7c7a-4c1d-9a55-0f3a5b1d2c3e"

// flattened is what a Flattener made of documents: for each table its rows as text by column.
type flattened struct {
	rows    map[string][]map[string]string
	rejects []Reject
	drift   []Drift
}

// flatten runs documents of one session through both passes.
func flatten(t *testing.T, docs ...schemas.Document) flattened {
	t.Helper()
	v := Version{Application: "app", SessionID: testSession, SessionKind: schemas.UserSession, SessionNumber: 7,
		VersionSeq: 3, ObservedAt: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), RunID: "run", ContentHash: schemas.Digest{1}}
	for _, d := range docs {
		c, err := Canonicalize(d.Kind, d.Body)
		if err != nil {
			t.Fatalf("canonicalize %s: %v", d.Kind, err)
		}
		v.Documents = append(v.Documents, schemas.Document{Kind: d.Kind, ID: testSession, Body: c.JSON})
	}
	f := NewFlattener()
	f.Add(v)
	out := flattened{rows: map[string][]map[string]string{}, rejects: f.Rejects(), drift: f.Drift()}
	err := f.Take(func(t *schemas.Table, b arrow.RecordBatch) error {
		for i := range int(b.NumRows()) {
			row := map[string]string{}
			for j, c := range t.Stored() {
				if b.Column(j).IsValid(i) {
					row[c.Name] = b.Column(j).ValueStr(i)
				}
			}
			out.rows[t.Name] = append(out.rows[t.Name], row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decision(body string) schemas.Document {
	return schemas.Document{Kind: schemas.Decision, Body: []byte(body)}
}

func listRow(body string) schemas.Document {
	return schemas.Document{Kind: schemas.ListRow, Body: []byte(body)}
}

// want compares one column of all rows of a table; ∅ is null.
func (f flattened) want(t *testing.T, table, column string, values ...string) {
	t.Helper()
	if schemas.Lookup(table) == nil {
		t.Fatalf("no table %s", table)
	}
	var got []string
	for _, r := range f.rows[table] {
		v, ok := r[column]
		if !ok {
			v = "∅"
		}
		got = append(got, v)
	}
	if fmt.Sprint(got) != fmt.Sprint(values) {
		t.Errorf("%s.%s: got %s, want %s", table, column, strings.Join(got, ", "), strings.Join(values, ", "))
	}
}
