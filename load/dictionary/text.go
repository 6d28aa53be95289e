package dictionary

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// text writes one table or view in full, and an index of several.
func (d Dictionary) text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	switch {
	case len(d.Tables) == 1 && len(d.Views) == 0:
		d.Tables[0].text(tw)
	case len(d.Tables) == 0 && len(d.Views) == 1:
		d.Views[0].text(tw)
	default:
		for _, t := range d.Tables {
			fmt.Fprintf(tw, "%s\t%d columns\t%s\n", t.Name, len(t.Columns), t.Doc)
		}
		for _, v := range d.Views {
			fmt.Fprintf(tw, "%s\t%d columns\t%s\n", v.call(), len(v.Columns), v.row())
		}
	}
	return tw.Flush()
}

func (t *Table) text(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", t.Name, t.Doc)
	fmt.Fprintf(w, "kept as %s, in the %s", t.History, t.Where)
	if len(t.Key) > 0 {
		fmt.Fprintf(w, "; rows told apart by %s", strings.Join(t.Key, ", "))
	}
	fmt.Fprintln(w)
	for _, line := range t.notes() {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
	for _, c := range t.Columns {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Type, c.null(), c.Class, c.meaning())
	}
}

func (v *View) text(w io.Writer) {
	fmt.Fprintf(w, "%s\n", v.call())
	if v.Question != "" {
		fmt.Fprintln(w, v.Question)
	}
	fmt.Fprintf(w, "\n%s\n\n", v.Doc)
	if len(v.Reads) > 0 {
		fmt.Fprintf(w, "made of %s\n", strings.Join(v.Reads, ", "))
	}
	fmt.Fprintf(w, "for example: %s\n\n", v.Example)
	for _, p := range v.Params {
		fmt.Fprintf(w, "%s\tparameter\t%s\n", p.Name, p.meaning())
	}
	for _, c := range v.Columns {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Name, c.Type, c.Class, c.Doc)
	}
}

// call is how the view is named in a statement.
func (v *View) call() string {
	if len(v.Params) == 0 {
		return v.Name
	}
	names := make([]string, len(v.Params))
	for i, p := range v.Params {
		names[i] = p.Name
	}
	return v.Name + "(" + strings.Join(names, ", ") + ")"
}

// row says what one row is.
func (v *View) row() string {
	first, _, _ := strings.Cut(v.Doc, "\n")
	return first
}

func (p *Param) meaning() string {
	if p.Optional {
		return p.Doc + "; may be left out"
	}
	return p.Doc
}
