package sql

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed checks/*.sql
var checkFiles embed.FS

// The severities of a check.
const (
	Critical = "critical" // what it finds must not reach anybody who asks the warehouse
	Warning  = "warning"  // somebody should look at it
)

// The words that a check's comment may have behind owner and dimension.
var (
	checkSeverities = []string{Critical, Warning}
	checkOwners     = []string{"engineer", "compliance", "operator"}
	checkDimensions = []string{"integrity", "validity", "uniqueness", "timeliness", "stability", "reconciliation"}
)

// A Check is a query that returns one row for each thing that is wrong, with its id, of a session or whatever else it
// can be found by, and a detail in words that names no value of a person. Its file begins with a comment as that of a
// view does, which says what a row is, and then
//
//	-- severity: critical or warning
//	-- owner: engineer, compliance or operator: who looks into it
//	-- dimension: integrity, validity, uniqueness, timeliness, stability or reconciliation
//
// and, where it costs too much for a night:
//
//	-- asked: in full: of a warehouse that is built from scratch, and by kycsync check
//
// $at in the query is the instant as of which it is asked. $since is the commit as of which it passed last, so that rows
// of versions until then need not be looked at, or -1 where it is asked of all.
type Check struct {
	Name      string
	Doc       string // paragraphs, apart from each other by an empty line
	Severity  string
	Owner     string
	Dimension string
	InFull    bool // it is asked of all or not at all
	SQL       string
}

// Row says what one row is.
func (c *Check) Row() string { return firstLine(c.Doc) }

// Timed reports whether the answer depends on the instant as of which it is asked.
func (c *Check) Timed() bool { return strings.Contains(c.SQL, "$at") }

// Words are the names in the query: those of tables and views are among them.
func (c *Check) Words() []string {
	out := wordRE.FindAllString(c.SQL, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

// Checks returns those of checks/*.sql in order of their names. It panics where one cannot be read, which only a build
// can cause.
func Checks() []Check {
	entries, err := checkFiles.ReadDir("checks")
	if err != nil {
		panic("sql: checks: " + err.Error())
	}
	var out []Check
	for _, e := range entries {
		text, err := checkFiles.ReadFile(path.Join("checks", e.Name()))
		if err != nil {
			panic("sql: checks: " + err.Error())
		}
		c, err := parseCheck(strings.TrimSuffix(e.Name(), ".sql"), string(text))
		if err != nil {
			panic(fmt.Sprintf("sql: check %s: %v", e.Name(), err))
		}
		out = append(out, c)
	}
	return out
}

var checkMarkRE = regexp.MustCompile(`^(severity|owner|dimension|asked)()(): (.+)$`)

// parseCheck reads a check's file.
func parseCheck(name, text string) (Check, error) {
	head, body := splitHead(text)
	c := Check{Name: name, SQL: statement(body)}
	var err error
	c.Doc, err = readHead(head, checkMarkRE, func(kind, _, _, text string) (*string, error) {
		switch kind {
		case "severity":
			return c.word(&c.Severity, kind, text, checkSeverities)
		case "owner":
			return c.word(&c.Owner, kind, text, checkOwners)
		case "dimension":
			return c.word(&c.Dimension, kind, text, checkDimensions)
		case "asked":
			c.InFull = true
			return c.word(new(string), kind, text, []string{"in full"})
		}
		panic("sql: no mark " + kind)
	})
	if err == nil && (c.Severity == "" || c.Owner == "" || c.Dimension == "") {
		err = fmt.Errorf("the comment says severity %q, owner %q, dimension %q, want all three", c.Severity, c.Owner, c.Dimension)
	}
	return c, err
}

func (c *Check) word(into *string, kind, text string, known []string) (*string, error) {
	if !slices.Contains(known, text) {
		return nil, fmt.Errorf("%s %q: want %s", kind, text, strings.Join(known, ", "))
	}
	*into = text
	return nil, nil
}
