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
	c := newCorpus(t, 500)
	made := map[string]string{}
	for name, run := range map[string]func(out string) error{
		"ours":             func(out string) error { return ours(c, c.received, out) },
		"ours again":       func(out string) error { return ours(c, c.canonical, out) },
		"theirs":           func(out string) error { return theirs(c.received, out, explicitTyping()) },
		"theirs canonical": func(out string) error { return theirs(c.canonical, out, explicitTyping()) },
	} {
		made[name] = t.TempDir()
		if err := run(made[name]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	compare(t, made["ours"], made["theirs"], false)
	compare(t, made["ours"], made["theirs canonical"], true)
	same(t, made["ours"], made["ours again"])
}

// compare holds the rows of all tables against each other, as multisets, in the columns that both
// sides have. JSON, if wanted, is compared as DuckDB writes it.
func compare(tb testing.TB, ours, theirs string, wantJSON bool) {
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
		d := differ{db, parquetOf(ours, t.Name), parquetOf(theirs, t.Name)}
		n, more, less, err := d.count(list)
		tables, columns, rows = tables+1, columns+len(list), rows+n
		if err != nil {
			tb.Errorf("%s: %v", t.Name, err)
			continue
		}
		if n == 0 {
			tb.Errorf("%s: no rows to compare", t.Name)
		}
		if more+less == 0 {
			continue
		}
		tb.Errorf("%s: of our %d rows %d differ from DuckDB's, and %d of DuckDB's from ours", t.Name, n, more, less)
		for _, c := range list {
			if _, more, less, err := d.count([]string{"session_id", c}); err != nil || more+less > 0 {
				tb.Errorf("%s: %s: %d and %d values, %v", t.Name, c, more, less, err)
			}
		}
	}
	tb.Logf("compared %d tables, %d columns, %d rows", tables, columns, rows)
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

// A differ compares two Parquet files.
type differ struct {
	db   *sql.DB
	a, b string
}

// count returns how many rows a has, and how many either has that the other has not, looking at
// some columns.
func (d *differ) count(columns []string) (rows, onlyA, onlyB int, err error) {
	side := func(file string) string {
		return fmt.Sprintf("(SELECT %s FROM read_parquet(%s))", strings.Join(columns, ", "), literal(file))
	}
	err = d.db.QueryRowContext(context.Background(), fmt.Sprintf(`SELECT (SELECT count(*) FROM %s),
		(SELECT count(*) FROM (%[1]s EXCEPT ALL %[2]s)),
		(SELECT count(*) FROM (%[2]s EXCEPT ALL %[1]s))`, side(d.a), side(d.b))).Scan(&rows, &onlyA, &onlyB)
	return rows, onlyA, onlyB, err
}
