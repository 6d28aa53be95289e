package main

import (
	"os"
	"runtime/debug"
)

// goMemory is what the Go part of the process aims to stay below; DuckDB has its own limit. A run
// keeps some 100 MiB alive and makes much garbage, which would double that more than once.
const goMemory = 300 << 20

// limitMemory sets the aim, unless the environment does.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(goMemory)
	}
}
