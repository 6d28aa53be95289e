package night

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"
)

// Errors of a replay. After them the lake is as it was.
var (
	ErrStaged = errors.New("the newest commits are not published yet, and a replay would publish them unjudged")
	ErrFewer  = errors.New("the documents give less than what is stored")
)

// Replayed is what a replay did.
type Replayed struct {
	RunID      string        `json:"run_id"`
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at"`
	Elapsed    time.Duration `json:"elapsed_ns"` // by the machine's clock

	Documents int64            `json:"documents"`      // read
	TextBytes int64            `json:"document_bytes"` // of their text
	Versions  map[string]int64 `json:"versions"`       // made, by table of the entity
	Tables    []ReplayedTable  `json:"tables"`         // those that are made from documents
	Rejects   int64            `json:"rejects"`        // elements of them that cannot be read
	Drift     int64            `json:"drift"`          // values that no column expects

	Parts             int64 `json:"parts"` // stored
	PartBytes         int64 `json:"part_bytes"`
	Published         int64 `json:"published"` // commit that readers follow since; 0: there was nothing to replay
	WarehouseDeferred bool  `json:"warehouse_deferred"`
}

// A ReplayedTable is a table before and after.
type ReplayedTable struct {
	Table   string           `json:"table"`
	Before  int64            `json:"rows_before"`
	After   int64            `json:"rows_after"`
	Columns []ReplayedColumn `json:"columns"` // those that have more or fewer values than before
}

// A ReplayedColumn is a column before and after: how many of its values are not null.
type ReplayedColumn struct {
	Column string `json:"column"`
	Before int64  `json:"values_before"`
	After  int64  `json:"values_after"`
}

// A replay makes all history again from the documents in the lake. It is used once.
type replay struct {
	Config
	out      Replayed
	begun    time.Time
	head     *lake.Commit
	next     *lake.Commit
	chain    map[int64]string // number of a commit to its run
	bins     *bins
	binBytes int64
	before   census
	after    census
	known    map[string]*schemas.Sessions // by application, read when it is needed

	rows        *transform.Flattener
	application string      // whose versions are in rows
	waiting     int         // versions in rows
	observed    []time.Time // of the versions that the rejects in rows are about
	text        int64       // bytes of the documents whose rows are in the open parts
	textLimit   int64
	open        *partSet          // parts in the making
	notes       map[string]*notes // by application
}

const (
	partText = 1 << 30 // of documents, becomes one set of parts
	binBytes = 4 << 20 // of raw_documents go to one bin: some ten times as much once they are unpacked
)

// Replay makes the rows of every stored version again from raw_documents, with the tables as they
// are defined now and without a request to the vendor. A commit of kind replay names the new parts
// in place of the old ones. Numbers, instants and runs of the versions stay what they are, and so
// does everything that no document says: runs, totals, promises and what is known of each entity.
//
// Of cfg the fields Lake, Warehouse, WorkDir, Now, Version, Log, Progress and Step count. The steps are
// "replay.part", after each part, "replay.commit" and "replay.committed". Errors: ErrStaged, ErrFewer,
// ErrDeferred, and those of package lake; ErrConflict says that another run committed meanwhile.
func Replay(ctx context.Context, cfg Config) (*Replayed, error) {
	cfg.defaults()
	rp := newReplay(cfg)
	defer rp.close()
	err := rp.run(ctx)
	rp.out.FinishedAt, rp.out.Elapsed = rp.Now().UTC(), time.Since(rp.begun)
	return &rp.out, err
}

func newReplay(cfg Config) *replay {
	rp := &replay{Config: cfg, begun: time.Now(), chain: map[int64]string{}, before: census{}, after: census{},
		known: map[string]*schemas.Sessions{}, rows: transform.NewFlattener(), notes: map[string]*notes{}, textLimit: partText, binBytes: binBytes}
	rp.out = Replayed{StartedAt: cfg.Now().UTC(), Versions: map[string]int64{}}
	rp.out.RunID = newRunID(rp.out.StartedAt)
	rp.open = &partSet{dir: cfg.WorkDir, open: map[string]*lake.PartWriter{}}
	return rp
}

func (rp *replay) close() {
	rp.open.abort()
	if rp.bins != nil {
		rp.bins.close()
	}
}

func (rp *replay) run(ctx context.Context) (err error) {
	if rp.head, err = replayable(ctx, rp.Lake); err != nil || rp.head == nil {
		return err
	}
	rp.next = successor(rp.head, rp.out.RunID)
	for _, step := range []func(context.Context) error{rp.gather, rp.makeRows, rp.compare, rp.append, rp.publish} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// replayable returns the newest commit, nil where there is nothing to replay.
func replayable(ctx context.Context, l *lake.Lake) (*lake.Commit, error) {
	head, err := l.Head(ctx)
	switch {
	case errors.Is(err, lake.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the newest commit of %s: %w", l.Bucket().URI(), err)
	case head.PublishedSeq != head.Seq:
		return nil, fmt.Errorf("replay: commits %d to %d: %w", head.PublishedSeq+1, head.Seq, ErrStaged)
	}
	for _, name := range slices.Sorted(maps.Keys(head.Tables)) {
		if schemas.Lookup(name) == nil {
			return nil, fmt.Errorf("replay: commit %d has a table %q that this program does not know: was it written by a newer one?", head.Seq, name)
		}
	}
	if len(head.Tables["raw_documents"]) == 0 {
		return nil, nil
	}
	return head, nil
}

// successor is the commit after head in which the tables that are made from documents are empty.
func successor(head *lake.Commit, runID string) *lake.Commit {
	c := &lake.Commit{Format: 1, Seq: head.Seq + 1, PublishedSeq: head.Seq + 1, Kind: lake.Replay, RunID: runID, Tables: map[string]map[string]lake.Part{}}
	for name, parts := range head.Tables {
		if !schemas.Lookup(name).FromDocuments() {
			c.Tables[name] = maps.Clone(parts)
		}
	}
	return c
}

// append stores the last parts and makes the commit.
func (rp *replay) append(ctx context.Context) error {
	for _, application := range slices.Sorted(maps.Keys(rp.notes)) {
		n := rp.notes[application]
		for _, rows := range []*transform.Rows{n.rejects, n.driftRows()} {
			if err := rows.Take(rp.open.write); err != nil {
				return err
			}
		}
		rp.out.Rejects += n.run.Rejects
		rp.out.Drift += n.run.Drift
	}
	if err := rp.record().Take(rp.open.write); err != nil {
		return err
	}
	if err := rp.store(ctx); err != nil {
		return err
	}
	rp.next.CommittedAt, rp.next.Figures = rp.Now().UTC(), rp.figures()
	rp.Step("replay.commit")
	if err := rp.Lake.Append(ctx, rp.head, rp.next); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	rp.Step("replay.committed")
	rp.out.Published = rp.next.Seq
	return nil
}

func (rp *replay) figures() map[string]int64 {
	f := map[string]int64{"documents": rp.out.Documents, "rejects": rp.out.Rejects, "drift": rp.out.Drift, "parts": rp.out.Parts, "part_bytes": rp.out.PartBytes}
	for root, n := range rp.out.Versions {
		f["versions_of_"+root] = n
	}
	return f
}

// record is the replay's own row of runs.
func (rp *replay) record() *transform.Rows {
	outcome, note := outcomePublished, ""
	if rp.out.Rejects > 0 {
		outcome, note = outcomeDegraded, fmt.Sprintf("%d elements of the stored documents could not be read", rp.out.Rejects)
	}
	rows := transform.NewRows(schemas.Lookup("runs"))
	rows.Append(map[string]any{
		"run_id": rp.out.RunID, "version_seq": rp.next.Seq, "application": strings.Join(slices.Sorted(maps.Keys(rp.notes)), ", "),
		"kind": string(lake.Replay), "started_at": rp.out.StartedAt, "finished_at": rp.Now().UTC(), "outcome": outcome, "note": orNull(note),
		"tool_version": orNull(rp.Version), "versions": rp.out.Versions["sessions"], "rejects": rp.out.Rejects, "drift": rp.out.Drift,
		"requests": int64(0), "parts": rp.out.Parts, "part_bytes": rp.out.PartBytes, "figures": jsonOf(rp.figures()),
	})
	return rows
}

// publish makes the warehouse follow.
func (rp *replay) publish(ctx context.Context) error {
	_, err := publishWarehouse(ctx, rp.Config)
	rp.out.WarehouseDeferred = err != nil
	return err
}
