package night

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/transform"
)

// A desk is a lake without a warehouse and the vendor that fills it, who answers without a network.
type desk struct {
	vendor      *didittest.Vendor
	lake        *lake.Lake
	dir         string
	application string
	between     func(http.RoundTripper) http.RoundTripper // changes what the vendor answers; nil: nothing
}

func newDesk(t testing.TB, o didittest.Options) *desk {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = firstNight
	}
	o.PerMinute = -1
	v, err := didittest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return deskOf(t, v)
}

// deskOf opens an empty lake of a vendor.
func deskOf(t testing.TB, v *didittest.Vendor) *desk {
	t.Helper()
	d := &desk{vendor: v, dir: t.TempDir(), application: "default"}
	var err error
	if d.lake, err = lake.Open(context.Background(), filepath.Join(d.dir, "lake"), lake.Config{Create: true, Now: v.Clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.lake.Close() })
	return d
}

// config is a run's, with a client of its own and promises that ask for everything every night.
func (d *desk) config(t testing.TB) Config {
	t.Helper()
	var transport http.RoundTripper = inProcess{d.vendor}
	if d.between != nil {
		transport = d.between(transport)
	}
	c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("didit-test-key"), Now: d.vendor.Clock,
		Gist: transform.Gist, Transport: transport, Backoff: func(int) time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Application: d.application, Client: c, Lake: d.lake, WorkDir: t.TempDir(), Now: d.vendor.Clock, Promises: promisesOf(24 * time.Hour)}
}

// promisesOf makes the same promise to every class.
func promisesOf(d time.Duration) extract.Promises {
	p := extract.Promises{}
	for _, c := range extract.Classes() {
		p[c] = d
	}
	return p
}

// farAway is a promise that asks for one session of a class in a night.
const farAway = 10 * 365 * 24 * time.Hour

// run runs the job once.
func (d *desk) run(t testing.TB, change func(*Config)) (*Summary, error) {
	t.Helper()
	cfg := d.config(t)
	if change != nil {
		change(&cfg)
	}
	return Run(context.Background(), cfg)
}

// night moves the vendor to the n-th night, from 0, runs the job once and expects it to publish.
func (d *desk) night(t testing.TB, n int, change func(*Config)) *Summary {
	t.Helper()
	d.vendor.Advance(firstNight.AddDate(0, 0, n))
	cfg := d.config(t)
	if change != nil {
		change(&cfg)
	}
	return d.nightOf(t, cfg)
}

// nightOf runs the job once and expects it to publish.
func (d *desk) nightOf(t testing.TB, cfg Config) *Summary {
	t.Helper()
	s, err := Run(context.Background(), cfg)
	if err != nil || s.Published == 0 {
		t.Fatalf("night of %s: %v; gates %v, published %d", s.StartedAt.Format(time.DateOnly), err, s.Failed, s.Published)
	}
	return s
}

// twoDesks are two applications of two vendors in one lake.
func twoDesks(t *testing.T, sessions int) [2]*desk {
	t.Helper()
	a := newDesk(t, didittest.Options{Seed: 41, Sessions: sessions})
	a.application = "retail"
	return [2]*desk{a, joining(t, a, didittest.Options{Seed: 42, Sessions: sessions})}
}

// joining is another application, of another vendor, in the lake of d.
func joining(t *testing.T, d *desk, o didittest.Options) *desk {
	t.Helper()
	other := newDesk(t, o)
	_ = other.lake.Close()
	other.lake, other.application = d.lake, "corporate"
	return other
}

// together runs both applications side by side in the n-th night.
func together(t *testing.T, desks [2]*desk, n int, change func(*Config)) (sums [2]*Summary, errs [2]error) {
	t.Helper()
	g := NewGroup(len(desks))
	var wg sync.WaitGroup
	for i, d := range desks {
		d.vendor.Advance(firstNight.AddDate(0, 0, n))
		cfg := d.config(t)
		cfg.Group = g
		if change != nil {
			change(&cfg)
		}
		wg.Go(func() { sums[i], errs[i] = Run(context.Background(), cfg) })
	}
	wg.Wait()
	return sums, errs
}

// published returns how many sessions of each application readers see.
func published(t *testing.T, d *desk) (*lake.Commit, map[string]int) {
	t.Helper()
	c, err := d.lake.Published(context.Background())
	if errors.Is(err, lake.ErrNotExist) {
		return &lake.Commit{}, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, application := range []string{"retail", "corporate"} {
		of := *d
		of.application = application
		n[application] = len(latest(of.rowsAt(t, c, "sessions"), "session_id"))
	}
	return c, n
}

// alive is how many sessions the vendor has.
func alive(v *didittest.Vendor) int {
	return v.Tally("user", time.Time{}, time.Time{}, "") + v.Tally("business", time.Time{}, time.Time{}, "")
}

// The applications of a group are published by one commit, the last of theirs.
func TestAGroupPublishesTogether(t *testing.T) {
	desks := twoDesks(t, 40)
	for n := range 2 {
		sums, errs := together(t, desks, n, func(c *Config) { c.BatchSize = 15 })
		c, seen := published(t, desks[0])
		last := max(sums[0].Published, sums[1].Published, sums[0].MergedSeq, sums[1].MergedSeq)
		if errs[0] != nil || errs[1] != nil || (sums[0].Published > 0) == (sums[1].Published > 0) || c.Seq != last {
			t.Fatalf("night %d: got %v, published by %d and %d, readers follow %d; want one that publishes for both", n, errs, sums[0].Published, sums[1].Published, c.Seq)
		}
		for i, d := range desks {
			if !sums[i].Grouped || seen[d.application] < alive(d.vendor) {
				t.Errorf("night %d: readers see %d sessions of %s, want %d", n, seen[d.application], d.application, alive(d.vendor))
			}
		}
	}
	for _, d := range desks {
		fresh := deskOf(t, d.vendor)
		fresh.application = d.application
		fresh.night(t, 1, nil)
		sameNow(t, d, fresh)
	}
}

// While a gate of one application fails readers see no news of any, also when the others run alone;
// when it passes they see all.
func TestAGateOfOneHoldsTheGroup(t *testing.T) {
	desks := twoDesks(t, 40)
	together(t, desks, 0, nil)
	before, _ := published(t, desks[0])
	faults("gone404:40")(t, desks[1])
	for n := 1; n <= 2; n++ {
		sums, errs := together(t, desks, n, nil)
		if c, _ := published(t, desks[0]); errs[0] != nil || !errors.Is(errs[1], ErrGate) || c.Seq != before.Seq || sums[0].Published+sums[1].Published > 0 {
			t.Fatalf("night %d: got %v, readers follow commit %d; want a gate to fail and commit %d", n, errs, c.Seq, before.Seq)
		}
	}
	desks[0].vendor.Advance(firstNight.AddDate(0, 0, 3))
	s, err := desks[0].run(t, nil)
	if c, _ := published(t, desks[0]); err != nil || c.Seq != before.Seq || len(s.WaitsFor) != 1 || s.WaitsFor[0] != "corporate" {
		t.Errorf("alone: got %v, readers follow commit %d, waits for %v; want it to wait for corporate", err, c.Seq, s.WaitsFor)
	}
	faults("")(t, desks[1])
	_, errs := together(t, desks, 4, nil)
	c, seen := published(t, desks[0])
	if errs[0] != nil || errs[1] != nil || c.Seq != desks[0].head(t).Seq || seen["retail"] < alive(desks[0].vendor) || seen["corporate"] < alive(desks[1].vendor) {
		t.Errorf("after the cause: got %v, readers follow commit %d of %d and see %v", errs, c.Seq, desks[0].head(t).Seq, seen)
	}
}

// The record of a run says that it was published only if it was: that of a run that waits for another does not.
func TestTheRecordDoesNotSayPublishedBeforeItIs(t *testing.T) {
	desks := twoDesks(t, 40)
	together(t, desks, 0, nil)
	faults("gone404:40")(t, desks[1])
	together(t, desks, 1, nil)
	runs := desks[0].rows(t, "runs")
	if last := runs[len(runs)-1]; last["outcome"] == outcomePublished {
		t.Errorf("the record of %s, which waits for corporate, says %q", last["application"], last["outcome"])
	}
}

// An application whose key is refused does not keep the others from readers.
func TestAKeyThatIsRefusedLeavesTheOthersToPublish(t *testing.T) {
	desks := twoDesks(t, 40)
	together(t, desks, 0, nil)
	for n, after := range []string{"revoke:1", "revoke:60"} { // at once, and in the middle of the decisions
		n++
		faults(after)(t, desks[1])
		before, _ := published(t, desks[0])
		sums, errs := together(t, desks, n, nil)
		c, seen := published(t, desks[0])
		if errs[0] != nil || !errors.Is(errs[1], extract.ErrUnauthorized) || sums[0].Published == 0 || c.Seq <= before.Seq {
			t.Errorf("%s: got %v, published %d; want retail to publish without corporate", after, errs, sums[0].Published)
		}
		if seen["retail"] < alive(desks[0].vendor) || seen["corporate"] < 30 {
			t.Errorf("%s: readers see %v sessions, want those of retail and what corporate had", after, seen)
		}
		if errs[1] != nil && strings.Contains(errs[1].Error(), "didit-test-key") {
			t.Error("the error holds the key")
		}
	}
}

// What the log announced while an application could not run is not forgotten because another one ran.
func TestAnotherApplicationDoesNotHideWhatWasAnnounced(t *testing.T) {
	a := newDesk(t, didittest.Options{Seed: 3, Sessions: 150, Restless: 20, Webhook: true})
	b := joining(t, a, didittest.Options{Seed: 42, Sessions: 20})
	far := func(c *Config) { c.Promises = promisesOf(farAway) }
	a.night(t, 0, far)
	diary := openDiary(a.vendor)
	a.vendor.Advance(firstNight.AddDate(0, 0, 1))
	a.vendor.SetQuiet(true)
	hidden := countWhere(diary.changes(), func(c happening) bool { return c.announced && !c.inRow && !c.same })
	for n := 1; n <= 4; n++ {
		b.night(t, n, far)
	}
	if s := a.night(t, 5, far); s.HintedNews != hidden || hidden == 0 {
		t.Errorf("got %d changes by hints, want %d", s.HintedNews, hidden)
	}
}

// An application that joins a lake brings only new sessions, and its key may see less than that of
// others. It is judged by its own past, of which there is none.
func TestAnApplicationThatJoinsIsJudgedByItself(t *testing.T) {
	for _, tc := range []struct {
		name, key string
		sessions  int
	}{
		{"with more new sessions than the other has in a night", "", 230},
		{"with a key that sees no media", "no-media", 60},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newDesk(t, didittest.Options{Seed: 41, Sessions: 60})
			b := joining(t, a, didittest.Options{Seed: 42, Sessions: tc.sessions})
			scope(tc.key)(t, b)
			for n := range 4 {
				a.night(t, n, nil)
			}
			b.vendor.Advance(firstNight.AddDate(0, 0, 4))
			if s, err := b.run(t, nil); err != nil || s.Published == 0 {
				t.Errorf("got %v, gates %v; want the first night of an application to be published", err, s.Failed)
			}
		})
	}
}
