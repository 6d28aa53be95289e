package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"

	"kycsync/schemas"
)

// A result is how a check came out.
type result struct {
	check    *check
	failures int64
	examples string // up to five ids, a JSON list
	detail   sql.NullString
	asked    int64 // commit as of which it was asked last
	inFull   int64 // and of all rows
	at       int64 // the newest commit in the file when it was noted
	seconds  float64
	waiver   *waiver // nil: none
}

// A waiver is a decision that a check may fail for a while.
type waiver struct {
	reason string
	until  time.Time
}

func (r *result) holds() bool {
	return r.failures > 0 && r.check.Severity == "critical" && r.waiver == nil
}

const maxExamples = 5

// resultsDDL makes the table of results. It is the warehouse's own: a lake knows no checks.
func resultsDDL() []string {
	out := []string{
		"CREATE TABLE " + resultsTable + ` (commit_seq BIGINT, checked_at TIMESTAMPTZ, check_name VARCHAR, severity VARCHAR, owner VARCHAR, dimension VARCHAR,
	failures BIGINT, examples JSON, detail VARCHAR, waived_until TIMESTAMPTZ, waived_reason VARCHAR, seconds DOUBLE, asked_seq BIGINT, in_full_seq BIGINT, sql_sha256 VARCHAR)`,
		comment("TABLE", resultsTable, "One row: a check of one state of the warehouse, and how it came out. View checks has those of the newest. Of states that are older than 90 days lake_rows and what failed are kept."),
	}
	for _, c := range [][2]string{
		{"commit_seq", "internal: the newest commit in the warehouse that was checked"},
		{"checked_at", "internal: by the clock of the machine; the same in all rows of one state"},
		{"failures", "internal: how many rows the check found"},
		{"examples", "pii: up to five ids of what it found"},
		{"detail", "internal: what is wrong with the first of them"},
		{"waived_until", "internal: a failure does not count until then, by somebody's decision; null: it counts"},
		{"waived_reason", "internal: why not"},
		{"seconds", "internal: how long it took"},
		{"asked_seq", "internal: the commit as of which the check was asked; where nothing was added to what it reads since, its result goes on standing"},
		{"in_full_seq", "internal: the commit as of which it was asked of all rows; of those that were added since it was asked as they came, unless asked_seq is the same and it cannot be"},
		{"sql_sha256", "internal: of the question"},
	} {
		out = append(out, comment("COLUMN", resultsTable+"."+c[0], c[1]))
	}
	return out
}

// ask runs one check of what is newer than a commit, or of everything. Most find nothing, and it takes less to plan the
// question whether that is so than the one for numbers and examples. One that found something before is asked for these.
func (in *instance) ask(ctx context.Context, c *check, at time.Time, since int64, before *result) (*result, error) {
	begun := time.Now()
	r := &result{check: c, examples: "[]"}
	query, op := c.asOf(at, since), "check "+c.Name
	probe := "SELECT NOT EXISTS (\n" + query + "\n)"
	if since != sinceStart && c.passes != "" {
		probe = with(c.passes, at, since)
	}
	var err error
	passed := false
	if before == nil || before.failures == 0 {
		err = in.row(ctx, op, probe, &passed)
	}
	if err == nil && !passed {
		err = in.row(ctx, op, fmt.Sprintf(`WITH failed AS MATERIALIZED (
SELECT CAST(id AS VARCHAR) AS id, CAST(detail AS VARCHAR) AS detail FROM (
%s
))
SELECT (SELECT count(*) FROM failed),
	(SELECT coalesce(CAST(to_json(list(id)) AS VARCHAR), '[]') FROM (SELECT DISTINCT id FROM failed WHERE id IS NOT NULL ORDER BY id LIMIT %d)),
	(SELECT detail FROM failed ORDER BY id, detail LIMIT 1)`, query, maxExamples), &r.failures, &r.examples, &r.detail)
	}
	r.seconds = time.Since(begun).Seconds()
	return r, err
}

// A reason tells of a check how much of it must be asked: what is newer than a commit, which may be nothing, and how it came
// out until then. Without such a result everything is asked.
type reason func(*check) (before *result, since int64)

func allOf(*check) (*result, int64) { return nil, sinceStart }

// askAll runs those checks of which there is a reason to, and returns the results of all.
func (in *instance) askAll(ctx context.Context, seq int64, at time.Time, why reason) ([]*result, error) {
	waivers, err := in.waivers(ctx, at)
	if err != nil {
		return nil, err
	}
	var out []*result
	for _, c := range checks() {
		r, since := why(&c)
		if since != sinceNow {
			inFull := seq
			if since != sinceStart {
				inFull = r.inFull
			}
			if r, err = in.ask(ctx, &c, at, since, r); err != nil {
				return nil, err
			}
			r.asked, r.inFull = seq, inFull
		}
		r.waiver = waivers[c.Name]
		out = append(out, r)
	}
	return out, nil
}

// waivers returns those that hold at an instant, by check.
func (in *instance) waivers(ctx context.Context, at time.Time) (map[string]*waiver, error) {
	out := map[string]*waiver{}
	return out, in.each(ctx, "read the waivers", "SELECT check_name, reason, expires_at FROM check_waivers QUALIFY row_number() OVER (PARTITION BY check_name ORDER BY version_seq DESC, waived_at DESC) = 1",
		func(scan func(...any) error) error {
			var name string
			var w waiver
			err := scan(&name, &w.reason, &w.until)
			if w.until = w.until.UTC(); w.until.After(at) {
				out[name] = &w
			}
			return err
		})
}

// earlier returns the newest results that are in the file, by the check's name, and their questions.
func (in *instance) earlier(ctx context.Context) (results map[string]*result, questions map[string]string, err error) {
	results, questions = map[string]*result{}, map[string]string{}
	err = in.each(ctx, "read the results of checks", "SELECT check_name, failures, CAST(examples AS VARCHAR), detail, asked_seq, in_full_seq, commit_seq, seconds, sql_sha256 FROM "+resultsTable+" QUALIFY rank() OVER (ORDER BY commit_seq DESC, checked_at DESC) = 1",
		func(scan func(...any) error) error {
			var name, question string
			var r result
			err := scan(&name, &r.failures, &r.examples, &r.detail, &r.asked, &r.inFull, &r.at, &r.seconds, &question)
			results[name], questions[name] = &r, question
			return err
		})
	return results, questions, err
}

// each calls use with each row of a query.
func (in *instance) each(ctx context.Context, op, query string, use func(scan func(...any) error) error) error {
	rows, err := in.conn.QueryContext(ctx, query)
	if err != nil {
		return fail(ctx, op, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := use(rows.Scan); err != nil {
			return fail(ctx, op, err)
		}
	}
	return fail(ctx, op, rows.Err())
}

// reasons returns the function that tells how much of each check must be asked. Nothing where nothing has come to the
// tables that it reads since it was asked, or there is nothing at all in them, or it would be too much for a night; what is
// new where it passed; everything otherwise. rows are the tables' numbers of rows.
func (b *build) reasons(ctx context.Context, earlier map[string]*result, questions map[string]string, rows map[string]int64) (reason, error) {
	changed, err := b.changed(ctx)
	return func(c *check) (*result, int64) {
		filled, last := len(c.tables) == 0, int64(0)
		for _, t := range c.tables {
			filled, last = filled || rows[t] > 0, max(last, changed[t])
		}
		if !filled {
			return &result{check: c, examples: "[]", asked: last, inFull: last}, sinceNow
		}
		r := earlier[c.Name]
		if r == nil || questions[c.Name] != c.sha256 {
			return nil, sinceStart
		}
		r.check = c
		again := r.failures > 0 && c.Severity == "critical" // readers wait for it
		switch {
		case !c.always && last <= r.asked, c.InFull && !again:
			return r, sinceNow
		case r.failures == 0 && c.narrows():
			return r, r.at
		}
		return r, sinceStart
	}, err
}

// changed returns for each table the newest commit that changed it.
func (b *build) changed(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	return out, b.in.each(ctx, "read what was changed", "SELECT table_name, changed_seq FROM "+tallyTable, func(scan func(...any) error) error {
		var name string
		var seq int64
		err := scan(&name, &seq)
		out[name] = seq
		return err
	})
}

// renew collects the entities that have versions since a commit, and the versions: see newest and touched.
func (b *build) renew(ctx context.Context, since int64) error {
	changed, err := b.changed(ctx)
	if err != nil {
		return err
	}
	for _, f := range families() {
		var rows []string
		for _, t := range f.tables {
			if changed[t.Name] > since {
				rows = append(rows, fmt.Sprintf("SELECT %s FROM %s WHERE %s > %d", idents(f.version()), ident(t.Name+versions), versionSeq, since))
			}
		}
		if rows == nil {
			continue
		}
		stmt := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s, max(%s) AS %[3]s FROM (%s) GROUP BY ALL", newest(f.root), idents(f.key), versionSeq, strings.Join(rows, " UNION ALL "))
		if err := b.in.exec(ctx, "collect new versions of "+f.root, stmt); err != nil {
			return err
		}
		stmt = fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS\n%s", touched(f.root), versionsSince(schemas.Lookup(f.root), fmt.Sprint(since)))
		if err := b.in.exec(ctx, "collect versions that were touched of "+f.root, stmt); err != nil {
			return err
		}
	}
	return nil
}

// keepPassedDays is for how long results of checks that passed are kept, but for lake_rows, which is asked each time: by it
// one tells which nights there were.
const keepPassedDays = 90

// note writes results into the file, and forgets old ones.
func (b *build) note(ctx context.Context, seq int64, results []*result) error {
	now := time.Now()
	if err := b.in.exec(ctx, "note the results of checks", noteStatement(seq, now, results)); err != nil {
		return err
	}
	return b.in.exec(ctx, "forget old results of checks", fmt.Sprintf("DELETE FROM %s WHERE failures = 0 AND check_name <> 'lake_rows' AND checked_at < TIMESTAMPTZ %s - INTERVAL %d DAY", resultsTable, instantLiteral(now), keepPassedDays))
}

// noteStatement is the statement that writes results of checks which were asked at an instant.
func noteStatement(seq int64, at time.Time, results []*result) string {
	var rows []string
	for _, r := range results {
		detail, until, reason := "NULL", "NULL", "NULL"
		if r.detail.Valid {
			detail = literal(r.detail.String)
		}
		if r.waiver != nil {
			until, reason = "TIMESTAMPTZ "+instantLiteral(r.waiver.until), literal(r.waiver.reason)
		}
		rows = append(rows, fmt.Sprintf("(%d, %s, %s, %s, %s, %s, %d, %s, %s, %s, %s, %g, %d, %d, %s)", seq, instantLiteral(at), literal(r.check.Name), literal(r.check.Severity), literal(r.check.Owner),
			literal(r.check.Dimension), r.failures, literal(r.examples), detail, until, reason, r.seconds, r.asked, r.inFull, literal(r.check.sha256)))
	}
	return "INSERT INTO " + resultsTable + " VALUES " + strings.Join(rows, ",\n")
}

func instantLiteral(at time.Time) string {
	return literal(at.UTC().Format("2006-01-02 15:04:05.000000Z"))
}

// inherit takes the earlier results over from the published file, as far as it can be read: the lake does not have them.
func (b *build) inherit(ctx context.Context, seq int64) error {
	if _, err := os.Stat(b.cfg.Path); err != nil {
		return nil
	}
	old, err := openInstance(ctx, b.cfg.Path, true, limits{memoryMB: b.cfg.MemoryMB, threads: b.cfg.Threads})
	if err != nil {
		return ctx.Err()
	}
	defer old.close()
	var failed error // to write, which is another matter than to read
	err = old.each(ctx, "read the results of checks", fmt.Sprintf("SELECT CAST(to_json(list(r)) AS VARCHAR) FROM %s AS r WHERE commit_seq <= %d GROUP BY commit_seq, checked_at ORDER BY commit_seq, checked_at", resultsTable, seq),
		func(scan func(...any) error) error {
			var night string
			if err := scan(&night); err != nil {
				return err
			}
			failed = b.in.exec(ctx, "take over the results of checks", "INSERT INTO "+resultsTable+" BY NAME SELECT unnest(from_json(CAST(? AS JSON), "+literal(`[{"commit_seq":"BIGINT","checked_at":"TIMESTAMPTZ","check_name":"VARCHAR","severity":"VARCHAR","owner":"VARCHAR","dimension":"VARCHAR","failures":"BIGINT","examples":"JSON","detail":"VARCHAR","waived_until":"TIMESTAMPTZ","waived_reason":"VARCHAR","seconds":"DOUBLE","asked_seq":"BIGINT","in_full_seq":"BIGINT","sql_sha256":"VARCHAR"}]`)+"), recursive := true)", night)
			return failed
		})
	if failed == nil && err != nil {
		b.cfg.Log.Info("the published warehouse has no results of earlier checks that can be read", "error", err.Error())
		return ctx.Err()
	}
	return failed
}
