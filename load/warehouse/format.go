package warehouse

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Write writes all rows to w, in format "table", "csv" or "json". JSON is one array with one object
// per row, [] when there is none; a column name that comes twice is given a number. CSV is RFC 4180
// with a header; NULL is empty and an empty text is "". The table is for people: it shortens long
// values and shows control characters as escapes.
func (res *Result) Write(w io.Writer, format string) error {
	out := bufio.NewWriter(w)
	var err error
	switch format {
	case "table":
		err = res.writeTable(out)
	case "csv":
		err = res.writeCSV(out)
	case "json":
		err = res.writeJSON(out)
	default:
		return fmt.Errorf("format %q, want table, csv or json", format)
	}
	return cmp.Or(err, res.Err(), out.Flush())
}

func (res *Result) writeJSON(w *bufio.Writer) error {
	var names [][]byte
	for _, name := range uniqueNames(res.Columns) {
		names = append(names, append(appendQuoted(nil, name), ':'))
	}
	line := []byte{'['}
	n := 0
	for ; res.Next(); n++ {
		if n > 0 {
			line = append(line, ',')
		}
		line = append(line, '\n', '{')
		for i, v := range res.row {
			if i > 0 {
				line = append(line, ',')
			}
			line = append(line, names[i]...)
			line = appendJSON(line, res.types[i], v)
		}
		line = append(line, '}')
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	if n > 0 {
		line = append(line, '\n')
	}
	_, err := w.Write(append(line, "]\n"...))
	return err
}

// uniqueNames returns the column names, with _2, _3 ... where one was there before.
func uniqueNames(columns []Column) []string {
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c.Name] = true
	}
	seen := map[string]bool{}
	out := make([]string, len(columns))
	for i, c := range columns {
		name := c.Name
		for n := 2; seen[name] || name != c.Name && taken[name]; n++ {
			name = c.Name + "_" + strconv.Itoa(n)
		}
		seen[name], out[i] = true, name
	}
	return out
}

func (res *Result) writeCSV(w *bufio.Writer) error {
	line := make([]string, len(res.Columns))
	for i, c := range res.Columns {
		line[i] = csvField(c.Name)
	}
	if _, err := w.WriteString(strings.Join(line, ",") + "\r\n"); err != nil {
		return err
	}
	for res.Next() {
		for i, v := range res.row {
			if line[i] = ""; v != nil {
				line[i] = csvField(text(res.types[i], v))
			}
		}
		if _, err := w.WriteString(strings.Join(line, ",") + "\r\n"); err != nil {
			return err
		}
	}
	return nil
}

func csvField(s string) string {
	if s == "" || strings.ContainsAny(s, "\",\r\n") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}
