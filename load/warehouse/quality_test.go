package warehouse

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"kycsync/sql"
)

// TestCheckStories tells for each check of package sql what it must find. A story is testdata/checks/<check>.txtar, in
// the form of those of TestStories, but that nothing is asked: "want" is what the check finds as of the last
// night, written anew by -update.
func TestCheckStories(t *testing.T) {
	empty := newWorld(t).withViews()
	empty.now = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	empty.commit(nil) // what follows is loaded into tables that are there: they take longer to make than to fill
	empty.update()
	for i, c := range sql.Checks() {
		if testing.Short() && i%4 != 0 {
			continue // the rest in the full run
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			tellCheck(t, empty.clone(t), &check{Check: c}, "testdata/checks/"+c.Name+".txtar")
		})
	}
}

func tellCheck(t *testing.T, w *world, c *check, name string) {
	story, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range story.Files {
		if f.Name != "want" {
			if w.now, err = time.Parse(time.RFC3339, f.Name); err != nil {
				t.Fatalf("%s: file %q: want an instant or want", name, f.Name)
			}
			w.commit(storyTables(t, w.nextSeq(), w.now, f))
			continue
		}
		got := answer(t, w.built(t), "SELECT id, detail FROM (\n"+c.asOf(w.now, sinceStart)+"\n) ORDER BY ALL")
		if strings.Contains(got, "(0 rows)") {
			t.Errorf("%s: the check finds nothing", name)
		}
		if got == string(f.Data) {
			continue
		}
		if !*update {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, f.Data)
			continue
		}
		story.Files[i].Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(story), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryCheckCanBeAsked runs all on an empty warehouse and on one with a row in each table; none may be refused, and
// in an empty one nothing is wrong.
func TestEveryCheckCanBeAsked(t *testing.T) {
	w := newWorld(t).withViews()
	w.commit(nil)
	r := w.built(t)
	names := map[string]bool{}
	for _, c := range checks() {
		got, err := r.in.ask(t.Context(), &c, start, sinceStart, nil)
		if err != nil {
			t.Errorf("check %s: %v (%s)", c.Name, err, detail(err))
		} else if got.failures > 0 {
			t.Errorf("check %s finds %d in an empty warehouse: %s %s", c.Name, got.failures, got.examples, got.detail.String)
		}
		if names[c.Name] {
			t.Errorf("two checks have the name %s", c.Name)
		}
		names[c.Name] = true
	}
	for _, want := range []string{"keys.sessions", "keys.runs", "versions.sessions", "versions.aml_hits", "parents.aml_hits", "values.sessions", "lake_rows", "status_told"} {
		if !names[want] {
			t.Errorf("no check %s", want)
		}
	}
}

// sound is a world that the checks find nothing wrong with: 40 sessions in 20 days, two of them in two versions.
func sound(t *testing.T) *world {
	w := newWorld(t).withViews()
	w.cfg.unchecked = false
	w.now = start
	session := func(n int, status string) (s, feature, state row) {
		id := "s" + string(rune('a'+n/10)) + string(rune('0'+n%10))
		at := start.Add(-time.Duration(n) * 12 * time.Hour)
		s = row{"session_id": id, "session_kind": "user", "session_number": 40 - n, "status": status, "list_status": status, "upstream_state": "present", "origin": "first", "created_at": at, "content_hash": status}
		feature = row{"session_id": id, "source": "list_row", "block": "features", "feature": "LIVENESS", "status": "Approved"}
		state = row{"session_id": id, "session_kind": "user", "session_number": 40 - n, "status": status, "created_at": at, "version_seq": int64(w.nextSeq()), "content_hash": status}
		return s, feature, state
	}
	night := func(n int, status string) {
		rows := map[string][]row{}
		for i := range n {
			s, f, k := session(i, status)
			rows["sessions"], rows["session_features"], rows["session_state"] = append(rows["sessions"], s), append(rows["session_features"], f), append(rows["session_state"], k)
		}
		rows["runs"] = []row{{"run_id": w.now.Format(time.DateOnly), "kind": "sync", "outcome": "published", "started_at": w.now, "finished_at": w.now}}
		w.commit(rows)
	}
	night(40, "In Review")
	w.now = start.Add(24 * time.Hour)
	night(2, "Approved")
	return w
}

// failing returns the checks that the newest results say have failed, in a file.
func failing(t *testing.T, path string) []string {
	return ask(t, path, "SELECT check_name || ' ' || failures FROM check_results WHERE failures > 0 QUALIFY rank() OVER (ORDER BY commit_seq DESC, checked_at DESC) = 1 ORDER BY 1")
}

// named returns the checks that find something in the published file.
func named(t *testing.T, w *world) []string {
	t.Helper()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := r.Check(t.Context(), w.head.CommittedAt)
	if err != nil {
		t.Fatalf("%v (%s)", err, detail(err))
	}
	var out []string
	for _, c := range all {
		if c.Failures > 0 {
			out = append(out, c.Check)
		}
	}
	return out
}

// Whoever edits the published file is named by the check.
func TestDishonestyInTheWarehouseIsNamed(t *testing.T) {
	base := sound(t)
	base.update()
	equalStrings(t, "failing", failing(t, base.cfg.Path))
	equalStrings(t, "named", named(t, base))
	const day = "created_at BETWEEN '2026-02-20T00:00:00Z' AND '2026-02-21T00:00:00Z'"
	for i, tt := range []struct {
		name string
		stmt []string
		want []string // checks, among others
	}{
		{"a row of a child removed", []string{"DELETE FROM session_features WHERE session_id = 'sb3'"}, []string{"content.session_features", "lake_rows"}},
		{"a version twice", []string{"INSERT INTO sessions FROM sessions WHERE session_id = 'sa0'"}, []string{"keys.sessions", "versions.sessions", "lake_rows"}},
		{"a status edited", []string{"UPDATE sessions SET status = 'Approved' WHERE session_id = 'sb3'"}, []string{"content.sessions"}},
		{"a status of before edited", []string{"UPDATE sessions_replaced SET status = 'Approved' WHERE session_id = 'sa0'"}, []string{"content.sessions"}},
		{"a version made a current one", []string{"INSERT INTO sessions SELECT * EXCLUDE (next_seq) FROM sessions_replaced WHERE session_id = 'sa0'", "DELETE FROM sessions_replaced WHERE session_id = 'sa0'"}, []string{"versions.sessions"}},
		{"a version replaced by none that is there", []string{"INSERT INTO sessions_replaced SELECT *, 2 FROM sessions WHERE session_id = 'sb3'", "DELETE FROM sessions WHERE session_id = 'sb3'"}, []string{"versions.sessions", "versions.session_features", "session_newest_version"}},
		{"a version of a child replaced on its own", []string{"INSERT INTO session_features_replaced SELECT *, 2 FROM session_features WHERE session_id = 'sb3'", "DELETE FROM session_features WHERE session_id = 'sb3'"}, []string{"versions.session_features"}},
		{"a session removed, and its children not", []string{"DELETE FROM sessions WHERE session_id = 'sb3'"}, []string{"parents.session_features", "session_newest_version", "lake_rows"}},
		{"the newest version removed everywhere", []string{
			"DELETE FROM sessions WHERE version_seq = 2", "INSERT INTO sessions SELECT * EXCLUDE (next_seq) FROM sessions_replaced", "DELETE FROM sessions_replaced",
			"DELETE FROM session_features WHERE version_seq = 2", "INSERT INTO session_features SELECT * EXCLUDE (next_seq) FROM session_features_replaced", "DELETE FROM session_features_replaced",
			"UPDATE _tables SET lake_rows = 40 WHERE lake_rows = 42"}, []string{"session_newest_version"}},
		{"a day removed", []string{"DELETE FROM sessions WHERE " + day, "DELETE FROM session_features WHERE session_id NOT IN (SELECT session_id FROM sessions)"},
			[]string{"lake_rows", "session_newest_version"}},
		{"rows of a commit that there is not", []string{"UPDATE runs SET version_seq = 9 WHERE run_id = '2026-03-01'"}, []string{"keys.runs"}},
		{"a word that is not known", []string{"UPDATE sessions SET status = 'Fine' WHERE session_id = 'sb3'"}, []string{"values.sessions", "content.sessions"}},
		{"a country that is none", []string{"UPDATE sessions SET country = 'Atlantis' WHERE session_id = 'sb3'"}, []string{"values.sessions"}},
		{"a score beyond its scale", []string{"UPDATE sessions SET list_liveness_score = 101 WHERE session_id = 'sb3'"}, []string{"values.sessions"}},
	} {
		if testing.Short() && i > 3 {
			continue // the rest in the full run
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			tamper(t, w.cfg.Path, tt.stmt...)
			got := named(t, w)
			for _, want := range tt.want {
				if !slices.Contains(got, want) {
					t.Errorf("named by %v, want %s", got, want)
				}
			}
		})
	}
}

// What the build file lost between two nights does not reach readers: the next night builds from the lake alone.
func TestDishonestyInTheBuildFileIsHealed(t *testing.T) {
	base := sound(t)
	base.update()
	for i, tt := range []struct{ name, stmt, want string }{
		{"a row of a table that the night does not touch", "DELETE FROM session_features WHERE session_id = 'sb3'", "checks failed in the build file: lake_rows"},
		{"a row of a table that it does touch", "DELETE FROM sessions WHERE session_id = 'sb3'", "checks failed in the build file: lake_rows"},
		{"an older version shown", "INSERT INTO sessions SELECT * EXCLUDE (next_seq) FROM sessions_replaced WHERE session_id = 'sa0'; DELETE FROM sessions_replaced WHERE session_id = 'sa0'", "checks failed in the build file: lake_rows"},
		{"a version twice", "INSERT INTO sessions_replaced FROM sessions_replaced WHERE session_id = 'sa0'", "checks failed in the build file: lake_rows"},
		{"what the checks need themselves is gone", "DROP TABLE check_results", "the build file is not sound (read the results of checks"},
	} {
		if testing.Short() && i > 0 {
			continue // the rest in the full run
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			w.cfg.unchecked = false
			w.now = start.Add(48 * time.Hour)
			w.commit(map[string][]row{"sessions": {{"session_id": "t1", "session_kind": "user", "status": "Approved"}}})
			tamper(t, filepath.Join(w.cfg.Path+".build", "warehouse.duckdb"), tt.stmt)
			rep := w.update()
			if !rep.Rebuilt || !strings.Contains(rep.Reason, tt.want) {
				t.Errorf("report %+v, want a rebuild because of %s", rep, tt.want)
			}
			equalStrings(t, "failing", failing(t, w.cfg.Path))
			equalStrings(t, "nights with results", w.ask("SELECT DISTINCT commit_seq FROM check_results ORDER BY 1"), "2", "3")
		})
	}
}

// What a night loads wrong is found though the checks look at new rows only. What somebody edits in old ones is found when
// all is asked.
func TestANightAsksOfWhatIsNew(t *testing.T) {
	base := sound(t)
	base.update()
	for i, tt := range []struct {
		name, stmt string
		want       []string
	}{
		{"nothing", "SELECT 1", nil},
		{"a new version twice", "INSERT INTO sessions FROM sessions WHERE version_seq = 3", []string{"keys.sessions", "lake_rows", "versions.sessions"}},
		{"the version before replaced by another one", "UPDATE sessions_replaced SET next_seq = 4 WHERE next_seq = 3", []string{"versions.session_features", "versions.sessions"}},
		{"the version before among the current rows, too", "INSERT INTO sessions SELECT * EXCLUDE (next_seq) FROM sessions_replaced WHERE next_seq = 3", []string{"lake_rows", "session_newest_version", "versions.sessions"}},
		{"the version before left among the current rows", "INSERT INTO sessions SELECT * EXCLUDE (next_seq) FROM sessions_replaced WHERE next_seq = 3; DELETE FROM sessions_replaced WHERE next_seq = 3; UPDATE _tables SET current_rows = 41 WHERE table_name = 'sessions'", []string{"session_newest_version", "versions.sessions"}},
		{"the child's version before left among the current rows", "INSERT INTO session_features SELECT * EXCLUDE (next_seq) FROM session_features_replaced WHERE next_seq = 3; DELETE FROM session_features_replaced WHERE next_seq = 3; UPDATE _tables SET current_rows = 41 WHERE table_name = 'session_features'", []string{"versions.session_features"}},
		{"the new version of a session lost", "DELETE FROM sessions WHERE version_seq = 3", []string{"lake_rows", "parents.session_features", "session_newest_version", "versions.sessions"}},
		{"an old row edited", "UPDATE sessions SET status = 'Approved' WHERE session_id = 'sb3'", nil},
		{"a new word that is not known", "UPDATE sessions SET status = 'Fine' WHERE version_seq = 3", nil},
	} {
		if testing.Short() && i%4 != 1 {
			continue // the rest in the full run
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			w.cfg.unchecked = false
			w.now = start.Add(48 * time.Hour)
			w.commit(map[string][]row{
				"sessions":         {{"session_id": "sa1", "session_kind": "user", "session_number": 39, "status": "Declined", "upstream_state": "present", "created_at": start.Add(-12 * time.Hour), "content_hash": "x"}},
				"session_features": {{"session_id": "sa1", "source": "list_row", "block": "features", "feature": "LIVENESS", "status": "Declined"}},
				"session_state":    {{"session_id": "sa1", "session_kind": "user", "session_number": 39, "status": "Declined", "version_seq": int64(3), "content_hash": "x"}},
			})
			cfg, err := w.cfg.withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			b, err := openBuild(cfg, w.lake)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := b.bring(t.Context(), w.head, "")
			if err != nil || rep.Rebuilt {
				t.Fatal(rep, err)
			}
			if err := b.in.exec(t.Context(), "lose", tt.stmt); err != nil {
				t.Fatal(detail(err))
			}
			err = b.publish(t.Context(), w.head, rep)
			var got []string
			if held := new(Held); errors.As(err, &held) {
				for _, f := range held.Failed {
					got = append(got, f.Check)
				}
			} else if err != nil {
				t.Error(err, detail(err))
			}
			equalStrings(t, "held back by", got, tt.want...)
			if err := b.close(); err != nil {
				t.Fatal(err)
			}
			if tt.want != nil {
				return
			}
			equalStrings(t, "asked in full", w.ask("SELECT DISTINCT in_full_seq FROM checks WHERE check_name IN ('keys.sessions', 'versions.sessions', 'parents.session_features', 'session_newest_version') AND asked_seq = 3"), "2")
			switch tt.name {
			case "an old row edited":
				equalStrings(t, "named", named(t, w), "content.sessions")
			case "a new word that is not known":
				equalStrings(t, "failing", failing(t, w.cfg.Path), "values.sessions 1")
			}
		})
	}
}

// What the loader itself loses is held back, and the file that readers have stays. The next build is the same as if
// nothing had been.
func TestDishonestyAtLoadIsHeldBack(t *testing.T) {
	base := sound(t)
	base.update()
	for i, tt := range []struct{ name, stmt, want string }{
		{"a row of a child lost", "DELETE FROM session_features WHERE session_id = 'sb3'", "check lake_rows failed for 1, such as session_features (41 rows, want 42)"},
		{"a version twice", "INSERT INTO sessions FROM sessions WHERE session_id = 'sa0'", "check keys.sessions failed for 1, such as sa0 (the key stands for 2 rows)"},
		{"a status edited", "UPDATE sessions SET status = 'Approved' WHERE session_id = 'sb3'", "check content.sessions failed for 1"},
	} {
		if testing.Short() && i > 0 {
			continue // the rest in the full run
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			w.cfg.unchecked = false
			w.now = start.Add(48 * time.Hour)
			w.commit(map[string][]row{"runs": {{"run_id": "r3", "kind": "sync", "outcome": "published", "finished_at": w.now}}})
			cfg, err := w.cfg.withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			b, err := openBuild(cfg, w.lake)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := b.bring(t.Context(), w.head, "asked for")
			if err != nil {
				t.Fatal(err)
			}
			if err := b.in.exec(t.Context(), "lose", tt.stmt); err != nil {
				t.Fatal(detail(err))
			}
			err = b.publish(t.Context(), w.head, rep)
			var held *Held
			if !errors.As(err, &held) || !strings.Contains(err.Error(), tt.want) || held.Seq != 3 || held.Shown != 2 {
				t.Errorf("error %v, want one that holds commit 3 back with %q", err, tt.want)
			}
			if err := b.close(); err != nil {
				t.Fatal(err)
			}
			equalStrings(t, "published", w.ask("SELECT max(seq) FROM _commits"), "2")
			if got := failing(t, held.Build); len(got) == 0 {
				t.Error("the file that is held back does not say why")
			}
			w.rebuild()
			equalStrings(t, "failing", failing(t, w.cfg.Path))
			equalStrings(t, "published", w.ask("SELECT max(seq) FROM _commits"), "3")
		})
	}
}

// What is wrong in the lake itself is built anew once, then held back night after night without that, until it is
// waived, and again when the waiver has ended.
func TestACheckHoldsBackUntilItIsWaived(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := sound(t)
	w.update()
	night := func(n int, rows map[string][]row) (Report, error) {
		w.now = start.Add(time.Duration(n) * 24 * time.Hour)
		w.commit(rows)
		return Update(t.Context(), w.lake, w.cfg)
	}
	orphan := map[string][]row{"session_features": {{"session_id": "nobody", "source": "list_row", "block": "features", "feature": "LIVENESS"}}}
	for n, rows := range []map[string][]row{orphan, {"runs": {{"run_id": "r"}}}} {
		rep, err := night(2+n, rows)
		var held *Held
		if !errors.As(err, &held) || held.Shown != 2 || len(held.Failed) != 1 || held.Failed[0].Check != "parents.session_features" || held.Failed[0].Examples[0] != "nobody" {
			t.Errorf("night %d: error %v, want one that holds it back", 2+n, err)
		}
		if rep.Rebuilt != (n == 0) {
			t.Errorf("night %d: report %+v", 2+n, rep)
		}
	}
	if _, err := Rebuild(t.Context(), w.lake, w.cfg); !errors.As(err, new(*Held)) {
		t.Errorf("rebuild: error %v, want one that holds it back", err)
	}
	if _, err := night(4, map[string][]row{"check_waivers": {{"check_name": "parents.session_features", "reason": "known", "waived_at": start, "expires_at": start.Add(6 * 24 * time.Hour)}}}); err != nil {
		t.Fatalf("waived: %v", err)
	}
	equalStrings(t, "checks", w.ask("SELECT check_name, failures, is_waived, waived_reason, waived_until FROM checks WHERE failures > 0 AND severity = 'critical'"), "parents.session_features|1|true|known|2026-03-07T02:00:00Z")
	if _, err := night(7, map[string][]row{"runs": {{"run_id": "r"}}}); !errors.As(err, new(*Held)) {
		t.Errorf("the waiver has ended: error %v, want one that holds it back", err)
	}
	equalStrings(t, "published", w.ask("SELECT max(seq) FROM _commits"), "5")
}

// A check whose tables have no new rows is not asked again, but its result stands.
func TestChecksAreNotAskedInVain(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := sound(t)
	w.update()
	w.now = start.Add(48 * time.Hour)
	w.commit(map[string][]row{"runs": {{"run_id": "r"}}})
	if rep := w.update(); rep.Rebuilt {
		t.Fatal(rep.Reason)
	}
	asked := w.ask("SELECT check_name FROM checks WHERE asked_seq = commit_seq AND check_name NOT LIKE '%.%' ORDER BY 1")
	equalStrings(t, "asked", asked, "empty_days", "freshness", "lake_rows", "null_rates", "number_gaps", "sudden_change", "user_counters")
	equalStrings(t, "asked of tables", w.ask("SELECT check_name FROM checks WHERE asked_seq = commit_seq AND check_name LIKE '%.%' ORDER BY 1"), "keys.runs")
	equalStrings(t, "all", w.ask("SELECT count(*) FROM check_results GROUP BY commit_seq, checked_at HAVING count(*) <> (SELECT count(*) FROM checks)"))
	tamper(t, filepath.Join(w.cfg.Path+".build", "warehouse.duckdb"), "UPDATE check_results SET sql_sha256 = 'another question' WHERE check_name = 'keys.sessions'")
	w.now = start.Add(72 * time.Hour)
	w.commit(map[string][]row{"runs": {{"run_id": "q"}}})
	w.update()
	equalStrings(t, "asked with another question", w.ask("SELECT check_name FROM checks WHERE asked_seq = commit_seq AND check_name LIKE '%.%' ORDER BY 1"), "keys.runs", "keys.sessions")
	before := w.ask("SELECT * FROM check_results ORDER BY ALL")
	w.rebuild()
	equalStrings(t, "results that were taken over", w.ask("SELECT * FROM check_results QUALIFY rank() OVER (ORDER BY checked_at DESC) > 1 ORDER BY ALL"), before...)
	tamper(t, filepath.Join(w.cfg.Path+".build", "warehouse.duckdb"), "UPDATE check_results SET checked_at = checked_at - INTERVAL 91 DAY",
		"UPDATE check_results SET failures = 1 WHERE check_name = 'freshness' AND commit_seq = 3")
	w.now = start.Add(96 * time.Hour)
	w.commit(map[string][]row{"runs": {{"run_id": "p"}}})
	w.update()
	equalStrings(t, "old results that are kept", w.ask("SELECT DISTINCT commit_seq || ' ' || check_name FROM check_results WHERE commit_seq < 5 AND failures = 0 OR commit_seq = 3 ORDER BY 1"), "2 lake_rows", "3 freshness", "3 lake_rows", "4 lake_rows")
}
