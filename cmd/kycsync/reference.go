package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

func (p *program) referenceCommand() *cli.Command {
	return group("reference", "what the organisation knows itself of its customers and of countries",
		`The vendor knows neither how a customer is rated nor when a relationship began or ended. A file of the
organisation's own tells it. Each load is a version that replaces the file of its kind before; what was known
before stays known, as of its time.

Commands:
   kycsync reference load    store a file as the newest of its kind
   kycsync reference list    which files are stored, and since when

Example:
   kycsync reference load --as-of 2026-10-31 customers.csv`,
		&cli.Command{
			Name:      "load",
			Usage:     "store a file as the newest of its kind",
			ArgsUsage: "FILE",
			Description: `FILE is CSV in UTF-8 with commas and a header, or Parquet. The order of its columns is free:

   customers   vendor_data, legal_entity, product, risk_rating (low, medium or high), relationship_start,
               relationship_end; vendor_data must be there, and once per legal_entity and product
   countries   country, list, valid_from, valid_to; country and list must be there

Days are as in 2026-10-31. What is wrong is told by line and column, up to 20 faults at once, and then nothing
is stored. The same file again, with the same day, is nothing new.

Examples:
   kycsync reference load customers.csv
   kycsync reference load --kind countries --as-of 2026-10-31 high-risk.parquet`,
			Flags: stored(keepFlag(), // which file it is, is said each time: no setting stands for it
				&cli.StringFlag{Name: "kind", Usage: "customers or countries (`KIND`); without it the columns tell"},
				&cli.StringFlag{Name: "as-of", Usage: "the `DATE` for which the file holds"},
			),
			Before: p.settings,
			Action: p.referenceLoad,
		},
		&cli.Command{
			Name:  "list",
			Usage: "which files are stored, and since when",
			Description: `Of each kind the last one counts.

Example:
   kycsync reference list --json`,
			Flags:  stored(toggle("json", "print one JSON object")),
			Before: p.settings,
			Action: p.referenceList,
		})
}

func (p *program) referenceLoad(c *cli.Context) error {
	if err := flagsFirst(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef("reference load takes one FILE, got %d: kycsync reference load customers.csv", c.NArg())
	}
	name := c.Args().First()
	if c.String("kind") != "" {
		if err := oneOf(c, "kind", "customers", "countries"); err != nil {
			return err
		}
	}
	var asOf time.Time
	if day := c.String("as-of"); day != "" {
		var err error
		if asOf, err = time.Parse(time.DateOnly, day); err != nil {
			return usagef("--as-of %q: want a day as in 2026-10-31", day)
		}
	}
	ref, err := night.ReadReference(c.Context, name, c.String("kind"), asOf)
	var faulty *night.Faulty
	var broken *os.PathError
	switch {
	case errors.As(err, &faulty):
		return usagef("reference load: nothing was stored of %s:\n%v", filepath.Base(name), faulty)
	case errors.As(err, &broken):
		return usagef("reference load %s: %v", name, broken.Err)
	case err != nil:
		return fmt.Errorf("reference load %s: %w", name, err)
	}
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	noted, err := night.LoadReference(c.Context, cfg, ref)
	switch {
	case errors.Is(err, night.ErrNoNight):
		return usagef("reference load: nothing was stored: %v; kycsync sync makes the first", err)
	case err != nil && !errors.Is(err, night.ErrDeferred):
		return fmt.Errorf("reference load: nothing was stored: %w", err)
	case noted:
		fmt.Fprintf(p.stdout, "stored %d rows as the newest file of %s\n", ref.Rows(), ref.Kind)
	default:
		fmt.Fprintf(p.stdout, "this file of %s is stored already; nothing to note\n", ref.Kind)
	}
	return err
}

// referencePage is the answer of reference list, as its JSON shows it.
type referencePage struct {
	Newest int64                   `json:"newest_seq"` // commit that it is read from; 0: none yet
	Files  []night.StoredReference `json:"files"`
}

func (p *program) referenceList(c *cli.Context) error {
	if err := noMoreArgs(c, "reference list"); err != nil {
		return err
	}
	return p.lookAt(c, func(l *lake.Lake, head *lake.Commit, dir string) error {
		page := referencePage{Files: []night.StoredReference{}}
		if head != nil {
			files, err := night.References(c.Context, l, head, dir)
			if err != nil {
				return fmt.Errorf("list the reference files: %w", err)
			}
			page.Newest, page.Files = head.Seq, files
		}
		if c.Bool("json") {
			return printJSON(p.stdout, page)
		}
		return page.print(p.stdout)
	})
}

func (page *referencePage) print(w io.Writer) error {
	if len(page.Files) == 0 {
		fmt.Fprintln(w, "no reference file is stored; kycsync reference load stores one")
		return nil
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "kind\tcommit\tread\tas of\trows\tsha256")
	for _, f := range page.Files {
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\t%d\t%.12s\n", f.Kind, f.Seq, f.ReadAt.Format(time.RFC3339), cmp.Or(f.AsOf, "not told"), f.Rows, f.SHA256)
	}
	return tw.Flush()
}
