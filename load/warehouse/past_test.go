package warehouse

import (
	"errors"
	"testing"
	"time"

	"kycsync/sql"
)

// TestThePastIsWhatItWas asks a warehouse after five nights what was known after each, and holds every table and view
// to a warehouse that was built then: A, B, A, a late arrival, a vanished child, a commit that was not yet published, an
// edit that the vendor dates back, a deletion.
func TestThePastIsWhatItWas(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := newWorld(t).withViews()
	nights := []map[string][]row{
		{"sessions": {{"session_id": "s1", "session_kind": "user", "status": "Approved", "created_at": start}, {"session_id": "s2", "session_kind": "user", "status": "In Review", "created_at": start}},
			"warnings": {{"session_id": "s2", "block": "liveness_checks", "risk": "DARK"}}, "runs": {{"run_id": "run-1"}}},
		{"sessions": {{"session_id": "s1", "session_kind": "user", "status": "Declined", "created_at": start}, {"session_id": "s2", "session_kind": "user", "status": "Approved", "created_at": start}}, "runs": {{"run_id": "run-2"}}},
		{"sessions": {{"session_id": "s1", "session_kind": "user", "status": "Approved", "created_at": start}, {"session_id": "s3", "session_kind": "user", "status": "Approved", "created_at": start.AddDate(0, -1, 0)}}, "runs": {{"run_id": "run-3"}}},
		{"sessions": {{"session_id": "s2", "session_kind": "user", "status": "Declined", "created_at": start.AddDate(0, -2, 0)}},
			"reviews": {{"session_id": "s2", "new_status": "Declined", "created_at": start.AddDate(0, -1, 0)}}, "runs": {{"run_id": "run-4"}}},
		{"sessions": {{"session_id": "s1", "session_kind": "user", "status": "Approved", "created_at": start, "upstream_state": "deleted", "upstream_gone_at": start}}, "runs": {{"run_id": "run-5"}}},
	}
	var then []map[string][]string
	for i, rows := range nights {
		w.commit(rows)
		w.update()
		r, err := OpenReader(t.Context(), w.cfg.Path)
		if err != nil {
			t.Fatal(err)
		}
		then = append(then, everything(t, r))
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			w.commitAs(2, map[string][]row{"sessions": {{"session_id": "s9", "session_kind": "user", "status": "Approved"}}})
		}
	}
	at := []time.Time{committedAt(1), committedAt(3).Add(-time.Second), committedAt(4), committedAt(5), committedAt(6)} // commit 3 is staged until 4
	for i, want := range then {
		r, err := OpenPast(t.Context(), w.cfg.Path, at[i])
		if err != nil {
			t.Fatalf("%v (%s)", err, detail(err))
		}
		for name, rows := range everything(t, r) {
			equalStrings(t, name+" as known "+at[i].Format(time.DateTime), rows, want[name]...)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	staged, err := OpenPast(t.Context(), w.cfg.Path, committedAt(3))
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Close()
	equalStrings(t, "sessions while a commit was staged", staged.ask(t, "SELECT session_id, status FROM sessions ORDER BY ALL"), "s1|Declined", "s2|Approved")
	if _, err := OpenPast(t.Context(), w.cfg.Path, committedAt(1).Add(-time.Second)); !errors.Is(err, ErrNothingKnown) {
		t.Errorf("before the first commit: %v, want ErrNothingKnown", err)
	}
}

// everything is all that tables with a past and views without parameters say.
func everything(t *testing.T, r *Reader) map[string][]string {
	t.Helper()
	out := map[string][]string{"ledger": r.ask(t, "SELECT seq, published_seq FROM "+ledgerTable+" ORDER BY ALL")}
	for _, tb := range tables() {
		out[tb.Name] = r.ask(t, "FROM "+ident(tb.Name)+" ORDER BY ALL")
	}
	for _, v := range sql.Views {
		if !v.Macro {
			out[v.Name] = r.ask(t, "FROM "+v.Name+" ORDER BY ALL")
		}
	}
	return out
}
