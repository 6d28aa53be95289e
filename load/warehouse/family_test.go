package warehouse

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func user(id, status string) row { return row{"user_id": id, "status": status} }

func contact(user, address string, ordinal int) row {
	return row{"user_id": user, "kind": "email", "contact": address, "block_ordinal": ordinal}
}

// A user's contacts follow the user's versions, as a session's hits follow the session's.
func TestVersionsOfAnEntityWithChildren(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"users": {user("u1", "ACTIVE"), user("u2", "ACTIVE")},
		"user_contacts": {contact("u1", "a", 0), contact("u1", "b", 1), contact("u2", "z", 0)}})
	w.update()
	w.commit(map[string][]row{"users": {user("u1", "BLOCKED")}, "user_contacts": {contact("u1", "b", 0)}})
	w.update()
	w.commit(map[string][]row{"users": {user("u1", "FLAGGED")}}) // no contact left
	w.update()
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}, "transactions": {{"transaction_id": "t1"}}}) // of no concern
	w.update()
	w.commit(map[string][]row{"users": {user("u1", "ACTIVE")}, // as it was
		"user_contacts": {contact("u1", "a", 0), contact("u1", "b", 1)}})
	check := func(how string) {
		t.Helper()
		equalStrings(t, how+": users", w.ask("SELECT user_id, version_seq, next_seq, status FROM users_versions ORDER BY ALL"),
			"u1|1|2|ACTIVE", "u1|2|3|BLOCKED", "u1|3|5|FLAGGED", "u1|5|NULL|ACTIVE", "u2|1|NULL|ACTIVE")
		equalStrings(t, how+": contacts", w.ask("SELECT user_id, version_seq, next_seq, contact FROM user_contacts_versions ORDER BY ALL"),
			"u1|1|2|a", "u1|1|2|b", "u1|2|3|b", "u1|5|NULL|a", "u1|5|NULL|b", "u2|1|NULL|z")
		equalStrings(t, how+": current contacts", w.ask("SELECT user_id, contact FROM user_contacts ORDER BY ALL"), "u1|a", "u1|b", "u2|z")
		for at, want := range map[int64][]string{1: {"a", "b", "z"}, 2: {"b", "z"}, 3: {"z"}, 4: {"z"}, 5: {"a", "b", "z"}} {
			equalStrings(t, fmt.Sprintf("%s: as known at commit %d", how, at),
				w.ask(fmt.Sprintf("SELECT contact FROM user_contacts_as_known_at('%s') ORDER BY 1", committedAt(at).Format("2006-01-02 15:04:05Z07:00"))), want...)
		}
	}
	if rep := w.update(); rep.Rebuilt {
		t.Errorf("rebuilt: %s", rep.Reason)
	}
	check("updated")
	w.rebuild()
	check("rebuilt")
}

// A feed has versions apart from its session's, though both have the session's id.
func TestFeedAndSessionHaveVersionsOfTheirOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}, "reviews": {{"session_id": "s1"}},
		"activity_feeds": {{"session_id": "s1"}}, "activity": {{"session_id": "s1", "comment": "one"}}})
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.commit(map[string][]row{"activity_feeds": {{"session_id": "s1"}}, "activity": {{"session_id": "s1", "comment": "one"}, {"session_id": "s1", "comment": "two", "block_ordinal": 1}}})
	check := func(how string) {
		t.Helper()
		equalStrings(t, how+": sessions", w.ask("SELECT version_seq, next_seq FROM sessions_versions ORDER BY 1"), "1|2", "2|NULL")
		equalStrings(t, how+": reviews", w.ask("SELECT version_seq, next_seq FROM reviews_versions ORDER BY 1"), "1|2")
		equalStrings(t, how+": feeds", w.ask("SELECT version_seq, next_seq FROM activity_feeds_versions ORDER BY 1"), "1|3", "3|NULL")
		equalStrings(t, how+": activity", w.ask("SELECT comment FROM activity ORDER BY 1"), "one", "two")
	}
	w.update()
	check("built")
	w.commit(map[string][]row{"runs": {{"run_id": "r"}}})
	w.update()
	check("updated")
}

// Children without their entity's own row are a version all the same, whichever table tells of it.
func TestVersionThatOnlyAChildTellsOf(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	rule := func(id string) row { return row{"transaction_id": "t", "rule_run_id": id} }
	w.commit(map[string][]row{"transactions": {{"transaction_id": "t"}}, "transaction_parties": {{"transaction_id": "t"}}, "transaction_rules": {rule("one")}})
	w.update()
	w.commit(map[string][]row{"transaction_rules": {rule("two")}})
	check := func(how string) {
		t.Helper()
		equalStrings(t, how+": transactions", w.ask("SELECT version_seq, next_seq FROM transactions_versions"), "1|2")
		equalStrings(t, how+": parties", w.ask("SELECT version_seq, next_seq FROM transaction_parties_versions"), "1|2")
		equalStrings(t, how+": rules", w.ask("SELECT rule_run_id FROM transaction_rules"), "two")
	}
	w.update()
	check("updated")
	w.rebuild()
	check("rebuilt")
}

// Whatever the history of users, feeds and transactions, going on from commit to commit gives what a
// rebuild gives, and the same content as the lake.
func TestUpdateOfEntitiesEqualsRebuild(t *testing.T) {
	w := newWorld(t)
	w.cfg.Threads = 2
	rng := rand.New(rand.NewPCG(7, 0))
	commits := 6
	if testing.Short() {
		commits = 2
	}
	for range commits {
		rows := randomRows(rng)
		maps.Copy(rows, randomEntities(rng))
		w.commit(rows)
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
	if v, err := Verify(t.Context(), w.lake, w.cfg); err != nil || !v.Equal {
		t.Errorf("verify: %s %v", v.Reason, err)
	}
}

// randomEntities makes versions of some of ten entities of each kind, with children that come and go.
// A workflow without an id is one that all such rows are versions of.
func randomEntities(rng *rand.Rand) map[string][]row {
	out := map[string][]row{}
	add := func(table string, r row) { out[table] = append(out[table], r) }
	for i := range 10 {
		id := fmt.Sprint("e", i)
		if rng.IntN(3) == 0 {
			add("users", user(id, fmt.Sprint(rng.IntN(3))))
			for j := range rng.IntN(3) {
				add("user_contacts", contact(id, fmt.Sprint(rng.IntN(5)), j))
			}
			for j := range rng.IntN(2) {
				add("user_tags", row{"user_id": id, "source": "user", "block_ordinal": j})
			}
		}
		if rng.IntN(3) == 0 {
			add("activity_feeds", row{"session_id": fmt.Sprintf("s%02d", i), "page_views": rng.IntN(9)})
			for j := range rng.IntN(4) {
				add("activity", row{"session_id": fmt.Sprintf("s%02d", i), "block_ordinal": j})
			}
		}
		if rng.IntN(3) == 0 {
			add("transactions", row{"transaction_id": id, "amount": "0.000000000000000001"})
			for j := range rng.IntN(3) {
				add("transaction_alerts", row{"transaction_id": id, "block_ordinal": j, "status": fmt.Sprint(rng.IntN(3))})
			}
		}
	}
	add("workflows", row{"uuid": nil, "version": rng.IntN(9)})
	return out
}
