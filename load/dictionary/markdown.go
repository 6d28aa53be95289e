package dictionary

import (
	"fmt"
	"io"
	"strings"
)

func (d Dictionary) markdown(w io.Writer) error {
	var b strings.Builder
	for i := range d.Tables {
		d.Tables[i].markdown(&b)
	}
	for i := range d.Views {
		d.Views[i].markdown(&b)
	}
	_, err := io.WriteString(w, strings.TrimSuffix(b.String(), "\n"))
	return err
}

func (t *Table) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n\n%s\n\nKept as %s, in the %s.\n", t.Name, t.Doc, t.History, t.Where)
	if len(t.Key) > 0 {
		fmt.Fprintf(b, "Rows told apart by `%s`.\n", strings.Join(t.Key, "`, `"))
	}
	for _, line := range t.notes() {
		fmt.Fprintf(b, "\n%s\n", line)
	}
	b.WriteString("\n| column | type | null | class | path | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, c := range t.Columns {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | `%s` | %s |\n", c.Name, c.Type, c.null(), c.Class, cell(c.Path), cell(c.meaning()))
	}
	b.WriteByte('\n')
}

func (v *View) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n\n", v.call())
	if v.Question != "" {
		fmt.Fprintf(b, "**%s**\n\n", v.Question)
	}
	fmt.Fprintf(b, "%s\n\n", v.Doc)
	if len(v.Reads) > 0 {
		fmt.Fprintf(b, "Made of `%s`.\n\n", strings.Join(v.Reads, "`, `"))
	}
	fmt.Fprintf(b, "```sql\n%s\n```\n\n", v.Example)
	if len(v.Params) > 0 {
		b.WriteString("| parameter | meaning |\n| --- | --- |\n")
		for _, p := range v.Params {
			fmt.Fprintf(b, "| `%s` | %s |\n", p.Name, cell(p.meaning()))
		}
		b.WriteByte('\n')
	}
	b.WriteString("| column | type | class | meaning |\n| --- | --- | --- | --- |\n")
	for _, c := range v.Columns {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", c.Name, c.Type, c.Class, cell(c.Doc))
	}
	b.WriteByte('\n')
}

// cell is a text within a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
