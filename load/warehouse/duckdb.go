package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// storageVersion is the file format of the warehouse: the oldest DuckDB that opens it. It is pinned
// because the driver's default changes what an analyst's tool can read, and because from v1.5.0 on
// a write-ahead log names its database, so that a stale one is refused instead of replayed.
const storageVersion = "v1.5.0"

// blockSize is that of a new file, in bytes. A statement that adds a row to a table takes a block for
// each of its columns, and a night adds some to each of more than a hundred tables: at DuckDB's 256 KiB that is 2 GB, which
// it compresses and spills.
const blockSize = 64 << 10

// logSuffixes are of the files that DuckDB keeps beside one that it writes, and takes for that file's own: what has
// been committed since its last checkpoint, and since one began, and both while they are put together.
var logSuffixes = []string{".wal", ".wal.checkpoint", ".wal.recovery"}

// catalog is the name under which a warehouse file is attached.
const catalog = "warehouse"

// An instance is one DuckDB engine with one connection. The engine itself is in memory and has no
// name; the file is attached to it. The driver shares an engine between all opens of one path in a
// process, which would show a reader the file from before a publish, and it parses a path as a URL,
// so that a "#" in it drops every setting without a word.
type instance struct {
	db   *sql.DB
	conn *sql.Conn
}

// limits bound what an instance uses.
type limits struct {
	memoryMB int
	threads  int    // 0: one per CPU
	tempDir  string // for what does not fit in memory; must exist and be private, "": spill nothing
}

// openInstance starts an engine, attaches file (unless it is "") and locks the doors: from then on
// SQL reaches no file but those in the allowed directories, no network, no extension and no setting.
func openInstance(ctx context.Context, file string, readOnly bool, lim limits, allowed ...string) (*instance, error) {
	options := url.Values{
		"memory_limit":                  {strconv.Itoa(lim.memoryMB) + "MB"},
		"max_temp_directory_size":       {"64GB"},
		"storage_compatibility_version": {storageVersion},
		"default_block_size":            {strconv.Itoa(blockSize)},
		"allocator_background_threads":  {"true"}, // gives back what was freed: a process is a sixth smaller
		"autoload_known_extensions":     {"false"},
		"autoinstall_known_extensions":  {"false"},
		"allow_community_extensions":    {"false"},
		"allow_persistent_secrets":      {"false"},
	}
	if lim.threads > 0 {
		options.Set("threads", strconv.Itoa(lim.threads))
	}
	c, err := duckdb.NewConnector(":memory:?"+options.Encode(), nil)
	if err != nil {
		return nil, fail(ctx, "open", err)
	}
	in := &instance{db: sql.OpenDB(c)}
	in.db.SetMaxOpenConns(1) // and this one connection is never given back: its USE must hold
	if in.conn, err = in.db.Conn(ctx); err != nil {
		return nil, errors.Join(fail(ctx, "connect", err), in.close())
	}
	for _, stmt := range lockDown(file, readOnly, lim, allowed) {
		if err := in.exec(ctx, "open", stmt); err != nil {
			return nil, errors.Join(err, in.close())
		}
	}
	return in, nil
}

// lockDown returns the statements that open a file and lock the doors. Their order matters.
func lockDown(file string, readOnly bool, lim limits, allowed []string) []string {
	stmts := []string{"SET GLOBAL TimeZone = 'UTC'", "SET temp_directory = " + literal(lim.tempDir)}
	if file != "" {
		mode := "STORAGE_VERSION " + literal(storageVersion)
		if readOnly {
			mode = "READ_ONLY"
		}
		stmts = append(stmts, fmt.Sprintf("ATTACH %s AS %s (TYPE duckdb, %s)", literal(file), catalog, mode), "USE "+catalog)
	}
	if len(allowed) > 0 {
		stmts = append(stmts, "SET allowed_directories = "+literals(allowed))
	}
	return append(stmts, "SET enable_external_access = false", "SET lock_configuration = true")
}

func (in *instance) close() error {
	var err error
	if in.conn != nil {
		err = in.conn.Close()
	}
	return errors.Join(err, in.db.Close())
}

// exec runs statements that return nothing. Op names them in the error.
func (in *instance) exec(ctx context.Context, op, stmt string, args ...any) error {
	_, err := in.conn.ExecContext(ctx, stmt, args...)
	return fail(ctx, op, err)
}

// change runs a statement and returns how many rows it changed.
func (in *instance) change(ctx context.Context, op, stmt string) (int64, error) {
	res, err := in.conn.ExecContext(ctx, stmt)
	if err != nil {
		return 0, fail(ctx, op, err)
	}
	n, err := res.RowsAffected()
	return n, fail(ctx, op, err)
}

// row runs a statement that returns one row and stores it in dest.
func (in *instance) row(ctx context.Context, op, stmt string, dest ...any) error {
	return fail(ctx, op, in.conn.QueryRowContext(ctx, stmt).Scan(dest...))
}

// An Error is a refusal by DuckDB. DuckDB's own words quote the data they are about, so they are
// in Detail and not in Error: a caller that logs the error leaks nothing.
type Error struct {
	Op     string // what was being done, for example "load sessions"
	Class  string // DuckDB's class of error, for example "Binder Error"
	detail string
}

// Error says what was refused and how, without DuckDB's words.
func (e *Error) Error() string { return fmt.Sprintf("warehouse: %s: DuckDB: %s", e.Op, e.Class) }

// IsLackOfMemory reports whether DuckDB would have needed more memory than it may use.
func (e *Error) IsLackOfMemory() bool { return e.Class == "Out of Memory Error" }

// Detail returns DuckDB's own words. They may hold personal data: they are for the eyes of the
// person who wrote the statement, never for a log.
func (e *Error) Detail() string { return e.detail }

var classRE = regexp.MustCompile(`^[A-Za-z]+( [A-Za-z]+){0,2} Error$`)

// fail turns an error of the driver into one that is safe to show; nil stays nil.
func fail(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("warehouse: %s: %w", op, context.Cause(ctx))
	}
	e := &Error{Op: op, Class: "driver error", detail: err.Error()}
	var d *duckdb.Error
	if errors.As(err, &d) {
		e.detail = d.Msg
		if class, _, ok := strings.Cut(d.Msg, ": "); ok && classRE.MatchString(class) {
			e.Class = class
		}
	}
	return e
}
