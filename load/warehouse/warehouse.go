// Package warehouse keeps the DuckDB file that analysts query. The file is a cache of the lake: it
// holds what the lake's newest published commit holds, in tables that SQL can ask at once, and it
// can be built again from the lake at any time.
//
// Two files are never confused. The private build file, beside the published one in a directory
// that only the owner may enter, is the only one that is ever written, table by table, and it says
// of each table up to which commit it has the rows, so that a build that was stopped is gone on from. One that is built
// from scratch counts when the last of its transactions is through. The published file is a copy
// that replaces the one before by rename. A reader keeps the file that it opened, so readers and
// the nightly run never wait for one another, and a build that dies half way is never seen.
//
// For each table T of package schemas that is not LakeOnly the file has
//
//	T                     the current rows: those of the newest version of a session or other entity
//	T_replaced            the rows of older versions, with next_seq, the version that replaced them
//	T_versions            a view: every version, with next_seq (null: none did)
//	T_as_known_at(ts)     a macro: the rows as they had been published here by ts, inclusive
//
// but of a table without history only T, and the views of package sql. Before a build is published the checks of
// package sql and those that follow from the tables are asked, see quality.go; how they came out stands in check_results.
package warehouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kycsync/load/lake"
)

// ErrBusy means that another process is building the same warehouse.
var ErrBusy = errors.New("another process is building this warehouse")

// ErrMismatch means that what was read back is not what the lake holds.
var ErrMismatch = errors.New("the warehouse does not hold what the lake holds")

// Config says where the warehouse is and what a build may use. Path is required.
type Config struct {
	Path     string       // of the published file. The private files go to Path + ".build"
	MemoryMB int          // that DuckDB may use; the process takes up to 610 MB more with a million sessions. Defaults to 384
	Threads  int          // Defaults to one per CPU, and to one where commits are added: a second would wait for the first, and DuckDB waits busily
	Keep     int          // how many files that were replaced are kept, see keep.go. Defaults to 0: none; those that are there stay
	TempDir  string       // for spill files and downloads, which hold personal data. Defaults to the private directory
	Mask     *Mask        // of the audience that it is for; nil: it is the full one
	Step     func(string) // called after each step, for tests; the names stand below. Defaults to nothing
	Log      *slog.Logger // Defaults to none

	addThreads int   // Threads where commits are added
	addAtOnce  int64 // bytes, as vectorBytes has them, that a transaction may keep there. Defaults to 32 MiB: with 345, as much as fits, a night on a million sessions spilled a gigabyte and took a quarter longer
	atOnce     int64 // rows after which a build from scratch begins another transaction. Defaults to 100,000: a small lake is loaded in one, because each waits for the disk
	heldAtOnce int64 // rows that are held against each other at once. Defaults to two million: DuckDB takes a table that it is just filling for one of a single row, and then counts what is distinct in memory alone
	unchecked  bool  // ask no check: for tests of rows that no vendor has
	bare       bool  // define tables alone, without comments and the views of package sql, which take most of a small build: for tests
}

// The steps of a build, in order. "load" and "loaded" come once per transaction.
//
//	warehouse.open        the build file is open
//	warehouse.begun       it is a new one, with empty tables
//	warehouse.load        the rows of the commits are in, the transaction is not committed
//	warehouse.loaded      it is
//	publish.views         the build file has its views
//	publish.checked       its checks have been asked, and none holds it back
//	publish.checkpoint    the build file is complete and closed
//	publish.copied        the copy is complete
//	publish.proved        it opens, and shows the same
//	publish.renamed       it is what readers open
const (
	stepOpen       = "warehouse.open"
	stepBegun      = "warehouse.begun"
	stepLoad       = "warehouse.load"
	stepLoaded     = "warehouse.loaded"
	stepViews      = "publish.views"
	stepChecked    = "publish.checked"
	stepCheckpoint = "publish.checkpoint"
	stepCopied     = "publish.copied"
	stepProved     = "publish.proved"
	stepRenamed    = "publish.renamed"
)

const defaultMemoryMB = 384

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Path == "" {
		return cfg, errors.New("warehouse: want the path of a file, got none")
	}
	if strings.Contains(cfg.Path, "?") { // DuckDB looks for the log of such a file elsewhere
		return cfg, fmt.Errorf("warehouse %q: want a path without ?", cfg.Path)
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return cfg, fmt.Errorf("warehouse %q: %w", cfg.Path, err)
	}
	cfg.Path = path
	if cfg.MemoryMB == 0 {
		cfg.MemoryMB = defaultMemoryMB
	}
	if cfg.addThreads = cfg.Threads; cfg.Threads == 0 {
		cfg.addThreads = 1
	}
	if cfg.addAtOnce == 0 {
		cfg.addAtOnce = 32 << 20
	}
	if cfg.atOnce == 0 {
		cfg.atOnce = 100_000
	}
	if cfg.heldAtOnce == 0 {
		cfg.heldAtOnce = 2_000_000
	}
	if cfg.Step == nil {
		cfg.Step = func(string) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg, nil
}

// A Report says what a build did.
type Report struct {
	FromSeq  int64            // commit that the build file stood at before; 0: none
	ToSeq    int64            // published commit that the warehouse now shows; 0: the lake has none
	Rebuilt  bool             // from the lake alone
	Reason   string           // why it was rebuilt, for people
	Rows     map[string]int64 // per table, every version
	Duration time.Duration
}

// Update brings the warehouse to the lake's newest published commit and publishes it. It goes on
// from the private build file when that is a prefix of the lake's chain and the commits since have
// only added parts; otherwise, or when the file gives any cause for doubt, it builds from the lake
// alone and says so in the report. A lake without a published commit makes an empty warehouse.
//
// On error the published file is the one from before. Errors: ErrBusy, ErrMismatch, *Held, and those of
// package lake, of which ErrDamaged says that a part or commit is not what it was.
func Update(ctx context.Context, l *lake.Lake, cfg Config) (Report, error) {
	return run(ctx, l, cfg, "")
}

// Rebuild makes the warehouse from the lake alone and publishes it. Errors are those of Update.
func Rebuild(ctx context.Context, l *lake.Lake, cfg Config) (Report, error) {
	return run(ctx, l, cfg, "asked for")
}

// run updates, or rebuilds if there is a reason to.
func run(ctx context.Context, l *lake.Lake, cfg Config, reason string) (rep Report, err error) {
	begun := time.Now()
	cfg, err = cfg.withDefaults()
	if err != nil {
		return rep, err
	}
	target, err := l.Published(ctx)
	if errors.Is(err, lake.ErrNotExist) {
		target = new(lake.Commit)
	} else if err != nil {
		return rep, fmt.Errorf("warehouse: %w", err)
	}
	b, err := openBuild(cfg, l)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, b.close()) }()

	if err = b.sameAudience(ctx); err != nil {
		return rep, fmt.Errorf("warehouse: %w", err)
	}
	rep, err = b.bring(ctx, target, reason)
	if err == nil {
		err = b.publish(ctx, target, rep)
	}
	if why := distrusted(err); why != "" && !rep.Rebuilt {
		if err = b.setAside(); err == nil {
			b.cfg.Log.Warn("warehouse is built from the lake alone", "reason", why)
			rep, err = b.bring(ctx, target, why)
		}
		if err == nil {
			err = b.publish(ctx, target, rep)
		}
	}
	rep.Duration = time.Since(begun)
	return rep, err
}

// distrusted is why a build file that was gone on from may be at fault for an error of publish: a check failed in it that
// had not before, or could not be asked. It is empty where that is not so.
func distrusted(err error) string {
	var held *Held
	var doubt *doubtError
	switch {
	case errors.As(err, &held) && held.New:
		return held.reason()
	case errors.As(err, &doubt):
		return doubt.reason
	}
	return ""
}

// bring applies what is missing up to target, by whichever way is sound.
func (b *build) bring(ctx context.Context, target *lake.Commit, reason string) (Report, error) {
	if reason == "" {
		rep, err := b.catchUp(ctx, target)
		var doubt *doubtError
		if !errors.As(err, &doubt) {
			return rep, err
		}
		reason = doubt.reason
		if doubt.bad {
			if err := b.setAside(); err != nil {
				return rep, err
			}
		}
		level := slog.LevelInfo
		if doubt.bad {
			level = slog.LevelWarn
		}
		b.cfg.Log.Log(ctx, level, "warehouse is built from the lake alone", "reason", reason)
	}
	rep, err := b.rebuild(ctx, target)
	rep.Rebuilt, rep.Reason = true, reason
	return rep, err
}

// A doubtError is why a build file cannot be gone on from.
type doubtError struct {
	reason string
	bad    bool // the file is damaged or foreign and worth a look, not just out of date
}

func (e *doubtError) Error() string { return "warehouse: " + e.reason }

func outdated(format string, args ...any) error {
	return &doubtError{reason: fmt.Sprintf(format, args...)}
}

// doubt returns err as a reason to build again where it may be the file's fault: DuckDB's refusals
// and failed comparisons, but neither a lack of memory or disk nor anything of the lake.
func doubt(ctx context.Context, err error) error {
	var d *Error
	switch {
	case err == nil, ctx.Err() != nil:
		return err
	case errors.As(err, &d) && !isLackOfMemory(err):
		return &doubtError{reason: fmt.Sprintf("the build file is not sound (%s: %s)", d.Op, d.Class), bad: true}
	case errors.Is(err, ErrMismatch):
		return &doubtError{reason: err.Error(), bad: true}
	}
	return err
}

func isLackOfMemory(err error) bool {
	var d *Error
	return errors.As(err, &d) && d.IsLackOfMemory()
}

// allowed returns the directories that a build may read parts from, with links resolved, because
// DuckDB compares resolved paths.
func allowed(l *lake.Lake, private ...string) ([]string, error) {
	dirs := private
	if d, ok := l.Bucket().(interface{ LocalPath(string) string }); ok {
		dirs = append(dirs, d.LocalPath(""))
	}
	for i, dir := range dirs {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return nil, fmt.Errorf("warehouse: %w", err)
		}
		dirs[i] = strings.TrimSuffix(real, string(os.PathSeparator)) + string(os.PathSeparator)
	}
	return dirs, nil
}
