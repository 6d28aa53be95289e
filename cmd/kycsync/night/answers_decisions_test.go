package night

import (
	"slices"
	"strings"
	"time"
)

// A judgement is how a session was decided first and last.
type judgement struct {
	first, last statusChange
	n           int
	automatic   bool // the first one
	reviewed    bool
}

// decided returns false where a session never was.
func (w *life) decided(d *dossier) (j judgement, ok bool) {
	seen := false // in review
	for _, c := range w.chain(d) {
		review := c.from == "In Review" || c.to == "In Review"
		seen = seen || review
		j.reviewed = j.reviewed || review || c.actor != "system"
		if !isDecision(c.to) {
			continue
		}
		if j.n++; j.n == 1 {
			j.first, j.automatic = c, c.actor == "system" && !seen
		}
		j.last = c
	}
	return j, j.n > 0
}

func (w *life) decisionAnswers() []answer {
	each := answer{view: "decisions", columns: `session_id, vendor_data_key, workflow_id, month, created_at, status, first_at, first_status, first_actor, first_is_exact,
		last_at, last_status, last_actor, last_is_exact, decisions, first_is_automatic, was_reviewed, hours_to_first, hours_to_last`}
	for _, d := range w.people {
		if j, ok := w.decided(d); ok {
			each.rows = append(each.rows, []any{d.id, orNone(d.key()), d.now().body.WorkflowID, d.month(), d.created, d.status(),
				j.first.at, j.first.to, j.first.actor, j.first.exact, j.last.at, j.last.to, j.last.actor, j.last.exact, j.n, j.automatic, j.reviewed,
				j.first.at.Sub(d.created).Hours(), j.last.at.Sub(d.created).Hours()})
		}
	}
	return []answer{each, w.decisionsByMonth(), w.timeToDecision(), w.straightThrough(), w.automaticDeclines(), w.overrideAnswer(), w.fourEyes()}
}

func (w *life) decisionsByMonth() answer {
	type cell struct {
		month    time.Time
		workflow string
	}
	type figures struct{ sessions, approved, declined, system, person, program, decisions, unsure int }
	months := map[cell]*figures{}
	for _, d := range w.people {
		last := map[time.Time]statusChange{}
		for _, c := range w.chain(d) {
			if !isDecision(c.to) {
				continue
			}
			m := cell{firstOfMonth(c.at), d.now().body.WorkflowID}
			if months[m] == nil {
				months[m] = &figures{}
			}
			months[m].decisions++
			last[m.month] = c
		}
		for month, c := range last {
			f := months[cell{month, d.now().body.WorkflowID}]
			f.sessions++
			count(&f.approved, c.to == "Approved")
			count(&f.declined, c.to == "Declined")
			count(&f.system, c.actor == "system")
			count(&f.person, c.actor == "person")
			count(&f.program, c.actor == "program")
			count(&f.unsure, !c.exact && firstOfMonth(c.notBefore).Before(month))
		}
	}
	a := answer{view: "decisions_by_month", columns: "month, workflow_id, sessions, approved, declined, approval_rate, by_system, by_person, by_program, decisions, month_unsure"}
	for m, f := range months {
		a.rows = append(a.rows, []any{m.month, m.workflow, f.sessions, f.approved, f.declined, rate(f.approved, f.sessions), f.system, f.person, f.program, f.decisions, f.unsure})
	}
	return a
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

func (w *life) timeToDecision() answer {
	type cell struct {
		month                       time.Time
		workflow, decision, decided string
	}
	timed, all := map[cell][]float64{}, map[cell][]float64{}
	for _, d := range w.people {
		j, ok := w.decided(d)
		if !ok {
			continue
		}
		word := map[bool]string{true: "automatic", false: "human"}
		for _, x := range []struct {
			cell
			statusChange
		}{
			{cell{d.month(), d.now().body.WorkflowID, "first", word[j.automatic]}, j.first},
			{cell{d.month(), d.now().body.WorkflowID, "last", word[!j.reviewed]}, j.last},
		} {
			hours := x.at.Sub(d.created).Hours()
			all[x.cell] = append(all[x.cell], hours)
			if x.exact {
				timed[x.cell] = append(timed[x.cell], hours)
			}
		}
	}
	a := answer{view: "time_to_decision", columns: "month, workflow_id, decision, decided, sessions, timed, p50_hours, p90_hours, p99_hours, p50_hours_at_most, p90_hours_at_most, p99_hours_at_most"}
	for c, hours := range all {
		row := []any{c.month, c.workflow, c.decision, c.decided, len(hours), len(timed[c])}
		for _, of := range [][]float64{timed[c], hours} {
			row = append(row, quantile(of, 0.5), quantile(of, 0.9), quantile(of, 0.99))
		}
		a.rows = append(a.rows, row)
	}
	return a
}

func (w *life) straightThrough() answer {
	type cell struct {
		month    time.Time
		workflow string
	}
	type figures struct{ decided, through, approved, declined, overturned, unseen int }
	months := map[cell]*figures{}
	for _, d := range w.people {
		j, ok := w.decided(d)
		if !ok {
			continue
		}
		c := cell{d.month(), d.now().body.WorkflowID}
		if months[c] == nil {
			months[c] = &figures{}
		}
		f := months[c]
		f.decided++
		count(&f.through, j.automatic)
		count(&f.approved, j.automatic && j.first.to == "Approved")
		count(&f.declined, j.automatic && j.first.to == "Declined")
		count(&f.overturned, j.automatic && j.first.to != j.last.to)
		count(&f.unseen, !j.reviewed && d.status() == "Declined")
	}
	a := answer{view: "straight_through_by_month", columns: "month, workflow_id, decided, straight_through, with_review, straight_through_rate, straight_through_approved, straight_through_declined, overturned, declined_unseen"}
	for c, f := range months {
		a.rows = append(a.rows, []any{c.month, c.workflow, f.decided, f.through, f.decided - f.through, rate(f.through, f.decided), f.approved, f.declined, f.overturned, f.unseen})
	}
	return a
}

func (w *life) automaticDeclines() answer {
	a := answer{view: "automatic_declines", columns: "session_id, vendor_data_key, workflow_id, created_at, declined_at, declined_is_exact, risks"}
	for _, d := range w.people {
		j, ok := w.decided(d)
		if !ok || j.reviewed || d.status() != "Declined" {
			continue
		}
		var risks any
		for _, log := range []string{"error", "warning"} {
			var rs []string
			for _, x := range d.now().body.warnings() {
				if x.Log == log && !slices.Contains(rs, x.Risk) {
					rs = append(rs, x.Risk)
				}
			}
			if slices.Sort(rs); rs != nil {
				risks = rs
				break
			}
		}
		a.rows = append(a.rows, []any{d.id, orNone(d.key()), d.now().body.WorkflowID, d.created, j.last.at, j.last.exact, risks})
	}
	return a
}

// An overruling is a change that somebody made, with what the rules had said before.
type overruling struct {
	statusChange
	ruled   string // empty: not known
	ruledAt any
}

// overruled are the changes by people and programs, also those that agree with the rules.
func (w *life) overruled(d *dossier) (out []overruling) {
	chain := w.chain(d)
	for i, c := range chain {
		if c.actor == "system" {
			continue
		}
		o := overruling{c, chain[0].from, nil}
		for _, b := range chain[:i] {
			if b.actor == "system" {
				o.ruled, o.ruledAt = b.to, b.at
			}
		}
		out = append(out, o)
	}
	return out
}

func (w *life) overrideAnswer() answer {
	a := answer{view: "overrides", columns: "session_id, vendor_data_key, workflow_id, changed_at, automatic_status, automatic_at, from_status, to_status, direction, overturns_decision, actor, actor_name, has_comment, source"}
	for _, d := range w.people {
		for _, o := range w.overruled(d) {
			if o.ruled != "" && o.ruled != o.to {
				a.rows = append(a.rows, []any{d.id, orNone(d.key()), d.now().body.WorkflowID, o.at, o.ruled, o.ruledAt, orNone(o.from), o.to,
					strings.ToLower(o.ruled + " to " + o.to), isDecision(o.ruled), o.actor, orNone(o.name), o.comment, o.source})
			}
		}
	}
	return a
}

func (w *life) fourEyes() answer {
	a := answer{view: "four_eyes_exceptions", columns: `session_id, vendor_data_key, workflow_id, changed_at, from_status, to_status, automatic_status, actor, actor_name, has_comment,
		is_without_comment, is_by_editor, edits, edit_types, edited_fields`}
	for _, d := range w.people {
		for _, o := range w.overruled(d) {
			if !isDecision(o.to) {
				continue
			}
			if o.ruled == o.to {
				o.ruled = ""
			}
			silent := o.to == "Approved" && !o.comment && (o.from == "Declined" || o.ruled == "Declined")
			var types, fields []string
			edits := 0
			for _, act := range d.now().feed {
				if !slices.Contains([]string{"KYC_DATA_UPDATED", "POA_DATA_UPDATED", "AML_HIT_STATUS_UPDATED"}, act.Type) || act.Actor == "SYSTEM" || act.At.After(o.at) ||
					strings.EqualFold(act.name(), "unknown") || !strings.EqualFold(act.name(), o.name) {
					continue
				}
				edits++
				types = append(types, act.Type)
				fields = append(fields, act.Fields...)
			}
			if !silent && edits == 0 {
				continue
			}
			row := []any{d.id, orNone(d.key()), d.now().body.WorkflowID, o.at, orNone(o.from), o.to, orNone(o.ruled), o.actor, orNone(o.name), o.comment, silent, edits > 0, edits}
			for _, set := range [][]string{types, fields} {
				slices.Sort(set)
				if set = slices.Compact(set); edits == 0 {
					row = append(row, nil)
				} else {
					row = append(row, set)
				}
			}
			a.rows = append(a.rows, row)
		}
	}
	return a
}
