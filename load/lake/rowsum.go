package lake

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A rowSum is the number of rows and the sum of their hashes: equal for the same rows in any order.
type rowSum struct {
	rows, high, low uint64
}

func (s *rowSum) add(row rowSum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, row.low, 0)
	s.high, _ = bits.Add64(s.high, row.high, carry)
	s.rows += row.rows
}

// A rowHasher hashes the rows of batches of one schema.
type rowHasher struct{ text []byte }

// row hashes row i, its nulls included.
func (h *rowHasher) row(columns []arrow.Array, i int) rowSum {
	h.text = h.text[:0]
	for _, c := range columns {
		h.text = appendCell(h.text, c, i)
	}
	sum := sha256.Sum256(h.text)
	return rowSum{1, binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

// batch adds up all rows.
func (h *rowHasher) batch(b arrow.RecordBatch) (sum rowSum) {
	columns := b.Columns()
	for i := range int(b.NumRows()) {
		sum.add(h.row(columns, i))
	}
	return sum
}

// appendCell appends one value so that no two rows of different values give the same bytes.
func appendCell(to []byte, column arrow.Array, i int) []byte {
	if column.IsNull(i) {
		return append(to, 0)
	}
	to = append(to, 1)
	switch c := column.(type) {
	case *array.String:
		v := c.Value(i)
		return append(binary.AppendUvarint(to, uint64(len(v))), v...)
	case *array.Int64:
		return binary.BigEndian.AppendUint64(to, uint64(c.Value(i)))
	case *array.Float64:
		return binary.BigEndian.AppendUint64(to, math.Float64bits(c.Value(i)))
	case *array.Boolean:
		if c.Value(i) {
			return append(to, 1)
		}
		return append(to, 0)
	case *array.Timestamp:
		return binary.BigEndian.AppendUint64(to, uint64(c.Value(i)))
	case *array.Date32:
		return binary.BigEndian.AppendUint32(to, uint32(c.Value(i)))
	case *array.Decimal128:
		v := c.Value(i)
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(to, uint64(v.HighBits())), v.LowBits())
	}
	panic(fmt.Sprintf("lake: no part has columns of %s", column.DataType()))
}
