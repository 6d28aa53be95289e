package night

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kycsync/extract"
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

// stalls answers so many requests for what it names, and no more.
type stalls struct {
	next  http.RoundTripper
	named func(path string) bool
	after *atomic.Int64
}

func (s stalls) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.named(req.URL.Path) && s.after.Add(-1) < 0 {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}
	return s.next.RoundTrip(req)
}

// stalled is a desk whose vendor answers so many more requests for what is named.
func stalled(d *desk, answers int64, named func(path string) bool) {
	after := &atomic.Int64{}
	after.Store(answers)
	d.between = func(rt http.RoundTripper) http.RoundTripper { return stalls{rt, named, after} }
}

// A night whose answers are slower than the pace ends with what is due not looked at, sessions and users
// alike, and counts that. It is not short of anything new.
func TestASlowNightLeavesSomeOfEachQueue(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the end of the time")
	}
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 300})
	d.night(t, 0, nil)
	d.vendor.SetQuiet(true)
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	stalled(d, 150, func(path string) bool {
		return strings.HasSuffix(path, "/decision/") || strings.HasPrefix(path, "/v3/users/") && path != "/v3/users/"
	})
	s, err := d.run(t, func(c *Config) { c.MaxDuration, c.PerMinute = 8*time.Second, 60_000 })
	if err != nil {
		t.Fatal(err)
	}
	users := 0
	for _, st := range s.Standings {
		if st.Class == extract.ClassUsers {
			users = st.Checked
		}
	}
	if s.Fetched < 20 || users < 20 || s.NotDue < 50 || s.OutOfBudget || s.NightsLeft != 0 {
		t.Errorf("%d sessions and %d users looked at, %d not, %d nights left; want some of each", s.Fetched, users, s.NotDue, s.NightsLeft)
	}
}

// A night that ends before its plan is made says that such nights never come to an end.
func TestANightThatEndsBeforeItsPlan(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the end of the time")
	}
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 100})
	stalled(d, 0, func(path string) bool { return strings.HasPrefix(path, "/v3/transactions/") })
	s, err := d.run(t, func(c *Config) { c.MaxDuration = 5 * time.Second })
	if !errors.Is(err, ErrBudget) || s.Published > 0 || s.Fetched > 0 || s.NightsLeft != extract.Never {
		t.Errorf("got %v, published %d, fetched %d, %d nights left", err, s.Published, s.Fetched, s.NightsLeft)
	}
}
