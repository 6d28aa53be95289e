package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kycsync/load/warehouse"
	"kycsync/schemas"

	"github.com/urfave/cli/v2"
)

func (p *program) changesCommand() *cli.Command {
	return &cli.Command{
		Name:  "changes",
		Usage: "each field that changed, from what to what: last night, since a day, or of one session",
		Description: `Without --since and --session: what the newest night brought. Changes are those between two
versions that were stored; a session that is new is no change. The same in SQL: view changes.

Examples:
   kycsync changes
   kycsync changes --since 2026-10-01 --table sessions
   kycsync changes --session 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d
   kycsync changes --since 2026-10-01 --until 2026-11-01 --format csv > october.csv`,
		Flags: stored(answerFormat(),
			&cli.StringFlag{Name: "since", Usage: "stored after `TIME`: a day (its beginning, UTC) or an instant such as 2026-10-01T06:00:00Z"},
			&cli.StringFlag{Name: "until", Usage: "stored until `TIME`"},
			&cli.StringFlag{Name: "session", Usage: "of the session with that `ID`"},
			&cli.StringFlag{Name: "table", Usage: "in `TABLE` alone"}),
		Before: p.settings,
		Action: p.changes,
	}
}

func (p *program) changes(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	if err := oneOf(c, "format", answerFormats...); err != nil {
		return err
	}
	where, err := changesWanted(c)
	if err != nil {
		return err
	}
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return err
	}
	defer r.Close()
	seqs, err := changesWhen(c.Context, c, r)
	if err != nil {
		return asked(err)
	}
	statement := "SELECT * FROM changes WHERE " + strings.Join(append(where, seqs...), " AND ") +
		" ORDER BY version_seq, application, entity_id, table_name, row_id, column_name"
	return asked(p.print(c.Context, r, c.String("format"), statement))
}

// changesWanted returns the conditions about what changed.
func changesWanted(c *cli.Context) (where []string, err error) {
	where = []string{"true"}
	if id := strings.ToLower(strings.TrimSpace(c.String("session"))); id != "" {
		if !sessionIDRE.MatchString(id) {
			return nil, usagef("--session: want a session id such as 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d")
		}
		where = append(where, "session_id = "+schemas.QuoteText(id))
	}
	if name := c.String("table"); name != "" {
		if schemas.Lookup(name) == nil {
			return nil, usagef("--table: no table %q; kycsync tables lists them", name)
		}
		where = append(where, "table_name = "+schemas.QuoteText(name))
	}
	return where, nil
}

// changesWhen returns the conditions about when it was stored, as numbers of commits: so that the database need look
// at these alone.
func changesWhen(ctx context.Context, c *cli.Context, r *warehouse.Reader) (where []string, err error) {
	if c.String("since") == "" && c.String("until") == "" && c.String("session") == "" {
		const newest = "SELECT min(seq) - 1, max(seq) FROM _commits WHERE run_id = (SELECT arg_max(run_id, version_seq) FROM runs)"
		after, until, err := twoNumbers(ctx, r, newest)
		return []string{fmt.Sprintf("version_seq > %d AND version_seq <= %d", after, until)}, err
	}
	for _, bound := range []struct{ flag, operator string }{{"since", ">"}, {"until", "<="}} {
		if c.String(bound.flag) == "" {
			continue
		}
		when, err := instant(c, bound.flag)
		if err != nil {
			return nil, err
		}
		seq, _, err := twoNumbers(ctx, r, fmt.Sprintf("SELECT coalesce(max(seq), 0), 0 FROM _commits WHERE committed_at <= TIMESTAMPTZ '%s'", when.Format(time.RFC3339Nano)))
		if err != nil {
			return nil, err
		}
		where = append(where, fmt.Sprintf("version_seq %s %d", bound.operator, seq))
	}
	return where, nil
}

// instant reads a flag that is a day or an instant.
func instant(c *cli.Context, flag string) (time.Time, error) {
	text := c.String(flag)
	for _, form := range []string{time.DateOnly, time.RFC3339Nano} {
		if when, err := time.Parse(form, text); err == nil {
			return when.UTC(), nil
		}
	}
	return time.Time{}, usagef("--%s %q: want a day such as 2026-10-01 or an instant such as 2026-10-01T06:00:00Z", flag, text)
}

// twoNumbers asks for one row of two numbers; null is 0.
func twoNumbers(ctx context.Context, r *warehouse.Reader, query string) (a, b int64, err error) {
	res, err := r.Query(ctx, query)
	if err != nil {
		return 0, 0, err
	}
	defer res.Close()
	if res.Next() {
		a, _ = res.Values()[0].(int64)
		b, _ = res.Values()[1].(int64)
	}
	return a, b, res.Err()
}
