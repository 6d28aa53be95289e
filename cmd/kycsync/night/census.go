package night

import (
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

// A census counts the rows of tables and, column by column, the values that are not null.
type census map[string]*headcount

type headcount struct {
	rows   int64
	values []int64 // by position in Stored
}

func (c census) take(t *schemas.Table, rows arrow.RecordBatch) {
	n := c[t.Name]
	if n == nil {
		n = &headcount{values: make([]int64, rows.NumCols())}
		c[t.Name] = n
	}
	n.rows += rows.NumRows()
	for i, column := range rows.Columns() {
		n.values[i] += int64(column.Len() - column.NullN())
	}
}

func (c census) rows(t *schemas.Table) int64 {
	if n := c[t.Name]; n != nil {
		return n.rows
	}
	return 0
}

// values returns how many values of a column there are, by its position in Stored.
func (c census) values(t *schemas.Table, column int) int64 {
	if n := c[t.Name]; n != nil {
		return n.values[column]
	}
	return 0
}
