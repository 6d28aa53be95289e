package night

import (
	"context"
	"time"
)

// reconcile counts every figure there is, lists the sessions, and proves the list by the counts. It
// looks at no decision: what the lake lacks or has too much of is named, and the next night fetches it.
func (r *run) reconcile(ctx context.Context) error {
	months := r.months()
	if r.ranged() {
		months = monthsBetween(r.From, r.To.AddDate(0, 0, -1))
		first, _ := time.Parse("2006-01", months[0])
		r.From, r.To = first, first.AddDate(0, len(months), 0)
	}
	for _, f := range figuresOf(months, func(cell) bool { return true }) {
		if r.ranged() && f.month == "" {
			continue
		}
		var err error
		if f.before, f.at, err = r.count(ctx, f.cell, time.Time{}); err != nil {
			return err
		}
		r.totals.figures = append(r.totals.figures, f)
		r.Progress("counts", len(r.totals.figures), 0)
	}
	sweep := r.sweep
	if r.ranged() {
		sweep = r.sweepRange
	}
	if err := sweep(ctx); err != nil {
		return err
	}
	return r.prove(ctx)
}

// counts reports whether the run is about a month.
func (r *run) counts(month string) bool {
	return !r.ranged() || monthOf(r.From) <= month && month <= monthOf(r.To.AddDate(0, 0, -1))
}
