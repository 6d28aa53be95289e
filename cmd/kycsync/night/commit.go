package night

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// maxRaces is how often a run makes its rows again because another run committed first.
const maxRaces = 40

// commit stores the batch as the next commit. The last commit of a run carries the run record and,
// if the gates passed, is the one that readers follow from now on. Where another run was first,
// the rows are made again under the next number, without those that it has stored.
func (r *run) commit(ctx context.Context, last bool) error {
	if r.batch.empty() && !last {
		return nil
	}
	defer r.Group.turn()()
	for range maxRaces {
		r.head = r.Group.newest(r.head)
		summary, gates := r.Summary, len(r.gates)
		c, err := r.tryCommit(ctx, last)
		if err == nil {
			r.committed(c)
			if last {
				r.concluded = true
				r.Group.concluded()
			}
			return nil
		}
		r.Summary, r.gates = summary, r.gates[:gates]
		if !errors.Is(err, lake.ErrConflict) {
			return err
		}
		r.Log.Warn("another run committed first; the rows are made again", "seq", c.Seq)
		if err := r.rebase(ctx); err != nil {
			return err
		}
	}
	return ErrOverlap
}

// conclude makes the rows about the run itself and returns the number of the commit that readers
// follow from now on.
func (r *run) conclude(ctx context.Context, w *partSet, c *lake.Commit) (published int64, err error) {
	promises := r.promiseRows(c.Seq)
	totals := r.totalRows(c.Seq)
	if err := r.gate(ctx); err != nil {
		return 0, err
	}
	published = c.PublishedSeq
	if ok, err := r.mayPublish(ctx); err != nil {
		return 0, err
	} else if ok {
		published = c.Seq
	}
	r.Step("gated")
	for _, rows := range []*transform.Rows{totals, promises, r.users.rows(r, c.Seq), r.record(c.Seq)} {
		if err := rows.Take(w.write); err != nil {
			return 0, err
		}
	}
	return published, nil
}

// next is the commit after the head, without anything of its own.
func (r *run) next() *lake.Commit {
	c := &lake.Commit{Format: 1, Seq: 1, Kind: lake.Sync, RunID: r.RunID, Application: r.Config.Application, Tables: map[string]map[string]lake.Part{}}
	if r.head != nil {
		c.Seq, c.PublishedSeq = r.head.Seq+1, r.head.PublishedSeq
		for name, parts := range r.head.Tables {
			c.Tables[name] = maps.Clone(parts)
		}
	}
	return c
}

// tryCommit makes the rows of the batch and appends the commit after the head. The commit is
// returned for its number also when another one has it.
func (r *run) tryCommit(ctx context.Context, last bool) (*lake.Commit, error) {
	c := r.next()
	w := &partSet{dir: r.WorkDir, open: map[string]*lake.PartWriter{}}
	defer w.abort()
	r.Step("flatten")
	if err := r.makeRows(w, c.Seq); err != nil {
		return nil, err
	}
	if last {
		published, err := r.conclude(ctx, w, c)
		if err != nil {
			return nil, err
		}
		c.PublishedSeq = published
	}
	for _, rows := range []*transform.Rows{r.stateRows(c.Seq), r.entityStateRows(c.Seq)} {
		if err := rows.Take(w.write); err != nil {
			return nil, err
		}
	}
	if err := w.store(ctx, r, c); err != nil {
		return nil, err
	}
	if len(r.gates) > 0 {
		c.Note = r.gates[0].sentence
	}
	c.CommittedAt, c.Figures = r.Now().UTC(), r.figures()
	r.Step("commit")
	if err := r.Lake.Append(ctx, r.head, c); err != nil {
		return c, fmt.Errorf("commit %d: %w", c.Seq, err)
	}
	r.Step("committed")
	return c, nil
}

// committed takes note of what is now in the lake.
func (r *run) committed(c *lake.Commit) {
	r.head = c
	r.Group.put(c)
	r.Commits++
	if c.PublishedSeq == c.Seq {
		r.Published = c.Seq
	}
	for id, before := range r.batch.before {
		k := r.known.Get(id)
		k.VersionSeq = numberOf(k.ContentHash, before.ContentHash, before.VersionSeq, c.Seq)
		r.known.Put(id, k)
	}
	for id, before := range r.batch.things {
		k := r.things.Get(id)
		k.VersionSeq = numberOf(k.ContentHash, before.ContentHash, before.VersionSeq, c.Seq)
		r.things.Put(id, k)
	}
	for _, f := range r.batch.entities {
		if f.Documents[0].Kind == schemas.Workflow {
			r.flows[string(f.SessionID)] = f.ContentHash
		}
	}
	r.batch = newBatch()
}

// numberOf is the number of the newest version after a commit.
func numberOf(now, before schemas.Digest, old, seq int64) int64 {
	if now == before {
		return old
	}
	return seq
}

// rebase takes note of what another run has committed. What that one has looked at later than this
// run did is no news any more.
func (r *run) rebase(ctx context.Context) error {
	mine, myThings := map[schemas.SessionID]schemas.Known{}, map[thing]schemas.KnownEntity{}
	for id := range r.batch.before {
		mine[id] = r.known.Get(id)
	}
	for id := range r.batch.things {
		myThings[id] = r.things.Get(id)
	}
	if err := r.read(ctx); err != nil {
		return err
	}
	later := func(id schemas.SessionID, at time.Time) bool { return r.known.Get(id).LastChecked.After(at) }
	r.batch.versions = slices.DeleteFunc(r.batch.versions, func(p pending) bool {
		return later(p.SessionID, p.ObservedAt) || r.known.Get(p.SessionID).ContentHash == p.ContentHash
	})
	r.batch.entities = slices.DeleteFunc(r.batch.entities, func(p pending) bool { return r.isStored(p) })
	news := map[schemas.SessionID]bool{}
	for _, p := range r.batch.versions {
		news[p.SessionID] = true
	}
	r.batch.before, r.batch.things = map[schemas.SessionID]schemas.Known{}, map[thing]schemas.KnownEntity{}
	for id, k := range mine {
		r.remember(merge(r.known.Get(id), k, news[id]))
	}
	for id, k := range myThings {
		if !r.things.Get(id).LastChecked.After(k.LastChecked) {
			r.rememberThing(k)
		}
	}
	return nil
}

// merge returns what is known of a session from what another run has stored and what this one has
// found: of the decision and of the feed each what was looked at last. news: this run has a version to
// store.
func merge(theirs, mine schemas.Known, news bool) schemas.Known {
	out := theirs
	if !theirs.LastChecked.After(mine.LastChecked) {
		out = mine
		if !news {
			out.ContentHash, out.VersionSeq = theirs.ContentHash, theirs.VersionSeq
		}
	}
	feed := mine
	if theirs.ActivityChecked.After(mine.ActivityChecked) {
		feed = theirs
		feed.ActivityDue = feed.ActivityDue || news && mine.ActivityDue
	}
	out.Activity, out.ActivityChecked, out.ActivityDue = feed.Activity, feed.ActivityChecked, feed.ActivityDue
	return out
}

// isStored reports whether a version of an entity is in the lake, or a later one.
func (r *run) isStored(p pending) bool {
	switch kind := p.Documents[0].Kind; kind {
	case schemas.Workflow:
		return r.flows[string(p.SessionID)] == p.ContentHash
	case schemas.Activity:
		k := r.known.Get(p.SessionID)
		return k.Activity == p.ContentHash || k.ActivityChecked.After(p.ObservedAt)
	default:
		k := r.things.Get(thing{entityOf(kind), string(p.SessionID)})
		return k.ContentHash == p.ContentHash || k.LastChecked.After(p.ObservedAt)
	}
}

// makeRows turns the batch into rows under that number, in parts that are not yet in the lake.
func (r *run) makeRows(w *partSet, seq int64) error {
	r.batch.inOrder()
	notes := newNotes(r, seq)
	versions := slices.Concat(r.batch.versions, r.batch.entities)
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
	for id := range notes.stale {
		if k := r.known.Look(id); k != nil && !k.Stale {
			stale := *k
			stale.Stale = true
			r.remember(stale)
		}
	}
	for _, rows := range []*transform.Rows{notes.rejects, notes.driftRows()} {
		if err := rows.Take(w.write); err != nil {
			return err
		}
	}
	return nil
}

// stateRows are the rows of session_state that the batch changes.
func (r *run) stateRows(seq int64) *transform.Rows {
	rows := transform.NewRows(schemas.Lookup("session_state"))
	for _, id := range r.batch.changed() {
		k, before := r.known.Get(id), r.batch.before[id]
		k.VersionSeq = numberOf(k.ContentHash, before.ContentHash, before.VersionSeq, seq)
		appendState(rows, k)
	}
	return rows
}

// entityStateRows are the rows of entity_state that the batch changes.
func (r *run) entityStateRows(seq int64) *transform.Rows {
	rows := transform.NewRows(schemas.Lookup("entity_state"))
	for _, id := range slices.SortedFunc(maps.Keys(r.batch.things), func(a, b thing) int {
		return cmp.Or(cmp.Compare(a.document, b.document), cmp.Compare(a.id, b.id))
	}) {
		k, before := r.things.Get(id), r.batch.things[id]
		k.VersionSeq = numberOf(k.ContentHash, before.ContentHash, before.VersionSeq, seq)
		appendEntityState(rows, k)
	}
	return rows
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

// close completes the parts on all CPUs: much of the encoding of a large one happens here.
func (w *partSet) close() (map[string]*lake.Spooled, error) {
	spooled := map[string]*lake.Spooled{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	var defect *extract.Defect
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for name, p := range w.open {
		slots <- struct{}{}
		wg.Go(func() {
			var s *lake.Spooled
			var err error
			met := extract.Caught(func() { s, err = p.Close() })
			mu.Lock()
			defer mu.Unlock()
			if met != nil {
				defect = met
			} else if err != nil {
				failed = fmt.Errorf("part of %s: %w", name, err)
			} else {
				spooled[name] = s
			}
			<-slots
		})
	}
	wg.Wait()
	if defect != nil {
		panic(defect)
	}
	return spooled, failed
}

// store completes the parts, puts them into the lake in the order of the dictionary, and names them
// in the commit.
func (w *partSet) store(ctx context.Context, r *run, c *lake.Commit) error {
	spooled, err := w.close()
	if err != nil {
		return err
	}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		s := spooled[t.Name]
		if s == nil {
			continue
		}
		part, err := r.Lake.Put(ctx, s, r.RunID)
		if err != nil {
			return fmt.Errorf("part of %s: %w", t.Name, err)
		}
		part.AddedBySeq = c.Seq
		if c.Tables[t.Name] == nil {
			c.Tables[t.Name] = map[string]lake.Part{}
		}
		c.Tables[t.Name][part.Name] = part
		r.Parts++
		r.PartBytes += part.Bytes
		if isData(t) {
			r.DataParts++
		}
		r.Step("part")
	}
	return nil
}

func (w *partSet) abort() {
	for _, p := range w.open {
		p.Abort()
	}
}

// isData reports whether a part of the table says something new about a session, rather than
// about a run.
func isData(t *schemas.Table) bool {
	return t.Root() != ""
}
