package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

func (p *program) driftCommand() *cli.Command {
	return group("drift", "what the vendor sends that no column expects",
		`A path or a value that no column expects is kept beside its row and reported. Once a person has looked at
it, it can be accepted with a reason. An accepted path that comes with another unknown value is a new drift.

Commands:
   kycsync drift list        those that nobody has accepted
   kycsync drift accept      say that one is known, and why

Example:
   kycsync drift list --all --json`,
		&cli.Command{
			Name:  "list",
			Usage: "each path and value that no column expects, and since when",
			Description: `Counts are those of the stored documents. What a column reads since the last kycsync replay is not listed.

Example:
   kycsync drift list --json | jq '.drift[].path'`,
			Flags:  stored(&cli.BoolFlag{Name: "all", Usage: "also those that were accepted"}, toggle("json", "print one JSON object")),
			Before: p.settings,
			Action: p.driftList,
		},
		&cli.Command{
			Name:  "accept",
			Usage: "note that a drift is known, and why",
			Description: `The reason is kept in table drift_decisions. Nothing else in the lake changes.

Examples:
   kycsync drift accept --path voice_verifications --reason "new feature; ticket 4711 adds its table"
   kycsync drift accept --path status --kind unknown_value --example Paused --reason "announced by the vendor"`,
			Flags: stored(keepFlag(), // what is accepted is said each time: no setting stands for it
				&cli.StringFlag{Name: "path", Usage: "`PATH` in the document, as kycsync drift list prints it"},
				&cli.StringFlag{Name: "document", Usage: "only in this kind of `DOCUMENT`, such as decision"},
				&cli.StringFlag{Name: "kind", Usage: "only this `KIND`: unknown_field, unknown_value or type"},
				&cli.StringFlag{Name: "example", Usage: "only this `EXAMPLE`"},
				&cli.StringFlag{Name: "reason", Usage: "why it is accepted, in a sentence (`TEXT`)"},
			),
			Before: p.settings,
			Action: p.driftAccept,
		})
}

// driftPage is the answer of drift list, as its JSON shows it.
type driftPage struct {
	Newest   int64           `json:"newest_seq"` // commit that it is read from; 0: none yet
	Drift    []night.Drifted `json:"drift"`
	Accepted int             `json:"accepted"` // how many are
}

func (p *program) driftList(c *cli.Context) error {
	if err := noMoreArgs(c, "drift list"); err != nil {
		return err
	}
	return p.lookAt(c, func(l *lake.Lake, head *lake.Commit, dir string) error {
		page := driftPage{Drift: []night.Drifted{}}
		if head != nil {
			all, err := night.Drift(c.Context, l, head, dir)
			if err != nil {
				return fmt.Errorf("list drift: %w", err)
			}
			page.Newest, page.Drift = head.Seq, all
		}
		known := func(d night.Drifted) bool { return d.Accepted != nil }
		for _, d := range page.Drift {
			if known(d) {
				page.Accepted++
			}
		}
		if !c.Bool("all") {
			page.Drift = slices.DeleteFunc(page.Drift, known)
		}
		return page.print(p.stdout, c.Bool("json"), c.Bool("all"))
	})
}

func (page *driftPage) print(w io.Writer, asJSON, all bool) error {
	if asJSON {
		return printJSON(w, page)
	}
	if len(page.Drift) > 0 {
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "document\tpath\tkind\texample\tcount\tfirst seen\tlast seen\taccepted")
		for _, d := range page.Drift {
			accepted := "no"
			if d.Accepted != nil {
				accepted = d.Accepted.At.Format(time.DateOnly) + ": " + printable(d.Accepted.Reason)
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", printable(d.Document), printable(d.Path), d.Kind, printable(d.Example), d.Count,
				d.First.Format(time.RFC3339), d.Last.Format(time.RFC3339), accepted)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(w, "no drift that nobody has accepted")
	}
	if !all && page.Accepted > 0 {
		fmt.Fprintf(w, "%d accepted before, not shown; --all shows them\n", page.Accepted)
	}
	return nil
}

func (p *program) driftAccept(c *cli.Context) error {
	if err := noMoreArgs(c, "drift accept"); err != nil {
		return err
	}
	a := night.Acceptance{Path: c.String("path"), Document: c.String("document"), Kind: c.String("kind"), Example: c.String("example"),
		Reason: strings.TrimSpace(c.String("reason"))}
	if a.Path == "" || a.Reason == "" {
		return usagef("drift accept wants --path PATH and --reason TEXT, as in kycsync drift accept --path voice_verifications --reason 'new feature'")
	}
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	accepted, err := night.AcceptDrift(c.Context, cfg, a)
	var unknown *night.UnknownDrift
	if errors.As(err, &unknown) {
		return usagef("drift accept: nothing that no column expects is known by --path %q with these flags; %s", a.Path, closestWords(unknown.Closest))
	}
	if err != nil && !errors.Is(err, night.ErrDeferred) {
		return fmt.Errorf("drift accept: nothing was noted: %w", err)
	}
	if len(accepted) == 0 {
		fmt.Fprintln(p.stdout, "accepted before; nothing to note")
	}
	for _, d := range accepted {
		fmt.Fprintf(p.stdout, "accepted %s %s, %s %s, seen %d times\n", printable(d.Document), printable(d.Path), d.Kind, printable(d.Example), d.Count)
	}
	return err
}

// closestWords names the known drifts that may have been meant.
func closestWords(closest []night.Drifted) string {
	if len(closest) == 0 {
		return "the lake knows of no drift"
	}
	words := make([]string, len(closest))
	for i, d := range closest {
		words[i] = fmt.Sprintf("%s (%s)", printable(d.Path), printable(d.Document))
	}
	return "closest: " + strings.Join(words, ", ") + "; kycsync drift list --all names each"
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
