package warehouse

import (
	"context"
	"fmt"
	"strings"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// An increment is the loading of some commits that follow each other. It is done table by table and not commit by
// commit: what DuckDB does for each column of each table costs more than the rows of a commit.
type increment struct {
	b       *build
	first   int64                  // number of the first commit
	parts   map[string][]lake.Part // by table, those that the commits added
	changed []string               // tables that have other rows now
}

// newIncrement takes the parts that the commits added. A compaction adds no rows.
func newIncrement(b *build, commits []*lake.Commit) *increment {
	inc := &increment{b: b, first: commits[0].Seq, parts: map[string][]lake.Part{}}
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

func (inc *increment) load(ctx context.Context) error {
	for _, f := range families() {
		if err := inc.family(ctx, &f); err != nil {
			return err
		}
	}
	for _, t := range tables() {
		if err := inc.other(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// other loads a table without versions.
func (inc *increment) other(ctx context.Context, t *schemas.Table) error {
	if t.Root() != "" || len(inc.parts[t.Name]) == 0 {
		return nil
	}
	set, err := inc.b.fetch(ctx, t, inc.parts[t.Name])
	if err != nil {
		return err
	}
	defer set.release()
	inc.changed = append(inc.changed, t.Name)
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
		err = outdated("commits from %d on bring rows of other versions into %s", inc.first, t.Name)
	}
	if err != nil {
		set.release()
		return nil, err
	}
	return set, nil
}

// family adds the new rows of an entity's tables, ends the versions that they replace, and makes the
// current tables follow. One without new rows in any of its tables costs nothing.
func (inc *increment) family(ctx context.Context, f *family) error {
	sets := map[string]*partSet{}
	defer func() {
		for _, set := range sets {
			set.release()
		}
	}()
	var added []string
	for _, t := range f.tables {
		if len(inc.parts[t.Name]) == 0 {
			continue
		}
		set, err := inc.fetch(ctx, t)
		if err != nil {
			return err
		}
		sets[t.Name] = set
		added = append(added, fmt.Sprintf("SELECT %s FROM %s", idents(f.version()), set.from))
	}
	if len(added) == 0 {
		return nil
	}
	// Of each new version: which one ended it, and whether it is the first new one of its entity.
	stmt := fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE added AS
SELECT *, lead(%[1]s) OVER one AS %[2]s, row_number() OVER one = 1 AS is_first FROM (SELECT DISTINCT * FROM (%[3]s)) WINDOW one AS (PARTITION BY %[4]s ORDER BY %[1]s)`,
		versionSeq, nextSeq, strings.Join(added, " UNION ALL "), idents(f.key))
	if err := inc.b.in.exec(ctx, "collect versions of "+f.root, stmt); err != nil {
		return err
	}
	for _, t := range f.tables {
		if err := inc.replace(ctx, t, sets[t.Name], f); err != nil {
			return err
		}
	}
	return nil
}

// replace ends the current rows of the entities that have new versions and adds those of set, which may be nil.
func (inc *increment) replace(ctx context.Context, t *schemas.Table, set *partSet, f *family) error {
	name, all, op := ident(t.Name), ident(t.Name+versions), "load "+t.Name
	ended, err := inc.b.in.change(ctx, op, fmt.Sprintf("UPDATE %s AS v SET %s = a.%s FROM added AS a WHERE a.is_first AND v.%s IS NULL AND %s", all, nextSeq, versionSeq, nextSeq, equal("v", "a", f.key)))
	if err != nil || ended == 0 && set == nil {
		return err
	}
	inc.changed = append(inc.changed, t.Name)
	if ended > 0 {
		if err := inc.b.in.exec(ctx, op, fmt.Sprintf("DELETE FROM %s AS v USING added AS a WHERE a.is_first AND %s", name, equal("v", "a", f.key))); err != nil {
			return err
		}
	}
	if set != nil {
		if err := inc.add(ctx, t, set, f); err != nil {
			return err
		}
	}
	return inc.b.current(ctx, t)
}

// add inserts the rows of set and reads them back.
func (inc *increment) add(ctx context.Context, t *schemas.Table, set *partSet, f *family) error {
	name, all, op := ident(t.Name), ident(t.Name+versions), "load "+t.Name
	stmt := fmt.Sprintf("INSERT INTO %s SELECT %s, a.%s FROM %s AS p LEFT JOIN added AS a ON %s", all, prefixed("p", names(t)), nextSeq, set.from, equal("p", "a", f.version()))
	if err := inc.b.in.exec(ctx, op, stmt); err != nil {
		return err
	}
	where := fmt.Sprintf("%s WHERE %s >= %d", all, versionSeq, inc.first)
	if err := inc.b.in.exec(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s AND %s IS NULL", name, columns(t), where, nextSeq)); err != nil {
		return err
	}
	got, err := inc.b.in.fingerprint(ctx, t, where)
	if err != nil {
		return err
	}
	if err := inc.b.agree(ctx, set, got); err != nil {
		return err
	}
	return inc.b.unique(ctx, t, where)
}
