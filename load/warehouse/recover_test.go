package warehouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kycsync/load/lake"
)

// recover brings the lake of w back as far as it must, with what the warehouse knows.
func (w *world) recover() *lake.Commit {
	w.t.Helper()
	r, err := OpenReader(w.t.Context(), w.cfg.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	known, err := r.Commits(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		w.t.Fatal(err)
	}
	s, err := w.lake.Survey(w.t.Context(), []lake.Witness{{Name: "warehouse", Commits: known}}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	best, err := s.Best(w.t.Context())
	if err != nil || best == nil {
		w.t.Fatalf("got %v, %v, want a commit that can be restored", best, err)
	}
	if w.head, err = w.lake.Recover(w.t.Context(), s, best, "disk", w.t.TempDir()); err != nil {
		w.t.Fatal(err)
	}
	return w.head
}

// A warehouse follows a recovery, and goes on from it.
func TestWarehouseFollowsARecovery(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := newWorld(t)
	l, err := lake.Open(t.Context(), filepath.Join(w.dir, "lake"), lake.Config{Now: func() time.Time { return committedAt(w.nextSeq()) }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w.lake = l
	for _, status := range []string{"a", "b", "c"} {
		w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": status}}})
	}
	w.update()
	const second = "_lake/commits/000000000002.json"
	if err := os.Remove(filepath.Join(w.dir, "lake", second)); err != nil {
		t.Fatal(err)
	}
	if c := w.recover(); c.Seq != 4 || c.Recovery.ToSeq != 3 {
		t.Fatalf("got %+v, want commit 4 to go back to 3", c)
	}
	equal := func(when string, want ...string) {
		t.Helper()
		if v, err := Verify(t.Context(), w.lake, w.cfg); err != nil || !v.Equal {
			t.Errorf("%s: %q, %v", when, v.Reason, err)
		}
		equalStrings(t, when, w.ask("SELECT status, version_seq, next_seq FROM sessions_versions ORDER BY version_seq"), want...)
	}
	if rep := w.update(); !rep.Rebuilt || rep.ToSeq != 4 {
		t.Errorf("got %+v, want a rebuild to commit 4", rep)
	}
	equal("recovered", "a|1|2", "b|2|3", "c|3|NULL")
	equalStrings(t, "as known before", w.ask("SELECT status FROM sessions_as_known_at('"+committedAt(1).Format("2006-01-02 15:04:05Z07:00")+"')"), "a")
	w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "d"}}})
	if rep := w.update(); rep.Rebuilt {
		t.Errorf("got %+v, want it to go on from commit 4", rep)
	}
	equal("after it", "a|1|2", "b|2|3", "c|3|5", "d|5|NULL")

	for name, p := range w.head.Tables["sessions"] {
		if p.AddedBySeq == 5 {
			if err := os.Remove(filepath.Join(w.dir, "lake", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if c := w.recover(); c.Seq != 6 || c.Recovery.ToSeq != 4 {
		t.Fatalf("got %+v, want commit 6 to go back to 4", c)
	}
	if rep := w.update(); !rep.Rebuilt || !strings.Contains(rep.Reason, "commit 6 (recover)") {
		t.Errorf("got %+v, want a rebuild because of commit 6", rep)
	}
	equal("given up", "a|1|2", "b|2|3", "c|3|NULL")
	w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "d"}}})
	w.update()
	equal("fetched again", "a|1|2", "b|2|3", "c|3|7", "d|7|NULL")
}
