package night

import (
	"math"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// promiseRows are the rows of promises: how old our knowledge of each class is now that the run ends.
func (r *run) promiseRows(seq int64) *transform.Rows {
	r.Standings = r.standings()
	r.left = r.backlog()
	r.NightsLeft = r.nightsLeft()
	extract.Outlook(r.Standings, r.spare())
	for i := range r.Standings {
		switch {
		case r.Standings[i].Nights <= 0:
		case r.NightsLeft == extract.Never:
			r.Standings[i].Nights = extract.Never
		default:
			r.Standings[i].Nights += int(r.NightsLeft)
		}
	}
	rows := transform.NewRows(schemas.Lookup("promises"))
	for _, s := range r.Standings {
		nights := any(int64(s.Nights))
		if s.Nights == extract.Never {
			nights = nil
		}
		rows.Append(map[string]any{
			"run_id": r.RunID, "version_seq": seq, "application": r.Config.Application, "class": string(s.Class),
			"promise_seconds": int64(s.Promise / time.Second), "sessions": int64(s.Sessions), "checked": int64(s.Checked),
			"oldest_seconds": int64(s.Oldest / time.Second), "beyond": int64(s.Beyond), "nights": nights,
		})
	}
	return rows
}

// standings tell how each promise stands now, without an outlook.
func (r *run) standings() []extract.Standing {
	now := r.Now().UTC()
	all := r.Promises.Stand(r.known, now)
	users := extract.Standing{Class: extract.ClassUsers, Promise: r.Promises[extract.ClassUsers]}
	for k := range r.things.All() {
		if k.ContentHash != (schemas.Digest{}) && k.AbsentSince.IsZero() && k.Document != schemas.Transaction {
			users.Take(now.Sub(k.LastChecked))
		}
	}
	all = append(all, users)
	for i := range all {
		all[i].Checked = r.checked[all[i].Class]
	}
	return all
}

// spare is how many requests a usual night with this budget has for looking again; negative: no bound.
func (r *run) spare() int {
	b := extract.Budget{MaxRequests: r.MaxRequests, PerMinute: r.PerMinute}
	if r.MaxDuration > 0 {
		b.Until = r.started.Add(r.MaxDuration)
	}
	all := b.Requests(r.started)
	if all == math.MaxInt {
		return -1
	}
	again := int64(0)
	for _, c := range r.checked {
		again += int64(c)
	}
	return max(0, all-int(r.Client.Stats().Requests()-r.asked-again-r.once()))
}

// once is how many of the run's requests no usual night makes: the decisions, feeds and details that
// came with more new sessions than other nights had. Before there were any, all are that.
func (r *run) once() int64 {
	if float64(r.NewStored) <= r.usuallyNew {
		return 0
	}
	return int64(float64(r.NewStored+r.firstReads) * (1 - r.usuallyNew/float64(r.NewStored)))
}
