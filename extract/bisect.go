package extract

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// bisect counts the months, of those that differ the days, and lists the days that differ again.
func (s *sweeper) bisect(ctx context.Context) error {
	b := &bisection{sweeper: s, perDay: map[day]int{}}
	for _, d := range s.days {
		b.perDay[d]++
	}
	for _, month := range b.months() {
		if err := b.compare(ctx, month); err != nil {
			return err
		}
	}
	switch {
	case b.wrong > 0:
		s.out.Explanation = strings.Join(b.notes, "; ")
		if more := b.wrong - len(b.notes); more > 0 {
			s.out.Explanation += fmt.Sprintf("; and %d more", more)
		}
	case b.mended > 0:
		s.out.Complete = true
	default:
		s.out.Explanation = fmt.Sprintf("all: %d listed, count says %d, though every month fits", len(s.days), s.out.CountAfter)
	}
	return nil
}

// A bisection is the state of the search for the days that differ.
type bisection struct {
	*sweeper
	perDay map[day]int // rows listed
	mended int         // windows that differed and fit after they were listed again
	wrong  int         // windows that still differ
	notes  []string
}

// compare descends into a window until it fits or cannot be divided.
func (b *bisection) compare(ctx context.Context, w window) error {
	n, _, err := b.c.Count(ctx, Query{Kind: b.out.Kind, DateFrom: w.from, DateTo: w.to})
	if err != nil {
		return err
	}
	b.out.Pages++
	if n == b.listed(w) && !Bounded(b.out.Kind, n) {
		return nil
	}
	if w.from.IsZero() || w.to.IsZero() || w.from.Equal(w.to) {
		return b.relist(ctx, w)
	}
	for d := w.from; !d.After(w.to); d = d.AddDate(0, 0, 1) {
		if err := b.compare(ctx, window{d, d}); err != nil {
			return err
		}
	}
	return nil
}

// relist lists a window again, twice if need be, and notes it if it still does not fit.
func (b *bisection) relist(ctx context.Context, win window) error {
	var w *walk
	for range 2 {
		var err error
		if w, err = b.walk(ctx, win); err != nil {
			return err
		}
		if w.fits() {
			b.mended++
			return nil
		}
	}
	b.wrong++
	if len(b.notes) < maxNotes {
		b.notes = append(b.notes, w.misfit(win))
	}
	return nil
}

// listed is the number of rows of the window that the sweep has seen.
func (b *bisection) listed(w window) int {
	n := 0
	for d, rows := range b.perDay {
		if t := d.time(); (w.from.IsZero() || !t.Before(w.from)) && (w.to.IsZero() || !t.After(w.to)) {
			n += rows
		}
	}
	return n
}

// months are the calendar months of what was listed, between what is older and what is newer.
// Rows whose day is not known belong to no month.
func (b *bisection) months() []window {
	first, last := time.Time{}, time.Time{}
	for d := range b.perDay {
		t := d.time()
		if d > 0 && (first.IsZero() || t.Before(first)) {
			first = t
		}
		if d > 0 && t.After(last) {
			last = t
		}
	}
	if first.IsZero() {
		return []window{{}}
	}
	month := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC)
	out := []window{{to: month.AddDate(0, 0, -1)}}
	for ; !month.After(last); month = month.AddDate(0, 1, 0) {
		out = append(out, window{month, month.AddDate(0, 1, -1)})
	}
	return append(out, window{from: month})
}
