package schemas

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func dictionary(t *testing.T, format string, tables []Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteDictionary(&b, format, tables); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDictionaryNamesEveryStoredColumn(t *testing.T) {
	for _, table := range Tables {
		for _, format := range []string{"text", "markdown", "json"} {
			got := dictionary(t, format, []Table{table})
			for _, c := range table.Stored() {
				if !strings.Contains(got, c.Name) {
					t.Errorf("%s of %s lacks column %s", format, table.Name, c.Name)
				}
			}
		}
	}
}

func TestDictionaryOfOneTable(t *testing.T) {
	table := []Table{*Lookup("contact_events")}
	for _, format := range []string{"text", "markdown", "json"} {
		name := "testdata/contact_events." + format + ".golden"
		got := dictionary(t, format, table)
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
			t.Errorf("%s: got\n%s\nwant\n%s", format, got, want)
		}
	}
}

func TestDictionaryOfAllTables(t *testing.T) {
	if got, want := strings.Count(dictionary(t, "text", Tables), "\n"), len(Tables); got != want {
		t.Errorf("the index has %d lines, want %d", got, want)
	}
	if got, want := strings.Count(dictionary(t, "markdown", Tables), "\n## ")+1, len(Tables); got != want {
		t.Errorf("the Markdown has %d headings, want %d", got, want)
	}
	var pages []struct{ Table string }
	if err := json.Unmarshal([]byte(dictionary(t, "json", Tables)), &pages); err != nil || len(pages) != len(Tables) {
		t.Errorf("the JSON has %d tables (%v), want %d", len(pages), err, len(Tables))
	}
}

func TestDictionaryNamesTheOwner(t *testing.T) {
	got := dictionary(t, "text", []Table{*Lookup("user_tags")})
	for _, want := range []string{"kept as versions of users, in the warehouse", "from user:tags[], user_row:tags[] unless there is a user"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q", got, want)
		}
	}
}

func TestDictionaryInAnUnknownFormat(t *testing.T) {
	if err := WriteDictionary(&bytes.Buffer{}, "yaml", Tables); err == nil {
		t.Error("got no error")
	}
}
