package lake

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A slicer re-cuts record batches into slices of a wanted length.
type slicer struct {
	schema  *arrow.Schema
	batches []arrow.RecordBatch // all but the last are the slicer's own copies
	rows    int64
}

func (s *slicer) add(b arrow.RecordBatch) {
	if b.NumRows() == 0 {
		return
	}
	b.Retain()
	s.batches = append(s.batches, b)
	s.rows += b.NumRows()
}

// own copies what is left of the batch that was added last, whose memory belongs to somebody who
// will use it again.
func (s *slicer) own() error {
	if s.rows == 0 {
		return nil
	}
	last := len(s.batches) - 1
	b := s.batches[last]
	cols := make([]arrow.Array, b.NumCols())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, col := range b.Columns() {
		var err error
		if cols[i], err = array.Concatenate([]arrow.Array{col}, memory.DefaultAllocator); err != nil {
			return err
		}
	}
	s.batches[last] = array.NewRecordBatch(s.schema, cols, b.NumRows())
	b.Release()
	return nil
}

// take removes the first n rows, at most s.rows, and returns them. The caller releases them.
func (s *slicer) take(n int64) (arrow.RecordBatch, error) {
	head := s.cut(n)
	cols := make([]arrow.Array, s.schema.NumFields())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
		for _, b := range head {
			b.Release()
		}
	}()
	for i := range cols {
		var err error
		if cols[i], err = join(head, i); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(s.schema, cols, n), nil
}

// cut removes the first n rows and returns them in the batches they came in.
func (s *slicer) cut(n int64) []arrow.RecordBatch {
	var head []arrow.RecordBatch
	s.rows -= n
	for want := n; want > 0; {
		b := s.batches[0]
		if b.NumRows() > want {
			head = append(head, b.NewSlice(0, want))
			s.batches[0] = b.NewSlice(want, b.NumRows())
			b.Release()
			break
		}
		head = append(head, b)
		s.batches = s.batches[1:]
		want -= b.NumRows()
	}
	return head
}

// join returns column i of the batches as one array.
func join(batches []arrow.RecordBatch, i int) (arrow.Array, error) {
	if len(batches) == 1 {
		return steady(batches[0].Column(i)), nil
	}
	chunks := make([]arrow.Array, len(batches))
	for j, b := range batches {
		chunks[j] = b.Column(i)
	}
	joined, err := array.Concatenate(chunks, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer joined.Release()
	return steady(joined), nil
}

// steady returns a, or a copy when a has only empty strings. Whether those have a buffer depends on
// how the array was made, and arrow-go 18.8 writes their minimum and maximum only if they have.
func steady(a arrow.Array) arrow.Array {
	text, ok := a.(*array.String)
	if !ok || len(text.ValueBytes()) > 0 {
		a.Retain()
		return a
	}
	old := a.Data()
	buffers := []*memory.Buffer{old.Buffers()[0], memory.NewBufferBytes(make([]byte, arrow.Int32SizeBytes*(old.Offset()+old.Len()+1))), memory.NewBufferBytes([]byte{0})}
	data := array.NewData(old.DataType(), old.Len(), buffers, nil, old.NullN(), old.Offset())
	defer data.Release()
	return array.NewStringData(data)
}

func (s *slicer) drop() {
	for _, b := range s.batches {
		b.Release()
	}
	s.batches, s.rows = nil, 0
}

// dataBytes returns how much b's values hold. Unlike the size of its buffers it does not depend on
// how b was cut.
func dataBytes(b arrow.RecordBatch) int64 {
	var n int64
	for _, col := range b.Columns() {
		switch c := col.(type) {
		case *array.String:
			n += int64(len(c.ValueBytes()))
		case *array.Boolean:
			n += int64(c.Len()+7) / 8
		default:
			w, ok := c.DataType().(arrow.FixedWidthDataType)
			if !ok {
				panic(fmt.Sprintf("lake: no width for Arrow type %s", c.DataType()))
			}
			n += int64(c.Len()) * int64(w.Bytes())
		}
	}
	return n
}
