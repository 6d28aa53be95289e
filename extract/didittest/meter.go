package didittest

import (
	"maps"
	"net/http"
	"sync"
)

// Counts are the requests answered so far. Requests that only the URL router saw are counted
// under the route that they missed, or "none".
type Counts struct {
	Total    int                    `json:"total"`
	ByStatus map[int]int            `json:"by_status"`
	ByRoute  map[string]map[int]int `json:"by_route"` // sessions, decision, reviews, ...: status: n
}

// Route returns how many requests a route answered, with any status.
func (c Counts) Route(name string) int {
	n := 0
	for _, m := range c.ByRoute[name] {
		n += m
	}
	return n
}

type meter struct {
	mu     sync.Mutex
	routes map[string]map[int]int
	seen   uint64 // requests that reached the API, for the faults
	lists  uint64 // of which session lists
	counts uint64 // of which for their count
	wanted uint64 // of which decisions
	asked  uint64 // of which PDFs
	reads  map[uuid]uint16
	log    []read
	pdfs   map[uuid]int // rendered
}

func (m *meter) count(route string, code int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.routes == nil {
		m.routes = map[string]map[int]int{}
	}
	if m.routes[route] == nil {
		m.routes[route] = map[int]int{}
	}
	m.routes[route][code]++
}

// turn numbers a request: among all, among session lists, among those that only ask how many
// sessions a status or some days have, among decisions and among PDFs (0 if it is none).
type turn struct{ n, list, count, decision, pdf uint64 }

func (m *meter) next(rt *route, r *http.Request) turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen++
	t := turn{n: m.seen}
	switch rt.name {
	case "sessions":
		m.lists++
		t.list = m.lists
		q := r.URL.Query()
		if q.Get("limit") == "1" && (q.Has("status") || q.Has("date_from") || q.Has("date_to")) {
			m.counts++
			t.count = m.counts
		}
	case "decision":
		m.wanted++
		t.decision = m.wanted
	case "pdf":
		m.asked++
		t.pdf = m.asked
	}
	return t
}

// Requests returns the counters.
func (v *Vendor) Requests() Counts {
	v.meter.mu.Lock()
	defer v.meter.mu.Unlock()
	c := Counts{ByStatus: map[int]int{}, ByRoute: map[string]map[int]int{}}
	for name, m := range v.meter.routes {
		c.ByRoute[name] = maps.Clone(m)
		for code, n := range m {
			c.Total += n
			c.ByStatus[code] += n
		}
	}
	return c
}

// read notes the answer to a request for a decision.
func (m *meter) read(r read) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, r)
	if r.code != http.StatusOK {
		return
	}
	if m.reads == nil {
		m.reads = map[uuid]uint16{}
	}
	m.reads[r.id]++
}

// DecisionReads tells how often the decision of each session was given out, by session id.
// Sessions never asked for are absent.
func (v *Vendor) DecisionReads() map[string]int {
	v.meter.mu.Lock()
	defer v.meter.mu.Unlock()
	out := make(map[string]int, len(v.meter.reads))
	for id, n := range v.meter.reads {
		out[id.String()] = int(n)
	}
	return out
}
