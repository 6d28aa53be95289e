package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A restlessList serves a list of entities in descending order of their last activity and, between
// requests, adds some, lets some go away and makes some active, which moves them to the top. It
// keeps the truth.
type restlessList struct {
	sync.Mutex // pages are asked for side by side
	dice       *rand.Rand
	idle       []int // never active, ascending; they stand before or after the others
	moved      []int // the others, the one active last at the end
	at         map[int]time.Time
	gone       map[int]bool
	next       int
	clock      time.Time

	idleFirst bool
	maxLimit  int                     // what the server grants; 0: all
	churn     int                     // changes before a request: one in churn chances each; 0: none
	burst     int                     // how many go away at once
	total     func(exact int) string  // total_transactions; nil: absent
	garble    func(row string) string // of one row in seven
	shuffle   bool
	requests  int
}

func newRestlessList(seed uint64, idle, active int) *restlessList {
	l := &restlessList{dice: rand.New(rand.NewPCG(seed, 2)), at: map[int]time.Time{}, gone: map[int]bool{}, burst: 1, clock: firstDay}
	for range idle {
		l.next++
		l.idle = append(l.idle, l.next)
	}
	for range active {
		l.next++
		l.touch(l.next)
	}
	return l
}

// touch makes an entity active now.
func (l *restlessList) touch(n int) {
	other := func(m int) bool { return m == n }
	l.idle, l.moved = slices.DeleteFunc(l.idle, other), append(slices.DeleteFunc(l.moved, other), n)
	l.clock = l.clock.Add(time.Second)
	l.at[n] = l.clock
}

func (l *restlessList) change() {
	if l.churn == 0 {
		return
	}
	if l.dice.IntN(l.churn) == 0 {
		l.next++
		l.touch(l.next)
	}
	for range 2 {
		if all := l.rows(); l.dice.IntN(l.churn) == 0 && len(all) > 0 {
			l.touch(all[l.dice.IntN(len(all))])
		}
	}
	if all := l.rows(); l.dice.IntN(l.churn) == 0 && len(all) > l.burst {
		from := l.dice.IntN(len(all) - l.burst)
		for _, n := range all[from : from+l.burst] {
			l.gone[n] = true
		}
		left := func(n int) bool { return l.gone[n] }
		l.idle, l.moved = slices.DeleteFunc(l.idle, left), slices.DeleteFunc(l.moved, left)
	}
}

// rows are the entities in the list's order.
func (l *restlessList) rows() []int {
	moved := slices.Clone(l.moved)
	slices.Reverse(moved)
	if l.idleFirst {
		return slices.Concat(l.idle, moved)
	}
	return slices.Concat(moved, l.idle)
}

func (l *restlessList) RoundTrip(req *http.Request) (*http.Response, error) {
	l.Lock()
	defer l.Unlock()
	if l.requests++; l.requests > 1 {
		l.change()
	}
	all := l.rows()
	if l.shuffle {
		for i := range all { // a fixed order that is not that of activity
			j := (i * 7) % len(all)
			all[i], all[j] = all[j], all[i]
		}
	}
	limit, _ := strconv.Atoi(req.URL.Query().Get("limit"))
	offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
	if l.maxLimit > 0 {
		limit = min(limit, l.maxLimit)
	}
	next, total := "null", ""
	if offset+limit < len(all) {
		next = `"https://elsewhere.example/v3/users/?limit=1"`
	}
	if l.total != nil {
		total = `,"total_transactions":` + l.total(len(all))
	}
	var rows []string
	for _, n := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		row := fmt.Sprintf(`{"didit_internal_id":%q,"uuid":%q,"vendor_data":"user %d","last_session_at":%s,"txn_date":%[4]s}`, testID(n), testID(n), n, l.stamp(n))
		if l.garble != nil && n%7 == 0 {
			row = l.garble(row)
		}
		rows = append(rows, row)
	}
	return canned(http.StatusOK, fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]%s}`, min(len(all), boundedCount), next, strings.Join(rows, ","), total)), nil
}

func (l *restlessList) stamp(n int) string {
	if l.at[n].IsZero() {
		return "null"
	}
	return strconv.Quote(l.at[n].Format("2006-01-02T15:04:05.000000Z"))
}

type lister func(context.Context, func([]Item) error) (Listing, error)

// listRestless lists and holds what was visited against the truth.
func listRestless(t *testing.T, l *restlessList, pageSize int, which func(*Client) lister) Listing {
	t.Helper()
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: pageSize, Transport: l})
	if err != nil {
		t.Fatal(err)
	}
	atStart := l.rows()
	visits := map[string]int{}
	got, err := which(c)(t.Context(), func(items []Item) error {
		for _, it := range items {
			visits[it.ID]++
			if !bytes.Contains(it.Body, []byte(it.ID)) || it.VendorData == "" || it.ObservedAt.Location() != time.UTC {
				t.Errorf("got %+v", it)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range atStart {
		if !l.gone[n] && visits[string(testID(n))] == 0 && l.garble == nil {
			t.Errorf("entity %d existed throughout and was missed: %+v", n, got)
		}
	}
	for id, n := range visits {
		if n != 1 {
			t.Errorf("entity %s was visited %d times", id, n)
		}
	}
	if got.Distinct != len(visits) || got.Pages != l.requests {
		t.Errorf("visited %d in %d requests, the listing says %+v", len(visits), l.requests, got)
	}
	return got
}

func ofUsers(c *Client) lister        { return c.Users }
func ofTransactions(c *Client) lister { return c.Transactions }

func TestNoEntityIsMissedWhileTheListMoves(t *testing.T) {
	seeds := 4000
	if testing.Short() {
		seeds = 200
	}
	requests := 0
	for seed := range uint64(seeds) {
		l := newRestlessList(seed, int(seed%3)*20, 30+int(seed%300))
		l.idleFirst = seed%2 == 0
		l.churn = 1 + int(seed%5)
		l.burst = 1 + int(seed/5%3)*7 // sometimes more than the overlap, sometimes more than a page
		got := listRestless(t, l, 10+int(seed%3)*7, ofUsers)
		if !got.Complete || got.Explanation != "" || got.Total != -1 {
			t.Errorf("not complete: %+v", got)
		}
		requests += got.Pages
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d lists, %d requests", seeds, requests)
}

func visitUsers(t *testing.T, c *Client) (got Listing, visited map[string]bool, err error) {
	visited = map[string]bool{}
	got, err = c.Users(t.Context(), func(items []Item) error {
		for _, it := range items {
			visited[it.ID] = true
		}
		return nil
	})
	return got, visited, err
}

// A user whom nobody has seen becomes active and then everybody who was seen does. The head is
// then longer than a page, and what was missed stands at its end.
func TestHeadIsReadBeyondThoseWhoMovedInIt(t *testing.T) {
	l := newRestlessList(1, 0, 60)
	inner := roundTripper(func(r *http.Request) (*http.Response, error) {
		l.Lock()
		if l.requests == 2 {
			seen := l.rows()[:17]
			l.touch(1) // the last of all
			for _, n := range seen {
				l.touch(n)
			}
		}
		l.Unlock()
		return l.RoundTrip(r)
	})
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: 10, Transport: inner})
	if err != nil {
		t.Fatal(err)
	}
	got, visited, err := visitUsers(t, c)
	if err != nil || !got.Complete || len(visited) != 60 || !visited[string(testID(1))] {
		t.Errorf("got %+v, %v, with %d visited; want all 60", got, err, len(visited))
	}
}

// A user moves to just below a page that was read, above users whom pages before it showed; then
// some go away from the top, which pulls that user out of the next page. That page still shows users who were
// seen, and the head ends with one who stands: neither proves that nobody was skipped.
func TestPageJoinsTheOneBeforeAndNoOther(t *testing.T) {
	l := newRestlessList(1, 0, 60)
	inner := roundTripper(func(r *http.Request) (*http.Response, error) {
		l.Lock()
		switch l.requests {
		case 1: // the first page showed 60 to 51
			for n := 1; n <= 18; n++ {
				l.touch(n)
			}
		case 4: // then, in two steps, 18 to 2 were shown
			for n := 14; n <= 18; n++ {
				l.gone[n] = true
			}
			l.moved = slices.DeleteFunc(l.moved, func(n int) bool { return l.gone[n] })
		}
		l.Unlock()
		return l.RoundTrip(r)
	})
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: 10, Workers: 1, Transport: inner})
	if err != nil {
		t.Fatal(err)
	}
	got, visited, err := visitUsers(t, c)
	if err != nil || !got.Complete || !visited[string(testID(1))] {
		t.Errorf("got %+v, %v, with %d visited; want user 1 among them", got, err, len(visited))
	}
}

func TestQuietListCostsTheOverlapAndOneRequest(t *testing.T) {
	l := newRestlessList(1, 0, 1000)
	l.total = strconv.Itoa
	if got := listRestless(t, l, 100, ofTransactions); got.Pages != 12 || got.Distinct != 1000 || got.Total != 1000 || !got.Complete {
		t.Errorf("got %+v, want 11 pages and the first once more", got)
	}
	if got := listRestless(t, newRestlessList(1, 0, 0), 100, ofUsers); got.Pages != 1 || !got.Complete {
		t.Errorf("got %+v, want one request for nothing", got)
	}
	l = newRestlessList(1, 0, 200)
	l.maxLimit = 25
	if got := listRestless(t, l, 100, ofUsers); got.Distinct != 200 || !got.Complete {
		t.Errorf("got %+v, want all 200 by smaller pages", got)
	}
}

func TestListingThatMayBeIncompleteSaysWhy(t *testing.T) {
	for _, tc := range []struct {
		name   string
		total  func(int) string
		active int
		messy  bool
		want   string
	}{
		{"total beyond the bound", func(n int) string { return strconv.Itoa(n + 1) }, 150, false, "150 listed, count says 151"},
		{"a total that is none", func(int) string { return `"many"` }, 150, false, ""},
		{"rows not in order, and a total", strconv.Itoa, 150, true, ""},
		{"rows not in order, and no count", nil, 150, true, "150 listed, but pages do not join or rows are not in order"},
		{"rows not in order, and few enough to count", nil, 90, true, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newRestlessList(1, 0, tc.active)
			l.total, l.shuffle = tc.total, tc.messy
			got := listRestless(t, l, 40, ofTransactions)
			if got.Explanation != tc.want || got.Complete != (tc.want == "") || got.Distinct != tc.active {
				t.Errorf("got %+v, want %q", got, tc.want)
			}
		})
	}
}

// A row that the first pass does not show turns up in the next.
func TestShortListIsRepeated(t *testing.T) {
	l := newRestlessList(1, 0, 150)
	hidden := l.moved[40]
	l.moved = slices.Delete(l.moved, 40, 41)
	passes := 0
	l.total = func(exact int) string {
		if passes++; passes == 7 { // the last request of the first pass
			l.moved = slices.Insert(l.moved, 40, hidden)
		}
		return "150"
	}
	if got := listRestless(t, l, 40, ofTransactions); !got.Complete || got.Distinct != 150 {
		t.Errorf("got %+v, want all 150", got)
	}
}

func TestListThatRepeatsItselfEnds(t *testing.T) {
	l := newRestlessList(1, 0, 30)
	c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		r.URL.RawQuery = "limit=10" // the server does not look at the offset
		return l.RoundTrip(r)
	}), 0)
	got, err := c.Users(t.Context(), func([]Item) error { return nil })
	if err != nil || got.Complete || got.Distinct != 10 || l.requests > 2*maxBarren {
		t.Errorf("got %+v, %v after %d requests, want an end and not complete", got, err, l.requests)
	}
}

func TestRowsWithoutAnIDAreCounted(t *testing.T) {
	for _, tc := range []struct{ name, old, new string }{
		{"none", `"didit_internal_id"`, `"id"`},
		{"null", `"didit_internal_id":"`, `"didit_internal_id":null,"was":"`},
		{"another form", `-4000-`, `-40x0-`},
		{"twice", `{`, fmt.Sprintf(`{"didit_internal_id":%q,`, testID(1))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newRestlessList(1, 0, 98)
			l.garble = func(row string) string { return strings.Replace(row, tc.old, tc.new, 1) }
			if got := listRestless(t, l, 30, ofUsers); got.Bad != 14 || got.Distinct != 84 || !got.Complete {
				t.Errorf("got %+v, want 84 and 14 unreadable", got)
			}
		})
	}
	c := testClient(t, roundTripper(func(*http.Request) (*http.Response, error) {
		return canned(200, `{"count":2,"next":null,"results":[null,[]]}`), nil
	}), 0)
	if got, err := c.Businesses(t.Context(), nil); err != nil || got.Bad != 2 || !got.Complete {
		t.Errorf("got %+v, %v, want 2 unreadable rows", got, err)
	}
}

func TestErrorOfTheVisitorEndsTheListing(t *testing.T) {
	l := newRestlessList(1, 0, 300)
	c := testClient(t, l, 0)
	full := errors.New("disk full")
	got, err := c.Users(t.Context(), func([]Item) error { return full })
	if !errors.Is(err, full) || got.Complete || l.requests != 1 {
		t.Errorf("got %+v, %v after %d requests, want the visitor's error after one", got, err, l.requests)
	}
}
