package schemas

import (
	"fmt"
	"strings"
)

// CreateTable returns the DuckDB statement that creates the table under that name: the stored
// columns in order. Keys and indexes are not declared; uniqueness is checked when parts are read
// back.
func (t *Table) CreateTable(name string) string {
	cols := t.Stored()
	lines := make([]string, len(cols))
	for i, c := range cols {
		lines[i] = "\t" + QuoteName(c.Name) + " " + c.Kind.DuckDB()
		if !c.Null {
			lines[i] += " NOT NULL"
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (\n%s\n);\n", QuoteName(name), strings.Join(lines, ",\n"))
}

// Comments returns the DuckDB statements that say in the catalogue, for the table of that name
// and each of its columns, what they hold; a column's comment begins with its class.
func (t *Table) Comments(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "COMMENT ON TABLE %s IS %s;\n", QuoteName(name), QuoteText(t.Doc))
	for _, c := range t.Stored() {
		text := c.Class.String()
		if c.Doc != "" {
			text += ": " + c.Doc
		}
		fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", QuoteName(name), QuoteName(c.Name), QuoteText(text))
	}
	return b.String()
}

// QuoteName returns the name as an SQL identifier.
func QuoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteText returns the text as an SQL string literal.
func QuoteText(text string) string { return `'` + strings.ReplaceAll(text, `'`, `''`) + `'` }
