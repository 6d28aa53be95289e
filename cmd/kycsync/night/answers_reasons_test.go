package night

import (
	"strings"
	"time"
)

// What speaks against applicants: the warnings of checks and their scores.

func (w *life) reasonAnswers() []answer {
	return []answer{w.declineReasons(), w.attacks(), w.quality(), w.fairness()}
}

func (w *life) declineReasons() answer {
	type base struct {
		month  time.Time
		status string
	}
	type cell struct {
		base
		feature, risk, log string
	}
	bases, cells := map[base]int{}, map[cell]int{}
	for _, d := range w.people {
		b := base{d.month(), d.status()}
		if b.status != "Declined" && b.status != "In Review" {
			continue
		}
		bases[b]++
		met := map[cell]bool{}
		for _, x := range d.now().body.warnings() {
			if c := (cell{b, warned(x.Feature), x.Risk, x.Log}); x.Log != "information" && !met[c] {
				met[c] = true
				cells[c]++
			}
		}
	}
	a := answer{view: "decline_reasons", columns: "month, status, feature, risk, log_type, sessions, sessions_of_status, share, sessions_month_before, share_month_before"}
	for c, n := range cells {
		before := c
		before.month = c.month.AddDate(0, -1, 0)
		a.rows = append(a.rows, []any{c.month, c.status, c.feature, c.risk, c.log, n, bases[c.base], rate(n, bases[c.base]), cells[before], rate(cells[before], bases[before.base])})
	}
	return a
}

// warned is a feature in a warning in the words of our views.
func warned(feature string) string {
	switch feature {
	case "FACEMATCH":
		return "FACE_MATCH"
	case "PROOF_OF_ADDRESS":
		return "POA"
	case "EMAIL":
		return "EMAIL_VERIFICATION"
	case "LOCATION":
		return "IP_ANALYSIS"
	}
	return feature
}

func (w *life) attacks() answer {
	signal := func(risk string) string {
		switch {
		case risk == "LIVENESS_FACE_ATTACK":
			return "presentation"
		case risk == "SCREEN_CAPTURE_DETECTED", risk == "PRINTED_COPY_DETECTED":
			return "copy"
		case strings.Contains(risk, "MANIPULATION"):
			return "manipulation"
		case strings.HasSuffix(risk, "BLOCKLIST"):
			return "blocklist"
		case risk == "DUPLICATED_FACE", risk == "POSSIBLE_DUPLICATED_FACE", risk == "POSSIBLE_DUPLICATED_USER":
			return "duplicate"
		}
		return ""
	}
	type cell struct {
		month time.Time
		risk  string
	}
	type figures struct{ sessions, declined, review, approved, information int }
	all, cells := map[time.Time]int{}, map[cell]*figures{}
	for _, d := range w.people {
		all[d.month()]++
		idle := map[string]bool{}
		for _, x := range d.now().body.warnings() {
			if signal(x.Risk) != "" {
				was, met := idle[x.Risk]
				idle[x.Risk] = x.Log == "information" && (was || !met)
			}
		}
		for risk, information := range idle {
			c := cell{d.month(), risk}
			if cells[c] == nil {
				cells[c] = &figures{}
			}
			f := cells[c]
			f.sessions++
			count(&f.declined, d.status() == "Declined")
			count(&f.review, d.status() == "In Review")
			count(&f.approved, d.status() == "Approved")
			count(&f.information, information)
		}
	}
	a := answer{view: "attack_signals", columns: "month, session_type, signal, risk, sessions, sessions_of_month, share, declined, in_review, approved, informational"}
	for c, f := range cells { // the type of a session stands in no answer that a night reads
		a.rows = append(a.rows, []any{c.month, nil, signal(c.risk), c.risk, f.sessions, all[c.month], rate(f.sessions, all[c.month]), f.declined, f.review, f.approved, f.information})
	}
	return a
}

func (w *life) quality() answer {
	type cell struct {
		month                     time.Time
		workflow, checked, method string
	}
	scores, checks, passed := map[cell][]float64{}, map[cell]int{}, map[cell]int{}
	for _, d := range w.people {
		add := func(checked string, all []toldScore) {
			for _, x := range all {
				c := cell{d.month(), d.now().body.WorkflowID, checked, ""}
				if x.Method != nil {
					c.method = *x.Method
				}
				checks[c]++
				if x.Score != nil {
					scores[c] = append(scores[c], *x.Score)
				}
				if x.Status == "Approved" {
					passed[c]++
				}
			}
		}
		add("LIVENESS", d.now().body.Liveness)
		add("FACE_MATCH", d.now().body.Faces)
	}
	a := answer{view: "biometric_quality", columns: `month, workflow_id, workflow_version, checked, method, checks, scored, below_50, from_50_to_70, from_70_to_80, from_80_to_90, from_90,
		mean_score, p10_score, median_score, passed, pass_rate`}
	for c, n := range checks {
		s := scores[c]
		row := []any{c.month, c.workflow, nil, c.checked, orNone(c.method), n, len(s)}
		lower := 0.0
		for _, upper := range []float64{50, 70, 80, 90, 1000} {
			in := 0
			for _, x := range s {
				count(&in, x >= lower && x < upper)
			}
			row, lower = append(row, in), upper
		}
		a.rows = append(a.rows, append(row, sum(s)/float64(len(s)), quantile(s, 0.1), quantile(s, 0.5), passed[c], rate(passed[c], n)))
	}
	return a
}

func (w *life) fairness() answer {
	type figures struct{ groups, decided, approved int }
	groups := map[string]map[string]*figures{"issuing_state": {}, "age_band": {}, "gender": {}}
	for _, d := range w.people {
		doc := d.document()
		if doc == nil || !isApproved(d.status()) && d.status() != "Declined" {
			continue
		}
		gender := "unknown"
		if doc.Gender != nil {
			gender = *doc.Gender
		}
		for dimension, group := range map[string]string{"issuing_state": doc.State, "age_band": ageBand(doc.Birth, d.created), "gender": gender} {
			if groups[dimension][group] == nil {
				groups[dimension][group] = &figures{groups: 1}
			}
			groups[dimension][group].decided++
			count(&groups[dimension][group].approved, isApproved(d.status()))
		}
	}
	a := answer{view: "fairness", columns: "dimension, group_name, groups, decided, approved, approval_rate, decided_of_all, approval_rate_of_all, difference, rate_to_best"}
	for dimension, each := range groups {
		all, small := figures{}, figures{}
		best := 0.0
		for name, f := range each {
			all.decided, all.approved = all.decided+f.decided, all.approved+f.approved
			if f.decided < 30 {
				small.groups, small.decided, small.approved = small.groups+1, small.decided+f.decided, small.approved+f.approved
				delete(each, name)
				continue
			}
			best = max(best, float64(f.approved)/float64(f.decided))
		}
		if small.groups > 0 {
			each["groups under 30"] = &small
		}
		whole := float64(all.approved) / float64(all.decided)
		for name, f := range each {
			row := []any{dimension, name, f.groups, f.decided, nil, nil, all.decided, whole, nil, nil}
			if f.decided >= 30 {
				r := float64(f.approved) / float64(f.decided)
				row[4], row[5], row[8] = f.approved, r, r-whole
				if best > 0 {
					row[9] = r / best
				}
			}
			a.rows = append(a.rows, row)
		}
	}
	return a
}

func ageBand(birth string, on time.Time) string {
	b, err := time.Parse(time.DateOnly, birth)
	if err != nil {
		return "unknown"
	}
	age := on.UTC().Year() - b.Year()
	if on.UTC().Month() < b.Month() || on.UTC().Month() == b.Month() && on.UTC().Day() < b.Day() {
		age--
	}
	switch {
	case age < 18:
		return "under 18"
	case age < 25:
		return "18-24"
	case age < 35:
		return "25-34"
	case age < 45:
		return "35-44"
	case age < 55:
		return "45-54"
	case age < 65:
		return "55-64"
	}
	return "65 and over"
}
