package warehouse

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kycsync/schemas"
	"kycsync/sql"
)

const columnsFile = "../../sql/columns.json"

// TestColumnsOfViews holds the file from which the program knows the columns of its views to what the database says;
// -update writes it.
func TestColumnsOfViews(t *testing.T) {
	w := newWorld(t).withViews()
	w.update()
	r := w.built(t)
	columns := map[string][]map[string]string{}
	for _, v := range sql.Views {
		for _, line := range r.ask(t, "SELECT column_name, column_type FROM (DESCRIBE "+strings.ReplaceAll(v.Call(len(v.Params)), "?", "NULL")+")") {
			name, kind, _ := strings.Cut(line, "|")
			columns[v.Name] = append(columns[v.Name], map[string]string{"Name": name, "Type": kind})
		}
	}
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "\t")
	if err := enc.Encode(columns); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(columnsFile, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(columnsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s is not what the database says; go test ./load/warehouse -run TestColumnsOfViews -update", columnsFile)
	}
}

// TestExamplesOfViews runs the example of each view's comment.
func TestExamplesOfViews(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t).withViews()
	w.update()
	r := w.built(t)
	for _, v := range sql.Views {
		if v.Example == "" {
			t.Errorf("view %s has no example", v.Name)
			continue
		}
		r.ask(t, v.Example)
	}
}

// TestDossierHasEveryTable holds that what is held of a session comes from all of its tables.
func TestDossierHasEveryTable(t *testing.T) {
	for _, table := range schemas.Tables {
		if table.History == schemas.BySession && !strings.Contains(sql.Lookup("session_dossier").SQL, " FROM "+table.Name+" AS t ") {
			t.Errorf("session_dossier does not read %s", table.Name)
		}
	}
}

// TestViewsOfAnOlderProgramGo removes those that there are no more.
func TestViewsOfAnOlderProgramGo(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t).withViews()
	w.commit(nil)
	w.update()
	tamper(t, w.cfg.Path+".build/warehouse.duckdb", "CREATE VIEW gone AS SELECT 1 AS one", "CREATE MACRO gone_too(x) AS TABLE SELECT x AS one",
		"UPDATE _warehouse SET views_sha256 = 'old'")
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	if rep := w.update(); rep.Rebuilt {
		t.Errorf("rebuilt: %s", rep.Reason)
	}
	equalStrings(t, "views", w.ask("SELECT view_name FROM duckdb_views() WHERE view_name = 'gone' UNION SELECT function_name FROM duckdb_functions() WHERE function_name = 'gone_too'"))
	equalStrings(t, "history", w.ask("SELECT count(*) FROM sessions_as_known_at('2026-03-01T03:00:00Z')"), "1")
}
