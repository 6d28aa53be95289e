package warehouse

import (
	"context"
	"fmt"
	"strings"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// An increment is the loading of some commits that follow each other. It is done table by table and not commit by
// commit: what DuckDB does for each column of each table costs more than the rows of a commit, and of a table that it
// changes it keeps something in memory until the transaction ends. So the tables of a large lake are loaded in several
// transactions. Where a build is stopped between two of them, the next one loads the tables that are left, with the
// same commits.
type increment struct {
	b     *build
	at    *standing
	all   []*lake.Commit
	parts map[string][]lake.Part // by table, those that the commits added
	sets  map[string]*partSet    // by table, those of entities
}

// newIncrement takes the parts that the commits added. A compaction adds no rows.
func newIncrement(b *build, at *standing, commits []*lake.Commit) *increment {
	inc := &increment{b: b, at: at, all: commits, parts: map[string][]lake.Part{}, sets: map[string]*partSet{}}
	for _, c := range commits {
		if c.Kind == lake.Compact {
			continue
		}
		for table, parts := range c.Tables {
			for _, p := range parts {
				if p.AddedBySeq == c.Seq {
					inc.parts[table] = append(inc.parts[table], p)
				}
			}
		}
	}
	return inc
}

func (inc *increment) first() int64       { return inc.all[0].Seq }
func (inc *increment) last() *lake.Commit { return inc.all[len(inc.all)-1] }

// apply adds the rows, and the ledger entries.
func (inc *increment) apply(ctx context.Context) error {
	defer inc.release()
	for _, c := range inc.all {
		if err := inc.b.known(c); err != nil {
			return err
		}
	}
	pieces := []piece{{do: func() error { return inc.enter(ctx) }}}
	for _, f := range families() {
		found, err := inc.collect(ctx, &f)
		if err != nil {
			return err
		}
		for _, t := range f.tables {
			if found && len(inc.last().Tables[t.Name]) > 0 {
				pieces = append(pieces, inc.piece(ctx, t, inc.kept(&f, t), func() (string, error) { return inc.replace(ctx, t, &f) }))
			}
		}
	}
	for _, t := range tables() {
		if t.Root() == "" && len(inc.parts[t.Name]) > 0 {
			pieces = append(pieces, inc.piece(ctx, t, 0, func() (string, error) { return counted(t), inc.other(ctx, t) }))
		}
	}
	pieces = append(pieces, piece{do: func() error { return inc.finish(ctx) }})
	return inc.b.inTransactions(ctx, pieces, inc.b.cfg.addAtOnce)
}

// piece loads a table, unless that is done, and notes it. load returns how many rows shall be current then, as an
// expression, and nothing where the table stays as it is.
func (inc *increment) piece(ctx context.Context, t *schemas.Table, size int64, load func() (current string, err error)) piece {
	return piece{size, func() error {
		if inc.at.loaded[t.Name] >= inc.last().Seq {
			return nil
		}
		current, err := load()
		if err == nil && current != "" {
			err = inc.b.tally(ctx, inc.last(), t, current)
		}
		return err
	}}
}

// enter writes the ledger entries.
func (inc *increment) enter(ctx context.Context) error {
	for _, c := range inc.all {
		if c.Seq > inc.at.seq {
			if err := inc.b.enter(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish notes that all tables have the rows of the commits.
func (inc *increment) finish(ctx context.Context) error {
	return inc.b.in.exec(ctx, "note what was loaded", "UPDATE "+tallyTable+" SET loaded_seq = ?", inc.last().Seq)
}

// vectorBytes is what DuckDB keeps in memory at most, and cannot put aside, for each 2048 rows of a table among which any row
// was replaced, until the transaction has ended: measured on a million sessions.
const vectorBytes = 24 << 10

// kept is how many bytes the transaction keeps, at most, for what the commits end in one of a family's tables.
func (inc *increment) kept(f *family, t *schemas.Table) int64 {
	return vectorBytes * min(rowsOf(inc.parts[f.root]), rowsOf(inc.last().InOrder(t.Name))/2048+1)
}

// other loads a table without versions.
func (inc *increment) other(ctx context.Context, t *schemas.Table) error {
	set, err := inc.b.fetch(ctx, t, inc.parts[t.Name])
	if err != nil {
		return err
	}
	defer set.release()
	if t.History == schemas.State {
		return inc.b.loadState(ctx, set)
	}
	return inc.b.loadLog(ctx, set)
}

// fetch brings the new parts of a table of versions here. Their rows must be of the commits that added them.
func (inc *increment) fetch(ctx context.Context, t *schemas.Table) (*partSet, error) {
	parts := inc.parts[t.Name]
	set, err := inc.b.fetch(ctx, t, parts)
	if err != nil {
		return nil, err
	}
	var seqs []string // of the parts, in the order in which they stand in set
	for _, p := range parts {
		seqs = append(seqs, fmt.Sprint(p.AddedBySeq))
	}
	var other int64
	err = inc.b.in.row(ctx, "check "+t.Name, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s IS DISTINCT FROM [%s][CAST(_part AS BIGINT) + 1]", set.from, versionSeq, strings.Join(seqs, ", ")), &other)
	if err == nil && other > 0 {
		err = outdated("commits from %d on bring rows of other versions into %s", inc.first(), t.Name)
	}
	if err != nil {
		set.release()
		return nil, err
	}
	return set, nil
}

func (inc *increment) release() {
	for _, set := range inc.sets {
		set.release()
	}
}

// collect fetches the new rows of an entity's tables and notes of each new version which one ended it, and whether it
// is the first new one of its entity. It reports whether there are any. Without new rows a family costs nothing.
func (inc *increment) collect(ctx context.Context, f *family) (bool, error) {
	var added []string
	for _, t := range f.tables {
		if len(inc.parts[t.Name]) == 0 {
			continue
		}
		set, err := inc.fetch(ctx, t)
		if err != nil {
			return false, err
		}
		inc.sets[t.Name] = set
		added = append(added, fmt.Sprintf("SELECT %s FROM %s", idents(f.version()), set.from))
	}
	if len(added) == 0 {
		return false, nil
	}
	stmt := fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[5]s AS
SELECT *, lead(%[1]s) OVER one AS %[2]s, row_number() OVER one = 1 AS is_first FROM (SELECT DISTINCT * FROM (%[3]s)) WINDOW one AS (PARTITION BY %[4]s ORDER BY %[1]s)`,
		versionSeq, nextSeq, strings.Join(added, " UNION ALL "), idents(f.key), f.added())
	return true, inc.b.in.exec(ctx, "collect versions of "+f.root, stmt)
}

// added is the temporary table of a family's new versions.
func (f *family) added() string { return ident("_added_" + f.root) }

// replace moves the current rows of the entities that have new versions to those that were replaced, and adds the new rows.
func (inc *increment) replace(ctx context.Context, t *schemas.Table, f *family) (current string, err error) {
	moved, err := inc.b.in.move(ctx, t, "(FROM "+f.added()+" WHERE is_first)", versionSeq, f.key)
	set, added := inc.sets[t.Name], int64(0)
	if err == nil && set != nil {
		added, err = inc.add(ctx, t, set, f)
	}
	if err != nil || moved == 0 && set == nil {
		return "", err
	}
	return fmt.Sprintf("current_rows + %d", added-moved), nil
}

// add inserts the rows of set and reads them back. It returns how many are current.
func (inc *increment) add(ctx context.Context, t *schemas.Table, set *partSet, f *family) (current int64, err error) {
	if current, err = inc.b.in.load(ctx, set, "(FROM "+f.added()+" WHERE "+nextSeq+" IS NOT NULL)", f); err != nil {
		return 0, err
	}
	where := fmt.Sprintf("%s WHERE %s >= %d", ident(t.Name+versions), versionSeq, inc.first())
	got, err := inc.b.in.fingerprint(ctx, t, where)
	if err != nil {
		return 0, err
	}
	if err := inc.b.agree(ctx, set, got); err != nil {
		return 0, err
	}
	return current, inc.b.unique(ctx, t, where, got.rows)
}
