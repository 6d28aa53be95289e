// Package report makes the monthly report: one page that needs neither network nor script, for people who look at
// pictures before tables. Its figures are the statements of sql/report, asked of views of the warehouse.
package report

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"kycsync/load/warehouse"
	"kycsync/sql"
)

// A Report is the monthly report, ready to be written.
type Report struct {
	Month      time.Time // its first day, UTC
	Until      time.Time // the first day of the next one
	Seq        int64     // commit of the lake that it shows
	SHA256     string    // of that commit
	KnownUntil time.Time
	Closed     bool // everything of the month was known: the commit is younger than its last day
	Chapters   []Chapter
	Terms      []Term // views on whose definition a figure depends, by name
	Others     []Term // the other views: what a row of them is
}

// A Chapter is figures under a heading.
type Chapter struct {
	Title   string
	Figures []Figure
}

// A Figure is a table and perhaps a chart of it.
type Figure struct {
	ID      string
	Title   string
	Text    string
	Chart   template.HTML // an SVG element; empty: there is none
	Key     []Mark        // of the chart's series
	Tiles   []Tile
	Columns []Column
	Rows    [][]string // those that are shown
	Total   int        // of the answer
	Views   []string   // that it is an answer of
}

// A Column is a column of a figure's table.
type Column struct {
	Name   string
	Number bool // right-aligned
}

// A Tile is one key figure.
type Tile struct{ Name, Value string }

// A Term is a view's definition, for the annex.
type Term struct{ Name, Doc string }

// Make asks the warehouse for all figures of a month. Errors name the figure and are those of warehouse.Reader.Query.
func Make(ctx context.Context, r *warehouse.Reader, month time.Time) (*Report, error) {
	rep := &Report{Month: time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)}
	rep.Until = rep.Month.AddDate(0, 1, 0)
	if err := rep.stand(ctx, r); err != nil {
		return nil, err
	}
	for name, day := range map[string]time.Time{"period_from": rep.Month, "period_to": rep.Until, "year_from": rep.Until.AddDate(-1, 0, 0)} {
		if err := r.SetDay(ctx, name, day); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	for _, f := range sql.Report() {
		made, err := figure(ctx, r, f)
		if err != nil {
			return nil, fmt.Errorf("report: figure %s: %w", f.Name, err)
		}
		if n := len(rep.Chapters); n == 0 || rep.Chapters[n-1].Title != f.Chapter {
			rep.Chapters = append(rep.Chapters, Chapter{Title: f.Chapter})
		}
		last := &rep.Chapters[len(rep.Chapters)-1]
		last.Figures = append(last.Figures, *made)
		if f.Defines != "" {
			rep.Terms = define(rep.Terms, f.Defines, func(v *sql.View) string { return v.Doc })
		}
		for _, name := range made.Views {
			rep.Others = define(rep.Others, name, func(v *sql.View) string { return strings.TrimPrefix(v.Row(), "One row: ") })
		}
	}
	rep.Others = slices.DeleteFunc(rep.Others, func(o Term) bool {
		return slices.ContainsFunc(rep.Terms, func(t Term) bool { return t.Name == o.Name })
	})
	return rep, nil
}

// stand notes what the warehouse shows.
func (rep *Report) stand(ctx context.Context, r *warehouse.Reader) error {
	res, err := r.Query(ctx, "SELECT k.seq, k.known_until, c.sha256 FROM knowledge AS k JOIN _commits AS c ON c.seq = k.seq")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer res.Close()
	if !res.Next() {
		return fmt.Errorf("report: %w", warehouse.ErrNothingKnown)
	}
	rep.Seq, _ = res.Values()[0].(int64)
	rep.KnownUntil, _ = res.Values()[1].(time.Time)
	rep.SHA256, _ = res.Values()[2].(string)
	rep.Closed = !rep.KnownUntil.Before(rep.Until)
	return res.Err()
}

// define adds what is said of a view, once, in the order of the names.
func define(terms []Term, name string, doc func(*sql.View) string) []Term {
	at, is := slices.BinarySearchFunc(terms, name, func(t Term, name string) int { return strings.Compare(t.Name, name) })
	if is {
		return terms
	}
	return slices.Insert(terms, at, Term{name, doc(sql.Lookup(name))})
}

// figure asks one statement and makes a table and a chart of the answer.
func figure(ctx context.Context, r *warehouse.Reader, f sql.Figure) (*Figure, error) {
	out := &Figure{ID: f.Name, Title: f.Title, Text: f.Text, Views: viewsOf(f.SQL)}
	res, err := r.Query(ctx, f.SQL)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	for _, c := range res.Columns {
		out.Columns = append(out.Columns, Column{strings.ReplaceAll(c.Name, "_", " "), isNumber(c.Type)})
	}
	var values [][]any
	for res.Next() {
		if out.Total++; out.Total <= f.Rows {
			row := slices.Clone(res.Values())
			values = append(values, row)
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = cell(res.Columns[i].Name, v)
			}
			out.Rows = append(out.Rows, cells)
		}
	}
	if err := res.Err(); err != nil {
		return nil, err
	}
	return out, out.draw(f, res.Columns, values)
}

// draw makes the tiles or the chart that the figure wants.
func (out *Figure) draw(f sql.Figure, columns []warehouse.Column, values [][]any) error {
	switch {
	case len(f.Chart) == 0 || len(values) == 0:
		return nil
	case f.Chart[0] == "tiles":
		for i, c := range out.Columns {
			out.Tiles = append(out.Tiles, Tile{c.Name, out.Rows[0][i]})
		}
		out.Rows, out.Columns = nil, nil
		return nil
	}
	at := func(name string) int {
		return slices.IndexFunc(columns, func(c warehouse.Column) bool { return c.Name == name })
	}
	var labels []string
	for _, row := range values {
		labels = append(labels, cell(f.Chart[1], row[at(f.Chart[1])]))
	}
	var all []series
	for _, name := range f.Chart[2:] {
		s := series{name: strings.ReplaceAll(name, "_", " ")}
		for _, row := range values {
			v := float(row[at(name)])
			if isShare(name) {
				v *= 100
			}
			s.values = append(s.values, v)
		}
		all = append(all, s)
	}
	out.Key = key(f.Chart[0], all)
	svg, err := chart(f.Chart[0], f.Title, f.Unit, labels, all)
	out.Chart = template.HTML(svg) // made here, of escaped texts
	return err
}

var askedRE = regexp.MustCompile(`\b(?:FROM|JOIN)\s+([a-z][a-z0-9_]*)`)

// viewsOf returns the views that a statement asks.
func viewsOf(statement string) (names []string) {
	for _, m := range askedRE.FindAllStringSubmatch(statement, -1) {
		if sql.Lookup(m[1]) != nil && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

func isNumber(kind string) bool {
	return slices.Contains([]string{"BIGINT", "INTEGER", "HUGEINT", "DOUBLE", "FLOAT", "UBIGINT"}, kind) || strings.HasPrefix(kind, "DECIMAL")
}

// cell writes a value for people.
func cell(column string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format("2006-01-02 15:04")
	}
	f := float(v)
	if math.IsNaN(f) {
		return fmt.Sprint(v)
	}
	if isShare(column) {
		return number(f*100) + "\u202f%"
	}
	return number(f)
}

// isShare tells by its name that a column's values are shares of 1, which people read as percent.
func isShare(column string) bool {
	return slices.ContainsFunc([]string{"rate", "share", "difference", "conversion"}, func(word string) bool { return strings.Contains(column, word) })
}

// float returns a number of whatever type the database has it in, NaN for none.
func float(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case int32:
		return float64(v)
	case float64:
		return v
	case fmt.Stringer: // HUGEINT and DECIMAL
		var f float64
		if _, err := fmt.Sscan(v.String(), &f); err == nil {
			return f
		}
	}
	return math.NaN()
}

// WriteHTML writes the page.
func (rep *Report) WriteHTML(w io.Writer) error { return page.Execute(w, rep) }
