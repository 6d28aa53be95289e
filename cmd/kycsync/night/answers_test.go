package night

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/sql"
)

// TestAnswers holds what the views say after some nights against a second computation: in plain Go, from the vendor's
// own log and from the answers that it gave on those nights. Neither our SQL nor our reading of JSON has a part in it.
//
// KYCSYNC_TEST_ANSWERS=20000 takes so many sessions, at the pace of a real vendor, and
// KYCSYNC_TEST_ANSWERS_SEED=5 another population.
func TestAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("six nights, and every view")
	}
	w := lived(t)
	compared := map[string]int{}
	for _, group := range []func() []answer{
		w.changeAnswers, w.decisionAnswers, w.reviewAnswers, w.monthAnswers, w.reasonAnswers, w.userAnswers, w.verificationAnswers,
		w.firmAnswers, w.hitAnswers, w.screeningAnswers, w.documentAnswers, w.placeAnswers, w.sharedAnswers, w.sessionAnswers, w.nightAnswers,
	} {
		for _, a := range group() {
			from := cmp.Or(a.from, a.view)
			t.Run(a.view, func(t *testing.T) { compared[a.view] += a.hold(t, w.house, from) })
		}
	}
	for _, v := range sql.Views {
		n, is := compared[v.Name]
		switch why := uncompared[v.Name]; {
		case is && why != "":
			t.Errorf("%s is compared, though %q", v.Name, why)
		case !is && why == "":
			t.Errorf("%s has no second computation and no reason for that", v.Name)
		case is && n == 0 && os.Getenv("KYCSYNC_TEST_ANSWERS_SEED") == "": // other populations may lack something
			t.Errorf("%s: there is nothing to compare", v.Name)
		}
	}
	for name := range maps.Keys(uncompared) {
		if sql.Lookup(name) == nil {
			t.Errorf("there is no view %s", name)
		}
	}
	rows := 0
	for _, n := range compared {
		rows += n
	}
	t.Logf("%d views with %d rows are as the vendor's account has them; %d sessions, %d nights", len(compared), rows, len(w.all), len(w.nights))
}

// uncompared are the views that have no second computation, with the reason.
var uncompared = map[string]string{
	"checks": "it tells of the warehouse itself",
}

// An answer is what a view must say.
type answer struct {
	view    string
	from    string // the call of a macro. Defaults to the view
	columns string
	rows    [][]any
}

// hold compares and returns how many rows there were. Rows may come in any order.
func (a answer) hold(t *testing.T, h *house, from string) int {
	t.Helper()
	type side struct{ want, got [][]float64 }
	rows := map[string]*side{} // by all but the fractions, which may differ in the last digits
	add := func(row []any, to func(*side) *[][]float64) {
		text, fractions := line(row)
		if rows[text] == nil {
			rows[text] = &side{}
		}
		list := to(rows[text])
		*list = append(*list, fractions)
	}
	for _, r := range a.rows {
		add(r, func(s *side) *[][]float64 { return &s.want })
	}
	for _, r := range h.rows(t, "SELECT "+a.columns+" FROM "+from) {
		add(r, func(s *side) *[][]float64 { return &s.got })
	}
	bad := 0
	for _, text := range slices.Sorted(maps.Keys(rows)) {
		s := rows[text]
		slices.SortFunc(s.want, slices.Compare)
		slices.SortFunc(s.got, slices.Compare)
		if slices.EqualFunc(s.want, s.got, func(a, b []float64) bool { return slices.EqualFunc(a, b, near) }) {
			continue
		}
		if bad++; bad <= 20 {
			t.Errorf("%s\n\tthe vendor's account: %v\n\tthe view: %v", text, s.want, s.got)
		}
	}
	if bad > 0 {
		t.Errorf("%s: %d rows differ of %d in %s", from, bad, len(a.rows), a.columns)
	}
	return len(a.rows)
}

// near holds for numbers that come of the same figures, added up in another order or from instants in seconds.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-8*max(1, math.Abs(a)) }

// line writes a row in one way, whichever side it comes from, with its fractions apart.
func line(row []any) (text string, fractions []float64) {
	var cells []string
	for _, cell := range row {
		switch c := cell.(type) {
		case *string:
			cell = valueOf(c)
		case *time.Time:
			cell = valueOf(c)
		case *float64:
			cell = valueOf(c)
		}
		switch c := cell.(type) {
		case nil:
			cells = append(cells, "-")
		case time.Time:
			cells = append(cells, c.UTC().Format("2006-01-02T15:04:05.999999"))
		case float64:
			cells, fractions = append(cells, "#"), append(fractions, c)
		default:
			cells = append(cells, fmt.Sprint(cell))
		}
	}
	return strings.Join(cells, " | "), fractions
}

func valueOf[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// A life is a population over some nights, what the vendor told in them, and the warehouse that was made of it.
type life struct {
	vendor *didittest.Vendor
	house  *house
	nights []time.Time
	known  time.Time               // until when the warehouse knows: some commits of the last night came after the vendor's time
	all    []*dossier              // what some night could see, by arrival
	people []*dossier              // of these, the sessions of persons
	users  map[string][]listedUser // by id, one for each night in which the list had it
	firm   []relationship
	lists  []listedCountry
	asked  map[string]bool // sessions that a transaction led to
	chains map[*dossier][]statusChange
	// origins are remembered: to find one looks at all sessions.
	origins map[*dossier]origin
}

func lived(t *testing.T) *life {
	sessions, restless := searched("ANSWERS", 160), 14.0
	if sessions >= 2000 {
		restless = 1
	}
	start := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)
	v, err := didittest.New(didittest.Options{Seed: uint64(searched("ANSWERS_SEED", 13)), Sessions: sessions, Restless: restless, Odd: 0.2, Start: start, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	w := &life{vendor: v, users: map[string][]listedUser{}, asked: map[string]bool{}, chains: map[*dossier][]statusChange{}, origins: map[*dossier]origin{}}
	const nights = 6 // into December
	w.live(t, start, nights)
	return w
}
