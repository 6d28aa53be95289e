package night

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
)

// twoDesks are two applications of two vendors in one lake.
func twoDesks(t *testing.T, sessions int) [2]*desk {
	t.Helper()
	a := newDesk(t, didittest.Options{Seed: 41, Sessions: sessions})
	b := newDesk(t, didittest.Options{Seed: 42, Sessions: sessions})
	_ = b.lake.Close()
	b.lake, a.application, b.application = a.lake, "retail", "corporate"
	return [2]*desk{a, b}
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

func alive(v *didittest.Vendor) int {
	return v.Tally("user", firstNight.AddDate(-2, 0, 0), v.Clock(), "") + v.Tally("business", firstNight.AddDate(-2, 0, 0), v.Clock(), "")
}

// The applications of a group are published by one commit, the last of theirs.
func TestAGroupPublishesTogether(t *testing.T) {
	desks := twoDesks(t, 40)
	for n := range 2 {
		sums, errs := together(t, desks, n, func(c *Config) { c.BatchSize = 15 })
		c, seen := published(t, desks[0])
		if errs[0] != nil || errs[1] != nil || (sums[0].Published > 0) == (sums[1].Published > 0) || c.Seq != max(sums[0].Published, sums[1].Published) {
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

// The record of a run says that it was published only if it was.
func TestTheRecordDoesNotSayPublishedBeforeItIs(t *testing.T) {
	desks := twoDesks(t, 40)
	together(t, desks, 0, nil)
	faults("gone404:40")(t, desks[1])
	// The gate of corporate has failed before retail makes its last commit.
	g := NewGroup(2)
	failed := make(chan struct{})
	var wg sync.WaitGroup
	for i, d := range desks {
		d.vendor.Advance(firstNight.AddDate(0, 0, 1))
		cfg := d.config(t)
		cfg.Group = g
		cfg.Step = func(step string) {
			switch {
			case i == 1 && step == "committed":
				close(failed)
			case i == 0 && step == "flatten":
				<-failed
			}
		}
		wg.Go(func() { _, _ = Run(context.Background(), cfg) })
	}
	wg.Wait()
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
	b := newDesk(t, didittest.Options{Seed: 42, Sessions: 20})
	_ = b.lake.Close()
	b.lake, b.application = a.lake, "corporate"
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

// An application that joins a lake brings only new sessions. That is no spike.
func TestAnApplicationThatJoinsIsNoSpike(t *testing.T) {
	a := newDesk(t, didittest.Options{Seed: 41, Sessions: 20})
	b := newDesk(t, didittest.Options{Seed: 42, Sessions: 230})
	_ = b.lake.Close()
	b.lake, b.application = a.lake, "corporate"
	for n := range 4 {
		a.night(t, n, nil)
	}
	b.vendor.Advance(firstNight.AddDate(0, 0, 4))
	if s, err := b.run(t, nil); err != nil || s.Published == 0 {
		t.Errorf("got %v, gates %v; want the first night of an application to be published", err, s.Failed)
	}
}
