package night

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// commit stores the batch as the next commit. The last commit of a run carries the run record and,
// if the gates passed, is the one that readers follow from now on.
func (r *run) commit(ctx context.Context, last bool) error {
	if r.batch.empty() && !last {
		return nil
	}
	var seq, published int64 = 1, 0
	tables := map[string]map[string]lake.Part{}
	if r.head != nil {
		seq, published = r.head.Seq+1, r.head.PublishedSeq
		for name, parts := range r.head.Tables {
			tables[name] = maps.Clone(parts)
		}
	}
	w := &partSet{dir: r.WorkDir, open: map[string]*lake.PartWriter{}}
	defer w.abort()
	r.Step("flatten")
	if err := r.makeRows(w, seq); err != nil {
		return err
	}
	if last {
		r.gate()
		if len(r.gates) == 0 && r.finished {
			published = seq
		}
		if err := r.record(seq).Take(w.write); err != nil {
			return err
		}
	}
	parts, err := w.store(ctx, r)
	if err != nil {
		return err
	}
	for table, list := range parts {
		if tables[table] == nil {
			tables[table] = map[string]lake.Part{}
		}
		for _, p := range list {
			p.AddedBySeq = seq
			tables[table][p.Name] = p
		}
	}
	c := &lake.Commit{
		Format: 1, Kind: lake.Sync, RunID: r.RunID, CommittedAt: r.Now().UTC(), PublishedSeq: published,
		Tables: tables, Figures: r.figures(),
	}
	if len(r.gates) > 0 {
		c.Note = r.gates[0]
	}
	r.Step("commit")
	if err := r.Lake.Append(ctx, r.head, c); err != nil {
		if errors.Is(err, lake.ErrConflict) {
			return fmt.Errorf("commit %d: %w: %w", seq, ErrOverlap, err)
		}
		return fmt.Errorf("commit %d: %w", seq, err)
	}
	r.Step("committed")
	r.head = c
	r.Commits++
	if published == seq {
		r.Published = seq
	}
	for _, k := range r.batch.changes {
		r.known[k.SessionID] = k
	}
	for _, f := range r.batch.flows {
		r.flows[string(f.SessionID)] = f.ContentHash
	}
	r.batch = newBatch()
	return nil
}

// makeRows turns the batch into rows under that number, in parts that are not yet in the lake.
func (r *run) makeRows(w *partSet, seq int64) error {
	r.batch.inOrder()
	notes := &notes{run: r, seq: seq,
		rejects: transform.NewRows(schemas.Lookup("rejects")), drift: map[driftKey]*transform.Drift{}}
	versions := slices.Concat(r.batch.versions, r.batch.flows)
	if err := flatten(versions, seq, func(c *chunk) error {
		notes.take(c.rows)
		return errors.Join(c.rows.Take(w.write), c.documents.Take(w.write))
	}); err != nil {
		return err
	}
	r.Versions += int64(len(r.batch.versions))
	for _, rej := range r.batch.rejects {
		notes.reject(rej)
	}
	for i := range r.batch.changes {
		k := &r.batch.changes[i]
		k.Stale = k.Stale || notes.stale[k.SessionID]
		if k.ContentHash != r.known[k.SessionID].ContentHash {
			k.VersionSeq = seq
		}
		appendState(r.batch.state, *k)
	}
	for _, rows := range []*transform.Rows{notes.rejects, notes.driftRows(), r.batch.state} {
		if err := rows.Take(w.write); err != nil {
			return err
		}
	}
	return nil
}

// A partSet is the parts of one commit in the making, one per table.
type partSet struct {
	dir  string
	open map[string]*lake.PartWriter
}

func (w *partSet) write(t *schemas.Table, rows arrow.RecordBatch) error {
	p := w.open[t.Name]
	if p == nil {
		var err error
		if p, err = lake.NewPart(t, w.dir); err != nil {
			return fmt.Errorf("part of %s: %w", t.Name, err)
		}
		w.open[t.Name] = p
	}
	if err := p.Write(rows); err != nil {
		return fmt.Errorf("part of %s: %w", t.Name, err)
	}
	return nil
}

// store completes the parts and puts them into the lake, in the order of the dictionary.
func (w *partSet) store(ctx context.Context, r *run) (map[string][]lake.Part, error) {
	out := map[string][]lake.Part{}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		p := w.open[t.Name]
		if p == nil {
			continue
		}
		delete(w.open, t.Name)
		spooled, err := p.Close()
		if err != nil {
			return nil, fmt.Errorf("part of %s: %w", t.Name, err)
		}
		part, err := r.Lake.Put(ctx, spooled, r.RunID)
		if err != nil {
			return nil, fmt.Errorf("part of %s: %w", t.Name, err)
		}
		out[t.Name] = append(out[t.Name], part)
		r.Parts++
		r.PartBytes += part.Bytes
		if isData(t) {
			r.DataParts++
		}
		r.Step("part")
	}
	return out, nil
}

func (w *partSet) abort() {
	for _, p := range w.open {
		p.Abort()
	}
}

// isData reports whether a part of the table says something new about a session, rather than
// about a run.
func isData(t *schemas.Table) bool {
	return t.History == schemas.BySession || t.History == schemas.ByKey
}
