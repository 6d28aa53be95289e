package warehouse

import (
	"context"
	"fmt"
	"strings"
)

// listBatch is how many rows of a list one statement adds.
const listBatch = 1000

// SetList makes a table of texts, in memory, for the queries to come. An empty text is null. A list of that name from
// before is replaced. Only a reader of the past has lists: elsewhere the name would be one of the file.
func (r *Reader) SetList(ctx context.Context, name string, columns []string, rows [][]string) error {
	var defs []string
	for _, c := range columns {
		defs = append(defs, ident(c)+" VARCHAR")
	}
	table := "memory.main." + ident(name)
	if err := r.in.exec(ctx, "make a list", fmt.Sprintf("CREATE OR REPLACE TABLE %s (%s)", table, strings.Join(defs, ", "))); err != nil {
		return err
	}
	for len(rows) > 0 {
		n := min(len(rows), listBatch)
		var values []string
		for _, row := range rows[:n] {
			values = append(values, "("+rowOf(row)+")")
		}
		if err := r.in.exec(ctx, "make a list", "INSERT INTO "+table+" VALUES "+strings.Join(values, ", ")); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func rowOf(texts []string) string {
	out := make([]string, len(texts))
	for i, text := range texts {
		if out[i] = "NULL"; text != "" {
			out[i] = literal(text)
		}
	}
	return strings.Join(out, ", ")
}
