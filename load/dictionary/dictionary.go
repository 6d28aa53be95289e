// Package dictionary says what every table and view means: name, columns, types, classes, and where in the vendor's
// documents a value stands. It is made of the definitions that the program runs by, and so is never behind them.
package dictionary

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
	"kycsync/sql"
)

// A Dictionary is the account of some tables and views.
type Dictionary struct {
	Tables []Table `json:"tables"`
	Views  []View  `json:"views"`
}

// All is the account of every table and view. It is not to be changed.
var All = sync.OnceValue(func() Dictionary {
	var d Dictionary
	for i := range schemas.Tables {
		d.Tables = append(d.Tables, newTable(&schemas.Tables[i]))
	}
	for i := range sql.Views {
		d.Views = append(d.Views, newView(&sql.Views[i], d))
	}
	return d
})

// Of returns the account of the table or view of that name alone. False: there is none.
func (d Dictionary) Of(name string) (Dictionary, bool) {
	one := Dictionary{Tables: []Table{}, Views: []View{}}
	for _, t := range d.Tables {
		if t.Name == name {
			one.Tables = append(one.Tables, t)
		}
	}
	for _, v := range d.Views {
		if v.Name == name {
			one.Views = append(one.Views, v)
		}
	}
	return one, len(one.Tables)+len(one.Views) > 0
}

// Write writes the dictionary. The format is text, markdown, html or json; the text of more than one table or view is an
// index of them.
func (d Dictionary) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return d.text(w)
	case "markdown":
		return d.markdown(w)
	case "html":
		return d.html(w)
	case "json":
		if err := json.MarshalWrite(w, d, jsontext.WithIndent("  ")); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	}
	return fmt.Errorf("dictionary in format %q: want text, markdown, html or json", format)
}

// A Table is the account of one table.
type Table struct {
	Name    string   `json:"table"`
	Doc     string   `json:"doc"`
	History string   `json:"history"`
	Key     []string `json:"key"`
	Sources []string `json:"sources"`
	Where   string   `json:"where"` // warehouse or lake
	Columns []Column `json:"columns"`
	Media   []string `json:"media"`   // kinds of file that are rows of table media
	Dropped []string `json:"dropped"` // secret members, never stored
}

// A Column is the account of one stored column.
type Column struct {
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

// A View is the account of one view or table macro.
type View struct {
	Name     string       `json:"view"`
	Doc      string       `json:"doc"`
	Question string       `json:"question,omitempty"`
	Params   []Param      `json:"parameters"`
	Columns  []ViewColumn `json:"columns"`
	Example  string       `json:"example"`
	Reads    []string     `json:"reads"` // the views and tables that it is made of
	SQL      string       `json:"sql"`
}

// A Param is a parameter of a table macro.
type Param struct {
	Name     string `json:"parameter"`
	Doc      string `json:"doc"`
	Optional bool   `json:"optional"`
}

// A ViewColumn is the account of one column of a view.
type ViewColumn struct {
	Name  string `json:"column"`
	Type  string `json:"type"`
	Class string `json:"class"` // empty: not known, so that it must not leave the house
	Doc   string `json:"doc"`
}

var historyNames = [...]string{schemas.BySession: "versions of a session", schemas.ByKey: "versions of an entity", schemas.ByOwner: "versions of ", schemas.Log: "log", schemas.State: "newest only"}

func newTable(t *schemas.Table) Table {
	p := Table{Name: t.Name, Doc: t.Doc, History: historyNames[t.History] + t.Owner, Key: append([]string{}, t.Key...),
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
		case c.Class == schemas.Secret:
			p.Dropped = append(p.Dropped, c.Path)
		case c.Kind == schemas.Media:
			p.Media = append(p.Media, c.Name)
		default:
			p.Columns = append(p.Columns, Column{c.ID, c.Name, c.Kind.DuckDB(), c.Null, c.Class.String(), c.Path, c.Volatile, c.Words, c.Doc})
		}
	}
	return p
}

var nameRE = regexp.MustCompile(`--[^\n]*|[a-z][a-z0-9_]*`)

// newView makes the account of a view. What its comment does not say of a column, a table or view that it is made of
// says, where that has a column of the same name. d has these.
func newView(v *sql.View, d Dictionary) View {
	out := View{Name: v.Name, Doc: v.Doc, Question: v.Question, Params: []Param{}, Columns: []ViewColumn{}, Example: v.Example, Reads: []string{}, SQL: v.SQL}
	for _, p := range v.Params {
		out.Params = append(out.Params, Param(p))
	}
	known := map[string]ViewColumn{}
	seen := map[string]bool{v.Name: true}
	for _, word := range nameRE.FindAllString(v.SQL, -1) {
		name := strings.TrimSuffix(strings.TrimSuffix(word, "_versions"), "_as_known_at")
		if from, ok := d.Of(name); ok && !seen[name] {
			seen[name], out.Reads = true, append(out.Reads, name)
			from.explain(known)
		}
	}
	for _, c := range v.Columns {
		own, told := ViewColumn(c), known[c.Name]
		own.Type = strings.ReplaceAll(own.Type, "TIMESTAMP WITH TIME ZONE", schemas.Time.DuckDB())
		if own.Class == "" {
			own.Class = told.Class
		}
		if own.Doc == "" {
			own.Doc = told.Doc
		}
		out.Columns = append(out.Columns, own)
	}
	return out
}

// explain adds the columns of d that nothing before has explained.
func (d Dictionary) explain(known map[string]ViewColumn) {
	add := func(c ViewColumn) {
		if old, ok := known[c.Name]; !ok || old.Doc == "" && old.Class == c.Class {
			known[c.Name] = c
		}
	}
	for _, t := range d.Tables {
		for _, c := range t.Columns {
			add(ViewColumn{c.Name, c.Type, c.Class, c.meaning()})
		}
	}
	for _, v := range d.Views {
		for _, c := range v.Columns {
			add(c)
		}
	}
}

func (p *Table) notes() []string {
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

func (c *Column) null() string {
	if c.Null {
		return "null"
	}
	return ""
}

// meaning is the doc, with the words where there are few.
func (c *Column) meaning() string {
	if len(c.Words) == 0 || len(c.Words) > 6 {
		return c.Doc
	}
	words := "one of " + strings.Join(c.Words, ", ")
	if c.Doc == "" {
		return words
	}
	return c.Doc + "; " + words
}
