package warehouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kycsync/schemas"
	"kycsync/sql"
)

// OpenPast opens a published file for reading as it was known at an instant: every table, every history and every
// view shows what had been published until then. The file is not touched; the tables are views of it in memory. An
// instant before the first commit is ErrNothingKnown.
func OpenPast(ctx context.Context, path string, knownAt time.Time) (*Reader, error) {
	return openPast(ctx, path, knownAt, readerMemoryMB)
}

// fewMemoryMB is what a reader gets that hands out long answers, beside what its user needs for them.
const fewMemoryMB = 512

// OpenPastForSpooling is OpenPast for long answers: DuckDB has half of the memory, and goes to disk earlier.
func OpenPastForSpooling(ctx context.Context, path string, knownAt time.Time) (*Reader, error) {
	return openPast(ctx, path, knownAt, fewMemoryMB)
}

func openPast(ctx context.Context, path string, knownAt time.Time, memoryMB int) (*Reader, error) {
	r, err := openReader(ctx, path, memoryMB)
	if err != nil {
		return nil, err
	}
	if err := r.goBack(ctx, knownAt); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// ErrNothingKnown means that an instant lies before the first commit.
var ErrNothingKnown = errors.New("nothing was known then: it is before the first commit")

// goBack lays the views of the past over the file.
func (r *Reader) goBack(ctx context.Context, knownAt time.Time) error {
	var seq int64
	at := "TIMESTAMPTZ " + literal(knownAt.UTC().Format("2006-01-02 15:04:05.999999+00"))
	newest := fmt.Sprintf("SELECT coalesce(arg_max(published_seq, seq), 0) FROM %s WHERE committed_at <= %s", ledgerTable, at)
	if err := r.in.row(ctx, "find the commit of an instant", newest, &seq); err != nil {
		return err
	}
	if seq == 0 {
		return ErrNothingKnown
	}
	stmts := []string{"USE memory",
		fmt.Sprintf("CREATE VIEW %[1]s AS SELECT * FROM %[2]s.main.%[1]s WHERE committed_at <= %[3]s", ledgerTable, catalog, at),
		fmt.Sprintf("CREATE VIEW %[1]s AS FROM %[2]s.main.%[1]s", factsTable, catalog),
		fmt.Sprintf("CREATE VIEW %[1]s AS FROM %[2]s.main.%[1]s", tallyTable, catalog),
		fmt.Sprintf("CREATE VIEW %[1]s AS FROM %[2]s.main.%[1]s WHERE commit_seq <= %[3]d", resultsTable, catalog, seq)}
	for _, t := range tables() {
		stmts = append(stmts, pastOf(t, seq)...)
	}
	for _, v := range sql.Views {
		stmts = append(stmts, v.SQL)
	}
	for _, stmt := range stmts {
		if err := r.in.exec(ctx, "look back", stmt); err != nil {
			return err
		}
	}
	return nil
}

// pastOf returns the views that show a table as it was when the commit of that number was the newest published.
func pastOf(t *schemas.Table, seq int64) []string {
	from := func(name string) string { return catalog + ".main." + ident(name) }
	all := ident(t.Name + versions)
	switch t.History {
	case schemas.State: // has no past
		return []string{fmt.Sprintf("CREATE VIEW %s AS FROM %s", ident(t.Name), from(t.Name))}
	case schemas.Log:
		return []string{
			fmt.Sprintf("CREATE VIEW %s AS FROM %s WHERE %s <= %d", ident(t.Name), from(t.Name), versionSeq, seq),
			fmt.Sprintf("CREATE VIEW %s AS SELECT *, CAST(NULL AS BIGINT) AS %s FROM %s", all, nextSeq, ident(t.Name)),
			asKnownAtDDL(t)}
	}
	return []string{
		fmt.Sprintf("CREATE VIEW %s AS SELECT * REPLACE (CASE WHEN %[2]s <= %[3]d THEN %[2]s END AS %[2]s) FROM %[4]s WHERE %[5]s <= %[3]d",
			all, nextSeq, seq, from(t.Name+versions), versionSeq),
		fmt.Sprintf("CREATE VIEW %s AS SELECT %s FROM %s WHERE %s <= %[5]d AND (%[6]s IS NULL OR %[6]s > %[5]d)",
			ident(t.Name), columns(t), from(t.Name+versions), versionSeq, seq, nextSeq),
		asKnownAtDDL(t)}
}
