package warehouse

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// A world is a lake under test and the warehouse made of it, which has no views. DuckDB has one thread: for a few rows,
// more of them cost more than they bring. Tests of many histories ask for two.
type world struct {
	t    *testing.T
	dir  string
	lake *lake.Lake
	head *lake.Commit
	cfg  Config
	now  time.Time // when the next commit is made; zero: when committedAt says
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	l, err := lake.Open(t.Context(), filepath.Join(dir, "lake"), lake.Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &world{t: t, dir: dir, lake: l, cfg: Config{Path: filepath.Join(dir, "kyc.duckdb"), Threads: 1, unchecked: true, bare: true}}
}

// withViews has the warehouse made with comments, and with the views of package sql.
func (w *world) withViews() *world {
	w.cfg.bare = false
	return w
}

// clone returns a copy of the lake and the warehouse.
func (w *world) clone(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	l, err := lake.Open(t.Context(), filepath.Join(dir, "lake"), lake.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &world{t: t, dir: dir, lake: l, head: w.head, cfg: Config{Path: filepath.Join(dir, "kyc.duckdb"), Threads: 1, unchecked: true, bare: w.cfg.bare}}
}

// A row is the values of some columns by name; the others get a value that fits.
type row map[string]any

// start is when commit 1 was made; each later one is an hour younger.
var start = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func committedAt(seq int64) time.Time { return start.Add(time.Duration(seq-1) * time.Hour) }

// commit appends a commit with these rows and publishes it.
func (w *world) commit(rows map[string][]row) *lake.Commit {
	w.t.Helper()
	return w.commitAs(w.nextSeq(), rows)
}

func (w *world) nextSeq() int64 {
	if w.head == nil {
		return 1
	}
	return w.head.Seq + 1
}

// commitAs appends a commit that names published as the newest published one.
func (w *world) commitAs(published int64, rows map[string][]row) *lake.Commit {
	w.t.Helper()
	seq := w.nextSeq()
	c := &lake.Commit{Kind: lake.Sync, RunID: fmt.Sprintf("run-%d", seq), CommittedAt: committedAt(seq), PublishedSeq: published, Tables: map[string]map[string]lake.Part{}}
	if !w.now.IsZero() {
		c.CommittedAt = w.now
	}
	if w.head != nil {
		if c.CommittedAt.Before(w.head.CommittedAt) { // a compaction, which has the real clock
			c.CommittedAt = w.head.CommittedAt
		}
		for table, parts := range w.head.Tables {
			c.Tables[table] = maps.Clone(parts)
		}
	}
	for table, rs := range rows {
		p := w.part(table, seq, c.RunID, rs)
		if c.Tables[table] == nil {
			c.Tables[table] = map[string]lake.Part{}
		}
		c.Tables[table][p.Name] = p
	}
	return w.append(c)
}

func (w *world) append(c *lake.Commit) *lake.Commit {
	w.t.Helper()
	if err := w.lake.Append(w.t.Context(), w.head, c); err != nil {
		w.t.Fatal(err)
	}
	w.head = c
	return c
}

// commitParts appends a published commit that adds parts of one table.
func (w *world) commitParts(table string, parts ...lake.Part) *lake.Commit {
	w.t.Helper()
	seq := w.nextSeq()
	c := &lake.Commit{Kind: lake.Sync, RunID: fmt.Sprintf("run-%d", seq), CommittedAt: committedAt(seq), PublishedSeq: seq, Tables: map[string]map[string]lake.Part{}}
	if w.head != nil {
		for table, parts := range w.head.Tables {
			c.Tables[table] = maps.Clone(parts)
		}
	}
	if c.Tables[table] == nil {
		c.Tables[table] = map[string]lake.Part{}
	}
	for _, p := range parts {
		c.Tables[table][p.Name] = p
	}
	return w.append(c)
}

func (w *world) logTo(out io.Writer) {
	w.cfg.Log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) part(table string, seq int64, runID string, rows []row) lake.Part {
	w.t.Helper()
	t := schemas.Lookup(table)
	if t == nil {
		w.t.Fatalf("no table %q", table)
	}
	return w.partOf(t, seq, runID, rows)
}

func (w *world) partOf(t *schemas.Table, seq int64, runID string, rows []row) lake.Part {
	w.t.Helper()
	pw, err := lake.NewPart(t, w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	b := batch(t, seq, rows)
	defer b.Release()
	if err := pw.Write(b); err != nil {
		w.t.Fatal(err)
	}
	s, err := pw.Close()
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.lake.Put(w.t.Context(), s, runID)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// batch makes a record of t. Columns that a row does not give are null, or zero where they may not be.
func batch(t *schemas.Table, seq int64, rows []row) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.Arrow())
	defer b.Release()
	for i, c := range t.Stored() {
		for _, r := range rows {
			v, given := r[c.Name]
			switch {
			case given:
			case c.Name == versionSeq && t.History != schemas.State:
				v = seq
			case c.Name == "observed_at":
				v = committedAt(seq).Add(-time.Minute)
			case c.Name == "application":
				v = "default"
			}
			put(b.Field(i), c, v)
		}
	}
	return b.NewRecordBatch()
}

func put(b array.Builder, c schemas.Column, v any) {
	if v == nil && c.Null {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		s, _ := v.(string)
		if s == "" && c.Kind == schemas.JSON {
			s = "{}"
		}
		b.Append(s)
	case *array.Int64Builder:
		switch n := v.(type) {
		case int:
			b.Append(int64(n))
		case int64:
			b.Append(n)
		default:
			b.Append(0)
		}
	case *array.Float64Builder:
		f, _ := v.(float64)
		b.Append(f)
	case *array.BooleanBuilder:
		x, _ := v.(bool)
		b.Append(x)
	case *array.TimestampBuilder:
		at, _ := v.(time.Time)
		b.Append(arrow.Timestamp(at.UnixMicro()))
	case *array.Date32Builder:
		at, _ := v.(time.Time)
		b.Append(arrow.Date32FromTime(at))
	case *array.Decimal128Builder:
		s, _ := v.(string)
		n, err := decimal128.FromString(s, schemas.DecimalPrecision, schemas.DecimalScale)
		if err != nil {
			panic(err)
		}
		b.Append(n)
	default:
		panic(fmt.Sprintf("no test value for %T", b))
	}
}

func (w *world) update() Report {
	w.t.Helper()
	rep, err := Update(w.t.Context(), w.lake, w.cfg)
	if err != nil {
		w.t.Fatalf("update: %v (%s)", err, detail(err))
	}
	return rep
}

func (w *world) rebuild() Report {
	w.t.Helper()
	rep, err := Rebuild(w.t.Context(), w.lake, w.cfg)
	if err != nil {
		w.t.Fatalf("rebuild: %v (%s)", err, detail(err))
	}
	return rep
}

// ask returns the published warehouse's answer, one string per row, values separated by "|".
func (w *world) ask(query string) []string {
	w.t.Helper()
	return ask(w.t, w.cfg.Path, query)
}

func ask(t *testing.T, path, query string) []string {
	t.Helper()
	r, err := OpenReader(t.Context(), path)
	if err != nil {
		t.Fatalf("%v (%s)", err, detail(err))
	}
	defer r.Close()
	return r.ask(t, query)
}

func (r *Reader) ask(t *testing.T, query string) []string {
	t.Helper()
	res, err := r.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v (%s)", query, err, detail(err))
	}
	defer res.Close()
	out := []string{}
	for res.Next() {
		var cells []string
		for i, v := range res.Values() {
			cells = append(cells, cell(res.types[i], v))
		}
		out = append(out, strings.Join(cells, "|"))
	}
	if err := res.Err(); err != nil {
		t.Fatalf("%s: %v (%s)", query, err, detail(err))
	}
	return out
}

// dump returns all that the tables of a published warehouse hold, but for when and how it was built.
func dump(t *testing.T, path string) map[string][]string {
	t.Helper()
	r, err := OpenReader(t.Context(), path)
	if err != nil {
		t.Fatalf("%v (%s)", err, detail(err))
	}
	defer r.Close()
	out := map[string][]string{}
	for _, name := range r.ask(t, "SELECT table_name FROM duckdb_tables() WHERE database_name = 'warehouse' AND table_name NOT IN ('_warehouse', 'check_results') AND estimated_size > 0") {
		rows := r.ask(t, "SELECT * FROM "+ident(name)+" ORDER BY ALL")
		if name == ledgerTable {
			rows = r.ask(t, "SELECT * EXCLUDE (applied_at) FROM "+ledgerTable+" ORDER BY ALL")
		}
		if name == tallyTable {
			rows = r.ask(t, "SELECT * EXCLUDE (changed_seq) FROM "+tallyTable+" ORDER BY ALL")
		}
		if len(rows) > 0 {
			out[name] = rows
		}
	}
	return out
}

func equalStrings(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// detail returns DuckDB's words, for the log of a failed test.
func detail(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Detail()
	}
	return ""
}
