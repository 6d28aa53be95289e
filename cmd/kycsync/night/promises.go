package night

import (
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// promiseRows are the rows of promises: how old our knowledge of each class is now that the run ends.
func (r *run) promiseRows(seq int64) *transform.Rows {
	r.Standings = r.standings()
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

// standings tell how each promise stands now.
func (r *run) standings() []extract.Standing {
	now := r.Now().UTC()
	all := r.Promises.Stand(r.known, now)
	users := extract.Standing{Class: extract.ClassUsers, Promise: r.Promises[extract.ClassUsers]}
	for _, k := range r.things {
		if k.ContentHash != (schemas.Digest{}) && k.AbsentSince.IsZero() && k.Document != schemas.Transaction {
			users.Take(now.Sub(k.LastChecked))
		}
	}
	all = append(all, users)
	for i := range all {
		all[i].Checked = r.checked[all[i].Class]
	}
	extract.Outlook(all, r.spare())
	return all
}

// spare is how many requests a night like this one has for looking again; negative: no bound.
func (r *run) spare() int {
	n := -1
	if r.MaxRequests > 0 {
		n = r.MaxRequests
	}
	if r.MaxDuration > 0 && r.PerMinute > 0 {
		if m := int(r.MaxDuration.Minutes() * float64(r.PerMinute)); n < 0 || m < n {
			n = m
		}
	}
	if n < 0 {
		return n
	}
	due := int64(0)
	for _, c := range r.checked {
		due += int64(c)
	}
	return max(0, n-int(r.Client.Stats().Requests()-r.asked-due))
}
