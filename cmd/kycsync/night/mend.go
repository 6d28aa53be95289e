package night

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
)

// The bounds of the search for what makes a figure differ.
const (
	mendRounds  = 2
	maxRelisted = 40   // days of a night
	maxSearched = 1000 // counts of a night
	maxNamed    = 5    // sessions, in an explanation
)

// mend searches for what makes a figure differ: the months, then the days whose counts are not
// those of the list. These days are listed again, and what had been missed, was out of date or is gone
// is named. Then the figure is counted once more.
func (r *run) mend(ctx context.Context, f *figure) error {
	for range mendRounds {
		days, err := r.suspects(ctx, f.cell)
		if err != nil {
			return err
		}
		changes := 0
		for _, day := range days {
			found, n, err := r.relist(ctx, day)
			if err != nil {
				return err
			}
			f.note, changes = join(f.note, found), changes+n
		}
		last := f.after
		if f.after, f.at, err = r.count(ctx, f.cell, time.Time{}); err != nil {
			return err
		}
		have := r.tally().of(f.cell)
		f.differs = f.after != have
		f.moving = f.after != last || f.before >= 0 && f.before != last ||
			max(f.after-have, have-f.after) <= changes // what came and went meanwhile left the count as it was
		if !f.differs {
			f.moving = false
			return nil
		}
	}
	if f.moving && f.differs {
		f.differs = false // the vendor's own count never stood still: tomorrow it is counted again
	}
	return nil
}

// suspects returns the days on which a cell's count is not that of the list.
func (r *run) suspects(ctx context.Context, c cell) (days []time.Time, err error) {
	months := []string{c.month}
	if c.month == "" {
		months = r.listedMonths()
	}
	for _, m := range months {
		if r.totals.searched > maxSearched {
			r.Log.Warn("the search for what makes figures differ ends: too much differs", "counts", r.totals.searched)
			break
		}
		if c.month == "" {
			n, err := r.search(ctx, cell{m, c.status}, time.Time{})
			if err != nil {
				return nil, err
			}
			if n == r.tally().of(cell{m, c.status}) {
				continue
			}
		}
		first, _ := time.Parse("2006-01", m)
		listed := r.dayTally(m, c.status)
		for d := first; monthOf(d) == m && !d.After(r.StartedAt.AddDate(0, 0, 1)); d = d.AddDate(0, 0, 1) {
			n, err := r.search(ctx, c, d)
			if err != nil {
				return nil, err
			}
			if n != listed[d.Format(time.DateOnly)] {
				days = append(days, d)
			}
		}
	}
	return days, nil
}

// search counts for suspects.
func (r *run) search(ctx context.Context, c cell, day time.Time) (int, error) {
	r.totals.searched++
	n, _, err := r.count(ctx, c, day)
	return n, err
}

// dayTally counts the listed user sessions of a month by day of creation.
func (r *run) dayTally(month, status string) map[string]int {
	days := map[string]int{}
	r.listing.each(func(row *extract.Row) {
		if row.Kind == schemas.UserSession && monthOf(row.CreatedAt) == month && (status == "" || row.Status == status) {
			days[row.CreatedAt.Format(time.DateOnly)]++
		}
	})
	return days
}

// relist lists the user sessions of one day again, and says what was wrong with the first list, and of how
// many sessions.
func (r *run) relist(ctx context.Context, day time.Time) (found string, n int, err error) {
	if r.totals.relisted++; r.totals.relisted > maxRelisted {
		return "", 0, nil
	}
	before := map[schemas.SessionID]schemas.Digest{}
	r.listing.each(func(row *extract.Row) {
		if row.Kind == schemas.UserSession && row.CreatedAt.Truncate(24*time.Hour).Equal(day) {
			before[row.ID] = row.Fingerprint
		}
	})
	var missed, stale, gone []string
	s, err := r.Client.SweepDays(ctx, schemas.UserSession, day, day, func(p extract.Page) error {
		if err := r.seePage(p, true); err != nil {
			return err
		}
		for _, row := range p.Rows {
			i, ok := r.listing.place[string(row.ID)]
			if !ok {
				continue
			}
			switch old, was := before[row.ID]; {
			case !was:
				missed = append(missed, string(row.ID))
			case old != r.listing.rows[i.n].Fingerprint:
				stale = append(stale, string(row.ID))
			}
			delete(before, row.ID)
		}
		return nil
	})
	if err != nil {
		return "", 0, err
	}
	r.Pages += int64(s.Pages)
	if s.Complete {
		for id := range before {
			gone = append(gone, string(id))
			r.listing.drop(id)
		}
	}
	r.Step("relist")
	found = join(named(missed, "missed at first"), named(stale, "changed meanwhile"), named(gone, "gone meanwhile"))
	if found == "" {
		return "", 0, nil
	}
	r.Log.Warn("a day was listed again", "day", day.Format(time.DateOnly), "missed", len(missed), "changed", len(stale), "gone", len(gone))
	return day.Format(time.DateOnly) + " listed again: " + found, len(missed) + len(stale) + len(gone), nil
}

// named names sessions by id, the first few.
func named(ids []string, what string) string {
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	more := ""
	if len(ids) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(ids)-maxNamed)
	}
	return fmt.Sprintf("%d %s (%s%s)", len(ids), what, strings.Join(ids[:min(len(ids), maxNamed)], ", "), more)
}
