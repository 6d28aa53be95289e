package night

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// How much garbage waits for collection, in percent of what is alive. With Go's own 100 a large heap
// would be twice what is alive while DuckDB wants memory too; a small one would be collected all the time,
// though it could as well be larger. A fixed limit instead would spend all time collecting once a large
// account comes near it.
const (
	leastGC = 40
	mostGC  = 400
)

// room is how many bytes of garbage do no harm.
var room atomic.Uint64

// LimitMemory keeps the garbage of the process small beside what is alive, unless the variable GOGC says how much there may
// be: it sets the percentage after each collection.
func LimitMemory() {
	room.Store(256 << 20)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(mostGC)
		afterCollection()
	}
}

// SpareMemory leaves next to no garbage from now on: DuckDB is to have all that there is.
func SpareMemory() { room.Store(32 << 20) }

// afterCollection adapts the percentage to what is alive, now and whenever an unreachable object
// has been found.
func afterCollection() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := room.Load() * 100 / max(1, live[0].Value.Uint64())
	debug.SetGCPercent(int(min(max(percent, leastGC), mostGC)))
	type tracer struct{ _ [16]byte }
	runtime.AddCleanup(new(tracer), func(int) { afterCollection() }, 0)
}
