package night

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// A cell is where a session counts: its month of creation and its status.
type cell struct{ month, status string }

// A tally counts sessions by cell.
type tally map[cell]int

// of adds up the cells that a figure counts. Empty members of the figure's cell stand for all.
func (t tally) of(c cell) (n int) {
	for have, count := range t {
		if (c.month == "" || c.month == have.month) && (c.status == "" || c.status == have.status) {
			n += count
		}
	}
	return n
}

// A figure is one count of the vendor's that is held against ours.
type figure struct {
	cell
	before, after int // -1: not counted
	at            time.Time
	differs       bool   // it stays so after the days in question were listed again
	moving        bool   // the vendor's own count went on while the list was read
	note          string // what was found out
}

// vendor is the vendor's newest count.
func (f *figure) vendor() int {
	if f.after >= 0 {
		return f.after
	}
	return f.before
}

func (f *figure) dimension() string {
	switch {
	case f.month != "" && f.status != "":
		return "month_status"
	case f.month != "":
		return "month"
	case f.status != "":
		return "status"
	}
	return "all"
}

// totals are the figures of a night.
type totals struct {
	figures  []*figure
	relisted int // days that were listed again
	searched int // counts that the search for differences took
}

// statuses are those that the vendor has.
var statuses = []string{"Not Started", "In Progress", "Awaiting User", "In Review", "Approved", "Declined", "Resubmitted", "Abandoned", "Expired", "Kyc Expired"}

// rotation is the number of nights in which every cell is counted once.
const rotation = 28

// countBefore counts, before the sweep, what the list will be held against: all, every month,
// every status, and the cells of month and status whose turn it is.
func (r *run) countBefore(ctx context.Context) error {
	if r.known.Len() == 0 {
		return nil // what there is to count becomes known by the first list
	}
	tonight, months := r.turns(), r.months()
	for _, f := range figuresOf(months, func(c cell) bool { return tonight[c.turn()] }) {
		var err error
		if f.before, f.at, err = r.count(ctx, f.cell, time.Time{}); err != nil {
			return err
		}
		r.totals.figures = append(r.totals.figures, f)
		r.Progress("counts", len(r.totals.figures), 0)
	}
	return nil
}

// figuresOf returns the marginal figures, and of the cells those that are wanted.
func figuresOf(months []string, wanted func(cell) bool) (all []*figure) {
	add := func(c cell) { all = append(all, &figure{cell: c, before: -1, after: -1}) }
	add(cell{})
	for _, m := range months {
		add(cell{month: m})
	}
	for _, s := range statuses {
		add(cell{status: s})
	}
	for _, m := range months {
		for _, s := range statuses {
			if c := (cell{m, s}); wanted(c) {
				add(c)
			}
		}
	}
	return all
}

// turn is the number of a cell in the rotation, the same whatever other cells there are.
func (c cell) turn() int {
	m, err := time.Parse("2006-01", c.month)
	if err != nil {
		panic("night: a month: " + err.Error())
	}
	return ((m.Year()*12+int(m.Month()))*len(statuses) + slices.Index(statuses, c.status)) % rotation
}

// turns returns which numbers of the rotation have their turn: that of today, and those of the days
// since the last night, so that a night without a run skips none.
func (r *run) turns() (t [rotation]bool) {
	day := func(t time.Time) int64 { return t.Unix() / 86400 }
	today := day(r.StartedAt)
	for d := max(day(r.lastNight)+1, today-rotation+1); d <= today; d++ {
		t[d%rotation] = true
	}
	t[today%rotation] = true
	return t
}

// months returns every month from that of the oldest known session to the present.
func (r *run) months() []string {
	first := r.StartedAt
	for k := range r.known.All() {
		if !k.CreatedAt.IsZero() && k.CreatedAt.Before(first) && !k.Gone() {
			first = k.CreatedAt
		}
	}
	return monthsBetween(first, r.StartedAt)
}

func monthsBetween(first, last time.Time) (months []string) {
	m := time.Date(first.UTC().Year(), first.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for ; !m.After(last); m = m.AddDate(0, 1, 0) {
		months = append(months, monthOf(m))
	}
	return months
}

// count asks the vendor how many user sessions there are in a cell, or in one day of it.
func (r *run) count(ctx context.Context, c cell, day time.Time) (int, time.Time, error) {
	q := extract.Query{Kind: schemas.UserSession}
	if c.status != "" {
		q.Status = []string{c.status}
	}
	if c.month != "" {
		first, err := time.Parse("2006-01", c.month)
		if err != nil {
			panic("night: a month: " + err.Error())
		}
		q.DateFrom, q.DateTo = first, first.AddDate(0, 1, -1)
	}
	if !day.IsZero() {
		q.DateFrom, q.DateTo = day, day
	}
	r.Step("count")
	return r.Client.Count(ctx, q)
}

// prove holds the list against the counts. A figure that differed before the sweep is counted
// again; one that still differs is searched for day by day, and those days are listed again.
func (r *run) prove(ctx context.Context) error {
	listed := r.tally()
	if len(r.totals.figures) == 0 {
		r.totals.figures = figuresOf(r.listedMonths(), func(cell) bool { return false })
	}
	for range provePasses {
		again, err := r.provePass(ctx, listed)
		if err != nil || !again {
			return err
		}
		listed = r.tally() // what was listed again may have moved figures that were settled
	}
	for _, f := range r.totals.figures { // sessions came and went in every pass: these are counted again tomorrow
		if !f.differs && f.vendor() != listed.of(f.cell) {
			f.moving, f.note = true, join(f.note, "the list changed while it was held against the counts")
		}
	}
	return nil
}

// provePasses is how often the figures are gone through.
const provePasses = 3

// provePass settles the figures that are not those of the list. It reports whether the list changed.
func (r *run) provePass(ctx context.Context, listed tally) (changed bool, err error) {
	for _, f := range r.totals.figures {
		if f.differs || f.moving || f.vendor() == listed.of(f.cell) {
			continue
		}
		if f.after, f.at, err = r.count(ctx, f.cell, time.Time{}); err != nil {
			return false, err
		}
		if r.explicable(f.after - listed.of(f.cell)) {
			continue
		}
		if err := r.mend(ctx, f); err != nil {
			return false, err
		}
		listed, changed = r.tally(), true
	}
	return changed, nil
}

// explicable reports whether the vendor may count so many more than were listed: of list rows that
// could not be read nobody knows month and status.
func (r *run) explicable(more int) bool { return 0 <= more && more <= len(r.listing.bad) }

func (r *run) listedMonths() []string {
	first := r.StartedAt
	r.listing.each(func(row *extract.Row) {
		if !row.CreatedAt.IsZero() && row.CreatedAt.Before(first) {
			first = row.CreatedAt
		}
	})
	return monthsBetween(first, r.StartedAt)
}

// maxUnequal bounds what a summary names; control_totals has them all.
const maxUnequal = 100

// An Unequal is a figure that is not simply equal.
type Unequal struct {
	Kind        string `json:"kind"`
	Month       string `json:"month,omitempty"`
	Status      string `json:"status,omitempty"`
	Vendor      any    `json:"vendor_count"`
	Lake        int    `json:"lake_count"`
	State       string `json:"state"`
	Explanation string `json:"explanation"`
}

// The states of a figure.
const (
	stateEqual     = "equal"
	stateMoving    = "moving"
	stateDiffers   = "differs"
	stateExplained = "explained"
)

// settle decides the state of a figure, with listed and lake counts of its cell.
func (f *figure) settle(listed, lake int, why string) (state, explanation string) {
	v := f.vendor()
	switch {
	case f.differs:
		return stateDiffers, join(f.note, why)
	case v == lake && f.note == "":
		return stateEqual, ""
	case f.moving:
		return stateMoving, join(fmt.Sprintf("the vendor's count went from %d to %d while the list was read", f.before, f.after), f.note, why)
	case v == lake, v == listed && why != "":
		return stateExplained, join(f.note, why)
	}
	return stateDiffers, join(fmt.Sprintf("listed %d", listed), f.note, why)
}

func join(parts ...string) string {
	out := ""
	for _, p := range parts {
		switch {
		case p == "":
		case out == "":
			out = p
		default:
			out += "; " + p
		}
	}
	return out
}

// totalRows makes the rows of control_totals, and counts their states. A figure that differs fails
// the gate.
func (r *run) totalRows(seq int64) *transform.Rows {
	rows := transform.NewRows(schemas.Lookup("control_totals"))
	if r.ranged() && !r.Reconcile {
		return rows // it has listed no whole month
	}
	r.Totals, r.Unequal = map[string]int64{}, nil
	add := func(kind string, f *figure, dimension string, vendor any, lake int, state, explanation string) {
		r.Totals[state]++
		if state != stateEqual && len(r.Unequal) < maxUnequal {
			r.Unequal = append(r.Unequal, Unequal{kind, f.month, f.status, vendor, lake, state, explanation})
		}
		if state == stateDiffers {
			r.differs(kind, f.cell, vendor, lake, explanation)
		}
		rows.Append(map[string]any{
			"run_id": r.RunID, "version_seq": seq, "application": r.Config.Application, "kind": kind, "dimension": dimension,
			"month": orNull(f.month), "status": orNull(f.status), "vendor_count": vendor, "lake_count": int64(lake),
			"state": state, "explanation": orNull(explanation), "counted_at": f.at,
		})
	}
	accounts := r.accounts()
	users := accounts[schemas.UserSession]
	for _, f := range r.totals.figures {
		seen, have, why := users.listed.of(f.cell), users.lake.of(f.cell), users.why(f.cell)
		if more := f.vendor() - seen; more > 0 && r.explicable(more) {
			seen, why = f.vendor(), join(why, fmt.Sprintf("%d list rows could not be read", len(r.listing.bad)))
		}
		state, explanation := f.settle(seen, have, why)
		add("user", f, f.dimension(), int64(f.vendor()), have, state, explanation)
	}
	r.businessTotals(accounts[schemas.BusinessSession], add)
	if !r.ranged() {
		r.userTotals(add)
	}
	return rows
}

// businessTotals compares the full list of business sessions with the lake: the vendor counts only
// to a hundred.
func (r *run) businessTotals(a *account, add func(kind string, f *figure, dimension string, vendor any, lake int, state, explanation string)) {
	cells := map[cell]bool{}
	for _, t := range []tally{a.listed, a.lake} {
		for c := range t {
			if r.counts(c.month) {
				cells[cell{month: c.month}] = true
			}
			if !r.ranged() {
				cells[cell{}], cells[cell{status: c.status}] = true, true
			}
		}
	}
	for _, c := range slices.SortedFunc(maps.Keys(cells), func(a, b cell) int { return slices.Compare([]string{a.month, a.status}, []string{b.month, b.status}) }) {
		f := &figure{cell: c, before: a.listed.of(c), after: -1, at: later(a.at, r.StartedAt)}
		state, explanation := f.settle(f.before, a.lake.of(c), a.why(c))
		add("business", f, f.dimension(), int64(f.before), a.lake.of(c), state, explanation)
	}
}

// differs fails the gate, once for all figures.
func (r *run) differs(kind string, c cell, vendor any, lake int, explanation string) {
	where := "all"
	if c != (cell{}) {
		where = join(c.month, c.status)
	}
	r.fail(gateUnreconciled, "%s sessions, %s: the vendor counts %v, the lake has %d: %s", kind, where, vendor, lake, explanation)
}
