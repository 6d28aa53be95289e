package lake

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kycsync/schemas"
)

// readRows is how many rows a batch of Rows holds at most.
const readRows = 8192

// Rows yields the rows of part p, a part of table t, in the order they were written, as batches of
// the table's present schema: columns are matched by ID, and those younger than the part are null.
// The part is fetched and verified first; dir is for the download, which is removed at the end. A
// batch is valid until the next is asked for. It ends at the first error, which wraps ErrDamaged
// when the part is not what the commit or the table say.
func (l *Lake) Rows(ctx context.Context, t *schemas.Table, p Part, dir string) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		name, downloaded, err := l.fetch(ctx, p, dir)
		if err != nil {
			yield(nil, err)
			return
		}
		if downloaded {
			defer os.Remove(name)
		}
		stopped := false
		n, err := ReadFile(ctx, t, name, func(b arrow.RecordBatch) bool {
			stopped = !yield(b, nil)
			return !stopped
		})
		if err == nil && !stopped && n != p.Rows {
			err = fmt.Errorf("%w: %d rows, want %d", ErrDamaged, n, p.Rows)
		}
		if err != nil && !stopped {
			yield(nil, fmt.Errorf("read part %q: %w", p.Name, err))
		}
	}
}

// ReadFile calls each with every batch of a local Parquet file of table t until that returns false. It returns the number of
// rows seen. A batch is valid until the next. Its errors are those of Rows.
func ReadFile(ctx context.Context, t *schemas.Table, name string, each func(arrow.RecordBatch) bool) (int64, error) {
	pf, err := file.OpenParquetFile(name, false)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer pf.Close()
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: max(1, min(readRows, pf.NumRows()))}, memory.DefaultAllocator)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	rr, err := fr.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer rr.Release()
	fit, err := newFit(t, rr.Schema())
	if err != nil {
		return 0, err
	}
	var rows int64
	for rr.Next() {
		b := fit.batch(rr.RecordBatch())
		rows += b.NumRows()
		more := each(b)
		b.Release()
		if !more {
			return rows, nil
		}
	}
	if err := rr.Err(); err != nil {
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
		return rows, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return rows, nil
}

// A fit turns batches of a stored part into batches of the table's present schema.
type fit struct {
	schema *arrow.Schema
	from   []int // position in the part of each column, -1: the part does not have it
}

func newFit(t *schemas.Table, stored *arrow.Schema) (*fit, error) {
	at := make(map[int]int, stored.NumFields())
	for i, f := range stored.Fields() {
		id, err := strconv.Atoi(fieldID(f))
		if err != nil {
			return nil, fmt.Errorf("%w: column %q has no field ID", ErrDamaged, f.Name)
		}
		at[id] = i
	}
	ft := &fit{schema: t.Arrow()}
	for i, c := range t.Stored() {
		pos, ok := at[c.ID]
		switch {
		case !ok && !c.Null:
			return nil, fmt.Errorf("%w: column %d %q is missing and may not be null", ErrDamaged, c.ID, c.Name)
		case !ok:
			pos = -1
		case !arrow.TypeEqual(stored.Field(pos).Type, ft.schema.Field(i).Type):
			return nil, fmt.Errorf("%w: column %d %q is %s, want %s", ErrDamaged, c.ID, c.Name, stored.Field(pos).Type, ft.schema.Field(i).Type)
		}
		ft.from = append(ft.from, pos)
		delete(at, c.ID)
	}
	for id, pos := range at {
		return nil, fmt.Errorf("table %s: part has column %d %q, which this program does not know: written by a newer one?", t.Name, id, stored.Field(pos).Name)
	}
	return ft, nil
}

func fieldID(f arrow.Field) string {
	id, _ := f.Metadata.GetValue("PARQUET:field_id")
	return id
}

// batch returns b's columns in the order of the table. The caller releases it.
func (ft *fit) batch(b arrow.RecordBatch) arrow.RecordBatch {
	cols := make([]arrow.Array, len(ft.from))
	for i, pos := range ft.from {
		if pos >= 0 {
			cols[i] = b.Column(pos)
			cols[i].Retain()
		} else {
			cols[i] = array.MakeArrayOfNull(memory.DefaultAllocator, ft.schema.Field(i).Type, int(b.NumRows()))
		}
	}
	out := array.NewRecordBatch(ft.schema, cols, b.NumRows())
	for _, c := range cols {
		c.Release()
	}
	return out
}
