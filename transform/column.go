package transform

import (
	"encoding/binary"
	"fmt"
	"math"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A column collects the values of one column. Unlike an Arrow builder it can be cut back, so that
// a row which turns out to be unreadable leaves nothing behind.
type column struct {
	kind  schemas.Kind
	n     int // values so far
	nulls int
	valid []byte // bitmap, least significant bit first
	data  []byte // fixed width values, or the bytes of all texts
	ends  []int32
}

// width is the size of a fixed-width value in bytes; 0 for text and for bits.
func width(k schemas.Kind) int {
	switch k {
	case schemas.Text, schemas.JSON, schemas.Bool:
		return 0
	case schemas.Int, schemas.Float, schemas.Time:
		return 8
	case schemas.Date:
		return 4
	case schemas.Decimal:
		return 16
	}
	panic(fmt.Sprintf("transform: kind %d is not stored", k))
}

func (c *column) reset() {
	c.n, c.nulls = 0, 0
	c.valid, c.data, c.ends = c.valid[:0], c.data[:0], c.ends[:0]
}

// mark counts the value that was just appended.
func (c *column) mark() {
	if c.n%8 == 0 {
		c.valid = append(c.valid, 0)
	}
	c.valid[c.n/8] |= 1 << (c.n % 8)
	c.n++
}

func (c *column) isNull(i int) bool { return c.valid[i/8]&(1<<(i%8)) == 0 }

// null appends one null.
func (c *column) null() { c.pad(c.n + 1) }

// pad appends nulls until there are n values. Columns are padded only when a later value comes, or
// at the end: most columns of most rows are empty.
func (c *column) pad(n int) {
	k := n - c.n
	if k <= 0 {
		return
	}
	switch c.kind {
	case schemas.Text, schemas.JSON:
		end := int32(len(c.data))
		for range k {
			c.ends = append(c.ends, end)
		}
	case schemas.Bool:
		c.data = append(c.data, make([]byte, (n+7)/8-len(c.data))...)
	default:
		c.data = append(c.data, make([]byte, k*width(c.kind))...)
	}
	c.valid = append(c.valid, make([]byte, (n+7)/8-len(c.valid))...)
	c.nulls += k
	c.n = n
}

func (c *column) text(b []byte) {
	c.data = append(c.data, b...)
	c.ends = append(c.ends, int32(len(c.data)))
	c.mark()
}

func (c *column) int(v int64) {
	c.data = binary.LittleEndian.AppendUint64(c.data, uint64(v))
	c.mark()
}

func (c *column) float(v float64) {
	c.data = binary.LittleEndian.AppendUint64(c.data, math.Float64bits(v))
	c.mark()
}

func (c *column) day(v int32) {
	c.data = binary.LittleEndian.AppendUint32(c.data, uint32(v))
	c.mark()
}

func (c *column) decimal(v decimal128.Num) {
	c.data = binary.LittleEndian.AppendUint64(c.data, v.LowBits())
	c.data = binary.LittleEndian.AppendUint64(c.data, uint64(v.HighBits()))
	c.mark()
}

func (c *column) bool(v bool) {
	c.bit(v)
	c.mark()
}

func (c *column) bit(v bool) {
	if c.n%8 == 0 {
		c.data = append(c.data, 0)
	}
	if v {
		c.data[c.n/8] |= 1 << (c.n % 8)
	}
}

// cut drops all values from position n on.
func (c *column) cut(n int) {
	if c.n <= n {
		return
	}
	for i := n; i < c.n; i++ {
		if c.isNull(i) {
			c.nulls--
		}
	}
	c.valid = cutBits(c.valid, n)
	switch c.kind {
	case schemas.Text, schemas.JSON:
		c.ends = c.ends[:n]
		end := int32(0)
		if n > 0 {
			end = c.ends[n-1]
		}
		c.data = c.data[:end]
	case schemas.Bool:
		c.data = cutBits(c.data, n)
	default:
		c.data = c.data[:n*width(c.kind)]
	}
	c.n = n
}

// cutBits keeps the first n bits of a bitmap.
func cutBits(b []byte, n int) []byte {
	b = b[:(n+7)/8]
	if n%8 != 0 {
		b[n/8] &= 1<<(n%8) - 1
	}
	return b
}

// repeat appends the value at position i of from.
func (c *column) repeat(from *column, i int) {
	switch {
	case from.isNull(i):
		c.null()
	case c.kind == schemas.Text || c.kind == schemas.JSON:
		c.text(from.bytesAt(i))
	case c.kind == schemas.Bool:
		c.bool(from.data[i/8]&(1<<(i%8)) != 0)
	default:
		w := width(c.kind)
		c.data = append(c.data, from.data[i*w:(i+1)*w]...)
		c.mark()
	}
}

func (c *column) bytesAt(i int) []byte {
	start := int32(0)
	if i > 0 {
		start = c.ends[i-1]
	}
	return c.data[start:c.ends[i]]
}

// array hands the values over without copying those of fixed width; the column must not be
// touched until the array is released.
func (c *column) array() arrow.Array {
	var valid *memory.Buffer
	if c.nulls > 0 {
		valid = memory.NewBufferBytes(c.valid)
	}
	buffers := []*memory.Buffer{valid, memory.NewBufferBytes(c.data)}
	if c.kind == schemas.Text || c.kind == schemas.JSON {
		offsets := make([]int32, 1, len(c.ends)+1)
		offsets = append(offsets, c.ends...)
		buffers = []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(c.data)}
	}
	d := array.NewData(c.kind.Arrow(), c.n, buffers, nil, c.nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}
