package extract

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"kycsync/schemas"
)

// A Sweep is the account of one listing of sessions of a kind.
type Sweep struct {
	Kind        schemas.SessionKind
	Distinct    int // sessions listed, unreadable rows included
	Bad         []BadRow
	CountBefore int // what the vendor counted at the beginning and at the end of the last pass
	CountAfter  int
	Bounded     bool // the vendor does not count so far: the counts prove nothing
	Pages       int  // requests answered
	Passes      int  // over the whole list
	Complete    bool // no session that existed throughout was missed
	// Explanation says what does not fit: "2026-11-20: 481 listed, count says 482". Empty if complete.
	Explanation string
}

const (
	maxPasses   = 4   // one, and three repeats
	maxRepeated = 100 // pages: a longer list is not repeated but bisected
	maxNotes    = 5
)

// Sweep lists every session of a kind and calls visit with each page, less the rows that came
// before: over all calls each session comes once. Pages of days that are listed again carry the
// count of these days. An error of visit ends the sweep.
//
// The list is read as a descent (descent.go), then its head again, for what was created meanwhile.
// Pages are asked for ahead of their turn (ahead.go), and visited one by one in the list's order.
// The number of distinct ids must then lie between the count at the end and the count at the
// beginning plus what was created. If it does not, the list is repeated up to three times if it is
// short, then counted by months and days of creation; days that differ are listed once more, and
// what still differs is explained.
func (c *Client) Sweep(ctx context.Context, kind schemas.SessionKind, visit func(Page) error) (Sweep, error) {
	s := newSweeper(c, kind, visit)
	w, err := s.passes(ctx, window{}, maxRepeated)
	if err == nil && !w.fits() {
		err = s.bisect(ctx)
	}
	s.out.Distinct = len(s.days)
	return s.out, err
}

// SweepDays lists every session of a kind that was created on the days from one to another, UTC,
// both included; a zero time is an open end. It is a [Sweep] of these days alone, which is repeated
// up to three times until it fits its count, and is explained if it never does.
func (c *Client) SweepDays(ctx context.Context, kind schemas.SessionKind, from, to time.Time, visit func(Page) error) (Sweep, error) {
	win := window{from.UTC().Truncate(24 * time.Hour), to.UTC().Truncate(24 * time.Hour)}
	if !to.IsZero() && win.to.Before(win.from) {
		return Sweep{Kind: kind}, fmt.Errorf("list of sessions: the days %v run backwards", win)
	}
	s := newSweeper(c, kind, visit)
	w, err := s.passes(ctx, win, math.MaxInt)
	if err == nil && !w.fits() {
		s.out.Explanation = w.misfit(win)
	}
	s.out.Distinct = len(s.days)
	return s.out, err
}

type sweeper struct {
	c     *Client
	visit func(Page) error
	days  map[rowKey]day // every row visited, with its day of creation
	out   Sweep
}

func newSweeper(c *Client, kind schemas.SessionKind, visit func(Page) error) *sweeper {
	return &sweeper{c: c, visit: visit, days: map[rowKey]day{}, out: Sweep{Kind: kind}}
}

// day counts days of creation, UTC, from the epoch; 0 is unknown.
type day int32

func dayOf(t time.Time) day {
	if t.IsZero() {
		return 0
	}
	return day(t.Unix() / 86400)
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// passes lists a window until it fits its count, again and again if it is not longer than so many
// pages, and returns the last walk.
func (s *sweeper) passes(ctx context.Context, win window, longest int) (*walk, error) {
	for {
		w, err := s.walk(ctx, win)
		if err != nil {
			return nil, err
		}
		s.out.Passes++
		s.out.CountBefore, s.out.CountAfter, s.out.Bounded = w.before, w.after, w.bounded
		if w.fits() {
			s.out.Complete = true
			return w, nil
		}
		s.c.log.Warn("the list of sessions does not fit its count", "kind", string(s.out.Kind), "days", win.String(),
			"listed", len(w.seen), "count_before", w.before, "count_after", w.after, "pass", s.out.Passes)
		if s.out.Passes == maxPasses || w.pages > longest {
			return w, nil
		}
	}
}

// A window is a range of days of creation, both included; zero times are open ends.
type window struct{ from, to time.Time }

// String is the day, or the range.
func (w window) String() string {
	from, to := w.from.Format(time.DateOnly), w.to.Format(time.DateOnly)
	switch {
	case w == window{}:
		return "all"
	case w.from.IsZero():
		return "to " + to
	case w.to.IsZero():
		return "from " + from
	case w.from.Equal(w.to):
		return from
	}
	return from + " to " + to
}

// A walk is one pass over the rows of a window.
type walk struct {
	*descent[Page]
	before, after int
	bounded       bool
	top           int64 // newest number at the beginning
	fresh         int   // rows created since
}

// fits reports whether the walk has seen every row that existed throughout.
func (w *walk) fits() bool {
	if !w.chained {
		return !w.bounded && w.before == w.after && len(w.seen) == w.before
	}
	return w.bounded || w.after <= len(w.seen) && len(w.seen) <= w.before+w.fresh
}

// misfit says of a walk that does not fit what does not.
func (w *walk) misfit(win window) string {
	return fmt.Sprintf("%v: %d listed, count says %d", win, len(w.seen), w.after)
}

// walk lists a window from the newest row to the oldest, then from the newest to the first that it
// has seen.
func (s *sweeper) walk(ctx context.Context, win window) (*walk, error) {
	w := &walk{}
	w.descent = newDescent(func(ctx context.Context, offset int) (Page, error) {
		return s.c.Page(ctx, Query{Kind: s.out.Kind, Offset: offset, DateFrom: win.from, DateTo: win.to})
	})
	w.most = s.c.ahead()
	w.rows = s.rows
	w.look = func(p Page, offset int) { s.look(w, p, offset) }
	w.take = func(p Page) error { return s.add(w, p) }
	defer func() { s.out.Pages += w.answered }()
	if err := w.down(ctx, nil); err != nil {
		return nil, err
	}
	return w, w.again(ctx)
}

// rows is the page's count if it is one.
func (s *sweeper) rows(p Page) int {
	if Bounded(s.out.Kind, p.Count) {
		return -1
	}
	return p.Count
}

// look takes the page's count; that of the end is from the last look at the head.
func (s *sweeper) look(w *walk, p Page, offset int) {
	w.bounded = w.bounded || Bounded(s.out.Kind, p.Count)
	if w.pages == 1 {
		w.before = p.Count
		if len(p.Rows) > 0 {
			w.top = p.Rows[0].Number
		}
	}
	if offset == 0 {
		w.after = p.Count
	}
}

// add takes the page's rows into the walk and hands on those that nobody has seen.
func (s *sweeper) add(w *walk, p Page) error {
	rows, bad := p.Rows, p.Bad
	p.Rows, p.Bad = make([]Row, 0, len(rows)), nil
	for _, r := range rows {
		m := r.mark()
		if w.note(m) && r.Number > w.top {
			w.fresh++
		}
		if s.mark(m.key, dayOf(r.CreatedAt)) {
			p.Rows = append(p.Rows, r)
		}
	}
	for _, b := range bad {
		k := badKey(b)
		w.note(mark{key: k})
		if s.mark(k, 0) {
			p.Bad = append(p.Bad, b)
		}
	}
	s.out.Bad = append(s.out.Bad, p.Bad...)
	return s.visit(p)
}

// mark notes a row and reports whether it is new to the sweep.
func (s *sweeper) mark(k rowKey, d day) bool {
	_, known := s.days[k]
	if !known {
		s.days[k] = d
	}
	return !known
}

var _ leaf = Page{}

func (p Page) marks() []mark {
	marks := make([]mark, len(p.Rows))
	for i, r := range p.Rows {
		marks[i] = r.mark()
	}
	return marks
}

func (r *Row) mark() mark {
	if r.key == (rowKey{}) {
		r.key = keyOf(r.ID)
	}
	return mark{r.key, r.Number}
}

func (p Page) size() int  { return len(p.Rows) + len(p.Bad) }
func (p Page) more() bool { return p.Next }

func keyOf(id schemas.SessionID) rowKey {
	k, _ := parseUUID(string(id))
	return k
}

// badKey is the id, else the number, else the position in the list.
func badKey(b BadRow) rowKey {
	switch {
	case b.ID != "":
		return keyOf(b.ID)
	case b.Number != 0:
		return hashKey(fmt.Appendf(nil, "number %d", b.Number))
	}
	return hashKey(fmt.Appendf(nil, "position %d", b.Position))
}

func hashKey(b []byte) rowKey {
	h := sha256.Sum256(b)
	return rowKey(h[:16])
}
