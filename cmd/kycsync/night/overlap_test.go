package night

import (
	"context"
	"sync"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
)

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
		if table != "runs" && (got[table].Rows != c.Rows || got[table].Hash != c.Hash) {
			t.Errorf("%s: got %d rows %s, want %d rows %s", table, got[table].Rows, got[table].Hash, c.Rows, c.Hash)
		}
	}
}
