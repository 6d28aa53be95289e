package night

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// An approval is a session that stands approved, or did until its document expired.
type approval struct {
	*dossier
	at, first time.Time
	exact     bool
}

func (w *life) approvals() (out []approval) {
	for _, d := range w.people {
		if !isApproved(d.status()) {
			continue
		}
		a := approval{d, d.created, d.created, false}
		for _, c := range w.chain(d) {
			if !c.exact || c.to != "Approved" {
				continue
			}
			if !a.exact {
				a.first = c.at
			}
			a.at, a.exact = c.at, true
		}
		out = append(out, a)
	}
	return out
}

// latestApprovals are by user, and by session where it is nobody's, the one that was approved last.
func (w *life) latestApprovals() map[string]approval {
	latest := map[string]approval{}
	for _, a := range w.approvals() {
		if l, ok := latest[a.owner()]; !ok || a.at.After(l.at) {
			latest[a.owner()] = a
		}
	}
	return latest
}

// owner is the user, or for a session that is nobody's the session itself.
func (d *dossier) owner() string {
	if d.key() == "" {
		return d.id
	}
	return d.key()
}

// byUser are the sessions of each user, newest first.
func (w *life) byUser() map[string][]*dossier {
	users := map[string][]*dossier{}
	for _, d := range w.people {
		if d.key() != "" {
			users[d.key()] = append(users[d.key()], d)
		}
	}
	for _, ds := range users {
		slices.SortFunc(ds, func(a, b *dossier) int { return b.created.Compare(a.created) })
	}
	return users
}

// standing is what the vendor says of each user that it ever listed, as it did last.
func (w *life) standing() map[string]*listedUser {
	users := map[string]*listedUser{}
	for _, us := range w.users {
		u := &us[len(us)-1]
		if k := keyOf(u.VendorData); k != "" && (users[k] == nil || users[k].seen.Before(u.seen)) {
			users[k] = u
		}
	}
	return users
}

func (u *listedUser) status() any {
	if u == nil {
		return nil
	}
	return u.Status
}

// upstream is what became of the session at the vendor.
func (d *dossier) upstream() string {
	if d.isDeleted() {
		return "deleted"
	}
	return "present"
}

func (w *life) userAnswers() []answer {
	approvals := answer{view: "approvals", columns: "session_id, session_number, vendor_data, vendor_data_key, status, created_at, approved_at, approved_is_exact, first_approved_at, expires_at, upstream_state"}
	type figures struct {
		n     int
		first time.Time
	}
	all := map[string]*figures{}
	approved := map[*dossier]time.Time{}
	for _, a := range w.approvals() {
		approved[a.dossier] = a.at
		b := a.now().body
		approvals.rows = append(approvals.rows, []any{a.id, a.number, b.VendorData, orNone(a.key()), b.Status, a.created, a.at, a.exact, a.first, b.ExpiresAt, a.upstream()})
		if all[a.owner()] == nil {
			all[a.owner()] = &figures{first: a.first}
		}
		f := all[a.owner()]
		if f.n++; a.first.Before(f.first) {
			f.first = a.first
		}
	}
	latest := answer{view: "latest_approvals", columns: "vendor_data_key, vendor_data, session_id, status, created_at, approved_at, approved_is_exact, first_approved_at, approvals, expires_at, upstream_state"}
	for owner, a := range w.latestApprovals() {
		b := a.now().body
		latest.rows = append(latest.rows, []any{orNone(a.key()), b.VendorData, a.id, b.Status, a.created, a.at, a.exact, all[owner].first, all[owner].n, b.ExpiresAt, a.upstream()})
	}
	sessions := answer{view: "user_sessions", columns: "vendor_data_key, nth, of_sessions, vendor_data, session_id, session_number, created_at, status, approved_at, expires_at, origin, upstream_state"}
	attempts := answer{view: "attempts_by_user", columns: "vendor_data_key, sessions, resubmissions, attempts, approved, declined, first_created_at, last_created_at, last_status"}
	active := answer{view: "declined_but_active", columns: "vendor_data_key, vendor_data, declined_session_id, declined_created_at, vendor_user_status, approved_sessions, approved_session_id, approved_application, why"}
	standing := w.standing()
	for key, ds := range w.byUser() {
		yes, no, again := 0, 0, 0
		var approvedLast *dossier
		for i, d := range ds {
			count(&yes, d.status() == "Approved")
			count(&no, d.status() == "Declined")
			again += w.resubmitted(d)
			if d.status() == "Approved" && approvedLast == nil {
				approvedLast = d
			}
			at := any(nil)
			if t, ok := approved[d]; ok {
				at = t
			}
			origin, _ := w.origin(d)
			sessions.rows = append(sessions.rows, []any{key, i + 1, len(ds), d.now().body.VendorData, d.id, d.number, d.created, d.status(), at, d.now().body.ExpiresAt, origin, d.upstream()})
		}
		last, first := ds[0], ds[len(ds)-1]
		attempts.rows = append(attempts.rows, []any{key, len(ds), again, len(ds) + again, yes, no, first.created, last.created, last.status()})
		if u := standing[key]; last.status() == "Declined" && (yes > 0 || u.status() == "ACTIVE") {
			row := []any{key, last.now().body.VendorData, last.id, last.created, u.status(), yes, nil, nil, "active"}
			if yes > 0 {
				row[6], row[7], row[8] = approvedLast.id, "default", "approved"
				if u.status() == "ACTIVE" {
					row[8] = "both"
				}
			}
			active.rows = append(active.rows, row)
		}
	}
	return append([]answer{approvals, latest, sessions, attempts, active, w.features()}, w.thenKnown()...)
}

// features are the latest statuses of each, as the rows of the list tell them. A row has no word for what has expired.
func (w *life) features() answer {
	a := answer{view: "user_features", from: "user_features WHERE feature <> 'DOCUMENT_AI'", columns: "vendor_data_key, vendor_data, feature, status, session_id, session_number, session_status, session_created_at, upstream_state"}
	for key, ds := range w.byUser() {
		type said struct {
			*dossier
			status string
		}
		best := map[string]said{}
		rank := func(s said) int {
			r := 0
			if s.isDeleted() {
				r += 2
			}
			if s.status == "Not Finished" {
				r++
			}
			return r
		}
		for _, d := range ds {
			for _, f := range d.now().row.Features {
				s := said{d, f.Status}
				if f.Feature == "ID_VERIFICATION" && slices.ContainsFunc(d.now().body.Documents, func(b toldDocument) bool { return b.Status == "Expired" }) {
					s.status = "Expired"
				}
				if b, ok := best[f.Feature]; !ok || rank(s) < rank(b) {
					best[f.Feature] = s
				}
			}
		}
		for f, s := range best {
			a.rows = append(a.rows, []any{key, s.now().body.VendorData, f, s.status, s.id, s.number, s.dossier.status(), s.created, s.upstream()})
		}
	}
	return a
}

// thenKnown asks about some users as of a night that is past.
func (w *life) thenKnown() (out []answer) {
	night := 1
	ts := w.nights[night].Add(time.Hour)
	users := w.byUser()
	for _, key := range slices.SortedFunc(maps.Keys(users), func(a, b string) int { return len(users[b])*100 - len(users[a])*100 + strings.Compare(a, b) })[:8] {
		a := answer{view: "user_as_known_at", from: fmt.Sprintf("user_as_known_at('%s', TIMESTAMPTZ '%s')", strings.ToUpper(key[:1])+key[1:], ts.Format(time.RFC3339)),
			columns: "vendor_data_key, vendor_data, session_id, created_at, status, expires_at, full_name, country_iso3, verified_features, other_features, vendor_user_status, upstream_state, observed_at, age_days"}
		var status any
		for _, us := range w.users {
			for i := range us {
				if keyOf(us[i].VendorData) == key && !us[i].seen.After(ts) {
					status = us[i].Status
				}
			}
		}
		for _, d := range users[key] {
			var l *look
			for _, v := range d.versions() {
				if !v.at.After(ts) {
					l = v
				}
			}
			if l == nil {
				continue
			}
			upstream, seen := "present", l.at
			if len(d.missed) > 1 && !d.missed[1].After(ts) {
				upstream, seen = "deleted", d.missed[1]
			}
			var passed, others []string
			for _, f := range l.row.Features {
				if f.Status == "Approved" {
					passed = append(passed, f.Feature)
				} else {
					others = append(others, f.Feature+" "+f.Status)
				}
			}
			slices.Sort(passed)
			slices.Sort(others)
			a.rows = append(a.rows, []any{key, l.body.VendorData, d.id, d.created, l.body.Status, l.body.ExpiresAt, l.row.FullName, l.row.Country, orNone(strings.Join(passed, ", ")), orNone(strings.Join(others, ", ")),
				status, upstream, seen, daysBetween(seen, ts)})
		}
		out = append(out, a)
	}
	return out
}
