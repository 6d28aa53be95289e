package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kycsync/load/lake"
)

func TestThreeVersionsOfASession(t *testing.T) {
	w := newWorld(t)
	for _, status := range []string{"Approved", "Declined", "Approved"} {
		w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": status}}})
		w.update()
	}
	equalStrings(t, "versions", w.ask("SELECT version_seq, next_seq, status FROM sessions_versions ORDER BY 1"),
		"1|2|Approved", "2|3|Declined", "3|NULL|Approved")
	equalStrings(t, "current", w.ask("SELECT version_seq, status FROM sessions"), "3|Approved")
}

func TestVanishedChild(t *testing.T) {
	w := newWorld(t)
	hit := func(key string, ordinal int) row {
		return row{"session_id": "s1", "block_ordinal": 0, "item_ordinal": ordinal, "row_key": key}
	}
	session := []row{{"session_id": "s1"}}
	w.commit(map[string][]row{"sessions": session, "aml_hits": {hit("h1", 0), hit("h2", 1)}})
	w.update()
	w.commit(map[string][]row{"sessions": session, "aml_hits": {hit("h2", 0)}})
	w.update()
	equalStrings(t, "one hit left", w.ask("SELECT row_key FROM aml_hits"), "h2")
	w.commit(map[string][]row{"sessions": session})
	w.update()
	equalStrings(t, "no hit left", w.ask("SELECT row_key FROM aml_hits"))
	equalStrings(t, "history", w.ask("SELECT version_seq, next_seq, row_key FROM aml_hits_versions ORDER BY ALL"), "1|2|h1", "1|2|h2", "2|3|h2")
	for at, want := range map[int64][]string{1: {"h1", "h2"}, 2: {"h2"}, 3: nil} {
		equalStrings(t, fmt.Sprintf("as known at commit %d", at), w.ask(fmt.Sprintf("SELECT row_key FROM aml_hits_as_known_at('%s') ORDER BY 1", committedAt(at).Format("2006-01-02 15:04:05Z07:00"))), want...)
	}
}

// A version whose own row was rejected has children all the same: they end the version before.
func TestVersionWithoutItsSessionRow(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}, "reviews": {{"session_id": "s1", "comment": "one"}}})
	w.update()
	w.commit(map[string][]row{"reviews": {{"session_id": "s1", "comment": "two"}}})
	w.update()
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}, "reviews": {{"session_id": "s1", "comment": "three"}}})
	check := func(how string, last string) {
		equalStrings(t, how+": reviews", w.ask("SELECT version_seq, next_seq, comment FROM reviews_versions WHERE version_seq < 3 ORDER BY 1"), "1|2|one", "2|"+last+"|two")
		equalStrings(t, how+": sessions", w.ask("SELECT version_seq, next_seq FROM sessions_versions WHERE version_seq < 3"), "1|2")
	}
	check("two commits", "NULL")
	w.update()
	check("three commits", "3")
	w.rebuild()
	check("rebuilt", "3")
}

func TestAsKnownAt(t *testing.T) {
	w := newWorld(t)
	for i, status := range []string{"In Review", "Approved", "Declined"} {
		rows := map[string][]row{"sessions": {{"session_id": "s1", "status": status}, {"session_id": fmt.Sprint("new", i)}},
			"workflows": {{"uuid": "w", "workflow_label": status}},
			"runs":      {{"run_id": fmt.Sprint("r", i)}}}
		w.commitAs([]int64{1, 1, 3}[i], rows) // commit 2 fails its gate, 3 passes for both
	}
	w.update()
	at := func(table, col, ts string) []string {
		return w.ask(fmt.Sprintf("SELECT %s FROM %s_as_known_at(%s) ORDER BY ALL", col, table, ts))
	}
	equalStrings(t, "before the first commit", at("sessions", "session_id", "TIMESTAMPTZ '2026-03-01 01:59:59.999999+00'"))
	equalStrings(t, "at the first commit, inclusive", at("sessions", "status", "TIMESTAMPTZ '2026-03-01 02:00:00+00'"), "In Review", "NULL")
	equalStrings(t, "after a commit that was not published", at("sessions", "status", "TIMESTAMPTZ '2026-03-01 03:30:00+00'"), "In Review", "NULL")
	equalStrings(t, "when it was published", at("sessions", "status", "TIMESTAMPTZ '2026-03-01 04:00:00+00'"), "Declined", "NULL", "NULL", "NULL")
	equalStrings(t, "a date means its first instant", at("sessions", "status", "DATE '2026-03-01'"))
	equalStrings(t, "a text", at("sessions", "status", "'2026-03-02'"), "Declined", "NULL", "NULL", "NULL")
	equalStrings(t, "an entity", at("workflows", "workflow_label", "'2026-03-01 03:30:00+00'"), "In Review")
	equalStrings(t, "a log", at("runs", "run_id", "'2026-03-01 03:30:00+00'"), "r0")
	equalStrings(t, "a log at the end", at("runs", "run_id", "now()"), "r0", "r1", "r2")
}

func TestUnpublishedCommitsAreNotLoaded(t *testing.T) {
	w := newWorld(t)
	w.commitAs(0, map[string][]row{"sessions": {{"session_id": "s1"}}})
	if rep := w.update(); rep.ToSeq != 0 {
		t.Errorf("to commit %d, want 0", rep.ToSeq)
	}
	equalStrings(t, "nothing is published", w.ask("SELECT session_id FROM sessions"))
	w.commitAs(1, map[string][]row{"sessions": {{"session_id": "s2", "status": "c"}}})
	if rep := w.update(); rep.ToSeq != 1 {
		t.Errorf("to commit %d, want 1", rep.ToSeq)
	}
	equalStrings(t, "the first is", w.ask("SELECT session_id FROM sessions"), "s1")
}

func TestStateKeepsTheLastRow(t *testing.T) {
	w := newWorld(t)
	state := func(id, fingerprint string) row { return row{"session_id": id, "fingerprint": fingerprint} }
	w.commit(map[string][]row{"session_state": {state("s1", "a"), state("s2", "a"), state("s1", "b")}})
	w.update()
	w.commit(map[string][]row{"session_state": {state("s2", "c"), state("s3", "c"), state("s2", "d")}})
	check := func(how string) {
		equalStrings(t, how, w.ask("SELECT session_id, fingerprint FROM session_state ORDER BY 1"), "s1|b", "s2|d", "s3|c")
	}
	w.update()
	check("updated")
	w.rebuild()
	check("rebuilt")
}

// Whatever the history, going on from commit to commit gives what a rebuild gives.
func TestUpdateEqualsRebuild(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cfg.Threads = 2
			rng := rand.New(rand.NewPCG(seed, 0))
			for range 6 {
				w.commit(randomRows(rng))
				if rng.IntN(3) > 0 {
					w.update()
				}
			}
			if rep := w.update(); rep.Rebuilt {
				t.Errorf("rebuilt: %s", rep.Reason)
			}
			fresh := w.cfg
			fresh.Path = filepath.Join(w.dir, "fresh.duckdb")
			if _, err := Rebuild(t.Context(), w.lake, fresh); err != nil {
				t.Fatal(err, detail(err))
			}
			if diff := cmp.Diff(dump(t, fresh.Path), dump(t, w.cfg.Path)); diff != "" {
				t.Errorf("updated differs from rebuilt (-rebuilt +updated):\n%s", diff)
			}
		})
	}
}

// randomRows makes the rows of a commit: versions of some of ten sessions with children that come
// and go, and what else a night writes.
func randomRows(rng *rand.Rand) map[string][]row {
	out := map[string][]row{}
	add := func(table string, r row) { out[table] = append(out[table], r) }
	for s := range 10 {
		if rng.IntN(3) > 0 {
			continue
		}
		id := fmt.Sprintf("s%02d", s)
		if rng.IntN(10) > 0 {
			add("sessions", row{"session_id": id, "status": fmt.Sprint(rng.IntN(3)), "vendor_data_key": fmt.Sprint("u", s/2), "session_kind": "user"})
		}
		for i := range rng.IntN(3) {
			add("aml_screenings", row{"session_id": id, "block_ordinal": i})
			for j := range rng.IntN(3) {
				add("aml_hits", row{"session_id": id, "block_ordinal": i, "item_ordinal": j, "row_key": fmt.Sprint(rng.IntN(5)), "extra_json": `{"a": 1.50}`})
			}
		}
		add("session_state", row{"session_id": id, "fingerprint": fmt.Sprint(rng.Int())})
	}
	if rng.IntN(2) == 0 {
		add("workflows", row{"uuid": fmt.Sprint(rng.IntN(2)), "total_price": "1.25"})
	}
	add("runs", row{"run_id": fmt.Sprint(rng.Int())})
	return out
}

func TestNothingNewIsNotPublishedAgain(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	w.cfg.Step = func(step string) {
		if step == stepCopied {
			t.Error("published again")
		}
	}
	if rep := w.update(); rep.FromSeq != 1 || rep.ToSeq != 1 || rep.Rebuilt {
		t.Errorf("report %+v", rep)
	}
}

func TestOtherViewsArePublished(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t).withViews()
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	tamper(t, filepath.Join(w.cfg.Path+".build", "warehouse.duckdb"), "CREATE OR REPLACE VIEW user_features AS SELECT 1 AS old", "UPDATE _warehouse SET views_sha256 = 'old'")
	tamper(t, w.cfg.Path, "CREATE OR REPLACE VIEW user_features AS SELECT 1 AS old", "UPDATE _warehouse SET views_sha256 = 'old'")
	if rep := w.update(); rep.Rebuilt {
		t.Errorf("rebuilt: %s", rep.Reason)
	}
	equalStrings(t, "view", w.ask("SELECT feature FROM user_features"))
}

func TestCancelledBuild(t *testing.T) {
	steps := []string{stepOpen, stepLoad, stepLoaded, stepCheckpoint, stepCopied, stepProved}
	if testing.Short() {
		steps = steps[1:2]
	}
	empty := newWorld(t)
	empty.update()
	for _, at := range steps {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			w := empty.clone(t)
			w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
			ctx, cancel := context.WithCancel(t.Context())
			w.cfg.Step = func(step string) {
				if step == at {
					cancel()
				}
			}
			if _, err := Update(ctx, w.lake, w.cfg); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want context.Canceled", err)
			}
			equalStrings(t, "published", w.ask("SELECT session_id FROM sessions"))
			w.cfg.Step = nil
			w.update()
			equalStrings(t, "then", w.ask("SELECT session_id FROM sessions"), "s1")
		})
	}
}

// What a build from scratch had loaded when it stopped is in no warehouse, not even in that of a lake which has nothing.
func TestAHalfBuiltFile(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}, "reviews": {{"session_id": "s1"}}})
	w.cfg.atOnce = 1
	ctx, cancel := context.WithCancel(t.Context())
	w.cfg.Step = func(step string) {
		if step == stepLoaded { // of two
			cancel()
		}
	}
	if _, err := Update(ctx, w.lake, w.cfg); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	half := ask(t, w.cfg.Path+".build/warehouse.duckdb", "SELECT count(*) FROM sessions_versions")
	equalStrings(t, "half built", half, "1")
	empty := newWorld(t)
	empty.cfg.Path = w.cfg.Path
	if rep := empty.update(); rep.Reason != "the build file was never finished" {
		t.Errorf("built because %q", rep.Reason)
	}
	equalStrings(t, "of an empty lake", empty.ask("SELECT session_id FROM sessions_versions"))
}

// A build file of larger blocks, as earlier versions wrote them, is built again with small ones.
func TestAFileOfOtherBlocks(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	if err := privateDir(w.cfg.Path + ".build"); err != nil {
		t.Fatal(err)
	}
	file := w.cfg.Path + ".build/warehouse.duckdb"
	db, err := sql.Open("duckdb", file+"?default_block_size=262144")
	if err == nil {
		_, err = db.Exec("CREATE TABLE _warehouse AS SELECT 1 AS format, 'other' AS ddl_sha256")
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	const size = "SELECT block_size FROM pragma_database_size() WHERE database_size <> '0 bytes'"
	equalStrings(t, "block size", ask(t, file, size), "262144")
	if rep := w.update(); !strings.HasPrefix(rep.Reason, "the build file was made for other tables") {
		t.Errorf("built because %q", rep.Reason)
	}
	equalStrings(t, "block size", ask(t, file, size), "65536")
	equalStrings(t, "sessions", w.ask("SELECT session_id FROM sessions"), "s1")
}

// A compaction changes no content, and costs no build: neither of a warehouse that is up to date nor of
// one that is behind, unless parts that it has not seen are gone by now.
func TestCompactionChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("three builds")
	}
	for name, tc := range map[string]struct {
		behind  bool // the commit before the compaction is not in the warehouse
		removed bool // and its part has been removed since
	}{"up to date": {false, false}, "behind": {true, false}, "too far behind": {true, true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "a"}}})
			w.update()
			w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "b"}, {"session_id": "s2", "status": "c"}}})
			if !tc.behind {
				w.update()
			}
			compacted, err := w.lake.Compact(t.Context(), lake.Compaction{Dir: t.TempDir(), RunID: "compact", Parts: 2})
			if err != nil || compacted.Commit == nil || compacted.PartsAfter != 1 {
				t.Fatalf("got %+v, %v", compacted, err)
			}
			if tc.removed {
				for c, err := range w.lake.Commits(t.Context(), 2) {
					if err != nil {
						t.Fatal(err)
					}
					for _, p := range c.InOrder("sessions") {
						if p.AddedBySeq == 2 {
							_ = os.Remove(filepath.Join(strings.TrimPrefix(w.lake.Bucket().URI(), "file://"), p.Name))
						}
					}
				}
			}
			if rep := w.update(); rep.Rebuilt != tc.removed || rep.ToSeq != 3 {
				t.Errorf("report %+v, want rebuilt %t, to 3", rep, tc.removed)
			}
			grown := dump(t, w.cfg.Path)
			w.rebuild()
			if diff := cmp.Diff(dump(t, w.cfg.Path), grown); diff != "" {
				t.Errorf("rebuilt - grown +\n%s", diff)
			}
			equalStrings(t, "versions", w.ask("SELECT session_id || status || version_seq FROM sessions_versions ORDER BY ALL"), "s1a1", "s1b2", "s2c2")
		})
	}
}

// Many commits are not applied where that is dearer, and either way the content is the same, with a
// compaction among them.
func TestTheCheaperWay(t *testing.T) {
	if testing.Short() {
		t.Skip("thirty commits, twice")
	}
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(3, 3))
	w.commit(randomRows(rng))
	w.update()
	behind := w.cfg
	behind.Path = filepath.Join(w.dir, "behind.duckdb")
	copyWarehouse(t, w.cfg.Path, behind.Path)
	for i := range 29 {
		if i%7 == 5 {
			compacted, err := w.lake.Compact(t.Context(), lake.Compaction{Dir: t.TempDir(), RunID: fmt.Sprint("compact-", i), Parts: 4})
			if err != nil || compacted.Commit == nil {
				t.Fatalf("got %+v, %v", compacted, err)
			}
			w.head = compacted.Commit
			if rep := w.update(); rep.Rebuilt {
				t.Errorf("rebuilt: %s", rep.Reason)
			}
		}
		w.commit(randomRows(rng))
	}
	if rep := w.update(); rep.Rebuilt {
		t.Errorf("rebuilt: %s", rep.Reason)
	}
	rep, err := Update(t.Context(), w.lake, behind)
	if err != nil || !rep.Rebuilt || !strings.Contains(rep.Reason, "to apply 33 commits would take about") {
		t.Errorf("report %+v, %v", rep, err)
	}
	if kept, _ := filepath.Glob(behind.Path + ".build/bad-*"); len(kept) > 0 {
		t.Errorf("set aside: %q", kept)
	}
	if diff := cmp.Diff(dump(t, behind.Path), dump(t, w.cfg.Path)); diff != "" {
		t.Errorf("what followed differs from anew (-anew +followed):\n%s", diff)
	}
}

func TestWhichWayIsCheaper(t *testing.T) {
	part := func(seq, rows int64) map[string]map[string]lake.Part {
		return map[string]map[string]lake.Part{"sessions": {fmt.Sprint(seq): {Rows: rows, AddedBySeq: seq}}, "raw_documents": {"r": {Rows: 1e9, AddedBySeq: seq}}}
	}
	for _, tt := range []struct {
		name        string
		commits     int64
		kind        lake.CommitKind
		each, whole int64 // rows
		anew        bool
	}{
		{"a few, of a small lake", 8, lake.Sync, 10, 100, false},
		{"more, of a small lake", 9, lake.Sync, 10, 100, false},
		{"many, of a small lake", 60, lake.Sync, 10, 100, true},
		{"more, of a large lake", 9, lake.Sync, 10, 1_000_000, false},
		{"more, with much in them", 9, lake.Sync, 150_000, 1_000_000, true},
		{"only compactions", 30, lake.Compact, 1000, 1000, false},
	} {
		var pending []*lake.Commit
		for seq := range tt.commits {
			pending = append(pending, &lake.Commit{Seq: seq + 2, Kind: tt.kind, Tables: part(seq+2, tt.each)})
		}
		if err := cheaper(pending, &lake.Commit{Seq: tt.commits + 1, Tables: part(1, tt.whole)}); (err != nil) != tt.anew {
			t.Errorf("%s: %v, want anew %t", tt.name, err, tt.anew)
		}
	}
}

// Pieces share a transaction as far as memory allows, and one alone takes whatever it needs.
func TestPiecesOfATransaction(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sizes []int64
		want  []int // how many share each transaction
	}{
		{"none", nil, nil},
		{"all that fit", []int64{40, 0, 60}, []int{3}},
		{"one too many", []int64{40, 60, 1}, []int{2, 1}},
		{"one that is too large", []int64{5, 500, 5, 5}, []int{1, 1, 2}},
	} {
		var pieces []piece
		for _, size := range tt.sizes {
			pieces = append(pieces, piece{size: size})
		}
		var got []int
		for _, group := range grouped(pieces, 100) {
			got = append(got, len(group))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// What DuckDB says when memory does not suffice is no sign of a damaged file, and pieces are then done one by one.
func TestLackOfMemory(t *testing.T) {
	w := newWorld(t)
	cfg, err := w.cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	in, err := openInstance(t.Context(), "", false, limits{memoryMB: 32})
	if err != nil {
		t.Fatal(err)
	}
	b := &build{cfg: cfg, in: in}
	defer in.close()
	exec := func(stmt string) error { return in.exec(t.Context(), "fill", stmt) }
	if err := exec("CREATE TABLE done (piece INTEGER)"); err != nil {
		t.Fatal(err)
	}
	lack := exec("CREATE TABLE x AS SELECT range::VARCHAR || repeat('x', 40) FROM range(10_000_000)")
	var foul *doubtError
	if !isLackOfMemory(lack) || errors.As(doubt(t.Context(), lack), &foul) {
		t.Fatalf("got %v", lack)
	}
	for _, tt := range []struct {
		name   string
		pieces int
		fails  map[int]error // by how many pieces are in the transaction
		want   string
		err    error
	}{
		{"enough", 3, nil, "[0 1 2]", nil},
		{"not for all", 3, map[int]error{3: lack}, "[0 1 2]", nil},
		{"not for one", 3, map[int]error{3: lack, 1: lack}, "[]", lack},
		{"one, and not enough", 1, map[int]error{1: lack}, "[]", lack},
		{"something else", 3, map[int]error{3: ErrMismatch}, "[]", ErrMismatch},
	} {
		var pieces []piece
		together := 0
		for i := range tt.pieces {
			pieces = append(pieces, piece{do: func() error {
				if together++; tt.fails[together] != nil {
					err := tt.fails[together]
					together = 0
					return err
				}
				return exec(fmt.Sprintf("INSERT INTO done VALUES (%d)", i))
			}})
		}
		b.cfg.Step = func(step string) {
			if step == stepLoaded {
				together = 0
			}
		}
		if err := b.inTransactions(t.Context(), pieces, 1); err != tt.err {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		var got string
		if err := in.row(t.Context(), "look", "SELECT coalesce(list(piece ORDER BY piece), [])::VARCHAR FROM done", &got); err != nil {
			t.Fatal(err)
		}
		if got = strings.ReplaceAll(got, ",", ""); got != tt.want {
			t.Errorf("%s: %s are done, want %s", tt.name, got, tt.want)
		}
		if err := exec("DELETE FROM done"); err != nil {
			t.Fatal(err)
		}
	}
}

// A build that was stopped while it added commits is gone on from, also where the lake has gone on: with another commit,
// with a merge.
func TestAnIncrementThatWasStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	before := newWorld(t)
	before.commit(map[string][]row{"sessions": {{"session_id": "s1"}, {"session_id": "s2"}}, "reviews": {{"session_id": "s1"}}, "warnings": {{"session_id": "s2"}}, "session_state": {{"session_id": "s1"}}})
	before.update()
	before.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "b"}, {"session_id": "s3"}}, "reviews": {{"session_id": "s3"}}, "warnings": {{"session_id": "s1"}},
		"runs": {{"run_id": "r"}}, "session_state": {{"session_id": "s1", "status": "b"}}})
	last := false
	for at := 1; !last; at++ {
		w := before.clone(t)
		if w.stop(at) {
			t.Fatalf("there was no transaction %d", at)
		}
		switch at % 3 {
		case 1:
			w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "c"}, {"session_id": "s2", "status": "c"}}, "session_state": {{"session_id": "s2", "status": "c"}}})
		case 2:
			merged, err := w.lake.Compact(t.Context(), lake.Compaction{Dir: t.TempDir(), RunID: "compact", Parts: 2})
			if err != nil || merged.Commit == nil {
				t.Fatalf("got %+v, %v", merged, err)
			}
		}
		rep := w.update()
		if last = rep.FromSeq == 2; last && at < 4 {
			t.Errorf("only %d transactions", at)
		}
		if rep.Rebuilt || !last && rep.FromSeq != 1 {
			t.Errorf("stopped after transaction %d: from commit %d, rebuilt %t: %s", at, rep.FromSeq, rep.Rebuilt, rep.Reason)
		}
		got := dump(t, w.cfg.Path)
		w.rebuild()
		if diff := cmp.Diff(dump(t, w.cfg.Path), got); diff != "" {
			t.Errorf("stopped after transaction %d (-from scratch +got):\n%s", at, diff)
		}
	}
}

// Of commits of another history, which a stopped build had begun to add, nothing stays.
func TestAnIncrementOfAnotherHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}, "reviews": {{"session_id": "s1"}}})
	w.update()
	other := w.clone(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s2"}}, "reviews": {{"session_id": "s2"}}})
	if w.stop(2) {
		t.Fatal("there was no second transaction")
	}
	copyWarehouse(t, w.cfg.Path, filepath.Join(other.dir, "begun.duckdb"))
	other.cfg.Path = filepath.Join(other.dir, "begun.duckdb")
	other.commit(map[string][]row{"sessions": {{"session_id": "s3"}}})
	if rep := other.update(); !strings.Contains(rep.Reason, "commit 2 in the build file is not the lake's") {
		t.Errorf("rebuilt %t: %q", rep.Rebuilt, rep.Reason)
	}
	equalStrings(t, "sessions", other.ask("SELECT session_id FROM sessions_versions ORDER BY 1"), "s1", "s3")
}

// stop stops an update after its n-th transaction, of one table each, and reports whether it was done before.
func (w *world) stop(n int) (done bool) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	cfg := w.cfg
	cfg.addAtOnce = 1
	cfg.Step = func(step string) {
		if step == stepLoaded {
			if n--; n == 0 {
				cancel()
			}
		}
	}
	_, err := Update(ctx, w.lake, cfg)
	if err != nil && !errors.Is(err, context.Canceled) {
		w.t.Fatalf("%v (%s)", err, detail(err))
	}
	return err == nil
}

// A log that a power cut has left beside the build file, whatever is in it, is no reason not to go on.
func TestALogIsLeft(t *testing.T) {
	if testing.Short() {
		t.Skip("three builds")
	}
	for _, suffix := range logSuffixes {
		w := newWorld(t)
		w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
		w.update()
		w.commit(map[string][]row{"sessions": {{"session_id": "s2"}}})
		name := w.cfg.Path + ".build/warehouse.duckdb" + suffix
		writeFile(t, name, []byte("of before"), 0o600)
		rep := w.update()
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", suffix)
		}
		t.Logf("%s: rebuilt %t: %s", suffix, rep.Rebuilt, rep.Reason)
		if rep = w.update(); rep.ToSeq != w.head.Seq {
			t.Errorf("%s: at commit %d, want %d", suffix, rep.ToSeq, w.head.Seq)
		}
	}
}

func TestTwoBuildsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.cfg.Step = func(step string) {
		if step != stepLoad {
			return
		}
		second := w.cfg
		second.Step = nil
		if _, err := Update(t.Context(), w.lake, second); !errors.Is(err, ErrBusy) {
			t.Errorf("second update: %v, want ErrBusy", err)
		}
	}
	w.update()
}

func TestPathWithOddCharacters(t *testing.T) {
	w := newWorld(t)
	w.cfg.Path = filepath.Join(w.dir, "a#b&c=d%20 'x'[1]*.duckdb")
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	w.commit(map[string][]row{"sessions": {{"session_id": "s2", "status": "c"}}})
	if rep := w.update(); rep.Rebuilt {
		t.Errorf("rebuilt: %s", rep.Reason)
	}
	equalStrings(t, "sessions", w.ask("SELECT session_id FROM sessions ORDER BY 1"), "s1", "s2")
}

func TestUserFeatures(t *testing.T) {
	w := newWorld(t).withViews()
	session := func(id, user string, number int, more row) row {
		r := row{"session_id": id, "vendor_data": user, "vendor_data_key": user, "session_kind": "user", "session_number": number, "created_at": start.AddDate(0, 0, number)}
		maps.Copy(r, more)
		return r
	}
	feature := func(id, source, name, status string, ordinal int) row {
		return row{"session_id": id, "source": source, "block": source, "block_ordinal": ordinal, "feature": name, "status": status}
	}
	w.commit(map[string][]row{
		"sessions": {
			session("old", "ann", 1, nil), session("new", "ann", 2, nil), session("gone", "ann", 3, row{"upstream_state": "deleted"}),
			session("firm", "ann", 4, row{"session_kind": "business"}), session("other", "bob", 5, nil),
			{"session_id": "nobody", "session_kind": "user"}},
		"session_features": {
			feature("old", "list_row", "LIVENESS", "Declined", 0), feature("old", "list_row", "AML", "Approved", 1), feature("old", "list_row", "NFC", "Approved", 2),
			feature("new", "list_row", "LIVENESS", "Approved", 0), feature("new", "block", "LIVENESS", "Declined", 1), feature("new", "block", "AML", "In Review", 2), feature("new", "block", "AML", "Declined", 3),
			feature("gone", "list_row", "LIVENESS", "Expired", 0), feature("gone", "list_row", "POA", "Approved", 1),
			feature("firm", "block", "AML", "Approved", 0), feature("other", "list_row", "AML", "Approved", 0), feature("nobody", "list_row", "AML", "Approved", 0)},
	})
	w.update()
	equalStrings(t, "features", w.ask("SELECT vendor_data_key, feature, status, session_id FROM user_features ORDER BY ALL"),
		"ann|AML|Declined|new", "ann|LIVENESS|Approved|new", "ann|NFC|Approved|old", "ann|POA|Approved|gone", "bob|AML|Approved|other")
}
