package main

import (
	"kycsync/schemas"

	"github.com/urfave/cli/v2"
)

func (p *program) tablesCommand() *cli.Command {
	return &cli.Command{
		Name:      "tables",
		Usage:     "the data dictionary: every table, or one with its columns",
		ArgsUsage: "[TABLE]",
		Description: `Examples:
   kycsync tables
   kycsync tables aml_hits
   kycsync tables --format markdown > dictionary.md`,
		Flags:  []cli.Flag{text("format", "text", "`FORMAT`: text, markdown or json"), configFlag()},
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := oneOf(c, "format", "text", "markdown", "json"); err != nil {
				return err
			}
			if err := flagsFirst(c); err != nil {
				return err
			}
			tables := schemas.Tables
			switch c.NArg() {
			case 0:
			case 1:
				t := schemas.Lookup(c.Args().First())
				if t == nil {
					return usagef("no table %q; kycsync tables lists them", c.Args().First())
				}
				tables = []schemas.Table{*t}
			default:
				return usagef("tables takes one table, got %d arguments", c.NArg())
			}
			return schemas.WriteDictionary(p.stdout, c.String("format"), tables)
		},
	}
}
