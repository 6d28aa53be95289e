package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/lake/gcstest"

	"github.com/google/go-cmp/cmp"
)

// Two machines begin the same night in the same moment. One does it, and the other says so and leaves within
// seconds, without a request to the vendor, or finds it done. In every second pair the first one's lease gets lost, so
// that both work, and their commits alone sort them out. The lake is always that of a night that
// nobody disturbed. KYCSYNC_TEST_PAIRS sets the number of pairs for each store.
func TestPairsOfMachines(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("TestOverlap is the same for one pair")
	}
	pairs := 2
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_PAIRS")); err == nil {
		pairs = n
	}
	v, err := didittest.New(didittest.Options{Seed: 13, Sessions: 24, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	alone := t.TempDir()
	mustRun(t, nightly{dir: alone, url: srv.URL, now: processNow})
	undisturbed, enough := contentOf(t, alone), v.Requests().Total
	google := gcstest.Start(t)
	for kind, place := range map[string]func(n int) string{
		"dir": func(int) string { return filepath.Join(t.TempDir(), "lake") },
		"gcs": func(n int) string { return google.URI(fmt.Sprintf("pair%d", n)) },
	} {
		t.Run(kind, func(t *testing.T) {
			left, both, slowest := 0, 0, time.Duration(0)
			for n := range pairs {
				p, before := pair{lake: place(n), url: srv.URL, host: google.Host()}, v.Requests().Total
				if n%2 == 0 {
					p.race(t)
				} else {
					p.raceWithoutLease(t, lake.Config{GCSOptions: google.Options()})
				}
				asked := v.Requests().Total - before
				winner := 0
				for i, r := range p.runs {
					switch {
					case r.code == exitOK && p.runs[1-i].code == exitOK:
						both++
					case r.code == exitOK:
						winner = i
					case r.code == exitAgain && strings.Contains(r.words, "another run is at work") && p.runs[1-i].code == exitOK:
						left, slowest = left+1, max(slowest, r.took)
						if asked > enough || r.took > 20*time.Second {
							t.Errorf("pair %d: the second left after %v, and both asked for %d answers, want %d:\n%s", n, r.took, asked, enough, r.words)
						}
					default:
						t.Fatalf("pair %d ended with %d and %d:\n%s", n, r.code, p.runs[1-i].code, r.words)
					}
				}
				if p.runs[0].code == p.runs[1].code { // one of the two warehouses is older than the lake
					if out, err := command(p.runs[winner].dir, p.env(), "rebuild").CombinedOutput(); err != nil {
						t.Fatalf("pair %d: rebuild: %v\n%s", n, err, out)
					}
				}
				if diff := cmp.Diff(undisturbed, contentOf(t, p.runs[winner].dir, p.env()...)); diff != "" {
					t.Errorf("pair %d: content differs (-alone +pair):\n%s", n, diff)
				}
			}
			t.Logf("%d pairs: in %d the second left, after %v at most; in %d both were done", pairs, left, slowest, both/2)
		})
	}
}

// A pair is two processes, each in a directory of its own, with a lake in common.
type pair struct {
	lake, url, host string
	runs            [2]struct {
		dir   string
		code  int
		words string
		took  time.Duration
	}
}

func (p *pair) env() []string {
	return []string{"KYCSYNC_NOW=" + processNow, "KYCSYNC_TEST_BATCH=8", "KYCSYNC_LAKE=" + p.lake, "STORAGE_EMULATOR_HOST=" + p.host}
}

// start begins the run of one of them. The caller waits for done.
func (p *pair) start(t *testing.T, i int, done *sync.WaitGroup, env ...string) {
	r := &p.runs[i]
	r.dir = t.TempDir()
	done.Go(func() {
		begun := time.Now()
		out, err := command(r.dir, append(p.env(), env...), "sync", "--api-url", p.url, "--rate", "0").CombinedOutput()
		r.words, r.took = string(out), time.Since(begun)
		if exit, ok := err.(*exec.ExitError); ok {
			r.code = exit.ExitCode()
		} else if err != nil {
			t.Error(err)
		}
	})
}

// race runs both at once, to their ends.
func (p *pair) race(t *testing.T) {
	var done sync.WaitGroup
	for i := range p.runs {
		p.start(t, i, &done)
	}
	done.Wait()
}

// raceWithoutLease lets both take the lease and go on in the same moment.
func (p *pair) raceWithoutLease(t *testing.T, cfg lake.Config) {
	var done sync.WaitGroup
	shot := filepath.Join(t.TempDir(), "shot")
	for i := range p.runs {
		steps := filepath.Join(t.TempDir(), "steps")
		p.start(t, i, &done, "KYCSYNC_TEST_STEPS="+steps, "KYCSYNC_TEST_WAIT="+shot)
		for patience := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if said, _ := os.ReadFile(steps); strings.Contains(string(said), "leased\n") {
				break
			}
			if time.Now().After(patience) {
				t.Fatalf("run %d took no lease: %s", i, p.runs[i].words)
			}
		}
		loseLeases(t, p.lake, cfg)
	}
	if err := os.WriteFile(shot, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	done.Wait()
}

func loseLeases(t *testing.T, uri string, cfg lake.Config) {
	t.Helper()
	l, err := lake.Open(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	store := l.Bucket().(lake.Remover)
	if err := store.Objects(t.Context(), "_lake/leases/", func(o lake.Object) error { return store.Remove(t.Context(), o) }); err != nil {
		t.Fatal(err)
	}
}
