package dictionary

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"kycsync/schemas"
	"kycsync/sql"
)

var (
	update  = flag.Bool("update", false, "rewrite testdata")
	formats = []string{"text", "markdown", "html", "json"}
)

func written(t *testing.T, format, name string) string {
	t.Helper()
	d := All()
	if name != "" {
		var ok bool
		if d, ok = d.Of(name); !ok {
			t.Fatalf("no %s", name)
		}
	}
	var b bytes.Buffer
	if err := d.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryStoredColumnIsThere(t *testing.T) {
	for _, table := range schemas.Tables {
		for _, format := range formats {
			got := written(t, format, table.Name)
			for _, c := range table.Stored() {
				if !strings.Contains(got, c.Name) {
					t.Errorf("%s of %s lacks column %s", format, table.Name, c.Name)
				}
			}
		}
	}
}

func TestOneTable(t *testing.T) {
	for _, format := range formats {
		golden(t, "testdata/contact_events."+format+".golden", written(t, format, "contact_events"))
	}
}

func TestOneView(t *testing.T) {
	for _, format := range formats {
		golden(t, "testdata/decisions."+format+".golden", written(t, format, "decisions"))
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestAll(t *testing.T) {
	if got, want := strings.Count(written(t, "text", ""), "\n"), len(schemas.Tables)+len(sql.Views); got != want {
		t.Errorf("the index has %d lines, want %d", got, want)
	}
	if got, want := strings.Count(written(t, "markdown", ""), "\n## ")+1, len(schemas.Tables)+len(sql.Views); got != want {
		t.Errorf("the Markdown has %d headings, want %d", got, want)
	}
	var d Dictionary
	if err := json.Unmarshal([]byte(written(t, "json", "")), &d); err != nil || len(d.Tables) != len(schemas.Tables) || len(d.Views) != len(sql.Views) {
		t.Errorf("the JSON has %d tables and %d views (%v), want %d and %d", len(d.Tables), len(d.Views), err, len(schemas.Tables), len(sql.Views))
	}
}

func TestTheOwnerIsNamed(t *testing.T) {
	got := written(t, "text", "user_tags")
	for _, want := range []string{"kept as versions of users, in the warehouse", "from user:tags[], user_row:tags[] unless there is a user"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q", got, want)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := All().Write(&bytes.Buffer{}, "yaml"); err == nil {
		t.Error("got no error")
	}
}

// TestEveryColumnOfAViewIsExplained: by the view's own comment, or by what it is made of. A name that says all needs no
// words in a table, but a column that the view works out does.
func TestEveryColumnOfAViewIsExplained(t *testing.T) {
	classes := []string{"public", "internal", "pii", "sensitive", "biometric", "criminal"}
	all := All()
	for _, v := range all.Views {
		if len(v.Columns) == 0 {
			t.Errorf("view %s: its columns are not known; go test ./load/warehouse -run TestColumnsOfViews -update", v.Name)
		}
		stored := map[string]ViewColumn{}
		for _, name := range v.Reads {
			from, _ := all.Of(name)
			from.explain(stored)
		}
		for _, c := range v.Columns {
			if _, ok := stored[c.Name]; !ok && c.Doc == "" {
				t.Errorf("view %s, column %s: nothing says what it is", v.Name, c.Name)
			}
			if !slices.Contains(classes, c.Class) {
				t.Errorf("view %s, column %s: class %q, want one of %v", v.Name, c.Name, c.Class, classes)
			}
		}
	}
}
