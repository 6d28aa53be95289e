package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/lake/gcstest"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program itself under the name kycsync, for stories and for
// processes that are killed.
func TestMain(m *testing.M) {
	// The processes wait for faults to pass half of the time. The flag on the command line still counts.
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	testscript.Main(m, map[string]func(){"kycsync": func() {
		testStep = atSteps(os.Getenv("KYCSYNC_TEST_STEPS"), os.Getenv("KYCSYNC_TEST_KILL"), os.Getenv("KYCSYNC_TEST_WAIT"))
		testBatch, _ = strconv.Atoi(os.Getenv("KYCSYNC_TEST_BATCH"))
		testMerge, _ = strconv.Atoi(os.Getenv("KYCSYNC_TEST_MERGE"))
		main()
	}})
}

// everything reports whether stories and faults are tried, too, that take long and stand close to others.
func everything() bool { return os.Getenv("KYCSYNC_TEST_ALL") != "" && !testing.Short() }

// thrifty is what the processes of a test have in their environment. DuckDB gets one thread, by the
// variable with which a cluster gives it, garbage may lie, and memory is not given back: with few rows all that
// costs more than it brings. The tests of package warehouse have builds with two.
var thrifty = []string{"SLURM_CPUS_ON_NODE=1", "GOGC=400", "MALLOC_ARENA_MAX=1", "MALLOC_TRIM_THRESHOLD_=268435456", "MALLOC_TOP_PAD_=16777216"}

// atSteps returns a step hook that writes the name of each step to a file, if one is named, and kills
// the process at the nth hit of a step: "commit:2". At the step "leased" it waits for a file, if one is named.
func atSteps(file, kill, wait string) func(string) {
	out := io.Discard
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			panic(err)
		}
		out = f
	}
	step, nth, kills := strings.Cut(kill, ":")
	left, err := strconv.Atoi(nth)
	if kills && err != nil {
		panic(err)
	}
	return func(name string) {
		fmt.Fprintln(out, name)
		for name == "leased" && wait != "" && !exists(wait) {
			time.Sleep(time.Millisecond)
		}
		if name != step {
			return
		}
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// Stories run the real binary against a fake vendor. Beside testscript's own commands there are
//
//	vendor N SEED         start a fake vendor with N sessions; $KYCSYNC_API_URL is where it is
//	advance DAYS          let its population age
//	faults [SPEC]         let things go wrong
//	quiet                 let nothing but volatile values change from now on
//	gcs                   start a fake object store; $KYCSYNC_LAKE is a place in it
//	exits CODE CMD...     run a command that must end with that exit code
//	ask NAME SQL          set an environment variable to the one value that SQL gives
//	renders NAME          set an environment variable to how many PDFs the vendor has rendered so far
//	scope SPEC            what the key may see from now on; nothing: everything
//	damage GLOB           flip one bit of the first file that matches
//	tamper FILE SQL...    run statements on a warehouse file
//	orphan TABLE          append a published commit with a row of a session that there is not
//	same FILE             stdout and the file, of kycsync verify --json, have the same logical content
//
// Those that begin with [!all] skip are told where KYCSYNC_TEST_ALL is set.
func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/stories",
		Setup: func(env *testscript.Env) error {
			env.Setenv("KYCSYNC_API_KEY", simulatedKey)
			env.Setenv("KYCSYNC_RATE", "0")
			env.Vars = append(env.Vars, thrifty...)
			env.Values[vendorKey{}] = new(*didittest.Vendor)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"vendor":  storyVendor,
			"advance": storyAdvance,
			"faults":  storyFaults,
			"gcs": func(ts *testscript.TestScript, _ bool, _ []string) {
				store := gcstest.Start(t)
				ts.Setenv("STORAGE_EMULATOR_HOST", store.Host())
				ts.Setenv("KYCSYNC_LAKE", store.URI(ts.Name()))
			},
			"exits":  storyExits,
			"ask":    storyAsk,
			"damage": storyDamage,
			"renders": func(ts *testscript.TestScript, _ bool, args []string) {
				n := 0
				for _, times := range theVendor(ts).PDFs() {
					n += times
				}
				ts.Setenv(args[0], strconv.Itoa(n))
			},
			"tamper": storyTamper,
			"orphan": storyOrphan,
			"same": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := logicalContent(strings.NewReader(ts.ReadFile(args[0])))
				ts.Check(err)
				got, err := logicalContent(strings.NewReader(ts.ReadFile("stdout")))
				ts.Check(err)
				if diff := cmp.Diff(want, got); diff != "" {
					ts.Fatalf("content: want - got +\n%s", diff)
				}
			},
			"scope": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(theVendor(ts).SetScope(strings.Join(args, ",")))
			},
			"quiet": func(ts *testscript.TestScript, _ bool, _ []string) {
				theVendor(ts).SetQuiet(true)
			},
		},
		Condition: func(cond string) (bool, error) {
			if cond != "all" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return everything(), nil
		},
		UpdateScripts: os.Getenv("UPDATE") != "",
	})
}

type vendorKey struct{}

func storyVendor(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	seed, err := strconv.Atoi(args[1])
	ts.Check(err)
	v, err := didittest.New(didittest.Options{Seed: uint64(seed), Sessions: n, Start: simulationStart, PerMinute: -1})
	ts.Check(err)
	srv := httptest.NewServer(v)
	ts.Defer(srv.Close)
	ts.Setenv("KYCSYNC_API_URL", srv.URL)
	ts.Setenv("KYCSYNC_NOW", simulationStart.Format(time.RFC3339))
	*ts.Value(vendorKey{}).(**didittest.Vendor) = v
}

func storyAdvance(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	v := theVendor(ts)
	v.Advance(v.Clock().AddDate(0, 0, days))
	ts.Setenv("KYCSYNC_NOW", v.Clock().Format(time.RFC3339))
}

func storyFaults(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(theVendor(ts).SetFaults(strings.Join(args, ",")))
}

func storyExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("got exit code %d, want %d", got, want)
	}
}

func storyAsk(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("kycsync", "query", "--format", "csv", args[1]))
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	if len(lines) != 2 {
		ts.Fatalf("got %d lines, want a header and one value", len(lines))
	}
	ts.Setenv(args[0], lines[1])
}

func storyDamage(ts *testscript.TestScript, _ bool, args []string) {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(names) == 0 {
		ts.Fatalf("no file matches %s", args[0])
	}
	body, err := os.ReadFile(names[0])
	ts.Check(err)
	at := len(body) / 2
	if strings.HasSuffix(names[0], ".json") {
		at = 0 // in the middle may stand a digit of a hash that only the next commit knows
	}
	body[at] ^= 1
	ts.Check(os.Chmod(names[0], 0o600))
	ts.Check(os.WriteFile(names[0], body, 0o600))
}

func storyTamper(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.Chmod(path, 0o600))
	db, err := sql.Open("duckdb", path)
	ts.Check(err)
	defer db.Close()
	for _, stmt := range args[1:] {
		_, err := db.Exec(stmt)
		ts.Check(err)
	}
}

func storyOrphan(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	l, err := lake.Open(ctx, ts.MkAbs("kyc-lake"), lake.Config{})
	ts.Check(err)
	defer l.Close()
	head, err := l.Head(ctx)
	ts.Check(err)
	c := &lake.Commit{Kind: lake.Sync, Seq: head.Seq + 1, PublishedSeq: head.Seq + 1, RunID: "orphan", CommittedAt: head.CommittedAt, Tables: map[string]map[string]lake.Part{}}
	for name, parts := range head.Tables {
		c.Tables[name] = maps.Clone(parts)
	}
	t := schemas.Lookup(args[0])
	rows := transform.NewRows(t)
	row := map[string]any{"application": "default", "session_id": "nobody", "version_seq": c.Seq, "observed_at": head.CommittedAt}
	for _, col := range t.Stored() {
		if _, given := row[col.Name]; !given && !col.Null {
			row[col.Name] = map[schemas.Kind]any{schemas.Text: "", schemas.Int: int64(0)}[col.Kind]
		}
	}
	rows.Append(row)
	w, err := lake.NewPart(t, ts.MkAbs("."))
	ts.Check(err)
	ts.Check(rows.Take(func(_ *schemas.Table, b arrow.RecordBatch) error { return w.Write(b) }))
	spooled, err := w.Close()
	ts.Check(err)
	part, err := l.Put(ctx, spooled, c.RunID)
	ts.Check(err)
	c.Tables[t.Name][part.Name] = part
	ts.Check(l.Append(ctx, head, c))
}

func theVendor(ts *testscript.TestScript) *didittest.Vendor {
	v := *ts.Value(vendorKey{}).(**didittest.Vendor)
	if v == nil {
		ts.Fatalf("no vendor yet")
	}
	return v
}
