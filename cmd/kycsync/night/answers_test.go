package night

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/google/go-cmp/cmp"
)

// TestAnswers holds what the views say after some nights against the vendor's own log. KYCSYNC_TEST_ANSWERS=20000
// takes so many sessions, at the pace of a real vendor.
func TestAnswers(t *testing.T) {
	sessions, restless := searched("ANSWERS", 120), 8.0
	if sessions >= 2000 {
		restless = 1
	}
	start := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)
	v, err := didittest.New(didittest.Options{Seed: 13, Sessions: sessions, Restless: restless, Start: start, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	h := newHouse(t, v, srv.URL, "", lake.Config{})
	a := logbook{vendor: v}
	nights := 5 // into December
	if testing.Short() {
		nights = 4
	}
	for n := range nights {
		v.Advance(start.AddDate(0, 0, n))
		cfg := h.config(t)
		if n < nights-1 {
			cfg.Warehouse = warehouse.Config{} // the last night makes it
		}
		if _, err := Run(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
		a.nights = append(a.nights, v.Clock())
	}
	a.read()

	check := func(name, query string, want []string) {
		t.Helper()
		var got []string
		for _, r := range h.rows(t, query) {
			line := ""
			for i, cell := range r {
				if i > 0 {
					line += " "
				}
				if at, ok := cell.(time.Time); ok {
					cell = at.UTC().Format(time.RFC3339)
				}
				line += fmt.Sprint(cell)
			}
			got = append(got, line)
		}
		slices.Sort(got)
		slices.Sort(want)
		if len(want) == 0 && !testing.Short() {
			t.Errorf("%s: there is nothing to compare", name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-the vendor's log +the view):\n%s", name, diff)
		}
	}
	check("outcomes_by_month", `SELECT strftime(month, '%Y-%m'), status, sum(n)::BIGINT FROM (UNPIVOT outcomes_by_month
		ON approved AS 'Approved', declined AS 'Declined', in_review AS 'In Review', kyc_expired AS 'Kyc Expired', resubmitted AS 'Resubmitted', abandoned AS 'Abandoned',
			expired AS 'Expired', not_started AS 'Not Started', in_progress AS 'In Progress', awaiting_user AS 'Awaiting User', other AS 'other'
		INTO NAME status VALUE n) GROUP BY ALL HAVING sum(n) > 0`, a.outcomes())
	check("left_out_sessions", "SELECT reason, sessions FROM left_out_sessions", a.leftOut())
	check("review_backlog", "SELECT session_id, if(since_is_exact, since, NULL) FROM review_backlog", a.backlog(h.told(t)))
	check("decisions_by_month", "SELECT sum(sessions)::BIGINT, sum(approved)::BIGINT, sum(declined)::BIGINT, sum(decisions)::BIGINT FROM decisions_by_month WHERE month = DATE '2026-12-01'", a.december())
	check("resubmissions", "SELECT session_id, resubmitted_at, outcome FROM resubmissions WHERE is_exact AND resubmitted_at > TIMESTAMPTZ '2026-11-30 02:00:00Z'", a.resubmissions())
}

// told returns the sessions whose coming into review the views take for timed.
func (h *house) told(t *testing.T) map[string]bool {
	told := map[string]bool{}
	for _, r := range h.rows(t, "SELECT session_id FROM review_backlog WHERE since_is_exact") {
		told[r[0].(string)] = true
	}
	return told
}

// A logbook is what the vendor's log tells of the sessions that some night could see.
type logbook struct {
	vendor *didittest.Vendor
	nights []time.Time
	known  []knownSession
}

// A knownSession is a session as the nights could know it: up to the last one in which it was there.
type knownSession struct {
	didittest.Session
	first, last time.Time // nights
	moves       []move    // the first is how it arrived
	reviewed    bool      // before it arrived
}

type move struct {
	at     time.Time
	status string
	kind   string // of the event
}

func (a *logbook) read() {
	for _, s := range a.vendor.Truth() {
		k := knownSession{Session: s}
		states := a.vendor.History(s.ID)
		for _, n := range a.nights {
			if i := slices.IndexFunc(states, func(st didittest.State) bool {
				return !st.From.After(n) && (st.To.IsZero() || st.To.After(n))
			}); i >= 0 {
				if k.first.IsZero() {
					k.first = n
				}
				k.last = n
			}
		}
		if k.first.IsZero() {
			continue // came and went between two nights
		}
		for _, st := range states {
			if st.From.After(k.last) {
				break
			}
			then, _ := a.vendor.TruthAt(s.ID, st.Revision)
			if n := len(k.moves); n == 0 || k.moves[n-1].status != then.Status {
				k.moves = append(k.moves, move{st.From, then.Status, st.Kind})
			}
			if st.Revision == 1 {
				k.reviewed = then.Counts["reviews"] > 0
			}
		}
		k.Status = k.moves[len(k.moves)-1].status
		a.known = append(a.known, k)
	}
}

func (a *logbook) people(yield func(knownSession) bool) {
	for _, k := range a.known {
		if k.Kind == "user" && !yield(k) {
			return
		}
	}
}

func (a *logbook) outcomes() []string {
	n := map[string]int{}
	for k := range a.people {
		n[k.CreatedAt.UTC().Format("2006-01")+" "+k.Status]++
	}
	var out []string
	for cell, n := range n {
		out = append(out, fmt.Sprint(cell, " ", n))
	}
	return out
}

func (a *logbook) leftOut() []string {
	n := len(a.known)
	for range a.people {
		n--
	}
	return []string{fmt.Sprint("company ", n)}
}

// backlog tells since when a session is in review, where the view claims to know it.
func (a *logbook) backlog(told map[string]bool) (out []string) {
	for k := range a.people {
		if k.Status != "In Review" || k.Deleted {
			continue
		}
		since := "<nil>"
		if told[k.ID] {
			since = k.moves[len(k.moves)-1].at.UTC().Format(time.RFC3339)
		}
		out = append(out, k.ID+" "+since)
	}
	return out
}

func isDecision(status string) bool { return status == "Approved" || status == "Declined" }

// december counts the decisions of December. The feed tells of each; an imported session is decided
// when it is first seen, unless a review tells of an earlier day.
func (a *logbook) december() []string {
	var sessions, approved, declined, decisions int
	for k := range a.people {
		last := ""
		for i, m := range k.moves {
			at := m.at
			if i == 0 {
				if at = k.first; k.reviewed || len(k.moves) > 1 && !k.moves[1].at.After(at) {
					continue
				}
			}
			if isDecision(m.status) && at.UTC().Month() == time.December {
				last = m.status
				decisions++
			}
		}
		switch last {
		case "Approved":
			approved++
		case "Declined":
			declined++
		default:
			continue
		}
		sessions++
	}
	return []string{fmt.Sprint(sessions, " ", approved, " ", declined, " ", decisions)}
}

// resubmissions are those after the first day: of older ones the log does not tell.
func (a *logbook) resubmissions() (out []string) {
	for k := range a.people {
		for i, m := range k.moves {
			if i == 0 || m.status != "Resubmitted" || !m.at.Truncate(time.Second).After(a.nights[1]) {
				continue
			}
			outcome := "open"
			for _, next := range k.moves[i+1:] {
				if o := map[string]string{"Approved": "approved", "Declined": "declined", "Abandoned": "abandoned", "Expired": "abandoned", "Resubmitted": "sent back again"}[next.status]; o != "" {
					outcome = o
					break
				}
			}
			out = append(out, fmt.Sprint(k.ID, " ", m.at.UTC().Format(time.RFC3339), " ", outcome))
		}
	}
	return out
}
