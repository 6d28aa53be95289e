package didittest

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestUnlistedSessionsAreKnownByTheirDecisionOnly(t *testing.T) {
	v := newVendor(t, Options{Sessions: 600, Faults: "unlisted:10"})
	l := list(t, v, "?limit=1000")
	missing := v.Tally("user", time.Time{}, time.Time{}, "") - len(l.Results)
	if l.Count != len(l.Results) || missing < 20 || missing > 120 {
		t.Errorf("%d listed, count %d, %d missing; want about a tenth missing from both", len(l.Results), l.Count, missing)
	}
	listed, old := map[string]bool{}, map[string]bool{}
	for _, r := range l.Results {
		listed[r.ID] = true
	}
	for _, s := range v.Truth() {
		old[s.ID] = true
		if !listed[s.ID] && get(t, v, "/v3/session/"+s.ID+"/decision/").Code != 200 {
			t.Errorf("%s is not given out", s.ID)
		}
	}
	v.Advance(v.Clock().Add(oneDay))
	for _, r := range list(t, v, "?limit=1000").Results {
		if old[r.ID] && !listed[r.ID] {
			t.Errorf("%s is listed a day later", r.ID)
		}
	}
}

func TestLostSessionsAreAsIfDeletedUntilTheyAreBack(t *testing.T) {
	v := newVendor(t, Options{Sessions: 300, Faults: "lost:10"})
	l, listed := list(t, v, "?limit=1000"), map[string]bool{}
	for _, r := range l.Results {
		listed[r.ID] = true
	}
	missing := v.Tally("user", time.Time{}, time.Time{}, "") - len(l.Results)
	if l.Count != len(l.Results) || missing < 10 || missing > 60 {
		t.Errorf("%d listed, count %d, %d missing; want about a tenth missing from both", len(l.Results), l.Count, missing)
	}
	for _, s := range v.Truth() {
		if code := get(t, v, "/v3/session/"+s.ID+"/decision/").Code; s.Kind == "user" && (code == 200) != listed[s.ID] {
			t.Errorf("%s: %d, listed %v", s.ID, code, listed[s.ID])
		}
	}
	if err := v.SetFaults(""); err != nil {
		t.Fatal(err)
	}
	if got := len(list(t, v, "?limit=1000").Results); got != len(l.Results)+missing {
		t.Errorf("%d listed afterwards, want %d", got, len(l.Results)+missing)
	}
}

func TestAShareOfTheDecisionsIsGone(t *testing.T) {
	v := newVendor(t, Options{Sessions: 500, Faults: "gone404:60"})
	n := len(list(t, v, "?limit=1000").Results)
	if n != len(v.live[0]) {
		t.Errorf("%d listed, want all %d", n, len(v.live[0]))
	}
	var gone []string
	for i := range v.sessions {
		id := v.sessions[i].id().String()
		w := get(t, v, "/v3/session/"+id+"/decision/")
		if w.Code == 404 {
			gone = append(gone, id)
		}
		if again := get(t, v, "/v3/session/"+id+"/decision/"); w.Code != again.Code || w.Code == 404 && w.Body.String() != `{"detail":"Not found."}` {
			t.Errorf("%s: %d %s, then %d", id, w.Code, w.Body, again.Code)
		}
	}
	if len(gone) < 250 || len(gone) > 350 {
		t.Errorf("%d of 500 are gone, want 60 %%", len(gone))
	}
	if got := len(v.Reads()); got != 1000 {
		t.Errorf("%d reads noted, want 1000", got)
	}
}

func TestNowAndThenADecisionIsAnswered404InHTML(t *testing.T) {
	v := newVendor(t, Options{Sessions: 50, Faults: "html404:3"})
	got := ""
	for i := range 9 {
		w := get(t, v, "/v3/session/"+v.sessions[i].id().String()+"/decision/")
		get(t, v, "/v3/sessions/") // does not count
		switch {
		case w.Code == 200:
			got += "."
		case w.Code == 404 && strings.Contains(w.Body.String(), "<!doctype html>"):
			got += "H"
		}
	}
	if got != "..H..H..H" {
		t.Errorf("got %s", got)
	}
	reads := v.Reads()
	if i := slices.IndexFunc(reads, func(r Read) bool { return r.Status == 404 }); i != 2 || reads[2].Revision != 1 {
		t.Errorf("reads: %+v", reads)
	}
}

func TestCountsOfFilteredListsAreOneTooHigh(t *testing.T) {
	v := newVendor(t, Options{Sessions: 300, Faults: "miscount:2"})
	users, firms := len(v.live[0]), len(v.live[1])
	for _, c := range []struct {
		query string
		want  int
	}{
		{"?limit=1&date_from=2020-01-01", users}, // the first of two
		{"?limit=1", users},                      // not filtered
		{"?limit=50&date_from=2020-01-01", users},
		{"?limit=1&date_to=2030-01-01", users + 1},
		{"?limit=1&status=Approved", v.Tally("user", time.Time{}, time.Time{}, "Approved")},
		{"?limit=1&status=Nothing", 1},
		{"?limit=1&status=Nothing", 0},
		{"?limit=1&date_from=2020-01-01&session_kind=business", firms + 1},
	} {
		if got := list(t, v, c.query).Count; got != c.want {
			t.Errorf("%s: got %d, want %d", c.query, got, c.want)
		}
	}
}
