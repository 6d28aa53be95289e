package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/schemas"

	"github.com/google/go-cmp/cmp"
)

// killPoints are the named steps of a run.
var killPoints = []string{
	"locked", "opened", "leased", "paced", "state",
	"hints", "counted", "count", "sweep", "proved", "workflows", "transactions", "planned", "absences", "entities", "entity", "activity", "fetch",
	"flatten", "part.spooled", "part.created", "part", "commit", "gated", "commit.before", "commit.created", "committed",
	"warehouse", "warehouse.open", "warehouse.begun", "warehouse.load", "warehouse.loaded",
	"publish.views", "publish.checkpoint", "publish.copied", "publish.proved", "publish.renamed", "publish",
	"merged", "compact.part", "compact.commit", "compacted", "anchor", "anchored", "released",
}

// TestKilled kills a run at a named step, kills the recovery at another, lets a third run finish,
// and finds the same content as in a lake that nobody disturbed. KYCSYNC_TEST_KILLS sets the number of
// scenarios; each step comes first in one of them at least.
func TestKilled(t *testing.T) {
	t.Parallel()
	scenarios := 50
	if testing.Short() {
		scenarios = 2
	}
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_KILLS")); err == nil {
		scenarios = n
	}
	v, err := didittest.New(didittest.Options{Seed: 11, Sessions: 40, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close) // after the parallel scenarios

	known := filepath.Join(t.TempDir(), "known")
	mustRun(t, nightly{dir: known, url: srv.URL, now: "2026-11-01T02:00:00Z"})
	v.Advance(simulationStart.AddDate(0, 0, 3))
	const later = "2026-11-04T02:00:00Z"
	undisturbed, hits := map[bool]map[string]string{}, map[bool]map[string]int{}
	for _, first := range []bool{true, false} {
		dir := startingPoint(t, first, known)
		hits[first] = mustRun(t, nightly{dir: dir, url: srv.URL, now: later})
		undisturbed[first] = contentOf(t, dir)
	}

	for i := range scenarios {
		dice := rand.New(rand.NewPCG(1, uint64(i)))
		turn, at := i/len(killPoints), i%len(killPoints)
		kill := []string{killPoints[at], killPoints[dice.IntN(len(killPoints))]}
		first := (turn+at)%4 == 0
		if hits[first][kill[0]] == 0 {
			first = !first
		}
		t.Run(fmt.Sprintf("%02d %s then %s", i, kill[0], kill[1]), func(t *testing.T) {
			t.Parallel()
			dir := startingPoint(t, first, known)
			left := maps.Clone(hits[first]) // of the steps, to be hit by the recovery
			for again, step := range kill {
				tries := []string{fmt.Sprintf("%s:%d", step, 1+dice.IntN(max(1, left[step]))), step + ":1"} // it may not be hit so often,
				if again > 0 {
					tries = append(tries, "sweep:1") // or the first run may have left nothing to do
				}
				killed := false
				for _, k := range tries {
					if !killed {
						var done map[string]int
						killed, done = attempt(t, nightly{dir: dir, url: srv.URL, now: later, kill: k})
						for step, times := range done {
							left[step] -= times
						}
					}
				}
				if !killed {
					t.Errorf("the run never came to %s", step)
				}
			}
			mustRun(t, nightly{dir: dir, url: srv.URL, now: later})
			if diff := cmp.Diff(undisturbed[first], contentOf(t, dir)); diff != "" {
				t.Errorf("content differs (-undisturbed +killed):\n%s", diff)
			}
		})
	}
}

// A run that is killed while days are listed again, because counts differ, leaves nothing of it: the
// next one, to which the vendor counts right, stores what an undisturbed one does.
func TestKilledWhileDaysAreListedAgain(t *testing.T) {
	t.Parallel()
	v, err := didittest.New(didittest.Options{Seed: 12, Sessions: 30, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	known := filepath.Join(t.TempDir(), "known")
	mustRun(t, nightly{dir: known, url: srv.URL, now: "2026-11-01T02:00:00Z"})
	v.Advance(simulationStart.AddDate(0, 0, 2))
	const later = "2026-11-03T02:00:00Z"
	dir := startingPoint(t, false, known)
	mustRun(t, nightly{dir: dir, url: srv.URL, now: later})
	undisturbed := contentOf(t, dir)
	for _, kill := range []string{"relist:1", "relist:7"} {
		if err := v.SetFaults("miscount:1"); err != nil {
			t.Fatal(err)
		}
		dir := startingPoint(t, false, known)
		if killed, hits := attempt(t, nightly{dir: dir, url: srv.URL, now: later, kill: kill}); !killed {
			t.Errorf("the run never came to %s, but to %v", kill, hits)
		}
		if err := v.SetFaults(""); err != nil {
			t.Fatal(err)
		}
		mustRun(t, nightly{dir: dir, url: srv.URL, now: later})
		if diff := cmp.Diff(undisturbed, contentOf(t, dir)); diff != "" {
			t.Errorf("content differs (-undisturbed +killed at %s):\n%s", kill, diff)
		}
	}
}

// startingPoint is an empty directory, or a copy of one with a night in it.
func startingPoint(t *testing.T, empty bool, known string) string {
	t.Helper()
	dir := t.TempDir()
	if !empty {
		if err := os.CopyFS(dir, os.DirFS(known)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A nightly is one run of the real binary.
type nightly struct {
	dir, url, now string
	kill          string // step and hit, empty: none
}

// attempt runs the binary and reports whether it was killed, and how often it came to each step.
// Any other failure fails the test.
func attempt(t *testing.T, n nightly) (killed bool, hits map[string]int) {
	t.Helper()
	steps := filepath.Join(t.TempDir(), "steps")
	out, err := command(n.dir, []string{"KYCSYNC_NOW=" + n.now, "KYCSYNC_TEST_STEPS=" + steps, "KYCSYNC_TEST_KILL=" + n.kill, "KYCSYNC_TEST_BATCH=20", "KYCSYNC_TEST_MERGE=2"},
		"sync", "--api-url", n.url, "--rate", "0", "--anchor", "anchors.txt").CombinedOutput()
	var status syscall.WaitStatus
	if exit, ok := err.(*exec.ExitError); ok {
		status = exit.Sys().(syscall.WaitStatus)
	}
	if err != nil && !(n.kill != "" && status.Signaled() && status.Signal() == syscall.SIGKILL) {
		t.Fatalf("run killed at %q: %v\n%s", n.kill, err, out)
	}
	said, readErr := os.ReadFile(steps)
	if readErr != nil {
		t.Fatal(readErr)
	}
	hits = map[string]int{}
	for step := range strings.Lines(string(said)) {
		hits[strings.TrimSpace(step)]++
	}
	return err != nil, hits
}

// mustRun runs the binary to its end and returns how often it came to each step.
func mustRun(t *testing.T, n nightly) map[string]int {
	t.Helper()
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, hits := attempt(t, n)
	return hits
}

func command(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command("kycsync", args...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), thrifty, []string{"KYCSYNC_API_KEY=" + simulatedKey}, env)
	return cmd
}

// contentOf verifies what is stored and returns the logical content of every table that says
// something about sessions.
func contentOf(t *testing.T, dir string, env ...string) map[string]string {
	t.Helper()
	out, err := command(dir, env, "verify", "--json").Output()
	if err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
	content, err := logicalContent(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// logicalContent is the logical content of the tables in what kycsync verify --json printed.
func logicalContent(r io.Reader) (map[string]string, error) {
	var v verification
	if err := json.NewDecoder(r).Decode(&v); err != nil {
		return nil, err
	}
	if !v.OK {
		return nil, fmt.Errorf("verify finds %s", strings.Join(v.Problems, "; "))
	}
	content := map[string]string{}
	for name, found := range v.Tables {
		if h := schemas.Lookup(name).History; h != schemas.Log || name == "raw_documents" {
			content[name] = fmt.Sprintf("%d rows %s", found.Rows, found.ContentHash)
		}
	}
	return content, nil
}
