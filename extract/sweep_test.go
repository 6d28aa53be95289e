package extract

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/schemas"
)

// A shiftyList serves the session list and changes it between requests by its dice. It keeps the
// truth: which sessions exist, and which ever did.
type shiftyList struct {
	sync.Mutex // pages are asked for side by side
	dice       *rand.Rand
	numbers    []int // ascending
	created    map[int]time.Time
	next       int
	gone       map[int]bool

	maxLimit int                       // what the server grants; 0: all
	churn    int                       // changes before a request: one in churn chances each
	burst    int                       // sessions that one deletion takes away
	skew     func(from, to string) int // added to count of the days from to to; empty: open
	garble   func(row string) string   // of one row in seven
	shuffle  bool                      // rows are not in order
	requests int
}

func newShiftyList(seed uint64, n int) *shiftyList {
	l := &shiftyList{dice: rand.New(rand.NewPCG(seed, 1)), created: map[int]time.Time{}, gone: map[int]bool{}, next: 1, burst: 1}
	for range n {
		l.create()
	}
	return l
}

var firstDay = time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)

func (l *shiftyList) create() {
	l.numbers = append(l.numbers, l.next)
	l.created[l.next] = firstDay.Add(time.Duration(l.next) * 3 * time.Hour)
	l.next++
}

func (l *shiftyList) change() {
	if l.churn == 0 {
		return
	}
	if l.dice.IntN(l.churn) == 0 {
		for range 1 + l.dice.IntN(3) {
			l.create()
		}
	}
	if l.dice.IntN(l.churn) == 0 && len(l.numbers) > l.burst {
		at := l.dice.IntN(len(l.numbers) - l.burst)
		for _, n := range l.numbers[at : at+l.burst] {
			l.gone[n] = true
		}
		l.numbers = append(l.numbers[:at:at], l.numbers[at+l.burst:]...)
	}
}

func (l *shiftyList) RoundTrip(req *http.Request) (*http.Response, error) {
	l.Lock()
	defer l.Unlock()
	if l.requests++; l.requests > 1 {
		l.change()
	}
	q := req.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	if l.maxLimit > 0 {
		limit = min(limit, l.maxLimit)
	}
	from, to := q.Get("date_from"), q.Get("date_to")
	var match []int
	for i := len(l.numbers) - 1; i >= 0; i-- {
		day := l.created[l.numbers[i]].Format(time.DateOnly)
		if q.Get("session_kind") == "business" && to != "" && day >= to || (from != "" && day < from) || (to != "" && day > to) {
			continue
		}
		match = append(match, l.numbers[i])
	}
	if l.shuffle {
		for i := range match { // a fixed order that is not the numbers'
			j := (i * 7) % len(match)
			match[i], match[j] = match[j], match[i]
		}
	}
	count := len(match)
	if q.Get("session_kind") == "business" {
		count = min(count, boundedCount)
	}
	if l.skew != nil {
		count = max(0, count+l.skew(from, to))
	}
	page := match[min(offset, len(match)):min(offset+limit, len(match))]
	next := "null"
	if offset+limit < len(match) {
		next = `"https://elsewhere.example/v3/sessions/?limit=1"`
	}
	rows := make([]string, len(page))
	for i, n := range page {
		rows[i] = fmt.Sprintf(`{"session_id":%q,"session_number":%d,"status":"Approved","created_at":%q}`,
			testID(n), n, l.created[n].Format("2006-01-02T15:04:05.000000Z"))
		if l.garble != nil && n%7 == 0 {
			rows[i] = l.garble(rows[i])
		}
	}
	return canned(http.StatusOK, fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, count, next, strings.Join(rows, ","))), nil
}

// sweepShiftyDays lists the days from one to another and holds what was visited against the truth.
func sweepShiftyDays(t *testing.T, l *shiftyList, kind schemas.SessionKind, from, to time.Time) Sweep {
	t.Helper()
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: 10, Transport: l})
	if err != nil {
		t.Fatal(err)
	}
	inside := func(n int) bool {
		l.Lock()
		defer l.Unlock()
		return !l.created[n].Before(from) && l.created[n].Before(to.AddDate(0, 0, 1))
	}
	atStart := append([]int(nil), l.numbers...)
	visits := map[schemas.SessionID]int{}
	sw, err := c.SweepDays(t.Context(), kind, from, to, func(p Page) error {
		for _, r := range p.Rows {
			if visits[r.ID]++; !inside(int(r.Number)) {
				t.Errorf("session %d is not of these days", r.Number)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range atStart {
		if inside(n) && !l.gone[n] && visits[testID(n)] != 1 {
			t.Errorf("session %d existed throughout and was visited %d times: %+v", n, visits[testID(n)], sw)
		}
	}
	if sw.Distinct != len(visits) {
		t.Errorf("visited %d rows, the sweep says %d", len(visits), sw.Distinct)
	}
	return sw
}

// sweepShifty sweeps and holds what was visited against the truth.
func sweepShifty(t *testing.T, l *shiftyList, kind schemas.SessionKind, pageSize int) Sweep {
	t.Helper()
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: pageSize, Transport: l})
	if err != nil {
		t.Fatal(err)
	}
	atStart := append([]int(nil), l.numbers...)
	visits := map[schemas.SessionID]int{}
	sw, err := c.Sweep(t.Context(), kind, func(p Page) error {
		for _, r := range p.Rows {
			visits[r.ID]++
		}
		return nil
	})
	if err != nil {
		t.Fatalf("sweep: %v", err)
	}
	for _, n := range atStart {
		if !l.gone[n] && visits[testID(n)] == 0 && l.garble == nil && l.skew == nil {
			t.Errorf("session %d existed throughout and was missed: %+v", n, sw)
		}
	}
	for id, n := range visits {
		if n != 1 {
			t.Errorf("session %s was visited %d times", id, n)
		}
	}
	if got := len(visits) + len(sw.Bad); got != sw.Distinct {
		t.Errorf("visited %d rows, the sweep says %d", got, sw.Distinct)
	}
	return sw
}

func TestSweepMissesNothingWhileTheListChanges(t *testing.T) {
	seeds := 1000
	if testing.Short() {
		seeds = 200
	}
	var repeated, requests int
	for seed := range uint64(seeds) {
		l := newShiftyList(seed, 30+int(seed%400))
		l.churn = 1 + int(seed%5)
		l.burst = 1 + int(seed/5%3)*7 // sometimes more than the overlap, sometimes more than a page
		sw := sweepShifty(t, l, schemas.UserSession, 10+int(seed%3)*7)
		if !sw.Complete || sw.Explanation != "" {
			t.Errorf("seed %d: not complete: %+v", seed, sw)
		}
		if sw.Passes > 1 {
			repeated++
		}
		requests += sw.Pages
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d lists, %d requests, %d lists passed more than once", seeds, requests, repeated)
}

func TestSweepOfAQuietListCostsTheOverlapAndOneRequest(t *testing.T) {
	l := newShiftyList(1, 1000)
	sw := sweepShifty(t, l, schemas.UserSession, 100)
	if sw.Pages != 12 || sw.Passes != 1 || sw.CountBefore != 1000 || sw.CountAfter != 1000 || !sw.Complete {
		t.Errorf("got %+v, want 11 pages and the first once more", sw)
	}
}

func TestSweepOfAnEmptyList(t *testing.T) {
	sw := sweepShifty(t, newShiftyList(1, 0), schemas.BusinessSession, 100)
	if sw.Pages != 1 || !sw.Complete || sw.Distinct != 0 {
		t.Errorf("got %+v, want one request and nothing listed", sw)
	}
}

func TestSweepGoesBeyondACountThatIsBounded(t *testing.T) {
	for seed := range uint64(200) {
		l := newShiftyList(seed, 95+int(seed))
		l.churn = 2
		if sw := sweepShifty(t, l, schemas.BusinessSession, 20); !sw.Complete {
			t.Fatalf("seed %d: %+v", seed, sw)
		}
	}
}

func TestSweepFollowsASmallerPage(t *testing.T) {
	l := newShiftyList(1, 333)
	l.maxLimit = 25
	sw := sweepShifty(t, l, schemas.UserSession, 100)
	if !sw.Complete || sw.Distinct != 333 {
		t.Errorf("got %+v, want all 333", sw)
	}
	if l.maxLimit = 1; !sweepShifty(t, l, schemas.UserSession, 100).Complete {
		t.Error("pages of one row: not complete, though the counts fit")
	}
}

func TestSweepOfAListThatIsNotInOrder(t *testing.T) {
	l := newShiftyList(1, 300)
	l.shuffle = true
	if sw := sweepShifty(t, l, schemas.UserSession, 50); !sw.Complete || sw.Distinct != 300 {
		t.Errorf("got %+v, want all 300, by the counts alone", sw)
	}
}

func TestSweepExplainsACountThatDoesNotFit(t *testing.T) {
	for _, tc := range []struct {
		name string
		skew func(from, to string) int
		want string
	}{
		{"one more on one day", func(from, to string) int {
			if (from == "" || from <= "2026-10-03") && (to == "" || to >= "2026-10-03") {
				return 1
			}
			return 0
		}, "2026-10-03: 8 listed, count says 9"},
		{"one less on all, but not on any month", func(from, to string) int {
			if from == "" && to == "" {
				return -1
			}
			return 0
		}, "all: 300 listed, count says 299, though every month fits"},
	} {
		inBubble(t, tc.name, func(t *testing.T) {
			l := newShiftyList(1, 300)
			l.skew = tc.skew
			sw := sweepShifty(t, l, schemas.UserSession, 50)
			if sw.Complete || sw.Explanation != tc.want || sw.Distinct != 300 {
				t.Errorf("got %+v, want the explanation %q", sw, tc.want)
			}
		})
	}
}

func TestSweepOfDaysMissesNothingWhileTheyChange(t *testing.T) {
	for seed := range uint64(200) {
		l := newShiftyList(seed, 200+int(seed))
		l.churn = 1 + int(seed%5)
		l.burst = 1 + int(seed/5%2)*7
		kind := []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession}[seed%2]
		from := firstDay.AddDate(0, 0, int(seed%20))
		if sw := sweepShiftyDays(t, l, kind, from, from.AddDate(0, 0, int(seed%9))); !sw.Complete || sw.Explanation != "" {
			t.Errorf("seed %d: not complete: %+v", seed, sw)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Days that do not fit their count are listed four times, and not divided.
func TestSweepOfDaysThatNeverFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newShiftyList(1, 300)
		l.skew = func(string, string) int { return 1 }
		day := time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)
		sw := sweepShiftyDays(t, l, schemas.UserSession, day, day.AddDate(0, 0, 1))
		if sw.Complete || sw.Passes != 4 || sw.Explanation != "2026-10-03 to 2026-10-04: 16 listed, count says 17" {
			t.Errorf("got %+v, want four passes and an explanation", sw)
		}
	})
}

func TestDaysAreWholeAndRunForwards(t *testing.T) {
	var asked []string
	l := newShiftyList(1, 100)
	c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.Query().Get("date_from")+" to "+r.URL.Query().Get("date_to"))
		return l.RoundTrip(r)
	}), 0)
	visit := func(Page) error { return nil }
	noon := time.Date(2026, 10, 3, 12, 0, 0, 0, time.UTC)
	for _, days := range [][2]time.Time{{noon, noon.Add(-time.Hour)}, {noon, {}}, {{}, noon.In(time.FixedZone("", 13*3600))}, {}} {
		if sw, err := c.SweepDays(t.Context(), schemas.UserSession, days[0], days[1], visit); err != nil || !sw.Complete {
			t.Errorf("%v: got %+v, %v", days, sw, err)
		}
	}
	if got, want := fmt.Sprint(asked), "[2026-10-03 to 2026-10-03 2026-10-03 to   to 2026-10-03  to ]"; got != want {
		t.Errorf("asked for %s\nwant      %s", got, want)
	}
	if _, err := c.SweepDays(t.Context(), schemas.UserSession, noon, noon.AddDate(0, 0, -1), visit); err == nil || len(asked) != 4 {
		t.Error("days that run backwards are listed, as none")
	}
	if _, err := c.SweepDays(t.Context(), "all", noon, noon, visit); err == nil || len(asked) != 4 {
		t.Error("kind all is taken, which loses rows")
	}
}

// A row that the list leaves out at first turns up when its day is listed again.
func TestBisectionMendsAHole(t *testing.T) {
	synctest.Test(t, testHole)
}

func testHole(t *testing.T) {
	l := newShiftyList(1, 300)
	hole := l.numbers[100]
	hidden := true
	l.numbers = append(l.numbers[:100:100], l.numbers[101:]...)
	day := l.created[hole].Format(time.DateOnly)
	l.skew = func(from, to string) int {
		switch {
		case !hidden || from > day || to != "" && to < day:
			return 0
		case from == day && to == day: // this answer counts it, the next one lists it
			hidden = false
			l.numbers = slices.Insert(l.numbers, 100, hole)
		}
		return 1
	}
	sw := sweepShifty(t, l, schemas.UserSession, 50)
	if sw.Distinct != 300 || !sw.Complete {
		t.Errorf("got %+v, want all 300", sw)
	}
}

func TestSweepSetsUnreadableRowsAside(t *testing.T) {
	for _, tc := range []struct {
		name, old, new, reason string
		id, number             bool // still readable
	}{
		{"no id", `"session_id"`, `"id"`, "session_id: want a UUID", false, true},
		{"id of another form", `-4000-`, `-40x0-`, "session_id: want a UUID", false, true},
		{"number is text", `"session_number":`, `"session_number":"7","n":`, "session_number: want a whole number", true, false},
		{"number is a fraction", `,"status"`, `.5,"status"`, "session_number: want a whole number", true, false},
		{"a name twice", `"status":`, `"status":null,"status":`, "want strict JSON: a name stands twice or a text is not UTF-8", false, false},
		{"bad UTF-8", `Approved`, "Appr\xffved", "want strict JSON: a name stands twice or a text is not UTF-8", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newShiftyList(1, 100)
			l.garble = func(row string) string { return strings.Replace(row, tc.old, tc.new, 1) }
			sw := sweepShifty(t, l, schemas.UserSession, 30)
			if !sw.Complete || len(sw.Bad) != 14 || sw.Distinct != 100 {
				t.Fatalf("got %+v, want 14 unreadable rows of 100", sw)
			}
			if b := sw.Bad[0]; b.Reason != tc.reason || (b.ID != "") != tc.id || (b.Number != 0) != tc.number {
				t.Errorf("got %+v, want reason %q", b, tc.reason)
			}
		})
	}
}

// inBubble runs a subtest in virtual time.
func inBubble(t *testing.T, name string, f func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}
