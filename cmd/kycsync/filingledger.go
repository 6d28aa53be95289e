package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"kycsync/load/filing"
	"kycsync/load/lake"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/urfave/cli/v2"
)

func (p *program) filingListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "every filing that was ever made, by the ledger",
		Description: `Examples:
   kycsync filing list
   kycsync filing list --json | jq -r '.[] | select(.period == "2026-10") | .sha256'`,
		Flags:  stored(toggle("json", "print one JSON list, with everything that the ledger has")),
		Before: p.settings,
		Action: p.filingList,
	}
}

func (p *program) filingList(c *cli.Context) error {
	if err := noMoreArgs(c, "filing list"); err != nil {
		return err
	}
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	listed := []listedFiling{}
	at := map[int64]int{} // by the number of the line
	var damage error
	for line, err := range filing.NewLedger(l.Bucket()).Lines(c.Context) {
		if err != nil {
			damage = errors.Join(damage, err)
		}
		if line.ID != "" {
			at[line.N] = len(listed)
			listed = append(listed, listedFiling{Line: line})
		}
		if r := line.Receipt; r != nil {
			if i, known := at[r.Of]; known {
				listed[i].Delivered = &line.At
			}
		}
	}
	if c.Bool("json") {
		err = json.MarshalWrite(p.stdout, listed, jsontext.WithIndent("  "), json.Deterministic(true))
		fmt.Fprintln(p.stdout)
		return errors.Join(err, damage)
	}
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "line\tmade\tby\tstatus\trows\tfiling\tsha256\tdelivered")
	for _, f := range listed {
		delivered := "no receipt"
		if f.Delivered != nil {
			delivered = f.To
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%d\t%s\t%.12s\t%s\n", f.N, f.At.UTC().Format("2006-01-02 15:04"), f.Who, f.Status, f.Rows["population"], f.ID, f.SHA256, delivered)
	}
	return errors.Join(tw.Flush(), damage)
}

// A listedFiling is a filing of the ledger, and when it had arrived.
type listedFiling struct {
	filing.Line
	Delivered *time.Time `json:"delivered_at"` // null: the ledger has no receipt
}

func (p *program) filingLedgerCommand() *cli.Command {
	return group("ledger", "the record of every filing that was made",
		`The ledger lies in the store of the lake, in numbered lines that are never overwritten. Each has the hash of the one
before. A command that makes a filing prints the hash of its line: kept elsewhere, it shows whether lines were taken away from the end.

Commands:
   kycsync filing ledger verify    finds every line that was altered or taken away

Example:
   kycsync filing ledger verify --head 12:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
		&cli.Command{
			Name:  "verify",
			Usage: "find every line that was altered or taken away",
			Description: `Example:
   kycsync filing ledger verify --head 12:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
			Flags:  stored(&cli.StringFlag{Name: "head", Usage: "a line that must be there: its number and hash, as they were printed when it was written (`N:SHA256`)"}),
			Before: p.settings,
			Action: p.filingLedgerVerify,
		})
}

var headRE = regexp.MustCompile(`^[1-9][0-9]{0,11}:[0-9a-f]{64}$`)

func (p *program) filingLedgerVerify(c *cli.Context) error {
	if err := noMoreArgs(c, "filing ledger verify"); err != nil {
		return err
	}
	head := c.String("head")
	if head != "" && !headRE.MatchString(head) {
		return usagef("--head %q: want the number of a line, a colon and 64 hex digits", head)
	}
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	n, last, found, problems := 0, "", head == "", 0
	for line, err := range filing.NewLedger(l.Bucket()).Lines(c.Context) {
		switch {
		case errors.Is(err, lake.ErrDamaged):
			fmt.Fprintf(p.stdout, "PROBLEM %v\n", err)
			problems++
		case err != nil:
			return err
		}
		if line.SHA256OfLine != "" {
			n, last = n+1, fmt.Sprintf("%d:%s", line.N, line.SHA256OfLine)
			found = found || last == head
		}
	}
	if !found {
		fmt.Fprintf(p.stdout, "PROBLEM line %s is not there: it was altered, or taken away\n", head)
		problems++
	}
	if problems > 0 {
		return fmt.Errorf("%w: the ledger of filings has %d problems", lake.ErrDamaged, problems)
	}
	fmt.Fprintf(p.stdout, "OK: %d lines, each with the hash of the one before\n", n)
	if last != "" {
		fmt.Fprintf(p.stdout, "head %s\n", last)
	}
	return nil
}

// purposeFlags say in the ledger what a filing was made for.
func purposeFlags() []cli.Flag {
	return []cli.Flag{
		text("by", "", "who makes it, in the ledger (`NAME`); without it the name of the account"),
		&cli.StringFlag{Name: "purpose", Usage: "what it is for, in the ledger (`TEXT`)"},
		&cli.StringFlag{Name: "legal-basis", Usage: "by which rule it may be made, in the ledger (`TEXT`)"},
	}
}

// entry completes the line of a package.
func (p *program) entry(c *cli.Context, made *filing.Package, now func() time.Time, way *delivery) (filing.Entry, error) {
	e, err := made.Entry()
	if err != nil {
		return e, err
	}
	e.At, e.Who = now().UTC().Truncate(time.Second), c.String("by")
	if way.recipients != nil {
		e.Recipients = way.recipients.Fingerprints()
	}
	e.Purpose, e.LegalBasis = c.String("purpose"), c.String("legal-basis")
	if e.Who == "" {
		if me, err := user.Current(); err == nil {
			e.Who = me.Username
		}
	}
	for name, word := range map[string]string{"by": e.Who, "purpose": e.Purpose, "legal-basis": e.LegalBasis} {
		if len(word) > 500 || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' }) {
			return e, usagef("--%s: want one line of up to 500 bytes", name)
		}
	}
	return e, nil
}

func (p *program) filingRegenerateCommand() *cli.Command {
	return &cli.Command{
		Name:      "regenerate",
		Usage:     "make a filing of the ledger again, and say whether it is the same",
		ArgsUsage: "ID",
		Description: `It says identical, or names each file that is another one, and why. Another key, or another version of this program, is named in a
few files: that is told, and is no difference. A time stamp is left aside. With --original each cell that is another one is printed, too.

Examples:
   kycsync filing regenerate acme_kyc-population_2026-10_v1_k20261105T000000Z
   kycsync filing regenerate acme_kyc-population_2026-10_v1_k20261105T000000Z --sign-key ~/.ssh/filings --original old/acme_kyc-population_2026-10_v1_k20261105T000000Z.zip`,
		Flags: stored(append(orderFlags(),
			&cli.StringFlag{Name: "original", Usage: "the package as it was made (`FILE`): what differs is told cell by cell, and of a person-file it says whose it is"})...),
		Before: p.settings,
		Action: p.filingRegenerate,
	}
}

// errOther means that a filing is another one when it is made again.
var errOther = errors.New("made again, the filing is another one")

func (p *program) filingRegenerate(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("filing regenerate takes the ID of a filing, got %d arguments; kycsync filing list lists them", c.NArg())
	}
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	line, err := filing.NewLedger(l.Bucket()).Find(c.Context, c.Args().First())
	if errors.Is(err, lake.ErrNotExist) {
		return usagef("%v", err)
	} else if err != nil {
		return err
	}
	o, err := p.orderAgain(c, &line.Entry)
	if err != nil {
		return err
	}
	defer closeOrder(o)
	o.Lake = l
	made, err := p.makeFiling(c, o)
	if err != nil {
		return err
	}
	defer made.Close()
	differences, explained, err := made.Differences(line.Entry)
	if err != nil {
		return err
	}
	if len(differences) == 0 {
		fmt.Fprintf(p.stdout, "identical: all %d files of %s, line %d of the ledger\n", len(made.Files()), line.ID, line.N)
		return nil
	}
	for _, d := range differences {
		fmt.Fprintf(p.stdout, "%s: %s\n", d.File, d.Cause)
	}
	if explained {
		fmt.Fprintf(p.stdout, "identical but for these names: all other files of %s, line %d of the ledger\n", line.ID, line.N)
		return nil
	}
	return errors.Join(fmt.Errorf("%w: %s, line %d of the ledger, in %d files", errOther, line.ID, line.N, len(differences)), p.cellsOf(c, made))
}

// cellsOf prints the cells that are others than in the original.
func (p *program) cellsOf(c *cli.Context, made *filing.Package) error {
	if c.String("original") == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "kycsync-again-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	again := filepath.Join(dir, made.ID+".zip")
	if err := writeFile(again, made.WriteZip); err != nil {
		return err
	}
	return p.diff(c, c.String("original"), again)
}

// orderAgain is the order that a line of the ledger tells of.
func (p *program) orderAgain(c *cli.Context, e *filing.Entry) (*filing.Order, error) {
	wanted := usagef("%s replaces the package with SHA-256 %s: --supersedes names its file", e.ID, e.Supersedes)
	if e.Supersedes != "" && c.String("supersedes") == "" {
		return nil, wanted
	}
	var o *filing.Order
	var err error
	if isPersonFile(e.Template.Name) {
		o, err = p.personAgain(c, e)
	} else {
		o, err = p.orderOf(c, e.Template.Name, filing.Order{Entity: e.Entity, Audience: e.Audience, Profile: e.Profile, Reason: e.Reason, Sample: e.Sample, KnownAt: e.KnownAt}, e.Period)
	}
	if err == nil && o.Previous != nil && o.Previous.SHA256 != e.Supersedes {
		closeOrder(o)
		return nil, wanted
	}
	return o, err
}

func (p *program) filingDiffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "each cell in which two filings differ, as CSV",
		ArgsUsage: "OLD NEW",
		Description: `Both are files of one template, and whole. It needs no database, lake or network.

Example:
   kycsync filing diff acme_kyc-population_2026-10_v1_k20261105T000000Z.zip acme_kyc-population_2026-10_v2_k20261205T000000Z.zip > changes.csv`,
		Flags:  append([]cli.Flag{configFlag()}, logFlags()...),
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usagef("filing diff takes two files, got %d", c.NArg())
			}
			return p.diff(c, c.Args().Get(0), c.Args().Get(1))
		},
	}
}

func (p *program) diff(c *cli.Context, before, after string) error {
	count, err := filing.WriteDiff(c.Context, p.stdout, before, after)
	if errors.Is(err, filing.ErrRefused) {
		return fmt.Errorf("%w: %w", errBadFiling, err)
	}
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	fmt.Fprintf(p.stderr, "%d cells are others, %d rows were added, %d are gone\n", count.Cells, count.Added, count.Removed)
	return nil
}
