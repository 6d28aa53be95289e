package warehouse

import (
	"context"
	"errors"
	"fmt"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// An increment is the loading of one commit.
type increment struct {
	b    *build
	c    *lake.Commit
	sets map[string]*partSet // by table, those with new parts only
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
		if t.History != schemas.BySession && t.History != schemas.ByKey {
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
	if err := inc.changedSessions(ctx); err != nil {
		return err
	}
	for _, t := range tables() {
		set := inc.sets[t.Name]
		var err error
		switch {
		case t.History == schemas.BySession:
			err = inc.sessions(ctx, t, set)
		case set == nil:
		case t.History == schemas.ByKey:
			err = inc.entities(ctx, t, set)
		case t.History == schemas.Log:
			err = inc.b.loadLog(ctx, set)
		case t.History == schemas.State:
			err = inc.b.loadState(ctx, set)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var sessionKey = []string{application, sessionID}

// changedSessions makes table changed of the sessions that have a new version. It is the union over
// all tables, so that a version whose own row was rejected still ends the version before.
func (inc *increment) changedSessions(ctx context.Context) error {
	stmt := "CREATE OR REPLACE TEMP TABLE changed (application VARCHAR, session_id VARCHAR)"
	if err := inc.b.in.exec(ctx, "collect sessions", stmt); err != nil {
		return err
	}
	for _, t := range tables() {
		set := inc.sets[t.Name]
		if t.History != schemas.BySession || set == nil {
			continue
		}
		stmt := fmt.Sprintf("INSERT INTO changed SELECT DISTINCT %s FROM %s p WHERE NOT EXISTS (SELECT 1 FROM changed c WHERE %s)",
			idents(sessionKey), set.from, equal("p", "c", sessionKey))
		if err := inc.b.in.exec(ctx, "collect sessions of "+t.Name, stmt); err != nil {
			return err
		}
	}
	return nil
}

// sessions adds the new rows of a session table, ends the versions that they replace, and makes the
// current table follow. A child that vanished leaves no row behind: its session changed.
func (inc *increment) sessions(ctx context.Context, t *schemas.Table, set *partSet) error {
	return inc.replace(ctx, t, set, "changed", sessionKey)
}

func (inc *increment) entities(ctx context.Context, t *schemas.Table, set *partSet) error {
	stmt := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE changed_entity AS SELECT DISTINCT %s FROM %s", idents(t.Key), set.from)
	if err := inc.b.in.exec(ctx, "collect entities of "+t.Name, stmt); err != nil {
		return err
	}
	return inc.replace(ctx, t, set, "changed_entity", t.Key)
}

// replace ends the current rows whose key is in changed and adds those of set, which may be nil.
func (inc *increment) replace(ctx context.Context, t *schemas.Table, set *partSet, changed string, key []string) error {
	name, all, seq, op := ident(t.Name), ident(t.Name+versions), inc.c.Seq, "load "+t.Name
	ended, err := inc.b.in.change(ctx, op, fmt.Sprintf("UPDATE %s AS v SET %s = %d FROM %s AS c WHERE v.%s IS NULL AND %s", all, nextSeq, seq, changed, nextSeq, equal("v", "c", key)))
	if err != nil || ended == 0 && set == nil {
		return err
	}
	if ended > 0 {
		if err := inc.b.in.exec(ctx, op, fmt.Sprintf("DELETE FROM %s AS v USING %s AS c WHERE %s", name, changed, equal("v", "c", key))); err != nil {
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
