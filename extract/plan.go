package extract

import (
	"cmp"
	"math"
	"slices"
	"time"

	"kycsync/schemas"
)

// A Reason tells why a decision is fetched.
type Reason string

// The reasons, in the order in which a night works them off. All but the last are urgent: a night
// that has not worked them off shows an old state and does not count as complete.
const (
	ReasonChanged Reason = "changed" // its list row differs from the one seen last
	ReasonHinted  Reason = "hinted"  // the webhook log announced a change since it was looked at
	ReasonDoubted Reason = "doubted" // what was read of it lacks what was there before, and no reader has seen it
	ReasonAbsent  Reason = "absent"  // it was listed once and is not any more
	ReasonStale   Reason = "stale"   // its newest document could not be read
	ReasonNew     Reason = "new"     // no version of the session is stored
	ReasonDue     Reason = "due"     // the promise of its class asks for it
)

var reasons = []Reason{ReasonChanged, ReasonHinted, ReasonDoubted, ReasonAbsent, ReasonStale, ReasonNew, ReasonDue}

// Reasons returns all reasons in the order in which a night works them off.
func Reasons() []Reason { return slices.Clone(reasons) }

// A Task is one decision to fetch.
type Task struct {
	ID     schemas.SessionID
	Kind   schemas.SessionKind
	Number int64
	Reason Reason
	Class  Class     // of a task that is due
	Since  time.Time // what the order within a reason follows: creation, or the last check
}

// Urgent reports whether the night is incomplete without the task.
func (t Task) Urgent() bool { return t.Reason != ReasonDue }

// A Budget bounds the decisions of a night. The zero Budget is no bound.
type Budget struct {
	MaxRequests int       // 0: no bound
	Until       time.Time // zero: no bound
	PerMinute   int       // the pace, which tells what fits before Until; 0: no limit
}

// A View is what a night's plan follows from.
type View struct {
	Listed   []Row // each session at most once, in any order
	Known    *schemas.Sessions
	Absent   []schemas.Known            // known, not listed, and to be asked for
	Doubted  map[schemas.SessionID]bool // to be read again before it is published
	Promises Promises                   // Defaults to DefaultPromises
	Now      time.Time
}

// Plan returns the decisions to fetch, the most urgent first. It depends on nothing but the view.
// Sessions that are due (see DueTonight) stand in the order of their [Lateness].
func Plan(v View) []Task {
	v.Promises = v.Promises.or()
	by := map[Reason][]Task{}
	var due []Task
	for i := range v.Listed {
		row := &v.Listed[i]
		switch t := v.task(row, v.Known.Look(row.ID)); {
		case t.Urgent():
			by[t.Reason] = append(by[t.Reason], t)
		case v.dueTonight(t):
			due = append(due, t)
		}
	}
	for _, k := range v.Absent {
		by[ReasonAbsent] = append(by[ReasonAbsent], Task{ID: k.SessionID, Kind: k.SessionKind, Number: k.SessionNumber, Reason: ReasonAbsent, Since: k.LastChecked})
	}
	for _, tasks := range by {
		slices.SortFunc(tasks, inTurn)
	}
	late := func(t Task) Late { return Lateness(t.Since, v.Promises[t.Class], v.Now) }
	slices.SortFunc(due, func(a, b Task) int { return cmp.Or(late(a).Compare(late(b)), inTurn(a, b)) })
	by[ReasonDue] = due
	var all []Task
	for _, r := range reasons {
		all = append(all, by[r]...)
	}
	return all
}

// Wants reports whether [Plan] asks for a listed session of which that is known; nil: nothing.
func (v View) Wants(row *Row, k *schemas.Known) bool {
	v.Promises = v.Promises.or()
	t := v.task(row, k)
	return t.Urgent() || v.dueTonight(t)
}

// Urgent reports whether [Plan] asks for a listed session, of which that is known, whatever the budget.
func (v View) Urgent(row *Row, k *schemas.Known) bool {
	t := v.task(row, k)
	return t.Urgent()
}

// task is what there may be to do about a listed session.
func (v *View) task(row *Row, k *schemas.Known) Task {
	t := Task{ID: row.ID, Kind: row.Kind, Number: row.Number}
	if k == nil {
		k = &nothingKnown
	}
	if t.Reason, t.Since = urgent(row, k, v.Doubted[row.ID]); t.Reason == "" {
		t.Reason, t.Since, t.Class = ReasonDue, k.LastChecked, v.Promises.of(k, row.Kind, row.Status, v.Now)
	}
	return t
}

var nothingKnown schemas.Known

func (v *View) dueTonight(t Task) bool {
	return DueTonight(string(t.ID), t.Since, v.Promises[t.Class], v.Now)
}

// urgent returns why a listed session must be asked for tonight, if it must.
func urgent(row *Row, k *schemas.Known, doubted bool) (Reason, time.Time) {
	switch {
	case k.ContentHash == (schemas.Digest{}):
		return ReasonNew, row.CreatedAt
	case row.Fingerprint != k.Fingerprint, k.Gone():
		return ReasonChanged, row.CreatedAt
	case k.Hinted.After(k.LastChecked):
		return ReasonHinted, k.Hinted
	case doubted:
		return ReasonDoubted, k.LastChecked
	case k.Stale:
		return ReasonStale, k.LastChecked
	}
	return "", time.Time{}
}

func inTurn(a, b Task) int {
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
}

// Fit returns how many of the tasks the budget allows, the first ones.
func (b Budget) Fit(tasks []Task, now time.Time) int { return min(len(tasks), b.Requests(now)) }

// Requests is how many requests fit into the budget.
func (b Budget) Requests(now time.Time) int {
	n := math.MaxInt
	if b.MaxRequests > 0 {
		n = b.MaxRequests
	}
	if !b.Until.IsZero() && b.PerMinute > 0 {
		n = min(n, max(0, int(b.Until.Sub(now).Seconds()*float64(pace(b.PerMinute)))))
	} else if !b.Until.IsZero() && !b.Until.After(now) {
		n = 0
	}
	return n
}

// An Estimate is what tasks will cost.
type Estimate struct {
	Requests int
	Duration time.Duration // at the permitted pace; 0 without a limit
	ByReason map[Reason]int
}

// EstimateOf counts tasks; each is one request.
func EstimateOf(tasks []Task, perMinute int) Estimate {
	e := Estimate{Requests: len(tasks), ByReason: map[Reason]int{}}
	for _, t := range tasks {
		e.ByReason[t.Reason]++
	}
	if perMinute > 0 {
		e.Duration = time.Duration(float64(len(tasks)) / float64(pace(perMinute)) * float64(time.Second)).Round(time.Second)
	}
	return e
}
