package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/load/lake"

	"github.com/google/go-cmp/cmp"
)

// recoverPoints are the named steps of a recovery, the first of which are killed at in every run of the tests.
var recoverPoints = []string{"recover.replaced", "commit.created", "publish.renamed",
	"recover.surveyed", "recover.kept", "commit.before", "recovered", "warehouse.begun", "warehouse.load", "warehouse.loaded", "publish.copied"}

// TestKilledRecovery kills a recovery at a named step and finds a lake that is damaged or restored. The next recovery
// finishes it, and after the next night the content is that of a lake that nothing happened to. All steps have their
// turn where KYCSYNC_TEST_KILLS is set.
func TestKilledRecovery(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many processes")
	}
	points := recoverPoints[:3]
	if os.Getenv("KYCSYNC_TEST_KILLS") != "" {
		points = recoverPoints
	}
	v, err := didittest.New(didittest.Options{Seed: 13, Sessions: 30, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close) // after the parallel scenarios
	known := filepath.Join(t.TempDir(), "known")
	mustRun(t, nightly{dir: known, url: srv.URL, now: "2026-11-01T02:00:00Z"})
	before, err := filepath.Glob(filepath.Join(known, "kyc-lake/_lake/commits/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	v.Advance(simulationStart.AddDate(0, 0, 2))
	night := nightly{dir: known, url: srv.URL, now: "2026-11-03T02:00:00Z"}
	mustRun(t, night)
	undisturbed := contentOf(t, known)
	after, err := filepath.Glob(filepath.Join(known, "kyc-lake/_lake/commits/*.json"))
	if err != nil || len(after) == len(before) {
		t.Fatalf("the night left %d commits, %d before, %v", len(after), len(before), err)
	}
	for _, name := range after[len(before):] {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			night := night
			night.dir = startingPoint(t, false, known)
			again := func(kill string, args ...string) (code int, out string) {
				cmd := command(night.dir, []string{"KYCSYNC_NOW=" + night.now, "KYCSYNC_API_URL=" + night.url, "KYCSYNC_TEST_KILL=" + kill}, args...)
				said, _ := cmd.CombinedOutput()
				return cmd.ProcessState.ExitCode(), string(said)
			}
			recovery := []string{"recover", "--to-seq", toSeq(before), "--reason", "torn", "--anchor", "anchors.txt"}
			if code, out := again(point+":1", recovery...); code != -1 {
				t.Fatalf("got exit code %d, want it to be killed\n%s", code, out)
			}
			if code, out := again("", "verify"); code != exitDamaged && !strings.Contains(out, "\nRECOVERY ") {
				t.Errorf("verify: got exit code %d, want %d or a recovery\n%s", code, exitDamaged, out)
			}
			if code, out := again("", recovery...); code != exitOK {
				t.Fatalf("again: got exit code %d, want 0\n%s", code, out)
			}
			mustRun(t, night)
			if diff := cmp.Diff(undisturbed, contentOf(t, night.dir)); diff != "" {
				t.Errorf("content differs (-undisturbed +recovered):\n%s", diff)
			}
		})
	}
}

// toSeq is the number of the last of some commits.
func toSeq(names []string) string {
	return strings.TrimLeft(strings.TrimSuffix(filepath.Base(names[len(names)-1]), ".json"), "0")
}

// While a run is at work, here or elsewhere, nothing is recovered.
func TestNothingIsRecoveredBesideARun(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("three processes")
	}
	v, err := didittest.New(didittest.Options{Seed: 13, Sessions: 5, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	dir := t.TempDir()
	mustRun(t, nightly{dir: dir, url: srv.URL, now: "2026-11-01T02:00:00Z"})
	refused := func(want string) {
		t.Helper()
		cmd := command(dir, []string{"KYCSYNC_NOW=2026-11-01T02:00:00Z", "KYCSYNC_API_URL=" + srv.URL}, "recover", "--to-seq", "1", "--reason", "x")
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitAgain || !strings.Contains(string(out), want) {
			t.Errorf("got exit code %d, want %d and %q\n%s", cmd.ProcessState.ExitCode(), exitAgain, want, out)
		}
	}
	lock, err := lockRuns(filepath.Join(dir, "kyc.duckdb.build"))
	if err != nil {
		t.Fatal(err)
	}
	refused("run.lock")
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	l, err := lake.Open(t.Context(), filepath.Join(dir, "kyc-lake"), lake.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lease, err := l.Lease(t.Context(), "default", lake.Holder{RunID: "r", Host: "elsewhere", Place: "elsewhere"}, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release(t.Context())
	refused("another run is at work on elsewhere")
}
