package night

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"kycsync/schemas"
)

// DuckDB, told the type of every value, makes the same rows of the same decisions. JSON is compared
// where both read canonical documents, because DuckDB keeps the order of members, links and secrets.
func TestDuckDBAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("many tables")
	}
	c := newCorpus(t, 500)
	made := map[string]string{}
	for name, run := range map[string]func(out string) error{
		"ours":             func(out string) error { return ours(c, c.received, true, out) },
		"ours again":       func(out string) error { return ours(c, c.canonical, false, out) },
		"theirs":           func(out string) error { return theirs(c.received, out, explicitTyping()) },
		"theirs canonical": func(out string) error { return theirs(c.canonical, out, explicitTyping()) },
	} {
		made[name] = t.TempDir()
		if err := run(made[name]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		with string
		json bool
	}{{"theirs", false}, {"theirs canonical", true}} {
		seen, differ := compare(t, made["ours"], made[c.with], c.json)
		t.Logf("ours and %s: %s", c.with, seen)
		for _, d := range differ {
			t.Errorf("ours and %s: %s", c.with, d)
		}
	}
	same(t, made["ours"], made["ours again"])
}

// compare holds the rows of all tables against each other, as multisets, in the columns that both
// sides have, and tells what it has seen and what differs. JSON, if wanted, is compared as DuckDB
// writes it.
func compare(tb testing.TB, a, b string, wantJSON bool) (seen string, differ []string) {
	tb.Helper()
	db, err := sql.Open("duckdb", fmt.Sprintf("?threads=%d", threads))
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	root := explicitTyping()
	var tables, columns, rows int
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		query, given := tableQuery(root, t)
		if query == "" {
			continue
		}
		var list []string
		for _, c := range given {
			switch {
			case c.Kind != schemas.JSON:
				list = append(list, quoted(c.Name))
			case wantJSON:
				list = append(list, fmt.Sprintf("json(%s) AS %[1]s", quoted(c.Name)))
			}
		}
		p := pair{db, parquetOf(a, t.Name), parquetOf(b, t.Name)}
		n, onlyA, onlyB, err := p.count(list)
		if err != nil {
			tb.Fatalf("%s: %v", t.Name, err)
		}
		tables, columns, rows = tables+1, columns+len(list), rows+n
		if n == 0 {
			differ = append(differ, t.Name+": no rows to compare")
		}
		if onlyA+onlyB == 0 {
			continue
		}
		text := fmt.Sprintf("%s: of %d rows %d have no equal, and %d of the other side", t.Name, n, onlyA, onlyB)
		for _, c := range list {
			if _, onlyA, onlyB, _ := p.count([]string{"session_id", c}); onlyA+onlyB > 0 {
				text += ", " + c
			}
		}
		differ = append(differ, text)
	}
	return fmt.Sprintf("%d tables, %d columns, %d rows", tables, columns, rows), differ
}

// same expects the same files, byte for byte.
func same(tb testing.TB, a, b string) {
	tb.Helper()
	for i := range schemas.Tables {
		name := schemas.Tables[i].Name
		x, _ := os.ReadFile(parquetOf(a, name))
		y, _ := os.ReadFile(parquetOf(b, name))
		if !bytes.Equal(x, y) {
			tb.Errorf("%s: canonical documents give another part than received ones", name)
		}
	}
}

// A pair is two Parquet files of one table.
type pair struct {
	db   *sql.DB
	a, b string
}

// count returns how many rows a has, and how many either has that the other has not, looking at
// the columns alone.
func (p *pair) count(columns []string) (rows, onlyA, onlyB int, err error) {
	side := func(file string) string {
		return fmt.Sprintf("(SELECT %s FROM read_parquet(%s))", strings.Join(columns, ", "), literal(file))
	}
	err = p.db.QueryRowContext(context.Background(), fmt.Sprintf(`SELECT (SELECT count(*) FROM %s),
		(SELECT count(*) FROM (%[1]s EXCEPT ALL %[2]s)),
		(SELECT count(*) FROM (%[2]s EXCEPT ALL %[1]s))`, side(p.a), side(p.b))).Scan(&rows, &onlyA, &onlyB)
	return rows, onlyA, onlyB, err
}
