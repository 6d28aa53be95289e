package main

import (
	"context"
	"errors"
	"fmt"

	"kycsync/load/lake"
	"kycsync/load/publish"

	"github.com/urfave/cli/v2"
)

func (p *program) publishCommand() *cli.Command {
	return &cli.Command{
		Name:  "publish",
		Usage: "let BigQuery, Trino, Spark and others read the published commit",
		Description: `Writes below published/ in the lake, for each table, the list of its live parts and Iceberg metadata. No row is
copied, nothing of the lake itself changes, and no value of a row stands in what is written. All of it is read
back and compared with the commit before readers are led to it. The same again changes nothing; a run that was
killed is finished by the next. It needs an account that may overwrite below published/. The nightly job does
it with kycsync sync --publish. What to do with it: deploy/engines.

Examples:
   kycsync publish
   kycsync publish --lake gs://acme-kyc/lake --json`,
		Flags: stored(
			toggle("json", "print one JSON object: the commit, and parts, rows and bytes of each table"),
		),
		Before: p.settings,
		Action: p.publish,
	}
}

func (p *program) publish(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	l, _, err := p.openToWrite(c)
	if err != nil {
		return err
	}
	defer l.Close()
	got, err := p.publications(c.Context, l)
	if errors.Is(err, publish.ErrNothing) {
		return usagef("%v; run kycsync sync until it publishes", err)
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(p.stdout, got)
	}
	if !p.jsonLog {
		parts, rows := 0, int64(0)
		for _, t := range got.Tables {
			parts, rows = parts+t.Parts, rows+t.Rows
		}
		fmt.Fprintf(p.stdout, "commit %d is published for other engines: %d rows of %d tables in %d parts; %s\n", got.Seq, rows, len(got.Tables), parts, changed(got.Written))
	}
	return nil
}

// publications publishes for other engines and adds what was done to the summary event.
func (p *program) publications(ctx context.Context, l *lake.Lake) (*publish.Published, error) {
	got, err := publish.Run(ctx, l, publish.Config{Step: p.step})
	if err == nil && p.jsonLog {
		p.summary = append(p.summary, "publication", got)
	}
	return got, err
}

func changed(objects int) string {
	if objects == 0 {
		return "nothing was to be done"
	}
	return fmt.Sprintf("%d objects were written", objects)
}
