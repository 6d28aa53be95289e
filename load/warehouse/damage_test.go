package warehouse

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// tamper runs statements on a file that no instance has open.
func tamper(t *testing.T, path string, stmts ...string) {
	t.Helper()
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, stmt := range stmts {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
}

func TestBuildFileInDoubtIsRebuilt(t *testing.T) {
	write := func(b []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	stmt := func(stmts ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) { tamper(t, path, stmts...) }
	}
	base := newWorld(t)
	base.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "a"}, {"session_id": "s2"}}})
	base.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "b"}}})
	base.update()
	for i, tt := range []struct {
		name   string
		damage func(*testing.T, string)
		reason string // begins with
		kept   bool   // the file is set aside
	}{
		{"gone", func(t *testing.T, path string) { os.Remove(path) }, "there is no build file", false},
		{"no bytes", write(nil), "the build file is not sound (open", true},
		{"not DuckDB's", write([]byte(strings.Repeat("garbage", 9999))), "the build file is not sound (open", true},
		{"torn", func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(b[:len(b)/2])(t, path)
		}, "the build file is not sound (", true},
		{"one byte flipped in each block", func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 12288 + 1000; i < len(b); i += 262144 {
				b[i] ^= 1
			}
			write(b)(t, path)
		}, "the build file is not sound (", true},
		{"somebody else's", func(t *testing.T, path string) {
			os.Remove(path)
			write(nil)(t, path+".x")
			db, err := sql.Open("duckdb", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("CREATE TABLE t (i INTEGER)"); err != nil {
				t.Fatal(err)
			}
		}, "the build file is not sound (read the file's facts: Catalog Error)", true},
		{"of other tables", stmt("UPDATE _warehouse SET ddl_sha256 = 'x'"), "the build file was made for other tables", false},
		{"of a newer program", stmt("UPDATE _warehouse SET format = 2"), "the build file was made for other tables", false},
		{"ledger empty", stmt("DELETE FROM _commits"), "the build file is empty", false},
		{"ledger with a gap", stmt("DELETE FROM _commits WHERE seq = 1"), "warehouse does not hold", true},
		{"ledger of another lake", stmt("UPDATE _commits SET sha256 = repeat('0', 64) WHERE seq = 2"), "commit 2 in the build file is not the lake's", true},
		{"ledger ahead of the lake", stmt("INSERT INTO _commits SELECT 3, committed_at, 3, 'x', sha256, kind, run_id, now() FROM _commits WHERE seq = 2",
			"INSERT INTO _commits SELECT 4, committed_at, 3, 'y', 'x', kind, run_id, now() FROM _commits WHERE seq = 2"), "the build file is at commit 4 of another history", true},
		{"a table missing", stmt("DROP TABLE reviews_replaced"), "the build file is not sound (count reviews", true},
		{"of another DuckDB", stmt("UPDATE _warehouse SET duckdb = 'v0.1'"), "the build file was made by another version of DuckDB", false},
	} {
		if testing.Short() && i%4 != 0 {
			continue // every kind in the full run
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "c"}}})
			tt.damage(t, filepath.Join(w.cfg.Path+".build", "warehouse.duckdb"))
			rep := w.update()
			if !rep.Rebuilt || !strings.Contains(rep.Reason, tt.reason) {
				t.Errorf("report %+v, want a rebuild because %s", rep, tt.reason)
			}
			bad, _ := filepath.Glob(w.cfg.Path + ".build/bad-*.duckdb")
			if (len(bad) == 1) != tt.kept {
				t.Errorf("set aside: %v", bad)
			}
			equalStrings(t, "sessions", w.ask("SELECT session_id, status FROM sessions ORDER BY 1"), "s1|c", "s2|NULL")
			w.commit(map[string][]row{"sessions": {{"session_id": "s3"}}})
			if rep := w.update(); rep.Rebuilt {
				t.Errorf("rebuilt again: %s", rep.Reason)
			}
		})
	}
}

// Nothing of a commit whose parts are not what it says is published.
func TestLakeInDoubtPublishesNothing(t *testing.T) {
	session := []row{{"session_id": "s1", "status": "new"}}
	base := newWorld(t)
	base.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "old"}}})
	base.update()
	for i, tt := range []struct {
		name   string
		commit func(*testing.T, *world)
		want   error  // nil: any
		text   string // in the error
	}{
		{"a part altered", func(t *testing.T, w *world) {
			c := w.commit(map[string][]row{"sessions": session})
			for name, p := range c.Tables["sessions"] {
				if p.AddedBySeq == c.Seq {
					path := filepath.Join(w.dir, "lake", name)
					b, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					b[len(b)/2] ^= 1
					os.Chmod(path, 0o600)
					if err := os.WriteFile(path, b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, lake.ErrDamaged, "SHA-256"},
		{"a part missing", func(t *testing.T, w *world) {
			c := w.commit(map[string][]row{"sessions": session})
			for name, p := range c.Tables["sessions"] {
				if p.AddedBySeq == c.Seq {
					os.Remove(filepath.Join(w.dir, "lake", name))
				}
			}
		}, lake.ErrDamaged, ""},
		{"another number of rows", func(t *testing.T, w *world) {
			p := w.part("sessions", 2, "run-2", session)
			p.Rows = 2
			w.commitParts("sessions", p)
		}, ErrMismatch, "rows in the parts, the commit says"},
		{"a key twice", func(t *testing.T, w *world) {
			w.commit(map[string][]row{"sessions": append(session, session...)})
		}, ErrMismatch, "1 keys (application, session_id, version_seq) stand for more than one row"},
		{"a key twice among more rows than are held against each other at once", func(t *testing.T, w *world) {
			w.cfg.heldAtOnce = 2
			w.commit(map[string][]row{"sessions": append(session, row{"session_id": "s3"}, row{"session_id": "s4"}, row{"session_id": "s5"}, row{"session_id": "s4"})})
		}, ErrMismatch, "1 keys (application, session_id, version_seq) stand for more than one row"},
		{"a table of a newer program", func(t *testing.T, w *world) {
			table := *schemas.Lookup("sessions")
			table.Name = "palm_prints"
			w.commitParts("palm_prints", w.partOf(&table, 2, "run-2", session))
		}, nil, `a table "palm_prints" that this program does not know`},
		{"a column of a newer program", func(t *testing.T, w *world) {
			table := *schemas.Lookup("sessions")
			table.Columns = append(table.Stored(), schemas.Column{ID: 9999, Name: "mood", Kind: schemas.Text, Null: true, Class: schemas.PII})
			w.commitParts("sessions", w.partOf(&table, 2, "run-2", session))
		}, nil, `a column "mood" that this program does not know`},
		{"a column of another kind", func(t *testing.T, w *world) {
			table := *schemas.Lookup("sessions")
			table.Columns = table.Stored()
			for i := range table.Columns {
				if table.Columns[i].Name == "status" {
					table.Columns[i].Kind = schemas.Int
				}
			}
			w.commitParts("sessions", w.partOf(&table, 2, "run-2", []row{{"session_id": "s1", "status": 1}}))
		}, nil, `column "status" is BIGINT`},
		{"JSON that is none", func(t *testing.T, w *world) {
			w.commit(map[string][]row{"sessions": {{"session_id": "s1", "extra_json": "{John Doe"}}})
		}, nil, "load sessions: DuckDB: Conversion Error"},
	} {
		if testing.Short() && i%4 != 0 {
			continue // every kind in the full run
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			tt.commit(t, w)
			var log bytes.Buffer
			w.logTo(&log)
			for _, how := range []func() (Report, error){
				func() (Report, error) { return Update(t.Context(), w.lake, w.cfg) },
				func() (Report, error) { return Rebuild(t.Context(), w.lake, w.cfg) },
			} {
				_, err := how()
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("error %v, want %v with %q", err, tt.want, tt.text)
				}
				if err != nil && strings.Contains(err.Error()+log.String(), "John Doe") {
					t.Errorf("personal data in the error or the log: %v; %s", err, log.String())
				}
				equalStrings(t, "published", w.ask("SELECT status FROM sessions"), "old")
			}
		})
	}
}

// Parts that are older than a column read as null in it.
func TestPartsOlderThanAColumn(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	old := *schemas.Lookup("sessions")
	old.Columns = nil
	for _, c := range schemas.Lookup("sessions").Stored() {
		if c.Name != "status_raw" && c.Name != "extra_json" && c.Name != "created_at" {
			old.Columns = append(old.Columns, c)
		}
	}
	w.commitParts("sessions", w.partOf(&old, 1, "run-1", []row{{"session_id": "s1", "status": "a"}}))
	w.update()
	w.commit(map[string][]row{"sessions": {{"session_id": "s2", "status": "b", "status_raw": "B", "extra_json": `{"a":1}`, "created_at": start}}})
	for _, rep := range []Report{w.update(), w.rebuild()} {
		equalStrings(t, "sessions", w.ask("SELECT session_id, status, status_raw, extra_json, created_at FROM sessions ORDER BY 1"),
			"s1|a|NULL|NULL|NULL", `s2|b|B|{"a":1}|2026-03-01T02:00:00Z`)
		if rep.ToSeq != 2 {
			t.Errorf("report %+v", rep)
		}
	}
}
