package main

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage, in percent of what is alive, waits for collection. A run makes
// much garbage; with Go's own 100 the heap would be twice what is alive while DuckDB wants memory
// too. A fixed limit instead would spend all time collecting once a large account comes near it.
const gcPercent = 40

// limitMemory sets the percentage, unless the environment does.
func limitMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
