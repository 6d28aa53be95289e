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

	"kycsync/extract/didittest"
	"kycsync/load/lake/gcstest"

	"github.com/google/go-cmp/cmp"
)

// Two machines begin the same night in the same moment. One does it, and the other says so and leaves, or finds it
// done; the lake is that of a night that nobody disturbed. KYCSYNC_TEST_PAIRS sets their number.
func TestPairsOfMachines(t *testing.T) {
	t.Parallel()
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
	undisturbed := contentOf(t, alone)
	google := gcstest.Start(t)
	for kind, lake := range map[string]func(n int) string{
		"dir": func(int) string { return filepath.Join(t.TempDir(), "lake") },
		"gcs": func(n int) string { return google.URI(fmt.Sprintf("pair%d", n)) },
	} {
		t.Run(kind, func(t *testing.T) {
			left := 0
			for n := range pairs {
				env := []string{"KYCSYNC_NOW=" + processNow, "KYCSYNC_LAKE=" + lake(n), "STORAGE_EMULATOR_HOST=" + google.Host()}
				codes := [2]int{}
				words := [2]string{}
				var dirs [2]string
				var wg sync.WaitGroup
				for i := range dirs {
					dirs[i] = t.TempDir()
					wg.Go(func() {
						out, err := command(dirs[i], env, "sync", "--api-url", srv.URL, "--rate", "0").CombinedOutput()
						words[i] = string(out)
						if exit, ok := err.(*exec.ExitError); ok {
							codes[i] = exit.ExitCode()
						} else if err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				winner := 0
				for i, code := range codes {
					switch {
					case code == exitOK:
						winner = i
					case code == exitAgain && strings.Contains(words[i], "another run is at work") && codes[1-i] == exitOK:
						left++
					default:
						t.Fatalf("pair %d ended with %v:\n%s", n, codes, words[i])
					}
				}
				if diff := cmp.Diff(undisturbed, contentOf(t, dirs[winner], env...)); diff != "" {
					t.Errorf("pair %d: content differs (-alone +pair):\n%s", n, diff)
				}
			}
			t.Logf("%d pairs, in %d the second left at once", pairs, left)
		})
	}
}
