package main

import (
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kycsync/extract/didittest"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program itself under the name kycsync, for stories and for
// processes that are killed.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kycsync": func() {
		testStep = killAt(os.Getenv("KYCSYNC_TEST_KILL"))
		testBatch, _ = strconv.Atoi(os.Getenv("KYCSYNC_TEST_BATCH"))
		main()
	}})
}

// killAt returns a step hook that kills the process at the nth hit of a step: "commit:2".
func killAt(spec string) func(string) {
	step, nth, ok := strings.Cut(spec, ":")
	if !ok {
		return nil
	}
	left, err := strconv.Atoi(nth)
	if err != nil {
		panic(err)
	}
	return func(name string) {
		if name != step {
			return
		}
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// Stories run the real binary against a fake vendor. Beside testscript's own commands there are
//
//	vendor N SEED         start a fake vendor with N sessions; $KYCSYNC_API_URL is where it is
//	advance DAYS          let its population age
//	faults [SPEC]         let things go wrong
//	quiet                 let nothing but volatile values change from now on
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/stories",
		Setup: func(env *testscript.Env) error {
			env.Setenv("KYCSYNC_API_KEY", simulatedKey)
			env.Setenv("KYCSYNC_RATE", "0")
			env.Values[vendorKey{}] = new(*didittest.Vendor)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"vendor":  storyVendor,
			"advance": storyAdvance,
			"faults":  storyFaults,
			"quiet": func(ts *testscript.TestScript, _ bool, _ []string) {
				theVendor(ts).SetQuiet(true)
			},
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

func theVendor(ts *testscript.TestScript) *didittest.Vendor {
	v := *ts.Value(vendorKey{}).(**didittest.Vendor)
	if v == nil {
		ts.Fatalf("no vendor yet")
	}
	return v
}
