package sql

import (
	"strings"
	"testing"
)

const (
	headOK = "title: People\nabout: All of them.\nserves: [a rule]\nbasis: created_in_period\naudiences: [regulator]\n"
	rowsOK = "-- One row: a person.\n--\n-- key: id\n-- column id sessions.session_id\nSELECT id FROM t ORDER BY id;\n"
)

func TestFilings(t *testing.T) {
	if len(Filings()) == 0 {
		t.Fatal("there is none")
	}
	for _, f := range Filings() {
		for _, table := range f.Tables {
			if !strings.Contains(table.SQL, "ORDER BY") || strings.Contains(table.SQL, "SELECT *") {
				t.Errorf("%s, %s: want explicit columns and an order", f.Name, table.Name)
			}
		}
	}
	files := map[string][]byte{"filing.yaml": []byte(headOK), "population.sql": []byte(rowsOK), "exclusions.sql": []byte(rowsOK), "source.sql": []byte("-- All.\nSELECT 1;\n")}
	f, err := ParseFiling("people", files)
	if err != nil || len(f.Tables) != 2 || f.Source != "SELECT 1" || f.Table("population").Row() != "One row: a person." {
		t.Errorf("got %+v, %v", f, err)
	}
}

// A template need have nothing but its head and a population that has the key of the basis.
func TestABasisCompletesATemplate(t *testing.T) {
	rows := "-- One row: a session.\n--\n-- key: application, session_id\nSELECT application, session_id FROM members ORDER BY ALL;\n"
	for _, basis := range Bases {
		f, err := ParseFiling("people", map[string][]byte{"filing.yaml": []byte(strings.Replace(headOK, CreatedInPeriod, basis, 1)), "population.sql": []byte(rows)})
		if err != nil {
			t.Errorf("%s: %v", basis, err)
			continue
		}
		if f.Source == "" || f.Table("exclusions") == nil || f.Defines[len(f.Defines)-1].Name != "members" {
			t.Errorf("%s: got %+v", basis, f)
		}
		for _, d := range f.Defines {
			if !strings.HasPrefix(d.Doc, "One row: ") || d.SQL == "" {
				t.Errorf("%s, %s: want what a row is, and a statement, got %+v", basis, d.Name, d)
			}
		}
	}
}

func TestTemplatesThatCannotBeRead(t *testing.T) {
	for _, tt := range []struct{ name, file, text, err string }{
		{"no head", "filing.yaml", "", "there is no filing.yaml"},
		{"an unknown word", "filing.yaml", headOK + "owner: me\n", "field owner not found"},
		{"no rule", "filing.yaml", strings.Replace(headOK, "serves: [a rule]\n", "", 1), "want title, about, serves and audiences"},
		{"no basis", "filing.yaml", strings.Replace(headOK, "created_in_period", "any", 1), `basis "any": want one of created_in_period`},
		{"a grace of years", "filing.yaml", headOK + "grace_days: 4000\n", "want 0 to 366"},
		{"no population", "population.sql", "", "there is no population.sql"},
		{"exclusions of the basis, which have another key", "exclusions.sql", "", "want that of population.sql"},
		{"no key", "population.sql", strings.Replace(rowsOK, "-- key: id\n", "", 1), "says no key"},
		{"another key", "exclusions.sql", strings.Replace(rowsOK, "key: id", "key: name", 1), "want that of population.sql"},
		{"a column without a class", "population.sql", rowsOK[:strings.Index(rowsOK, " sessions")] + "\n" + rowsOK, "want key: COLUMNS"},
		{"a class without a meaning", "population.sql", strings.Replace(rowsOK, "sessions.session_id", "internal", 1), "want what it means"},
		{"what a row is", "population.sql", rowsOK[len("-- One row: a person.\n--\n"):], "want One row:"},
		{"a worksheet without cells", "worksheet.sql", rowsOK, "want cell"},
		{"a program", "run.sh", "x", "want filing.yaml, and files such as population.sql"},
		{"the vendor's counts", "vendor_totals.sql", rowsOK, "want filing.yaml, and files such as population.sql"},
		{"a reference to nothing", "hits.sql", strings.Replace(rowsOK, "key: id", "key: id\n-- refers: id to people", 1), "want a table of the filing with that key"},
	} {
		files := map[string][]byte{"filing.yaml": []byte(headOK), "population.sql": []byte(rowsOK), "exclusions.sql": []byte(rowsOK), "source.sql": []byte("SELECT 1")}
		if files[tt.file] = []byte(tt.text); tt.text == "" {
			delete(files, tt.file)
		}
		if _, err := ParseFiling("people", files); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.err)
		}
	}
	for _, name := range []string{"", "..", "a b", "A", "a_b", "-a"} {
		if _, err := ParseFiling(name, nil); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
}
