package extract

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kycsync/schemas"
)

var night = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

func hoursAgo(n int) time.Time { return night.Add(-time.Duration(n) * time.Hour) }

func daysAgo(n int) time.Time { return hoursAgo(24 * n) }

// A known session of a test: stored, unchanged, looked at a day ago.
func stored(n int, status string, change func(*schemas.Known)) schemas.Known {
	k := schemas.Known{SessionID: testID(n), SessionKind: schemas.UserSession, SessionNumber: int64(n), Status: status,
		Fingerprint: digest("same"), ContentHash: digest("c"), LastChecked: daysAgo(1), StatusSince: daysAgo(2)}
	if change != nil {
		change(&k)
	}
	return k
}

func TestPlan(t *testing.T) {
	row := func(n int, status, fingerprint string) Row {
		return Row{ID: testID(n), Kind: schemas.UserSession, Number: int64(n), Status: status, CreatedAt: daysAgo(100 - n), Fingerprint: digest(fingerprint)}
	}
	known := schemas.NewSessions(0)
	var listed []Row
	know := func(k schemas.Known, fingerprint string) {
		known.Put(k.SessionID, k)
		listed = append(listed, row(int(k.SessionNumber), k.Status, fingerprint))
	}
	know(stored(1, "Declined", nil), "same")
	know(stored(2, "Declined", nil), "other")
	know(stored(3, "In Review", func(k *schemas.Known) { k.LastChecked = hoursAgo(23) }), "same")
	know(stored(4, "Some Word", func(k *schemas.Known) { k.LastChecked = hoursAgo(25) }), "same")
	know(stored(5, "Declined", func(k *schemas.Known) { k.Stale = true }), "same")
	know(stored(6, "Declined", func(k *schemas.Known) { k.ContentHash = digest("") }), "same")
	know(stored(7, "Declined", func(k *schemas.Known) { k.Hinted = hoursAgo(1) }), "same")
	know(stored(8, "Declined", func(k *schemas.Known) { k.Hinted = hoursAgo(30) }), "same")
	know(stored(9, "Approved", func(k *schemas.Known) { k.Monitored, k.LastChecked = true, daysAgo(6) }), "same")
	know(stored(10, "Declined", func(k *schemas.Known) { k.Upstream = schemas.Deleted }), "same")
	know(stored(12, "Declined", func(k *schemas.Known) { k.LastChecked = daysAgo(29) }), "same")
	know(stored(13, "Declined", func(k *schemas.Known) { k.LastChecked = daysAgo(28) }), "same")
	listed = append(listed, row(11, "Approved", "new"))
	absent := []schemas.Known{stored(90, "Approved", nil)}

	task := func(n int, r Reason, since time.Time) Task {
		return Task{ID: testID(n), Kind: schemas.UserSession, Number: int64(n), Reason: r, Since: since}
	}
	due := func(n int, c Class, since time.Time) Task {
		t := task(n, ReasonDue, since)
		t.Class = c
		return t
	}
	want := []Task{
		task(2, ReasonChanged, daysAgo(98)), task(10, ReasonChanged, daysAgo(90)),
		task(7, ReasonHinted, hoursAgo(1)),
		task(90, ReasonAbsent, daysAgo(1)),
		task(5, ReasonStale, daysAgo(1)),
		task(6, ReasonNew, daysAgo(94)), task(11, ReasonNew, daysAgo(89)),
		due(4, ClassOpen, hoursAgo(25)), due(3, ClassInReview, hoursAgo(23)), due(9, ClassMonitored, daysAgo(6)), due(12, ClassSettled, daysAgo(29)),
	}
	got := Plan(View{Listed: listed, Known: known, Absent: absent, Now: night})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	e := EstimateOf(want, 600)
	if e.Requests != 11 || e.Duration != time.Second || e.ByReason[ReasonNew] != 2 || e.ByReason[ReasonDue] != 4 {
		t.Errorf("got estimate %+v", e)
	}
	if got := EstimateOf(make([]Task, 100_000), 600).Duration; got < 167*time.Minute || got > 168*time.Minute {
		t.Errorf("100,000 decisions are estimated at %v, want 2 h 47 min", got)
	}
}

func TestBudget(t *testing.T) {
	for _, tc := range []struct {
		name string
		b    Budget
		want int
	}{
		{"requests", Budget{MaxRequests: 3}, 3},
		{"more requests than tasks", Budget{MaxRequests: 300}, 8},
		{"half a second at ten a second", Budget{Until: night.Add(500 * time.Millisecond), PerMinute: 600}, 4},
		{"time and requests", Budget{Until: night.Add(time.Second), PerMinute: 600, MaxRequests: 2}, 2},
		{"no time left", Budget{Until: night.Add(-time.Second), PerMinute: 600}, 0},
		{"no time left, no limit", Budget{Until: night}, 0},
		{"time and no limit", Budget{Until: night.Add(time.Second)}, 8},
	} {
		if got := tc.b.Fit(make([]Task, 8), night); got != tc.want {
			t.Errorf("%s: got %d of 8 tasks, want %d", tc.name, got, tc.want)
		}
	}
}

// A session counts to the class with the shortest promise of those that it is in.
func TestClasses(t *testing.T) {
	approved := func(change func(*schemas.Known)) schemas.Known { return stored(1, "Approved", change) }
	for _, tc := range []struct {
		name string
		k    schemas.Known
		want Class
	}{
		{"in progress", stored(1, "In Progress", nil), ClassOpen},
		{"an unknown status", stored(1, "Unheard Of", nil), ClassOpen},
		{"resubmitted", stored(1, "Resubmitted", nil), ClassOpen},
		{"in review", stored(1, "In Review", nil), ClassInReview},
		{"in review for 30 days", stored(1, "In Review", func(k *schemas.Known) { k.StatusSince = daysAgo(30) }), ClassInReview},
		{"in review for longer", stored(1, "In Review", func(k *schemas.Known) { k.StatusSince = daysAgo(30).Add(-time.Hour) }), ClassLongReview},
		{"approved", approved(nil), ClassSettled},
		{"approved and monitored", approved(func(k *schemas.Known) { k.Monitored = true }), ClassMonitored},
		{"declined and monitored", stored(1, "Declined", func(k *schemas.Known) { k.Monitored = true }), ClassSettled},
		{"a document that expires in 29 days", approved(func(k *schemas.Known) { k.DocumentExpires = daysAgo(-29) }), ClassExpiring},
		{"a document that expires in 30 days", approved(func(k *schemas.Known) { k.DocumentExpires = daysAgo(-30) }), ClassSettled},
		{"a document that has expired", approved(func(k *schemas.Known) { k.DocumentExpires = daysAgo(3) }), ClassExpiring},
		{"a business", approved(func(k *schemas.Known) { k.SessionKind = schemas.BusinessSession }), ClassBusiness},
		{"an open business", stored(1, "Awaiting User", func(k *schemas.Known) { k.SessionKind = schemas.BusinessSession }), ClassOpen},
		{"expired", stored(1, "Expired", nil), ClassSettled},
	} {
		if got := DefaultPromises().of(&tc.k, tc.k.SessionKind, tc.k.Status, night); got != tc.want {
			t.Errorf("%s: got class %s, want %s", tc.name, got, tc.want)
		}
	}
	longer := With(Promises{ClassMonitored: 90 * 24 * time.Hour})
	k := approved(func(k *schemas.Known) { k.Monitored, k.DocumentExpires = true, daysAgo(-3) })
	if got := longer.of(&k, k.SessionKind, k.Status, night); got != ClassExpiring {
		t.Errorf("monitored at 90 days and expiring at 7: got class %s, want the shorter promise", got)
	}
}

// For any list: each listed session has at most one task; what is urgent has one whatever its age;
// what was looked at less than half a day ago has none; what would grow older than promised before the
// next night has one; the order of the list does not matter; urgent tasks stand first.
func TestPlanProperties(t *testing.T) {
	statuses := []string{"Approved", "Declined", "In Review", "Expired", "Kyc Expired", "Not Started", "", "Unheard Of"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		v := View{Known: schemas.NewSessions(0), Now: night}
		for i := range n {
			status := rapid.SampledFrom(statuses).Draw(t, "status")
			v.Listed = append(v.Listed, Row{ID: testID(i), Number: int64(i), Status: status,
				Fingerprint: digest(rapid.SampledFrom([]string{"same", "same", "other"}).Draw(t, "fingerprint")), CreatedAt: daysAgo(rapid.IntRange(0, 50).Draw(t, "age"))})
			if rapid.Bool().Draw(t, "known") {
				v.Known.Put(testID(i), stored(i, status, func(k *schemas.Known) {
					k.ContentHash = digest(rapid.SampledFrom([]string{"", "c", "c"}).Draw(t, "hash"))
					k.Stale, k.Monitored = rapid.IntRange(0, 5).Draw(t, "stale") == 0, rapid.Bool().Draw(t, "monitored")
					k.LastChecked = hoursAgo(rapid.IntRange(0, 40*24).Draw(t, "checked"))
				}))
			}
		}
		all := Plan(v)
		planned, calm := map[schemas.SessionID]Task{}, false
		for _, task := range all {
			if _, twice := planned[task.ID]; twice {
				t.Fatalf("session %s stands in the plan twice", task.ID)
			}
			planned[task.ID] = task
			if calm && task.Urgent() {
				t.Fatalf("session %s is urgent (%s) and stands behind one that is not", task.ID, task.Reason)
			}
			calm = !task.Urgent()
		}
		for _, r := range v.Listed {
			k, ok := v.Known.Get(r.ID), v.Known.Look(r.ID) != nil
			task, has := planned[r.ID]
			urgent := !ok || k.ContentHash == (schemas.Digest{}) || k.Fingerprint != r.Fingerprint || k.Stale
			age, promise := night.Sub(k.LastChecked), DefaultPromises()[DefaultPromises().of(&k, r.Kind, r.Status, night)]
			switch {
			case urgent != (has && task.Urgent()):
				t.Fatalf("session %s: urgent %v, planned %+v", r.ID, urgent, task)
			case !urgent && age < 12*time.Hour && has:
				t.Fatalf("session %s was looked at %v ago and is planned again", r.ID, age)
			case !urgent && age >= 12*time.Hour && age+24*time.Hour > promise && !has:
				t.Fatalf("session %s is %v old, promised are %v, and it is not planned", r.ID, age, promise)
			}
		}
		rand.New(rand.NewPCG(uint64(n), 0)).Shuffle(n, func(i, j int) { v.Listed[i], v.Listed[j] = v.Listed[j], v.Listed[i] })
		if diff := cmp.Diff(all, Plan(v)); diff != "" {
			t.Fatalf("the order of the list matters:\n%s", diff)
		}
	})
}

// Night after night no session grows older than promised, and no night is much longer than another,
// though all were stored in the first.
func TestSharesKeepThePromise(t *testing.T) {
	const n = 700
	now := night
	v := View{Known: schemas.NewSessions(0)}
	for i := range n {
		k := stored(i, "Approved", func(k *schemas.Known) { k.Monitored, k.LastChecked = true, now })
		v.Known.Put(k.SessionID, k)
		v.Listed = append(v.Listed, Row{ID: k.SessionID, Kind: k.SessionKind, Number: k.SessionNumber, Status: k.Status, Fingerprint: k.Fingerprint})
	}
	for d := range 40 {
		now = now.Add(24*time.Hour + time.Duration(d%3-1)*20*time.Minute) // cron is not punctual
		v.Now = now
		tasks := Plan(v)
		if len(tasks) < n/8 || len(tasks) > n/4 {
			t.Errorf("night %d: %d tasks, want a sixth of %d", d, len(tasks), n)
		}
		for _, task := range tasks {
			k := v.Known.Get(task.ID)
			k.LastChecked = now
			v.Known.Put(task.ID, k)
		}
		for _, s := range DefaultPromises().Stand(v.Known, now.Add(time.Hour)) {
			if s.Beyond > 0 {
				t.Errorf("night %d: %d sessions are beyond the promise of %s; the oldest is %v", d, s.Beyond, s.Class, s.Oldest)
			}
		}
	}
}

func TestPromisesAreChecked(t *testing.T) {
	p := DefaultPromises()
	if err := p.Set("monitored", 72*time.Hour); err != nil || p[ClassMonitored] != 72*time.Hour {
		t.Errorf("got %v, %v", p[ClassMonitored], err)
	}
	for class, d := range map[string]time.Duration{"monitord": time.Hour, "open": time.Minute} {
		if err := p.Set(class, d); err == nil {
			t.Errorf("%s=%v: want an error", class, d)
		}
	}
	if !slices.Equal(Classes()[:1], []Class{ClassOpen}) || len(p) != len(Classes()) {
		t.Errorf("got classes %v and %d promises", Classes(), len(p))
	}
}

// digest is a hash that a word stands for; that of the empty word is none.
func digest(word string) (d schemas.Digest) {
	copy(d[:], word)
	return d
}

// A clock that was wrong does not freeze what was looked at by it.
func TestDueAfterAClockThatWasAhead(t *testing.T) {
	const day = 24 * time.Hour
	for ago, want := range map[time.Duration]bool{-400 * day: true, -25 * time.Hour: true, -time.Hour: false, time.Hour: false, day: true} {
		if got := DueTonight("a", firstDay.Add(-ago), day, firstDay); got != want {
			t.Errorf("looked at %v ago: got %v, want %v", ago, got, want)
		}
	}
}
