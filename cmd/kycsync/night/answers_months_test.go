package night

import (
	"slices"
	"time"
)

// outcomeOrder is the vendor's, in the order in which outcomes_by_month has them.
var outcomeOrder = []string{"Approved", "Declined", "In Review", "Kyc Expired", "Resubmitted", "Abandoned", "Expired", "Not Started", "In Progress", "Awaiting User"}

func isApproved(status string) bool { return status == "Approved" || status == "Kyc Expired" }

// document is the first identity document of the session; nil: it has none.
func (d *dossier) document() *toldDocument {
	if docs := d.now().body.Documents; len(docs) > 0 {
		return &docs[0]
	}
	return nil
}

func (w *life) monthAnswers() []answer {
	return []answer{w.outcomes(), w.originAnswer(), w.networks(), w.funnel(), w.byDay(), w.spikes()}
}

func (w *life) outcomes() answer {
	type cell struct {
		month                 time.Time
		workflow, state, kind string
	}
	months := map[cell]map[string]int{}
	for _, d := range w.people {
		c := cell{d.month(), d.now().body.WorkflowID, "", ""}
		if doc := d.document(); doc != nil {
			c.state, c.kind = doc.State, doc.Type
		}
		if months[c] == nil {
			months[c] = map[string]int{}
		}
		months[c][d.status()]++
	}
	a := answer{view: "outcomes_by_month", columns: `month, workflow_id, issuing_state, document_type, sessions, approved, declined, in_review, kyc_expired, resubmitted, abandoned, expired, not_started,
		in_progress, awaiting_user, other, approval_rate, conversion, approval_rate_with_kyc_expired`}
	for c, n := range months {
		all := 0
		var each []any
		for _, s := range outcomeOrder {
			all += n[s]
			each = append(each, n[s])
		}
		yes, no := n["Approved"], n["Declined"]
		row := append([]any{c.month, c.workflow, orNone(c.state), orNone(c.kind), all}, each...)
		a.rows = append(a.rows, append(row, 0, rate(yes, yes+no), rate(yes, yes+no+n["In Review"]), rate(yes+n["Kyc Expired"], yes+n["Kyc Expired"]+no)))
	}
	return a
}

// origins follow from what the list of a night shows beside a session, in the last night that stored something new of it.
func (w *life) originAnswer() answer {
	type cell struct {
		month  time.Time
		origin string
	}
	type figures struct {
		sessions, approved, declined int
		users                        map[string]bool
	}
	months := map[cell]*figures{}
	for _, d := range w.people {
		origin, _ := w.origin(d)
		c := cell{d.month(), origin}
		if months[c] == nil {
			months[c] = &figures{users: map[string]bool{}}
		}
		f := months[c]
		f.sessions++
		count(&f.approved, isApproved(d.status()))
		count(&f.declined, d.status() == "Declined")
		if d.key() != "" {
			f.users[d.key()] = true
		}
	}
	a := answer{view: "session_origins_by_month", columns: "month, origin, sessions, users, approved, declined, approval_rate"}
	for c, f := range months {
		a.rows = append(a.rows, []any{c.month, c.origin, f.sessions, len(f.users), f.approved, f.declined, percent(f.approved, f.approved+f.declined)})
	}
	return a
}

func percent(n, of int) any {
	if of == 0 {
		return nil
	}
	return 100 * float64(n) / float64(of)
}

// An origin is what a session came from, and by which rule.
type origin struct{ name, rule string }

func (w *life) origin(d *dossier) (name, rule string) {
	o, is := w.origins[d]
	if !is {
		o.name, o.rule = w.findOrigin(d)
		w.origins[d] = o
	}
	return o.name, o.rule
}

func (w *life) findOrigin(d *dossier) (name, rule string) {
	vs := d.versions()
	l := vs[len(vs)-1]
	if w.asked[d.id] {
		return "remediation", "a transaction names it"
	}
	imported, first, approved := false, true, false
	for _, o := range w.people {
		if o.number >= d.number {
			continue
		}
		i := slices.IndexFunc(o.looks, func(x look) bool { return x.at.Equal(l.at) })
		if i < 0 {
			continue // not on that night's list
		}
		imported = imported || o.created.Sub(d.created) > 24*time.Hour
		if o.looks[i].row.User == l.row.User {
			first = false
			approved = approved || isApproved(o.looks[i].row.Status)
		}
	}
	switch {
	case imported:
		return "imported", "created long before a session with a lower number"
	case l.row.User == "":
		return "unknown", "the list names no user"
	case first:
		return "first", "no earlier session of the user is listed"
	case approved:
		return "re-verification", "an earlier session of the user was approved"
	}
	return "resubmission", "earlier sessions of the user, none of them approved"
}

func (w *life) networks() answer {
	type figures struct{ analysed, vpn, center, hidden int }
	months := map[time.Time]*figures{}
	for _, d := range w.people {
		vpn, center := false, false
		for _, n := range d.now().body.Networks {
			vpn, center = vpn || n.VPN, center || n.DataCenter
		}
		if len(d.now().body.Networks) == 0 {
			continue
		}
		if months[d.month()] == nil {
			months[d.month()] = &figures{}
		}
		f := months[d.month()]
		f.analysed++
		count(&f.vpn, vpn)
		count(&f.center, center)
		count(&f.hidden, vpn || center)
	}
	a := answer{view: "networks_by_month", columns: "month, analysed, vpn_or_tor, data_center, hidden, hidden_rate"}
	for m, f := range months {
		a.rows = append(a.rows, []any{m, f.analysed, f.vpn, f.center, f.hidden, percent(f.hidden, f.analysed)})
	}
	return a
}

func (w *life) funnel() answer {
	type cell struct {
		month             time.Time
		workflow, feature string
	}
	type figures struct{ created, started, finished, abandoned, asked, reached, passed, dropped int }
	all, steps := map[cell]*figures{}, map[cell]*figures{}
	for _, d := range w.people {
		c := cell{d.month(), d.now().body.WorkflowID, ""}
		if all[c] == nil {
			all[c] = &figures{}
		}
		f := all[c]
		f.created++
		started := d.status() != "Not Started" && d.status() != "Expired"
		count(&f.started, started)
		count(&f.finished, slices.Contains([]string{"Approved", "Declined", "In Review", "Kyc Expired"}, d.status()))
		count(&f.abandoned, d.status() == "Abandoned")
		if !started {
			continue
		}
		for _, x := range d.now().row.Features {
			c.feature = x.Feature
			if steps[c] == nil {
				steps[c] = &figures{}
			}
			s := steps[c]
			s.asked++
			count(&s.reached, x.Status != "Not Finished")
			count(&s.passed, x.Status == "Approved")
			count(&s.dropped, x.Status == "Not Finished" && d.status() == "Abandoned")
		}
	}
	a := answer{view: "funnel", columns: "month, workflow_id, feature, created, started, finished, abandoned, asked, reached, passed, dropped, reach_rate, pass_rate"}
	met := map[cell]bool{}
	for c, s := range steps {
		whole := cell{c.month, c.workflow, ""}
		met[whole] = true
		f := all[whole]
		a.rows = append(a.rows, []any{c.month, c.workflow, c.feature, f.created, f.started, f.finished, f.abandoned, s.asked, s.reached, s.passed, s.dropped, rate(s.reached, s.asked), rate(s.passed, s.reached)})
	}
	for c, f := range all {
		if !met[c] {
			a.rows = append(a.rows, []any{c.month, c.workflow, nil, f.created, f.started, f.finished, f.abandoned, 0, 0, 0, 0, nil, nil})
		}
	}
	return a
}

func (w *life) byDay() answer {
	type figures struct {
		sessions, approved, declined int
		users                        map[string]bool
	}
	days := map[time.Time]*figures{}
	for _, d := range w.people {
		day := dayOf(d.created)
		if days[day] == nil {
			days[day] = &figures{users: map[string]bool{}}
		}
		f := days[day]
		f.sessions++
		count(&f.approved, isApproved(d.status()))
		count(&f.declined, d.status() == "Declined")
		if d.key() != "" {
			f.users[d.key()] = true
		}
	}
	a := answer{view: "sessions_by_day", columns: "day, sessions, users, approved, declined, sessions_28_days, baseline, ratio"}
	for day, f := range days {
		before := 0
		for n := 1; n <= 28; n++ {
			if b := days[day.AddDate(0, 0, -n)]; b != nil {
				before += b.sessions
			}
		}
		a.rows = append(a.rows, []any{day, f.sessions, len(f.users), f.approved, f.declined, before, float64(before) / 28, over(f.sessions, before)})
	}
	return a
}

// over is how many times its baseline a day has.
func over(today, before int) any {
	if before == 0 {
		return nil
	}
	return float64(today) / (float64(before) / 28)
}

func (w *life) spikes() answer {
	day := dayOf(w.nights[1])
	type thing struct{ kind, item string }
	today, before, users := map[thing]int{}, map[thing]int{}, map[thing]map[string]bool{}
	for _, d := range w.people {
		age := daysBetween(d.created, day)
		if age < 0 || age > 28 {
			continue
		}
		things := map[thing]bool{{"all", ""}: true}
		if d.key() != "" {
			things[thing{"user", d.key()}] = true
		}
		if c := d.now().row.Country; c != nil {
			things[thing{"country", *c}] = true
		}
		for _, n := range d.now().body.Networks {
			things[thing{"ip", n.IP}] = true
			if n.Fingerprint != nil {
				things[thing{"device", *n.Fingerprint}] = true
			}
		}
		for x := range things {
			if age > 0 {
				before[x]++
				continue
			}
			if today[x]++; users[x] == nil {
				users[x] = map[string]bool{}
			}
			if d.key() != "" {
				users[x][d.key()] = true
			}
		}
	}
	a := answer{view: "session_spikes", from: "session_spikes(DATE '" + day.Format(time.DateOnly) + "', min_sessions := 2, min_ratio := 0.5)",
		columns: "kind, item, sessions, users, sessions_28_days, baseline, ratio"}
	for x, n := range today {
		if n >= 2 && float64(n)*28 >= 0.5*float64(before[x]) {
			a.rows = append(a.rows, []any{x.kind, orNone(x.item), n, len(users[x]), before[x], float64(before[x]) / 28, over(n, before[x])})
		}
	}
	return a
}
