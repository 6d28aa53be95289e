// Package sql holds the program's SQL texts: the views of the warehouse, the checks of what is in it, the examples of
// what it can be asked. They are files, so that an analyst can read, copy and change them without knowing Go.
//
// The package is a leaf: it imports no other package of the program.
package sql

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed views/*.sql
var viewFiles embed.FS

// A View is a view or a table macro of the warehouse. Its file begins with a comment, which says in this order what
// one row is, what the words in it mean, and then, marked by the words before the colon:
//
//	-- question: in words; only where somebody asks it, not of what other views are made of
//	-- parameter days: of a macro, in the order of its declaration
//	-- column due_on internal: what its name does not say, and its class where no table has a column of that name
//	-- example: SELECT * FROM rekyc_due(DATE '2026-10-31')
//
// What follows a mark may go on in lines that begin with three spaces.
type View struct {
	Name     string
	Doc      string // paragraphs, apart from each other by an empty line
	Question string
	Params   []Param  // of a macro
	Columns  []Column // in their order
	Example  string   // a statement
	Reads    []string // the views that it is made of
	Macro    bool
	SQL      string // the statement that creates or replaces it
}

// A Param is a parameter of a table macro.
type Param struct {
	Name     string
	Doc      string
	Optional bool // it has a default
}

// A Column is a column of a view.
type Column struct {
	Name  string
	Type  string // DuckDB's
	Class string // as in package schemas; empty: that of the same column where it comes from
	Doc   string // empty: what it means there
}

// Views is every view, each after those that it reads.
var Views = inOrder(readViews())

// Lookup returns the view of that name, or nil.
func Lookup(name string) *View {
	for i := range Views {
		if Views[i].Name == name {
			return &Views[i]
		}
	}
	return nil
}

// Row says what one row is.
func (v *View) Row() string { return firstLine(v.Doc) }

// Call is the statement that asks the view for all rows. Its parameters are question marks.
func (v *View) Call(params int) string {
	if !v.Macro {
		return "SELECT * FROM " + v.Name
	}
	return "SELECT * FROM " + v.Name + "(" + strings.TrimSuffix(strings.Repeat("?, ", params), ", ") + ")"
}

// readViews reads views/*.sql. It panics where one cannot be read, which only a build can cause.
func readViews() []View {
	entries, err := viewFiles.ReadDir("views")
	if err != nil {
		panic("sql: views: " + err.Error())
	}
	types := columnTypes()
	var out []View
	for _, e := range entries {
		text, err := viewFiles.ReadFile(path.Join("views", e.Name()))
		if err != nil {
			panic("sql: views: " + err.Error())
		}
		v, err := parseView(strings.TrimSuffix(e.Name(), ".sql"), string(text), types)
		if err != nil {
			panic(fmt.Sprintf("sql: view %s: %v", e.Name(), err))
		}
		out = append(out, v)
	}
	return out
}

//go:embed columns.json
var columnsJSON []byte

// columnTypes returns the columns of each view as the database has them. A test of package warehouse keeps the file.
func columnTypes() map[string][]Column {
	var out map[string][]Column
	if err := json.Unmarshal(columnsJSON, &out); err != nil {
		panic("sql: columns.json: " + err.Error())
	}
	return out
}

var (
	createRE = regexp.MustCompile(`(?s)^CREATE OR REPLACE (VIEW|MACRO) ([a-z][a-z0-9_]*)(?: AS|\(([^)]*)\) AS TABLE)\s`)
	markRE   = regexp.MustCompile(`^(question|example|parameter|column)(?: ([a-z0-9_]+))?(?: ([a-z]+))?: (.+)$`)
)

// parseView reads a view's file.
func parseView(name, text string, types map[string][]Column) (View, error) {
	v := View{Name: name, Columns: slices.Clone(types[name])}
	head, body := splitHead(text)
	m := createRE.FindStringSubmatch(body)
	if m == nil || m[2] != name {
		return v, fmt.Errorf("want CREATE OR REPLACE VIEW %s AS, or MACRO %s(...) AS TABLE, behind the comment", name, name)
	}
	v.SQL, v.Macro = statement(body), m[1] == "MACRO"
	var err error
	v.Doc, err = readHead(head, markRE, func(kind, name, class, text string) (*string, error) { return v.mark(kind, name, class, text), nil })
	if err != nil {
		return v, err
	}
	return v, v.declares(m[3])
}

// splitHead returns the lines of the comment that a file begins with, without their dashes, and the rest.
func splitHead(text string) (head []string, body string) {
	for {
		line, rest, _ := strings.Cut(text, "\n")
		if !strings.HasPrefix(line, "--") {
			return head, text
		}
		head, text = append(head, strings.TrimPrefix(strings.TrimPrefix(line, "--"), " ")), rest
	}
}

// statement is a file without its comment.
func statement(body string) string { return strings.TrimSuffix(strings.TrimSpace(body), ";") }

// readHead reads the comment that a file begins with. Lines that match marks go to mark by their parts: kind, name,
// class and text; what it returns takes the lines that go on with the text. The others are the doc.
func readHead(head []string, marks *regexp.Regexp, mark func(kind, name, class, text string) (*string, error)) (doc string, err error) {
	var lines []string
	var into *string // what the next line goes on with
	for _, line := range head {
		if more, ok := strings.CutPrefix(line, "  "); ok && into != nil {
			*into += " " + strings.TrimSpace(more)
			continue
		}
		m := marks.FindStringSubmatch(line)
		if m == nil {
			lines = append(lines, line)
			continue
		}
		if into, err = mark(m[1], m[2], m[3], m[4]); err != nil {
			return "", err
		}
	}
	doc = unwrap(lines)
	if !strings.HasPrefix(doc, "One row: ") {
		return "", fmt.Errorf("the comment begins with %q, want One row: and what one row is", firstLine(doc))
	}
	return doc, nil
}

func firstLine(doc string) string {
	first, _, _ := strings.Cut(doc, "\n")
	return first
}

// mark notes what a marked line says, and returns the text that the lines behind it go on with.
func (v *View) mark(kind, name, class, text string) *string {
	switch kind {
	case "question":
		v.Question = text
		return &v.Question
	case "example":
		v.Example = text
		return &v.Example
	case "parameter":
		v.Params = append(v.Params, Param{Name: name, Doc: text})
		return &v.Params[len(v.Params)-1].Doc
	}
	for i := range v.Columns {
		if c := &v.Columns[i]; c.Name == name {
			c.Class, c.Doc = class, text
			return &c.Doc
		}
	}
	return new(string) // a new column, which columns.json does not have yet
}

// declares checks that the comment explains the parameters of a macro's declaration, and notes which may be left out.
func (v *View) declares(list string) error {
	var names []string
	for p := range strings.SplitSeq(list, ",") {
		name, _, optional := strings.Cut(p, ":=")
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if i := len(names); i < len(v.Params) && v.Params[i].Name == name {
			v.Params[i].Optional = optional
		}
		names = append(names, name)
	}
	if !slices.EqualFunc(names, v.Params, func(name string, p Param) bool { return name == p.Name }) {
		return fmt.Errorf("the comment explains the parameters %v, want %v", v.Params, names)
	}
	return nil
}

// unwrap makes one line of each paragraph. Lines that begin with a space stay as they are.
func unwrap(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		switch {
		case i == 0:
		case line == "" || lines[i-1] == "" || strings.HasPrefix(line, " "):
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return strings.TrimSpace(b.String())
}

var wordRE = regexp.MustCompile(`--[^\n]*|[a-z][a-z0-9_]*`)

// inOrder returns the views so that each comes after those that it reads, and notes these.
func inOrder(views []View) []View {
	byName := map[string]*View{}
	for i := range views {
		byName[views[i].Name] = &views[i]
	}
	var out []View
	state := map[string]int{} // 1: begun, 2: done
	var visit func(v *View)
	visit = func(v *View) {
		if state[v.Name] == 2 {
			return
		}
		if state[v.Name] == 1 {
			panic("sql: view " + v.Name + " is made of itself")
		}
		state[v.Name] = 1
		for _, word := range wordRE.FindAllString(v.SQL, -1) {
			if other := byName[word]; other != nil && other != v && !slices.Contains(v.Reads, word) {
				v.Reads = append(v.Reads, word)
				visit(other)
			}
		}
		state[v.Name] = 2
		out = append(out, *v)
	}
	for i := range views {
		visit(&views[i])
	}
	return out
}
