package extract

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/schemas"
)

// slow answers each request of a list after a latency, of which a part lies before the list is read.
func slow(list http.RoundTripper, latency func(offset int) (up, down time.Duration)) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
		up, down := latency(offset)
		if err := sleep(req.Context(), up); err != nil {
			return nil, err
		}
		resp, err := list.RoundTrip(req)
		if err == nil {
			err = sleep(req.Context(), down)
		}
		return resp, err
	})
}

func slowClient(t *testing.T, rt http.RoundTripper, perMinute, pageSize, workers int) *Client {
	t.Helper()
	c, err := New(Config{BaseURL: "http://127.0.0.1:1", Key: NewSecret("key-of-nobody"), PerMinute: perMinute, PageSize: pageSize, Workers: workers, Transport: rt})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func noItems([]Item) error { return nil }

// Pages that are asked for early let a list be read at the pace and not at the latency.
func TestReadingAheadUsesThePace(t *testing.T) {
	took := map[int]time.Duration{}
	for _, workers := range []int{1, 16} {
		synctest.Test(t, func(t *testing.T) {
			l := newShiftyList(1, 20_000)
			c := slowClient(t, slow(l, func(int) (up, down time.Duration) { return 100 * time.Millisecond, 200 * time.Millisecond }), 600, 50, workers)
			start := time.Now()
			sw, err := c.Sweep(t.Context(), schemas.UserSession, func(Page) error { return nil })
			if err != nil || !sw.Complete || sw.Distinct != 20_000 || sw.Pages != l.requests || l.requests != pagesOf(20_000, 50) {
				t.Errorf("got %+v, %v, after %d requests", sw, err, l.requests)
			}
			took[workers] = time.Since(start)
		})
	}
	t.Logf("20,000 rows in pages of 50 at answers of 0.3 s: one page after the other %v, ahead %v", took[1], took[16])
	if got := took[1].Seconds() / took[16].Seconds(); got < 2.7 { // a page that overtook another is asked for twice
		t.Errorf("%v and %v: got %.2f times as fast, want nearly 3 times, which is the pace", took[1], took[16], got)
	}
}

// While the list changes, pages that are asked for early come in any order, and none is missed. No more
// requests than twice those of a list that is read page by page are made.
func TestNothingIsMissedWhenPagesComeInAnyOrder(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 80
	}
	requests := map[int]int{}
	for _, workers := range []int{1, 8} {
		for seed := range seeds {
			synctest.Test(t, func(t *testing.T) {
				l := newRestlessList(seed, int(seed%3)*20, 100+int(seed%300))
				l.idleFirst = seed%2 == 0
				l.churn = 1 + int(seed%7)*3
				l.burst = 1 + int(seed/5%3)*7
				dice := rand.New(rand.NewPCG(seed, 3))
				within := func() time.Duration { return time.Duration(dice.Int64N(int64(time.Second))) }
				c := slowClient(t, slow(l, func(int) (up, down time.Duration) {
					l.Lock()
					defer l.Unlock()
					return within(), within()
				}), 0, 10+int(seed%3)*7, workers)
				atStart := l.rows()
				visits := map[string]int{}
				got, err := c.Users(t.Context(), func(items []Item) error {
					for _, it := range items {
						visits[it.ID]++
					}
					return nil
				})
				if err != nil || !got.Complete {
					t.Fatalf("seed %d: got %+v, %v", seed, got, err)
				}
				for _, n := range atStart {
					if !l.gone[n] && visits[string(testID(n))] != 1 {
						t.Errorf("seed %d: entity %d existed throughout and was visited %d times", seed, n, visits[string(testID(n))])
					}
				}
				requests[workers] += l.requests
			})
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d lists: %d requests one after the other, %d ahead", seeds, requests[1], requests[8])
	if requests[8] > 2*requests[1] {
		t.Errorf("%d requests one after the other, %d ahead: want less than twice as many", requests[1], requests[8])
	}
}

// A list of one or two pages is not read ahead, however it ends, and of a longer one that is counted no
// page beyond its end is asked for.
func TestReadingAheadCostsNothing(t *testing.T) {
	for _, tc := range []struct {
		name    string
		rows    int
		counted bool
		beyond  int // the end, requests at most
	}{
		{"one page", 90, false, 0},
		{"two pages", 150, false, 0},
		{"two pages, counted", 150, true, 0},
		{"many, counted", 5000, true, 0},
		{"many, and only the end tells", 5000, false, maxAhead - 1},
	} {
		inBubble(t, tc.name, func(t *testing.T) {
			l := newRestlessList(1, 0, tc.rows)
			if tc.counted {
				l.total = strconv.Itoa
			}
			c := slowClient(t, slow(l, func(int) (up, down time.Duration) { return 0, time.Second }), 0, 100, 16)
			least := pagesOf(tc.rows, 100) // that of the head included
			got, err := c.Transactions(t.Context(), noItems)
			if err != nil || !got.Complete || got.Distinct != tc.rows || l.requests < least || l.requests > least+tc.beyond {
				t.Errorf("got %+v, %v after %d requests, want %d and %d more at most", got, err, l.requests, least, tc.beyond)
			}
		})
	}
}

// Never are more pages under way than may be.
func TestReadingAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newShiftyList(1, 5000)
		flying, peak := 0, 0
		c := slowClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			l.Lock()
			flying++
			peak = max(peak, flying)
			l.Unlock()
			err := sleep(req.Context(), time.Second)
			l.Lock()
			flying--
			l.Unlock()
			if err != nil {
				return nil, err
			}
			return l.RoundTrip(req)
		}), 0, 50, 16)
		if sw, err := c.Sweep(t.Context(), schemas.UserSession, func(Page) error { return nil }); err != nil || !sw.Complete || peak != maxAhead {
			t.Errorf("got %+v, %v, %d requests at the same time, want %d", sw, err, peak, maxAhead)
		}
	})
}

// Whatever ends a sweep leaves no request behind. An early page that fails is an error only when
// its turn has come.
func TestReadingAheadEnds(t *testing.T) {
	full := errors.New("disk full")
	for _, tc := range []struct {
		name   string
		after  int                             // pages visited
		end    func(cancel func()) error       // of the visit
		answer func(offset int) *http.Response // nil: the list's
		want   error
	}{
		{"the visitor's error", 7, func(func()) error { return full }, nil, full},
		{"the context", 7, func(cancel func()) error { cancel(); return nil }, nil, context.Canceled},
		{"a page that is refused", 8, nil, func(offset int) *http.Response {
			if offset == 8*47 {
				return canned(http.StatusForbidden, `{}`)
			}
			return nil
		}, ErrUnauthorized},
	} {
		inBubble(t, tc.name, func(t *testing.T) {
			l := newShiftyList(1, 5000)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			flying := 0
			c := slowClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
				l.Lock()
				flying++
				l.Unlock()
				defer func() {
					l.Lock()
					flying--
					l.Unlock()
				}()
				if err := sleep(req.Context(), time.Second); err != nil {
					return nil, err
				}
				if offset, _ := strconv.Atoi(req.URL.Query().Get("offset")); tc.answer != nil && tc.answer(offset) != nil {
					return tc.answer(offset), nil
				}
				return l.RoundTrip(req)
			}), 0, 50, 16)
			visited := 0
			_, err := c.Sweep(ctx, schemas.UserSession, func(Page) error {
				if visited++; visited == tc.after && tc.end != nil {
					return tc.end(cancel)
				}
				return nil
			})
			if !errors.Is(err, tc.want) || visited != tc.after || flying != 0 {
				t.Errorf("got %v after %d pages with %d requests under way, want %v after %d and none", err, visited, flying, tc.want, tc.after)
			}
		})
	}
}

// A page that was read before the one above it may lack a row that was there all the time, and is then
// asked for again. Here the last user becomes active when the fourth page has been read and the third has
// not, and then so many others, that the third shows nothing but who moved, and the fourth one of them.
func TestEarlyPageThatMissedAMoveIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newRestlessList(1, 0, 100)
		asked := map[int]int{}
		c := slowClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
			l.Lock()
			asked[offset]++
			late := offset == 14 && asked[offset] == 1
			l.Unlock()
			if late {
				if err := sleep(req.Context(), time.Second); err != nil {
					return nil, err
				}
				l.Lock()
				l.touch(1)
				l.touch(79) // on the fourth page as it was, and now the last of the third
				for n := 100; n > 91; n-- {
					l.touch(n)
				}
				for n := 69; n > 55; n-- {
					l.touch(n)
				}
				l.Unlock()
			}
			return l.RoundTrip(req)
		}), 0, 10, 8)
		visited := map[string]bool{}
		got, err := c.Users(t.Context(), func(items []Item) error {
			for _, it := range items {
				visited[it.ID] = true
			}
			return nil
		})
		if err != nil || !got.Complete || len(visited) != 100 || asked[21] != 2 {
			t.Errorf("got %+v, %v, with %d visited, and the fourth page was asked for %d times; want all 100, and twice", got, err, len(visited), asked[21])
		}
	})
}
