package night

import (
	"errors"
	"testing"
	"time"

	"kycsync/extract/didittest"
)

// A first sync that takes several nights says how many more it takes, and it comes true. What it leaves,
// feeds and users, does not put off the promises for what it has read.
func TestFirstSyncOfSeveralNights(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 800})
	var left []int64
	for night := range 20 {
		d.vendor.Advance(firstNight.AddDate(0, 0, night).Add(time.Duration(night) * time.Minute))
		s, err := d.run(t, func(c *Config) { c.MaxRequests, c.Promises = 420, nil })
		if err != nil && !errors.Is(err, ErrBudget) {
			t.Fatal(err)
		}
		if (err == nil) != (s.NightsLeft == 0) {
			t.Errorf("night %d: %v with %d nights left", night, err, s.NightsLeft)
		}
		left = append(left, s.NightsLeft)
		for _, st := range s.Standings {
			if st.Beyond > 0 {
				t.Errorf("night %d: %d of %v are beyond their promise, %+v", night, st.Beyond, st.Class, s.Planned)
			}
		}
		if err == nil {
			break
		}
	}
	t.Logf("nights left, by night: %v", left)
	last := len(left) - 1
	if left[last] != 0 || last < 5 {
		t.Fatalf("%v: want a first sync of more than five nights that ends", left)
	}
	for night, n := range left {
		if real := last - night; int(n) < real*2/3-1 || int(n) > real*3/2+1 {
			t.Errorf("after night %d: %d more were foreseen, and it took %d", night, n, real)
		}
	}
}
