package didittest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// span is the length of the sliding window.
const span = time.Minute

// A window holds the instants of the newest counted requests, as many as the limit allows.
type window struct {
	limit int
	fixed bool // the count starts anew with each minute of the clock
	ring  []time.Time
	next  int
}

// take counts a request made now, or tells how long until one would pass.
func (w *window) take(now time.Time, countRefused bool) (wait time.Duration, ok bool) {
	if len(w.ring) < w.limit {
		w.ring = append(w.ring, now)
		return 0, true
	}
	free := w.ring[w.next].Add(span)
	if w.fixed {
		free = w.ring[w.next].Truncate(span).Add(span)
	}
	wait = free.Sub(now)
	ok = wait <= 0
	if ok || countRefused {
		w.ring[w.next] = now
		w.next = (w.next + 1) % w.limit
	}
	return wait, ok
}

// windows are the counters of each scope and key.
type windows struct {
	mu  sync.Mutex
	all map[string]*window
}

const pdfPerMinute = 50

// limited refuses a request whose scope is exhausted, or which the faults want refused.
func (v *Vendor) limited(rt *route, r *http.Request, forced uint64) (reply, bool) {
	now := v.opts.Now()
	if forced > 0 {
		return throttled(forced), true
	}
	if v.opts.PerMinute < 0 {
		return reply{}, false
	}
	key := r.Header.Get("x-api-key")
	if key != v.opts.APIKey {
		key = "anonymous" // one counter for all strangers bounds the memory
	}
	v.windows.mu.Lock()
	defer v.windows.mu.Unlock()
	g := v.windows.of("get "+key, v.opts.PerMinute, v.opts.FixedMinute)
	if wait, ok := g.take(now, v.opts.CountRefused); !ok {
		return refused(now, wait, g.limit, fmt.Sprintf("GET request rate limit exceeded. You can make up to %d requests per minute.", g.limit)), true
	}
	if rt.name == "pdf" {
		p := v.windows.of("pdf "+key, pdfPerMinute, v.opts.FixedMinute)
		if wait, ok := p.take(now, v.opts.CountRefused); !ok {
			return refused(now, wait, p.limit, "Request was throttled. Expected available in "+seconds(wait)+" seconds."), true
		}
	}
	return reply{}, false
}

func (ws *windows) of(name string, limit int, fixed bool) *window {
	w := ws.all[name]
	if w == nil {
		if ws.all == nil {
			ws.all = map[string]*window{}
		}
		w = &window{limit: limit, fixed: fixed}
		ws.all[name] = w
	}
	return w
}

func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

func refused(now time.Time, wait time.Duration, limit int, text string) reply {
	rp := detail(http.StatusTooManyRequests, text)
	rp.header = map[string]string{
		"Retry-After":           seconds(wait),
		"X-RateLimit-Limit":     strconv.Itoa(limit),
		"X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset":     strconv.FormatInt(now.Add(wait).Unix(), 10),
	}
	return rp
}

// throttled is the other wording, without limit headers.
func throttled(secs uint64) reply {
	n := strconv.FormatUint(secs, 10)
	rp := detail(http.StatusTooManyRequests, "Request was throttled. Expected available in "+n+" seconds.")
	rp.header = map[string]string{"Retry-After": n}
	return rp
}
