package filing

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"kycsync/load/warehouse"
)

// A Schedule says of which periods a filing is due, and when.
type Schedule struct {
	First     Period // and each one behind it of the same length
	GraceDays int    // after the end of a period until the filing is due
	LateDays  int    // after that until it is late
}

// A Deadline is a filing that is due: that of one period.
type Deadline struct {
	Period Period
	Due    time.Time // as of when the filing is made
	Late   time.Time // when it should have arrived
}

// Until yields the deadlines whose filings are due by an instant, and then the one behind them.
func (s Schedule) Until(now time.Time) iter.Seq[Deadline] {
	return func(yield func(Deadline) bool) {
		for p := s.First; ; p = p.next() {
			d := Deadline{Period: p, Due: p.To.AddDate(0, 0, s.GraceDays)}
			d.Late = d.Due.AddDate(0, 0, s.LateDays)
			if !yield(d) || d.Due.After(now) {
				return
			}
		}
	}
}

// Checks asks the checks of the data as a reader knows it, and returns the results. The error wraps ErrChecks where a critical
// one failed and nobody waived it.
func Checks(ctx context.Context, r *warehouse.Reader) ([]warehouse.Checked, error) {
	all, err := r.CheckPast(ctx)
	if err != nil {
		return nil, err
	}
	var failed []string
	for _, c := range all {
		if c.Counts() {
			failed = append(failed, c.Check)
		}
	}
	if len(failed) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrChecks, strings.Join(failed, ", "))
	}
	return all, nil
}
