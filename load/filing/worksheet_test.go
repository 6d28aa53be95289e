package filing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kycsync/load/filing/bag"
	"kycsync/load/warehouse"
	"kycsync/sql"
)

// A claim is a cell of the test's worksheet. value nil: it says what is missing.
type claim struct {
	cell    string
	value   *int64
	listing *string
	missing *string
}

func answered(cell string, value int64) claim { return claim{cell, &value, ptr("listing"), nil} }

func unanswered(cell string) claim { return claim{cell, nil, nil, ptr("a file")} }

var honest = []claim{answered("a", 2), answered("b", 0), answered("c", 1), unanswered("d")}

var rowsOfCells = []string{"a", "a", "c"}

// worksheetPacked makes a package with a worksheet whose author claims this, whatever the rows are. Its lists, totals and
// signature fit.
func worksheetPacked(t *testing.T, claims []claim, rows []string) (name string, refused error) {
	t.Helper()
	key, _ := testKey(t)
	f := testTemplate()
	f.Tables = append(f.Tables,
		sql.FilingTable{Name: "listing", Doc: "One row: a row.", Key: []string{"cell", "number"}, Refers: &sql.Reference{Columns: []string{"cell"}, Table: "worksheet"}, SQL: "SELECT 4",
			Columns: []sql.FilingColumn{{Name: "cell", Class: "public", Doc: "c"}, {Name: "number", Class: "internal", Doc: "n"}}},
		sql.FilingTable{Name: "worksheet", Doc: "One row: a cell.", Key: []string{"cell"}, SQL: "SELECT 5",
			Columns: []sql.FilingColumn{{Name: "cell", Class: "public", Doc: "c"}, {Name: "question", Class: "public", Doc: "q"}, {Name: "value", Class: "internal", Doc: "v"},
				{Name: "listing", Class: "public", Doc: "l"}, {Name: "missing_input", Class: "internal", Doc: "m"}}})
	o := Order{Template: f, Period: october, KnownAt: knownAt, Entity: "acme", Audience: Regulator, Profile: string(plain), Program: Program{"1", "00"}, Key: key}
	dir := t.TempDir()
	m := &maker{Package: &Package{ID: o.ID(), Order: o, Rows: map[string]int64{}, dir: dir, bag: bag.NewBuilder(filepath.Join(dir, "bag")), Stand: warehouse.Stand{Seq: 3, SHA256: "ab", CommittedAt: knownAt, RunID: "r"}},
		checks:  []warehouse.Checked{{Check: "keys.sessions", Severity: "critical", Owner: "engineer", Dimension: "integrity"}},
		balance: []balance{{application: "default", source: 1, exclusions: 1}}}
	cells := [][]any{}
	told := sheet{name: worksheetFile, columns: worksheetColumns}
	for _, c := range claims {
		cells = append(cells, []any{c.cell, "how many?", c.value, c.listing, c.missing})
		line := cell{name: c.cell, missing: deref(c.missing), listing: deref(c.listing), value: deref(c.value), rows: deref(c.value)}
		told.rows = append(told.rows, line.row())
	}
	given := map[string][][]any{"exclusions": {{"default", "x", "a test"}}, "worksheet": cells}
	for i, c := range rows {
		given["listing"] = append(given["listing"], []any{c, int64(i)})
	}
	for i := range f.Tables {
		take(t, m, &f.Tables[i], given[f.Tables[i].Name])
	}
	if refused = m.countCells(context.Background()); refused != nil {
		if err := m.addSheet(told); err != nil { // the liar goes on
			t.Fatal(err)
		}
	}
	for _, step := range []func(context.Context) error{m.writeControls, m.explain, m.describe} {
		if err := step(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	name = filepath.Join(dir, m.ID+".zip")
	w, err := os.Create(name)
	if err == nil {
		err = errors.Join(m.seal(), m.WriteZip(w), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return name, refused
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func TestAWorksheetStands(t *testing.T) {
	_, signers := testKey(t)
	name, err := worksheetPacked(t, honest, rowsOfCells)
	if err != nil {
		t.Fatal(err)
	}
	failed, all := verified(t, name, Checking{Signers: signers})
	if want := "Each of 3 numbers of the worksheet is the number of rows of its listing; 1 cells say which input is missing."; len(failed) > 0 || all["worksheet"] != want {
		t.Errorf("failed: %q\n%v", failed, all)
	}
	f, s, err := openWhole(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body, err := s.ReadAll(worksheetFile, 1<<20)
	if want := "cell,value,listing,rows,difference,missing_input\r\na,2,listing,2,0,\r\nb,0,listing,0,0,\r\nc,1,listing,1,0,\r\nd,,,,,a file\r\n"; err != nil || string(body) != want {
		t.Errorf("got %v\n%s", err, body)
	}
	page, err := s.ReadAll(readmeFile, 1<<20)
	if err != nil || !strings.Contains(string(page), "Missing: a file") {
		t.Errorf("the page for people does not tell what is missing: %v", err)
	}
}

// A worksheet that lies is not made; and where somebody makes it nevertheless, with totals, lists and a signature that fit, the
// control fails, and no other one.
func TestWorksheetsThatLie(t *testing.T) {
	_, signers := testKey(t)
	of := func(c claim) []claim { return append(slices.Clone(honest[:3]), c) }
	for _, tt := range []struct {
		name   string
		claims []claim
		rows   []string
		says   string
	}{
		{"one more than there are", append([]claim{answered("a", 3)}, honest[1:]...), rowsOfCells, `Worksheet: cell "a" is 3, and its listing listing has 2 rows of it.`},
		{"one less", append([]claim{answered("a", 1)}, honest[1:]...), rowsOfCells, `cell "a" is 1, and its listing listing has 2`},
		{"rows of another cell", honest, []string{"a", "c", "c"}, `cell "a" is 2, and its listing listing has 1`},
		{"rows of a cell that says that it is not known", honest, []string{"a", "a", "c", "d"}, "the listing listing has 4 rows, and the cells that name it 3"},
		{"neither a value nor what is missing", of(claim{"d", nil, nil, nil}), rowsOfCells, `cell "d": want a value and a listing, or what is missing`},
		{"both", of(claim{"d", ptr(int64(0)), ptr("listing"), ptr("a file")}), rowsOfCells, `cell "d": want a value and a listing, or what is missing`},
		{"a listing that is not there", of(claim{"d", ptr(int64(0)), ptr("nothing"), nil}), rowsOfCells, `names the listing "nothing": want a table`},
		{"a listing that has no cells", of(claim{"d", ptr(int64(0)), ptr("population"), nil}), rowsOfCells, `names the listing "population": want a table`},
		{"the worksheet as its own listing", of(claim{"d", ptr(int64(1)), ptr("worksheet"), nil}), rowsOfCells, `names the listing "worksheet": want a table`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name, refused := worksheetPacked(t, tt.claims, tt.rows)
			if refused == nil || !strings.Contains(plainWords(refused), tt.says) {
				t.Errorf("made: got %v, want %q", refused, tt.says)
			}
			failed, all := verified(t, name, Checking{Signers: signers})
			if fmt.Sprint(failed) != "[worksheet]" || !strings.Contains(all["worksheet"], tt.says) {
				t.Errorf("verified: failed %q, want worksheet alone: %s", failed, all["worksheet"])
			}
		})
	}
}

// What the control tells must be what was counted, and of every cell.
func TestControlsOfWorksheetsThatLie(t *testing.T) {
	key, signers := testKey(t)
	name, err := worksheetPacked(t, honest, rowsOfCells)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new string }{
		{"other rows", "a,2,listing,2,0", "a,2,listing,1,1"},
		{"a cell is missing", "b,0,listing,0,0,\r\n", ""},
		{"a cell too many", "d,,,,,a file\r\n", "d,,,,,a file\r\ne,,,,,a file\r\n"},
		{"nothing is missing", "d,,,,,a file", "d,0,listing,0,0,"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			failed, all := verified(t, repacked(t, name, key, worksheetFile, tt.old, tt.new), Checking{Signers: signers})
			if fmt.Sprint(failed) != "[worksheet]" {
				t.Errorf("failed %q, want worksheet: %s", failed, all["worksheet"])
			}
		})
	}
	failed, all := verified(t, repacked(t, name, key, tableFolder+"worksheet.csv", "a,how many?,2,", "a,how many?,3,"), Checking{Signers: signers})
	if !slices.Contains(failed, "worksheet") {
		t.Errorf("another value in the table alone: failed %q\n%v", failed, all)
	}
}
