package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// An increment is the loading of one commit.
type increment struct {
	b    *build
	c    *lake.Commit
	sets map[string]*partSet // by table, those with new parts only

	changed []string // tables that have other rows now
}

func (inc *increment) fetch(ctx context.Context, added map[string][]lake.Part) error {
	for _, t := range tables() {
		if len(added[t.Name]) == 0 {
			continue
		}
		set, err := inc.b.fetch(ctx, t, added[t.Name])
		if err != nil {
			return err
		}
		inc.sets[t.Name] = set
		if t.Root() == "" {
			continue
		}
		var other int64
		err = inc.b.in.row(ctx, "check "+t.Name, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s IS DISTINCT FROM %d", set.from, versionSeq, inc.c.Seq), &other)
		if err != nil {
			return err
		}
		if other > 0 {
			return outdated("commit %d brings rows of other versions into %s", inc.c.Seq, t.Name)
		}
	}
	return nil
}

func (inc *increment) release() {
	for _, set := range inc.sets {
		set.release()
	}
}

func (inc *increment) load(ctx context.Context) error {
	for _, f := range families() {
		if err := inc.family(ctx, &f); err != nil {
			return err
		}
	}
	for _, t := range tables() {
		set := inc.sets[t.Name]
		var err error
		switch {
		case set == nil:
		case t.History == schemas.Log:
			err = inc.b.loadLog(ctx, set)
		case t.History == schemas.State:
			err = inc.b.loadState(ctx, set)
		}
		if err != nil {
			return err
		}
		if set != nil && t.Root() == "" {
			inc.changed = append(inc.changed, t.Name)
		}
	}
	return nil
}

// family adds the new rows of an entity's tables, ends the versions that they replace, and makes the
// current tables follow. One without new rows in any of its tables costs nothing.
func (inc *increment) family(ctx context.Context, f *family) error {
	var changed []string
	for _, t := range f.tables {
		if set := inc.sets[t.Name]; set != nil {
			changed = append(changed, fmt.Sprintf("SELECT %s FROM %s", idents(f.key), set.from))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	stmt := "CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT * FROM (" + strings.Join(changed, " UNION ALL ") + ")"
	if err := inc.b.in.exec(ctx, "collect versions of "+f.root, stmt); err != nil {
		return err
	}
	for _, t := range f.tables {
		if err := inc.replace(ctx, t, inc.sets[t.Name], f.key); err != nil {
			return err
		}
	}
	return nil
}

// replace ends the current rows of the entities in changed and adds those of set, which may be nil.
func (inc *increment) replace(ctx context.Context, t *schemas.Table, set *partSet, key []string) error {
	name, all, seq, op := ident(t.Name), ident(t.Name+versions), inc.c.Seq, "load "+t.Name
	ended, err := inc.b.in.change(ctx, op, fmt.Sprintf("UPDATE %s AS v SET %s = %d FROM changed AS c WHERE v.%s IS NULL AND %s", all, nextSeq, seq, nextSeq, equal("v", "c", key)))
	if err != nil || ended == 0 && set == nil {
		return err
	}
	inc.changed = append(inc.changed, t.Name)
	if ended > 0 {
		if err := inc.b.in.exec(ctx, op, fmt.Sprintf("DELETE FROM %s AS v USING changed AS c WHERE %s", name, equal("v", "c", key))); err != nil {
			return err
		}
	}
	if set != nil {
		err := errors.Join(
			inc.b.in.exec(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s, NULL FROM %s", all, columns(t), set.from)),
			inc.b.in.exec(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s WHERE %s = %d", name, columns(t), all, versionSeq, seq)))
		if err != nil {
			return err
		}
	}
	where := fmt.Sprintf("%s WHERE %s = %d", all, versionSeq, seq)
	if set != nil {
		got, err := inc.b.in.fingerprint(ctx, t, where)
		if err == nil {
			err = inc.b.agree(ctx, set, got)
		}
		if err != nil {
			return err
		}
		if err := inc.b.unique(ctx, t, where); err != nil {
			return err
		}
	}
	return inc.b.current(ctx, t)
}
