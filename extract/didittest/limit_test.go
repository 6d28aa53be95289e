package didittest

import (
	"net/http"
	"testing"
	"time"
)

func TestTheWindowSlides(t *testing.T) {
	for _, c := range []struct {
		name         string
		countRefused bool
		fixed        bool
		want         int // passed of one request a second for two minutes, 30 a window
	}{
		{"refused requests are free", false, false, 60},
		{"refused requests fill the window", true, false, 30},
		{"a fixed minute", false, true, 80},
	} {
		now := time.Date(2030, 1, 1, 0, 0, 20, 0, time.UTC)
		v := newVendor(t, Options{PerMinute: 30, CountRefused: c.countRefused, FixedMinute: c.fixed, Now: func() time.Time { return now }})
		passed := 0
		for range 120 {
			w := get(t, v, "/v3/workflows/")
			switch w.Code {
			case http.StatusOK:
				passed++
			case http.StatusTooManyRequests:
				for _, h := range []string{"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
					if w.Header().Get(h) == "" {
						t.Fatalf("%s: 429 without %s", c.name, h)
					}
				}
			}
			now = now.Add(time.Second)
		}
		if passed != c.want {
			t.Errorf("%s: %d passed, want %d", c.name, passed, c.want)
		}
		if got := v.Requests().ByStatus[429]; got != 120-c.want {
			t.Errorf("%s: %d counted as refused, want %d", c.name, got, 120-c.want)
		}
	}
}

func TestAfterRetryAfterTheNextPasses(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	v := newVendor(t, Options{PerMinute: 2, Now: func() time.Time { return now }})
	get(t, v, "/v3/workflows/")
	now = now.Add(20 * time.Second)
	get(t, v, "/v3/workflows/")
	if w := get(t, v, "/v3/workflows/"); w.Code != 429 || w.Header().Get("Retry-After") != "40" {
		t.Fatalf("got %d, Retry-After %q; want 429, 40", w.Code, w.Header().Get("Retry-After"))
	}
	now = now.Add(40*time.Second - time.Nanosecond)
	if w := get(t, v, "/v3/workflows/"); w.Code != 429 {
		t.Errorf("a nanosecond early: got %d", w.Code)
	}
	now = now.Add(time.Nanosecond)
	if w := get(t, v, "/v3/workflows/"); w.Code != 200 {
		t.Errorf("in time: got %d", w.Code)
	}
}

func TestReportsHaveTheirOwnLimit(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	v := newVendor(t, Options{PerMinute: 600, Now: func() time.Time { return now }})
	var path string
	for i := range v.sessions {
		if v.sessions[i].status == approved {
			path = "/v3/session/" + v.sessions[i].id().String() + "/generate-pdf/"
		}
	}
	passed := 0
	for range 60 {
		if get(t, v, path).Code == 200 {
			passed++
		}
	}
	if passed != pdfPerMinute {
		t.Errorf("%d reports passed, want %d", passed, pdfPerMinute)
	}
}
