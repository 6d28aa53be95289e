package warehouse

import "testing"

func TestLists(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1", "session_kind": "user", "status": "Approved"}}})
	w.update()
	r, err := OpenPast(t.Context(), w.cfg.Path, committedAt(1))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	many := [][]string{{"s1", "it's \"one\""}, {"s2", ""}}
	for range listBatch {
		many = append(many, []string{"s3", "more"})
	}
	for range 2 { // the second one takes the place of the first
		if err := r.SetList(t.Context(), "asked", []string{"session_id", "why"}, many); err != nil {
			t.Fatal(err)
		}
	}
	equalStrings(t, "the list", r.ask(t, "SELECT session_id, why, count(*) FROM asked GROUP BY ALL ORDER BY ALL"), "s1|it's \"one\"|1", "s2|NULL|1", "s3|more|1000")
	equalStrings(t, "sessions of it", r.ask(t, "SELECT status FROM sessions SEMI JOIN asked USING (session_id)"), "Approved")
}
