package night

import (
	"context"
	"errors"
	"fmt"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// makeRows makes the rows of every version, bin by bin.
func (rp *replay) makeRows(ctx context.Context) error {
	for i := range rp.bins.bins {
		records, err := rp.bins.take(i)
		if err != nil {
			return err
		}
		for len(records) > 0 {
			n := 1
			for n < len(records) && records[n].compare(&records[0]) == 0 {
				n++
			}
			if err := rp.add(ctx, records[:n]); err != nil {
				return err
			}
			records = records[n:]
		}
		rp.Progress("replay", i+1, len(rp.bins.bins))
		if rp.text < rp.textLimit {
			continue
		}
		if err := errors.Join(rp.drain(), rp.store(ctx)); err != nil {
			return err
		}
	}
	return rp.drain()
}

// add makes the rows of one version, which must be as many of the entity's own table as there were.
func (rp *replay) add(ctx context.Context, records []record) error {
	v, stored, err := rp.version(ctx, records)
	if err != nil {
		return err
	}
	if v.Application != rp.application || rp.waiting == chunkSize {
		if err := rp.drain(); err != nil {
			return err
		}
		rp.application = v.Application
	}
	root := records[0].root
	had := rp.rows.Rows(root)
	rp.rows.Add(v)
	rejects := rp.rows.Rejects()
	for len(rp.observed) < len(rejects) {
		rp.observed = append(rp.observed, v.ObservedAt)
	}
	rp.waiting++
	for _, d := range v.Documents {
		rp.text += int64(len(d.Body))
	}
	switch made := rp.rows.Rows(root) - had; {
	case made == 0 && stored:
		return fmt.Errorf("replay %s %s, version %d: %w: no row (%s)", root, v.SessionID, v.VersionSeq, ErrFewer, lastReason(rejects))
	case made > 0:
		rp.out.Versions[root]++
	}
	return nil
}

// version puts a version together from its documents and the row that it has. stored: it has one.
func (rp *replay) version(ctx context.Context, records []record) (v transform.Version, stored bool, err error) {
	first, docs := &records[0], records
	if stored = first.kind == ""; stored {
		docs = records[1:]
	}
	damaged := func(what string) error {
		return fmt.Errorf("replay %s %s, version %d: %w: %s", first.root, first.id, first.seq, lake.ErrDamaged, what)
	}
	runID, made := rp.chain[first.seq]
	switch {
	case !made:
		return v, stored, damaged("no commit has that number")
	case len(docs) == 0:
		return v, stored, damaged("no document of it is in the lake")
	}
	v = transform.Version{Application: first.application, SessionID: schemas.SessionID(docs[0].id), VersionSeq: first.seq, RunID: runID}
	for i, d := range docs {
		if d.kind == "" || i > 0 && d.kind == docs[i-1].kind {
			return v, stored, damaged("it is there twice")
		}
		v.Documents = append(v.Documents, schemas.Document{Kind: d.kind, ID: d.id, Body: d.body, ObservedAt: d.at})
	}
	if !stored {
		return v, stored, rp.reconstruct(ctx, &v, docs)
	}
	v.ObservedAt, v.ContentHash = first.at, first.content
	v.SessionKind, v.SessionNumber = schemas.SessionKind(first.sessionKind), first.sessionNumber
	return v, stored, nil
}

// reconstruct completes a version whose row was withheld: what the row would tell is worked out as it
// was when the version was stored.
func (rp *replay) reconstruct(ctx context.Context, v *transform.Version, docs []record) (err error) {
	hashes := map[schemas.DocumentKind]schemas.Digest{}
	for _, d := range docs {
		hashes[d.kind] = d.content
		v.ObservedAt = later(v.ObservedAt, d.at)
	}
	v.ContentHash = transform.ContentHash(hashes)
	if kind := docs[0].kind; kind == schemas.Activity || kind == schemas.Workflow {
		v.ContentHash = docs[0].content
	}
	if docs[0].root != "sessions" {
		return nil
	}
	known := rp.known[v.Application]
	if known == nil {
		if known, _, err = readState(ctx, rp.Lake, rp.head, v.Application, rp.WorkDir); err != nil {
			return err
		}
		rp.known[v.Application] = known
	}
	k := known.Get(v.SessionID)
	v.SessionKind, v.SessionNumber = k.SessionKind, k.SessionNumber
	return nil
}

func lastReason(rejects []transform.Reject) string {
	if len(rejects) == 0 {
		return "the document that it is made of is not there"
	}
	return rejects[len(rejects)-1].Reason
}

// drain hands the rows that wait to the open parts, and what was noted on the way to the notes.
func (rp *replay) drain() error {
	if rp.waiting == 0 {
		return nil
	}
	n := rp.notes[rp.application]
	if n == nil {
		n = newNotes(&run{Config: Config{Application: rp.application}, Summary: Summary{RunID: rp.out.RunID}}, rp.next.Seq)
		rp.notes[rp.application] = n
	}
	for i, rej := range rp.rows.Rejects() {
		n.reject(rejected{Reject: rej, at: rp.observed[i]})
	}
	n.takeDrift(rp.rows)
	rp.waiting, rp.observed = 0, rp.observed[:0]
	return rp.rows.Take(func(t *schemas.Table, rows arrow.RecordBatch) error {
		rp.after.take(t, rows)
		return rp.open.write(t, rows)
	})
}

// compare holds what was made against what is stored.
func (rp *replay) compare(context.Context) error {
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		if !t.FromDocuments() || rp.before.rows(t)+rp.after.rows(t) == 0 {
			continue
		}
		r := ReplayedTable{Table: t.Name, Before: rp.before.rows(t), After: rp.after.rows(t), Columns: []ReplayedColumn{}}
		for i, c := range t.Stored() {
			if before, after := rp.before.values(t, i), rp.after.values(t, i); before != after {
				r.Columns = append(r.Columns, ReplayedColumn{c.Name, before, after})
			}
		}
		rp.out.Tables = append(rp.out.Tables, r)
		if t.Root() == t.Name && r.After < r.Before {
			return fmt.Errorf("replay: %w: %d versions of %s, and %d are stored", ErrFewer, r.After, t.Name, r.Before)
		}
		if r.After < r.Before {
			rp.Log.Warn("a table has fewer rows than before; its documents stay", "table", t.Name, "before", r.Before, "after", r.After)
		}
	}
	return nil
}

// store puts the open parts into the lake.
func (rp *replay) store(ctx context.Context) error {
	spooled, err := rp.open.close()
	if err != nil {
		return err
	}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		s := spooled[t.Name]
		if s == nil {
			continue
		}
		if t.FromDocuments() {
			s.Part.Level = 1 // like a compacted part it holds the rows of many commits
		}
		part, err := rp.Lake.Put(ctx, s, rp.out.RunID)
		if err != nil {
			return fmt.Errorf("part of %s: %w", t.Name, err)
		}
		part.AddedBySeq = rp.next.Seq
		if rp.next.Tables[t.Name] == nil {
			rp.next.Tables[t.Name] = map[string]lake.Part{}
		}
		rp.next.Tables[t.Name][part.Name] = part
		rp.out.Parts++
		rp.out.PartBytes += part.Bytes
		rp.Step("replay.part")
	}
	rp.text, rp.open = 0, &partSet{dir: rp.WorkDir, open: map[string]*lake.PartWriter{}}
	return nil
}

// newNotes returns the notes of a commit of that number.
func newNotes(r *run, seq int64) *notes {
	return &notes{run: r, seq: seq, rejects: transform.NewRows(schemas.Lookup("rejects")), drift: map[driftKey]*transform.Drift{}}
}

// takeDrift adds what a flattener saw that no column expects.
func (n *notes) takeDrift(f *transform.Flattener) {
	for _, d := range f.Drift() {
		key := driftKey{document: d.Document, path: d.Path, kind: d.Kind}
		if d.Kind == transform.DriftValue {
			key.example = d.Example
		}
		if have := n.drift[key]; have != nil {
			have.Count += d.Count
		} else {
			n.drift[key] = &d
		}
	}
}
