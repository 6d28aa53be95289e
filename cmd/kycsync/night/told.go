package night

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"
)

// A told is what a person tells the lake, outside all nights: it becomes a commit of its own.
type told struct {
	what    string // for an error: "note what was accepted"
	step    string // name of the step before the commit
	figures map[string]int64
	// rows calls write with the rows of each table, once per table or several times.
	rows func(c *lake.Commit, write func(*transform.Rows) error) error
}

// tell makes the commit after the newest one, which is published if that is, and lets the warehouse follow. look says
// what there is to tell, given the newest commit, nil where there is none; it is asked again when another commit came
// first, and returns nil where there is nothing to tell: then nothing is committed.
//
// Of cfg the fields Lake, Warehouse, WorkDir, Now and Step count. Errors: those of look, ErrDeferred, and those of
// package lake; ErrConflict says that others kept committing first.
func tell(ctx context.Context, cfg Config, look func(head *lake.Commit) (*told, error)) error {
	c, err := store(ctx, cfg, look)
	if err != nil || c == nil || c.PublishedSeq != c.Seq {
		return err // if it is not published, readers see it with the next night
	}
	_, err = publishWarehouse(ctx, cfg)
	return err
}

// store is tell without the warehouse. The commit is nil where there was nothing to tell.
func store(ctx context.Context, cfg Config, look func(head *lake.Commit) (*told, error)) (*lake.Commit, error) {
	for race := 1; ; race++ {
		head, err := cfg.Lake.Head(ctx)
		if err != nil && !errors.Is(err, lake.ErrNotExist) {
			return nil, fmt.Errorf("read the newest commit of %s: %w", cfg.Lake.Bucket().URI(), err)
		}
		what, err := look(head)
		if err != nil || what == nil {
			return nil, err
		}
		c, err := what.commit(ctx, cfg, head)
		if errors.Is(err, lake.ErrConflict) && race < maxRaces {
			continue
		}
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// commit makes the commit after head. It is published if head is.
func (what *told) commit(ctx context.Context, cfg Config, head *lake.Commit) (*lake.Commit, error) {
	now := cfg.Now().UTC()
	c := &lake.Commit{Kind: lake.Sync, Seq: head.Seq + 1, RunID: newRunID(now), CommittedAt: now, PublishedSeq: head.PublishedSeq,
		Tables: map[string]map[string]lake.Part{}, Figures: what.figures}
	if head.PublishedSeq == head.Seq {
		c.PublishedSeq = c.Seq
	} else {
		c.Note = head.Note // why readers do not see what is staged
	}
	for name, parts := range head.Tables {
		c.Tables[name] = maps.Clone(parts)
	}
	w := &partSet{dir: cfg.WorkDir, open: map[string]*lake.PartWriter{}}
	defer w.abort()
	if err := what.rows(c, func(rows *transform.Rows) error { return rows.Take(w.write) }); err != nil {
		return nil, err
	}
	spooled, err := w.close()
	if err != nil {
		return nil, err
	}
	for i := range schemas.Tables {
		name := schemas.Tables[i].Name
		if spooled[name] == nil {
			continue
		}
		part, err := cfg.Lake.Put(ctx, spooled[name], c.RunID)
		if err != nil {
			return nil, fmt.Errorf("part of %s: %w", name, err)
		}
		if c.Tables[name] == nil {
			c.Tables[name] = map[string]lake.Part{}
		}
		c.Tables[name][part.Name] = part
	}
	cfg.Step(what.step)
	if err := cfg.Lake.Append(ctx, head, c); err != nil {
		return nil, fmt.Errorf("%s: %w", what.what, err)
	}
	return c, nil
}
