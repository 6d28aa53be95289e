package night

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A statusChange is one that the nights could know of.
type statusChange struct {
	at        time.Time
	exact     bool      // the vendor tells the instant
	notBefore time.Time // where it does not
	from, to  string    // from is empty where there was none, or it is not known
	actor     string
	name      string // of the actor; empty: unknown
	comment   bool
	source    string
}

// chain works out how the status of a session changed: by the vendor's log, which knows each change since the session
// came. Who it was and what came before stand in the feed alone.
func (w *life) chain(d *dossier) []statusChange {
	if c, ok := w.chains[d]; ok {
		return c
	}
	var chain []statusChange
	last := d.now()
	history := w.vendor.History(d.id)
	began := last.at.Add(48 * time.Hour) // of what the log tells; a review from before may be dated later than the session's last look
	if len(history) > 1 {
		began = history[1].From
	}
	for _, s := range history[1:] {
		if s.From.After(last.at) {
			break
		}
		was, _ := w.vendor.TruthAt(d.id, s.Revision-1)
		is, _ := w.vendor.TruthAt(d.id, s.Revision)
		if was.Status == is.Status || s.Kind == "aml_hit_added" { // which the feed tells of, but not of what became of the status
			continue
		}
		c := statusChange{at: s.From, exact: true, from: was.Status, to: is.Status, actor: "system", source: "activity"}
		if s.Kind == "reviewed" || s.Kind == "resubmit" {
			c.actor = "somebody" // the feed must say who
		}
		for _, act := range last.feed {
			if act.Type == "STATUS_UPDATED" && act.At.Equal(s.From) && (act.Actor == "SYSTEM") == (c.actor == "system") {
				c.actor, c.name, c.comment = act.who(), act.name(), act.hasComment()
			}
		}
		chain = append(chain, c)
	}
	for _, act := range last.feed { // reviewed before the log begins
		if act.Type == "STATUS_UPDATED" && act.At.Before(began) {
			chain = append(chain, statusChange{at: act.At, exact: true, from: *act.From, to: *act.To, actor: act.who(), name: act.name(), comment: act.hasComment(), source: "activity"})
		}
	}
	told := slices.Clone(chain)
	var before *look
	for _, l := range d.versions() { // what nobody tells was seen
		if before == nil || before.body.Status != l.body.Status {
			c := statusChange{at: l.at, notBefore: d.created, to: l.body.Status, actor: "system", source: "observed"}
			if before != nil {
				c.from, c.notBefore = before.body.Status, before.at
			}
			if !slices.ContainsFunc(told, func(t statusChange) bool {
				return t.to == c.to && !t.at.After(l.at) && (before == nil || t.at.After(before.at))
			}) {
				chain = append(chain, c)
			}
		}
		before = l
	}
	slices.SortStableFunc(chain, func(a, b statusChange) int { return a.at.Compare(b.at) })
	w.chains[d] = chain
	return chain
}

func (a *toldAct) who() string {
	switch a.Actor {
	case "SYSTEM":
		return "system"
	case "API_KEY":
		return "program"
	}
	return "person"
}

func (a *toldAct) name() string {
	if a.Email != nil {
		return *a.Email
	}
	return a.Display
}

func (a *toldAct) hasComment() bool { return a.Comment != nil && *a.Comment != "" }

// isDecision reports whether a status decides.
func isDecision(status string) bool { return status == "Approved" || status == "Declined" }

func (w *life) changeAnswers() []answer {
	changes := answer{view: "status_changes", columns: "session_id, changed_at, is_exact, not_before, from_status, to_status, actor, actor_name, has_comment, source",
		from: "status_changes WHERE session_id IN (SELECT session_id FROM live_sessions)"}
	for _, d := range w.people {
		for _, c := range w.chain(d) {
			notBefore := any(c.notBefore)
			if c.exact {
				notBefore = nil
			}
			changes.rows = append(changes.rows, []any{d.id, c.at, c.exact, notBefore, orNone(c.from), c.to, c.actor, orNone(c.name), c.comment, c.source})
		}
	}
	return []answer{changes, w.fieldAnswer(), w.resubmissionAnswer()}
}

// fieldAnswer holds some fields of sessions from one version to the next.
func (w *life) fieldAnswer() answer {
	fields := answer{view: "changes", columns: "session_id, observed_at, table_name, column_name, old_value, new_value",
		from: `changes WHERE entity = 'session' AND change = 'changed' AND old_value IS NOT NULL AND new_value IS NOT NULL AND session_id IN (SELECT session_id FROM live_sessions) AND (table_name, column_name) IN
			(('sessions', 'status'), ('id_verifications', 'last_name'), ('id_verifications', 'place_of_birth'), ('poa_verifications', 'issuer'), ('liveness_checks', 'score'), ('face_matches', 'score'), ('aml_hits', 'review_status'))`}
	for _, d := range w.people {
		vs := d.versions()
		for i := 1; i < len(vs); i++ {
			old, now := vs[i-1].fields(), vs[i].fields()
			for f, value := range now {
				if was, ok := old[f]; ok && was != value {
					fields.rows = append(fields.rows, []any{d.id, vs[i].at, f.table, f.column, was, value})
				}
			}
		}
	}
	return fields
}

type field struct{ table, column, row string }

func (l *look) fields() map[field]string {
	fs := map[field]string{{"sessions", "status", ""}: l.body.Status}
	for i, b := range l.body.Documents {
		fs[field{"id_verifications", "last_name", fmt.Sprint(i)}] = b.Last
		fs[field{"id_verifications", "place_of_birth", fmt.Sprint(i)}] = b.Birthplace
	}
	for i, b := range l.body.Addresses {
		fs[field{"poa_verifications", "issuer", fmt.Sprint(i)}] = b.Issuer
	}
	score := func(f *float64) string {
		s := fmt.Sprint(*f)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	for i, b := range l.body.Liveness {
		fs[field{"liveness_checks", "score", fmt.Sprint(i)}] = score(b.Score)
	}
	for i, b := range l.body.Faces {
		fs[field{"face_matches", "score", fmt.Sprint(i)}] = score(b.Score)
	}
	for _, b := range l.body.Screenings {
		for _, h := range b.Hits {
			fs[field{"aml_hits", "review_status", h.ID}] = h.Review
		}
	}
	return fs
}

func (w *life) resubmissionAnswer() answer {
	a := answer{view: "resubmissions", columns: "session_id, vendor_data_key, workflow_id, resubmitted_at, is_exact, from_status, actor, actor_name, nth, next_status, next_at, outcome, is_success, hours_to_next"}
	outcomes := map[string]string{"Approved": "approved", "Declined": "declined", "Abandoned": "abandoned", "Expired": "abandoned", "Resubmitted": "sent back again"}
	for _, d := range w.people {
		chain, nth := w.chain(d), 0
		for i, c := range chain {
			if c.to != "Resubmitted" {
				continue
			}
			nth++
			outcome := "open"
			var next, at, hours any
			for _, n := range chain[i+1:] {
				if o := outcomes[n.to]; o != "" {
					if outcome = o; n.to != "Resubmitted" {
						next, at, hours = n.to, n.at, n.at.Sub(c.at).Hours()
					}
					break
				}
			}
			a.rows = append(a.rows, []any{d.id, orNone(d.key()), d.now().body.WorkflowID, c.at, c.exact, orNone(c.from), c.actor, orNone(c.name), nth, next, at, outcome, outcome == "approved", hours})
		}
	}
	return a
}

// resubmitted is how often steps of the session had to be done again.
func (w *life) resubmitted(d *dossier) (n int) {
	for _, c := range w.chain(d) {
		if c.to == "Resubmitted" {
			n++
		}
	}
	return n
}

// quantile is the value below which a share of the numbers lies, between two of them in proportion.
func quantile(all []float64, share float64) any {
	if len(all) == 0 {
		return nil
	}
	s := slices.Sorted(slices.Values(all))
	at := share * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

// rate is a share; null of nothing.
func rate(n, of int) any {
	if of == 0 {
		return nil
	}
	return float64(n) / float64(of)
}
