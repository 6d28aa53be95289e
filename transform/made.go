package transform

import (
	"fmt"
	"time"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

// Rows collects rows that the program makes itself, of one table.
type Rows struct{ t *tableRows }

// NewRows returns an empty collection.
func NewRows(t *schemas.Table) *Rows { return &Rows{newTableRows(0, t)} }

// Len returns the number of rows.
func (r *Rows) Len() int { return r.t.rows }

// Append adds a row from values by column name: string, int64, float64, bool, time.Time, or nil.
// Of a day the time is its begin in UTC.
// A column that is not named is null. It panics when a value does not fit its column.
func (r *Rows) Append(values map[string]any) {
	known := 0
	for i := range r.t.cols {
		v, ok := values[r.t.stored[i].Name]
		if ok {
			known++
		}
		put(r.t.at(i), &r.t.stored[i], v)
	}
	if known != len(values) {
		panic("transform: a value for a column that " + r.t.table.Name + " does not have")
	}
	r.t.rows++
}

// Take calls use with all rows as one batch, valid only during the call, and empties the
// collection. It does nothing when there are none.
func (r *Rows) Take(use func(t *schemas.Table, rows arrow.RecordBatch) error) error {
	if r.t.rows == 0 {
		return nil
	}
	b := r.t.batch()
	defer r.t.reset()
	defer b.Release()
	return use(r.t.table, b)
}

// put appends a value made by the program. It panics on a type that is not the column's.
func put(c *column, col *schemas.Column, v any) {
	switch v := v.(type) {
	case nil:
		if col.Null {
			c.null()
			return
		}
	case string:
		if c.kind == schemas.Text || c.kind == schemas.JSON {
			c.text([]byte(v))
			return
		}
	case []byte:
		if c.kind == schemas.Text || c.kind == schemas.JSON {
			c.text(v)
			return
		}
	case int64:
		if c.kind == schemas.Int {
			c.int(v)
			return
		}
	case float64:
		if c.kind == schemas.Float {
			c.float(v)
			return
		}
	case bool:
		if c.kind == schemas.Bool {
			c.bool(v)
			return
		}
	case time.Time:
		if c.kind == schemas.Time {
			c.int(v.UnixMicro())
			return
		}
		if c.kind == schemas.Date {
			c.day(int32(v.Unix() / int64(24*time.Hour/time.Second)))
			return
		}
	}
	panic(fmt.Sprintf("transform: column %s cannot hold a %T", col.Name, v))
}
