package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// ErrStatement means that a statement is not one that a reader runs.
var ErrStatement = errors.New("want one statement that only reads: SELECT, FROM, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN")

// What a reader may use. It spills to a directory of its own, which is removed by Close.
const readerMemoryMB = 1024

// A Reader asks a published warehouse file. It keeps the file that it opened, also when a newer one
// is published. SQL can reach nothing else but a directory of the reader's own: no other file, no network, no extension, no setting.
// Not safe for concurrent use.
type Reader struct {
	in  *instance
	tmp string
	out string // the only directory that it writes to
}

// OpenReader opens a published file for reading. A missing file is an error that wraps fs.ErrNotExist.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	return openReader(ctx, path, readerMemoryMB)
}

func openReader(ctx context.Context, path string, memoryMB int) (*Reader, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open warehouse %q: %w", path, fs.ErrNotExist)
	} else if err != nil {
		return nil, fmt.Errorf("open warehouse: %w", err)
	}
	tmp, err := os.MkdirTemp("", "kycsync-query-")
	if err != nil {
		return nil, fmt.Errorf("open warehouse %q: %w", path, err)
	}
	out := filepath.Join(tmp, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("open warehouse %q: %w", path, err), os.RemoveAll(tmp))
	}
	in, err := openInstance(ctx, path, true, limits{memoryMB: memoryMB, tempDir: tmp}, out)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %q: %w", path, err), os.RemoveAll(tmp))
	}
	return &Reader{in: in, tmp: tmp, out: out}, nil
}

// Close releases the file and what was spilled.
func (r *Reader) Close() error {
	return errors.Join(r.in.close(), os.RemoveAll(r.tmp))
}

// Seq returns the number of the commit that the file shows; 0: of none.
func (r *Reader) Seq(ctx context.Context) (int64, error) {
	e, err := r.in.ledger(ctx)
	if err != nil {
		return 0, err
	}
	return e.seq, nil
}

// KnownUntil returns when the newest commit was made that the file shows.
func (r *Reader) KnownUntil(ctx context.Context) (at time.Time, err error) {
	err = r.in.row(ctx, "read the ledger", "SELECT known_until FROM knowledge", &at)
	return at.UTC(), err
}

// Commits returns the hashes of the commits that the warehouse was made of, by number.
func (r *Reader) Commits(ctx context.Context) (map[int64]string, error) {
	res, err := r.Query(ctx, "SELECT seq, sha256 FROM "+ledgerTable)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for res.Next() {
		seq, ok := res.Values()[0].(int64)
		sum, known := res.Values()[1].(string)
		if ok && known {
			out[seq] = sum
		}
	}
	return out, errors.Join(res.Err(), res.Close())
}

// A Column is a column of a result.
type Column struct {
	Name string
	Type string // DuckDB's, for example TIMESTAMP WITH TIME ZONE or DECIMAL(38,18)
}

// A Result is the answer to a query. DuckDB has worked it out when Query returns; its rows are
// handed over one by one. The caller closes it before the next query.
type Result struct {
	Columns []Column

	ctx   context.Context
	rows  *sql.Rows
	types []duckdb.TypeInfo // of the columns; nil where the driver cannot tell
	row   []any
	dest  []any
	err   error
}

// Query runs one statement that only reads. args are the values of its parameters. An error is an
// *Error with DuckDB's words in Detail, or wraps ErrStatement, or is the end of ctx.
func (r *Reader) Query(ctx context.Context, query string, args ...any) (*Result, error) {
	plan, err := r.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := r.in.conn.QueryContext(ctx, plan.query, args...)
	if err != nil {
		return nil, fail(ctx, "query", err)
	}
	res := &Result{Columns: plan.columns, ctx: ctx, rows: rows, types: plan.types}
	types, err := rows.ColumnTypes()
	if err == nil && len(plan.types) == 0 {
		res.Columns, res.types = make([]Column, len(types)), make([]duckdb.TypeInfo, len(types))
		for i, t := range types {
			res.Columns[i] = Column{Name: t.Name()}
		}
	}
	if err != nil {
		return nil, errors.Join(fail(ctx, "query", err), rows.Close())
	}
	res.row, res.dest = make([]any, len(types)), make([]any, len(types))
	for i, t := range types {
		res.dest[i] = &res.row[i]
		if res.Columns[i].Type == "" {
			res.Columns[i].Type = t.DatabaseTypeName()
		}
	}
	return res, nil
}

// SetDay gives a variable a value for the queries to come, which have it as getvariable(name).
func (r *Reader) SetDay(ctx context.Context, name string, day time.Time) error {
	return r.in.exec(ctx, "set a variable", fmt.Sprintf("SET VARIABLE %s = DATE '%s'", ident(name), day.Format(time.DateOnly)))
}

// WriteParquet runs one statement that only reads and writes the answer to w as a Parquet file. Its errors are those of
// Query, and those of w.
func (r *Reader) WriteParquet(ctx context.Context, w io.Writer, query string) (err error) {
	if _, err := r.prepare(ctx, query); err != nil {
		return err
	}
	name := filepath.Join(r.out, "answer.parquet")
	if err := r.copyTo(ctx, name, query); err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(name)) }()
	_, err = io.Copy(w, f)
	return err
}

// copyTo writes the answer to a file. What a semicolon or a remark in the end keeps from being a subquery is tried again
// as DuckDB itself would write it.
func (r *Reader) copyTo(ctx context.Context, name, query string) (err error) {
	var plain string
	if err := r.in.conn.Raw(func(c any) error { plain = normalized(c.(*duckdb.Conn), query); return nil }); err != nil {
		return fail(ctx, "write the answer", err)
	}
	for _, inner := range []string{query, plain} {
		stmt := fmt.Sprintf("COPY (\n%s\n) TO %s (FORMAT parquet, COMPRESSION zstd)", strings.TrimRight(inner, "; \t\r\n"), literal(name))
		if err = r.in.exec(ctx, "write the answer", stmt); err == nil {
			return nil
		}
	}
	return err
}

// Next moves to the next row and reports whether there is one.
func (res *Result) Next() bool {
	if res.err != nil || !res.rows.Next() {
		return false
	}
	res.err = fail(res.ctx, "read the result", res.rows.Scan(res.dest...))
	return res.err == nil
}

// Values returns the current row as the driver gives it: nil for NULL, time.Time in UTC, *big.Int
// for HUGEINT, duckdb.Decimal, and so on; JSON is its text. The slice is valid until Next.
func (res *Result) Values() []any { return res.row }

// Err returns the error that ended the rows, if any.
func (res *Result) Err() error {
	if res.err != nil {
		return res.err
	}
	return fail(res.ctx, "read the result", res.rows.Err())
}

// Close ends the result.
func (res *Result) Close() error { return fail(res.ctx, "close the result", res.rows.Close()) }

// A plan is a statement as it will be run.
type plan struct {
	query   string
	columns []Column
	types   []duckdb.TypeInfo
}

// prepare refuses what does not only read and plans the rest.
func (r *Reader) prepare(ctx context.Context, query string) (plan, error) {
	p := plan{query: query}
	err := r.in.conn.Raw(func(c any) error {
		stmt, err := c.(*duckdb.Conn).Prepare(query)
		if err != nil {
			return err
		}
		defer stmt.Close()
		if err := p.read(stmt.(*duckdb.Stmt)); err != nil {
			return err
		}
		if slices.ContainsFunc(p.types, asText) {
			p.wrap(c.(*duckdb.Conn))
		}
		return nil
	})
	if errors.Is(err, ErrStatement) {
		return p, fmt.Errorf("query: %w", err)
	}
	if err != nil && strings.Contains(err.Error(), "multi-statement") {
		return p, fmt.Errorf("query: %w", ErrStatement)
	}
	return p, fail(ctx, "query", err)
}

func (p *plan) read(stmt *duckdb.Stmt) error {
	kind, err := stmt.StatementType()
	if err != nil {
		return err
	}
	if kind != duckdb.STATEMENT_TYPE_SELECT && kind != duckdb.STATEMENT_TYPE_EXPLAIN {
		return ErrStatement
	}
	n, err := stmt.ColumnCount()
	if err != nil {
		return err
	}
	if t, err := stmt.ColumnType(0); err == nil && t == duckdb.TYPE_INVALID {
		return nil // unknown until its parameters have values
	}
	for i := range n {
		name, err := stmt.ColumnName(i)
		if err != nil {
			return err
		}
		info, err := stmt.ColumnTypeInfo(i)
		if err != nil {
			info = nil // a structure without names
		}
		p.columns, p.types = append(p.columns, Column{Name: name, Type: typeName(info)}), append(p.types, info)
	}
	return nil
}

// wrap makes the query one that hands over as text what the driver cannot give as it is. A
// DESCRIBE and the like cannot be a subquery and stays as it is, it has no such columns.
func (p *plan) wrap(c *duckdb.Conn) {
	for _, inner := range []string{p.query, normalized(c, p.query)} {
		wrapped := p.wrapped(inner)
		if stmt, err := c.Prepare(wrapped); err == nil {
			stmt.Close()
			p.query = wrapped
			return
		}
	}
}

// wrapped returns the query as a subquery, whose order is kept.
func (p *plan) wrapped(query string) string {
	var cols, aliases []string
	for i, t := range p.types {
		alias := fmt.Sprintf("c%d", i)
		aliases = append(aliases, alias)
		if asText(t) {
			alias = fmt.Sprintf("CAST(%s AS %s)", alias, castName(t))
		}
		cols = append(cols, alias)
	}
	return fmt.Sprintf("SELECT %s FROM (\n%s\n) AS q(%s)", strings.Join(cols, ", "), strings.TrimRight(query, "; \t\r\n"), strings.Join(aliases, ", "))
}

// normalized returns the query as DuckDB itself would write it, without comments and semicolon,
// or "".
func normalized(c *duckdb.Conn, query string) string {
	rows, err := c.QueryContext(context.Background(), "SELECT json_deserialize_sql(json_serialize_sql("+literal(query)+"))", nil)
	if err != nil {
		return ""
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if rows.Next(value) != nil {
		return ""
	}
	text, _ := value[0].(string)
	return text
}
