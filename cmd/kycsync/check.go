package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

func (p *program) checkCommand() *cli.Command {
	c := group("check", "look for what is wrong in the warehouse",
		`Asks the published warehouse all checks, without changing it: keys, histories, references, values, freshness, and
figures held against the vendor's. A critical check that fails and is not waived ends it with 4; warnings do not. Each
build asks them too, and publishes nothing that a critical check finds fault with.

Commands:
   kycsync check              ask them all, and print those that failed
   kycsync check list         what each means
   kycsync check rows NAME    all that one finds
   kycsync check waive NAME   let one pass for a while, and say why

Examples:
   kycsync check
   kycsync check --all --json | jq '.checks[] | select(.failures > 0)'
   kycsync check rows vendor_data_case
   kycsync check waive --reason "ticket 4711" --until 2026-12-31 parents.media`,
		&cli.Command{
			Name:  "list",
			Usage: "what each check finds, and who looks into it",
			Description: `Example:
   kycsync check list --json | jq -r '.[] | select(.name == "empty_days") | .sql'`,
			Flags:  append([]cli.Flag{toggle("json", "print one JSON list, with the statements"), configFlag()}, logFlags()...),
			Before: p.settings,
			Action: p.checkList,
		},
		&cli.Command{
			Name:      "rows",
			Usage:     "all that one check finds",
			ArgsUsage: "NAME",
			Description: `Example:
   kycsync check rows --format csv vendor_data_case > spellings.csv`,
			Flags:  stored(atFlag(), text("format", "table", "`FORMAT` of the answer: table, csv or json")),
			Before: p.settings,
			Action: p.checkRows,
		},
		&cli.Command{
			Name:      "waive",
			Usage:     "let a check pass for a while, and say why",
			ArgsUsage: "NAME",
			Description: `The decision is kept in table check_waivers, in a commit of its own. Of one check the newest counts. A warehouse that the
check held back is built and published.

Example:
   kycsync check waive --reason "ticket 4711: the vendor is asked" --until 2026-12-31 parents.media`,
			Flags: stored(keepFlag(), // what is waived is said each time: no setting stands for it
				&cli.StringFlag{Name: "reason", Usage: "why it may pass, in a sentence (`TEXT`)"},
				&cli.StringFlag{Name: "until", Usage: "the `DAY`, in UTC, from which on it counts again"},
			),
			Before: p.settings,
			Action: p.checkWaive,
		})
	c.Flags = stored(atFlag(), toggle("all", "print those that passed, too"), toggle("json", "print one JSON object"))
	c.Action = p.check
	c.ArgsUsage = "[COMMAND]"
	return c
}

func atFlag() cli.Flag {
	return &cli.StringFlag{Name: "at", Usage: "ask as of `TIME`: a day (its beginning, UTC) or an instant such as 2026-11-24T02:00:00Z; without it as of now"}
}

// askedAt is what --at says.
func askedAt(c *cli.Context) (time.Time, error) {
	if c.String("at") == "" {
		return time.Now().UTC(), nil
	}
	return instant(c, "at")
}

// checkPage is the answer of check, as its JSON shows it.
type checkPage struct {
	Warehouse string              `json:"warehouse"`
	Seq       int64               `json:"warehouse_seq"`
	At        time.Time           `json:"at"`
	Critical  int                 `json:"critical_failures"` // critical checks that failed and are not waived
	Warnings  int                 `json:"warnings"`          // others that failed
	Passed    int                 `json:"passed"`
	Checks    []warehouse.Checked `json:"checks"`
}

func (p *program) check(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("check has no command %q; kycsync help check lists them", c.Args().First())
	}
	at, err := askedAt(c)
	if err != nil {
		return err
	}
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return err
	}
	defer r.Close()
	page := checkPage{Warehouse: c.String("warehouse"), At: at}
	if page.Seq, err = r.Seq(c.Context); err == nil {
		page.Checks, err = r.Check(c.Context, at)
	}
	if err != nil {
		return checkFailed(c, err)
	}
	for _, ch := range page.Checks {
		switch {
		case ch.Counts():
			page.Critical++
		case ch.Failures > 0:
			page.Warnings++
		default:
			page.Passed++
		}
	}
	if !c.Bool("all") {
		page.Checks = slices.DeleteFunc(page.Checks, func(ch warehouse.Checked) bool { return ch.Failures == 0 })
	}
	if err := page.print(p.stdout, c.Bool("json")); err != nil {
		return err
	}
	if page.Critical > 0 {
		return fmt.Errorf("%d of the %w: %s", page.Critical, errChecks, strings.Join(page.failed(), ", "))
	}
	return nil
}

// checkFailed says why a warehouse could not be asked.
func checkFailed(c *cli.Context, err error) error {
	switch path := c.String("warehouse"); {
	case errors.Is(err, warehouse.ErrOtherTables):
		return usagef("%s: %v; kycsync rebuild makes it again", path, err)
	case badFile(err), errors.Is(err, warehouse.ErrMismatch):
		return fmt.Errorf("check %s: %w (%v)", path, errBadWarehouse, err)
	}
	return err
}

func (page *checkPage) failed() []string {
	var names []string
	for _, ch := range page.Checks {
		if ch.Counts() {
			names = append(names, ch.Check)
		}
	}
	return names
}

func (page *checkPage) print(w io.Writer, asJSON bool) error {
	if asJSON {
		if page.Checks == nil {
			page.Checks = []warehouse.Checked{}
		}
		return printJSON(w, page)
	}
	if len(page.Checks) > 0 {
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "check\tseverity\tfailures\texamples\twhat\twaived")
		for _, ch := range page.Checks {
			waived := "no"
			if ch.Waived != nil {
				waived = "until " + ch.Waived.Until.Format(time.DateOnly) + ": " + printable(ch.Waived.Reason)
			}
			fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\t%s\n", ch.Check, ch.Severity, ch.Failures, printable(strings.Join(ch.Examples, ", ")), printable(ch.Detail), waived)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%s, commit %d: %d checks passed, %d critical ones failed, %d others failed or are waived\n", page.Warehouse, page.Seq, page.Passed, page.Critical, page.Warnings)
	return nil
}

func (p *program) checkList(c *cli.Context) error {
	if err := noMoreArgs(c, "check list"); err != nil {
		return err
	}
	all := warehouse.Checks()
	if c.Bool("json") {
		return printJSON(p.stdout, all)
	}
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "check\tseverity\tdimension\towner\twhat it finds")
	for _, ch := range all {
		row, _, _ := strings.Cut(ch.Doc, "\n")
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", ch.Name, ch.Severity, ch.Dimension, ch.Owner, strings.TrimPrefix(row, "One row: "))
	}
	return tw.Flush()
}

func (p *program) checkRows(c *cli.Context) error {
	name, err := checkArg(c, "rows")
	if err != nil {
		return err
	}
	if err := oneOf(c, "format", "table", "csv", "json"); err != nil {
		return err
	}
	at, err := askedAt(c)
	if err != nil {
		return err
	}
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return err
	}
	defer r.Close()
	res, err := r.Failing(c.Context, name, at)
	if err != nil {
		return checkFailed(c, err)
	}
	return errors.Join(res.Write(p.stdout, c.String("format")), res.Close())
}

func (p *program) checkWaive(c *cli.Context) error {
	w := night.Waiver{Reason: strings.TrimSpace(c.String("reason"))}
	var err error
	if w.Check, err = checkArg(c, "waive"); err != nil {
		return err
	}
	if w.Reason == "" || c.String("until") == "" {
		return usagef("check waive wants --reason TEXT and --until DAY before the name, as in kycsync check waive --reason 'ticket 4711' --until 2026-12-31 %s", w.Check)
	}
	if w.Until, err = time.Parse(time.DateOnly, c.String("until")); err != nil {
		return usagef("--until %q: want a day such as 2026-12-31", c.String("until"))
	}
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	if !w.Until.After(cfg.Now()) {
		return usagef("--until %s: want a day to come", c.String("until"))
	}
	err = night.Waive(c.Context, cfg, w)
	if errors.Is(err, night.ErrNothing) {
		return usagef("check waive: %v; kycsync sync makes one", err)
	}
	if err != nil && !errors.Is(err, night.ErrDeferred) {
		return fmt.Errorf("check waive: nothing was noted: %w", err)
	}
	fmt.Fprintf(p.stdout, "waived %s until %s: %s\n", w.Check, c.String("until"), printable(w.Reason))
	return err
}

// checkArg returns the name of a check.
func checkArg(c *cli.Context, verb string) (string, error) {
	if err := flagsFirst(c); err != nil {
		return "", err
	}
	if c.NArg() != 1 {
		return "", usagef("check %s takes the name of one check, got %d arguments", verb, c.NArg())
	}
	name := c.Args().First()
	var near []string
	for _, ch := range warehouse.Checks() {
		if ch.Name == name {
			return name, nil
		}
		_, table, _ := strings.Cut(ch.Name, ".")
		if strings.Contains(ch.Name, name) || table != "" && table == name {
			near = append(near, ch.Name)
		}
	}
	hint := "kycsync check list names all"
	if len(near) > 0 {
		hint = "did you mean " + strings.Join(near[:min(5, len(near))], ", ") + "?"
	}
	return "", usagef("no check %q; %s", name, hint)
}
