package report

import (
	_ "embed"
	"html/template"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"month":   func(t time.Time) string { return t.Format("January 2006") },
	"instant": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"day":     func(t time.Time) string { return t.Format("2 January 2006") },
	"last":    func(t time.Time) time.Time { return t.AddDate(0, 0, -1) },
	"number":  func(n int) string { return number(float64(n)) },
	"list":    func(words []string) string { return strings.Join(words, ", ") },
	"anchor":  func(s string) string { return strings.ToLower(strings.NewReplacer(" ", "-", ",", "").Replace(s)) },
}).Parse(pageText))
