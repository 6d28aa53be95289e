package main

import (
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/schemas"
)

const engines = "../../deploy/engines/"

// TestPublishedForEngines publishes two nights and looks at what other engines get: no value of a row, and views that
// mean what the warehouse's tables mean.
func TestPublishedForEngines(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many views")
	}
	v, err := didittest.New(didittest.Options{Seed: 21, Sessions: 30, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	dir := t.TempDir()
	for night := range 2 {
		v.Advance(simulationStart.AddDate(0, 0, night))
		now := fmt.Sprintf("KYCSYNC_NOW=2026-11-%02dT02:00:00Z", 1+night)
		if out, err := command(dir, []string{now}, "sync", "--api-url", srv.URL, "--rate", "0", "--publish").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	t.Run("no value of a row", func(t *testing.T) { searchPublished(t, dir, v) })
	t.Run("current views", func(t *testing.T) { compareViews(t, dir) })
	t.Run("as of a commit", func(t *testing.T) { compareAsOf(t, dir) })
	t.Run("smoke", func(t *testing.T) { smokeEngine(t, dir) })
}

// searchPublished looks into every byte that is written for other engines, for what is known of people, for secrets, and
// for the ids of sessions and users. That the parts hold them proves that they would be found.
func searchPublished(t *testing.T, dir string, v *didittest.Vendor) {
	values := append(v.PersonalValues(50), v.Secrets()...)
	for id := range strings.Lines(ask(t, dir, "SELECT session_id FROM sessions UNION ALL SELECT user_id FROM users UNION ALL SELECT content_hash FROM sessions")) {
		if id = strings.TrimSpace(id); len(id) >= 32 {
			values = append(values, id)
		}
	}
	if len(values) < 100 {
		t.Fatalf("got %d values to look for", len(values))
	}
	canaries, files := newFinder(values), 0
	walk(t, filepath.Join(dir, "kyc-lake", "published"), func(path string, d fs.DirEntry) {
		if !d.Type().IsRegular() {
			return
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files++
		for _, found := range canaries.in(append([]byte(path+"\n"), body...)) {
			t.Errorf("%q stands in %s", found, path)
		}
	})
	if files < 2*4*len(schemas.Tables) {
		t.Errorf("%d files are published, want four of each table a night and more", files)
	}
	seen := map[string]bool{}
	parts, err := filepath.Glob(filepath.Join(dir, "kyc-lake", "tables", "*", "data", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range parts {
		storedInPart(t, path, func(_ string, b []byte) { canaries.find(b, seen) })
	}
	if len(seen) < 80 {
		t.Errorf("%d of %d values are stored: the search does not see what is there", len(seen), len(values))
	}
}

// ask returns what the warehouse answers, as CSV without the head.
func ask(t *testing.T, dir, query string) string {
	t.Helper()
	out, err := command(dir, nil, "query", "--format", "csv", query).Output()
	if err != nil {
		t.Fatalf("%v: %s\n%.2000s", err, err.(*exec.ExitError).Stderr, query)
	}
	_, rows, _ := strings.Cut(string(out), "\n")
	return strings.ReplaceAll(rows, "\r", "")
}

// differ is a query that gives 0 where two queries have the same rows.
func differ(a, b string) string {
	return fmt.Sprintf("SELECT count(*) FROM ((%s EXCEPT ALL %s) UNION ALL (%s EXCEPT ALL %s))", a, b, b, a)
}

// compareViews holds the views of the scripts, which name the same history, against the warehouse's own tables.
func compareViews(t *testing.T, dir string) {
	body, err := os.ReadFile(engines + "spark.sql")
	if err != nil {
		t.Fatal(err)
	}
	views := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^CREATE OR REPLACE TEMPORARY VIEW ([a-z_]+) AS\n([^;]+);`).FindAllStringSubmatch(string(body), -1) {
		views[m[1]] = m[2]
	}
	families := map[string][]string{} // root: queries
	n := 0
	for _, table := range schemas.Tables {
		view, ok := views[table.Name]
		if table.History == schemas.State || table.LakeOnly {
			continue
		}
		if !ok {
			t.Errorf("spark.sql has no view %s", table.Name)
		}
		n++
		families[table.Root()] = append(families[table.Root()], fmt.Sprintf("SELECT '%s', (%s)", table.Name,
			differ(fmt.Sprintf("SELECT * EXCLUDE (next_seq) FROM (%s)", view), "SELECT * FROM "+table.Name)))
	}
	compared := 0
	for root, queries := range families {
		with := ""
		if root != "" {
			with = fmt.Sprintf("WITH %s_latest AS MATERIALIZED (%s) ", root, views[root+"_latest"])
		}
		for line := range strings.Lines(ask(t, dir, with+strings.Join(queries, " UNION ALL "))) {
			compared++
			if name, rows, _ := strings.Cut(strings.TrimSpace(line), ","); rows != "0" {
				t.Errorf("view %s: %s rows differ from the warehouse's table", name, rows)
			}
		}
	}
	if compared != n {
		t.Errorf("%d views were compared, want %d", compared, n)
	}
	if got := ask(t, dir, differ("SELECT * FROM sessions", "SELECT * EXCLUDE (next_seq) FROM sessions_versions")); strings.TrimSpace(got) == "0" {
		t.Error("all versions are current: the comparison proves nothing")
	}
}

// compareAsOf asks the examples for the first night.
func compareAsOf(t *testing.T, dir string) {
	body, err := os.ReadFile(engines + "as_of.sql")
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile(`(?m)^WITH [^;]+`).FindAllString(string(body), -1)
	if len(queries) != 2 {
		t.Fatalf("as_of.sql has %d queries, want 2", len(queries))
	}
	for i, table := range []string{"sessions", "id_verifications"} {
		asOf := fmt.Sprintf("SELECT * EXCLUDE (next_seq) FROM (%s)", strings.ReplaceAll(queries[i], "COMMIT_SEQ", "1"))
		known := fmt.Sprintf("SELECT * FROM %s_as_known_at('2026-11-01T12:00:00Z')", table)
		if got := strings.TrimSpace(ask(t, dir, differ(asOf, known))); got != "0" {
			t.Errorf("%s: %s rows differ from those known after the first night", table, got)
		}
		if got := strings.TrimSpace(ask(t, dir, differ(known, "SELECT * FROM "+table))); got == "0" {
			t.Errorf("%s: the second night changed nothing: the comparison proves nothing", table)
		}
	}
}

// smokeEngine lets the smoke script ask engines that agree with the warehouse, that do not, and that say nothing.
func smokeEngine(t *testing.T, dir string) {
	script, err := filepath.Abs(engines + "smoke.sh")
	if err != nil {
		t.Fatal(err)
	}
	const right = `kycsync query --format csv "$(grep -v ^--)"`
	for _, test := range []struct{ name, engine, want string }{
		{"one that agrees", right, "OK: commit 2, "},
		{"one with tabs and no head", right + ` | tr , '\t' | sed 1d`, "OK: commit 2, "},
		{"one that lacks a row", right + ` | sed 's/^users_versions,\([0-9]*\)/users_versions,1\1/'`, "> users_versions,1"},
		{"one that lacks a table", right + ` | grep -v '^reviews,'`, "< reviews,"},
		{"one with another sum", right + ` | sed 's/^runs,2,.*/runs,2,99/'`, "> runs,2,99"},
		{"one that fails", "exit 1", "< sessions,"},
	} {
		cmd := exec.Command("bash", script, "sh", "-c", test.engine)
		cmd.Dir = dir
		cmd.Env = command(dir, nil).Env
		out, err := cmd.CombinedOutput()
		if (err == nil) != strings.HasPrefix(test.want, "OK") || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: %v, want %q in\n%s", test.name, err, test.want, out)
		}
	}
}
