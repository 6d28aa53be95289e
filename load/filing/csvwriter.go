package filing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"kycsync/load/filing/bag"
	"kycsync/load/lake"
	"kycsync/schemas"
)

// write makes the files of the table in the folder, such as data/tables/, of the Parquet file that spool made.
func (t *table) write(ctx context.Context, m *maker, file, folder string, withParquet bool) error {
	w := &csvWriter{table: t, bag: m.bag, base: folder + t.Name, profile: profile(m.Order.Profile)}
	t.tally = newTally(t.columns, t.key)
	var failed error
	_, err := lake.ReadFile(ctx, t.schema, file, func(batch arrow.RecordBatch) bool {
		failed = w.batch(batch)
		return failed == nil
	})
	if err := errors.Join(err, failed, w.close()); err != nil {
		return err
	}
	if !withParquet {
		return nil
	}
	t.parquet = folder + t.Name + ".parquet"
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := m.bag.Create(t.parquet)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// A csvWriter writes rows as CSV files.
type csvWriter struct {
	table   *table
	bag     *bag.Builder
	base    string // of the names
	profile profile
	out     io.WriteCloser
	rows    int64 // in the file that is open
	line    []byte
	plain   []byte
	cell    []byte
}

// open starts the next file.
func (w *csvWriter) open() (err error) {
	name := w.base + ".csv"
	if n := len(w.table.files); n > 0 {
		name = fmt.Sprintf("%s.%d.csv", w.base, n+1)
	}
	if w.out, err = w.bag.Create(name); err != nil {
		return err
	}
	w.table.files, w.rows = append(w.table.files, part{name: name}), 0
	var names []string
	for _, c := range w.table.columns {
		names = append(names, c.Name)
	}
	_, err = w.out.Write(header(names))
	return err
}

func (w *csvWriter) close() error {
	if w.out == nil {
		if err := w.open(); err != nil { // of no rows there is a header
			return err
		}
	}
	w.table.files[len(w.table.files)-1].rows = w.rows
	err := w.out.Close()
	w.out = nil
	return err
}

func (w *csvWriter) batch(b arrow.RecordBatch) error {
	for i := range int(b.NumRows()) {
		if w.out != nil && w.rows >= maxPartRows {
			if err := w.close(); err != nil {
				return err
			}
		}
		if w.out == nil {
			if err := w.open(); err != nil {
				return err
			}
		}
		if err := w.row(b, i); err != nil {
			return err
		}
	}
	return nil
}

// row writes one row, and counts it.
func (w *csvWriter) row(b arrow.RecordBatch, i int) error {
	t := w.table
	w.line, w.plain = w.line[:0], w.plain[:0]
	for k := range t.columns {
		if k > 0 {
			w.line, w.plain = append(w.line, ','), append(w.plain, ',')
		}
		c := &t.columns[k]
		if b.Column(k).IsNull(i) {
			t.tally.null(k)
			continue
		}
		w.cell = appendCell(w.cell[:0], &c.Column, slices.Contains(t.key, k), b.Column(k), i)
		t.tally.cell(k, w.cell)
		w.plain = appendField(w.plain, w.cell)
		shown := w.cell
		if w.profile == spreadsheet && (c.Kind == schemas.Text || c.Kind == schemas.JSON) {
			if shown = escape(w.cell); len(shown) > len(w.cell) {
				t.tally.columns[k].escaped++
			}
		}
		w.line = appendField(w.line, shown)
	}
	w.line, w.plain = append(w.line, '\r', '\n'), append(w.plain, '\r', '\n')
	w.rows++
	if err := t.tally.row(w.plain); err != nil {
		return err
	}
	_, err := w.out.Write(w.line)
	return err
}
