package warehouse

import (
	"errors"
	"fmt"
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
	w := &world{lake: l, cfg: Config{Path: b.TempDir() + "/kyc.duckdb", Threads: 2, unchecked: true}}
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

// BenchmarkCatchUp measures what the constants in load.go say: a warehouse that is some commits behind follows, and
// is built from scratch. It reports the CPU time of both.
func BenchmarkCatchUp(b *testing.B) {
	for _, behind := range []struct{ commits, sessions int }{{1, 1}, {1, 4000}, {20, 10}} {
		b.Run(fmt.Sprintf("%d commits of %d", behind.commits, behind.sessions), func(b *testing.B) {
			l, err := lake.Open(b.Context(), b.TempDir(), lake.Config{Create: true})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			w := &world{lake: l, cfg: Config{Path: b.TempDir() + "/kyc.duckdb", Threads: 2, unchecked: true}}
			if err := w.night(b, 0, 4000); err != nil {
				b.Fatal(err)
			}
			var took [2]float64
			measure := func(way int, f func() error) {
				begun := cpuSeconds(b)
				if err := f(); err != nil {
					b.Fatal(err, detail(err))
				}
				took[way] += cpuSeconds(b) - begun
			}
			if _, err := Rebuild(b.Context(), l, w.cfg); err != nil {
				b.Fatal(err, detail(err))
			}
			for b.Loop() {
				first := w.head.Seq + 1
				for range behind.commits {
					if err := w.night(b, 0, behind.sessions); err != nil {
						b.Fatal(err)
					}
				}
				measure(0, func() error { return w.applyFrom(b, first) })
				measure(1, func() error { _, err := Rebuild(b.Context(), l, w.cfg); return err })
			}
			b.ReportMetric(took[0]/float64(b.N)*1e3, "following-cpu-ms/op")
			b.ReportMetric(took[1]/float64(b.N)*1e3, "from-scratch-cpu-ms/op")
		})
	}
}

// applyFrom applies the commits from first on, whatever is cheaper, and publishes.
func (w *world) applyFrom(b *testing.B, first int64) (err error) {
	cfg, err := w.cfg.withDefaults()
	if err != nil {
		return err
	}
	build, err := openBuild(cfg, w.lake)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, build.close()) }()
	at, err := build.resume(b.Context())
	if err != nil {
		return err
	}
	var commits []*lake.Commit
	for c, err := range w.lake.Commits(b.Context(), first) {
		if err != nil {
			return err
		}
		commits = append(commits, c)
	}
	if err := newIncrement(build, at, commits).apply(b.Context()); err != nil {
		return err
	}
	return build.publish(b.Context(), w.head, Report{FromSeq: first, ToSeq: w.head.Seq})
}

func cpuSeconds(b testing.TB) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal("getrusage:", err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
