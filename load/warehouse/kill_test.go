package warehouse

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kycsync/load/lake"
)

// Environment of a child process that is to die.
const (
	killLake      = "KYCSYNC_TEST_KILL_LAKE"
	killWarehouse = "KYCSYNC_TEST_KILL_WAREHOUSE"
	killStep      = "KYCSYNC_TEST_KILL_STEP"  // number of the step, from 1
	recordLog     = "KYCSYNC_TEST_RECORD_LOG" // where the steps are written down, among the record of powercut_test.go
)

func TestMain(m *testing.M) {
	if os.Getenv(killLake) != "" {
		dieUpdating()
	}
	goleak.VerifyTestMain(m)
}

// dieUpdating updates the warehouse and kills the process at a step. It exits with 0 when the
// update ends before that step.
func dieUpdating() {
	at, err := strconv.Atoi(os.Getenv(killStep))
	if err != nil {
		panic(err)
	}
	l, err := lake.Open(context.Background(), os.Getenv(killLake), lake.Config{})
	if err != nil {
		panic(err)
	}
	n, record := 0, func(string) {}
	if name := os.Getenv(recordLog); name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			panic(err)
		}
		record = func(step string) { fmt.Fprintf(f, "mark %s 0 0\n", step) }
	}
	_, err = Update(context.Background(), l, Config{Path: os.Getenv(killWarehouse), Threads: 1, unchecked: true, bare: true, atOnce: 1, addAtOnce: 1, Step: func(step string) {
		record(step)
		if n++; n == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err, detail(err))
		os.Exit(1)
	}
	os.Exit(0)
}

// A build is killed at each of its steps, and the next one too, then one is left alone: the
// warehouse is as if nothing had happened, and a reader finds the old or the new one at any time.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("many processes")
	}
	w := newWorld(t)
	session := func(status string) []row { return []row{{"session_id": "s1", "status": status}} }
	w.commit(map[string][]row{"sessions": session("1"), "reviews": {{"session_id": "s1"}}, "session_state": {{"session_id": "s1"}}})
	w.update()
	w.commit(map[string][]row{"sessions": session("2"), "runs": {{"run_id": "r"}}})
	w.commit(map[string][]row{"sessions": session("3"), "reviews": {{"session_id": "s1"}}})
	old := w.cfg.Path
	w.cfg.Path = filepath.Join(w.dir, "undisturbed.duckdb")
	w.update()
	want := dump(t, w.cfg.Path)

	states := []string{"there is no warehouse", "there is an older one"}
	for i, first := range states {
		for step, done := 1, false; !done; step++ {
			w.cfg.Path = filepath.Join(w.dir, fmt.Sprint("killed-", i, "-", step, ".duckdb"))
			if i == 1 {
				copyWarehouse(t, old, w.cfg.Path)
			}
			done = w.kill(step)
			for again := range 2 {
				seq := publishedSeq(t, w.cfg.Path)
				if seq != 0 && seq != 1 && seq != 3 {
					t.Errorf("%s, killed at step %d: readers see commit %d", first, step, seq)
				}
				if again == 0 {
					w.kill(step)
				}
			}
			w.update()
			if diff := cmp.Diff(want, dump(t, w.cfg.Path)); diff != "" {
				t.Errorf("%s, killed twice at step %d (-undisturbed +recovered):\n%s", first, step, diff)
			}
			w.noLeftovers()
			if done && step < 7 {
				t.Errorf("%s: only %d steps", first, step-1)
			}
		}
	}
}

// kill runs an update that is killed at a step and reports whether it ended before that.
func (w *world) kill(step int) bool {
	w.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killLake+"="+filepath.Join(w.dir, "lake"), killWarehouse+"="+w.cfg.Path, killStep+"="+strconv.Itoa(step))
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(err.Error(), "killed") {
		w.t.Fatalf("killed at step %d: %v: %s", step, err, out)
	}
	return err == nil
}

// publishedSeq returns the commit that the published file shows; 0: there is none.
func publishedSeq(t *testing.T, path string) int64 {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return 0
	}
	seq, err := strconv.ParseInt(ask(t, path, "SELECT coalesce(max(seq), 0) FROM _commits")[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// copyWarehouse copies the published and the build file.
func copyWarehouse(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Mkdir(to+".build", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".build/warehouse.duckdb"} {
		b, err := os.ReadFile(from + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// noLeftovers checks that a build cleaned up, and who may read what.
func (w *world) noLeftovers() {
	w.t.Helper()
	got := map[string]fs.FileMode{}
	for _, pattern := range []string{w.cfg.Path + "*", w.cfg.Path + ".build/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				w.t.Fatal(err)
			}
			got[strings.TrimPrefix(name, w.cfg.Path)] = info.Mode().Perm()
		}
	}
	want := map[string]fs.FileMode{"": 0o440, ".build": 0o700, ".build/lock": 0o600, ".build/warehouse.duckdb": 0o600, ".build/published": 0o600}
	if !maps.Equal(got, want) {
		w.t.Errorf("files are %v, want %v", got, want)
	}
}
