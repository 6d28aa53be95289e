package filing

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// rewrite writes what of makes of the rows of a Parquet file of table t to a new one of table out, in dir, and returns its
// name; the caller removes it. of returns a batch that rewrite releases.
func rewrite(ctx context.Context, t *schemas.Table, file string, out *schemas.Table, dir string, of func(arrow.RecordBatch) (arrow.RecordBatch, error)) (string, error) {
	w, err := lake.NewPart(out, dir)
	if err != nil {
		return "", err
	}
	var failed error
	_, err = lake.ReadFile(ctx, t, file, func(b arrow.RecordBatch) bool {
		var made arrow.RecordBatch
		if made, failed = of(b); failed == nil {
			failed = w.Write(made)
			made.Release()
		}
		return failed == nil
	})
	if err = errors.Join(err, failed); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	done, err := w.Close()
	if done == nil {
		return "", err
	}
	return done.Path, err
}

// batchOf makes a batch of so many rows of its columns, each of which it releases. The caller releases the batch.
func batchOf(schema *arrow.Schema, rows int64, column func(i int) (arrow.Array, error)) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i := range schema.NumFields() {
		a, err := column(i)
		if err != nil {
			return nil, err
		}
		cols = append(cols, a)
	}
	return array.NewRecordBatch(schema, cols, rows), nil
}
