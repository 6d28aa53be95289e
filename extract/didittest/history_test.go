package didittest

import (
	"net/url"
	"slices"
	"testing"
	"time"
)

func TestEveryReadFallsIntoTheRevisionThatItShows(t *testing.T) {
	v := newVendor(t, Options{Seed: 2, Sessions: 40, Restless: 20})
	for n := range 120 {
		v.Advance(v.Clock().Add(time.Duration(n%7+1) * 17 * time.Minute))
		for i := n % 5; i < len(v.sessions); i += 5 {
			get(t, v, "/v3/session/"+v.sessions[i].id().String()+"/decision/")
		}
	}
	codes := map[int]int{}
	for _, r := range v.Reads() {
		codes[r.Status]++
		states := v.History(r.SessionID)
		i := slices.IndexFunc(states, func(s State) bool {
			return !r.At.Before(s.From) && (s.To.IsZero() || r.At.Before(s.To))
		})
		switch {
		case r.Status == 404 && (i >= 0 || r.Revision != len(states)):
			t.Errorf("%s answered 404 as revision %d at %s: %+v", r.SessionID, r.Revision, r.At, states)
		case r.Status == 200 && (i < 0 || states[i].Revision != r.Revision):
			t.Errorf("%s was given out as revision %d at %s: %+v", r.SessionID, r.Revision, r.At, states)
		}
	}
	if codes[200] < 500 || codes[404] == 0 {
		t.Errorf("got %v, want many given out and some gone", codes)
	}
}

func TestReadsAreKeptUntilForgotten(t *testing.T) {
	v := newVendor(t, Options{Faults: "503:4"})
	known, unknown := v.sessions[0].id().String(), newUUID(9, 9).String()
	for _, id := range []string{known, unknown, known, known} { // the last one is answered 503
		get(t, v, "/v3/session/"+id+"/decision/")
	}
	get(t, v, "/v3/session/not-an-id/decision/")
	want := []Read{{known, v.Clock(), 1, 1, 200}, {unknown, v.Clock(), 0, 0, 404}, {known, v.Clock(), 1, 1, 200}}
	if got := v.Reads(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := v.DecisionReads(); len(got) != 1 || got[known] != 2 {
		t.Errorf("got %v read, want %s twice", got, known)
	}
	v.ForgetReads()
	if got := v.Reads(); len(got) != 0 {
		t.Errorf("got %+v after forgetting", got)
	}
}

func TestHistoryHasNoGap(t *testing.T) {
	v := newVendor(t, Options{Seed: 5, Sessions: 60, Restless: 20})
	v.Advance(v.Clock().Add(10 * oneDay))
	events := map[string][]Event{}
	for _, e := range v.Events() {
		events[e.SessionID] = append(events[e.SessionID], e)
	}
	imported := 0
	for _, s := range v.Truth() {
		h := v.History(s.ID)
		if len(h) != s.Revision {
			t.Fatalf("%s: %d states, want %d", s.ID, len(h), s.Revision)
		}
		inRow := 0
		for n, st := range h {
			if st.VisibleInRow {
				inRow++
			}
			if st.Revision != n+1 || n > 0 && !st.From.Equal(h[n-1].To) {
				t.Errorf("%s: state %d is %+v", s.ID, n, st)
			}
		}
		if inRow != s.RowRevision || !h[len(h)-1].To.Equal(s.DeletedAt) {
			t.Errorf("%s: %d states in the row, the last until %s; want %d, %s", s.ID, inRow, h[len(h)-1].To, s.RowRevision, s.DeletedAt)
		}
		for _, e := range events[s.ID] {
			if st := h[e.Revision-1]; e.Kind != "deleted" && (!st.From.Equal(e.At) || st.Kind != e.Kind || st.VisibleInRow != e.VisibleInRow) {
				t.Errorf("%s: state %+v, event %+v", s.ID, st, e)
			}
			if e.Detail == "migrated" && s.CreatedAt.Before(h[0].From) {
				imported++
			}
		}
	}
	if imported == 0 {
		t.Error("no imported session arrived after its date of creation")
	}
	if h := v.History(newUUID(9, 9).String()); h != nil {
		t.Errorf("an unknown session has the history %+v", h)
	}
}

func TestTallyIsTheTruth(t *testing.T) {
	v := newVendor(t, Options{Sessions: 2000})
	v.Advance(v.Clock().Add(3 * oneDay))
	day := time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)
	for _, status := range []string{"", "Approved", "In Review", "approved"} {
		for kind, plus := range map[string]int{"user": 0, "business": 1} { // see date_to of a business list
			q := "?session_kind=" + kind + "&date_from=2026-10-20&date_to=" + day.AddDate(0, 0, 9+plus).Format(time.DateOnly)
			if status != "" {
				q += "&status=" + url.QueryEscape(status)
			}
			if got, want := v.Tally(kind, day, day.AddDate(0, 0, 10), status), list(t, v, q).Count; got != want {
				t.Errorf("%s %q: got %d, the list counts %d", kind, status, got, want)
			}
		}
	}
	if got := v.Tally("user", time.Time{}, time.Time{}, ""); got != len(v.live[0]) {
		t.Errorf("without bounds: got %d, want %d", got, len(v.live[0]))
	}
}
