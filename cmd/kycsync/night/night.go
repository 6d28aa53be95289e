// Package night is the nightly job from end to end: it sweeps the vendor's lists and holds them
// against the vendor's own counts, fetches what is new, changed, announced, gone or due, appends what
// really changed to the lake, and publishes.
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
	"time"

	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/schemas"
	"kycsync/transform"
)

// Errors that the caller decides by. Their text says what was kept.
var (
	ErrGate        = errors.New("a gate failed; nothing was published")
	ErrBudget      = errors.New("the budget ended at a commit; run again to go on")
	ErrOverlap     = errors.New("other runs keep committing first; what this one fetched last was not stored, run again")
	ErrForeignKey  = errors.New("the API key sees none of the sessions that this application has in the lake")
	ErrDeferred    = errors.New("published, but the warehouse could not be brought up to date; readers keep the old one until the next run or kycsync rebuild")
	ErrUnlisted    = errors.New("published, but other engines could not be led to it; they keep what they had until the next run or kycsync publish")
	ErrInterrupted = errors.New("interrupted; what was fetched is committed and not yet published, run again to go on")
)

// Config is what a run needs.
type Config struct {
	Application string // name that tells organisations apart in one lake. Defaults to "default"
	Client      *extract.Client
	Lake        *lake.Lake // nil only for Plan: there is no lake yet
	Warehouse   warehouse.Config
	WorkDir     string            // private directory for files in the making
	Now         func() time.Time  // the clock of record. Defaults to time.Now
	MaxDuration time.Duration     // stop fetching then. Defaults to no limit
	MaxRequests int               // stop fetching then. Defaults to no limit
	BatchSize   int               // versions per commit. Defaults to 3000
	BatchTime   time.Duration     // time between commits. Defaults to 5 minutes
	PerMinute   int               // permitted requests, for forecasts; 0: no limit
	Promises    extract.Promises  // Defaults to extract.DefaultPromises
	Gates       Gates             // Defaults to DefaultGates
	Accept      map[string]string // gates that may fail this once, by name, with the reason
	From, To    time.Time         // days of creation, half open: only these sessions are read, all of them. Defaults to none: a night
	Reconcile   bool              // only count and list, all figures; with From and To those of these months
	Group       *Group            // of runs that publish together. Defaults to this run alone
	Merge       int               // small parts of one size that become one after a publication, see lake.Compaction. Defaults to 8; negative: none do
	Engines     bool              // let other engines read what was published, see package publish. Defaults to false
	Version     string            // of the program, for the run record
	Log         *slog.Logger
	Progress    func(phase string, done, total int) // may be nil
	Step        func(name string)                   // called at each named step; for tests. May be nil

	rules rules // what the run decides by. Defaults to the real ones
}

// rules are the decisions of a run that depend on nothing but their arguments.
type rules struct {
	sweep func(context.Context, *extract.Client, schemas.SessionKind, func(extract.Page) error) (extract.Sweep, error)
	plan  func(extract.View) []extract.Task
	hash  func(row, decision, provenance schemas.Digest) schemas.Digest
	judge func(evidence) verdict
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
	if c.Promises == nil {
		c.Promises = extract.DefaultPromises()
	}
	if c.Gates == (Gates{}) {
		c.Gates = DefaultGates()
	}
	if c.Group == nil {
		c.Group = NewGroup(1)
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
	if c.rules.sweep == nil {
		c.rules.sweep = func(ctx context.Context, c *extract.Client, kind schemas.SessionKind, visit func(extract.Page) error) (extract.Sweep, error) {
			return c.Sweep(ctx, kind, visit)
		}
	}
	if c.rules.plan == nil {
		c.rules.plan = extract.Plan
	}
	if c.rules.hash == nil {
		c.rules.hash = versionHash
	}
	if c.rules.judge == nil {
		c.rules.judge = judge
	}
}

// versionHash is the content hash of a version of a session.
func versionHash(row, decision, provenance schemas.Digest) schemas.Digest {
	return transform.ContentHash(map[schemas.DocumentKind]schemas.Digest{
		schemas.ListRow: row, schemas.Decision: decision, schemas.Provenance: provenance})
}

// A run is one execution. It is used once.
type run struct {
	Config
	Summary
	head               *lake.Commit // newest commit, nil in an empty lake
	begunAt            int64        // its number when the run began
	known              *schemas.Sessions
	things             *schemas.Register[thing, schemas.KnownEntity]
	flows              map[string]schemas.Digest // workflow id to content hash
	listing            *listing
	sweeps             []extract.Sweep
	batch              batch
	started            time.Time
	asked              int64 // requests of the client before the run
	gates              []gateFailure
	planned            bool  // the lists were complete
	urgent             int   // urgent tasks not yet worked off
	behind             int   // feeds and details that came with what changed or is new, not yet read
	firstReads         int64 // feeds and details that were read for the first time
	transactions       *entityList
	left               backlog // at the last commit
	spoiltFeeds        map[schemas.SessionID]bool
	usuallyNew         float64 // sessions a night
	arrived, concluded bool    // at the last commit
	saved              time.Time

	totals        totals
	absent        []schemas.Known
	absence       absence
	hintsRead     bool
	refusedBefore bool // the log of deliveries, in the night before
	hintsSince    time.Time
	lastNight     time.Time // when the newest night of the application began; zero: none did
	announced     map[schemas.SessionID]time.Time
	origins       *origins
	storedRows    []extract.Row                          // of all versions, for a range
	storedOrigins map[schemas.SessionID][2]string        // origin and rule, for a range
	remediations  map[schemas.SessionID]bool             // that a transaction asked for
	fullness      fullness                               // of what this run publishes; filled by its gate
	staged        map[schemas.SessionID]schemas.Fullness // what readers see of the sessions looked at since the last publication
	doubted       map[schemas.SessionID]bool             // of them, those that must be read again
	checked       map[extract.Class]int
	users         userCounts
}

// Run executes the nightly job once. The Summary is filled as far as the run came, also on error.
// Errors: those of this package, extract.ErrUnauthorized and the other errors of extract, lake and
// warehouse.
func Run(ctx context.Context, cfg Config) (*Summary, error) {
	cfg.defaults()
	r := newRun(cfg)
	defer func() {
		if !r.concluded { // also where it met a defect: the others of its group wait
			r.Group.leave(r.arrived)
		}
	}()
	err := r.run(ctx)
	r.FinishedAt, r.Elapsed = r.Now().UTC(), time.Since(r.started)
	r.fillStats()
	return &r.Summary, err
}

func newRun(cfg Config) *run {
	r := &run{Config: cfg, urgent: -1, started: time.Now(), saved: time.Now(), batch: newBatch(),
		checked: map[extract.Class]int{}, doubted: map[schemas.SessionID]bool{}, spoiltFeeds: map[schemas.SessionID]bool{}}
	r.Summary.Application, r.Planned = cfg.Application, map[extract.Reason]int64{}
	r.Entities = map[schemas.DocumentKind]int64{}
	r.StartedAt = cfg.Now().UTC()
	r.RunID, r.Kind = newRunID(r.StartedAt), r.kind()
	r.asked = cfg.Client.Stats().Requests()
	return r
}

func (r *run) run(ctx context.Context) error {
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
	err := r.work(ctx, limited)
	r.OutOfBudget = spent(ctx, limited, err)
	switch {
	case err == nil, r.OutOfBudget && r.planned:
		return r.publish(ctx)
	case r.OutOfBudget:
		return ErrBudget // the lists were not even complete: there is nothing to keep
	case ctx.Err() != nil:
		err = ErrInterrupted
	}
	if !r.planned {
		return err
	}
	return r.save(err)
}

// work asks the vendor for everything, the most urgent first. limited ends with the time for it.
func (r *run) work(ctx, limited context.Context) error {
	if err := r.look(ctx, limited); err != nil {
		return err
	}
	if r.Reconcile {
		r.urgent = 0
		return nil
	}
	tasks := r.plan()
	r.Step("planned")
	first := 0
	for first < len(tasks) && tasks[first].Urgent() {
		first++
	}
	r.urgent, r.behind = first, 1 // at least: what comes with them is not known before they are read
	if err := r.fetch(ctx, limited, tasks[:first]); err != nil {
		return err
	}
	if err := r.settleAbsences(limited); err != nil {
		return err
	}
	r.Step("absences")
	return r.rest(ctx, limited, tasks[first:])
}

// look lists what the vendor has and proves it by the vendor's counts.
func (r *run) look(ctx, limited context.Context) (err error) {
	if r.listing, err = newListing(r.WorkDir); err != nil {
		return err
	}
	switch {
	case r.Reconcile:
		r.planned = true
		return r.reconcile(limited)
	case r.ranged():
		r.planned = true
		return r.sweepRange(limited)
	}
	if err := r.readHints(limited); err != nil {
		return err
	}
	r.Step("hints")
	if err := r.countBefore(limited); err != nil {
		return err
	}
	r.Step("counted")
	if err := r.sweep(limited); err != nil {
		return err
	}
	if err := r.prove(limited); err != nil {
		return err
	}
	r.Step("proved")
	r.findAbsent()
	if err := r.fetchWorkflows(limited); err != nil {
		return err
	}
	r.Step("workflows")
	r.planned = true
	if err := r.readTransactions(ctx, limited); err != nil {
		return err
	}
	r.Step("transactions")
	return nil
}

// ranged reports whether the run is about a range of days and not about all there is.
func (r *run) ranged() bool { return !r.To.IsZero() }

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
		r.begunAt, r.PublishedBefore = r.head.Seq, r.head.PublishedSeq
	}
	r.Known = int64(r.known.Len())
	past, err := r.past(ctx)
	if err != nil {
		return err
	}
	r.usuallyNew, r.refusedBefore = past.newPerNight(), past.refused
	r.doubt(past)
	r.Step("state")
	return nil
}

// read reads the newest commit and what it says is known.
func (r *run) read(ctx context.Context) error {
	r.known, r.things = schemas.NewSessions(0), schemas.NewRegister[thing, schemas.KnownEntity](0)
	r.flows = map[string]schemas.Digest{}
	r.staged = map[schemas.SessionID]schemas.Fullness{}
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
	if r.known, r.staged, err = readState(ctx, r.Lake, head, r.Config.Application, r.WorkDir); err != nil {
		return err
	}
	if r.things, err = readEntities(ctx, r.Lake, head, r.Config.Application, r.WorkDir); err != nil {
		return err
	}
	if r.flows, err = readWorkflows(ctx, r.Lake, head, r.Config.Application, r.WorkDir); err != nil {
		return err
	}
	if r.lastNight, err = lastNight(ctx, r.Lake, head, r.Config.Application, r.WorkDir); err != nil {
		return err
	}
	return r.readMismatches(ctx)
}

// fetch asks for the decisions of all tasks while limited lasts, and commits what changed, batch by
// batch.
func (r *run) fetch(ctx, limited context.Context, tasks []extract.Task) error {
	affordable := r.budget().Fit(tasks, time.Now())
	done := 0
	for got, err := range r.Client.Fetch(limited, tasks[:affordable]) {
		if err != nil && !extract.OfSession(err) {
			return err
		}
		if err := r.take(ctx, got, err); err != nil {
			return err
		}
		if got.Task.Urgent() {
			r.urgent--
		}
		done++
		r.Progress("decisions", done, len(tasks))
		r.Step("fetch")
		if err := r.commitSome(ctx); err != nil {
			return err
		}
	}
	if affordable < len(tasks) {
		return errSpent
	}
	return nil
}

// commitSome commits when enough has come together.
func (r *run) commitSome(ctx context.Context) error {
	if len(r.batch.versions)+len(r.batch.entities) < r.BatchSize && time.Since(r.saved) < r.BatchTime {
		return nil
	}
	r.saved = time.Now()
	return r.commit(ctx, false)
}

// errSpent ends the asking when the requests of the night are spent.
var errSpent = errors.New("night: the requests are spent")

// budget is what is left of the night.
func (r *run) budget() extract.Budget {
	b := extract.Budget{PerMinute: r.PerMinute}
	if r.MaxRequests > 0 {
		if b.MaxRequests = r.MaxRequests - int(r.Client.Stats().Requests()-r.asked); b.MaxRequests <= 0 {
			return extract.Budget{Until: time.Now()}
		}
	}
	if r.MaxDuration > 0 {
		b.Until = r.started.Add(r.MaxDuration)
	}
	return b
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

// verdict is how a run that came to its end ends.
func (r *run) verdict() error {
	switch {
	case len(r.gates) > 0:
		return fmt.Errorf("%w: %s", ErrGate, r.gates[0].sentence)
	case r.OutOfBudget:
		return ErrBudget
	}
	return nil
}
