package night

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	_ "github.com/duckdb/duckdb-go/v2"
)

// contenders turn the decisions of a corpus into one Parquet file per table in a directory, with
// two threads each.
var contenders = map[string]func(c corpus, out string) error{
	"ours":            func(c corpus, out string) error { return ours(c, c.received, true, out) },
	"ours-rows":       func(c corpus, out string) error { return ours(c, c.received, false, out) },
	"ours-canonical":  func(c corpus, out string) error { return ours(c, c.canonical, false, out) },
	"duckdb-explicit": func(c corpus, out string) error { return theirs(c.received, out, explicitTyping()) },
	"duckdb-auto":     func(c corpus, out string) error { return theirs(c.received, out, nil) },
}

const threads = 2

// ours is what a night does with decisions, without their documents and without the lake. The
// canonical file stands for documents that are in the lake already.
func ours(c corpus, from string, canonicalize bool, out string) error {
	var sessions []lineOf
	err := lines(c.sessions, 1, func(line [][]byte) error {
		sessions = append(sessions, lineOf{})
		return json.Unmarshal(line[0], &sessions[len(sessions)-1])
	})
	if err != nil {
		return err
	}
	parts := &partSet{dir: out, open: map[string]*lake.PartWriter{}}
	defer parts.abort()
	err = lines(from, 5000, func(batch [][]byte) error {
		versions, err := versionsOf(batch, sessions, canonicalize)
		if err != nil {
			return err
		}
		sessions = sessions[len(batch):]
		return flatten(versions, benchVersion, func(c *chunk) error {
			if bad := c.rows.Rejects(); len(bad) > 0 {
				return fmt.Errorf("%d rejects, first %s: %s", len(bad), bad[0].Path, bad[0].Reason)
			}
			return errors.Join(c.rows.Take(parts.write), c.documents.Take(func(*schemas.Table, arrow.RecordBatch) error { return nil }))
		})
	})
	if err != nil {
		return err
	}
	spooled, err := parts.close()
	if err != nil {
		return err
	}
	for name, s := range spooled {
		if err := os.Rename(s.Path, parquetOf(out, name)); err != nil {
			return err
		}
	}
	clear(parts.open)
	return nil
}

func parquetOf(dir, table string) string { return filepath.Join(dir, table+".parquet") }

// versionsOf makes versions of decisions, in canonical form or as they are.
func versionsOf(bodies [][]byte, sessions []lineOf, canonicalize bool) ([]pending, error) {
	versions, errs := make([]pending, len(bodies)), make([]error, threads)
	var wg sync.WaitGroup
	for w := range threads {
		wg.Go(func() {
			for i := w; i < len(bodies); i += threads {
				doc, s := transform.Canonical{JSON: bodies[i]}, sessions[i]
				if canonicalize {
					doc, errs[w] = transform.Canonicalize(schemas.Decision, bodies[i])
				}
				versions[i] = pending{
					Version: transform.Version{
						Application: benchApplication, SessionID: s.ID, SessionKind: s.Kind, SessionNumber: s.Number, ObservedAt: benchObserved,
						Documents: []schemas.Document{{Kind: schemas.Decision, ID: string(s.ID), Body: doc.JSON, ObservedAt: benchObserved}},
					},
					raw: []raw{{doc.ContentSHA256, doc.ReceivedSHA256}},
				}
			}
		})
	}
	wg.Wait()
	return versions, errors.Join(errs...)
}

// theirs is one staging table and one COPY for each table. Without a type, DuckDB finds one.
func theirs(from, out string, root *typing) error {
	ctx := context.Background()
	db, err := sql.Open("duckdb", fmt.Sprintf("?threads=%d", threads))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	read := "read_json_auto(" + literal(from) + ", format = 'newline_delimited')"
	if root != nil {
		var columns []string
		for _, name := range root.names {
			columns = append(columns, quoted(name)+": "+literal(root.members[name].String()))
		}
		read = fmt.Sprintf("read_json(%s, format = 'newline_delimited', columns = {%s})", literal(from), strings.Join(columns, ", "))
	}
	for _, stmt := range []string{"SET TimeZone = 'UTC'", "CREATE TEMP TABLE raw AS SELECT * FROM " + read} {
		if _, err := db.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("%.200s: %w", stmt, err)
		}
	}
	if root == nil {
		if root, err = found(ctx, db); err != nil {
			return err
		}
	}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		query, _ := tableQuery(root, t)
		if query == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd)", query, literal(parquetOf(out, t.Name)))); err != nil {
			return fmt.Errorf("%s: %s: %w", t.Name, query, err)
		}
	}
	return nil
}

// found returns the type that DuckDB gave the staging table.
func found(ctx context.Context, db *sql.DB) (*typing, error) {
	rows, err := db.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE raw)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	root := &typing{}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return nil, err
		}
		*root.member(name) = *parseTyping(typ)
	}
	return root, rows.Err()
}

// A result is what one run of a contender cost.
type result struct {
	Wall, CPU time.Duration
	PeakMB    float64 // resident memory at its highest; 0 where the system does not say
	OutMB     float64
}

const childEnv = "KYCSYNC_BENCH_CHILD" // name, corpus and output of a contender that runs alone

// TestContender is a contender in a process of its own.
func TestContender(t *testing.T) {
	arg := os.Getenv(childEnv)
	if arg == "" {
		t.Skip("runs as a child of the benchmarks")
	}
	f := strings.Split(arg, "\n")
	var r result
	start, cpu := time.Now(), cpuTime()
	if err := contenders[f[0]](openCorpus(f[1]), f[2]); err != nil {
		t.Fatal(err)
	}
	r.Wall, r.CPU, r.PeakMB = time.Since(start), cpuTime()-cpu, peakMB()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f[2], "result.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a contender in a process of its own and leaves its files in out.
func (c corpus) run(tb testing.TB, name, out string) result {
	tb.Helper()
	if err := os.MkdirAll(out, 0o700); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestContender$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{name, c.dir, out}, "\n"), "GOMAXPROCS="+strconv.Itoa(threads))
	if os.Getenv("GOGC") == "" {
		cmd.Env = append(cmd.Env, "GOGC=40") // as the program sets it; DuckDB's memory is not Go's
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", name, err, text)
	}
	text, err := os.ReadFile(filepath.Join(out, "result.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		tb.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.parquet"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			r.OutMB += float64(info.Size()) / 1e6
		}
	}
	return r
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func peakMB() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseFloat(kb, 64)
	return n * 1024 / 1e6
}
