package warehouse

import (
	"syscall"
	"testing"

	"kycsync/load/lake"
)

// BenchmarkUpdateByOneCommit is a quiet night: a few sessions changed, and what the file costs to
// open, go on from and publish counts for more than their rows. It reports the CPU time, of all
// threads.
func BenchmarkUpdateByOneCommit(b *testing.B) {
	l, err := lake.Open(b.Context(), b.TempDir(), lake.Config{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	w := &world{lake: l, cfg: Config{Path: b.TempDir() + "/kyc.duckdb", Threads: 2}}
	if err := w.night(b, 0, 2000); err != nil {
		b.Fatal(err)
	}
	if _, err := Rebuild(b.Context(), w.lake, w.cfg); err != nil {
		b.Fatal(err, detail(err))
	}
	var cpu float64
	for b.Loop() {
		b.StopTimer()
		if err := w.night(b, 0, 20); err != nil {
			b.Fatal(err)
		}
		begun := cpuSeconds(b)
		b.StartTimer()
		if rep, err := Update(b.Context(), w.lake, w.cfg); err != nil || rep.Rebuilt {
			b.Fatal(rep.Reason, err, detail(err))
		}
		cpu += cpuSeconds(b) - begun
	}
	b.ReportMetric(cpu/float64(b.N)*1e3, "cpu-ms/op")
}

func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal("getrusage:", err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
