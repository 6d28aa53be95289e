package extract

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"kycsync/schemas"
)

// A meter is the vendor's way of counting requests. It is called in the order of arrival.
type meter interface {
	admit(now time.Time) bool
}

// slidingMeter allows limit requests in any minute, and counts those that it refuses too.
type slidingMeter struct {
	limit   int
	arrived []time.Time
}

func (m *slidingMeter) admit(now time.Time) bool {
	for len(m.arrived) > 0 && now.Sub(m.arrived[0]) >= time.Minute {
		m.arrived = m.arrived[1:]
	}
	m.arrived = append(m.arrived, now)
	return len(m.arrived) <= m.limit
}

// fixedMeter allows limit requests in each minute of the clock.
type fixedMeter struct {
	limit  int
	minute time.Time
	n      int
}

func (m *fixedMeter) admit(now time.Time) bool {
	if t := now.Truncate(time.Minute); !t.Equal(m.minute) {
		m.minute, m.n = t, 0
	}
	m.n++
	return m.n <= m.limit
}

// A farServer answers every request after a latency that varies by 80 % either way, of which a random
// part lies before the request is counted. Requests sent during a stall arrive at its end.
type farServer struct {
	latency time.Duration
	stalls  bool // one second in every 47
	body    string

	mu       sync.Mutex
	dice     *rand.Rand
	meter    meter
	accepted int
	refused  int
	flying   int
	peak     int
	arrivals []time.Time
	begun    time.Time
}

func (s *farServer) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	if s.begun.IsZero() {
		s.begun = time.Now()
	}
	s.flying++
	s.peak = max(s.peak, s.flying)
	total := time.Duration(float64(s.latency) * (0.2 + 1.6*s.dice.Float64()))
	up := time.Duration(s.dice.Float64() * float64(total))
	if in := time.Since(s.begun) % (47 * time.Second); s.stalls && in > 46*time.Second {
		up += 47*time.Second - in
	}
	s.mu.Unlock()
	if err := sleep(req.Context(), up); err != nil {
		return nil, err
	}
	s.mu.Lock()
	now := time.Now()
	s.arrivals = append(s.arrivals, now)
	ok := s.meter.admit(now)
	if ok {
		s.accepted++
	} else {
		s.refused++
	}
	s.mu.Unlock()
	err := sleep(req.Context(), total-min(up, total))
	s.mu.Lock()
	s.flying--
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if !ok {
		return canned(http.StatusTooManyRequests, `{"detail":"Request was throttled."}`), nil
	}
	return canned(http.StatusOK, s.body), nil
}

func canned(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(body)),
	}
}

func testID(n int) schemas.SessionID {
	return schemas.SessionID(fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n))
}

func testTasks(n int) []Task {
	tasks := make([]Task, n)
	for i := range tasks {
		tasks[i] = Task{ID: testID(i), Kind: schemas.UserSession, Number: int64(i)}
	}
	return tasks
}

func testClient(t *testing.T, rt http.RoundTripper, perMinute int) *Client {
	t.Helper()
	c, err := New(Config{BaseURL: "http://127.0.0.1:1", Key: NewSecret("key-of-nobody"), PerMinute: perMinute, Transport: rt})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type paceCase struct {
	latency time.Duration
	stalls  bool
	meter   string
}

func paceCases() (cases []paceCase) {
	for _, latency := range []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond} {
		for _, stalls := range []bool{false, true} {
			for _, meter := range []string{"sliding", "fixed"} {
				cases = append(cases, paceCase{latency, stalls, meter})
			}
		}
	}
	return cases
}

func (pc paceCase) String() string {
	return fmt.Sprintf("%v/stalls=%v/%s", pc.latency, pc.stalls, pc.meter)
}

func (pc paceCase) server() *farServer {
	s := &farServer{latency: pc.latency, stalls: pc.stalls, body: `{}`, dice: rand.New(rand.NewPCG(1, uint64(pc.latency)))}
	if s.meter = (meter)(&slidingMeter{limit: 600}); pc.meter == "fixed" {
		s.meter = &fixedMeter{limit: 600}
	}
	return s
}

const paceTime = 30 * time.Minute

// share is the accepted part of what the limit allows in paceTime.
func (s *farServer) share() float64 { return float64(s.accepted) / (600 * paceTime.Minutes()) }

func TestPaceUsesTheLimitAndIsNeverRefused(t *testing.T) {
	for _, pc := range paceCases() {
		t.Run(pc.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := pc.server()
				c := testClient(t, s, 600)
				ctx, cancel := context.WithTimeout(t.Context(), paceTime)
				defer cancel()
				for range c.Fetch(ctx, testTasks(30_000)) {
				}
				t.Logf("%.2f %% of the allowed rate, %d refused, at most %d at the same time", 100*s.share(), s.refused, s.peak)
				if s.refused != 0 || s.share() < 0.99 {
					t.Errorf("got %.2f %% of the allowed rate and %d refusals, want 99 %% or more and none", 100*s.share(), s.refused)
				}
			})
		})
	}
}

// The usual choice, against the same servers: it must fail, or the test above proves nothing.
func TestBareLimiterIsRefused(t *testing.T) {
	for _, pc := range paceCases() {
		if pc.meter == "fixed" {
			continue // a fixed minute forgives it
		}
		t.Run(pc.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := pc.server()
				limiter := rate.NewLimiter(10, 1)
				ctx, cancel := context.WithTimeout(t.Context(), paceTime)
				defer cancel()
				var wg sync.WaitGroup
				for range 16 {
					wg.Go(func() {
						for limiter.Wait(ctx) == nil {
							req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1/", nil)
							_, _ = s.RoundTrip(req)
						}
					})
				}
				wg.Wait()
				t.Logf("%.2f %% of the allowed rate, %d refused", 100*s.share(), s.refused)
				if s.refused == 0 && s.share() >= 0.99 {
					t.Errorf("the bare limiter passes: %.2f %% and no refusal", 100*s.share())
				}
			})
		})
	}
}

// Whatever the latency, no minute of the server holds more than the limit: here for answers that
// take far longer than the pace expects.
func TestWindowHoldsUnderWildLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &farServer{latency: 8 * time.Second, stalls: true, body: `{}`, dice: rand.New(rand.NewPCG(2, 2)), meter: &slidingMeter{limit: 60}}
		c := testClient(t, s, 60)
		c.workers = 64
		ctx, cancel := context.WithTimeout(t.Context(), paceTime)
		defer cancel()
		for range c.Fetch(ctx, testTasks(3000)) {
		}
		if s.refused != 0 || s.accepted < 25*60 {
			t.Errorf("got %d accepted and %d refused, want 1500 or more and none", s.accepted, s.refused)
		}
	})
}

func TestRestartWaitsUntilTheLastRequestIsAMinuteOld(t *testing.T) {
	for _, tc := range []struct {
		name string
		age  time.Duration
		want time.Duration
	}{
		{"just now", 0, time.Minute},
		{"twenty seconds ago", 20 * time.Second, 40 * time.Second},
		{"yesterday", 24 * time.Hour, 0},
		{"in the future, by a wrong clock", -time.Hour, time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				p := newPacer(600, start.Add(-tc.age))
				if err := p.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != tc.want || p.waited != tc.want {
					t.Errorf("waited %v, counted %v, want %v", got, p.waited, tc.want)
				}
			})
		})
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(1, time.Time{})
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 3 { // one rests, two queue behind it
			wg.Go(func() {
				if err := p.wait(ctx); err != context.DeadlineExceeded {
					t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
				}
			})
		}
		wg.Wait()
		if got := time.Since(start); got != time.Second {
			t.Errorf("ended after %v, want 1s", got)
		}
	})
}

// refuser refuses every request until a time has passed, then accepts all.
type refuser struct {
	mu      sync.Mutex
	term    time.Duration
	header  http.Header
	begun   time.Time
	sent    []time.Duration // since the first
	refused int
}

func (r *refuser) RoundTrip(*http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun.IsZero() {
		r.begun = time.Now()
	}
	at := time.Since(r.begun)
	r.sent = append(r.sent, at)
	if at >= r.term {
		return canned(http.StatusOK, `{}`), nil
	}
	r.refused++
	resp := canned(http.StatusTooManyRequests, `{"detail":"Request was throttled."}`)
	for k, v := range r.header {
		resp.Header[k] = v
	}
	return resp, nil
}

func TestRefusalPausesAllAndHalvesThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refuser{term: time.Nanosecond, header: http.Header{"Retry-After": {"30"}}}
		c := testClient(t, r, 600)
		for _, err := range c.Fetch(t.Context(), testTasks(400)) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if r.refused != 1 || r.sent[1] < 30*time.Second {
			t.Errorf("%d refused, second request after %v, want 1 and 30s or more", r.refused, r.sent[1])
		}
		// Half of 9.95 a second in the first half minute after the pause.
		n := 0
		for _, at := range r.sent[1:] {
			if at < 60*time.Second {
				n++
			}
		}
		if n < 148 || n > 151 {
			t.Errorf("%d requests in the half minute after the pause, want about 149", n)
		}
		if got := c.Stats(); got.Throttled != 1 || got.Retries != 0 || got.Decisions != 401 {
			t.Errorf("got %+v, want one throttled, no retry and 401 decisions", got)
		}
	})
}

// Sixteen requests that flew together and were refused together are one refusal.
func TestRefusalOfABurstHalvesThePaceOnce(t *testing.T) {
	p := newPacer(600, time.Time{})
	sentAt := time.Now()
	for i := range 16 {
		if _, _, first := p.refused(sentAt, time.Second, true, 0); first != (i == 0) {
			t.Errorf("refusal %d: first is %v", i, first)
		}
	}
	if got, want := p.limiter.Limit(), p.ceiling/2; got != want {
		t.Errorf("got %v a second, want %v", got, want)
	}
}

func TestPaceComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refuser{term: time.Nanosecond}
		c := testClient(t, r, 600)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		for range c.Fetch(ctx, testTasks(20_000)) {
		}
		if got, want := c.pace.limiter.Limit(), c.pace.ceiling; got != want {
			t.Errorf("after 20 minutes the pace is %v, want %v", got, want)
		}
		if got := r.sent[1]; got != firstPause {
			t.Errorf("without Retry-After the pause is %v, want %v", got, firstPause)
		}
	})
}

func TestVendorsOwnLimitReplacesAHigherOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &farServer{latency: 200 * time.Millisecond, body: `{}`, dice: rand.New(rand.NewPCG(3, 3))}
		s.meter = &slidingMeter{limit: 100}
		limited := roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := s.RoundTrip(req)
			if err == nil && resp.StatusCode == http.StatusTooManyRequests {
				resp.Header.Set("X-Ratelimit-Limit", "100")
				resp.Header.Set("Retry-After", strconv.Itoa(60))
			}
			return resp, err
		})
		c := testClient(t, limited, 600)
		ctx, cancel := context.WithTimeout(t.Context(), paceTime)
		defer cancel()
		for range c.Fetch(ctx, testTasks(5000)) {
		}
		if s.refused > 16 || s.accepted < 100*25 {
			t.Errorf("got %d accepted and %d refused, want 2500 or more and no more than one burst", s.accepted, s.refused)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
