package main

import (
	"kycsync/load/dictionary"

	"github.com/urfave/cli/v2"
)

func (p *program) tablesCommand() *cli.Command {
	return &cli.Command{
		Name:      "tables",
		Usage:     "the data dictionary: every table and view, or one with its columns",
		ArgsUsage: "[NAME]",
		Description: `Examples:
   kycsync tables
   kycsync tables aml_hits
   kycsync tables decisions
   kycsync tables --format html > dictionary.html`,
		Flags:  []cli.Flag{text("format", "text", "`FORMAT`: text, markdown, html or json"), configFlag()},
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := oneOf(c, "format", "text", "markdown", "html", "json"); err != nil {
				return err
			}
			if err := flagsFirst(c); err != nil {
				return err
			}
			d := dictionary.All()
			switch c.NArg() {
			case 0:
			case 1:
				var ok bool
				if d, ok = d.Of(c.Args().First()); !ok {
					return usagef("no table or view %q; kycsync tables lists them", c.Args().First())
				}
			default:
				return usagef("tables takes one table or view, got %d arguments", c.NArg())
			}
			return d.Write(p.stdout, c.String("format"))
		},
	}
}
