package night

import (
	"cmp"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/load/warehouse"
)

// A relationship is a line of the organisation's own file of customers.
type relationship struct {
	name, entity, product, rating string
	start, end                    time.Time // zero: not told, it goes on
}

// A listedCountry is a line of its file of countries.
type listedCountry struct {
	iso3, iso2, list string
	from, to         time.Time // zero: always, still
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// tell gives the lake files of the organisation's own, with something of every sort for some of the users.
func (w *life) tell(t *testing.T) {
	names := map[string]string{}
	for _, s := range w.vendor.Truth() {
		if s.Kind == "user" && s.VendorData != "" {
			names[strings.ToLower(s.VendorData)] = s.VendorData
		}
	}
	ratings := []string{"high", "low", "", "medium"}
	for i, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range names {
			if !yield(k) {
				return
			}
		}
	}) {
		r := relationship{name: names[key], entity: "one", product: "account", rating: ratings[i%4]}
		switch i % 5 {
		case 0:
			continue // not a customer
		case 1:
			r.start = day(2026, 1+i%11, 1+i%28)
		case 2:
			r.start, r.end = day(2025, 1+i%12, 5), day(2026, 10+i%3, 3)
		case 3:
			r.start, r.end = day(2026, 11, 1+i%30), day(2032, 1, 1)
		}
		w.firm = append(w.firm, r)
		if i%7 == 0 {
			r.entity, r.rating, r.start, r.end = "two", ratings[(i+1)%4], day(2024, 6, 1), time.Time{}
			w.firm = append(w.firm, r)
		}
	}
	w.firm = append(w.firm, relationship{name: "Nobody-At-The-Vendor", entity: "one", product: "loan", rating: "high", start: day(2026, 5, 1)})
	w.lists = []listedCountry{
		{"BRA", "BR", "grey", day(2026, 3, 1), time.Time{}}, {"MEX", "MX", "grey", time.Time{}, day(2026, 8, 31)},
		{"MEX", "MX", "black", day(2026, 9, 1), time.Time{}}, {"COL", "CO", "black", time.Time{}, time.Time{}}, {"ESP", "ES", "grey", day(2026, 12, 1), time.Time{}},
	}
	text := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.DateOnly)
	}
	customers := [][]string{{"vendor_data", "legal_entity", "product", "risk_rating", "relationship_start", "relationship_end"}}
	for _, r := range w.firm {
		customers = append(customers, []string{r.name, r.entity, r.product, r.rating, text(r.start), text(r.end)})
	}
	countries := [][]string{{"country", "list", "valid_from", "valid_to"}}
	for i, c := range w.lists {
		countries = append(countries, []string{[]string{c.iso3, c.iso2}[i%2], c.list, text(c.from), text(c.to)})
	}
	cfg := w.config(t)
	cfg.Warehouse = warehouse.Config{}
	for kind, lines := range map[string][][]string{"customers": customers, "countries": countries} {
		name := filepath.Join(t.TempDir(), kind+".csv")
		var b strings.Builder
		if err := csv.NewWriter(&b).WriteAll(lines); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		ref, err := ReadReference(context.Background(), name, kind, fileDay)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := LoadReference(context.Background(), cfg, ref); err != nil {
			t.Fatal(err)
		}
	}
}

// fileDay is the day for which the files hold.
var fileDay = day(2026, 11, 30)

const fileDayText = "2026-11-30"

// A customer is somebody over all relationships.
type customer struct {
	name   string
	n      int
	rating string
	start  time.Time
	end    time.Time // zero: one goes on
}

func (c *customer) endedBefore(day time.Time) bool {
	return c != nil && !c.end.IsZero() && c.end.Before(day)
}

func (w *life) customers() map[string]*customer {
	order := []string{"", "low", "medium", "high"}
	all, open := map[string]*customer{}, map[string]bool{}
	for _, r := range w.firm {
		k := strings.ToLower(r.name)
		c := all[k]
		if c == nil {
			c = &customer{name: r.name}
			all[k] = c
		}
		c.n++
		c.name = min(c.name, r.name)
		if slices.Index(order, r.rating) > slices.Index(order, c.rating) {
			c.rating = r.rating
		}
		if !r.start.IsZero() && (c.start.IsZero() || r.start.Before(c.start)) {
			c.start = r.start
		}
		if open[k] = open[k] || r.end.IsZero(); open[k] {
			c.end = time.Time{}
		} else if r.end.After(c.end) {
			c.end = r.end
		}
	}
	return all
}

func orNoDay(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// monthsLater is the same day some months later, or the last one where that month is shorter.
func monthsLater(at time.Time, months int) time.Time {
	first := firstOfMonth(at).AddDate(0, months, 0)
	return first.AddDate(0, 0, min(at.Day(), first.AddDate(0, 1, -1).Day())-1)
}

func (w *life) firmAnswers() []answer {
	users := answer{view: "firm_users", columns: "vendor_data_key, vendor_data, relationships, risk_rating, relationship_start, relationship_end"}
	for key, c := range w.customers() {
		users.rows = append(users.rows, []any{key, c.name, c.n, orNone(c.rating), orNoDay(c.start), orNoDay(c.end)})
	}
	state := answer{view: "reference_state", columns: "kind, reference, rows, read_at", rows: [][]any{{"customers", fileDayText, len(w.firm), w.until()}, {"countries", fileDayText, len(w.lists), w.until()}}}
	return []answer{users, state, w.rekyc(), w.unmonitored(), w.verifiedLate(), w.evidence(), w.refused(), w.highRisk()}
}

func (w *life) rekyc() answer {
	on := day(2031, 6, 30)
	a := answer{view: "rekyc_due", from: "rekyc_due(DATE '2031-06-30')", columns: `vendor_data_key, vendor_data, session_id, last_approved_at, risk_rating, interval_months, rating_from, due_on, days_overdue,
		reference, missing_input`}
	customers := w.customers()
	for key, l := range w.latestApprovals() {
		c := customers[key]
		if l.key() == "" || c.endedBefore(on) {
			continue
		}
		months, from, rating := 60, "reference file", any(nil)
		switch {
		case c == nil:
			from = "not in the file"
		case c.rating == "":
			from = "not rated"
		default:
			if rating = c.rating; c.rating == "high" {
				months = 12
			}
		}
		if due := monthsLater(dayOf(l.at), months); !due.After(on) {
			a.rows = append(a.rows, []any{key, l.now().body.VendorData, l.id, l.at, rating, months, from, due, daysBetween(due, on), fileDayText, nil})
		}
	}
	return a
}

func (w *life) unmonitored() answer {
	a := answer{view: "not_monitored", columns: "vendor_data_key, vendor_data, session_id, approved_at, vendor_user_status, screenings, last_screened_at, why, reference, missing_input"}
	customers, standing, users := w.customers(), w.standing(), w.byUser()
	for key, l := range w.latestApprovals() {
		if l.key() == "" || customers[key].endedBefore(dayOf(w.until())) || standing[key].status() == "BLOCKED" {
			continue
		}
		n, last, monitored := 0, any(nil), false
		for _, d := range users[key] { // newest first
			for _, s := range d.now().body.Screenings {
				if n++; last == nil {
					last = d.created
				}
				monitored = monitored || s.Monitored
			}
		}
		if monitored {
			continue
		}
		why := "screened without monitoring"
		if n == 0 {
			why = "never screened"
		}
		a.rows = append(a.rows, []any{key, l.now().body.VendorData, l.id, l.at, standing[key].status(), n, last, why, fileDayText, nil})
	}
	return a
}

func (w *life) verifiedLate() answer {
	a := answer{view: "verified_after_start", columns: `vendor_data_key, vendor_data, legal_entity, product, risk_rating, relationship_start, relationship_end, first_approved_at, days_before, has_ended, sessions, why,
		reference, missing_input`}
	first, users := map[string]time.Time{}, w.byUser()
	for _, x := range w.approvals() {
		if at, ok := first[x.key()]; !ok || x.first.Before(at) {
			first[x.key()] = x.first
		}
	}
	for _, r := range w.firm {
		key := strings.ToLower(r.name)
		at, ok := first[key]
		if ok && (r.start.IsZero() || !dayOf(at).After(r.start)) {
			continue
		}
		why, days := "never verified", any(nil)
		verified := any(nil)
		if ok {
			why, verified = "verified later", at
		}
		if !r.start.IsZero() {
			days = daysBetween(r.start, cmp.Or(at, w.until()))
		}
		a.rows = append(a.rows, []any{key, r.name, r.entity, r.product, orNone(r.rating), orNoDay(r.start), orNoDay(r.end), verified, days, !r.end.IsZero() && r.end.Before(dayOf(w.until())), len(users[key]), why,
			fileDayText, nil})
	}
	return a
}

func (w *life) evidence() answer {
	a := answer{view: "evidence_at_risk", from: "evidence_at_risk(14, required_years := 1)", columns: `session_id, vendor_data_key, status, created_at, upstream_state, deleted_on, days_left, basis, required_until, days_short,
		reference, missing_input`}
	customers, today := w.customers(), dayOf(w.until())
	for _, d := range w.people {
		if !isApproved(d.status()) && d.status() != "Declined" {
			continue
		}
		deleted := monthsLater(dayOf(d.created), 14)
		if d.isDeleted() {
			deleted = dayOf(d.missed[0])
		}
		basis, from := "now", today
		if c := customers[d.key()]; c.endedBefore(today) {
			basis, from = "relationship end", c.end
		}
		required := monthsLater(from, 12)
		if deleted.Before(required) && required.After(today) {
			a.rows = append(a.rows, []any{d.id, orNone(d.key()), d.status(), d.created, d.upstream(), deleted, daysBetween(today, deleted), basis, required, daysBetween(deleted, required), fileDayText, nil})
		}
	}
	return a
}

func (w *life) refused() answer {
	from, to := day(2026, 6, 1), day(2026, 12, 31)
	a := answer{view: "refused_customers", from: "refused_customers(DATE '2026-06-01', DATE '2026-12-31')", columns: `session_id, vendor_data_key, created_at, declined_at, declined_at_from, declined_by, is_approved_elsewhere,
		relationship, relationship_start, relationship_end, reference, missing_input`}
	approved, customers := map[string]bool{}, w.customers()
	for _, x := range w.approvals() {
		approved[x.key()] = true
	}
	for _, d := range w.people {
		j, ok := w.decided(d)
		if !ok || d.status() != "Declined" || j.last.to != "Declined" {
			continue
		}
		at, how := j.last.at, "told"
		if !j.last.exact {
			if how = "seen"; !at.After(d.looks[0].at) {
				at, how = d.created, "created"
			}
		}
		if dayOf(at).Before(from) || dayOf(at).After(to) {
			continue
		}
		c := customers[d.key()]
		row := []any{d.id, orNone(d.key()), d.created, at, how, j.last.actor, d.key() != "" && approved[d.key()], "", nil, nil, fileDayText, nil}
		switch {
		case d.key() == "":
			row[7] = "not known"
		case c == nil:
			row[7] = "none"
		case c.endedBefore(dayOf(w.until())):
			row[7] = "ended"
		default:
			row[7] = "exists"
		}
		if c != nil {
			row[8], row[9] = orNoDay(c.start), orNoDay(c.end)
		}
		a.rows = append(a.rows, row)
	}
	return a
}

func (w *life) highRisk() answer {
	a := answer{view: "high_risk_countries", columns: "session_id, vendor_data_key, created_at, status, kind, country_iso3, list, valid_from, valid_to, reference, missing_input"}
	for _, d := range w.people {
		b := d.now().body
		type tie struct{ kind, country string }
		ties := map[tie]bool{}
		for _, x := range b.Documents {
			ties[tie{"nationality", x.Nationality}], ties[tie{"issuing state", x.State}], ties[tie{"residence", x.Address.Country}] = true, true, true
		}
		for _, x := range b.Addresses {
			ties[tie{"residence", x.Parsed.Country}] = true
		}
		for _, x := range b.Networks {
			ties[tie{"network", x.Country}] = true
		}
		for x := range ties {
			for _, c := range w.lists {
				on := dayOf(d.created)
				if (x.country == c.iso3 || x.country == c.iso2) && !on.Before(c.from) && (c.to.IsZero() || !on.After(c.to)) {
					a.rows = append(a.rows, []any{d.id, orNone(d.key()), d.created, d.status(), x.kind, c.iso3, c.list, orNoDay(c.from), orNoDay(c.to), fileDayText, nil})
				}
			}
		}
	}
	return a
}
