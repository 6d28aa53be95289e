// Command kycsync keeps a complete history of an organisation's identity verifications in a lake
// of Parquet files and in a DuckDB warehouse. One file per command; this one holds what they
// share: flags, signals, and the one switch that turns errors into exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

// version is set by the linker in releases.
var version = "development"

// Exit codes, the same for every command.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDegraded    = 3
	exitGate        = 4
	exitAgain       = 5
	exitCredentials = 6
	exitDamaged     = 7
)

const exitCodesHelp = `EXIT CODES:
   0  published, or the question was answered
   1  failed; nothing was published
   2  usage or configuration
   3  published, degraded: elements could not be read, or the warehouse is not yet up to date
   4  a gate failed; not published
   5  another run is at work, or the time budget ended at a commit; run again
   6  credentials or permission
   7  something stored is damaged; do not run again before looking
   130, 143  ended by a signal
`

func main() {
	syscall.Umask(0o077) // everything holds personal data; what others may read says so itself
	os.Exit(run(os.Args, os.Stdout, os.Stderr, os.Getenv))
}

// A signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "ended by signal " + s.String() }

// withSignals returns a context that ends at the first SIGINT or SIGTERM. The second ends the
// process at once.
func withSignals() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-ch:
			signal.Stop(ch)
			cancel(signalled{s})
		case <-ctx.Done():
			signal.Stop(ch)
		}
	}()
	return ctx, func() { cancel(nil) }
}

// A program is one execution of the binary.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	step           func(string) // test hook, nil in the product
}

// run is main without the exit.
func run(args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	p := &program{stdout: stdout, stderr: stderr, getenv: getenv, step: testStep}
	ctx, cancel := withSignals()
	defer cancel()
	err := p.app().RunContext(ctx, args)
	code := exitCode(ctx, err)
	if err != nil && !errors.Is(err, errSaid) {
		fmt.Fprintf(stderr, "kycsync: %v\n", err)
		if hint := hint(code, err); hint != "" {
			fmt.Fprintln(stderr, hint)
		}
	}
	return code
}

// Tests set these: what is called at each named step of a run, and the size of a batch.
var (
	testStep  func(string)
	testBatch int
)

func (p *program) app() *cli.App {
	app := &cli.App{
		Name:                      "kycsync",
		Usage:                     "keep a complete, provable history of your Didit verifications",
		Version:                   version,
		Description:               "A nightly job and the tools around it. Try it without an account: kycsync demo",
		Writer:                    p.stdout,
		ErrWriter:                 p.stderr,
		HideHelpCommand:           true,
		ExitErrHandler:            func(*cli.Context, error) {}, // only main exits
		OnUsageError:              usageError,
		DisableSliceFlagSeparator: true,
		Commands: []*cli.Command{
			p.demoCommand(), p.simulateCommand(), p.syncCommand(), p.statusCommand(), p.queryCommand(),
			p.showCommand(), p.rebuildCommand(), p.verifyCommand(), p.tablesCommand(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("no command %q; kycsync --help lists them", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
	}
	app.CustomAppHelpTemplate = cli.AppHelpTemplate + "\n" + exitCodesHelp
	for _, c := range app.Commands {
		c.OnUsageError = usageError
		c.CustomHelpTemplate = cli.CommandHelpTemplate + "\n" + exitCodesHelp
	}
	return app
}

// Errors of this package.
var (
	errUsage    = errors.New("usage")
	errDegraded = errors.New("published, degraded")
	errNoLake   = usage{"no lake"}
	errLocked   = errors.New("another run is at work")
	errSaid     = errors.New("said already") // the command has told what is wrong
)

type usage struct{ text string }

func (u usage) Error() string   { return u.text }
func (u usage) Is(e error) bool { return e == errUsage }

func usagef(format string, args ...any) error { return usage{fmt.Sprintf(format, args...)} }

func usageError(_ *cli.Context, err error, _ bool) error { return usage{err.Error()} }

// exitCode is the one place that turns an error into an exit code.
func exitCode(ctx context.Context, err error) int {
	var sig signalled
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage), errors.Is(err, lake.ErrUnsuitable):
		return exitUsage
	case errors.Is(err, lake.ErrDamaged), errors.Is(err, warehouse.ErrMismatch):
		return exitDamaged
	case errors.As(context.Cause(ctx), &sig):
		return 128 + int(sig.Signal.(syscall.Signal))
	case errors.Is(err, extract.ErrUnauthorized), errors.Is(err, lake.ErrDenied), errors.Is(err, night.ErrForeignKey):
		return exitCredentials
	case errors.Is(err, night.ErrGate):
		return exitGate
	case errors.Is(err, night.ErrBudget), errors.Is(err, extract.ErrThrottled), errors.Is(err, night.ErrOverlap), errors.Is(err, lake.ErrConflict),
		errors.Is(err, errLocked), errors.Is(err, warehouse.ErrBusy):
		return exitAgain
	case errors.Is(err, errDegraded), errors.Is(err, night.ErrDeferred):
		return exitDegraded
	}
	return exitFailed
}

// hint says what to do next.
func hint(code int, err error) string {
	switch code {
	case exitUsage:
		return "Nothing was changed. See kycsync COMMAND --help."
	case exitAgain:
		return "Nothing is lost. Run the same command again."
	case exitCredentials:
		if errors.Is(err, lake.ErrDenied) {
			return "Nothing was published. Grant the permission and run again."
		}
		return "Nothing was published. Check the key in the vendor's console (API keys), then run again."
	case exitGate:
		return "Readers keep the last good generation. Look at kycsync status, then run again."
	case exitDamaged:
		return "Nothing was changed. Run kycsync verify to see what is damaged, before anything else."
	case exitDegraded:
		return "Published. SELECT * FROM rejects tells which elements could not be read."
	case exitFailed:
		return "Nothing was published. Running again is safe."
	}
	return ""
}
