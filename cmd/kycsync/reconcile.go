package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"

	"github.com/urfave/cli/v2"
)

func (p *program) reconcileCommand() *cli.Command {
	return &cli.Command{
		Name:  "reconcile",
		Usage: "hold every count of the vendor's against the lake, now",
		Description: `A night counts every month, every status, and of the cells of month and status the twenty-eighth
part. This counts them all, lists the sessions, and names what is missing, out of date or gone. Nothing is
fetched; the figures become rows of control_totals. With --from and --to it does so for these months alone.
It ends with 4 when a figure differs that nothing explains.

Examples:
   kycsync reconcile
   kycsync reconcile --from 2026-01-01 --to 2026-07-01 --json`,
		Flags: stored(slices.Concat(vendorFlags(), []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "the first `DAY`; its whole month is counted"},
			&cli.StringFlag{Name: "to", Usage: "the `DAY` after the last one"},
			toggle("json", "print one JSON object for each application"),
		})...),
		Before: p.settings,
		Action: p.reconcile,
	}
}

func (p *program) reconcile(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	job, err := p.newJob(c, p.log)
	if err != nil {
		return err
	}
	defer job.close()
	for i := range job.configs {
		cfg := job.configs[i]
		cfg.Reconcile, cfg.Group = true, night.NewGroup(1)
		s, runErr := night.Run(c.Context, cfg)
		job.progress.stop()
		if err := printReconciliation(p.stdout, s, c.Bool("json")); err != nil {
			return err
		}
		if runErr != nil {
			return fmt.Errorf("application %s: %w", cfg.Application, runErr)
		}
	}
	return nil
}

// printReconciliation names the figures that are not equal.
func printReconciliation(w io.Writer, s *night.Summary, asJSON bool) error {
	if asJSON {
		return printJSON(w, map[string]any{"application": s.Application, "run_id": s.RunID, "control_totals": s.Totals, "figures_not_equal": s.Unequal, "requests": s.Requests})
	}
	fmt.Fprintf(w, "application %s: %s of the vendor's counts are ours%s; %d requests\n", s.Application, equal(s.Totals), others(s.Totals), s.Requests)
	if len(s.Unequal) == 0 {
		return nil
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\nstate\tkind\tmonth\tstatus\tvendor\tlake\twhy")
	for _, u := range s.Unequal {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%v\t%d\t%s\n", u.State, u.Kind, u.Month, u.Status, u.Vendor, u.Lake, u.Explanation)
	}
	return tw.Flush()
}

// vendorFlags say whom to ask, with which key and how fast.
func vendorFlags() []cli.Flag {
	return []cli.Flag{
		text("api-url", extract.DefaultBaseURL, "the vendor's `URL`; http:// for this machine only"),
		text("api-key-file", "", "`FILE` with the API key"),
		text("application", "default", "`NAME` that tells this application apart in the lake"),
		number("rate", extract.DefaultPerMinute, "requests a minute (`N`) that the key may send; 0: no limit, for this machine only"),
		number("page-size", extract.DefaultPageSize, "rows (`N`) asked for in one page of a list"),
		duration("max-duration", "stop asking after this time (`D`, such as 5h30m), commit, and end with exit code 5"),
		number("max-requests", 0, "stop asking after so many requests (`N`), commit, and end with exit code 5; 0: no bound; lists and counts are always made"),
		&cli.StringFlag{Name: "api-key", Hidden: true},
	}
}
