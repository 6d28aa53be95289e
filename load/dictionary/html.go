package dictionary

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed dictionary.html
var pageText string

var page = template.Must(template.New("dictionary").Funcs(template.FuncMap{
	"call":    func(v View) string { return v.call() },
	"meaning": func(c Column) string { return c.meaning() },
	"told":    func(p Param) string { return p.meaning() },
	"notes":   func(t Table) []string { return t.notes() },
}).Parse(pageText))

// html writes one page that needs neither network nor script.
func (d Dictionary) html(w io.Writer) error { return page.Execute(w, d) }
