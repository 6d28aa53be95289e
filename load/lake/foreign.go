package lake

import (
	"bytes"
	"context"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// Cells reads a Parquet file that another program made. It yields the names of the columns and then each row, as
// texts; null is empty, a day is 2006-01-02. It ends at the first error. A slice is valid until the next one.
func Cells(ctx context.Context, body []byte) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		pf, err := file.NewParquetReader(bytes.NewReader(body))
		if err != nil {
			yield(nil, err)
			return
		}
		defer pf.Close()
		fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: max(1, min(readRows, pf.NumRows()))}, memory.DefaultAllocator)
		if err != nil {
			yield(nil, err)
			return
		}
		rr, err := fr.GetRecordReader(ctx, nil, nil)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rr.Release()
		cells := make([]string, rr.Schema().NumFields())
		for i, f := range rr.Schema().Fields() {
			cells[i] = f.Name
		}
		if !yield(cells, nil) {
			return
		}
		for rr.Next() {
			b := rr.RecordBatch()
			for i := range int(b.NumRows()) {
				for k := range cells {
					if cells[k] = ""; b.Column(k).IsValid(i) {
						cells[k] = strings.Clone(b.Column(k).ValueStr(i))
					}
				}
				if !yield(cells, nil) {
					return
				}
			}
		}
		if err := rr.Err(); err != nil {
			yield(nil, err)
		}
	}
}
