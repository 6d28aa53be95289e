package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/schemas"

	"github.com/google/go-cmp/cmp"
)

// killPoints are the named steps of a run, each with how often it is hit at least.
var killPoints = []struct {
	step string
	hits int
}{
	{"hints", 1}, {"count", 20}, {"sweep", 2}, {"proved", 1}, {"absences", 1}, {"entities", 3}, {"entity", 60}, {"activity", 20}, {"fetch", 60}, {"flatten", 4}, {"part.spooled", 20}, {"part.created", 60}, {"part", 60},
	{"commit", 4}, {"commit.before", 4}, {"commit.created", 4}, {"committed", 4},
	{"warehouse", 1}, {"warehouse.open", 1}, {"warehouse.load", 3}, {"warehouse.loaded", 3},
	{"publish.checkpoint", 1}, {"publish.copied", 1}, {"publish.renamed", 1}, {"publish", 1},
}

// TestKilled kills a run at a named step, kills the recovery at another, lets a third run finish,
// and finds the same content as in a lake that nobody disturbed.
func TestKilled(t *testing.T) {
	scenarios := 60
	if testing.Short() {
		scenarios = 2
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
	undisturbed := map[bool]map[string]string{}
	for _, first := range []bool{true, false} {
		dir := startingPoint(t, first, known)
		mustRun(t, nightly{dir: dir, url: srv.URL, now: later})
		undisturbed[first] = contentOf(t, dir)
	}

	dice := rand.New(rand.NewPCG(1, 2))
	for i := range scenarios {
		at, again := killPoints[i%len(killPoints)], killPoints[dice.IntN(len(killPoints))]
		first := i%2 == 0
		kill := [2]string{fmt.Sprintf("%s:%d", at.step, 1+dice.IntN(at.hits)), fmt.Sprintf("%s:%d", again.step, 1+dice.IntN(again.hits))}
		t.Run(fmt.Sprintf("%02d %s then %s", i, kill[0], kill[1]), func(t *testing.T) {
			t.Parallel()
			dir := startingPoint(t, first, known)
			for _, k := range kill {
				step, _, _ := strings.Cut(k, ":")
				if !attempt(t, nightly{dir: dir, url: srv.URL, now: later, kill: k}) && // the step is not hit so often,
					!attempt(t, nightly{dir: dir, url: srv.URL, now: later, kill: step + ":1"}) && // or nothing is left to do
					!attempt(t, nightly{dir: dir, url: srv.URL, now: later, kill: "sweep:1"}) {
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

// attempt runs the binary and reports whether it was killed. Any other failure fails the test.
func attempt(t *testing.T, n nightly) (killed bool) {
	t.Helper()
	out, err := command(n.dir, []string{"KYCSYNC_NOW=" + n.now, "KYCSYNC_TEST_KILL=" + n.kill, "KYCSYNC_TEST_BATCH=20"},
		"sync", "--api-url", n.url, "--rate", "0").CombinedOutput()
	var status syscall.WaitStatus
	if exit, ok := err.(*exec.ExitError); ok {
		status = exit.Sys().(syscall.WaitStatus)
	}
	if err != nil && !(n.kill != "" && status.Signaled() && status.Signal() == syscall.SIGKILL) {
		t.Fatalf("run killed at %q: %v\n%s", n.kill, err, out)
	}
	return err != nil
}

func mustRun(t *testing.T, n nightly) {
	t.Helper()
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	attempt(t, n)
}

func command(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command("kycsync", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "KYCSYNC_API_KEY="+simulatedKey), env...)
	return cmd
}

// contentOf verifies what is stored and returns the logical content of every table that says
// something about sessions.
func contentOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out, err := command(dir, nil, "verify", "--json").Output()
	if err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
	var v verification
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if !v.OK {
		t.Fatalf("verify finds %s", strings.Join(v.Problems, "; "))
	}
	content := map[string]string{}
	for name, found := range v.Tables {
		if h := schemas.Lookup(name).History; h != schemas.Log || name == "raw_documents" {
			content[name] = fmt.Sprintf("%d rows %s", found.Rows, found.ContentHash)
		}
	}
	return content
}
