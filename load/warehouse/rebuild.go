package warehouse

import (
	"context"
	"fmt"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// rebuild makes the build file from the live set of target, in one transaction with the ledger
// entries of all commits up to it. Each table is fetched, loaded, read back and let go, so that the
// disk holds one table's downloads at a time.
func (b *build) rebuild(ctx context.Context, target *lake.Commit) (Report, error) {
	rep := Report{ToSeq: target.Seq}
	if err := b.begin(ctx); err != nil {
		return rep, err
	}
	if target.Seq > 0 {
		if err := b.known(target); err != nil {
			return rep, err
		}
		if err := b.in.transaction(ctx, func() error { return b.loadAll(ctx, target) }); err != nil {
			return rep, err
		}
		b.cfg.Step(stepLoaded)
	}
	var err error
	rep.Rows, err = b.in.rowCounts(ctx)
	return rep, err
}

func (b *build) loadAll(ctx context.Context, target *lake.Commit) error {
	last := int64(0)
	for c, err := range b.lake.Commits(ctx, 1) {
		if err != nil {
			return fmt.Errorf("warehouse: %w", err)
		}
		if err := b.enter(ctx, c); err != nil {
			return err
		}
		if last = c.Seq; last == target.Seq {
			break
		}
	}
	if last != target.Seq {
		return fmt.Errorf("warehouse: %w: the chain ends at commit %d, want %d", lake.ErrDamaged, last, target.Seq)
	}
	s := sessionVersions{in: b.in}
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, t := range tables() {
		if err := b.loadTable(ctx, &s, t, target); err != nil {
			return err
		}
	}
	if err := s.mend(ctx); err != nil {
		return err
	}
	for _, t := range tables() {
		if err := b.fillCurrent(ctx, t); err != nil {
			return err
		}
	}
	b.cfg.Step(stepLoad)
	return nil
}

// loadTable loads every version of a table and reads it back.
func (b *build) loadTable(ctx context.Context, s *sessionVersions, t *schemas.Table, target *lake.Commit) error {
	parts := liveParts(target, t.Name)
	if len(parts) == 0 {
		return nil
	}
	set, err := b.fetch(ctx, t, parts)
	if err != nil {
		return err
	}
	defer set.release()
	all := ident(t.Name + versions)
	var stmt string
	switch t.History {
	case schemas.Log:
		return b.loadLog(ctx, set)
	case schemas.State:
		return b.loadState(ctx, set)
	case schemas.BySession:
		if err := s.add(ctx, t, set); err != nil {
			return err
		}
		stmt = fmt.Sprintf("INSERT INTO %s SELECT %s, e.%s FROM %s AS p LEFT JOIN ended AS e ON %s",
			all, prefixed("p", names(t)), nextSeq, set.from, equal("p", "e", versionKey))
	case schemas.ByKey:
		stmt = fmt.Sprintf("INSERT INTO %s SELECT %s, lead(%s) OVER (PARTITION BY %s ORDER BY %s) FROM %s",
			all, columns(t), versionSeq, idents(t.Key), versionSeq, set.from)
	}
	if err := b.in.exec(ctx, "load "+t.Name, stmt); err != nil {
		return err
	}
	got, err := b.in.fingerprint(ctx, t, all)
	if err != nil {
		return err
	}
	if err := b.agree(ctx, set, got); err != nil {
		return err
	}
	return b.unique(ctx, t, all)
}

// fillCurrent makes the current table of one with versions.
func (b *build) fillCurrent(ctx context.Context, t *schemas.Table) error {
	if t.History != schemas.BySession && t.History != schemas.ByKey {
		return nil
	}
	stmt := fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s WHERE %s IS NULL", ident(t.Name), columns(t), ident(t.Name+versions), nextSeq)
	if err := b.in.exec(ctx, "load "+t.Name, stmt); err != nil {
		return err
	}
	return b.current(ctx, t)
}

var versionKey = []string{application, sessionID, versionSeq}

// sessionVersions knows the versions of every session, and which version ended which. They are the
// union over all session tables, so that a version whose own row was rejected still ends the
// version before; as a rule the first table, sessions, has them all.
type sessionVersions struct {
	in     *instance
	loaded []*schemas.Table // whose rows were joined with ended
	late   bool             // a later table had versions that those before it did not have
}

func (s *sessionVersions) begin(ctx context.Context) error {
	return s.in.exec(ctx, "collect versions", `CREATE OR REPLACE TEMP TABLE version (application VARCHAR, session_id VARCHAR, version_seq BIGINT);
CREATE OR REPLACE TEMP TABLE ended (application VARCHAR, session_id VARCHAR, version_seq BIGINT, next_seq BIGINT)`)
}

// add takes in the versions in set.
func (s *sessionVersions) add(ctx context.Context, t *schemas.Table, set *partSet) error {
	var before, after int64
	count := "SELECT count(*) FROM version"
	if err := s.in.row(ctx, "count versions", count, &before); err != nil {
		return err
	}
	stmt := fmt.Sprintf("INSERT INTO version SELECT DISTINCT %s FROM %s AS p WHERE NOT EXISTS (SELECT 1 FROM version AS v WHERE %s)",
		idents(versionKey), set.from, equal("p", "v", versionKey))
	if err := s.in.exec(ctx, "collect versions of "+t.Name, stmt); err != nil {
		return err
	}
	if err := s.in.row(ctx, "count versions", count, &after); err != nil {
		return err
	}
	if after > before {
		s.late = s.late || len(s.loaded) > 0
		if err := s.end(ctx); err != nil {
			return err
		}
	}
	s.loaded = append(s.loaded, t)
	return nil
}

// end works out which version ended which. Most sessions have one version and are left out.
func (s *sessionVersions) end(ctx context.Context) error {
	return s.in.exec(ctx, "order versions", `CREATE OR REPLACE TEMP TABLE ended AS
SELECT application, session_id, version_seq, lead(version_seq) OVER (PARTITION BY application, session_id ORDER BY version_seq) AS next_seq
FROM version SEMI JOIN (SELECT application, session_id FROM version GROUP BY ALL HAVING count(*) > 1) USING (application, session_id)
QUALIFY next_seq IS NOT NULL`)
}

// mend corrects the rows that were loaded before a later table had more versions.
func (s *sessionVersions) mend(ctx context.Context) error {
	if !s.late {
		return nil
	}
	for _, t := range s.loaded {
		stmt := fmt.Sprintf("UPDATE %s AS v SET %s = e.%s FROM ended AS e WHERE v.%s IS DISTINCT FROM e.%s AND %s",
			ident(t.Name+versions), nextSeq, nextSeq, nextSeq, nextSeq, equal("v", "e", versionKey))
		if err := s.in.exec(ctx, "correct "+t.Name, stmt); err != nil {
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
