package filing

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kycsync/load/filing/bag"
	"kycsync/sql"
)

// statuses makes a table with a column of known words and one of countries, and returns what the descriptor tells of the first
// and the names of the files.
func statuses(t *testing.T, prof profile, values ...string) (fieldSchema, *maker) {
	t.Helper()
	dir := t.TempDir()
	m := &maker{Package: &Package{Order: Order{Template: &sql.Filing{}, Audience: Regulator, Profile: string(prof)}, Rows: map[string]int64{}, dir: dir, bag: bag.NewBuilder(filepath.Join(dir, "bag"))}}
	def := &sql.FilingTable{Name: "people", Doc: "One row: a person.", Key: []string{"session_id"}, SQL: "SELECT 1", Columns: []sql.FilingColumn{
		{Name: "session_id", From: "sessions.session_id"}, {Name: "status", From: "sessions.status"}, {Name: "nationality", From: "id_verifications.nationality_iso3"}}}
	var rows [][]any
	for i, v := range values {
		rows = append(rows, []any{fmt.Sprint(i), v, "DEU"})
	}
	take(t, m, def, rows)
	if err := m.explain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m.tableResources(m.tables[0])[0].Schema.Fields[1], m
}

// Categories are promised where they are kept: one value that the vendor spells otherwise, and there are none.
func TestCategories(t *testing.T) {
	f, m := statuses(t, plain, "Approved", "In Review")
	if !slices.Contains(f.Categories, "Kyc Expired") || len(f.Categories) != 10 {
		t.Errorf("got the categories %q, want all statuses", f.Categories)
	}
	if names := m.bag.Names(); !slices.Contains(names, "data/codes/people.status.csv") || !slices.Contains(names, countriesFile) {
		t.Errorf("got the files %q, want both lists of codes", names)
	}
	if f, _ := statuses(t, plain, "Approved", "Brand New"); f.Categories != nil {
		t.Errorf("a value is none of the categories %q", f.Categories)
	}
	if f, _ := statuses(t, spreadsheet, "Approved"); f.Categories == nil {
		t.Error("for a spreadsheet there are none")
	}
}

// A category that a value is none of is a lie.
func TestCategoriesThatLie(t *testing.T) {
	key, signers := testKey(t)
	_, name := packed(t, crowd, func(o *Order) { o.Key = key })
	const field = `"name": "full_name",`
	bad := repacked(t, name, key, descriptorFile, field, field+` "categories": ["Ada"],`)
	failed, all := verified(t, bad, Checking{Signers: signers})
	if len(failed) == 0 || failed[0] != "rows of population" || !strings.Contains(all["rows of population"], "7 values that are none of its categories") {
		t.Errorf("failed %q: %s", failed, all["rows of population"])
	}
}
