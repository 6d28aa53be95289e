package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kycsync/cmd/kycsync/night"

	"github.com/urfave/cli/v2"
)

func (p *program) replayCommand() *cli.Command {
	return &cli.Command{
		Name:  "replay",
		Usage: "make all history again from the stored documents, without asking the vendor",
		Description: `After an upgrade that knows more columns or reads more values, every version that was ever stored gets them.
Versions keep their numbers and instants, so that questions about the past stay what they are. It is one
commit: killed anywhere before, the lake is as it was. It needs free disk space beside the warehouse for
the stored documents.

Examples:
   kycsync replay --plan        what would be made again
   kycsync replay`,
		Flags: stored(
			toggle("plan", "only print what would be read and made again"),
			keepFlag(),
			toggle("json", "print one JSON object"),
		),
		Before: p.settings,
		Action: p.replay,
	}
}

func (p *program) replay(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	if c.Bool("plan") {
		return p.replayPlan(c)
	}
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	out, err := night.Replay(c.Context, cfg)
	job.progress.stop()
	if err != nil && !errors.Is(err, night.ErrDeferred) {
		return replayFailed(err)
	}
	if p.jsonLog {
		p.summary = []any{"replay", out}
	}
	switch {
	case c.Bool("json"):
		if err := printJSON(p.stdout, out); err != nil {
			return err
		}
	case !p.jsonLog:
		printReplayed(p.stdout, out)
	}
	return err
}

// replayFailed says that the lake is as it was.
func replayFailed(err error) error { return fmt.Errorf("nothing was made again: %w", err) }

func (p *program) replayPlan(c *cli.Context) error {
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	plan, err := night.PlanReplay(c.Context, l)
	if err != nil {
		return replayFailed(err)
	}
	if c.Bool("json") {
		return printJSON(p.stdout, plan)
	}
	if plan.Documents == 0 {
		_, err := fmt.Fprintln(p.stdout, "the lake holds no document; there is nothing to make again")
		return err
	}
	rows, parts, bytes := int64(0), int64(0), int64(0)
	for _, t := range plan.Tables {
		rows, parts, bytes = rows+t.Rows, parts+t.Parts, bytes+t.Bytes
	}
	fmt.Fprintf(p.stdout, "to read     %d documents, %s\n", plan.Documents, size(plan.DocumentBytes))
	fmt.Fprintf(p.stdout, "to make     %s\n", versionsOf(plan.Versions))
	fmt.Fprintf(p.stdout, "to replace  %d rows in %d parts, %s, of %d tables\n\n", rows, parts, size(bytes), len(plan.Tables))
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "table\trows\tparts\tsize")
	for _, t := range plan.Tables {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\n", t.Table, t.Rows, t.Parts, size(t.Bytes))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, "\nnothing was read or written; kycsync replay does it")
	return err
}

func versionsOf(n map[string]int64) string {
	var words []string
	for _, table := range slices.Sorted(maps.Keys(n)) {
		words = append(words, fmt.Sprintf("%d of %s", n[table], table))
	}
	return "versions: " + strings.Join(words, ", ")
}

// printReplayed tells a person what a replay did.
func printReplayed(w io.Writer, r *night.Replayed) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	if r.Published == 0 {
		fmt.Fprintln(w, "the lake holds no document; there is nothing to make again")
		return
	}
	fmt.Fprintf(w, "replay %s, %s, without a request to the vendor\n", r.RunID, r.Elapsed.Round(10*time.Millisecond))
	line("read", "%d documents, %s", r.Documents, size(r.TextBytes))
	line("made", "%s", versionsOf(r.Versions))
	line("stored", "%d parts, %s, in place of the old ones", r.Parts, size(r.PartBytes))
	if r.Rejects > 0 {
		line("rejected", "%d elements cannot be read; kycsync rejects list", r.Rejects)
	}
	if r.Drift > 0 {
		line("drift", "%d values that no column expects; kycsync drift list", r.Drift)
	}
	printDifferences(line, r.Tables)
	if r.WarehouseDeferred {
		line("published", "commit %d in the lake; the warehouse still shows the one before", r.Published)
	} else {
		line("published", "commit %d, in the lake and in the warehouse", r.Published)
	}
}

// printDifferences names the tables and columns that have more or less than before.
func printDifferences(line func(name, format string, args ...any), tables []night.ReplayedTable) {
	name := "changed"
	say := func(format string, args ...any) {
		line(name, format, args...)
		name = ""
	}
	for _, t := range tables {
		if t.Before != t.After {
			say("%s had %d rows and has %d", t.Table, t.Before, t.After)
		}
		for _, c := range t.Columns {
			say("%s.%s had %d values and has %d", t.Table, c.Column, c.Before, c.After)
		}
	}
	if name != "" {
		say("nothing: every column has as many values as before")
	}
}
