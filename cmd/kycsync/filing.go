package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/filing"
	"kycsync/load/seal"
	"kycsync/load/warehouse"
	"kycsync/sql"

	"github.com/urfave/cli/v2"
)

func (p *program) filingCommand() *cli.Command {
	return group("filing", "files for regulators and auditors, which prove themselves with stock tools",
		`A filing is a package of what was known at an instant of a period: tables as CSV and Parquet, what shows that they are
complete, what the columns mean, the statements that were asked, and a page that says how to check all of it with
sha256sum and ssh-keygen. The same template, period and instant give the same bytes, on any copy of the lake.

Commands:
   kycsync filing templates          what can be made
   kycsync filing create TEMPLATE    makes one
   kycsync filing verify FILE        checks one, without database, lake and network
   kycsync filing due                which filings of the calendar are due, late or blocked
   kycsync filing run                makes those that are due
   kycsync filing list               every filing that was ever made
   kycsync filing regenerate ID      makes one again, and says whether it is the same
   kycsync filing diff OLD NEW       each cell in which two differ
   kycsync filing ledger verify      finds lines of the ledger that were altered or taken away

Examples:
   kycsync filing create kyc-population --period 2026-10 --sign-key ~/.ssh/filings
   kycsync filing verify --allowed-signers signers acme_kyc-population_2026-10_v1_k20261105T000000Z.zip`,
		p.filingTemplatesCommand(), p.filingCreateCommand(), p.filingVerifyCommand(), p.filingDueCommand(), p.filingRunCommand(), p.filingListCommand(), p.filingRegenerateCommand(), p.filingDiffCommand(), p.filingLedgerCommand())
}

// templatesFlag names a folder of templates beside those that the program comes with.
func templatesFlag() cli.Flag {
	return text("templates", "", "a folder of your own templates, each a folder with filing.yaml and .sql files (`DIR`)")
}

func (p *program) filingTemplatesCommand() *cli.Command {
	return &cli.Command{
		Name:  "templates",
		Usage: "the filings that can be made, and the rules that they serve",
		Description: `Example:
   kycsync filing templates --templates ./our-filings`,
		Flags:  append([]cli.Flag{templatesFlag(), configFlag()}, logFlags()...),
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := noMoreArgs(c, "filing templates"); err != nil {
				return err
			}
			all, err := templates(c)
			if err != nil {
				return err
			}
			for _, t := range append(all, sql.PersonFiles()...) {
				fmt.Fprintf(p.stdout, "%s\n   %s; for %s\n", t.Name, t.Title, strings.Join(t.Audiences, ", "))
				for _, rule := range t.Serves {
					fmt.Fprintf(p.stdout, "   designed to support %s\n", rule)
				}
			}
			return nil
		},
	}
}

// templates returns those of the program and those of the folder. A name that is there twice is an error: nobody would
// know which one a filing was made of.
func templates(c *cli.Context) ([]sql.Filing, error) {
	all := filing.Templates()
	dir := c.String("templates")
	if dir == "" {
		return all, nil
	}
	own, err := filing.ReadTemplates(dir)
	if err != nil {
		return nil, usagef("--templates %s: %v", dir, cause(err))
	}
	for _, t := range own {
		if findTemplate(all, t.Name) != nil {
			return nil, usagef("--templates %s: %s is the name of a template that the program comes with", dir, t.Name)
		}
	}
	return append(all, own...), nil
}

func findTemplate(all []sql.Filing, name string) *sql.Filing {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// orderFlags are those of the commands that make a filing.
func orderFlags() []cli.Flag {
	return []cli.Flag{templatesFlag(),
		text("sign-key", "", "sign with this SSH private key, or with the one that the ssh-agent has for a .pub file: Ed25519 or RSA (`FILE`)"),
		pseudonymKeyFlag(),
		&cli.StringFlag{Name: "supersedes", Usage: "the package that this one replaces (`FILE`): it becomes RESTATED, and lists each cell that is another one"},
	}
}

func pseudonymKeyFlag() cli.Flag {
	return text("pseudonym-key-file", "", "32 bytes or more that nobody can guess: pseudonyms are made with it, and wanted for all audiences but regulator (`FILE`)")
}

func (p *program) filingCreateCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "make a filing",
		ArgsUsage: "TEMPLATE",
		Description: `Without --known-at it is what was known at the end of the period and the template's days of grace, what was known first
if that is later, or what is known now if that is less. It is PRELIMINARY if the grace had not ended by then. An existing file
with other bytes is never overwritten. Every filing is a line of the ledger, which is written before the file has its name.

What a filing is, is the hash of its tagmanifest-sha256.txt: content in the ledger. --timestamp-command has that file on stdin and
prints the answer of an authority for time stamps (RFC 3161), which stands in no list and in no hash. So the archive with a time stamp
has other bytes than the one without, and than one with another time stamp, and it is the same filing: regenerate says identical.

With --recipient the file is encrypted, and opened by age -d -i KEY; the hash that is printed and in the ledger is that of
the package inside. --sample adds sessions that are drawn from the population, with everything that is known of them: the same
seed draws the same sessions, and whoever receives the package can draw them again with sha256sum.

The template person-file is everything about one person, for a report of suspicion (sar), a court (court) or the person
(dsar), as it is known now or at --known-at. --case takes the place of the period: the name of the package and the ledger tell
that there is a file and by which reference, and not of whom. A person of whom nothing is known has a package that says so.

Examples:
   kycsync filing create kyc-population --period 2026-10 --to ./filings --sign-key ~/.ssh/filings
   kycsync filing create kyc-population --period 2026-Q4 --known-at 2027-01-15 --audience auditor --pseudonym-key-file key
   kycsync filing create kyc-population --period 2026-10 --sample 25 --seed 7 --stratify status
   kycsync filing create rep-crim --period 2025-04..2026-03 --sign-key ~/.ssh/filings
   kycsync filing create person-file --variant court --case 2026-114 --subject-file - --sign-key ~/.ssh/filings < subject
   kycsync filing create kyc-population --period 2026-10 --supersedes acme_kyc-population_2026-10_v1_k20261105T000000Z.zip --reason "late decision"`,
		Flags: stored(append(slices.Concat(orderFlags(), purposeFlags(), sampleFlags(), personFlags()),
			&cli.StringFlag{Name: "period", Usage: "the `PERIOD`: a month such as 2026-10, a quarter such as 2026-Q4, a year, or a first and a last month such as 2025-04..2026-03"},
			knownAtFlag(),
			text("to", ".", "where the package goes: a directory or gs://bucket/prefix (`PLACE`)"),
			&cli.StringSliceFlag{Name: "recipient", Usage: "encrypt it with age to this public `KEY`, age1... or one of OpenSSH; may be given several times"},
			text("entity", "organisation", "whose filing it is, a short name without blanks (`NAME`)"),
			&cli.StringFlag{Name: "audience", Value: "regulator", Usage: "for whom it is (`NAME`): regulator reads everything; auditor and analyst read pseudonyms, and less"},
			&cli.StringFlag{Name: "profile", Value: "plain", Usage: "plain, or spreadsheet: texts that begin like a formula get an apostrophe (`NAME`)"},
			text("timestamp-command", "", "start this program with tagmanifest-sha256.txt on stdin, and add the time stamp that it prints: a path and arguments with spaces between, no shell (`CMD`)"),
			&cli.StringFlag{Name: "reason", Usage: "why it replaces another one, in a sentence (`TEXT`)"},
		)...),
		Before: p.settings,
		Action: p.filingCreate,
	}
}

// planned reads what is to be made, and where it goes. The caller closes the order with closeOrder.
func (p *program) planned(c *cli.Context) (*filing.Order, *delivery, error) {
	if c.NArg() != 1 {
		return nil, nil, usagef("filing create takes the name of a template, got %d arguments; kycsync filing templates lists them", c.NArg())
	}
	way := &delivery{place: c.String("to")}
	if keys := c.StringSlice("recipient"); len(keys) > 0 {
		var err error
		if way.recipients, err = seal.ParseRecipients(keys); err != nil {
			return nil, nil, usagef("--recipient: %v", err)
		}
	}
	o, err := p.order(c, c.Args().First())
	return o, way, err
}

func (p *program) filingCreate(c *cli.Context) error {
	o, way, err := p.planned(c)
	if err != nil {
		return err
	}
	defer closeOrder(o)
	clock, err := newMessenger("timestamp-command", c.String("timestamp-command"))
	if err != nil {
		return err
	}
	l, now, err := p.openToWrite(c)
	if err != nil {
		return err
	}
	defer l.Close()
	o.Lake = l
	made, err := p.makeFiling(c, o)
	if err != nil {
		return err
	}
	defer made.Close()
	if clock != nil {
		if err := stamp(c.Context, clock, made); err != nil {
			return err
		}
	}
	e, err := p.entry(c, made, now, way)
	if err != nil {
		return err
	}
	out, err := way.pack(made)
	if err != nil {
		return err
	}
	defer os.Remove(out.file)
	line, err := way.hand(c.Context, out, e, &counter{filing.NewLedger(l.Bucket()), now, p.at})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s  %s\n", out.inner, way.where(made.ID))
	fmt.Fprintf(p.stderr, "line %d:%s of the ledger, the receipt\n", line.N, line.SHA256OfLine)
	fmt.Fprintf(p.stderr, "%s version %d, known at %s, commit %d, %d rows in the population\n", o.Status(), o.Version(), o.KnownAt.Format(time.RFC3339Nano), made.Stand.Seq, made.Rows[sql.FilingPopulation])
	p.printStrata(made)
	if made.KnowsNothing() {
		fmt.Fprintln(p.stderr, "nothing is known of this person: the package says so")
	}
	if o.Key == nil {
		fmt.Fprintln(p.stderr, "nobody signed it: --sign-key does")
	}
	return nil
}

// stamp adds a time stamp to a filing.
func stamp(ctx context.Context, clock *messenger, made *filing.Package) error {
	body, err := made.TagManifest()
	if err != nil {
		return err
	}
	token, err := clock.ask(ctx, body, filing.MaxTimestamp)
	if err == nil {
		err = made.Stamp(token)
	}
	if err != nil {
		return fmt.Errorf("time stamp of %s by --timestamp-command: %w; no filing was written", made.ID, err)
	}
	return nil
}

// order reads what a filing is to be made of. The caller closes it with closeOrder.
func (p *program) order(c *cli.Context, template string) (*filing.Order, error) {
	if template == sql.PersonFile {
		return p.personOrder(c)
	}
	for _, f := range personFlags() {
		if name := f.Names()[0]; c.IsSet(name) {
			return nil, usagef("--%s is for a %s", name, sql.PersonFile)
		}
	}
	sample, err := sampleOf(c)
	if err != nil {
		return nil, err
	}
	return p.orderOf(c, template, filing.Order{Entity: c.String("entity"), Audience: filing.Audience(c.String("audience")), Profile: c.String("profile"), Reason: c.String("reason"), Sample: sample}, c.String("period"))
}

// orderOf completes an order with the template, the period and the files that the flags name.
func (p *program) orderOf(c *cli.Context, template string, given filing.Order, period string) (*filing.Order, error) {
	all, err := templates(c)
	if err != nil {
		return nil, err
	}
	o := &given
	if o.Template = findTemplate(all, template); o.Template == nil {
		return nil, usagef("no template %q; kycsync filing templates lists them", template)
	}
	if o.Period, err = filing.ParsePeriod(period); err != nil {
		return nil, usagef("--period %v", err)
	}
	return o, p.completeOrder(c, o)
}

// completeOrder adds this program and what the flags name. On an error nothing is left open.
func (p *program) completeOrder(c *cli.Context, o *filing.Order) (err error) {
	if o.Program, err = thisProgram(); err != nil {
		return err
	}
	if err := p.openOrder(c, o); err != nil {
		closeOrder(o)
		return err
	}
	if err := o.Validate(); err != nil {
		closeOrder(o)
		return usage{err.Error()}
	}
	return nil
}

// openOrder opens the files that an order needs.
func (p *program) openOrder(c *cli.Context, o *filing.Order) (err error) {
	if file := c.String("sign-key"); file != "" {
		if o.Key, err = seal.OpenKey(file, p.getenv("SSH_AUTH_SOCK")); err != nil {
			return usagef("--sign-key %s: %v", file, cause(err))
		}
		if !o.Key.Repeats() {
			return usagef("--sign-key %s: it signs the same differently each time, want a key of type Ed25519 or RSA", file)
		}
	}
	if file := c.String("pseudonym-key-file"); file != "" && o.Audience != filing.Regulator {
		body, err := os.ReadFile(file)
		if err == nil {
			o.Pseudonyms, err = filing.NewPseudonymizer(o.Audience, body)
		}
		if err != nil {
			return usagef("--pseudonym-key-file %s: %v", file, cause(err))
		}
	}
	if file := c.String("supersedes"); file != "" {
		if o.Previous, err = filing.OpenPrevious(file); err != nil {
			return usagef("--supersedes %s: %v", file, cause(err))
		}
	}
	return nil
}

func closeOrder(o *filing.Order) {
	if o.Key != nil {
		_ = o.Key.Close()
	}
	if o.Previous != nil {
		_ = o.Previous.Close()
	}
}

// thisProgram says what makes the filing.
func thisProgram() (filing.Program, error) {
	name, err := os.Executable()
	if err != nil {
		return filing.Program{}, fmt.Errorf("find this program's own file: %w", err)
	}
	sum, err := hashFile(name)
	return filing.Program{Version: version, SHA256: sum}, err
}

// makeFiling makes what is ordered of the warehouse. The caller closes it.
func (p *program) makeFiling(c *cli.Context, o *filing.Order) (*filing.Package, error) {
	if err := p.bind(c, o); err != nil {
		return nil, err
	}
	night.SpareMemory()
	r, err := p.openWarehouseAt(c.Context, c, o.KnownAt)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	made, err := filing.Make(c.Context, r, *o)
	if errors.Is(err, filing.ErrChecks) {
		return nil, fmt.Errorf("%w: %w", errChecks, err)
	}
	return made, asked(err)
}

// bind settles as of when the filing is. What lies behind the newest commit is refused: a later one could still change it.
func (p *program) bind(c *cli.Context, o *filing.Order) error {
	r, err := p.openWarehouseAt(c.Context, c, time.Time{})
	if err != nil {
		return err
	}
	defer r.Close()
	if whose, err := r.Audience(c.Context); err != nil {
		return asked(err)
	} else if whose != "" {
		return usagef("%s is a warehouse for the audience %s, and a filing is made of the full one; --warehouse names it", c.String("warehouse"), whose)
	}
	until, err := r.KnownUntil(c.Context)
	if err != nil {
		return asked(err)
	}
	from, err := r.KnownFrom(c.Context)
	if err != nil {
		return asked(err)
	}
	switch {
	case !o.KnownAt.IsZero(): // as an earlier filing had it
	case c.String("known-at") == "" && o.Subject != nil:
		o.KnownAt = until
	case c.String("known-at") == "":
		o.KnownAt = filing.DefaultKnownAt(o.Template, o.Period, from, until)
	default:
		if o.KnownAt, err = instant(c, "known-at"); err != nil {
			return err
		}
	}
	if o.KnownAt.After(until) {
		return usagef("known at %s: the warehouse knows until %s; what comes later could still change the filing", o.KnownAt.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	return nil
}

// openWarehouseAt opens the warehouse as it was known at an instant, or as it is.
func (p *program) openWarehouseAt(ctx context.Context, c *cli.Context, at time.Time) (*warehouse.Reader, error) {
	return p.openWarehouseBy(c, func(path string) (*warehouse.Reader, error) {
		if at.IsZero() {
			return warehouse.OpenReader(ctx, path)
		}
		r, err := warehouse.OpenPastForSpooling(ctx, path, at)
		if errors.Is(err, warehouse.ErrNothingKnown) {
			return nil, usagef("known at %s: %v", at.Format(time.RFC3339), err)
		}
		return r, err
	})
}
