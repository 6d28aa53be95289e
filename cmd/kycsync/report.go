package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kycsync/load/report"

	"github.com/urfave/cli/v2"
)

func (p *program) reportCommand() *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "the monthly report, as one page to read, to send and to print",
		Description: `The page needs neither network nor script and prints to A4. Every figure is an answer of a view of the warehouse,
which stands below it: the same commit and month give the same page.

Examples:
   kycsync report --month 2026-10 -o report-2026-10.html
   kycsync report --month 2026-10 --known-at 2026-11-05 > october.html`,
		Flags: stored(knownAtFlag(),
			&cli.StringFlag{Name: "month", Usage: "the `MONTH`, such as 2026-10; without it the last one that has ended in the warehouse"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` in place of the standard output"}),
		Before: p.settings,
		Action: p.report,
	}
}

func (p *program) report(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	var month time.Time
	if text := c.String("month"); text != "" {
		var err error
		if month, err = time.Parse("2006-01", text); err != nil {
			return usagef("--month %q: want a month such as 2026-10", text)
		}
	}
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return err
	}
	defer r.Close()
	if month.IsZero() {
		known, err := r.KnownUntil(c.Context)
		if err != nil {
			return asked(err)
		}
		month = time.Date(known.Year(), known.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	}
	made, err := report.Make(c.Context, r, month)
	if err != nil {
		return asked(err)
	}
	if c.String("output") == "" {
		return made.WriteHTML(p.stdout)
	}
	return writeFile(c.String("output"), made.WriteHTML)
}

// writeFile writes a file for its owner and his group, whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, cause(err))
	}
	defer os.Remove(f.Name()) // when it was not renamed
	err = write(f)
	err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, cause(err))
	}
	return nil
}
