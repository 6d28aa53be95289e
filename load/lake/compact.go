package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"kycsync/schemas"
)

// The sizes that part one tier of parts from the next, and how many neighbours of a tier are merged.
// What is larger than the last stays as it is, so that a row is written some three times in all.
var tiers = []int64{256 << 10, 4 << 20, 64 << 20}

const (
	mergeParts = 8
	mergeBytes = 256 << 20 // of parts that become one
)

// A Compaction is how parts are merged.
type Compaction struct {
	Dir      string             // for parts in the making
	RunID    string             // names the new parts; it must contain time and chance
	Parts    int                // neighbours of one size that are merged, 2 or more. Defaults to 8
	MaxBytes int64              // of the parts that are read; 0: no limit
	Step     func(table string) // called after each merged part, and with "" before the commit. Defaults to nothing
}

// Compacted is what a compaction did.
type Compacted struct {
	Commit      *Commit // nil: there was nothing to do
	Tables      int
	PartsBefore int // that were merged
	PartsAfter  int
	BytesBefore int64
	BytesAfter  int64
	RowsBefore  int64
	RowsAfter   int64
}

// A merge is neighbouring parts of one table that become one.
type merge struct {
	table *schemas.Table
	parts []Part // in order
}

func (m merge) bytes() (n int64) {
	for _, p := range m.parts {
		n += p.Bytes
	}
	return n
}

// Compact merges small parts into larger ones with the same rows, in a commit of its own. Of state the
// last row of each key stays. What is not yet published is left alone, and readers that follow a published
// commit see no difference. It runs beside a sync: whoever commits second goes on from the commit of the first.
//
// Each merged part is read back, and its rows are counted and hashed, before it is stored; if they are not
// those of the parts that it is made of, that table is left as it is. Errors are those of Rows, Put and Append; what
// was merged before one is committed.
func (l *Lake) Compact(ctx context.Context, cfg Compaction) (Compacted, error) {
	var out Compacted
	head, err := l.Head(ctx)
	if errors.Is(err, ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	made := map[string][]replaced{} // by table
	var failed error
	for _, m := range head.merges(cfg) {
		part, err := l.merge(ctx, m, cfg)
		if err != nil { // what was made counts all the same, or it would be made again each night
			failed = fmt.Errorf("compact %s: %w", m.table.Name, err)
			break
		}
		made[m.table.Name] = append(made[m.table.Name], replaced{m.parts, part})
		if cfg.Step != nil {
			cfg.Step(m.table.Name)
		}
	}
	if len(made) == 0 {
		return out, failed
	}
	if cfg.Step != nil {
		cfg.Step("")
	}
	out, err = l.replace(ctx, head, made, cfg.RunID)
	return out, errors.Join(failed, err)
}

// A replaced is a part and those that it stands for.
type replaced struct {
	old []Part
	new Part
}

// replace commits the new parts in place of the old ones.
func (l *Lake) replace(ctx context.Context, head *Commit, made map[string][]replaced, runID string) (Compacted, error) {
	const tries = 12
	for range tries {
		c, out := head.with(made, runID)
		err := l.Append(ctx, head, c)
		if err == nil {
			out.Commit = c
			return out, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Compacted{}, err
		}
		since := head.Seq
		if head, err = l.Head(ctx); err != nil {
			return Compacted{}, err
		}
		if fenced, err := l.fenced(ctx, since+1); err != nil || fenced {
			return Compacted{}, err // the new parts may be gone
		}
		for table, all := range made {
			made[table] = slices.DeleteFunc(all, func(r replaced) bool { return !head.has(table, r.old) })
		}
		if maps.DeleteFunc(made, func(_ string, all []replaced) bool { return len(all) == 0 }); len(made) == 0 {
			return Compacted{}, nil // another one merged them
		}
	}
	return Compacted{}, fmt.Errorf("compact: %w %d times; nothing was changed", ErrConflict, tries)
}

// fenced reports whether a collection took place since a commit.
func (l *Lake) fenced(ctx context.Context, from int64) (bool, error) {
	for c, err := range l.Commits(ctx, from) {
		if err != nil || c.Figures[fenceFigure] > 0 {
			return true, err
		}
	}
	return false, nil
}

// has reports whether parts are live.
func (c *Commit) has(table string, parts []Part) bool {
	return !slices.ContainsFunc(parts, func(p Part) bool {
		_, ok := c.Tables[table][p.Name]
		return !ok
	})
}

// with returns the commit after c in which parts are replaced. It publishes nothing that is not published.
func (c *Commit) with(made map[string][]replaced, runID string) (*Commit, Compacted) {
	next := &Commit{Seq: c.Seq + 1, PublishedSeq: c.PublishedSeq, Kind: Compact, RunID: runID, Tables: map[string]map[string]Part{}}
	if c.PublishedSeq == c.Seq {
		next.PublishedSeq = next.Seq
	} else {
		next.Note = c.Note // why readers do not see what is staged
	}
	for table, parts := range c.Tables {
		next.Tables[table] = maps.Clone(parts)
	}
	var out Compacted
	for table, all := range made {
		out.Tables++
		for _, r := range all {
			for _, p := range r.old {
				delete(next.Tables[table], p.Name)
				out.RowsBefore, out.BytesBefore, out.PartsBefore = out.RowsBefore+p.Rows, out.BytesBefore+p.Bytes, out.PartsBefore+1
			}
			r.new.AddedBySeq = next.Seq
			next.Tables[table][r.new.Name] = r.new
			out.RowsAfter, out.BytesAfter, out.PartsAfter = out.RowsAfter+r.new.Rows, out.BytesAfter+r.new.Bytes, out.PartsAfter+1
		}
	}
	next.Figures = map[string]int64{
		"parts": int64(out.PartsAfter), "part_bytes": out.BytesAfter, "rows": out.RowsAfter,
		"merged_parts": int64(out.PartsBefore), "merged_part_bytes": out.BytesBefore, "merged_rows": out.RowsBefore,
	}
	return next, out
}

// A Merge is some parts of a table that a compaction would make one.
type Merge struct {
	Table string `json:"table"`
	Parts int    `json:"parts"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// Merges returns what a compaction would do.
func (c *Commit) Merges() (out []Merge) {
	for _, m := range c.merges(Compaction{}) {
		one := Merge{Table: m.table.Name, Parts: len(m.parts), Bytes: m.bytes()}
		for _, p := range m.parts {
			one.Rows += p.Rows
		}
		out = append(out, one)
	}
	return out
}

// merges returns what a compaction should do, within its limit.
func (c *Commit) merges(cfg Compaction) []merge {
	least := cfg.Parts
	if least < 2 {
		least = mergeParts
	}
	var out []merge
	total := int64(0)
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		parts := c.InOrder(t.Name)
		parts = slices.DeleteFunc(parts, func(p Part) bool { _, last := p.Span(); return last > c.PublishedSeq })
		for _, run := range mergeable(t, parts, least) {
			m := merge{t, run}
			if total += m.bytes(); cfg.MaxBytes > 0 && total > cfg.MaxBytes && len(out) > 0 {
				return out
			}
			out = append(out, m)
		}
	}
	return out
}

// mergeable returns the runs of neighbouring parts that should become one: those of the smallest tier of
// which there are enough. State is read as a whole every night, so that its parts become one as soon as what
// came since is a quarter of what there was.
func mergeable(t *schemas.Table, parts []Part, least int) [][]Part {
	if t.History == schemas.State && len(parts) >= least {
		all := merge{t, parts}.bytes()
		if base := parts[0].Bytes; parts[0].Level == 0 || all-base >= base/4 {
			return [][]Part{parts}
		}
	}
	for tier := range tiers {
		if runs := neighbours(parts, tier, least); len(runs) > 0 {
			return runs
		}
	}
	return nil
}

// neighbours returns the runs with enough parts of a tier in a row. Smaller ones between them go along.
func neighbours(parts []Part, tier, least int) (runs [][]Part) {
	var run []Part
	count, end, bytes := 0, 0, int64(0) // of the tier; behind the last of them
	flush := func() {
		if count >= least {
			runs = append(runs, run[:end])
		}
		run, count, end, bytes = nil, 0, 0, 0
	}
	for _, p := range parts {
		at := tierOf(p.Bytes)
		if at > tier || bytes+p.Bytes > mergeBytes {
			flush()
		}
		if at > tier || at < tier && count == 0 {
			continue
		}
		run, bytes = append(run, p), bytes+p.Bytes
		if at == tier {
			count, end = count+1, len(run)
		}
	}
	flush()
	return runs
}

// tierOf is the tier of a part of that size, len(tiers) for one that is large enough.
func tierOf(bytes int64) int {
	for tier, limit := range tiers {
		if bytes < limit {
			return tier
		}
	}
	return len(tiers)
}
