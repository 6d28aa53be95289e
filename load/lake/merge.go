package lake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/schemas"
)

// merge makes one part of several and stores it.
func (l *Lake) merge(ctx context.Context, m merge, cfg Compaction) (Part, error) {
	w, err := NewPart(m.table, cfg.Dir)
	if err != nil {
		return Part{}, err
	}
	write := l.appendAll
	if m.table.History == schemas.State {
		write = l.appendLast
	}
	want, err := write(ctx, m, cfg.Dir, w)
	if err != nil {
		return Part{}, errors.Join(err, w.Abort())
	}
	s, err := w.Close()
	if err != nil {
		return Part{}, err
	}
	l.step("merged")
	if err := sameRows(ctx, m.table, s, want); err != nil {
		return Part{}, errors.Join(err, s.Discard())
	}
	s.Part.Level = 1 + tierOf(s.Part.Bytes)
	s.Part.FirstSeq, s.Part.LastSeq = span(m.parts)
	p, err := l.Put(ctx, s, cfg.RunID)
	if err != nil {
		return Part{}, errors.Join(err, s.Discard())
	}
	return p, nil
}

// span returns the commits that brought the rows of parts.
func span(parts []Part) (first, last int64) {
	first, last = parts[0].Span()
	for _, p := range parts[1:] {
		a, b := p.Span()
		first, last = min(first, a), max(last, b)
	}
	return first, last
}

// eachBatch calls use with all rows of the parts, in order.
func (l *Lake) eachBatch(ctx context.Context, m merge, dir string, use func(arrow.RecordBatch) error) error {
	for _, p := range m.parts {
		for b, err := range l.Rows(ctx, m.table, p, dir) {
			if err != nil {
				return err
			}
			if err := use(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendAll writes every row of the parts, and returns what they add up to.
func (l *Lake) appendAll(ctx context.Context, m merge, dir string, w *PartWriter) (want rowSum, err error) {
	var h rowHasher
	err = l.eachBatch(ctx, m, dir, func(b arrow.RecordBatch) error {
		want.add(h.batch(b))
		return w.Write(b)
	})
	return want, err
}

// appendLast writes the last row of each key, and returns what these rows add up to.
func (l *Lake) appendLast(ctx context.Context, m merge, dir string, w *PartWriter) (want rowSum, err error) {
	last, rows, err := l.lastRows(ctx, m, dir)
	if err != nil {
		return want, err
	}
	keep := make([]bool, rows)
	for _, r := range last {
		keep[r.at] = true
		want.add(r.sum)
	}
	at := 0
	err = l.eachBatch(ctx, m, dir, func(b arrow.RecordBatch) error {
		kept, err := filter(ctx, b, keep[at:at+int(b.NumRows())])
		if err != nil {
			return err
		}
		defer kept.Release()
		at += int(b.NumRows())
		return w.Write(kept)
	})
	return want, err
}

// lastRow is the last row of a key: its place among all, and its hash.
type lastRow struct {
	at  int
	sum rowSum
}

// lastRows returns the last row of each key, by a hash of the key, and how many rows there are.
func (l *Lake) lastRows(ctx context.Context, m merge, dir string) (map[[16]byte]lastRow, int, error) {
	last, rows := map[[16]byte]lastRow{}, 0
	var h rowHasher
	var text []byte
	err := l.eachBatch(ctx, m, dir, func(b arrow.RecordBatch) error {
		var key []arrow.Array
		for _, name := range m.table.Key {
			key = append(key, b.Column(b.Schema().FieldIndices(name)[0]))
		}
		for i := range int(b.NumRows()) {
			text = text[:0]
			for _, c := range key {
				text = appendCell(text, c, i)
			}
			sum := sha256.Sum256(text)
			last[[16]byte(sum[:16])] = lastRow{rows, h.row(b.Columns(), i)}
			rows++
		}
		return nil
	})
	return last, rows, err
}

// filter returns the rows of b that are kept. The caller releases them.
func filter(ctx context.Context, b arrow.RecordBatch, keep []bool) (arrow.RecordBatch, error) {
	builder := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer builder.Release()
	builder.AppendValues(keep, nil)
	mask := builder.NewArray()
	defer mask.Release()
	return compute.FilterRecordBatch(ctx, b, mask, compute.DefaultFilterOptions())
}

// sameRows reads a finished part again and refuses one that does not hold the wanted rows.
func sameRows(ctx context.Context, t *schemas.Table, s *Spooled, want rowSum) error {
	var got rowSum
	var h rowHasher
	if _, err := ReadFile(ctx, t, s.Path, func(b arrow.RecordBatch) bool { got.add(h.batch(b)); return true }); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("the merged part has %d rows with other values than the %d that it is made of", got.rows, want.rows)
	}
	return nil
}
