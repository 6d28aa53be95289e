package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) queryCommand() *cli.Command {
	return &cli.Command{
		Name:      "query",
		Usage:     "ask the published warehouse in SQL",
		ArgsUsage: "'SQL'",
		Description: `SQL is DuckDB's. It only reads, and it reaches no file, no network and no setting.

Examples:
   kycsync query 'SELECT status, count(*) FROM sessions GROUP BY ALL ORDER BY 2 DESC'
   kycsync query --format json "SELECT * FROM sessions_as_known_at('2026-03-31T23:59:59Z')"
   kycsync query --format csv 'SELECT session_id, risk FROM warnings' > warnings.csv`,
		Flags:  stored(text("format", "table", "`FORMAT` of the answer: table, csv or json")),
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := flagsFirst(c); err != nil {
				return err
			}
			if c.NArg() != 1 {
				return usagef("query takes one statement in quotes, got %d arguments: kycsync query 'SELECT count(*) FROM sessions'", c.NArg())
			}
			if err := oneOf(c, "format", "table", "csv", "json"); err != nil {
				return err
			}
			r, err := p.openWarehouse(c.Context, c)
			if err != nil {
				return err
			}
			defer r.Close()
			res, err := r.Query(c.Context, c.Args().First())
			if err == nil {
				defer res.Close()
				err = res.Write(p.stdout, c.String("format"))
			}
			return asked(err)
		},
	}
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
