package night

import (
	"encoding/json"
	"fmt"
	"time"
)

// hasExpired reports whether the approval of a session is over, and the first day on which a document of it is.
func (w *life) hasExpired(d *dossier) (over bool, expires any) {
	b := d.now().body
	over = b.Status == "Kyc Expired" || b.ExpiresAt != nil && !b.ExpiresAt.After(w.until())
	var first time.Time
	for _, doc := range b.Documents {
		if day, ok := dated(doc.Expires); ok && (doc.Status == "Approved" || doc.Status == "Expired") && (first.IsZero() || day.Before(first)) {
			first, expires = day, day
		}
	}
	return over || !first.IsZero() && first.Before(dayOf(w.until())), expires
}

func dated(s *string) (time.Time, bool) {
	if s == nil {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, *s)
	return day, err == nil
}

func (w *life) verificationAnswers() []answer {
	a := answer{view: "user_verification", columns: `vendor_data_key, vendor_data, verdict, sessions, last_session_id, last_created_at, last_status, approved_session_id, approved_at, approved_days,
		expires_at, document_expires_on, has_expired, was_declined, vendor_user_status, vendor_features`}
	users, standing, latest := w.byUser(), w.standing(), w.latestApprovals()
	approved := map[string][]approval{}
	for _, a := range w.approvals() {
		approved[a.key()] = append(approved[a.key()], a)
	}
	for key := range standing {
		if users[key] == nil {
			users[key] = nil
		}
	}
	for key, ds := range users {
		u := standing[key]
		var declined time.Time
		name, verdict := "", "never"
		for _, d := range ds {
			if d.status() == "Declined" && d.created.After(declined) {
				declined = d.created
			}
			if v := *d.now().body.VendorData; name == "" || v < name {
				name = v
			}
		}
		if name == "" {
			name = *u.VendorData
		}
		row := []any{key, name, nil, len(ds), nil, nil, nil}
		if len(ds) > 0 {
			row = append(row[:4], ds[0].id, ds[0].created, ds[0].status())
		}
		l, ok := latest[key]
		verified := false
		for _, a := range approved[key] { // of several good ones, the latest
			over, _ := w.hasExpired(a.dossier)
			if !over && !declined.After(a.created) && (!verified || a.at.After(l.at)) {
				l, verified = a, true
			}
		}
		over, wasDeclined := false, false
		if ok {
			var expires any
			over, expires = w.hasExpired(l.dossier)
			wasDeclined = declined.After(l.created)
			row = append(row, l.id, l.at, daysBetween(l.at, w.until()), l.now().body.ExpiresAt, expires)
		} else {
			row = append(row, nil, nil, nil, nil, nil)
		}
		switch {
		case verified:
			verdict = "verified"
		case len(ds) > 0 && ds[0].status() == "In Review":
			verdict = "in review"
		case wasDeclined:
			verdict = "declined since"
		case ok:
			verdict = "expired"
		}
		row[2] = verdict
		row = append(row, over, wasDeclined, u.status(), nil)
		if u != nil {
			features, _ := json.Marshal(u.Features)
			row[len(row)-1] = string(features)
		}
		a.rows = append(a.rows, row)
	}
	return append([]answer{a}, w.checkAnswers()...)
}

// checkAnswers are about the latest approved check of each kind.
func (w *life) checkAnswers() []answer {
	all := answer{view: "user_checks", columns: "vendor_data_key, vendor_data, kind, approved_checks, checked_at, age_days, session_id, session_status, is_monitored"}
	const days = 100
	columns := "vendor_data_key, vendor_data, checked_at, age_days, approved_checks, session_id, session_status"
	within := answer{view: "liveness_approved_within", from: fmt.Sprintf("liveness_approved_within(%d)", days), columns: columns}
	stale := map[string]*answer{
		"liveness":         {view: "stale_liveness", from: fmt.Sprintf("stale_liveness(%d)", days), columns: columns},
		"proof of address": {view: "stale_poa", from: fmt.Sprintf("stale_poa(%d)", days), columns: columns},
		"aml":              {view: "stale_aml", from: fmt.Sprintf("stale_aml(%d)", days), columns: columns + ", is_monitored"},
	}
	for key, ds := range w.byUser() {
		for _, kind := range []string{"liveness", "proof of address", "aml"} {
			n, monitored := 0, any(nil)
			var latest *dossier
			for _, d := range ds {
				b, here := d.now().body, 0
				switch kind {
				case "liveness":
					for _, x := range b.Liveness {
						count(&here, x.Status == "Approved")
					}
				case "proof of address":
					for _, x := range b.Addresses {
						count(&here, x.Status == "Approved")
					}
				case "aml":
					for _, x := range b.Screenings {
						if x.Status == "Approved" {
							if here++; latest == nil {
								monitored = x.Monitored
							}
						}
					}
				}
				if n += here; here > 0 && latest == nil {
					latest = d
				}
			}
			if latest == nil {
				continue
			}
			age := daysBetween(latest.created, w.until())
			name := latest.now().body.VendorData
			all.rows = append(all.rows, []any{key, name, kind, n, latest.created, age, latest.id, latest.status(), monitored})
			row := []any{key, name, latest.created, age, n, latest.id, latest.status()}
			switch {
			case age > days && kind == "aml":
				stale[kind].rows = append(stale[kind].rows, append(row, monitored))
			case age > days:
				stale[kind].rows = append(stale[kind].rows, row)
			case kind == "liveness":
				within.rows = append(within.rows, row)
			}
		}
	}
	return []answer{all, within, *stale["liveness"], *stale["proof of address"], *stale["aml"]}
}
