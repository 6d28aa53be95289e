package lake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kycsync/schemas"
)

// ErrNotRestorable says that a lake cannot be brought back to the commit that was asked for.
var ErrNotRestorable = errors.New("cannot be restored")

// A Restorable is a commit to which a lake can be brought back.
type Restorable struct {
	Commit   *Commit
	Tables   map[string]map[string]Part // its live parts, or those that a damaged one was merged of
	Unmerged int                        // how many of the latter there are
}

// Best returns the newest commit that can be restored, nil if there is none.
func (s *Survey) Best(ctx context.Context) (*Restorable, error) {
	for seq := s.Last; seq > 0; seq-- {
		r, err := s.Restorable(ctx, seq)
		if errors.Is(err, ErrNotRestorable) {
			continue
		}
		return r, err
	}
	return nil, nil
}

// Restorable returns what it takes to bring the lake back to a commit. All its parts have been read and hashed. The
// error wraps ErrNotRestorable and says why not.
func (s *Survey) Restorable(ctx context.Context, seq int64) (*Restorable, error) {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("commit %d %w: %s", seq, ErrNotRestorable, fmt.Sprintf(format, args...))
	}
	if seq < 1 || seq > s.Last {
		return nil, fail("the lake has commits 1 to %d", s.Last)
	}
	switch e := s.entries[seq-1]; {
	case e.err != nil:
		return nil, fail("%v", e.err)
	case e.kind == StandIn:
		return nil, fail("it stands in for one that was lost")
	case e.published != seq:
		return nil, fail("it was never published: no gate has passed what it stored")
	}
	c, err := s.at(ctx, seq)
	if err != nil {
		return nil, err
	}
	r := &Restorable{Commit: c, Tables: map[string]map[string]Part{}}
	var bad []string
	for _, table := range sortedKeys(c.Tables) {
		r.Tables[table] = map[string]Part{}
		for _, p := range c.InOrder(table) {
			parts, err := s.soundParts(ctx, table, p)
			if err != nil {
				return nil, err
			}
			if parts == nil {
				bad = append(bad, p.Name)
			}
			for _, sound := range parts {
				if r.Tables[table][sound.Name] = sound; sound.Name != p.Name {
					r.Unmerged++
				}
			}
		}
	}
	if len(bad) > 0 {
		return nil, fail("%d of its parts are damaged or missing, the first is %q", len(bad), bad[0])
	}
	return r, nil
}

// soundParts returns a part, or where that is damaged those that it was merged of: they stay for a while. Nil: they
// are not there either.
func (s *Survey) soundParts(ctx context.Context, table string, p Part) ([]Part, error) {
	damage, err := s.check(ctx, p)
	if err != nil {
		return nil, err
	}
	if damage == nil {
		return []Part{p}, nil
	}
	if p.LastSeq == 0 || !s.sound(p.AddedBySeq) || !s.sound(p.AddedBySeq-1) || s.entries[p.AddedBySeq-1].kind != Compact {
		return nil, nil
	}
	before, err := s.at(ctx, p.AddedBySeq-1)
	if err != nil {
		return nil, err
	}
	merged, err := s.at(ctx, p.AddedBySeq)
	if err != nil {
		return nil, err
	}
	var out []Part
	rows := int64(0)
	for _, old := range before.InOrder(table) {
		first, last := old.Span()
		if _, stays := merged.Tables[table][old.Name]; stays || first < p.FirstSeq || last > p.LastSeq {
			continue
		}
		parts, err := s.soundParts(ctx, table, old)
		if err != nil || parts == nil {
			return nil, err
		}
		out, rows = append(out, parts...), rows+old.Rows
	}
	t := schemas.Lookup(table)
	if state := t == nil || t.History == schemas.State; rows < p.Rows || rows > p.Rows && !state {
		return nil, nil // others were merged beside them, and it cannot be told which
	}
	return out, nil
}

// A Loss is what is given up with the commits after the one that is restored.
type Loss struct {
	Commits []int64          // that are sound, without stand-ins and those that only merged parts
	Unknown []int64          // that cannot be read: nobody can tell what they stored
	Runs    []string         // that made the former, in order
	Rows    map[string]int64 // by table: every version; without state
}

// Loss compares what is restored with the newest sound commit.
func (s *Survey) Loss(ctx context.Context, r *Restorable) (Loss, error) {
	out := Loss{Rows: map[string]int64{}}
	for _, b := range s.Broken {
		if b.Seq > r.Commit.Seq {
			out.Unknown = append(out.Unknown, b.Seq)
		}
	}
	for seq := r.Commit.Seq + 1; seq <= s.Last; seq++ {
		e := s.entries[seq-1]
		if e.err != nil || e.kind == StandIn || e.kind == Compact {
			continue
		}
		out.Commits = append(out.Commits, seq)
		if !slices.Contains(out.Runs, e.run) {
			out.Runs = append(out.Runs, e.run)
		}
	}
	newest := s.newest()
	if newest <= r.Commit.Seq {
		return out, nil
	}
	c, err := s.at(ctx, newest)
	if err != nil {
		return out, err
	}
	for table, parts := range c.Tables {
		if t := schemas.Lookup(table); t != nil && t.History == schemas.State {
			continue
		}
		n := int64(0)
		for _, p := range parts {
			n += p.Rows
		}
		for _, p := range r.Tables[table] {
			n -= p.Rows
		}
		if n > 0 {
			out.Rows[table] = n
		}
	}
	return out, nil
}
