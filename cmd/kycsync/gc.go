package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

func (p *program) gcCommand() *cli.Command {
	return &cli.Command{
		Name:  "gc",
		Usage: "remove parts of the lake that no retained commit names",
		Description: `When parts are merged or replayed, the old files stay, and so do those of a run that died before its commit, PDFs too.
This removes the ones that no commit of the last 90 days names (--retain) and that are older than two days, and
what kycsync publish has written for commits that are older. No commit is removed, and nothing that the newest or
the published commit names, or the one that other engines are led to; answers about the past stay what
they are. It may run beside a sync: before it removes anything it makes a commit that changes nothing, so that a
run which slept for days cannot come to name what is gone. It needs an account that may delete, which the nightly
one may not.

Examples:
   kycsync gc --plan            what would be removed
   kycsync gc --retain 30d`,
		Flags: stored(
			text("retain", "90d", "keep what a commit of this `TIME` names; at least 2d"),
			anchorFlag(),
			toggle("plan", "only print what would be removed"),
			toggle("json", "print one JSON object"),
		),
		Before: p.settings,
		Action: p.gc,
	}
}

func (p *program) gc(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	retain, err := longTime(c.String("retain"))
	if err != nil || retain < 48*time.Hour {
		return usagef("--retain %s: want a time of two days or more, such as 90d", c.String("retain"))
	}
	l, _, err := p.openToWrite(c)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := p.checkAnchor(c.Context, c.String("anchor"), l); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kycsync-gc-")
	if err != nil {
		return fmt.Errorf("make a directory for downloads: %w", cause(err))
	}
	defer os.RemoveAll(dir)
	got, err := l.Collect(c.Context, lake.Collection{Retain: retain, Plan: c.Bool("plan"), Dir: dir})
	if err != nil && got.Parts+got.PDFs+got.Lists == 0 {
		return err
	}
	if p.jsonLog {
		p.summary = []any{"collection", got}
	}
	switch {
	case c.Bool("json"):
		return errors.Join(err, printJSON(p.stdout, got))
	case p.jsonLog:
		return err
	}
	verb := "removed"
	if c.Bool("plan") {
		verb = "would remove"
	}
	fmt.Fprintf(p.stdout, "%s %d parts, %s, that no retained commit names; %d parts stay\n", verb, got.Parts, size(got.Bytes-got.PDFBytes), got.Kept)
	if got.PDFs > 0 {
		fmt.Fprintf(p.stdout, "%s %d PDFs, %s, that no row names: a run died before its commit\n", verb, got.PDFs, size(got.PDFBytes))
	}
	if got.Lists > 0 {
		fmt.Fprintf(p.stdout, "%s %d lists and metadata for other engines, of commits that are not retained\n", verb, got.Lists)
	}
	if got.Foreign > 0 {
		fmt.Fprintf(p.stdout, "%d objects among the parts and PDFs are none of kycsync's and stay\n", got.Foreign)
	}
	if c.Bool("plan") {
		fmt.Fprintln(p.stdout, "nothing was changed; kycsync gc does it")
	}
	return err
}
