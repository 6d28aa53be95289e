package night

import (
	"time"
)

// A stay is the time that a session was in review.
type stay struct {
	began time.Time
	exact bool
	end   *statusChange // nil: it is there still
}

func (w *life) stays(d *dossier) (out []stay) {
	chain := w.chain(d)
	if len(chain) > 0 && chain[0].from == "In Review" {
		out = append(out, stay{d.created, false, &chain[0]})
	}
	for i, c := range chain {
		if c.to != "In Review" {
			continue
		}
		s := stay{began: c.at, exact: c.exact}
		if !c.exact && c.from == "" {
			s.began = d.created
		}
		if i+1 < len(chain) {
			s.end = &chain[i+1]
		}
		out = append(out, s)
	}
	return out
}

func (w *life) reviewAnswers() []answer {
	intervals := answer{view: "review_intervals", columns: "session_id, workflow_id, began_at, began_is_exact, ended_at, ended_is_exact, ended_status, ended_by, ended_by_name, hours, month"}
	type cell struct {
		month    time.Time
		by, name string
	}
	type figures struct {
		stays    int
		sessions map[string]bool
		hours    float64
		timed    []float64
	}
	reviewers := map[cell]*figures{}
	for _, d := range w.people {
		for _, s := range w.stays(d) {
			row := []any{d.id, d.now().body.WorkflowID, s.began, s.exact}
			if s.end == nil {
				intervals.rows = append(intervals.rows, append(row, nil, nil, nil, nil, nil, nil, nil))
				continue
			}
			hours := s.end.at.Sub(s.began).Hours()
			intervals.rows = append(intervals.rows, append(row, s.end.at, s.end.exact, s.end.to, s.end.actor, orNone(s.end.name), hours, firstOfMonth(s.end.at)))
			c := cell{firstOfMonth(s.end.at), s.end.actor, s.end.name}
			if reviewers[c] == nil {
				reviewers[c] = &figures{sessions: map[string]bool{}}
			}
			f := reviewers[c]
			f.stays++
			f.sessions[d.id] = true
			f.hours += hours
			if s.exact && s.end.exact {
				f.timed = append(f.timed, hours)
			}
		}
	}
	times := answer{view: "review_times", columns: "month, ended_by, reviewer, stays, sessions, hours, timed, hours_timed, p50_hours_timed, p90_hours_timed"}
	for c, f := range reviewers {
		var timed any
		if len(f.timed) > 0 {
			timed = sum(f.timed)
		}
		times.rows = append(times.rows, []any{c.month, c.by, orNone(c.name), f.stays, len(f.sessions), f.hours, len(f.timed), timed, quantile(f.timed, 0.5), quantile(f.timed, 0.9)})
	}
	return append([]answer{intervals, times}, w.backlog()...)
}

func sum(all []float64) (s float64) {
	for _, x := range all {
		s += x
	}
	return s
}

func (w *life) backlog() []answer {
	each := answer{view: "review_backlog", columns: "session_id, vendor_data_key, full_name, workflow_id, created_at, since, since_is_exact, age_days, age_bucket, known_until"}
	ageing := answer{view: "review_backlog_ageing", columns: "workflow_id, sessions, under_1_day, from_1_to_3_days, from_3_to_7_days, from_7_to_30_days, from_30_days, since_not_exact, oldest_since, median_age_days"}
	type figures struct {
		buckets map[string]int
		inexact int
		oldest  time.Time
		ages    []float64
	}
	flows := map[string]*figures{}
	for _, d := range w.people {
		if d.status() != "In Review" || d.isDeleted() {
			continue
		}
		stays := w.stays(d)
		last := stays[len(stays)-1]
		if last.end != nil {
			panic("a session in review has left it")
		}
		age := w.known.Sub(last.began).Hours() / 24
		bucket := "<1 day"
		for _, b := range []struct {
			days float64
			name string
		}{{1, "1-3 days"}, {3, "3-7 days"}, {7, "7-30 days"}, {30, ">30 days"}} {
			if age >= b.days {
				bucket = b.name
			}
		}
		flow := d.now().body.WorkflowID
		each.rows = append(each.rows, []any{d.id, orNone(d.key()), d.now().row.FullName, flow, d.created, last.began, last.exact, age, bucket, w.known})
		if flows[flow] == nil {
			flows[flow] = &figures{buckets: map[string]int{}, oldest: last.began}
		}
		f := flows[flow]
		f.buckets[bucket]++
		count(&f.inexact, !last.exact)
		if last.began.Before(f.oldest) {
			f.oldest = last.began
		}
		f.ages = append(f.ages, age)
	}
	for flow, f := range flows {
		row := []any{flow, len(f.ages)}
		for _, b := range []string{"<1 day", "1-3 days", "3-7 days", "7-30 days", ">30 days"} {
			row = append(row, f.buckets[b])
		}
		ageing.rows = append(ageing.rows, append(row, f.inexact, f.oldest, quantile(f.ages, 0.5)))
	}
	return []answer{each, ageing}
}
