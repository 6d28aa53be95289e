package lake

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kycsync/schemas"
)

// A part's bytes depend on its rows and their order alone, not on how they were batched. So rows
// are re-cut into slices of sliceRows, and a row group ends after groupRows or groupBytes.
const (
	sliceRows  = 1024
	groupRows  = 32 * sliceRows
	groupBytes = 16 << 20 // of Arrow data, before encoding: bounds what a table of documents holds in memory
	pageBytes  = 128 << 10
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
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithCompressionLevel(1),
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
// memory and does not keep b. After an error only Abort is of use.
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

// Spooled is a finished part that is not yet in the lake.
type Spooled struct {
	Table string
	Path  string // local file, removed by Put
	Part  Part   // without Name and AddedBySeq, until Put
}

// Discard removes the file of a part that will not be put.
func (s *Spooled) Discard() error {
	if err := os.Remove(s.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("discard part of %s: %w", s.Table, err)
	}
	return nil
}

// Put uploads a spooled part, removes its file and returns the part as a commit's Tables want it.
// The object's name holds runID, which must contain time and chance, and a number. After an error
// Put may be called again with the same part; it will use the same name. A part that no commit
// comes to name stays in the store, invisible.
func (l *Lake) Put(ctx context.Context, s *Spooled, runID string) (Part, error) {
	l.step("part.spooled")
	if !runIDRE.MatchString(runID) {
		return Part{}, fmt.Errorf("put part of %s: run id %q, want letters, digits, - and _", s.Table, runID)
	}
	if s.Part.Name == "" {
		s.Part.Name = l.partName(s.Table, runID, s.Part.Level)
	}
	f, err := os.Open(s.Path)
	if err != nil {
		return Part{}, fmt.Errorf("put part of %s: %w", s.Table, fileError(err, "read"))
	}
	defer f.Close()
	if err := l.bucket.Create(ctx, s.Part.Name, &checkedFile{f: f, want: s.Part}); err != nil {
		return Part{}, fmt.Errorf("put part of %s: %w", s.Table, err)
	}
	l.step("part.created")
	return s.Part, s.Discard()
}

func (l *Lake) partName(table, runID string, level int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := table + "/" + runID
	n := l.ordinal[key]
	l.ordinal[key]++
	return fmt.Sprintf("%s%s-%03d-L%d.parquet", partPrefix(table), runID, n, level)
}

// A digest counts and hashes what is written to it.
type digest struct {
	n   int64
	sha hash.Hash
	crc hash.Hash32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newDigest() *digest { return &digest{sha: sha256.New(), crc: crc32.New(castagnoli)} }

func (d *digest) Write(p []byte) (int, error) {
	d.n += int64(len(p))
	d.sha.Write(p)
	d.crc.Write(p)
	return len(p), nil
}

func (d *digest) sha256() string { return hex.EncodeToString(d.sha.Sum(nil)) }

// check returns an error that wraps ErrDamaged unless what was written is the part.
func (d *digest) check(want Part) error {
	switch {
	case d.n != want.Bytes:
		return fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, d.n, want.Bytes)
	case d.sha256() != want.SHA256:
		return fmt.Errorf("%w: SHA-256 is %.12s…, want %.12s…", ErrDamaged, d.sha256(), want.SHA256)
	case d.crc.Sum32() != want.CRC32C:
		return fmt.Errorf("%w: CRC32C is %d, want %d", ErrDamaged, d.crc.Sum32(), want.CRC32C)
	}
	return nil
}

// A checkedFile reads a file that must be the part want: at its end it gives an error instead of
// io.EOF when it is not, so that no bucket stores what the disk altered after it was hashed.
type checkedFile struct {
	f    *os.File
	want Part
	sum  *digest
}

func (c *checkedFile) Seek(offset int64, whence int) (int64, error) {
	n, err := c.f.Seek(offset, whence)
	c.sum = nil
	if err == nil && n == 0 {
		c.sum = newDigest()
	}
	return n, err
}

func (c *checkedFile) Read(p []byte) (int, error) {
	n, err := c.f.Read(p)
	if c.sum != nil {
		c.sum.Write(p[:n])
		if err == io.EOF {
			if damage := c.sum.check(c.want); damage != nil {
				return n, fmt.Errorf("spooled file %s: %w", filepath.Base(c.f.Name()), damage)
			}
		}
	}
	return n, err
}
