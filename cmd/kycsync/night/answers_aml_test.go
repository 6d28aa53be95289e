package night

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A judgedHit is a hit as it is now, with what is known of how it came to that.
type judgedHit struct {
	toldHit
	*dossier
	first    *look // that has it
	was      string
	since    time.Time
	by, from string // who judged it and what tells so; empty: nobody, nothing
}

// categoryOf is the gravest of some data sets.
func categoryOf(sets []string) string {
	best := "other"
	for _, c := range []string{"adverse_media", "warning", "pep", "sanction"} {
		for _, s := range sets {
			if setCategory(s) == c {
				best = c
			}
		}
	}
	return best
}

func setCategory(set string) string {
	switch {
	case set == "Sanctions":
		return "sanction"
	case strings.HasPrefix(set, "PEP"):
		return "pep"
	case strings.HasPrefix(set, "Warnings"):
		return "warning"
	case set == "Adverse Media":
		return "adverse_media"
	}
	return "other"
}

// hits are all of a look, by id.
func (l *look) hits() map[string]toldHit {
	all := map[string]toldHit{}
	for _, s := range l.body.Screenings {
		for _, h := range s.Hits {
			all[h.ID] = h
		}
	}
	return all
}

// judged reports whether somebody judged a hit of the session, which need not be told of which.
func (d *dossier) judged() bool {
	return slices.ContainsFunc(d.now().feed, func(a toldAct) bool { return a.Type == "AML_HIT_STATUS_UPDATED" && a.Actor != "SYSTEM" })
}

func (w *life) judgedHits() (out []judgedHit) {
	for _, d := range w.people {
		for _, h := range d.now().hits() {
			j := judgedHit{toldHit: h, dossier: d}
			moved := false
			for i := range d.looks {
				old, ok := d.looks[i].hits()[h.ID]
				switch {
				case ok && j.first == nil:
					j.first, j.was = &d.looks[i], old.Review
				case ok && old.Review != j.was:
					moved = true
				}
			}
			j.since = j.first.at
			if j.first == &d.looks[0] {
				j.since = d.created
			}
			if h.Review != "Unreviewed" {
				if j.by = "human"; h.Review == "False Positive" && !moved && !d.judged() {
					j.by = "machine"
				}
				switch {
				case moved:
					j.from = "version"
				case d.judged():
					j.from = "activity of the session"
				}
			}
			out = append(out, j)
		}
	}
	return out
}

func (w *life) hitAnswers() []answer {
	each := answer{view: "aml_hit_dispositions", columns: `session_id, vendor_data_key, full_name, session_status, upstream_state, created_at, hit_id, caption, category, data_sets, match_score, risk_score,
		review_status, first_review_status, first_known_at, on_list_since, judged_by, disposition_evidence`}
	open := answer{view: "open_aml_hits", columns: "session_id, vendor_data_key, full_name, session_status, hit_id, caption, category, data_sets, match_score, risk_score, open_since, age_days"}
	for _, h := range w.judgedHits() {
		name := h.now().row.FullName
		each.rows = append(each.rows, []any{h.dossier.id, orNone(h.key()), name, h.status(), h.upstream(), h.created, h.ID, h.Caption, categoryOf(h.Datasets), h.Datasets, h.Match, h.Risk,
			h.Review, h.was, h.first.at, h.since, orNone(h.by), orNone(h.from)})
		if h.Review == "Unreviewed" && !h.isDeleted() {
			open.rows = append(open.rows, []any{h.dossier.id, orNone(h.key()), name, h.status(), h.ID, h.Caption, categoryOf(h.Datasets), h.Datasets, h.Match, h.Risk, h.since, w.until().Sub(h.since).Hours() / 24})
		}
	}
	return []answer{each, open, w.hitsByDisposition(), w.falsePositives(), w.contradictions()}
}

func (w *life) hitsByDisposition() answer {
	type cell struct{ set, review, by string }
	type figures struct {
		hits             int
		sessions, people map[string]bool
		risk             float64
	}
	cells := map[cell]*figures{}
	for _, h := range w.judgedHits() {
		for _, set := range slices.Compact(slices.Sorted(slices.Values(h.Datasets))) {
			c := cell{set, h.Review, h.by}
			if cells[c] == nil {
				cells[c] = &figures{sessions: map[string]bool{}, people: map[string]bool{}}
			}
			f := cells[c]
			f.hits++
			f.sessions[h.dossier.id], f.people[h.owner()] = true, true
			f.risk = max(f.risk, *h.Risk)
		}
	}
	a := answer{view: "aml_hits_by_disposition", columns: "category, data_set, review_status, judged_by, hits, sessions, people, highest_risk_score"}
	for c, f := range cells {
		a.rows = append(a.rows, []any{setCategory(c.set), c.set, c.review, orNone(c.by), f.hits, len(f.sessions), len(f.people), f.risk})
	}
	return a
}

func (w *life) falsePositives() answer {
	band := func(score float64) string {
		name := "<75"
		for _, b := range []struct {
			from float64
			name string
		}{{75, "75-80"}, {80, "80-85"}, {85, "85-90"}, {90, "90-93"}, {93, "93-96"}, {96, "96-100"}} {
			if score >= b.from {
				name = b.name
			}
		}
		return name
	}
	type cell struct{ band, category string }
	type figures struct{ hits, unreviewed, inconclusive, confirmed, machine, human, unsure int }
	cells := map[cell]*figures{}
	for _, h := range w.judgedHits() {
		c := cell{band(*h.Match), categoryOf(h.Datasets)}
		if cells[c] == nil {
			cells[c] = &figures{}
		}
		f := cells[c]
		f.hits++
		switch h.Review {
		case "Unreviewed":
			f.unreviewed++
		case "Inconclusive":
			f.inconclusive++
		case "Confirmed Match":
			f.confirmed++
		case "False Positive":
			count(&f.machine, h.by == "machine")
			count(&f.human, h.by == "human")
			count(&f.unsure, h.from == "activity of the session")
		}
	}
	a := answer{view: "aml_false_positives", columns: `score_band, category, hits, unreviewed, inconclusive, confirmed, machine_tagged, human_cleared, human_cleared_unsure, other, false_positive_rate,
		human_false_positive_rate`}
	for c, f := range cells {
		a.rows = append(a.rows, []any{c.band, c.category, f.hits, f.unreviewed, f.inconclusive, f.confirmed, f.machine, f.human, f.unsure, 0, rate(f.machine+f.human, f.hits),
			rate(f.human, f.human+f.confirmed+f.inconclusive)})
	}
	return a
}

func (w *life) contradictions() answer {
	a := answer{view: "aml_contradictions", columns: `session_id, contradiction, vendor_data_key, full_name, session_status, user_status, hits, false_positives, confirmed, confirmed_categories,
		highest_confirmed_risk`}
	standing := w.standing()
	for _, d := range w.people {
		hits := d.now().hits()
		if len(hits) == 0 || d.isDeleted() {
			continue
		}
		cleared, confirmed, categories, risk := 0, 0, []string{}, any(nil)
		for _, h := range hits {
			count(&cleared, h.Review == "False Positive")
			if h.Review == "Confirmed Match" {
				confirmed++
				categories = append(categories, categoryOf(h.Datasets))
				if risk == nil || risk.(float64) < *h.Risk {
					risk = *h.Risk
				}
			}
		}
		slices.Sort(categories)
		user := standing[d.key()].status()
		reviewed := slices.ContainsFunc(d.now().body.Screenings, func(s toldScreening) bool { return s.Status == "In Review" })
		what := ""
		switch {
		case d.status() == "In Review" && reviewed && cleared == len(hits):
			what = "cleared, in review"
		case confirmed > 0 && d.status() == "Approved":
			what = "confirmed, approved"
		case confirmed > 0 && user == "ACTIVE":
			what = "confirmed, user active"
		default:
			continue
		}
		row := []any{d.id, what, orNone(d.key()), d.now().row.FullName, d.status(), user, len(hits), cleared, confirmed, nil, risk}
		if confirmed > 0 {
			row[9] = slices.Compact(categories)
		}
		a.rows = append(a.rows, row)
	}
	return a
}

func (w *life) screeningAnswers() []answer {
	return append([]answer{w.monitoring()}, w.screened()...)
}

// monitoring tells what the nights after the second one found.
func (w *life) monitoring() answer {
	from, to := dayOf(w.nights[2]), dayOf(w.until())
	a := answer{view: "aml_monitoring_changes", from: fmt.Sprintf("aml_monitoring_changes(DATE '%s', DATE '%s')", from.Format(time.DateOnly), to.Format(time.DateOnly)),
		columns: `session_id, vendor_data_key, workflow_id, previous_seen_at, seen_at, hit_id, change, caption, data_sets, review_status_before, review_status, risk_score_before, risk_score,
			is_monitored, session_status_before, session_status, moved_status, reviewed_at, hours_to_review`}
	for _, d := range w.people {
		vs := d.versions()
		for i := 1; i < len(vs); i++ {
			was, is := vs[i-1], vs[i]
			if is.at.Before(from) {
				continue
			}
			monitored := slices.ContainsFunc(is.body.Screenings, func(s toldScreening) bool { return s.Monitored })
			var reviewed, hours any
			for _, act := range d.now().feed {
				if reviewed == nil && act.Actor != "SYSTEM" && act.At.After(is.at) && slices.Contains([]string{"AML_HIT_STATUS_UPDATED", "AML_STATUS_UPDATED", "STATUS_UPDATED"}, act.Type) {
					reviewed, hours = act.At, act.At.Sub(is.at).Hours()
				}
			}
			tell := func(change string, h toldHit, before, after *toldHit) {
				row := []any{d.id, orNone(d.key()), is.body.WorkflowID, was.at, is.at, h.ID, change, h.Caption, h.Datasets, nil, nil, nil, nil,
					monitored, was.body.Status, is.body.Status, was.body.Status != is.body.Status, reviewed, hours}
				if before != nil {
					row[9], row[11] = before.Review, before.Risk
				}
				if after != nil {
					row[10], row[12] = after.Review, after.Risk
				}
				if change == "judged" {
					row[17], row[18] = nil, nil
				}
				a.rows = append(a.rows, row)
			}
			old, now := was.hits(), is.hits()
			for id, h := range now {
				b, ok := old[id]
				switch {
				case !ok:
					tell("new", h, nil, &h)
				case b.Review != h.Review:
					tell("judged", h, &b, &h)
				case *b.Risk != *h.Risk || *b.Match != *h.Match:
					tell("rescored", h, &b, &h)
				}
			}
			for id, h := range old {
				if _, ok := now[id]; !ok {
					tell("removed", h, &h, nil)
				}
			}
		}
	}
	return a
}

// A screenedPerson is somebody in a category.
type screenedPerson struct{ person, category string }

type hitCounts struct {
	hits, confirmed, pending, cleared int
	approved                          bool
}

// screenedOn works out what was known at the end of a day.
func (w *life) screenedOn(day time.Time) map[screenedPerson]*hitCounts {
	end := day.AddDate(0, 0, 1)
	out := map[screenedPerson]*hitCounts{}
	approved := map[string]bool{}
	for _, d := range w.people {
		var l *look
		for i := range d.looks {
			if d.looks[i].at.Before(end) {
				l = &d.looks[i]
			}
		}
		if l == nil || len(d.missed) > 1 && d.missed[1].Before(end) {
			continue
		}
		person := keyOf(l.body.VendorData)
		if person == "" {
			person = d.id
		}
		approved[person] = approved[person] || l.body.Status == "Approved"
		for _, h := range l.hits() {
			categories := map[string]bool{}
			for _, s := range h.Datasets {
				categories[setCategory(s)] = true
			}
			for c := range categories {
				p := screenedPerson{person, c}
				if out[p] == nil {
					out[p] = &hitCounts{}
				}
				n := out[p]
				n.hits++
				count(&n.confirmed, h.Review == "Confirmed Match")
				count(&n.pending, h.Review == "Unreviewed" || h.Review == "Inconclusive")
				count(&n.cleared, h.Review == "False Positive")
			}
		}
	}
	for p, n := range out {
		n.approved = approved[p.person]
	}
	return out
}

func (w *life) screened() []answer {
	first, last := dayOf(w.nights[1]), dayOf(w.until())
	people := answer{view: "screened_people_on", columns: "person, category, hits, confirmed, pending, cleared, is_approved", from: fmt.Sprintf("screened_people_on(DATE '%s')", first.Format(time.DateOnly))}
	population := answer{view: "screening_population", from: fmt.Sprintf("screening_population(DATE '%s')", first.Format(time.DateOnly)),
		columns: "category, people, confirmed, pending, cleared, confirmed_approved, pending_approved, hits, confirmed_hits"}
	type figures struct{ people, confirmed, pending, cleared, confirmedApproved, pendingApproved, hits, confirmedHits int }
	sums := map[string]*figures{}
	before := w.screenedOn(first)
	for p, n := range before {
		people.rows = append(people.rows, []any{p.person, p.category, n.hits, n.confirmed, n.pending, n.cleared, n.approved})
		if sums[p.category] == nil {
			sums[p.category] = &figures{}
		}
		f := sums[p.category]
		f.people++
		f.hits, f.confirmedHits = f.hits+n.hits, f.confirmedHits+n.confirmed
		count(&f.confirmed, n.is())
		count(&f.pending, n.may())
		count(&f.cleared, !n.is() && !n.may())
		count(&f.confirmedApproved, n.is() && n.approved)
		count(&f.pendingApproved, n.may() && n.approved)
	}
	for c, f := range sums {
		population.rows = append(population.rows, []any{c, f.people, f.confirmed, f.pending, f.cleared, f.confirmedApproved, f.pendingApproved, f.hits, f.confirmedHits})
	}
	movement := answer{view: "screening_movement", from: fmt.Sprintf("screening_movement(DATE '%s', DATE '%s')", first.AddDate(0, 0, 1).Format(time.DateOnly), last.Format(time.DateOnly)),
		columns: "category, opening, added, removed, closing, opening_pending, added_pending, removed_pending, closing_pending"}
	after := w.screenedOn(last)
	moves := map[string]*[8]int{}
	for _, all := range []map[screenedPerson]*hitCounts{before, after} {
		for p := range all {
			if moves[p.category] == nil {
				moves[p.category] = &[8]int{}
			}
		}
	}
	seen := map[screenedPerson]bool{}
	for _, all := range []map[screenedPerson]*hitCounts{before, after} {
		for p := range all {
			if seen[p] {
				continue
			}
			seen[p] = true
			for i, in := range []func(*hitCounts) bool{(*hitCounts).is, (*hitCounts).may} {
				was, is := in(before[p]), in(after[p])
				m := moves[p.category]
				count(&m[4*i], was)
				count(&m[4*i+1], is && !was)
				count(&m[4*i+2], was && !is)
				count(&m[4*i+3], is)
			}
		}
	}
	for c, m := range moves {
		movement.rows = append(movement.rows, []any{c, m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]})
	}
	return []answer{people, population, movement}
}

// is reports whether a hit is confirmed, may whether none is and one may yet be.
func (n *hitCounts) is() bool  { return n != nil && n.confirmed > 0 }
func (n *hitCounts) may() bool { return n != nil && n.confirmed == 0 && n.pending > 0 }
