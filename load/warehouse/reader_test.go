package warehouse

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kycsync/schemas"
	"kycsync/sql"
)

func TestNoWarehouse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kyc.duckdb")
	if _, err := OpenReader(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
	if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := OpenReader(t.Context(), path); !errors.As(err, &e) {
		t.Errorf("error %v, want *Error", err)
	}
}

// Readers keep what they opened while newer files are published, in this process too.
func TestReadersDuringPublish(t *testing.T) {
	w := newWorld(t)
	var readers []*Reader
	for i := range 3 {
		w.commit(map[string][]row{"sessions": {{"session_id": string(rune('a' + i))}}})
		w.update()
		r, err := OpenReader(t.Context(), w.cfg.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		readers = append(readers, r)
	}
	for i, r := range readers {
		equalStrings(t, "sessions", r.ask(t, "SELECT string_agg(session_id, '' ORDER BY session_id) FROM sessions"), "abc"[:i+1])
		if seq, err := r.Seq(t.Context()); seq != int64(i+1) || err != nil {
			t.Errorf("reader of commit %d: Seq = %d, %v", i+1, seq, err)
		}
	}
}

func TestViewsAndQuestionsOnAnEmptyWarehouse(t *testing.T) {
	w := newWorld(t).withViews()
	w.update()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, v := range sql.Views {
		r.ask(t, strings.ReplaceAll(v.Call(len(v.Params)), "?", "NULL"))
	}
	for _, q := range Questions() {
		r.ask(t, q.SQL)
	}
	for _, tb := range tables() {
		equalStrings(t, tb.Name, r.ask(t, "FROM "+ident(tb.Name)))
		if tb.History != schemas.State {
			equalStrings(t, tb.Name, r.ask(t, "FROM "+ident(tb.Name+versions)))
			equalStrings(t, tb.Name, r.ask(t, "FROM "+ident(tb.Name+asKnownAt)+"(now())"))
		}
	}
}

// attacks are what SQL from outside could try. None may run, for whatever reason DuckDB gives.
var attacks = []string{
	"SELECT * FROM read_csv('/etc/passwd')",
	"SELECT * FROM read_text('/etc/passwd')",
	"SELECT * FROM read_blob('/proc/self/environ')",
	"SELECT * FROM '/etc/passwd'",
	"SELECT * FROM glob('/etc/*')",
	"SELECT * FROM read_parquet('TMP/lake/tables/sessions/data/*.parquet')",
	"SELECT * FROM read_json('http://127.0.0.1:9/x')",
	"SELECT * FROM read_parquet('gs://bucket/x')",
	"SELECT * FROM sniff_csv('/etc/passwd')",
	"SELECT getenv('HOME')",
	"COPY sessions TO 'TMP/out.csv'",
	"COPY (SELECT 1) TO '/dev/stdout'",
	"COPY sessions FROM '/etc/passwd'",
	"EXPORT DATABASE 'TMP/export'",
	"IMPORT DATABASE 'TMP/export'",
	"ATTACH 'TMP/other.duckdb' AS other",
	"ATTACH 'TMP/kyc.duckdb.build/warehouse.duckdb' AS b",
	"ATTACH 'http://127.0.0.1:9/x.duckdb' AS h",
	"INSTALL httpfs",
	"INSTALL httpfs FROM 'http://127.0.0.1:9'",
	"LOAD httpfs",
	"LOAD 'TMP/evil.duckdb_extension'",
	"SET enable_external_access = true",
	"SET lock_configuration = false",
	"SET allowed_directories = ['/']",
	"SET temp_directory = '/tmp'",
	"SET GLOBAL TimeZone = 'Asia/Tokyo'",
	"RESET memory_limit",
	"PRAGMA enable_profiling = 'json'",
	"PRAGMA profiling_output = 'TMP/p.json'",
	"CREATE SECRET s (TYPE gcs, KEY_ID 'a', SECRET 'b')",
	"CREATE TABLE t (i INTEGER)",
	"CREATE OR REPLACE VIEW sessions AS SELECT 1",
	"INSERT INTO sessions SELECT * FROM sessions",
	"UPDATE sessions SET status = 'Approved'",
	"DELETE FROM sessions",
	"DROP TABLE sessions",
	"ALTER TABLE sessions DROP COLUMN status",
	"SELECT 1; DROP TABLE sessions",
	"CHECKPOINT",
	"",
}

func TestAttacksAreRefused(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before, _ := filepath.Glob(w.dir + "/*")
	for _, attack := range attacks {
		query := strings.ReplaceAll(attack, "TMP", w.dir)
		res, err := r.Query(t.Context(), query)
		if err == nil {
			for res.Next() {
			}
			err = errors.Join(res.Err(), res.Close())
		}
		if err == nil {
			t.Errorf("%s: ran", attack)
		}
	}
	equalStrings(t, "still there", r.ask(t, "SELECT session_id FROM sessions"), "s1")
	equalStrings(t, "files", func() []string { now, _ := filepath.Glob(w.dir + "/*"); return now }(), before...)
}

// The settings alone refuse what leaves the file, before the reader looks at the kind of statement,
// and in a build they leave no more than the directories that it needs.
func TestSettingsRefuseAttacks(t *testing.T) {
	dir := t.TempDir()
	private := filepath.Join(dir, "private")
	if err := errors.Join(os.Mkdir(private, 0o700), os.Symlink("/etc", filepath.Join(private, "link"))); err != nil {
		t.Fatal(err)
	}
	in, err := openInstance(t.Context(), filepath.Join(private, "x.duckdb"), false, limits{memoryMB: 100, tempDir: private}, private+"/")
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	harmless := []string{"CREATE", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "SELECT 1", "CHECKPOINT", "COPY sessions FROM"}
	extra := []string{"COPY (SELECT 1) TO '" + private + "/../out.csv'", "SELECT * FROM read_text('" + private + "/link/passwd')"}
next:
	for _, attack := range append(extra, attacks...) {
		for _, prefix := range harmless {
			if attack == "" || strings.HasPrefix(attack, prefix) && !strings.HasPrefix(attack, "CREATE SECRET") {
				continue next
			}
		}
		if err := in.exec(t.Context(), "attack", strings.ReplaceAll(attack, "TMP", dir)); err == nil {
			t.Errorf("%s: ran", attack)
		}
	}
	if err := in.exec(t.Context(), "copy", "COPY (SELECT 1 AS i) TO '"+private+"/in.parquet'"); err != nil {
		t.Errorf("inside the directory: %v", detail(err))
	}
}

func TestErrorsHoldNoData(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1", "full_name": "Jane Roe", "status": "x"}}})
	w.update()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = r.Query(t.Context(), "SELECT CAST(full_name AS INTEGER) FROM sessions")
	if want := "warehouse: query: DuckDB: Conversion Error"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if !strings.Contains(detail(err), "Jane Roe") {
		t.Errorf("detail %q, want DuckDB's words", detail(err))
	}
}

func TestQueryEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	w.update()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = r.Query(ctx, "SELECT sum(hash(a.range, b.range)) FROM range(1000000) a, range(1000000) b")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
	equalStrings(t, "and goes on", r.ask(t, "SELECT 1"), "1")
}
