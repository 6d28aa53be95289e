package extract

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, in, date string
		want           time.Duration
		ok             bool
	}{
		{name: "absent"},
		{name: "seconds", in: "17", want: 17 * time.Second, ok: true},
		{name: "none", in: "0", ok: true},
		{name: "white space around", in: " 5 ", want: 5 * time.Second, ok: true},
		{name: "the longest", in: "120", want: 2 * time.Minute, ok: true},
		{name: "too long", in: "121", want: 2 * time.Minute, ok: true},
		{name: "absurd", in: "99999999999999999999999999", want: 2 * time.Minute, ok: true},
		{name: "negative", in: "-5"},
		{name: "a fraction", in: "1.5"},
		{name: "words", in: "soon"},
		{name: "with unit", in: "5s"},
		{name: "date by our clock", in: "Fri, 20 Nov 2026 02:00:30 GMT", want: 30 * time.Second, ok: true},
		{name: "date by the vendor's clock", in: "Fri, 20 Nov 2026 02:00:30 GMT", date: "Fri, 20 Nov 2026 02:00:20 GMT", want: 10 * time.Second, ok: true},
		{name: "date in the past", in: "Fri, 20 Nov 2026 01:00:00 GMT", ok: true},
		{name: "date far off", in: "Sun, 20 Nov 2067 02:00:30 GMT", want: 2 * time.Minute, ok: true},
		{name: "half a date", in: "Fri, 20 Nov 2026"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("Retry-After", tc.in)
			h.Set("Date", tc.date)
			if got, ok := retryAfter(h, now); got != tc.want || ok != tc.ok {
				t.Errorf("got %v, %v, want %v, %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}

// Whatever the header says, the term is between 0 and 2 minutes, whole seconds that are not longer
// are taken as they are, and a term comes only from seconds or a date.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "17", "120", "121", "-1", "1e9", "18446744073709551616", "Fri, 20 Nov 2026 02:00:30 GMT", "Friday, 20-Nov-26 02:00:30 GMT", "\u0661"} {
		f.Add(seed, "Fri, 20 Nov 2026 02:00:20 GMT")
		f.Add(seed, "")
	}
	now := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, in, date string) {
		h := http.Header{"Retry-After": {in}, "Date": {date}}
		got, ok := retryAfter(h, now)
		if got < 0 || got > maxRetryAfter || !ok && got != 0 {
			t.Fatalf("got %v, %v, want 0 to %v", got, ok, maxRetryAfter)
		}
		trimmed := strings.TrimSpace(in)
		if n, err := strconv.Atoi(trimmed); err == nil && trimmed[0] != '-' && trimmed[0] != '+' {
			if want := min(n, 120); !ok || got != time.Duration(want)*time.Second {
				t.Fatalf("got %v, %v, want %d s", got, ok, want)
			}
			return
		}
		if _, err := http.ParseTime(trimmed); err != nil && strings.Trim(trimmed, "0123456789") != "" && ok {
			t.Fatalf("got %v from %q, which is neither seconds nor a date", got, in)
		}
	})
}

// An hour of refusals: nothing is sent before a term is over, the pauses get longer, and the run
// ends when the patience does.
func TestStormOfRefusals(t *testing.T) {
	for _, tc := range []struct {
		name  string
		given string
		least time.Duration // between bursts
	}{
		{"with Retry-After", "45", 45 * time.Second},
		{"with an absurd Retry-After", "86400", 2 * time.Minute},
		{"without", "", 5 * time.Second},
	} {
		inBubble(t, tc.name, func(t *testing.T) {
			r := &refuser{term: time.Hour, header: http.Header{"Retry-After": {tc.given}}}
			if tc.given == "" {
				r.header = nil
			}
			c := testClient(t, r, 600)
			start := time.Now()
			var last error
			for _, err := range c.Fetch(t.Context(), testTasks(1000)) {
				last = err
			}
			if !errors.Is(last, ErrThrottled) || OfSession(last) {
				t.Fatalf("got %v, want %v", last, ErrThrottled)
			}
			if got := time.Since(start); got < patience || got > patience+3*time.Minute {
				t.Errorf("ended after %v, want a little more than %v", got, patience)
			}
			for i := 1; i < len(r.sent); i++ {
				if gap := r.sent[i] - r.sent[i-1]; gap < tc.least {
					t.Errorf("request %d came %v after a refusal, want %v or more", i, gap, tc.least)
				}
			}
			if len(r.sent) > 25 {
				t.Errorf("%d requests in a quarter of an hour of refusals, want 25 or less", len(r.sent))
			}
		})
	}
}

func TestStormThatEndsIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refuser{term: 14 * time.Minute}
		c := testClient(t, r, 600)
		for _, err := range c.Fetch(t.Context(), testTasks(100)) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if s := c.Stats(); s.Retries != 0 || s.Throttled == 0 || s.Waited < 14*time.Minute {
			t.Errorf("got %+v, want refusals, the wait and no retries", s)
		}
	})
}

func TestTermOfAnUnavailableVendorIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := testClient(t, roundTripper(func(*http.Request) (*http.Response, error) {
			if n++; n == 1 {
				resp := canned(503, "")
				resp.Header.Set("Retry-After", "90")
				return resp, nil
			}
			return canned(200, `{}`), nil
		}), 600)
		start := time.Now()
		if _, err := c.Decision(t.Context(), testID(1)); err != nil || time.Since(start) != 90*time.Second {
			t.Errorf("got %v after %v, want an answer after 90 s", err, time.Since(start))
		}
	})
}

// drip gives one byte in ten seconds until its request is given up.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	if err := sleep(d.ctx, 10*time.Second); err != nil {
		return 0, d.ctx.Err()
	}
	p[0] = ' '
	return 1, nil
}

func (d drip) Close() error { return nil }

func TestSlowBodyIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			resp := canned(200, "")
			resp.Body, resp.ContentLength = drip{req.Context()}, 1000
			return resp, nil
		}), 600)
		c.backoff = func(int) time.Duration { return time.Second }
		start := time.Now()
		_, err := c.Decision(t.Context(), testID(1))
		// Six attempts, and a look at the list.
		if got, want := time.Since(start), 7*attemptDeadline+5*time.Second; !errors.Is(err, ErrUnavailable) || got != want {
			t.Errorf("got %v after %v, want %v after %v", err, got, ErrUnavailable, want)
		}
	})
}

func TestBackoffIsRandomAndBounded(t *testing.T) {
	for attempt, most := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 5: 32 * time.Second, 6: 40 * time.Second, 99: 40 * time.Second} {
		var low, high int
		for range 200 {
			d := backoff(attempt)
			if d < 0 || d > most {
				t.Fatalf("attempt %d: %v, want 0 to %v", attempt, d, most)
			}
			if d < most/2 {
				low++
			} else {
				high++
			}
		}
		if low == 0 || high == 0 {
			t.Errorf("attempt %d: %d pauses in the lower half of %v, %d in the upper", attempt, low, most, high)
		}
	}
}

func TestCancelledRequestReturnsTheContextsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, io.ErrUnexpectedEOF
		}), 600)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := c.Decision(ctx, testID(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
