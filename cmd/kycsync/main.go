// Command kycsync keeps a complete history of an organisation's identity verifications in a lake
// of Parquet files and in a DuckDB warehouse. One file per command; this one holds what they
// share: flags, signals, and the one switch that turns errors into exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/load/publish"
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
   3  published, degraded: elements could not be read, PDFs are missing, or the warehouse,
      or what other engines read, is not yet up to date
   4  a gate failed, or a critical check; not published
   5  another run is at work, or the time budget ended at a commit; run again
   6  credentials or permission
   7  something stored is damaged: kycsync verify says what, kycsync recover what can be restored
   130, 143  ended by a signal
`

func main() {
	syscall.Umask(0o077) // everything holds personal data; what others may read says so itself
	night.LimitMemory()
	dropEmptySettings()
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
	log            *slog.Logger // of the command, once its settings are known
	jsonLog        bool         // stderr is a JSON log, which ends with one summary event
	summary        []any        // what the command adds to that event
}

// run is main without the exit.
func run(args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	p := &program{stdout: stdout, stderr: stderr, getenv: getenv, step: testStep, jsonLog: wantsJSONLog(args, getenv)}
	ctx, cancel := withSignals()
	defer cancel()
	err := p.execute(ctx, args)
	code := exitCode(ctx, err)
	p.conclude(p.verb(args), code, err)
	return code
}

// execute runs the command. A panic becomes an error that says where, without its message, which
// might hold a value.
func (p *program) execute(ctx context.Context, args []string) (err error) {
	d := extract.Caught(func() { err = p.app().RunContext(ctx, p.flagsBefore(args)) })
	if d != nil {
		return fmt.Errorf("a defect of this program (%T); please report it with these lines\n%s", d.Value, d.Stack)
	}
	return err
}

// Tests set these: what is called at each named step of a run, the size of a batch, and how many small parts
// become one.
var (
	testStep             func(string)
	testBatch, testMerge int
)

// at comes to a named step.
func (p *program) at(step string) {
	if p.step != nil {
		p.step(step)
	}
}

// verb is the command that was asked for, empty if none.
func (p *program) verb(args []string) string {
	if len(args) > 1 && p.app().Command(args[1]) != nil {
		return args[1]
	}
	return ""
}

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
			p.demoCommand(), p.simulateCommand(), p.syncCommand(), p.reconcileCommand(), p.statusCommand(), p.queryCommand(), p.askCommand(), p.changesCommand(), p.reportCommand(), p.filingCommand(),
			p.showCommand(), p.pdfCommand(), p.rebuildCommand(), p.warehouseCommand(), p.fetchWarehouseCommand(), p.verifyCommand(), p.recoverCommand(),
			p.tablesCommand(), p.checkCommand(), p.driftCommand(), p.referenceCommand(), p.rejectsCommand(), p.replayCommand(), p.compactCommand(),
			p.gcCommand(), p.publishCommand(),
			p.doctorCommand(), p.drillCommand(),
		},
		Action: func(c *cli.Context) error {
			switch asked := c.Args().First(); {
			case asked == "", asked == "help" && c.NArg() == 1:
				return cli.ShowAppHelp(c)
			case asked == "help" && c.App.Command(c.Args().Get(1)) != nil:
				return cli.ShowCommandHelp(c, c.Args().Get(1))
			case asked == "help":
				return usagef("no command %q; kycsync help lists them", c.Args().Get(1))
			default:
				return usagef("no command %q; kycsync help lists them", asked)
			}
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
	errUsage        = errors.New("usage")
	errDegraded     = errors.New("published, degraded")
	errNoAnchor     = errors.New("published, and its anchor could not be kept")
	errUnsent       = errors.New("published, and its anchor could not be sent")
	errNoLake       = usage{"no lake"}
	errNoWarehouse  = usage{"no warehouse"}
	errLocked       = errors.New("another run is at work")
	errBadWarehouse = errors.New("this is no warehouse, or it is damaged")
	errChecks       = errors.New("critical checks failed")
)

type usage struct{ text string }

func (u usage) Error() string   { return u.text }
func (u usage) Is(e error) bool { return e == errUsage }

func usagef(format string, args ...any) error { return usage{fmt.Sprintf(format, args...)} }

// heldBack is the warehouse that a check holds back, nil where none is.
func heldBack(err error) (held *warehouse.Held) {
	errors.As(err, &held)
	return held
}

// exitCode is the one place that turns an error into an exit code.
func exitCode(ctx context.Context, err error) int {
	var sig signalled
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage), errors.Is(err, lake.ErrUnsuitable):
		return exitUsage
	case errors.Is(err, lake.ErrDamaged), errors.Is(err, night.ErrFewer):
		return exitDamaged
	case errors.Is(err, night.ErrPDFs) && heldBack(err) == nil: // whatever the reason: the night itself ended well
		return exitDegraded
	case (errors.Is(err, night.ErrDeferred) || errors.Is(err, night.ErrUnlisted)) && !errors.Is(err, night.ErrGate) && !errors.Is(err, night.ErrBudget) && heldBack(err) == nil:
		return exitDegraded // the lake has it, and readers keep the old warehouse, or what they had of it
	case errors.Is(err, warehouse.ErrAudience):
		return exitUsage
	case errors.Is(err, publish.ErrMismatch), errors.Is(err, warehouse.ErrMismatch), errors.Is(err, errBadWarehouse), errors.Is(err, errBadFiling), errors.Is(err, errOther):
		return exitDamaged
	case errors.As(context.Cause(ctx), &sig):
		return 128 + int(sig.Signal.(syscall.Signal))
	case errors.Is(err, extract.ErrUnauthorized), errors.Is(err, lake.ErrDenied), errors.Is(err, night.ErrForeignKey),
		errors.Is(err, fs.ErrPermission):
		return exitCredentials
	case errors.Is(err, night.ErrGate), errors.Is(err, errChecks), errors.Is(err, errOverdue), heldBack(err) != nil:
		return exitGate
	case errors.Is(err, night.ErrBudget), errors.Is(err, extract.ErrThrottled), errors.Is(err, night.ErrOverlap), errors.Is(err, lake.ErrConflict),
		errors.Is(err, errLocked), errors.Is(err, lake.ErrHeld), errors.Is(err, warehouse.ErrBusy), errors.Is(err, night.ErrStaged):
		return exitAgain
	case errors.Is(err, errDegraded), errors.Is(err, errNoAnchor), errors.Is(err, errUnsent):
		return exitDegraded
	}
	return exitFailed
}
