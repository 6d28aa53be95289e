package night

import (
	"context"
	"sync"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
)

// aboutRuns are the tables that have rows of each run, whatever it found.
var aboutRuns = map[string]bool{"runs": true, "control_totals": true, "promises": true}

// Two runs at once on one lake lose nothing and double nothing, whoever commits first.
func TestTwoRunsAtOnce(t *testing.T) {
	v, url := newVendor(t, didittest.Options{Seed: 8, Sessions: 80})
	alone := newHouse(t, v, url, "", lake.Config{})
	first := newHouse(t, v, url, "", lake.Config{})
	second := &house{v, url, first.lake, t.TempDir()}
	nights := 2
	if testing.Short() {
		nights = 1
	}
	for n := range nights {
		v.Advance(firstNight.AddDate(0, 0, n))
		alone.night(t)
		var wg sync.WaitGroup
		for _, h := range []*house{first, second} {
			wg.Go(func() {
				cfg := h.config(t)
				cfg.BatchSize = 10
				if s, err := Run(context.Background(), cfg); err != nil {
					t.Errorf("night %d: %v after %+v", n+1, err, s)
				}
			})
		}
		wg.Wait()
	}
	want, got := alone.content(t), first.content(t)
	for table, c := range want {
		if !aboutRuns[table] && (got[table].Rows != c.Rows || got[table].Hash != c.Hash) {
			t.Errorf("%s: got %d rows %s, want %d rows %s", table, got[table].Rows, got[table].Hash, c.Rows, c.Hash)
		}
	}
}

// A run that commits late does not put what it saw over what another has seen since.
func TestLateRunDoesNotUndoANewerOne(t *testing.T) {
	v, url := newVendor(t, didittest.Options{Seed: 8, Sessions: 120})
	first := newHouse(t, v, url, "", lake.Config{})
	second := &house{v, url, first.lake, t.TempDir()}
	var truth oracle
	first.night(t)
	v.Advance(firstNight.AddDate(0, 0, 1))
	cfg, once := first.config(t), sync.Once{}
	cfg.Step = func(step string) {
		if step == "flatten" {
			once.Do(func() {
				v.Advance(firstNight.AddDate(0, 0, 3))
				second.night(t)
			})
		}
	}
	if _, err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	truth.watch(v)
	truth.compare(t, first)
	if n := first.rows(t, `SELECT count(*) FROM session_state s JOIN sessions USING (application, session_id)
		WHERE s.content_hash <> sessions.content_hash`)[0][0]; n != int64(0) {
		t.Errorf("%v sessions whose state is not that of their newest version", n)
	}
}
