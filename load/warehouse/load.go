package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// catchUp goes on from the build file, with the commits that it lacks.
func (b *build) catchUp(ctx context.Context, target *lake.Commit) (Report, error) {
	at, err := b.resume(ctx)
	if err != nil {
		return Report{}, err
	}
	rep := Report{FromSeq: at.whole, ToSeq: target.Seq}
	pending, err := b.pending(ctx, at, target)
	if err != nil {
		return rep, err
	}
	begun := min(int64(len(pending)), at.seq-at.whole)
	for _, commits := range [][]*lake.Commit{pending[:begun], pending[begun:]} {
		if len(commits) == 0 {
			continue
		}
		err := newIncrement(b, at, commits).apply(ctx)
		if errors.Is(err, lake.ErrDamaged) && merged(pending, target) {
			return rep, outdated("parts of commits from %d on have been merged since, and cannot be read any more", commits[0].Seq)
		}
		if err != nil {
			return rep, doubt(ctx, err)
		}
	}
	rep.Rows, err = b.in.rowCounts(ctx)
	return rep, doubt(ctx, err)
}

// Up to fewPending commits are applied, and never more than maxPending. Between them the cheaper way is taken: a build
// from scratch has no rows to end, but loads all of them.
const (
	fewPending = 8 // a build from scratch also brings the whole lake here, which costs traffic
	maxPending = 64
)

// What the ways cost, in rows that are loaded, each about 11 µs, as BenchmarkCatchUp measures it: a row costs the same
// either way.
const (
	costOfCommits = 65_000  // to apply any, however little is in them
	costOfTables  = 100_000 // to make them empty
	costOfPart    = 800     // to open it
)

// cheaper returns a *doubtError where it costs less to build from scratch than to apply the commits.
func cheaper(pending []*lake.Commit, target *lake.Commit) error {
	if len(pending) <= fewPending {
		return nil
	}
	added := int64(costOfCommits)
	for _, c := range pending {
		if rows, parts := size(c, c.Seq); c.Kind != lake.Compact {
			added += rows + costOfPart*parts
		}
	}
	rows, parts := size(target, 0)
	whole := costOfTables + rows + costOfPart*parts
	if added <= whole {
		return nil
	}
	return outdated("to apply %d commits would take about %.1f times as long", len(pending), float64(added)/float64(whole))
}

// size returns the rows and the parts of the warehouse's tables in c, or of those that a commit added.
func size(c *lake.Commit, addedBy int64) (rows, parts int64) {
	for _, t := range tables() {
		for _, p := range c.Tables[t.Name] {
			if addedBy == 0 || p.AddedBySeq == addedBy {
				rows, parts = rows+p.Rows, parts+1
			}
		}
	}
	return rows, parts
}

// pending returns the commits from the one whose rows are in all tables to target, oldest first. The error is a
// *doubtError where the file is not a prefix of the chain or more happened than that parts were added
// or merged.
func (b *build) pending(ctx context.Context, at *standing, target *lake.Commit) ([]*lake.Commit, error) {
	switch {
	case at.whole == target.Seq && at.sha256 == target.SHA256:
		return nil, nil
	case at.seq == 0:
		return nil, outdated("the build file is empty")
	case at.seq > target.Seq, at.whole == target.Seq:
		return nil, &doubtError{reason: fmt.Sprintf("the build file is at commit %d of another history than the lake's at commit %d", at.seq, target.Seq), bad: true}
	case at.whole == 0 || target.Seq-at.whole > maxPending:
		return nil, outdated("the build file is %d commits behind", target.Seq-at.whole)
	}
	var out []*lake.Commit
	parent, err := b.lake.At(ctx, at.whole)
	if err != nil {
		return nil, err
	}
	foreign := func(c *lake.Commit) error {
		if c.Seq == at.seq && c.SHA256 != at.sha256 {
			return &doubtError{reason: fmt.Sprintf("commit %d in the build file is not the lake's", at.seq), bad: true}
		}
		return nil
	}
	if err := foreign(parent); err != nil {
		return nil, err
	}
	for c, err := range b.lake.Commits(ctx, at.whole+1) {
		if err != nil {
			return nil, err
		}
		if err := foreign(c); err != nil {
			return nil, err
		}
		if c.Kind != lake.Compact && removed(parent, c) || c.Kind == lake.Replay || c.Kind == lake.Recover || c.Kind == lake.StandIn {
			return nil, outdated("commit %d (%s) did more than add rows", c.Seq, c.Kind)
		}
		out = append(out, c)
		if parent = c; c.Seq == target.Seq {
			break
		}
	}
	return out, cheaper(out, target)
}

// merged reports whether parts that commits added are not in a later commit.
func merged(commits []*lake.Commit, later *lake.Commit) bool {
	for _, c := range commits {
		for table, parts := range c.Tables {
			for name, p := range parts {
				if _, ok := later.Tables[table][name]; !ok && p.AddedBySeq == c.Seq {
					return true
				}
			}
		}
	}
	return false
}

// removed reports whether a part of parent is not in c.
func removed(parent, c *lake.Commit) bool {
	for table, parts := range parent.Tables {
		for name := range parts {
			if _, ok := c.Tables[table][name]; !ok {
				return true
			}
		}
	}
	return false
}

// known refuses a commit with tables that this program does not have: a newer one wrote it.
func (b *build) known(c *lake.Commit) error {
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		if schemas.Lookup(name) == nil {
			return fmt.Errorf("warehouse: commit %d has a table %q that this program does not know: was it written by a newer one?", c.Seq, name)
		}
	}
	return nil
}

// enter writes the ledger entry of c.
func (b *build) enter(ctx context.Context, c *lake.Commit) error {
	return b.in.exec(ctx, "enter commit", "INSERT INTO "+ledgerTable+" VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		c.Seq, c.CommittedAt.UTC(), c.PublishedSeq, c.SHA256, c.ParentSHA256, string(c.Kind), c.RunID, time.Now().UTC())
}

// tally notes how many rows a table that c, or a commit that was loaded with it, changed has by what it says, and how many
// of them shall be current, which is an expression.
func (b *build) tally(ctx context.Context, c *lake.Commit, t *schemas.Table, current string) error {
	rows := sql.NullInt64{Valid: t.History != schemas.State}
	for _, p := range c.Tables[t.Name] {
		rows.Int64 += p.Rows
	}
	return b.in.exec(ctx, "count "+t.Name, fmt.Sprintf("UPDATE %s SET lake_rows = ?, current_rows = %s, changed_seq = ?, loaded_seq = ? WHERE table_name = ?", tallyTable, current),
		rows, c.Seq, c.Seq, t.Name)
}

// counted is how many rows of a table are current.
func counted(t *schemas.Table) string { return "(SELECT count(*) FROM " + ident(t.Name) + ")" }

// rowCounts returns the number of rows of each table, every version.
func (in *instance) rowCounts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	for _, t := range tables() {
		var n int64
		if err := in.row(ctx, "count "+t.Name, "SELECT count(*) FROM "+ident(history(t)), &n); err != nil {
			return nil, err
		}
		out[t.Name] = n
	}
	return out, nil
}

// history returns the name of the relation that holds every row of t.
func history(t *schemas.Table) string {
	if t.Root() != "" {
		return t.Name + versions
	}
	return t.Name
}

// loadLog appends the rows of a log.
func (b *build) loadLog(ctx context.Context, set *partSet) error {
	t := set.table
	got, err := b.insert(ctx, t, fmt.Sprintf("SELECT %s FROM %s", columns(t), set.from))
	if err != nil {
		return err
	}
	return b.agree(ctx, set, got)
}

// loadState replaces the rows of the keys in set by their last rows.
func (b *build) loadState(ctx context.Context, set *partSet) error {
	t, last := set.table, set.last()
	stmt := fmt.Sprintf("DELETE FROM %s AS s USING %s AS p WHERE %s", ident(t.Name), set.from, equal("s", "p", t.Key))
	if err := b.in.exec(ctx, "load "+t.Name, stmt); err != nil {
		return err
	}
	got, err := b.insert(ctx, t, fmt.Sprintf("SELECT %s FROM %s", columns(t), last))
	if err != nil {
		return err
	}
	want, err := b.in.fingerprint(ctx, t, last)
	if err != nil {
		return err
	}
	var rows int64 // of these keys; last has each once
	err = b.in.row(ctx, "count "+t.Name, fmt.Sprintf("SELECT count(*) FROM %s AS s WHERE EXISTS (SELECT 1 FROM %s AS p WHERE %s)", ident(t.Name), set.from, equal("s", "p", t.Key)), &rows)
	if err == nil && rows != want.rows {
		err = fmt.Errorf("warehouse: check %s: %w: %d rows of %d keys", t.Name, ErrMismatch, rows, want.rows)
	}
	return errors.Join(err, mismatch(t.Name, got, want))
}

// insert appends what a query returns to a table and reads those rows back, and no others: what is there
// grows from night to night.
func (b *build) insert(ctx context.Context, t *schemas.Table, query string) (fingerprint, error) {
	var last int64
	if err := b.in.row(ctx, "find the last row of "+t.Name, "SELECT coalesce(max(rowid), -1) FROM "+ident(t.Name), &last); err != nil {
		return fingerprint{}, err
	}
	if err := b.in.exec(ctx, "load "+t.Name, "INSERT INTO "+ident(t.Name)+" "+query); err != nil {
		return fingerprint{}, err
	}
	return b.in.fingerprint(ctx, t, fmt.Sprintf("%s WHERE rowid > %d", ident(t.Name), last))
}

// equal returns the condition that a and b have the same key. Keys hold nulls nowhere but in
// columns that may be null.
func equal(a, b string, key []string) string {
	var out string
	for i, k := range key {
		if i > 0 {
			out += " AND "
		}
		out += fmt.Sprintf("%s.%s IS NOT DISTINCT FROM %s.%s", a, ident(k), b, ident(k))
	}
	return out
}
