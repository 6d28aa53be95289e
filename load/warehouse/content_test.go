package warehouse

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var content = cmpopts.IgnoreUnexported(TableContent{})

// The same rows in other commits, by other runs, in another order have the same content.
func TestContentIsOfTheRowsAlone(t *testing.T) {
	rows := func(ids ...string) []row {
		var out []row
		for _, id := range ids {
			out = append(out, row{"session_id": id, "status": "Approved", "extra_json": `{"a":1.50}`, "created_at": start})
		}
		return out
	}
	one, other := newWorld(t), newWorld(t)
	one.commit(map[string][]row{"sessions": rows("s1", "s2", "s3"), "session_state": {{"session_id": "s1", "fingerprint": "b"}}, "raw_documents": {{"session_id": "s1"}}})
	other.commit(map[string][]row{"sessions": rows("s3"), "session_state": {{"session_id": "s1", "fingerprint": "a"}}})
	other.commit(map[string][]row{"sessions": rows("s2", "s1"), "session_state": {{"session_id": "s1", "fingerprint": "b"}}, "raw_documents": {{"session_id": "s1"}}})
	a, err := Content(t.Context(), one.lake, one.head)
	if err != nil {
		t.Fatal(err, detail(err))
	}
	b, err := Content(t.Context(), other.lake, other.head)
	if err != nil {
		t.Fatal(err, detail(err))
	}
	if diff := cmp.Diff(a, b, content); diff != "" {
		t.Errorf("content differs:\n%s", diff)
	}
	if a["sessions"].Rows != 3 || a["session_state"].Rows != 1 || a["raw_documents"].Rows != 1 || len(a["sessions"].Hash) != 32 {
		t.Errorf("content %+v", a)
	}
	// A golden value: the hash of these rows may not change from one release to the next.
	if want := "049a574b8c0688d32425305550663969"; a["sessions"].Hash != want {
		t.Errorf("hash %s, want %s", a["sessions"].Hash, want)
	}
	other.commit(map[string][]row{"sessions": rows("s1")})
	c, err := Content(t.Context(), other.lake, other.head)
	if err != nil {
		t.Fatal(err, detail(err))
	}
	if c["sessions"].Hash == a["sessions"].Hash || c["sessions"].Rows != 4 {
		t.Errorf("a row twice is not a difference: %+v", c["sessions"])
	}
}

func TestContentLeavesOutVolatileColumns(t *testing.T) {
	w, v := newWorld(t), newWorld(t)
	w.commit(map[string][]row{"matches": {{"session_id": "s1", "item_ordinal": 0, "row_key": "a", "matched_status": "Approved"}}})
	v.commit(map[string][]row{"matches": {{"session_id": "s1", "item_ordinal": 1, "row_key": "a", "matched_status": "Declined"}}})
	a, err := Content(t.Context(), w.lake, w.head)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Content(t.Context(), v.lake, v.head)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b, content); diff != "" {
		t.Errorf("content differs:\n%s", diff)
	}
}

func TestVerify(t *testing.T) {
	base := newWorld(t)
	rng := rand.New(rand.NewPCG(1, 1))
	base.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "Approved"}}, "raw_documents": {{"session_id": "s1"}},
		"matches": {{"session_id": "s1", "matched_status": "Approved"}}})
	for range 2 {
		base.commit(randomRows(rng))
	}
	base.update()
	for _, tt := range []struct {
		name   string
		damage func(*world)
		reason string // "": equal
	}{
		{"as built", func(w *world) {}, ""},
		{"a value changed", func(w *world) { w.tamper("UPDATE sessions SET status = 'Declined' WHERE session_id = 's1'") }, "these tables differ: sessions"},
		{"a volatile value changed", func(w *world) { w.tamper("UPDATE matches SET matched_status = 'x'") }, "these tables differ: matches"},
		{"a version changed", func(w *world) { w.tamper("UPDATE matches SET version_seq = 0") }, "these tables differ: matches"},
		{"a current row said to be replaced", func(w *world) {
			w.tamper("INSERT INTO sessions_replaced SELECT *, 3 FROM sessions WHERE session_id = 's1'", "DELETE FROM sessions WHERE session_id = 's1'")
		}, "warehouse: check sessions: the warehouse does not hold what the lake holds: of 1 rows the version is not replaced by the next one"},
		{"an older row among the current ones", func(w *world) {
			w.tamper("INSERT INTO sessions SELECT * EXCLUDE (next_seq) FROM sessions_replaced", "DELETE FROM sessions_replaced")
		}, "warehouse: check sessions: the warehouse does not hold what the lake holds: of "},
		{"a row gone", func(w *world) { w.tamper("DELETE FROM runs") }, "these tables differ: runs"},
		{"behind", func(w *world) { w.commit(map[string][]row{"runs": {{"run_id": "r"}}}) }, "the warehouse stands at commit 3, the lake's newest published one is 4"},
		{"no file", func(w *world) { os.Remove(w.cfg.Path) }, "there is no warehouse file"},
		{"garbage", func(w *world) {
			os.Chmod(w.cfg.Path, 0o600)
			os.WriteFile(w.cfg.Path, []byte(strings.Repeat("x", 99999)), 0o600)
		}, "the warehouse cannot be read"},
		{"the ledger broken", func(w *world) { w.tamper("DELETE FROM _commits WHERE seq = 1") }, "the warehouse cannot be read: the warehouse does not hold what the lake holds: the ledger is not a chain"},
		{"somebody else's", func(w *world) { w.tamper("DROP TABLE _commits") }, "the warehouse cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := base.clone(t)
			tt.damage(w)
			v, err := Verify(t.Context(), w.lake, w.cfg)
			if err != nil {
				t.Fatalf("%v (%s)", err, detail(err))
			}
			if v.Equal != (tt.reason == "") || !strings.Contains(v.Reason, tt.reason) {
				t.Errorf("equal %v, reason %q, want %q", v.Equal, v.Reason, tt.reason)
			}
			if other := tt.name == "behind" || tt.name == "no file"; v.OtherCommit != other {
				t.Errorf("another commit is all that is wrong: %v, want %v", v.OtherCommit, other)
			}
			for _, tv := range v.Tables {
				if tt.reason == "" && !tv.Equal {
					t.Errorf("%+v", tv)
				}
				if tv.Table == "raw_documents" && (tv.Warehouse != nil || tv.Lake.Rows != 1) {
					t.Errorf("%+v", tv)
				}
			}
		})
	}
}

func (w *world) tamper(stmts ...string) {
	w.t.Helper()
	tamper(w.t, w.cfg.Path, stmts...)
}
