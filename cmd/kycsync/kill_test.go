package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
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
	"golang.org/x/crypto/ssh"
)

// killPoints are the named steps of a run.
var killPoints = []string{
	"locked", "opened", "leased", "paced", "state",
	"hints", "counted", "count", "sweep", "proved", "workflows", "transactions", "planned", "absences", "entities", "entity", "activity", "fetch",
	"flatten", "part.spooled", "part.created", "part", "commit", "gated", "commit.before", "commit.created", "committed",
	"warehouse", "warehouse.open", "warehouse.begun", "warehouse.load", "warehouse.loaded",
	"publish.views", "publish.checkpoint", "publish.copied", "publish.proved", "publish.renamed", "publish",
	"merged", "compact.part", "compact.commit", "compacted", "engines", "engine.created", "engine.moved",
	"anchor", "signed", "anchored", "released", "collect.unpublished", "collect.removed",
}

// collects reports whether a step is one of kycsync gc; forEngines, whether there must be publications for it. These
// take a third of the time of a small night.
func collects(step string) bool   { return strings.HasPrefix(step, "collect.") }
func forEngines(step string) bool { return strings.HasPrefix(step, "engine") || collects(step) }

// TestKilled kills a run at a named step, kills the recovery at another, and what follows it at a third, lets
// a fourth run finish, and finds the same content as in a lake that nobody disturbed. KYCSYNC_TEST_KILLS sets the
// number of scenarios; each step comes first in one of them at least. Three quarters of the time of a scenario go into
// the warehouse of the run that finishes and into verify; another kill costs little.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("seven runs that nobody disturbs come before the first that is killed")
	}
	t.Parallel()
	scenarios := 100
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_KILLS")); err == nil {
		scenarios = n
	}
	v, err := didittest.New(didittest.Options{Seed: 11, Sessions: 12, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close) // after the parallel scenarios

	night := nightly{dir: filepath.Join(t.TempDir(), "known"), url: srv.URL, now: "2026-11-01T02:00:00Z", batch: 6, engines: true, key: newSignKey(t)}
	mustRun(t, night)
	for _, now := range []string{"2026-11-01T02:10:00Z", "2026-11-04T02:00:00Z", "2026-11-04T02:10:00Z"} { // what the first published for engines may then be collected
		night.now = now
		mustRun(t, night)
	}
	known := night.dir
	v.Advance(simulationStart.AddDate(0, 0, 3))
	night.now = "2026-11-07T02:00:00Z"
	undisturbed, hits := map[bool]map[string]string{}, map[bool]map[string]int{}
	for _, first := range []bool{true, false} {
		night.dir, night.collect = startingPoint(t, first, known), false
		hits[first] = mustRun(t, night)
		undisturbed[first] = contentOf(t, night.dir)
	}
	night.dir, night.collect = startingPoint(t, false, known), true
	maps.Copy(hits[false], mustRun(t, night))

	for i := range scenarios {
		dice := rand.New(rand.NewPCG(1, uint64(i)))
		at := i % len(killPoints)
		kill := []string{killPoints[at], killPoints[dice.IntN(len(killPoints))], killPoints[dice.IntN(len(killPoints))]}
		first := (i/len(killPoints)+at)%4 == 0
		if hits[first][kill[0]] == 0 {
			first = !first
		}
		night := night
		night.engines = slices.ContainsFunc(kill, forEngines)
		t.Run(fmt.Sprintf("%02d %s", i, strings.Join(kill, " then ")), func(t *testing.T) {
			t.Parallel()
			night.dir = startingPoint(t, first, known)
			if !night.engines {
				_ = os.RemoveAll(filepath.Join(night.dir, "kyc-lake", "published"))
			}
			left := maps.Clone(hits[first]) // of the steps, to be hit by the recovery
			for again, step := range kill {
				tries := []string{fmt.Sprintf("%s:%d", step, 1+dice.IntN(max(1, left[step]))), step + ":1"} // it may not be hit so often,
				if again > 0 {
					tries = append(tries, "sweep:1") // or the first run may have left nothing to do
				}
				if left[step] <= 0 && again > 0 {
					tries = tries[2:]
				}
				if !killedAt(t, night, tries, left) {
					t.Errorf("the run never came to %s", step)
				}
			}
			night.kill, night.collect = "", false
			mustRun(t, night)
			if diff := cmp.Diff(undisturbed[first], contentOf(t, night.dir)); diff != "" {
				t.Errorf("content differs (-undisturbed +killed):\n%s", diff)
			}
		})
	}
}

// killedAt runs until a run was killed at the first of the steps that it comes to, and takes what it did from what is
// left to be done.
func killedAt(t *testing.T, night nightly, tries []string, left map[string]int) bool {
	for _, kill := range tries {
		night.kill, night.collect = kill, collects(kill)
		killed, done := attempt(t, night)
		for step, times := range done {
			left[step] -= times
		}
		if killed {
			return true
		}
	}
	return false
}

// makeOld gives what lies in a lake an age at which it may be collected.
func makeOld(t *testing.T, dir string) {
	t.Helper()
	old := simulationStart.AddDate(0, 0, -10)
	walk(t, dir, func(path string, d fs.DirEntry) {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	})
}

// A run that is killed while days are listed again, because counts differ, leaves nothing of it: the
// next one, to which the vendor counts right, stores what an undisturbed one does.
func TestKilledWhileDaysAreListedAgain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("four processes")
	}
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

// newSignKey writes a key that signs anchors.
func newSignKey(t *testing.T) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// startingPoint is an empty directory, or a copy of one with a night in it, with a lake as old as that.
func startingPoint(t *testing.T, empty bool, known string) string {
	t.Helper()
	dir := t.TempDir()
	if !empty {
		if err := os.CopyFS(dir, os.DirFS(known)); err != nil {
			t.Fatal(err)
		}
		makeOld(t, filepath.Join(dir, "kyc-lake"))
	}
	return dir
}

// A nightly is one run of the real binary.
type nightly struct {
	dir, url, now string
	kill          string // step and hit, empty: none
	batch         int    // sessions; 0: 20
	engines       bool   // they are led to the commit
	pdfs          bool   // they are archived
	key           string // that signs the anchor; empty: none does
	collect       bool   // gc runs instead
}

func (n nightly) args() []string {
	if n.collect {
		return []string{"gc", "--retain", "2d"}
	}
	args := []string{"sync", "--rate", "0", "--anchor", "anchors.txt"}
	if n.engines {
		args = append(args, "--publish")
	}
	if n.pdfs {
		args = append(args, "--archive-pdf", "--pdf-rate", "0")
	}
	if n.key != "" {
		args = append(args, "--anchor-sign-key", n.key)
	}
	return args
}

func (n nightly) env(steps string) []string {
	batch := n.batch
	if batch == 0 {
		batch = 20
	}
	return []string{"KYCSYNC_NOW=" + n.now, "KYCSYNC_API_URL=" + n.url, "KYCSYNC_TEST_STEPS=" + steps, "KYCSYNC_TEST_KILL=" + n.kill,
		fmt.Sprintf("KYCSYNC_TEST_BATCH=%d", batch), "KYCSYNC_TEST_MERGE=2"}
}

// attempt runs the binary and reports whether it was killed, and how often it came to each step.
// Any other failure fails the test.
func attempt(t *testing.T, n nightly) (killed bool, hits map[string]int) {
	t.Helper()
	steps := filepath.Join(t.TempDir(), "steps")
	out, err := command(n.dir, n.env(steps), n.args()...).CombinedOutput()
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
