package night

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests write thousands of small files: into memory, where there is a place for that. DuckDB gets one
// thread, by the variable with which a cluster gives it, and garbage may lie: with few rows, threads and
// collection cost more than they bring.
func TestMain(m *testing.M) {
	if os.Getenv("KYCSYNC_TEST_SCALE") != "" || os.Getenv(scaleStep) != "" {
		os.Exit(m.Run())
	}
	_ = os.Setenv("SLURM_CPUS_ON_NODE", "1")
	debug.SetGCPercent(400)
	os.Exit(inMemory(m.Run))
}

func inMemory(run func() int) int {
	dir, err := os.MkdirTemp("/dev/shm", "kycsync-test-")
	if err != nil {
		return run()
	}
	defer os.RemoveAll(dir)
	_ = os.Setenv("TMPDIR", dir)
	return run()
}
