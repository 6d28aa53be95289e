package main

import (
	"context"
	"os"
	"strings"

	"kycsync/load/dictionary"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func (p *program) queryCommand() *cli.Command {
	return &cli.Command{
		Name:      "query",
		Usage:     "ask the published warehouse in SQL",
		ArgsUsage: "'SQL'",
		Description: `SQL is DuckDB's. It only reads, and it reaches no file, no network and no setting.

In place of SQL: .tables lists tables and views, .schema NAME tells all of one, .questions what can be asked by name.

Examples:
   kycsync query 'SELECT status, count(*) FROM sessions GROUP BY ALL ORDER BY 2 DESC'
   kycsync query --format json "SELECT * FROM sessions_as_known_at('2026-03-31T23:59:59Z')"
   kycsync query --format csv 'SELECT session_id, risk FROM warnings' > warnings.csv
   kycsync query --format parquet 'FROM decisions' > decisions.parquet
   kycsync query --known-at 2026-03-31T23:59:59Z 'SELECT verdict, count(*) FROM user_verification GROUP BY verdict'
   kycsync query .tables
   kycsync query '.schema decisions'`,
		Flags:  stored(answerFormat(), knownAtFlag()),
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := flagsFirst(c); err != nil {
				return err
			}
			if c.NArg() > 0 && strings.HasPrefix(c.Args().First(), ".") {
				return p.dot(strings.Fields(strings.Join(c.Args().Slice(), " ")))
			}
			if c.NArg() != 1 {
				return usagef("query takes one statement in quotes, got %d arguments: kycsync query 'SELECT count(*) FROM sessions'", c.NArg())
			}
			return p.answer(c, c.Args().First())
		},
	}
}

// dot does what people know from database shells.
func (p *program) dot(words []string) error {
	switch all := dictionary.All(); {
	case words[0] == ".tables" && len(words) == 1:
		return all.Write(p.stdout, "text")
	case words[0] == ".questions" && len(words) == 1:
		return writeQuestions(p.stdout)
	case words[0] == ".schema" && len(words) == 2:
		one, ok := all.Of(words[1])
		if !ok {
			return usagef("no table or view %q; .tables lists them", words[1])
		}
		return one.Write(p.stdout, "text")
	}
	return usagef("query %s: want .tables, .schema NAME, .questions or a statement in SQL", strings.Join(words, " "))
}

var answerFormats = []string{"table", "csv", "json", "parquet"}

func answerFormat() cli.Flag {
	return text("format", "table", "`FORMAT` of the answer: table, csv, json or parquet")
}

// answer asks the warehouse and prints the answer.
func (p *program) answer(c *cli.Context, statement string) error {
	if err := oneOf(c, "format", answerFormats...); err != nil {
		return err
	}
	if f, ok := p.stdout.(*os.File); ok && c.String("format") == "parquet" && term.IsTerminal(int(f.Fd())) {
		return usagef("--format parquet writes bytes that no terminal shows; add > answer.parquet")
	}
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return err
	}
	defer r.Close()
	return asked(p.print(c.Context, r, c.String("format"), statement))
}

func (p *program) print(ctx context.Context, r *warehouse.Reader, format, statement string) error {
	if format == "parquet" {
		return r.WriteParquet(ctx, p.stdout, statement)
	}
	res, err := r.Query(ctx, statement)
	if err != nil {
		return err
	}
	defer res.Close()
	return res.Write(p.stdout, format)
}

// oneOf refuses a flag's value that is not among the words.
func oneOf(c *cli.Context, flag string, words ...string) error {
	for _, w := range words {
		if c.String(flag) == w {
			return nil
		}
	}
	return usagef("--%s %q: want %s", flag, c.String(flag), strings.Join(words, ", "))
}
