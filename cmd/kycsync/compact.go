package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

func (p *program) compactCommand() *cli.Command {
	return &cli.Command{
		Name:  "compact",
		Usage: "merge small parts of the lake into larger ones with the same rows",
		Description: `Each run adds a part to every table that has news. Eight parts of about one size become one, in a commit of
its own that is refused unless the new parts hold the same rows; of state, the last row of each key. History
and answers about the past stay what they are. The old files stay where they are: no commit from then on
names them. The nightly job does the same after it has published, unless --no-compact is given.

Examples:
   kycsync compact --plan       what would be merged
   kycsync compact`,
		Flags: stored(
			toggle("plan", "only print what would be merged"),
			keepFlag(),
			toggle("json", "print one JSON object"),
		),
		Before: p.settings,
		Action: p.compact,
	}
}

// compaction is what was done, as its JSON shows it.
type compaction struct {
	Commit      int64 `json:"commit"` // the newest; 0: there was nothing to merge
	PartsBefore int   `json:"parts_before"`
	PartsAfter  int   `json:"parts_after"`
	BytesBefore int64 `json:"bytes_before"`
	BytesAfter  int64 `json:"bytes_after"`
	RowsBefore  int64 `json:"rows_before"`
	RowsAfter   int64 `json:"rows_after"`
}

func (p *program) compact(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	if c.Bool("plan") {
		return p.lookAt(c, func(_ *lake.Lake, head *lake.Commit, _ string) error { return p.planCompaction(c, head) })
	}
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	steps, err := night.Compact(c.Context, cfg)
	job.progress.stop()
	if err != nil && len(steps) == 0 && !errors.Is(err, night.ErrDeferred) {
		return err
	}
	var out compaction
	for _, s := range steps {
		out.Commit = s.Commit.Seq
		out.PartsBefore, out.PartsAfter = out.PartsBefore+s.PartsBefore, out.PartsAfter+s.PartsAfter
		out.BytesBefore, out.BytesAfter = out.BytesBefore+s.BytesBefore, out.BytesAfter+s.BytesAfter
		out.RowsBefore, out.RowsAfter = out.RowsBefore+s.RowsBefore, out.RowsAfter+s.RowsAfter
	}
	if p.jsonLog {
		p.summary = []any{"compaction", out}
	}
	if c.Bool("json") {
		return errors.Join(err, printJSON(p.stdout, out))
	}
	if p.jsonLog {
		return err
	}
	text := "there is nothing to merge\n"
	if out.Commit > 0 {
		text = fmt.Sprintf("merged %d parts, %s, into %d, %s, in commit %d\n", out.PartsBefore, size(out.BytesBefore), out.PartsAfter, size(out.BytesAfter), out.Commit)
	}
	_, printErr := fmt.Fprint(p.stdout, text)
	return errors.Join(err, printErr)
}

// planCompaction prints what a compaction would read.
func (p *program) planCompaction(c *cli.Context, head *lake.Commit) error {
	merges := []lake.Merge{}
	if head != nil {
		merges = append(merges, head.Merges()...)
	}
	if c.Bool("json") {
		return printJSON(p.stdout, map[string]any{"merges": merges})
	}
	if len(merges) == 0 {
		_, err := fmt.Fprintln(p.stdout, "there is nothing to merge")
		return err
	}
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "table\tparts\trows\tsize")
	for _, m := range merges {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\n", m.Table, m.Parts, m.Rows, size(m.Bytes))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, "\nnothing was read or written; kycsync compact does it, and then what can be merged of the new parts")
	return err
}
