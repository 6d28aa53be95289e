package schemas

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteDictionary writes what the tables are and hold. The format is "text", "markdown" or
// "json"; the text of more than one table is an index of them.
func WriteDictionary(w io.Writer, format string, tables []Table) error {
	pages := make([]page, len(tables))
	for i := range tables {
		pages[i] = newPage(&tables[i])
	}
	switch format {
	case "text":
		if len(pages) == 1 {
			return pages[0].text(w)
		}
		return index(w, pages)
	case "markdown":
		return markdown(w, pages)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(pages)
	}
	return fmt.Errorf("dictionary in format %q: want text, markdown or json", format)
}

// A page is the dictionary's account of one table.
type page struct {
	Name    string   `json:"table"`
	Doc     string   `json:"doc"`
	History string   `json:"history"`
	Key     []string `json:"key"`
	Sources []string `json:"sources"`
	Where   string   `json:"where"` // warehouse or lake
	Columns []entry  `json:"columns"`
	Media   []string `json:"media"`   // kinds of file that are rows of table media
	Dropped []string `json:"dropped"` // secret members, never stored
}

// An entry is the dictionary's account of one stored column.
type entry struct {
	ID       int      `json:"id"`
	Name     string   `json:"column"`
	Type     string   `json:"type"`
	Null     bool     `json:"nullable"`
	Class    string   `json:"class"`
	Path     string   `json:"path"`
	Volatile bool     `json:"volatile"`
	Words    []string `json:"words,omitempty"`
	Doc      string   `json:"doc"`
}

var historyNames = [...]string{BySession: "versions of a session", ByKey: "versions of an entity", ByOwner: "versions of ", Log: "log", State: "newest only"}

func newPage(t *Table) page {
	p := page{Name: t.Name, Doc: t.Doc, History: historyNames[t.History] + t.Owner, Key: append([]string{}, t.Key...),
		Where: "warehouse", Sources: []string{}, Media: []string{}, Dropped: []string{}}
	if t.LakeOnly {
		p.Where = "lake"
	}
	for _, s := range t.Sources {
		place := strings.TrimSuffix(string(s.Document)+":"+s.Path, ":")
		if s.Unless != "" {
			place += " unless there is a " + string(s.Unless)
		}
		p.Sources = append(p.Sources, place)
	}
	for _, c := range t.Columns {
		switch {
		case c.Class == Secret:
			p.Dropped = append(p.Dropped, c.Path)
		case c.Kind == Media:
			p.Media = append(p.Media, c.Name)
		default:
			p.Columns = append(p.Columns, entry{c.ID, c.Name, c.Kind.DuckDB(), c.Null, c.Class.String(), c.Path, c.Volatile, c.Words, c.Doc})
		}
	}
	return p
}

func index(w io.Writer, pages []page) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range pages {
		fmt.Fprintf(tw, "%s\t%d columns\t%s\n", p.Name, len(p.Columns), p.Doc)
	}
	return tw.Flush()
}

func (p *page) text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "%s: %s\n", p.Name, p.Doc)
	fmt.Fprintf(tw, "kept as %s, in the %s", p.History, p.Where)
	if len(p.Key) > 0 {
		fmt.Fprintf(tw, "; rows told apart by %s", strings.Join(p.Key, ", "))
	}
	fmt.Fprintln(tw)
	for _, line := range p.notes() {
		fmt.Fprintln(tw, line)
	}
	fmt.Fprintln(tw)
	for _, c := range p.Columns {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Type, c.null(), c.Class, c.meaning())
	}
	return tw.Flush()
}

func markdown(w io.Writer, pages []page) error {
	var b strings.Builder
	for i, p := range pages {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\nKept as %s, in the %s.\n", p.Name, p.Doc, p.History, p.Where)
		if len(p.Key) > 0 {
			fmt.Fprintf(&b, "Rows told apart by `%s`.\n", strings.Join(p.Key, "`, `"))
		}
		for _, line := range p.notes() {
			fmt.Fprintf(&b, "\n%s\n", line)
		}
		b.WriteString("\n| column | type | null | class | path | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, c := range p.Columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s` | %s |\n", c.Name, c.Type, c.null(), c.Class, cell(c.Path), cell(c.meaning()))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *page) notes() []string {
	var out []string
	if len(p.Sources) > 0 {
		out = append(out, "from "+strings.Join(p.Sources, ", "))
	}
	if len(p.Media) > 0 {
		out = append(out, "files, as rows of table media: "+strings.Join(p.Media, ", "))
	}
	if len(p.Dropped) > 0 {
		out = append(out, "read and never stored: "+strings.Join(p.Dropped, ", "))
	}
	return out
}

func (c *entry) null() string {
	if c.Null {
		return "null"
	}
	return ""
}

// meaning is the doc, with the words where there are few.
func (c *entry) meaning() string {
	if len(c.Words) == 0 || len(c.Words) > 6 {
		return c.Doc
	}
	words := "one of " + strings.Join(c.Words, ", ")
	if c.Doc == "" {
		return words
	}
	return c.Doc + "; " + words
}

// cell is a text within a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
