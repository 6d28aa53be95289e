package warehouse

import (
	"context"
	"fmt"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// rebuild makes the build file from the live set of target. Each table is fetched, loaded, read back and let go, so that
// the disk holds one table's downloads at a time. The file's facts are written last: a file without them was never
// finished, and is not gone on from.
func (b *build) rebuild(ctx context.Context, target *lake.Commit) (Report, error) {
	rep := Report{ToSeq: target.Seq}
	if err := b.begin(ctx); err != nil {
		return rep, err
	}
	if err := b.known(target); err != nil {
		return rep, err
	}
	if err := b.inTransactions(ctx, b.pieces(ctx, target), b.cfg.atOnce); err != nil {
		return rep, err
	}
	var err error
	rep.Rows, err = b.in.rowCounts(ctx)
	return rep, err
}

// pieces returns those that make a file of target; the size of one is its rows.
func (b *build) pieces(ctx context.Context, target *lake.Commit) []piece {
	out := []piece{{do: func() error { return b.enterAll(ctx, target) }}}
	for _, f := range families() {
		v := entityVersions{in: b.in, family: f}
		for _, t := range f.tables {
			if parts := target.InOrder(t.Name); len(parts) > 0 {
				out = append(out, piece{rowsOf(parts), func() error { return b.loadTable(ctx, &v, t, parts) }})
			}
		}
		out = append(out, piece{do: func() error { return v.mend(ctx) }})
	}
	for _, t := range tables() {
		parts := target.InOrder(t.Name)
		if t.Root() == "" && len(parts) > 0 {
			out = append(out, piece{rowsOf(parts), func() error { return b.loadOther(ctx, t, parts) }})
		}
	}
	return append(out, piece{do: func() error { return b.finish(ctx, target) }})
}

func rowsOf(parts []lake.Part) (n int64) {
	for _, p := range parts {
		n += p.Rows
	}
	return n
}

// finish writes what says that the file is complete.
func (b *build) finish(ctx context.Context, target *lake.Commit) error {
	for _, t := range tables() {
		if target.Seq == 0 {
			break
		}
		if err := b.tally(ctx, target, t, counted(t)); err != nil {
			return err
		}
	}
	return b.in.exec(ctx, "define the file", "INSERT INTO "+factsTable+" VALUES (?, ?, NULL, ?, version())", formatNumber, ddlSHA256(), time.Now().UTC())
}

// enterAll writes the ledger entries of all commits up to target.
func (b *build) enterAll(ctx context.Context, target *lake.Commit) error {
	if target.Seq == 0 {
		return nil
	}
	last := int64(0)
	for c, err := range b.lake.Commits(ctx, 1) {
		if err != nil {
			return fmt.Errorf("warehouse: %w", err)
		}
		if err := b.enter(ctx, c); err != nil {
			return err
		}
		if last = c.Seq; last == target.Seq {
			return nil
		}
	}
	return fmt.Errorf("warehouse: %w: the chain ends at commit %d, want %d", lake.ErrDamaged, last, target.Seq)
}

// loadOther loads a table without versions.
func (b *build) loadOther(ctx context.Context, t *schemas.Table, parts []lake.Part) error {
	set, err := b.fetch(ctx, t, parts)
	if err != nil {
		return err
	}
	defer set.release()
	if t.History == schemas.State {
		return b.loadState(ctx, set)
	}
	return b.loadLog(ctx, set)
}

// loadTable loads every version of a table and reads it back.
func (b *build) loadTable(ctx context.Context, v *entityVersions, t *schemas.Table, parts []lake.Part) error {
	set, err := b.fetch(ctx, t, parts)
	if err != nil {
		return err
	}
	defer set.release()
	if err := v.add(ctx, t, set.from); err != nil {
		return err
	}
	if _, err := b.in.load(ctx, set, "ended", &v.family); err != nil {
		return err
	}
	all := ident(t.Name + versions)
	got, err := b.in.fingerprint(ctx, t, all)
	if err != nil {
		return err
	}
	if err := b.agree(ctx, set, got); err != nil {
		return err
	}
	return b.unique(ctx, t, all, got.rows)
}

// entityVersions knows the versions of a family's entities, and which version ended which. They are
// the union over all its tables; as a rule the first has them all.
type entityVersions struct {
	family
	in     *instance
	loaded []*schemas.Table // whose versions were taken in
	late   bool             // a later table had versions that those before it did not have
}

// add takes in the versions of t in from.
func (v *entityVersions) add(ctx context.Context, t *schemas.Table, from string) error {
	if len(v.loaded) == 0 {
		none := fmt.Sprintf("SELECT %s FROM %s LIMIT 0", idents(v.version()), ident(v.root+versions))
		stmt := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE version AS %s; CREATE OR REPLACE TEMP TABLE ended AS SELECT *, %s AS %s FROM (%s)", none, versionSeq, nextSeq, none)
		if err := v.in.exec(ctx, "collect versions of "+v.root, stmt); err != nil {
			return err
		}
	}
	stmt := fmt.Sprintf("INSERT INTO version SELECT DISTINCT %s FROM %s AS p WHERE NOT EXISTS (SELECT 1 FROM version AS v WHERE %s)",
		idents(v.version()), from, equal("p", "v", v.version()))
	added, err := v.in.change(ctx, "collect versions of "+t.Name, stmt)
	if err != nil {
		return err
	}
	if added > 0 {
		v.late = v.late || len(v.loaded) > 0
		if err := v.end(ctx); err != nil {
			return err
		}
	}
	v.loaded = append(v.loaded, t)
	return nil
}

// end works out which version ended which. Most entities have one version and are left out.
func (v *entityVersions) end(ctx context.Context) error {
	return v.in.exec(ctx, "order versions of "+v.root, fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE ended AS
SELECT *, lead(%[1]s) OVER (PARTITION BY %[2]s ORDER BY %[1]s) AS %[3]s
FROM version AS v WHERE EXISTS (SELECT 1 FROM (SELECT %[2]s FROM version GROUP BY ALL HAVING count(*) > 1) AS m WHERE %[4]s)
QUALIFY %[3]s IS NOT NULL`, versionSeq, idents(v.key), nextSeq, equal("v", "m", v.key)))
}

// mend corrects the rows that were loaded before a later table had more versions.
func (v *entityVersions) mend(ctx context.Context) error {
	if !v.late {
		return nil
	}
	for _, t := range v.loaded {
		stmt := fmt.Sprintf("UPDATE %s AS v SET %s = e.%s FROM ended AS e WHERE v.%s <> e.%s AND %s",
			ident(t.Name+replaced), nextSeq, nextSeq, nextSeq, nextSeq, equal("v", "e", v.version()))
		if err := v.in.exec(ctx, "correct "+t.Name, stmt); err != nil {
			return err
		}
		if _, err := v.in.move(ctx, t, "ended", nextSeq, v.version()); err != nil {
			return err
		}
	}
	return nil
}

func prefixed(alias string, names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += ", "
		}
		out += alias + "." + ident(n)
	}
	return out
}
