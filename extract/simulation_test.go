package extract

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"kycsync/schemas"
)

// simulated names the variable that makes TestSimulation live through all sizes.
const simulated = "KYCSYNC_TEST_SIMULATION"

const (
	nightsAfter = 45  // the first sync
	nightsShown = 14  // the last ones
	nightsFirst = 100 // at most, of the first sync
)

// A scenario is a course and what it is run on.
type scenario struct {
	sessions int
	held     bool
	course
}

func scenarioOf(sessions, pageSize int, held bool) scenario {
	return scenario{sessions, held, course{perMinute: 600, length: 6 * time.Hour, pageSize: pageSize, promises: DefaultPromises()}}
}

// Whatever the size of an organisation: no night exceeds its budget, nothing is looked at again
// before all that is urgent is, and a promise is reported as broken exactly when it is. With 10,000
// sessions every promise is kept, and each night is like the others.
//
// A night here is the order of cmd/kycsync/night on virtual time; the plan, the budget and the promises are
// those of this package. -v prints what each purpose takes. KYCSYNC_TEST_SIMULATION=1 adds 100,000 and
// 1,000,000 sessions and pages of 200; that takes half an hour of CPU and 6 GB:
//
//	KYCSYNC_TEST_SIMULATION=1 go test ./extract -run TestSimulation -v -timeout 4h
func TestSimulation(t *testing.T) {
	sizes, pageSizes := []int{10_000}, []int{50}
	if os.Getenv(simulated) != "" {
		sizes, pageSizes = append(sizes, 100_000, 1_000_000), append(pageSizes, 200)
	}
	for _, held := range []bool{false, true} {
		t.Run(map[bool]string{false: "review queue drains", true: "review queue stays"}[held], func(t *testing.T) {
			var columns []column
			for _, size := range sizes {
				for _, pageSize := range pageSizes {
					c := live(t, scenarioOf(size, pageSize, held))
					if size == 10_000 {
						c.keepsAll(t)
					}
					columns = append(columns, c)
				}
			}
			t.Logf("requests a night, mean of the last %d of %d nights\n%s\n%s", nightsShown, nightsAfter, markdown(columns), legend)
		})
	}
}

// Where the budget is a tenth too small, every class waits a little longer than promised, in proportion, and
// none for ever.
func TestSimulationOfTooSmallABudget(t *testing.T) {
	s := scenarioOf(10_000, 50, false)
	s.perMinute = 6
	c := live(t, s)
	t.Logf("%d requests a minute\n%s", s.perMinute, markdown([]column{c}))
	broken := 0
	for _, a := range c.last() {
		if a.breaks() {
			broken++
		}
		for _, s := range a.standings {
			if s.Oldest > s.Promise+s.Promise/4+2*Interval {
				t.Errorf("night of %s: the oldest of class %s is %v, promised are %v", a.start.Format(time.DateOnly), s.Class, s.Oldest, s.Promise)
			}
			if s.Beyond > 0 && s.Nights == 0 {
				t.Errorf("night of %s: %d of class %s are beyond their promise, and the outlook is that it is kept", a.start.Format(time.DateOnly), s.Beyond, s.Class)
			}
		}
	}
	if broken == 0 {
		t.Error("every promise is kept: want a budget that is too small")
	}
}

// live runs the first sync and the nights after it, and checks each.
func live(t *testing.T, s scenario) column {
	t.Helper()
	c := column{scenario: s}
	k := &keeper{course: s.course, population: newPopulation(s.sessions, s.held, night), known: schemas.NewSessions(0)}
	for n := 0; len(c.nights) < nightsAfter; n++ {
		start := night.AddDate(0, 0, n).Add(time.Duration(n%3-1) * 20 * time.Minute) // cron is not punctual
		if n > 0 {
			k.day(start)
		}
		a := k.night(start)
		k.check(t, s, n, a)
		a.due, a.urgent = nil, nil
		if c.first != nil && c.first.complete {
			c.nights = append(c.nights, a)
			continue
		}
		c.first = a
		c.firstRequests += a.requests()
		if c.firstNights++; c.firstNights > nightsFirst {
			t.Fatalf("%d sessions, pages of %d: the first sync does not end", s.sessions, s.pageSize)
		}
	}
	return c
}

// check holds a night against what must be true of any.
func (k *keeper) check(t *testing.T, s scenario, n int, a *account) {
	t.Helper()
	at := fmt.Sprintf("%d sessions, pages of %d, night %d", s.sessions, s.pageSize, n)
	most := Budget{Until: a.start.Add(s.length), PerMinute: s.perMinute}.Requests(a.start)
	if got := a.requests(); got > most || a.now.After(a.start.Add(s.length)) {
		t.Errorf("%s: %d requests until %v, and the budget is %d", at, got, a.now, most)
	}
	looked := 0
	for _, m := range a.checked {
		looked += m
	}
	if len(a.urgent) > 0 && looked > 0 || slices.ContainsFunc(a.due, Task.Urgent) {
		t.Errorf("%s: %d sessions were looked at again, and %d urgent ones were not", at, looked, len(a.urgent))
	}
	if len(a.urgent) > 0 {
		return // what was not fetched is not in the class that it is known in
	}
	want := k.ages(a.now)
	for _, got := range a.standings[:len(classOrder)] {
		if w := want[got.Class]; got.Sessions != w.Sessions || got.Oldest != w.Oldest || got.Beyond != w.Beyond || got.Beyond > 0 != (got.Oldest > got.Promise) {
			t.Errorf("%s: class %s: got %d sessions, the oldest %v, %d beyond; want %d, %v, %d", at, got.Class,
				got.Sessions, got.Oldest, got.Beyond, w.Sessions, w.Oldest, w.Beyond)
		}
	}
}

// ages tells how old our knowledge of each class is by what the vendor has. A session that is not
// listed any more counts until it is proven gone.
func (k *keeper) ages(now time.Time) map[Class]*Standing {
	all := map[Class]*Standing{}
	for _, c := range classOrder {
		all[c] = &Standing{Class: c, Promise: k.promises[c]}
	}
	for i := range k.all {
		s := &k.all[i]
		if s.looked.IsZero() || s.gone && !slices.Contains(k.absent, i) {
			continue
		}
		all[k.classOf(s, now)].Take(now.Sub(s.looked))
	}
	return all
}

func (k *keeper) classOf(s *subject, now time.Time) Class {
	approved := s.row.Status == "Approved"
	switch {
	case slices.Contains([]string{"Not Started", "In Progress", "Resubmitted"}, s.row.Status):
		return ClassOpen
	case s.row.Status == "In Review" && now.Sub(k.known.Get(s.row.ID).StatusSince) > 30*24*time.Hour:
		return ClassLongReview
	case s.row.Status == "In Review":
		return ClassInReview
	case approved && s.screened:
		return ClassMonitored
	case approved && !s.expires.IsZero() && s.expires.Sub(now) < 30*24*time.Hour:
		return ClassExpiring
	case s.row.Kind == schemas.BusinessSession:
		return ClassBusiness
	}
	return ClassSettled
}

// keepsAll asserts that each promise is kept in each night after the first sync, and that none of the
// last ones is much longer than another.
func (c *column) keepsAll(t *testing.T) {
	t.Helper()
	short, long := c.last()[0].requests(), 0
	for _, a := range c.last() {
		short, long = min(short, a.requests()), max(long, a.requests())
	}
	if 2*long > 3*short {
		t.Errorf("%d sessions: a night of %d requests and one of %d", c.sessions, short, long)
	}
	for _, a := range c.nights {
		for _, s := range a.standings {
			if n := a.late[s.Class]; n > 0 {
				t.Errorf("%d sessions, night of %s: %d of class %s are beyond the promise of %v, the oldest is %v", c.sessions,
					a.start.Format(time.DateOnly), n, s.Class, s.Promise, a.oldest[s.Class])
			}
		}
		if !a.complete || a.postponed > 0 {
			t.Errorf("%d sessions, night of %s: %d were due and not looked at", c.sessions, a.start.Format(time.DateOnly), a.postponed)
		}
	}
}

// A list of so many rows takes the pages that the simulation says.
func TestSimulatedPages(t *testing.T) {
	for _, rows := range []int{0, 1, 50, 51, 97, 98, 1000} {
		d := newDescent(func(_ context.Context, offset int) (numbers, error) { return numbers{offset, rows}, nil })
		pages := 0
		d.take = func(n numbers) error {
			pages++
			for _, m := range n.marks() {
				d.note(m)
			}
			return nil
		}
		if err := d.down(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if err := d.again(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := pagesOf(rows, 50); pages != want || len(d.seen) != rows || !d.chained {
			t.Errorf("%d rows: %d pages showed %d, want %d pages", rows, pages, len(d.seen), want)
		}
	}
}

// numbers is a page of fifty rows of a list of numbers.
type numbers struct{ offset, rows int }

func (n numbers) size() int  { return max(0, min(50, n.rows-n.offset)) }
func (n numbers) more() bool { return n.offset+50 < n.rows }

func (n numbers) marks() (marks []mark) {
	for i := range n.size() {
		rank := n.rows - n.offset - i
		marks = append(marks, mark{keyOf(testID(rank)), int64(rank)})
	}
	return marks
}
