package schemas

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata")

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func TestEveryColumnIsWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, table := range Tables {
		if names[table.Name] {
			t.Errorf("table %s is there twice", table.Name)
		}
		names[table.Name] = true
		if !snake.MatchString(table.Name) || table.Doc == "" || table.History == 0 {
			t.Errorf("table %s: want a snake_case name, a doc and a history", table.Name)
		}
		ids, cols := map[int]bool{}, map[string]bool{}
		for _, c := range table.Columns {
			at := table.Name + "." + c.Name
			switch {
			case c.ID < 1 || ids[c.ID]:
				t.Errorf("%s: ID %d is not unique and positive", at, c.ID)
			case !snake.MatchString(c.Name) || cols[c.Name]:
				t.Errorf("%s: name is not unique and snake_case", at)
			case c.Kind == 0 || c.Class == 0 || c.Path == "":
				t.Errorf("%s: want a kind, a class and a path", at)
			case c.Dict && c.Kind != Text && c.Kind != Int:
				t.Errorf("%s: dictionary of a kind that has none", at)
			case len(c.Words) > 0 && c.Kind != Text:
				t.Errorf("%s: words of a column that is not text", at)
			case c.Norm == Array && c.Kind != JSON:
				t.Errorf("%s: array of a column that is not JSON", at)
			case c.Norm == Word && len(c.Words) == 0:
				t.Errorf("%s: words to spell a value by, want some", at)
			}
			ids[c.ID], cols[c.Name] = true, true
		}
		checkShape(t, &table)
	}
}

func checkShape(t *testing.T, table *Table) {
	t.Helper()
	stored := map[string]Column{}
	for _, c := range table.Stored() {
		stored[c.Name] = c
	}
	for _, k := range table.Key {
		if _, ok := stored[k]; !ok {
			t.Errorf("%s: key column %s is not stored", table.Name, k)
		}
	}
	for _, s := range table.Sources {
		if s.Unless != "" && (!strings.HasSuffix(s.Path, "[]") || !slices.ContainsFunc(table.Sources, func(o Source) bool { return o.Document == s.Unless })) {
			t.Errorf("%s: source %s is left out for one in %s, which is not there", table.Name, s.Path, s.Unless)
		}
		for name := range s.Const {
			if _, ok := stored[name]; !ok {
				t.Errorf("%s: source %s gives a constant for column %s, which is not stored", table.Name, s.Path, name)
			}
		}
		for name, c := range stored {
			if _, ok := s.Const[name]; c.Path == EnvConst && !ok {
				t.Errorf("%s: source %s gives no constant for column %s", table.Name, s.Path, name)
			}
		}
	}
	if table.History == BySession {
		for i, name := range []string{"application", "session_id", "session_number", "version_seq", "observed_at"} {
			if stored[name].ID != i+1 {
				t.Errorf("%s: column %s has ID %d, want %d", table.Name, name, stored[name].ID, i+1)
			}
		}
	}
	if table.Root() != "" {
		checkVersioned(t, table, stored)
		if last := table.Columns[len(table.Columns)-1]; len(table.Sources) > 0 && last.Path != EnvExtra && !ofPlainValues(table) && table.Name != "workflows" {
			t.Errorf("%s: last column is %s, want extra_json", table.Name, last.Name)
		}
	}
}

// ofPlainValues reports whether the elements of the table have no members.
func ofPlainValues(table *Table) bool {
	return slices.ContainsFunc(table.Columns, func(c Column) bool { return c.Path == "." })
}

// checkVersioned holds a table against the one whose versions its rows belong to.
func checkVersioned(t *testing.T, table *Table, stored map[string]Column) {
	t.Helper()
	root := Lookup(table.Root())
	switch {
	case root == nil || root.Root() != root.Name:
		t.Errorf("%s: %q is no entity's own table", table.Name, table.Root())
		return
	case (table.Owner != "") != (table.History == ByOwner):
		t.Errorf("%s: owner %q of a table with history %d", table.Name, table.Owner, table.History)
	}
	for _, name := range append([]string{"version_seq"}, root.EntityKey()...) {
		if c, ok := stored[name]; !ok || c.Kind != Text && c.Kind != Int {
			t.Errorf("%s: column %s of the entity's key is not stored", table.Name, name)
		}
	}
}

func TestNormalisedColumnsStandBesideTheReceivedValue(t *testing.T) {
	suffix := map[Norm]string{Status: "_raw", FeatureWord: "_raw", Word: "_raw", Percent: "_raw", PercentAny: "_raw"}
	for _, table := range Tables {
		for _, c := range table.Columns {
			want := ""
			switch {
			case suffix[c.Norm] != "":
				want = c.Name + suffix[c.Norm]
			case c.Norm == ISO3:
				want = strings.TrimSuffix(c.Name, "_iso3")
			case c.Norm == AmbiguousT:
				want = strings.TrimSuffix(c.Name, "_raw")
			case c.Norm == Fold:
				want = strings.TrimSuffix(c.Name, "_key")
			default:
				continue
			}
			i := slices.IndexFunc(table.Columns, func(o Column) bool { return o.Name == want })
			if want == c.Name || i < 0 || table.Columns[i].Path != c.Path {
				t.Errorf("%s.%s: want the received value from %q in column %s", table.Name, c.Name, c.Path, want)
			}
		}
	}
}

// TestIDsAreForLife holds the definitions against the IDs ever given. A column that is gone keeps
// its line; with -update only new lines are added.
func TestIDsAreForLife(t *testing.T) {
	const file = "testdata/ids.golden"
	old, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var lines []string
	given := map[string]string{} // table and ID to name and type
	for line := range strings.Lines(string(old)) {
		f := strings.Fields(line)
		given[f[0]+" "+f[1]] = f[2] + " " + f[3]
		lines = append(lines, strings.TrimSpace(line))
	}
	added := 0
	for _, table := range Tables {
		for _, c := range table.Columns {
			kind := "media"
			if c.Kind != Media {
				kind = c.Kind.DuckDB()
			}
			key, val := fmt.Sprintf("%s %d", table.Name, c.ID), c.Name+" "+kind
			switch was := given[key]; was {
			case val:
			case "":
				added++
				lines = append(lines, key+" "+val)
			default:
				t.Errorf("table %s, ID %d: is %s, was %s; an ID is never reused, renamed or retyped", table.Name, c.ID, val, was)
			}
		}
	}
	switch {
	case t.Failed() || added == 0:
	case *update:
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%d columns are not in %s; run go test ./schemas -update", added, file)
	}
}
