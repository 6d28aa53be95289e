package extract

import (
	"cmp"
	"slices"
	"time"

	"kycsync/schemas"
)

// A Reason tells why a decision is fetched.
type Reason string

// The reasons, in the order in which a night works them off.
const (
	ReasonNew     Reason = "new"     // no version of the session is stored
	ReasonChanged Reason = "changed" // its list row differs from the one seen last
	ReasonStale   Reason = "stale"   // its newest document could not be read
	ReasonOpen    Reason = "open"    // it is still being worked on
)

// A Task is one decision to fetch.
type Task struct {
	ID     schemas.SessionID
	Kind   schemas.SessionKind
	Number int64
	Reason Reason
	Since  time.Time // what the order within a reason follows: creation, or the last check
}

// A Budget bounds the decisions of a night. The zero Budget is no bound.
type Budget struct {
	MaxRequests int       // 0: no bound
	Until       time.Time // zero: no bound
	PerMinute   int       // the pace, which tells what fits before Until; 0: no limit
}

// A sight is a listed session beside what is known of it.
type sight struct {
	row   *Row
	known schemas.Known // zero if it is not known
}

// A class is one reason to fetch. due reports whether it applies and how long it has waited:
// within a class the oldest comes first.
type class struct {
	reason Reason
	due    func(s sight, now time.Time) (since time.Time, ok bool)
}

// classes are all reasons, the most urgent first. A session counts to the first that applies.
var classes = []class{
	{ReasonNew, func(s sight, _ time.Time) (time.Time, bool) {
		return s.row.CreatedAt, s.known.ContentHash == (schemas.Digest{})
	}},
	{ReasonChanged, func(s sight, _ time.Time) (time.Time, bool) {
		return s.row.CreatedAt, s.row.Fingerprint != s.known.Fingerprint
	}},
	{ReasonStale, func(s sight, _ time.Time) (time.Time, bool) { return s.known.LastChecked, s.known.Stale }},
	{ReasonOpen, func(s sight, _ time.Time) (time.Time, bool) {
		return s.known.LastChecked, schemas.Open(s.row.Status)
	}},
}

// Plan returns the decisions to fetch, the most urgent first, as far as the budget goes. It
// depends on nothing but its arguments, and not on the order of listed, in which a session stands
// at most once. A session that is known but not listed gets no task.
func Plan(listed []Row, known map[schemas.SessionID]schemas.Known, now time.Time, b Budget) []Task {
	byClass := make([][]Task, len(classes))
	for i := range listed {
		s := sight{row: &listed[i], known: known[listed[i].ID]}
		for rank, c := range classes {
			if since, ok := c.due(s, now); ok {
				byClass[rank] = append(byClass[rank], Task{s.row.ID, s.row.Kind, s.row.Number, c.reason, since})
				break
			}
		}
	}
	for _, tasks := range byClass {
		slices.SortFunc(tasks, func(a, b Task) int {
			return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
		})
	}
	tasks := slices.Concat(byClass...)
	return tasks[:min(len(tasks), b.requests(now))]
}

// requests is how many requests fit into the budget.
func (b Budget) requests(now time.Time) int {
	n := int(^uint(0) >> 1)
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
