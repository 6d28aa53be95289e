package night

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// searched returns the number that KYCSYNC_TEST_name sets for a longer search, or the default.
func searched(name string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_" + name)); err == nil {
		return n
	}
	return fallback
}

// A world is a small, restless vendor and the lake that nightly runs keep of it. What the lake
// must hold follows from the vendor's own account alone.
type world struct {
	seed   uint64
	dice   *rand.Rand
	vendor *didittest.Vendor
	lake   *lake.Lake
	dir    string
	rules  rules
	gist   func(schemas.DocumentKind, []schemas.Member) schemas.Digest
	wrap   func(http.RoundTripper) http.RoundTripper
	length int
	merge  int  // how many parts of one size are merged
	busy   bool // sessions come and go in most nights

	scope    string
	moves    bool   // sessions come and go while the night is at work
	lost     bool   // the lie that some sessions are gone was told
	word     int    // good nights in which somebody who looked says that what vanished is gone
	lie      string // a fault that shows an honest client something that is not so
	versions map[string][]storedVersion
	seq      int64 // commits up to this one are in versions
	nights   []nightOf
	reads    map[string][]sight
}

// storedVersion is one version of a session in the lake.
type storedVersion struct {
	seq           int64
	status, state string
}

// A sight is one answer that the vendor gave about a session.
type sight struct {
	at    time.Time
	key   string // what was shown: the revision, and what the key might see
	row   int
	there bool
}

type nightOf struct {
	at        time.Time
	good      bool            // an honest vendor, seen with all rights, and published
	workflows map[string]bool // of the sessions that were there; nil: all were approved
}

const modelPromise = 2 * 24 * time.Hour // of all that is decided

func modelPromises() extract.Promises {
	p := extract.Promises{}
	for _, c := range extract.Classes() {
		p[c] = modelPromise
	}
	p[extract.ClassOpen], p[extract.ClassInReview], p[extract.ClassLongReview] = 24*time.Hour, 24*time.Hour, 24*time.Hour
	return p
}

// inProcess answers without a network.
type inProcess struct{ h http.Handler }

func (p inProcess) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v != nil { // a connection that the vendor cuts
			err = errors.New("the connection broke off")
		}
	}()
	rec := httptest.NewRecorder()
	p.h.ServeHTTP(rec, req)
	return rec.Result(), nil
}

func newWorld(tb testing.TB, seed uint64) *world {
	tb.Helper()
	w := &world{seed: seed, gist: transform.Gist, dice: rand.New(rand.NewPCG(seed, 7)), versions: map[string][]storedVersion{}, reads: map[string][]sight{}, length: searched("NIGHTS", 5)}
	if seed%4 == 1 { // merging takes a third of a small night
		w.merge = 3
	}
	var err error
	w.vendor, err = didittest.New(didittest.Options{Seed: seed + 1, Sessions: 8 + w.dice.IntN(16), Start: firstNight, PerMinute: -1,
		Restless: 20 + 60*w.dice.Float64(), Retention: time.Duration(200+w.dice.IntN(200)) * 24 * time.Hour, Webhook: w.dice.IntN(2) == 0})
	if err != nil {
		tb.Fatal(err)
	}
	if w.dir, err = os.MkdirTemp("", "kycsync-model-"); err != nil {
		tb.Fatal(err)
	}
	if w.lake, err = lake.Open(context.Background(), filepath.Join(w.dir, "lake"), lake.Config{Create: true, Now: w.vendor.Clock}); err != nil {
		tb.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(w.dir, "run"), 0o700); err != nil {
		tb.Fatal(err)
	}
	return w
}

func (w *world) close() {
	_ = w.lake.Close()
	_ = os.RemoveAll(w.dir)
}

// live runs all nights and returns the first thing that is wrong.
func (w *world) live() error {
	for n := range w.length {
		if n > 0 {
			w.vendor.Advance(firstNight.AddDate(0, 0, n))
		}
		w.plot(n)
		if err := w.night(); err != nil {
			return fmt.Errorf("seed %d, night %d (scope %q, lie %q): %w", w.seed, n+1, w.scope, w.lie, err)
		}
		if w.dice.IntN(5) == 0 { // someone runs it again
			w.vendor.Advance(w.vendor.Clock().Add(2 * time.Hour))
			if err := w.night(); err != nil {
				return fmt.Errorf("seed %d, again in night %d (scope %q, lie %q): %w", w.seed, n+1, w.scope, w.lie, err)
			}
		}
	}
	return nil
}

// plot decides what goes wrong in a night.
func (w *world) plot(n int) {
	w.scope, w.lie, w.moves = "", "", false
	if n > 0 && w.dice.IntN(8) == 0 {
		w.scope = []string{"approved", "workflow:1", "no-media", "restricted"}[w.dice.IntN(4)]
	}
	if n > 0 && w.scope == "" && w.dice.IntN(4) == 0 {
		w.lie = []string{"unlisted:4", "miscount:3", "gone404:60", "html404:5", "lost:8"}[w.dice.IntN(5)]
		if w.lie == "lost:8" && w.lost { // lost on two nights is deleted, for all that anybody can see
			w.lie = ""
		}
		w.lost = w.lost || w.lie == "lost:8"
	}
	var faults []string
	if w.lie != "" {
		faults = append(faults, w.lie)
	}
	insert, del := "insert:31", "delete:43"
	if w.busy { // a long life makes long lists
		del = fmt.Sprintf("pull:%d", 2+max(0, w.length-5))
	}
	for _, f := range []string{"503:61", "html500:71", insert, del, "reset:83"} {
		moves := f == insert || f == del
		often := 6
		if moves && w.busy {
			often = 2
		}
		// A lie is told to a client that has heard everything else.
		if w.dice.IntN(often) == 0 && (w.lie == "" || !moves && !strings.HasPrefix(f, "reset")) {
			faults = append(faults, f)
			w.moves = w.moves || moves
		}
	}
	if err := w.vendor.SetFaults(strings.Join(faults, ",")); err != nil {
		panic(err)
	}
	if err := w.vendor.SetScope(w.scope); err != nil {
		panic(err)
	}
}

// night runs the job once and compares.
func (w *world) night() error {
	var transport http.RoundTripper = inProcess{w.vendor}
	if w.wrap != nil {
		transport = w.wrap(transport)
	}
	c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("didit-test-key"), PerMinute: 0, PageSize: 10,
		Now: w.vendor.Clock, Gist: w.gist, Transport: transport, Backoff: func(int) time.Duration { return 0 }})
	if err != nil {
		return err
	}
	w.vendor.ForgetReads()
	honest := w.lie == "" && w.scope == ""
	cfg := Config{Client: c, Lake: w.lake, WorkDir: filepath.Join(w.dir, "run"), Now: w.vendor.Clock, Promises: modelPromises(), Merge: w.merge, rules: w.rules}
	if honest && w.word > 0 {
		cfg.Accept = map[string]string{gateMissing: "retention, ticket 12"}
	}
	s, err := Run(context.Background(), cfg)
	switch {
	case err == nil && honest:
		w.word--
	case err == nil:
	case errors.Is(err, ErrGate) && !honest:
	case errors.Is(err, ErrGate) && len(s.Failed) == 1 && s.Failed[gateMissing] != "" && w.vanished() > 5:
		honest, w.word = false, 2 // more went at once than may go unasked
	case errors.Is(err, ErrForeignKey) && w.scope != "":
	default:
		return fmt.Errorf("the run ended with %w; gates %v, vanished %d", err, s.Failed, w.vanished())
	}
	w.nights = append(w.nights, nightOf{w.vendor.Clock(), err == nil && honest, w.workflows()})
	w.note()
	if err := w.readLake(); err != nil {
		return err
	}
	return w.compare(s, honest, err == nil)
}

// vanished is how many sessions are gone that the lake has without a tombstone.
func (w *world) vanished() (n int) {
	for truth := range w.vendor.All() {
		if v := w.versions[truth.ID]; truth.Deleted && len(v) > 0 && v[len(v)-1].state == "present" {
			n++
		}
	}
	return n
}

// note takes the vendor's account of what it has answered.
func (w *world) note() {
	shown := ""
	switch {
	case w.scope == "no-media", w.scope == "restricted":
		shown = w.scope
	case strings.HasPrefix(w.lie, "unlisted"):
		shown = "without the list row"
	}
	for _, r := range w.vendor.Reads() {
		w.reads[r.SessionID] = append(w.reads[r.SessionID], sight{r.At, fmt.Sprintf("%x %s", w.vendor.Looks(r.SessionID, r.Revision), shown), r.RowRevision, r.Status == http.StatusOK})
	}
}

// readLake reads the versions of the commits that were not there before.
func (w *world) readLake() error {
	head, err := w.lake.Head(context.Background())
	if errors.Is(err, lake.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	fresh := *head
	fresh.Tables = map[string]map[string]lake.Part{"sessions": {}}
	for name, p := range head.Tables["sessions"] {
		if _, last := p.Span(); last > w.seq {
			fresh.Tables["sessions"][name] = p
		}
	}
	seen := w.seq
	w.seq = head.Seq
	return each(context.Background(), w.lake, &fresh, "sessions", w.dir, func(cell func(string) arrow.Array, i int) {
		if intAt(cell("version_seq"), i) <= seen {
			return // of a compacted part
		}
		id := textAt(cell("session_id"), i)
		w.versions[id] = append(w.versions[id], storedVersion{intAt(cell("version_seq"), i), textAt(cell("status"), i), textAt(cell("upstream_state"), i)})
	})
}

// compare holds the lake against the truth.
func (w *world) compare(s *Summary, honest, published bool) error {
	now := w.vendor.Clock()
	for truth := range w.vendor.All() {
		versions := w.versions[truth.ID]
		for i := 1; i < len(versions); i++ {
			if versions[i].seq <= versions[i-1].seq {
				return fmt.Errorf("session %s: two versions under number %d", truth.ID, versions[i].seq)
			}
		}
		if err := w.seenAsShown(truth, versions); err != nil {
			return err
		}
		if err := w.upstream(truth, versions, now); err != nil {
			return err
		}
		if honest && published && !truth.Deleted {
			if err := w.upToDate(truth, versions); err != nil {
				return err
			}
			if err := w.promiseKept(truth, now); err != nil {
				return err
			}
		}
	}
	if honest && published {
		return w.honestTotals(s)
	}
	return nil
}

// seenAsShown: the versions are what the vendor has shown, each change once and none twice. Whether
// a key without all rights was shown something else, or what the list would have shown, the vendor's
// account does not say.
func (w *world) seenAsShown(truth didittest.Session, versions []storedVersion) error {
	data, back := 0, 0
	for i, v := range versions {
		if v.state == "present" {
			data++
			if i > 0 && versions[i-1].state != "present" {
				back++ // it is stored again as it was
			}
		}
	}
	least, most := w.shown(truth.ID, false), w.shown(truth.ID, true)
	if data-back < least-back || data > most+back {
		return fmt.Errorf("session %s: %d versions stored, and the vendor has shown %d to %d; stored %v", truth.ID, data, least, most, versions)
	}
	return nil
}

// shown counts the different answers in a row, with or without what the key might see.
func (w *world) shown(id string, withKey bool) (n int) {
	last := ""
	for _, r := range w.reads[id] {
		look, key, _ := strings.Cut(r.key, " ")
		switch {
		case withKey:
			look += key
		case key == "restricted":
			continue // what changed may be among what was not shown
		}
		if r.there && look != last {
			n++
			last = look
		}
	}
	return n
}

// upstream: a tombstone stands on a session that is gone and on no other, two complete nights after
// it went at the latest.
func (w *world) upstream(truth didittest.Session, versions []storedVersion, now time.Time) error {
	if len(versions) == 0 {
		return nil
	}
	last := versions[len(versions)-1]
	buried := last.state == "deleted" || last.state == "out_of_scope"
	if buried && !truth.Deleted {
		return fmt.Errorf("session %s has a tombstone (%s) and is there", truth.ID, last.state)
	}
	if !truth.Deleted || buried {
		return nil
	}
	var proofs []time.Time
	for _, n := range w.nights {
		if n.good && n.at.After(truth.DeletedAt) && n.workflows[truth.WorkflowID] && (len(proofs) == 0 || n.at.Sub(proofs[0]) >= proofApart) {
			proofs = append(proofs, n.at)
		}
	}
	if len(proofs) >= 3 { // one more than needed: a lie may have spoilt one
		return fmt.Errorf("session %s is gone since %v and has no tombstone", truth.ID, truth.DeletedAt)
	}
	return nil
}

// workflows are those of which the vendor has a session, if one is not approved: without both, a key that
// was narrowed could be the reason why a session is gone.
func (w *world) workflows() map[string]bool {
	seen, undecided := map[string]bool{}, false
	for s := range w.vendor.All() {
		if !s.Deleted {
			seen[s.WorkflowID] = true
			undecided = undecided || s.Status != "Approved"
		}
	}
	if !undecided {
		return nil
	}
	return seen
}

// upToDate: the newest version has the row that the vendor shows.
func (w *world) upToDate(truth didittest.Session, versions []storedVersion) error {
	if !truth.CreatedAt.Before(w.vendor.Clock()) {
		return nil // it came while the night was at work
	}
	if len(versions) == 0 {
		return fmt.Errorf("session %s (%s, number %d, created %v) is not in the lake", truth.ID, truth.Status, truth.Number, truth.CreatedAt)
	}
	reads := w.reads[truth.ID]
	if last := reads[len(reads)-1]; last.row != truth.RowRevision || versions[len(versions)-1].status != truth.Status {
		return fmt.Errorf("session %s: its row is at revision %d with status %s; the lake has %d and %s", truth.ID, truth.RowRevision, truth.Status,
			last.row, versions[len(versions)-1].status)
	}
	return nil
}

// promiseKept: every state that lasted longer than the promise of its class was seen.
func (w *world) promiseKept(truth didittest.Session, now time.Time) error {
	for _, state := range w.vendor.History(truth.ID) {
		from, to := state.From, state.To
		if from.Before(firstNight) {
			from = firstNight
		}
		if to.IsZero() {
			to = now
		}
		promise := modelPromise
		if t, ok := w.vendor.TruthAt(truth.ID, state.Revision); ok && schemas.Open(t.Status) {
			promise = 24 * time.Hour
		}
		if to.Sub(from) <= promise+w.outage(from, to) {
			continue
		}
		looks := fmt.Sprintf("%x ", w.vendor.Looks(truth.ID, state.Revision))
		seen := slices.ContainsFunc(w.reads[truth.ID], func(r sight) bool { return r.there && strings.HasPrefix(r.key, looks) })
		if !seen {
			return fmt.Errorf("session %s: revision %d (%s) lasted from %v to %v and was never seen", truth.ID, state.Revision, state.Kind, state.From, state.To)
		}
	}
	return nil
}

// outage is how much of a time had nights without a good one: what the key cannot see cannot be
// promised.
func (w *world) outage(from, to time.Time) (d time.Duration) {
	for _, n := range w.nights {
		if !n.good && n.at.After(from.Add(-48*time.Hour)) && n.at.Before(to.Add(24*time.Hour)) {
			d += 24 * time.Hour
		}
	}
	return d
}

// honestTotals: an honest vendor's figures add up, and the list was right the first time.
func (w *world) honestTotals(s *Summary) error {
	if s.Totals[stateDiffers] > 0 {
		return fmt.Errorf("control totals differ: %v", s.Totals)
	}
	head, err := w.lake.Head(context.Background())
	if err != nil {
		return err
	}
	var wrong error
	fresh := *head
	fresh.Tables = map[string]map[string]lake.Part{"control_totals": {}}
	for name, p := range head.Tables["control_totals"] {
		if _, last := p.Span(); last >= s.Published {
			fresh.Tables["control_totals"][name] = p
		}
	}
	err = each(context.Background(), w.lake, &fresh, "control_totals", w.dir, func(cell func(string) arrow.Array, i int) {
		if intAt(cell("version_seq"), i) != s.Published {
			return
		}
		kind, month, status := textAt(cell("kind"), i), textAt(cell("month"), i), textAt(cell("status"), i)
		if !w.moves && strings.Contains(textAt(cell("explanation"), i), "missed at first") {
			wrong = fmt.Errorf("the list missed sessions: %s", textAt(cell("explanation"), i))
		}
		if kind == "users" {
			return
		}
		var from, to time.Time
		if month != "" {
			from, _ = time.Parse("2006-01", month)
			to = from.AddDate(0, 1, 0)
		}
		if n := w.vendor.Tally(kind, from, to, status); !w.moves && int64(n) != intAt(cell("vendor_count"), i) {
			wrong = fmt.Errorf("%s %s %s: the record says that the vendor counted %d, and there are %d", kind, month, status, intAt(cell("vendor_count"), i), n)
		}
	})
	return errors.Join(wrong, err)
}

// eachSeed runs worlds side by side, from one seed up to before another, until one fails.
func eachSeed(t *testing.T, first, end int, prepare func(*world)) error {
	t.Helper()
	var next atomic.Int64
	next.Store(int64(first))
	var failed atomic.Pointer[error]
	t.Run("worlds", func(t *testing.T) {
		for n := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1) - 1; seed < int64(end) && failed.Load() == nil; seed = next.Add(1) - 1 {
					w := newWorld(t, uint64(seed))
					if prepare != nil {
						prepare(w)
					}
					if err := w.live(); err != nil {
						failed.CompareAndSwap(nil, &err)
					}
					w.close()
				}
			})
		}
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Small, restless vendors insert, change, restrict, delete and lie; nothing is lost, doubled or
// frozen, and every tombstone is right. KYCSYNC_TEST_MODEL seeds of KYCSYNC_TEST_NIGHTS nights search
// further.
func TestModel(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 12
	}
	if err := eachSeed(t, 0, searched("MODEL", seeds), func(w *world) { w.busy = w.seed%4 == 3 }); err != nil {
		t.Error(err)
	}
}
