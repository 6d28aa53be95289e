// Package night is the nightly job from end to end: it sweeps the vendor's lists, fetches what is
// new, changed or open, appends what really changed to the lake, and publishes.
//
// What a run has fetched becomes visible only through commits. A long run commits every few
// minutes, so that a kill loses minutes; such commits are staging, and no reader sees them before
// the run's last commit has passed the gates and says so by its published_seq.
package night

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/schemas"
)

// Errors that the caller decides by. Their text says what was kept.
var (
	ErrGate        = errors.New("a gate failed; nothing was published")
	ErrBudget      = errors.New("the time budget ended at a commit; run again to go on")
	ErrOverlap     = errors.New("other runs keep committing first; what this one fetched last was not stored, run again")
	ErrForeignKey  = errors.New("the API key sees none of the sessions that this application has in the lake")
	ErrDeferred    = errors.New("published, but the warehouse could not be brought up to date; readers keep the old one until the next run or kycsync rebuild")
	ErrInterrupted = errors.New("interrupted; what was fetched is committed and not yet published, run again to go on")
)

// Config is what a run needs.
type Config struct {
	Application string // name that tells organisations apart in one lake. Defaults to "default"
	Client      *extract.Client
	Lake        *lake.Lake // nil only for Plan: there is no lake yet
	Warehouse   warehouse.Config
	WorkDir     string           // private directory for files in the making
	Now         func() time.Time // the clock of record. Defaults to time.Now
	MaxDuration time.Duration    // stop fetching then. Defaults to no limit
	BatchSize   int              // versions per commit. Defaults to 3000
	BatchTime   time.Duration    // time between commits. Defaults to 5 minutes
	PerMinute   int              // permitted requests, for the forecast of Plan; 0: no limit
	Version     string           // of the program, for the run record
	Log         *slog.Logger
	Progress    func(phase string, done, total int) // may be nil
	Step        func(name string)                   // called at each named step; for tests. May be nil
}

func (c *Config) defaults() {
	if c.Application == "" {
		c.Application = "default"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.BatchSize == 0 {
		c.BatchSize = 3000
	}
	if c.BatchTime == 0 {
		c.BatchTime = 5 * time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Progress == nil {
		c.Progress = func(string, int, int) {}
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
}

// A run is one execution. It is used once.
type run struct {
	Config
	Summary
	head     *lake.Commit // newest commit, nil in an empty lake
	known    map[schemas.SessionID]schemas.Known
	flows    map[string]schemas.Digest // workflow id to content hash
	listing  *listing
	batch    batch
	started  time.Time
	gates    []string
	planned  bool // the lists were complete
	finished bool // all that is new or changed was fetched
}

// Run executes the nightly job once. The Summary is filled as far as the run came, also on error.
// Errors: those of this package, extract.ErrUnauthorized and the other errors of extract, lake and
// warehouse.
func Run(ctx context.Context, cfg Config) (*Summary, error) {
	cfg.defaults()
	r := &run{Config: cfg, started: time.Now(), batch: newBatch()}
	err := r.run(ctx)
	r.FinishedAt, r.Elapsed = r.Now().UTC(), time.Since(r.started)
	r.fillStats()
	return &r.Summary, err
}

func (r *run) run(ctx context.Context) error {
	r.StartedAt = r.Now().UTC()
	r.RunID = newRunID(r.StartedAt)
	r.Summary.Application = r.Config.Application
	if err := r.load(ctx); err != nil {
		return err
	}
	defer r.forget()
	limited := ctx // ends when the time for asking is over
	if r.MaxDuration > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithDeadline(ctx, r.started.Add(r.MaxDuration))
		defer stop()
	}
	tasks, err := r.look(limited)
	if err == nil {
		err = r.fetch(ctx, limited, tasks)
	}
	r.OutOfTime = err != nil && ctx.Err() == nil && limited.Err() != nil
	switch {
	case err == nil, r.OutOfTime && r.planned:
		return r.publish(ctx)
	case r.OutOfTime:
		return ErrBudget // the lists were not even complete: there is nothing to keep
	case ctx.Err() != nil:
		err = ErrInterrupted
	}
	if !r.planned {
		return err
	}
	return r.save(err)
}

// look lists what the vendor has and decides what to fetch of it.
func (r *run) look(ctx context.Context) ([]extract.Task, error) {
	if err := r.sweep(ctx); err != nil {
		return nil, err
	}
	if err := r.fetchWorkflows(ctx); err != nil {
		return nil, err
	}
	r.planned = true
	return r.plan(), nil
}

// newRunID is unlike any other: parts are named by it and created only if absent.
func newRunID(t time.Time) string {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err)
	}
	return t.Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// load reads what the lake knows before the run.
func (r *run) load(ctx context.Context) error {
	if err := r.read(ctx); err != nil {
		return err
	}
	if r.head != nil {
		r.PublishedBefore = r.head.PublishedSeq
	}
	r.Known = int64(len(r.known))
	return nil
}

// read reads the newest commit and what it says is known.
func (r *run) read(ctx context.Context) error {
	r.known, r.flows = map[schemas.SessionID]schemas.Known{}, map[string]schemas.Digest{}
	if r.Lake == nil {
		return nil
	}
	head, err := r.Lake.Head(ctx)
	if errors.Is(err, lake.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the newest commit of %s: %w", r.Lake.Bucket().URI(), err)
	}
	r.head = head
	if r.known, err = readState(ctx, r.Lake, head, r.Config.Application, r.WorkDir); err != nil {
		return err
	}
	r.flows, err = readWorkflows(ctx, r.Lake, head, r.Config.Application, r.WorkDir)
	return err
}

// fetch asks for the decisions of all tasks while limited lasts, and commits what changed, batch by
// batch.
func (r *run) fetch(ctx, limited context.Context, tasks []extract.Task) error {
	urgent := 0
	for _, t := range tasks {
		if t.Reason != extract.ReasonOpen {
			urgent++
		}
	}
	done, last := 0, time.Now()
	for got, err := range r.Client.Fetch(limited, tasks) {
		if err != nil && !extract.OfSession(err) {
			return err
		}
		if err := r.take(got, err); err != nil {
			return err
		}
		if got.Task.Reason != extract.ReasonOpen {
			urgent--
		}
		r.finished = urgent == 0
		done++
		r.Progress("decisions", done, len(tasks))
		r.Step("fetch")
		if len(r.batch.versions) >= r.BatchSize || time.Since(last) >= r.BatchTime {
			if err := r.commit(ctx, false); err != nil {
				return err
			}
			last = time.Now()
		}
	}
	r.finished = urgent == 0
	return nil
}

// save commits what was fetched before the run ends with an error. The caller's context may be
// over; ten seconds are what a host gives before it kills.
func (r *run) save(cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	if r.batch.empty() {
		return cause
	}
	if err := r.commit(ctx, false); err != nil {
		return fmt.Errorf("%w (and what was fetched could not be kept: %w)", cause, err)
	}
	return cause
}

// publish makes the run's last commit, which is the one that readers follow, and the warehouse.
func (r *run) publish(ctx context.Context) error {
	if err := r.commit(ctx, true); err != nil {
		return err
	}
	if r.head.PublishedSeq == 0 {
		return r.verdict() // readers have seen nothing yet, and there is nothing to show
	}
	r.Step("warehouse")
	r.forget()
	debug.FreeOSMemory() // what the night held is DuckDB's to use now
	rep, err := warehouse.Update(ctx, r.Lake, r.Warehouse)
	if err != nil {
		r.WarehouseDeferred = true
		return errors.Join(r.verdict(), fmt.Errorf("%w: %w", ErrDeferred, err))
	}
	r.WarehouseRebuilt = rep.Rebuilt
	r.Step("publish")
	return r.verdict()
}

// verdict is how a run that came to its end ends.
func (r *run) verdict() error {
	switch {
	case len(r.gates) > 0:
		return fmt.Errorf("%w: %s", ErrGate, r.gates[0])
	case r.OutOfTime:
		return ErrBudget
	}
	return nil
}
