package warehouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kycsync/schemas"
	"kycsync/sql"
)

// Describe returns the columns of the answer to a statement that only reads, as those of a table: numbered from 1, by
// name and kind, each of which may be null. Their class is not known. A column of a type that tables do not have is an
// error.
func (r *Reader) Describe(ctx context.Context, query string) ([]schemas.Column, error) {
	plan, err := r.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	var out []schemas.Column
	for i, c := range plan.columns {
		kind, ok := kindOf(c.Type)
		if !ok {
			return nil, fmt.Errorf("column %s is %s: want a type that tables have, by a cast", c.Name, c.Type)
		}
		out = append(out, schemas.Column{ID: i + 1, Name: c.Name, Kind: kind, Null: true})
	}
	return out, nil
}

func kindOf(duckType string) (schemas.Kind, bool) {
	switch duckType {
	case "VARCHAR":
		return schemas.Text, true
	case "JSON":
		return schemas.JSON, true
	case "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UINTEGER":
		return schemas.Int, true
	case "DOUBLE", "FLOAT":
		return schemas.Float, true
	case "BOOLEAN":
		return schemas.Bool, true
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return schemas.Time, true
	case "DATE":
		return schemas.Date, true
	case schemas.Decimal.DuckDB():
		return schemas.Decimal, true
	}
	return 0, false
}

// Spool runs a statement that only reads and writes the answer, in its order, to a Parquet file of the table t, whose
// columns are those that Describe returned. DuckDB needs no memory for the answer as a whole. The caller removes the file,
// which lake.ReadFile reads. Errors are those of Query.
func (r *Reader) Spool(ctx context.Context, t *schemas.Table, query string) (file string, err error) {
	if _, err := r.prepare(ctx, query); err != nil {
		return "", err
	}
	var columns, ids []string
	for _, c := range t.Columns {
		kind := c.Kind.DuckDB()
		if c.Kind == schemas.JSON {
			kind = schemas.Text.DuckDB() // Parquet would know it for another type
		}
		columns = append(columns, fmt.Sprintf("CAST(%s AS %s) AS %[1]s", ident(c.Name), kind))
		ids = append(ids, fmt.Sprintf("%s: %d", ident(c.Name), c.ID))
	}
	file = filepath.Join(r.out, t.Name+".parquet")
	stmt := fmt.Sprintf("COPY (SELECT %s FROM (\n%s\n)) TO %s (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {%s})",
		strings.Join(columns, ", "), strings.TrimRight(query, "; \t\r\n"), literal(file), strings.Join(ids, ", "))
	if err := r.in.exec(ctx, "write the answer", stmt); err != nil {
		_ = os.Remove(file)
		return "", err
	}
	return file, nil
}

// Define gives the answer to a statement that only reads a name, by which later statements ask of it as of a view.
func (r *Reader) Define(ctx context.Context, d sql.Definition) error {
	if _, err := r.prepare(ctx, d.SQL); err != nil {
		return err
	}
	return r.in.exec(ctx, "define "+d.Name, d.Create())
}

// A Stand is the commit that a reader shows.
type Stand struct {
	Seq         int64
	CommittedAt time.Time
	SHA256      string
	RunID       string
}

// Stand returns the commit that the reader shows. ErrNothingKnown means that there is none.
func (r *Reader) Stand(ctx context.Context) (s Stand, err error) {
	res, err := r.Query(ctx, "SELECT k.seq, k.known_until, c.sha256, c.run_id FROM knowledge AS k JOIN "+ledgerTable+" AS c ON c.seq = k.seq")
	if err != nil {
		return s, err
	}
	defer res.Close()
	if !res.Next() {
		return s, ErrNothingKnown
	}
	v := res.Values()
	s.Seq, _ = v[0].(int64)
	s.CommittedAt, _ = v[1].(time.Time)
	s.SHA256, _ = v[2].(string)
	s.RunID, _ = v[3].(string)
	return s, res.Err()
}

// KnownFrom returns the first instant as of which something is known: that of the first commit which published one.
func (r *Reader) KnownFrom(ctx context.Context) (at time.Time, err error) {
	err = r.in.row(ctx, "read the ledger", "SELECT min(committed_at) FROM "+ledgerTable+" WHERE published_seq > 0", &at)
	return at.UTC(), err
}

// Definition identifies the tables and views that this program makes a warehouse of.
func Definition() string { return ddlSHA256() + viewsSHA256() }

// CheckPast asks a reader of the past all checks whose answer that past has, as of its newest commit, and returns the
// results in order of their names. From then on the views show these results, in place of those that were noted when the
// file was made, which another file of the same lake need not have. Left out are the checks that ask what has no past.
func (r *Reader) CheckPast(ctx context.Context) ([]Checked, error) {
	s, err := r.Stand(ctx)
	if err != nil {
		return nil, err
	}
	waivers, err := r.in.waivers(ctx, s.CommittedAt)
	if err != nil {
		return nil, err
	}
	var results []*result
	for _, c := range checks() {
		if c.pastless() {
			continue
		}
		res, err := r.in.ask(ctx, &c, s.CommittedAt, sinceStart, nil)
		if err != nil {
			return nil, err
		}
		res.asked, res.inFull, res.seconds, res.waiver = s.Seq, s.Seq, 0, waivers[c.Name]
		results = append(results, res)
	}
	for _, stmt := range append([]string{"DROP VIEW " + resultsTable}, resultsDDL()...) {
		if err := r.in.exec(ctx, "note the results of checks", stmt); err != nil {
			return nil, err
		}
	}
	if err := r.in.exec(ctx, "note the results of checks", noteStatement(s.Seq, s.CommittedAt, results)); err != nil {
		return nil, err
	}
	return checked(results)
}

// pastless reports whether the check asks what has no past: a table that keeps the newest state alone, or what the file
// itself notes of its tables.
func (c *check) pastless() bool {
	if c.noted {
		return true
	}
	for _, name := range c.tables {
		if schemas.Lookup(name).History == schemas.State {
			return true
		}
	}
	return false
}

// Sort writes the rows of a Parquet file, which lies in the reader's own directory or beside what Spool wrote there, in
// order of the columns. The caller removes the file that it returns.
func (r *Reader) Sort(ctx context.Context, t *schemas.Table, file string, by []string) (string, error) {
	given := filepath.Join(r.out, "given.parquet")
	if err := os.Rename(file, given); err != nil {
		return "", fmt.Errorf("sort %s: %w", t.Name, err)
	}
	defer os.Remove(given)
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, ident(c.Name))
	}
	return r.Spool(ctx, t, fmt.Sprintf("SELECT %s FROM read_parquet(%s) ORDER BY %s", strings.Join(columns, ", "), literal(given), idents(by)))
}
