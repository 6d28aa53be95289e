package lake

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kycsync/schemas"
)

// A part's bytes depend on its rows and their order alone, not on how they were batched. So rows
// are re-cut into slices of sliceRows, and a row group ends after groupRows or groupBytes.
const (
	sliceRows  = 1024
	groupRows  = 32 * sliceRows
	partLevel  = 1
	groupBytes = 8 << 20   // of Arrow data, before encoding: with pageBytes it bounds what an open part
	pageBytes  = 128 << 10 // holds in memory, because all tables of a run are open at once
)

// createdBy stands in every part. It is constant, so that equal rows give equal bytes.
const createdBy = "kycsync version 1.0.0 (build arrow-go)"

// A PartWriter spools one table's rows to a local Parquet file. Not safe for concurrent use.
type PartWriter struct {
	table  *schemas.Table
	schema *arrow.Schema
	f      *os.File
	buf    *bufio.Writer
	sum    *digest
	pq     *pqarrow.FileWriter
	pend   slicer
	rows   int64
	group  struct{ rows, bytes int64 }
	err    error // the first one; the file is then useless
}

// NewPart starts a part of table t in a new file in dir, readable by its owner only. Columns of
// class public and internal carry minimum and maximum in the footer, others do not: a footer is
// read by tools that never ask for the column.
func NewPart(t *schemas.Table, dir string) (*PartWriter, error) {
	f, err := os.CreateTemp(dir, t.Name+"-*.parquet")
	if err != nil {
		return nil, fmt.Errorf("spool part of %s: %w", t.Name, fileError(err, "create"))
	}
	w := &PartWriter{table: t, schema: t.Arrow(), f: f, sum: newDigest()}
	w.buf = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 64<<10)
	w.pend.schema = w.schema
	w.pq, err = pqarrow.NewFileWriter(w.schema, struct{ io.Writer }{w.buf}, partProperties(t), pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("spool part of %s: %w", t.Name, err), w.Abort())
	}
	return w, nil
}

// partProperties are the writer's settings for a table. Dictionaries are chosen in the schema and
// never given up half way: arrow-go 18.8 writes the footer of a column that fell back in the order
// of a Go map, so the same rows would give different bytes.
func partProperties(t *schemas.Table) *parquet.WriterProperties {
	props := []parquet.WriterProperty{
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(codec),
		parquet.WithCompressionLevel(partLevel),
		parquet.WithMaxRowGroupLength(groupRows),
		parquet.WithDataPageSize(pageBytes),
		parquet.WithDictionaryDefault(false),
		parquet.WithDictionaryPageSizeLimit(1 << 30),
		parquet.WithStats(false),
	}
	for _, c := range t.Stored() {
		if c.Dict {
			props = append(props, parquet.WithDictionaryFor(c.Name, true), parquet.WithDictionaryCostFallbackFor(c.Name, false))
		}
		if c.Class <= schemas.Internal {
			props = append(props, parquet.WithStatsFor(c.Name, true))
		}
	}
	return parquet.NewWriterProperties(props...)
}

// Write adds the rows of b, whose schema must be the table's. It keeps up to 1024 of them in
// memory, as copies: the caller may overwrite what b is made of. After an error only Abort is of use.
func (w *PartWriter) Write(b arrow.RecordBatch) error {
	if w.err != nil {
		return w.err
	}
	if !b.Schema().Equal(w.schema) {
		return w.fail(fmt.Errorf("the batch's schema is not the table's: want %v, got %v", w.schema, b.Schema()))
	}
	w.rows += b.NumRows()
	w.pend.add(b)
	for w.pend.rows >= sliceRows {
		if err := w.slice(sliceRows); err != nil {
			return w.fail(err)
		}
	}
	if err := w.pend.own(); err != nil {
		return w.fail(err)
	}
	return nil
}

// Rows returns the number of rows written so far.
func (w *PartWriter) Rows() int64 { return w.rows }

// Close finishes the file and returns it. The spooled file is not synced: what counts is the
// object that Put makes of it.
func (w *PartWriter) Close() (*Spooled, error) {
	err := w.err
	if err == nil && w.pend.rows > 0 {
		err = w.slice(w.pend.rows)
	}
	if err == nil {
		err = errors.Join(w.pq.Close(), w.buf.Flush(), w.f.Close())
	}
	if err == nil {
		err = checkFooter(w.f.Name(), w.rows)
	}
	if err != nil {
		return nil, errors.Join(w.fail(err), w.Abort())
	}
	p := Part{Rows: w.rows, Bytes: w.sum.n, SHA256: w.sum.sha256(), CRC32C: w.sum.crc.Sum32()}
	return &Spooled{Table: w.table.Name, Path: w.f.Name(), Part: p}, nil
}

// Abort gives the part up and removes its file. It does nothing after a successful Close was put.
func (w *PartWriter) Abort() error {
	w.pend.drop()
	if w.err == nil {
		w.err = errors.New("the part was aborted")
	}
	w.f.Close()
	if err := os.Remove(w.f.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("abort part of %s: %w", w.table.Name, err)
	}
	return nil
}

// slice encodes the first n pending rows.
func (w *PartWriter) slice(n int64) error {
	rec, err := w.pend.take(n)
	if err != nil {
		return err
	}
	defer rec.Release()
	if w.group.rows >= groupRows || w.group.bytes >= groupBytes {
		if err := w.pq.NewBufferedRowGroupChecked(); err != nil {
			return err
		}
		w.group.rows, w.group.bytes = 0, 0
	}
	w.group.rows += n
	w.group.bytes += dataBytes(rec)
	return w.pq.WriteBuffered(rec)
}

func (w *PartWriter) fail(err error) error {
	if w.err == nil {
		w.err = fmt.Errorf("spool part of %s: %w", w.table.Name, fileError(err, "write"))
	}
	return w.err
}

// checkFooter opens the finished file as a reader would.
func checkFooter(name string, rows int64) error {
	r, err := file.OpenParquetFile(name, false)
	if err != nil {
		return err
	}
	defer r.Close()
	if r.NumRows() != rows {
		return fmt.Errorf("the footer says %d rows, want %d", r.NumRows(), rows)
	}
	return nil
}
