package didittest

import (
	"maps"
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
	reads  map[uuid]uint16
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

// turn numbers a request: among all, and among session lists (0 if it is none).
type turn struct{ n, list uint64 }

func (m *meter) next(rt *route) turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen++
	t := turn{n: m.seen}
	if rt.name == "sessions" {
		m.lists++
		t.list = m.lists
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

// read notes that a decision was given out.
func (m *meter) read(id uuid) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reads == nil {
		m.reads = map[uuid]uint16{}
	}
	m.reads[id]++
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
