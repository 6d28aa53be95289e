package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"

	"kycsync/schemas"
	"kycsync/sql"

	"github.com/urfave/cli/v2"
)

func (p *program) askCommand() *cli.Command {
	return &cli.Command{
		Name:      "ask",
		Usage:     "a question by its name, with its parameters",
		ArgsUsage: "list | NAME [PARAMETER...]",
		Description: `Each question is a view of the warehouse, which SQL can go on from; kycsync tables NAME tells its definition
and its columns. Parameters stand in the order in which the list has them, those in brackets may be left out. A
parameter may be named, as in days=90.

Examples:
   kycsync ask list
   kycsync ask decisions
   kycsync ask --limit 20 --format csv status_changes > changes.csv`,
		Flags: stored(answerFormat(), knownAtFlag(),
			&cli.Int64Flag{Name: "limit", Usage: "at most `N` rows; 0: all of them"}),
		Before: p.settings,
		Action: p.ask,
	}
}

func (p *program) ask(c *cli.Context) error {
	if err := flagsFirst(c); err != nil {
		return err
	}
	name := c.Args().First()
	if name == "" || name == "list" {
		return writeQuestions(p.stdout)
	}
	v := sql.Lookup(name)
	if v == nil {
		return usagef("no question %q; kycsync ask list lists them", name)
	}
	statement, err := call(v, c.Args().Tail())
	if err != nil {
		return err
	}
	if n := c.Int64("limit"); n > 0 {
		statement += fmt.Sprintf(" LIMIT %d", n)
	}
	return p.answer(c, statement)
}

// call returns the statement that asks a view with these parameters.
func call(v *sql.View, given []string) (string, error) {
	values, err := parameters(v, given)
	if err != nil {
		return "", err
	}
	if !v.Macro {
		return "SELECT * FROM " + v.Name, nil
	}
	var list []string
	for _, param := range v.Params {
		value, ok := values[param.Name]
		switch {
		case !ok && !param.Optional:
			return "", usagef("ask %s: parameter %s is missing: %s", signature(v), param.Name, param.Doc)
		case ok && param.Optional:
			list = append(list, param.Name+" := "+constant(value))
		case ok:
			list = append(list, constant(value))
		}
	}
	return fmt.Sprintf("SELECT * FROM %s(%s)", v.Name, strings.Join(list, ", ")), nil
}

// parameters returns what is given, by name.
func parameters(v *sql.View, given []string) (map[string]string, error) {
	if len(given) > len(v.Params) {
		return nil, usagef("ask %s takes %d parameters, got %d", signature(v), len(v.Params), len(given))
	}
	values := map[string]string{}
	for i, text := range given {
		name, value := v.Params[i].Name, text
		if word, rest, named := strings.Cut(text, "="); named && isParam(v, word) {
			name, value = word, rest
		}
		if _, twice := values[name]; twice {
			return nil, usagef("ask %s: parameter %s is given twice", v.Name, name)
		}
		values[name] = value
	}
	return values, nil
}

var (
	numberRE = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,9})?$`)
	dateRE   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// constant is a word of the command line as SQL: a number, a date or a text, which DuckDB takes for an instant where one is wanted.
func constant(word string) string {
	switch {
	case numberRE.MatchString(word):
		return word
	case dateRE.MatchString(word):
		return "DATE " + schemas.QuoteText(word)
	}
	return schemas.QuoteText(word)
}

func isParam(v *sql.View, name string) bool {
	for _, param := range v.Params {
		if param.Name == name {
			return true
		}
	}
	return false
}

// signature is how a question is asked.
func signature(v *sql.View) string {
	out := v.Name
	for _, param := range v.Params {
		if word := strings.ToUpper(param.Name); param.Optional {
			out += " [" + word + "]"
		} else {
			out += " " + word
		}
	}
	return out
}

// writeQuestions lists the views that answer a question.
func writeQuestions(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range sql.Views {
		if v.Question != "" {
			fmt.Fprintf(tw, "%s\t%s\n", signature(&v), v.Question)
		}
	}
	return tw.Flush()
}
