package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"kycsync/load/lake"
)

// A build is the private side of a warehouse: a directory that only the owner may enter.
//
//	lock                   held while a build runs
//	published              what the published file is, see asWritten
//	warehouse.duckdb       the build file
//	bad-<time>.duckdb      the newest build file that was set aside
//	tmp/                   spilled by DuckDB, wiped at each start
//	spool/                 parts on their way, wiped at each start
type build struct {
	cfg   Config
	lake  *lake.Lake
	dir   string
	tmp   string
	spool string
	lock  *flock.Flock
	in    *instance // on the build file; nil: closed
}

// openBuild takes the lock and clears what an earlier build left.
func openBuild(cfg Config, l *lake.Lake) (*build, error) {
	b := &build{cfg: cfg, lake: l, dir: cfg.Path + ".build"}
	if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o750); err != nil {
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	if err := privateDir(b.dir); err != nil {
		return nil, err
	}
	b.lock = flock.New(filepath.Join(b.dir, "lock"), flock.SetPermissions(0o600))
	locked, err := b.lock.TryLock()
	if err == nil && !locked {
		err = ErrBusy
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("warehouse: lock %q: %w", b.dir, err), b.lock.Close())
	}
	b.tmp, b.spool = b.scratch("tmp"), b.scratch("spool")
	for _, dir := range []string{b.tmp, b.spool} {
		err = errors.Join(err, os.RemoveAll(dir), privateDir(dir))
	}
	if err != nil {
		return nil, errors.Join(err, b.lock.Close())
	}
	return b, nil
}

func (b *build) scratch(name string) string {
	if b.cfg.TempDir == "" {
		return filepath.Join(b.dir, name)
	}
	return filepath.Join(b.cfg.TempDir, filepath.Base(b.cfg.Path)+"."+name)
}

// privateDir makes a directory that only the owner may enter, or makes it so.
func privateDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("warehouse: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("warehouse: %w", err)
	}
	return nil
}

func (b *build) file() string { return filepath.Join(b.dir, "warehouse.duckdb") }

// open opens the build file, or makes an empty one.
func (b *build) open(ctx context.Context, threads int) error {
	dirs, err := allowed(b.lake, b.dir, b.tmp, b.spool)
	if err != nil {
		return err
	}
	lim := limits{memoryMB: b.cfg.MemoryMB, threads: threads, tempDir: b.tmp}
	if b.in, err = openInstance(ctx, b.file(), false, lim, dirs...); err != nil {
		return err
	}
	return os.Chmod(b.file(), 0o600)
}

// shut closes the build file.
func (b *build) shut() error {
	if b.in == nil {
		return nil
	}
	err := b.in.close()
	b.in = nil
	return err
}

func (b *build) close() error {
	return errors.Join(b.shut(), os.RemoveAll(b.tmp), os.RemoveAll(b.spool), b.lock.Close())
}

// setAside moves a build file that is not trusted out of the way and keeps it, the newest one only.
func (b *build) setAside() error {
	err := b.shut()
	old, globErr := filepath.Glob(filepath.Join(globQuote(b.dir), "bad-*"))
	err = errors.Join(err, globErr)
	for _, name := range old {
		err = errors.Join(err, os.Remove(name))
	}
	bad := filepath.Join(b.dir, "bad-"+time.Now().UTC().Format("20060102T150405Z")+".duckdb")
	for _, suffix := range append(logSuffixes, "") {
		if e := os.Rename(b.file()+suffix, bad+suffix); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("warehouse: set the build file aside: %w", err)
	}
	return nil
}

// begin replaces the build file by one with empty tables.
func (b *build) begin(ctx context.Context) error {
	err := b.shut()
	for _, suffix := range append(logSuffixes, "") {
		if e := os.Remove(b.file() + suffix); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("warehouse: remove the old build file: %w", err)
	}
	if err := b.open(ctx, b.cfg.Threads); err != nil {
		return err
	}
	b.cfg.Step(stepOpen)
	err = b.in.transaction(ctx, func() error {
		for _, stmt := range ddl() {
			if b.cfg.bare && strings.HasPrefix(stmt, "COMMENT") {
				continue
			}
			if err := b.in.exec(ctx, "define "+firstWords(stmt), stmt); err != nil {
				return err
			}
		}
		if err := b.dedicate(ctx); err != nil {
			return err
		}
		var names []string
		for _, t := range tables() {
			names = append(names, t.Name)
		}
		return b.in.exec(ctx, "define the file", "INSERT INTO "+tallyTable+" SELECT unnest("+literals(names)+"), 0, 0, 0, 0, 0")
	})
	if err == nil {
		b.cfg.Step(stepBegun)
	}
	return err
}

// firstWords names a DDL statement: it is made of words of the program only.
func firstWords(stmt string) string {
	return strings.Join(strings.Fields(stmt)[:3], " ")
}

// A standing is how far a build file is. Where a build was stopped while it added commits, some tables have their rows
// and others do not.
type standing struct {
	ledgerEntry                  // the newest commit whose rows are in some table
	whole       int64            // the newest whose rows are in all
	loaded      map[string]int64 // by table, the newest whose rows are in it: whole or seq
}

// resume opens the build file that is there and returns how far it is. The error is a
// *doubtError where the file cannot be gone on from.
func (b *build) resume(ctx context.Context) (*standing, error) {
	if _, err := os.Stat(b.file()); errors.Is(err, fs.ErrNotExist) {
		return nil, outdated("there is no build file")
	}
	if err := b.open(ctx, b.cfg.addThreads); err != nil {
		return nil, doubt(ctx, err)
	}
	b.cfg.Step(stepOpen)
	var tables, format int
	var definition sql.NullString
	err := b.in.row(ctx, "list tables", "SELECT count(*) FROM duckdb_tables() WHERE database_name = "+literal(catalog), &tables)
	if err == nil && tables > 0 {
		err = b.in.row(ctx, "read the file's facts", "SELECT coalesce(any_value(format), 0), any_value(ddl_sha256) FROM "+factsTable, &format, &definition)
	}
	if err != nil {
		return nil, doubt(ctx, err)
	}
	if format == 0 {
		return nil, outdated("the build file was never finished")
	}
	if format != formatNumber || definition.String != ddlSHA256() {
		return nil, outdated("the build file was made for other tables, or in another form")
	}
	var same bool
	if err := b.in.row(ctx, "read the file's facts", "SELECT duckdb = version() FROM "+factsTable, &same); err != nil {
		return nil, doubt(ctx, err)
	}
	if !same {
		return nil, outdated("the build file was made by another version of DuckDB, whose hashes need not be the same")
	}
	whose, err := b.in.audience(ctx)
	if err == nil && whose != b.cfg.audience() {
		return nil, outdated("the build file was made by another policy, or with another key of pseudonyms")
	}
	if err != nil {
		return nil, doubt(ctx, err)
	}
	at, err := b.standing(ctx)
	return at, doubt(ctx, err)
}

func (b *build) standing(ctx context.Context) (*standing, error) {
	e, err := b.in.ledger(ctx)
	if err != nil {
		return nil, err
	}
	at := &standing{ledgerEntry: *e, whole: e.seq, loaded: map[string]int64{}}
	if e.seq == 0 {
		return at, nil
	}
	err = b.in.each(ctx, "read what was loaded", "SELECT table_name, loaded_seq FROM "+tallyTable, func(scan func(...any) error) error {
		var name string
		var seq int64
		err := scan(&name, &seq)
		at.loaded[name], at.whole = seq, min(seq, at.whole)
		return err
	})
	for name, seq := range at.loaded {
		if err == nil && seq != at.whole && seq != at.seq {
			err = fmt.Errorf("%w: table %s stands at commit %d, others at %d and %d", ErrMismatch, name, seq, at.whole, at.seq)
		}
	}
	return at, err
}

// transaction runs f between BEGIN and COMMIT, or rolls back.
func (in *instance) transaction(ctx context.Context, f func() error) error {
	if err := in.exec(ctx, "begin", "BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = in.exec(ctx, "commit", "COMMIT")
	}
	if err != nil {
		// Best effort: after some errors there is no transaction any more, and closing ends it too.
		_ = in.exec(context.WithoutCancel(ctx), "roll back", "ROLLBACK")
	}
	return err
}

// A ledgerEntry is the newest commit of a warehouse file.
type ledgerEntry struct {
	seq    int64 // 0: the file is empty
	sha256 string
}

// ledger returns the newest entry, after a check that the entries are a chain without gaps. What follows a stand-in
// names the commit that was lost; package lake has held that against what the stand-in says.
func (in *instance) ledger(ctx context.Context) (*ledgerEntry, error) {
	var e ledgerEntry
	var n, broken int64
	var sha sql.NullString
	err := in.row(ctx, "read the ledger", `SELECT count(*), coalesce(max(seq), 0), arg_max(sha256, seq), count(*) FILTER (NOT linked)
FROM (SELECT *, seq = row_number() OVER (ORDER BY seq)
	AND (parent_sha256 = coalesce(lag(sha256) OVER (ORDER BY seq), '') OR coalesce(lag(kind) OVER (ORDER BY seq), '') = '`+string(lake.StandIn)+`') AS linked
	FROM `+ledgerTable+`)`, &n, &e.seq, &sha, &broken)
	if err != nil {
		return nil, err
	}
	if broken > 0 || n != e.seq {
		return nil, fmt.Errorf("%w: the ledger is not a chain", ErrMismatch)
	}
	e.sha256 = sha.String
	return &e, nil
}
