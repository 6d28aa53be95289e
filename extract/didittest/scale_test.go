package didittest

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// A first sync of 200,000 sessions is tested against this fake: it must leave room for it.
func TestALargePopulationIsSmallAndFast(t *testing.T) {
	if testing.Short() {
		t.Skip("builds 200,000 sessions")
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	start := time.Now()
	v := newVendor(t, Options{Sessions: 200_000})
	built := time.Since(start)
	start = time.Now()
	v.Advance(v.Clock().Add(24 * time.Hour))
	aged := time.Since(start)
	used := (heap() - before) >> 20
	start = time.Now()
	get(t, v, "/v3/sessions/?limit=100&date_from=2026-03-01&date_to=2026-03-01")
	slice := time.Since(start)
	t.Logf("200,000 sessions: built in %v, a day in %v (%d events), a page of one day in %v, %d MiB", built, aged, len(v.log), slice, used)
	if used > 300 {
		t.Errorf("got %d MiB, want at most 300", used)
	}
	runtime.KeepAlive(v)
}

func BenchmarkDecision(b *testing.B) {
	v := newVendor(b, Options{Sessions: 5000})
	i, bytes := 0, 0
	for b.Loop() {
		w := v.newWriter(uint64(i), 16<<10)
		x := viewOf(&v.sessions[i%len(v.sessions)], -1)
		v.decision(w, &x, false)
		bytes += len(w.b)
		i++
	}
	b.SetBytes(int64(bytes / b.N))
}

func TestRequestsAndTheClockMayRunTogether(t *testing.T) {
	v := newVendor(t, Options{Sessions: 200, Faults: "insert:3,delete:4"})
	ids := v.Truth()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 60 {
				get(t, v, "/v3/session/"+ids[(g*60+i)%len(ids)].ID+"/decision/")
				get(t, v, "/v3/sessions/")
				get(t, v, "/v3/users/")
			}
		})
	}
	for range 10 {
		v.Advance(v.Clock().Add(time.Hour))
	}
	wg.Wait()
	if n := v.Requests().Total; n != 4*60*3 {
		t.Errorf("got %d requests counted, want %d", n, 4*60*3)
	}
}
