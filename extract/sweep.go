package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"kycsync/schemas"
)

// A Sweep is the account of one listing of all sessions of a kind.
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
	overlap     = 3   // rows that two neighbouring pages share
	maxPasses   = 4   // one, and three repeats
	maxRepeated = 100 // pages: a longer list is not repeated but bisected
	maxSteps    = 20  // back, in one pass, before the list counts as not in order
	maxNotes    = 5
)

// Sweep lists every session of a kind and calls visit with each page, less the rows that came
// before: over all calls each session comes once. Pages of days that are listed again carry the
// count of these days. An error of visit ends the sweep.
//
// Offsets shift when sessions are created or deleted while they are listed. So each page repeats
// the last rows of the one before. As long as it shows one of them, nothing between the two was
// skipped, because rows stand in descending number; if it does not, the sweep steps back until it
// does. At the end the first page is read again, for what was created meanwhile. The number of distinct
// ids must then lie between the count at the end and the count at the beginning plus what was
// created. If it does not, the list is repeated up to three times if it is short, then counted by
// months and days of creation; days that differ are listed once more, and what still differs is explained.
func (c *Client) Sweep(ctx context.Context, kind schemas.SessionKind, visit func(Page) error) (Sweep, error) {
	s := &sweeper{c: c, visit: visit, days: map[rowKey]day{}, out: Sweep{Kind: kind}}
	err := s.run(ctx)
	s.out.Distinct = len(s.days)
	return s.out, err
}

type sweeper struct {
	c     *Client
	visit func(Page) error
	days  map[rowKey]day // every row visited, with its day of creation
	out   Sweep
}

// A rowKey identifies a row: its UUID, or for an unreadable row a hash of what identifies it best.
type rowKey [16]byte

// day counts days of creation, UTC, from the epoch; 0 is unknown.
type day int32

func dayOf(t time.Time) day {
	if t.IsZero() {
		return 0
	}
	return day(t.Unix() / 86400)
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (s *sweeper) run(ctx context.Context) error {
	for s.out.Passes < maxPasses {
		w, err := s.walk(ctx, window{})
		if err != nil {
			return err
		}
		s.out.Passes++
		s.out.CountBefore, s.out.CountAfter, s.out.Bounded = w.before, w.after, w.bounded
		if w.fits() {
			s.out.Complete = true
			return nil
		}
		s.c.log.Warn("the list of sessions does not fit its count", "kind", string(s.out.Kind), "listed", len(w.keys),
			"count_before", w.before, "count_after", w.after, "pass", s.out.Passes)
		if w.pages > maxRepeated {
			break
		}
	}
	return s.bisect(ctx)
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
	keys          map[rowKey]bool // true: first seen by closing
	before, after int
	bounded       bool
	pages         int
	steps         int   // back
	top           int64 // newest number at the beginning
	fresh         int   // rows created since
	closing       bool  // the head is read again
	chained       bool  // each page showed a row of the one before, and numbers descended
}

// fits reports whether the walk has seen every row that existed throughout.
func (w *walk) fits() bool {
	if !w.chained {
		return !w.bounded && w.before == w.after && len(w.keys) == w.before
	}
	return w.bounded || w.after <= len(w.keys) && len(w.keys) <= w.before+w.fresh
}

// walk lists a window from the newest row to the oldest, then from the newest to the first that it
// has seen.
func (s *sweeper) walk(ctx context.Context, win window) (*walk, error) {
	w := &walk{keys: map[rowKey]bool{}, chained: true}
	for offset, stride := 0, 0; ; {
		p, err := s.page(ctx, w, win, offset)
		if err != nil {
			return nil, err
		}
		rows := len(p.Rows) + len(p.Bad)
		if w.pages == 1 {
			w.before, w.after = p.Count, p.Count
			if len(p.Rows) > 0 {
				w.top = p.Rows[0].Number
			}
		}
		if offset > 0 && !w.joins(p) {
			if w.steps++; w.steps <= maxSteps {
				stride = max(2*stride, rows, overlap)
				offset = max(0, offset-stride)
				continue
			}
			w.chained = false
		}
		stride = 0
		if err := s.add(w, p); err != nil {
			return nil, err
		}
		if !p.Next {
			break
		}
		offset += max(1, rows-overlap)
	}
	if w.pages == 1 {
		return w, nil
	}
	return w, s.closing(ctx, w, win)
}

// closing reads the head of the list again, down to a row that is known, and takes the count.
func (s *sweeper) closing(ctx context.Context, w *walk, win window) error {
	w.closing = true
	for offset, first := 0, true; ; first = false {
		p, err := s.page(ctx, w, win, offset)
		if err != nil {
			return err
		}
		if first {
			w.after = p.Count
			w.bounded = w.bounded || bounded(s.out.Kind, p.Count)
		}
		known := w.joins(p)
		if err := s.add(w, p); err != nil {
			return err
		}
		if known || !p.Next {
			return nil
		}
		offset += max(1, len(p.Rows)+len(p.Bad)-overlap)
	}
}

func (s *sweeper) page(ctx context.Context, w *walk, win window, offset int) (Page, error) {
	p, err := s.c.Page(ctx, Query{Kind: s.out.Kind, Offset: offset, DateFrom: win.from, DateTo: win.to})
	if err != nil {
		return p, err
	}
	w.pages++
	s.out.Pages++
	w.bounded = w.bounded || bounded(s.out.Kind, p.Count)
	if !slices.IsSortedFunc(p.Rows, func(a, b Row) int { return int(min(max(b.Number-a.Number, -1), 1)) }) {
		w.chained = false
	}
	return p, nil
}

// joins reports whether the page shows a row that the walk has seen on its way down.
func (w *walk) joins(p Page) bool {
	for i := range p.Rows {
		if late, ok := w.keys[keyOf(p.Rows[i].ID)]; ok && !late {
			return true
		}
	}
	return false
}

// add takes the page's rows into the walk and hands on those that nobody has seen.
func (s *sweeper) add(w *walk, p Page) error {
	rows, bad := p.Rows, p.Bad
	p.Rows, p.Bad = nil, nil
	for _, r := range rows {
		k := keyOf(r.ID)
		if _, ok := w.keys[k]; !ok && r.Number > w.top {
			w.fresh++
		}
		if s.mark(w, k, dayOf(r.CreatedAt)) {
			p.Rows = append(p.Rows, r)
		}
	}
	for _, b := range bad {
		if s.mark(w, badKey(b), 0) {
			p.Bad = append(p.Bad, b)
		}
	}
	s.out.Bad = append(s.out.Bad, p.Bad...)
	return s.visit(p)
}

// mark notes a row and reports whether it is new to the sweep.
func (s *sweeper) mark(w *walk, k rowKey, d day) bool {
	if _, ok := w.keys[k]; !ok {
		w.keys[k] = w.closing
	}
	_, known := s.days[k]
	if !known {
		s.days[k] = d
	}
	return !known
}

func keyOf(id schemas.SessionID) (k rowKey) {
	_, _ = hex.Decode(k[:], []byte(strings.ReplaceAll(string(id), "-", "")))
	return k
}

// badKey is the id, else the number, else the position in the list.
func badKey(b BadRow) (k rowKey) {
	switch {
	case b.ID != "":
		return keyOf(b.ID)
	case b.Number != 0:
		h := sha256.Sum256(fmt.Appendf(nil, "number %d", b.Number))
		return rowKey(h[:16])
	}
	h := sha256.Sum256(fmt.Appendf(nil, "position %d", b.Position))
	return rowKey(h[:16])
}
