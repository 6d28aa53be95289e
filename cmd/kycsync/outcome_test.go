package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/publish"
	"kycsync/load/warehouse"
)

// Every error that a command can end with has its exit code, however deep it is wrapped, and words
// that say what was not changed and what to do next.
func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		err  error
		code int
		next string
	}{
		{errors.New("anything"), exitFailed, "Nothing was published; what was committed before is kept. Running again is safe."},
		{extract.ErrUnavailable, exitFailed, "Running again is safe"},
		{extract.ErrRedirect, exitFailed, "Running again is safe"},
		{lake.ErrUnknown, exitFailed, "Running again is safe"},
		{usagef("--x"), exitUsage, "Nothing was changed. See kycsync help sync."},
		{errNoLake, exitUsage, "Nothing was changed"},
		{lake.ErrUnsuitable, exitUsage, "Nothing was changed"},
		{errDegraded, exitDegraded, "SELECT * FROM rejects"},
		{fmt.Errorf("%w: exit status 1", errUnsent), exitDegraded, "Once the program of --anchor-command works"},
		{night.ErrDeferred, exitDegraded, "kycsync rebuild"},
		{fmt.Errorf("%w: %w", night.ErrUnlisted, lake.ErrDenied), exitDegraded, "Published. kycsync publish"},
		{fmt.Errorf("%w: %w", night.ErrUnlisted, publish.ErrMismatch), exitDegraded, "Published. kycsync publish"},
		{errors.Join(night.ErrDeferred, night.ErrUnlisted), exitDegraded, "kycsync rebuild brings the warehouse up to date, and kycsync publish"},
		{errors.Join(night.ErrGate, night.ErrUnlisted), exitGate, "Readers keep"},
		{publish.ErrMismatch, exitDamaged, "other engines keep what they had"},
		{night.ErrGate, exitGate, "Readers keep the last good generation"},
		{errors.Join(night.ErrGate, night.ErrDeferred), exitGate, "Readers keep"},
		{night.ErrBudget, exitAgain, "Run the same command again"},
		{night.ErrOverlap, exitAgain, "Run the same command again"},
		{extract.ErrThrottled, exitAgain, "Run the same command again"},
		{lake.ErrConflict, exitAgain, "Run the same command again"},
		{warehouse.ErrBusy, exitAgain, "Run the same command again"},
		{errLocked, exitAgain, "Run the same command again"},
		{lake.ErrHeld, exitAgain, "Run the same command again"},
		{night.ErrStaged, exitAgain, "Nothing was changed. Run kycsync sync until it publishes"},
		{fmt.Errorf("%w: %w", night.ErrMerge, lake.ErrDamaged), exitDamaged, "Published. Run kycsync verify"},
		{night.ErrFewer, exitDamaged, "Nothing was changed. Run kycsync verify"},
		{extract.ErrUnauthorized, exitCredentials, "Check the key"},
		{night.ErrForeignKey, exitCredentials, "Check the key"},
		{lake.ErrDenied, exitCredentials, "Grant the permission"},
		{fs.ErrPermission, exitCredentials, "Grant the permission"},
		{lake.ErrDamaged, exitDamaged, "Run kycsync verify to see what is damaged, and kycsync recover to see what can be restored"},
		{warehouse.ErrMismatch, exitDamaged, "Run kycsync verify"},
		{errBadWarehouse, exitDamaged, "kycsync rebuild makes the warehouse again"},
		{fmt.Errorf("%w: %w", night.ErrDeferred, lake.ErrDamaged), exitDamaged, "Run kycsync verify"},
	} {
		err := fmt.Errorf("outer: %w", &extract.RequestError{What: "decision", Err: tc.err})
		if got := exitCode(context.Background(), err); got != tc.code {
			t.Errorf("%v: got exit code %d, want %d", tc.err, got, tc.code)
		}
		if got := hint("sync", tc.code, err); !strings.Contains(got, tc.next) {
			t.Errorf("%v: got %q, want %q", tc.err, got, tc.next)
		}
	}
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(signalled{signal})
		if got := exitCode(ctx, night.ErrInterrupted); got != want {
			t.Errorf("%s: got exit code %d, want %d", signal, got, want)
		}
	}
}

// A defect tells where it is, in one summary event if the log is JSON, and not what it stumbled over.
func TestDefect(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var stdout, stderr bytes.Buffer
		calls := 0
		env := func(string) string {
			if calls++; calls > 1 { // the first call asks for the form of the log
				panic("Jane Roe")
			}
			return ""
		}
		code := run([]string{"kycsync", "sync", "--log-format", format, "--warehouse", t.TempDir() + "/kyc.duckdb"}, &stdout, &stderr, env)
		if said := stderr.String(); code != exitFailed || !strings.Contains(said, "a defect of this program (string)") ||
			!strings.Contains(said, "sync.go") || strings.Contains(said, "Jane Roe") {
			t.Errorf("%s: got exit %d and\n%s", format, code, said)
		}
		if got := strings.Count(stderr.String(), `"msg":"summary"`); format == "json" && got != 1 {
			t.Errorf("got %d summary events, want 1", got)
		}
	}
}

// So does one that is met beside the goroutine that waits, as a whole run is.
func TestDefectBesideTheMainPath(t *testing.T) {
	v, err := didittest.New(didittest.Options{Seed: 3, Sessions: 4, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	defer func() { testStep = nil }()
	testStep = func(step string) {
		if step == "flatten" {
			panic("Jane Roe")
		}
	}
	var stdout, stderr bytes.Buffer
	env := map[string]string{"KYCSYNC_API_KEY": "didit-test-key", "KYCSYNC_NOW": processNow}
	dir := t.TempDir()
	args := []string{"kycsync", "sync", "--api-url", srv.URL, "--rate", "0", "--lake", dir + "/lake", "--warehouse", dir + "/kyc.duckdb"}
	code := run(args, &stdout, &stderr, func(name string) string { return env[name] })
	if said := stderr.String(); code != exitFailed || !strings.Contains(said, "a defect of this program (string)") ||
		!strings.Contains(said, "night.go") || !strings.Contains(said, "Nothing was published") || strings.Contains(said, "Jane Roe") {
		t.Errorf("got exit %d and\n%s", code, said)
	}
}

// A statement that needs more memory than there is, is no mistake of whoever asked it.
func TestLackOfMemoryIsNoMistake(t *testing.T) {
	for class, want := range map[string]int{"Out of Memory Error": exitFailed, "Binder Error": exitUsage} {
		if got := exitCode(t.Context(), asked(fmt.Errorf("query: %w", &warehouse.Error{Class: class}))); got != want {
			t.Errorf("%s: got exit code %d, want %d", class, got, want)
		}
	}
}
