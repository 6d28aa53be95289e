package didittest

import (
	"net/http"
	"slices"
)

// An act is one line of a session's activity feed.
type act struct {
	at         int64
	kind       string
	by         string // API_KEY, CONSOLE_USER, SYSTEM
	from, to   string // statuses
	field      string
	pageView   bool
	adjustment bool
}

// acts returns the feed, oldest first: what the changes left behind, and noise.
func (x *view) acts() []act {
	var as []act
	d := roll(x.seed, forNoise, 1)
	if d.chance(0.4) {
		as = append(as, act{at: x.created + 3*hour, kind: "COMMENT", by: "CONSOLE_USER", pageView: true})
	}
	if b := x.baseReview(); b != nil {
		as = append(as, act{at: b.at, kind: "STATUS_UPDATED", by: "CONSOLE_USER", from: inReview.String(), to: status(b.arg).String()})
	}
	prev := x.base
	for _, c := range x.changes {
		a := act{at: c.at, by: "CONSOLE_USER", from: prev.String()}
		switch c.what {
		case moved, redone:
			a.kind, a.by, a.to = "STATUS_UPDATED", "SYSTEM", status(c.arg).String()
			prev = status(c.arg)
		case reviewed:
			a.kind, a.to = "STATUS_UPDATED", status(c.arg).String()
			prev = status(c.arg)
		case resubmit:
			a.kind, a.to = "STATUS_UPDATED", resubmitted.String()
			prev = resubmitted
		case overridden:
			a.kind, a.to = "STATUS_UPDATED", prev.String()
		case hitAdded, hitDropped, hitSwapped, rescored:
			a.kind, a.by, a.from = "AML_ONGOING_MATCH", "SYSTEM", ""
			if c.what == hitAdded && c.arg>>31 != 0 {
				prev = inReview
			}
		case hitJudged:
			a.kind, a.from, a.field = "AML_HIT_STATUS_UPDATED", "", "review_status"
		case nameFixed:
			a.kind, a.from, a.field, a.adjustment = "KYC_DATA_UPDATED", "", "last_name", true
		case birthplaceFixed:
			a.kind, a.from, a.field, a.adjustment = "KYC_DATA_UPDATED", "", "place_of_birth", true
		case issuerFixed:
			a.kind, a.from, a.field, a.adjustment = "POA_DATA_UPDATED", "", "issuer", true
		case companyRenamed, natureFixed:
			a.kind, a.from, a.field, a.adjustment = "KYB_DATA_UPDATED", "", "company", true
		default:
			panic("unknown change")
		}
		as = append(as, a)
	}
	slices.SortStableFunc(as, func(a, b act) int { return int(a.at/second - b.at/second) })
	return as
}

func (v *Vendor) serveReviews(rt *route, r *http.Request) reply {
	q := r.URL.Query()
	p, bad := pageOf(q)
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	s, ok := v.lookup(rt.session)
	if !ok || s.business {
		return detail(http.StatusNotFound, "No Session matches the given query.")
	}
	x := viewOf(s, -1)
	as := x.acts()
	if q.Get("ordering") != "created_at" {
		slices.Reverse(as)
	}
	w := v.newWriter(v.serial.Add(1), 4<<10)
	w.envelope(r, p, len(as), len(as))
	from, to := p.slice(len(as))
	for _, a := range as[from:to] {
		x.act(w, a)
	}
	w.endArr()
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

func (x *view) act(w *writer, a act) {
	d := roll(x.seed, forNoise, uint64(a.at))
	w.obj("")
	w.uuid("uuid", newUUID(x.seed, forNoise, uint64(a.at)))
	w.str("activity_type", a.kind)
	display, email := "System", ""
	if a.by == "CONSOLE_USER" {
		email = x.reviewer(&d)
		if display = email; email == "API Client" {
			a.by = "API_KEY"
		}
		if email == "API Client" || email == "Unknown" {
			email = ""
		}
	}
	w.str("actor_display", display)
	w.opt("actor_email", email)
	w.str("actor_type", a.by)
	w.opt("new_status", a.to)
	w.opt("previous_status", a.from)
	if a.kind == "COMMENT" {
		w.str("comment", "Session detail viewed")
	} else {
		w.opt("comment", pick(&d, comments))
	}
	w.strs("mentioned_emails")
	if a.adjustment {
		w.obj("previous_value")
		w.str(a.field, "as read")
		w.end()
		w.obj("new_value")
		w.str(a.field, "as corrected")
		w.end()
	} else {
		w.null("previous_value")
		w.null("new_value")
	}
	if a.field == "" {
		w.strs("changed_fields")
	} else {
		w.strs("changed_fields", a.field)
	}
	if a.pageView {
		w.obj("metadata")
		w.str("system_event", "DETAIL_VIEWED")
		w.end()
	} else {
		w.null("metadata")
	}
	w.time("created_at", a.at)
	w.end()
}

// timeline writes what include=events adds to a decision.
func (v *Vendor) timeline(w *writer, x *view) {
	w.arr("events")
	at := x.created
	for _, f := range x.ran.list() {
		at += 47 * second
		w.obj("")
		w.str("type", featureInEvents[f]+"_FINISHED")
		w.str("node_id", nodeIDs[f])
		w.time("timestamp", at)
		w.end()
	}
	w.endArr()
	w.arr("activity_reviews")
	for _, a := range x.acts() {
		x.act(w, a)
	}
	w.endArr()
	w.obj("blocklisted")
	w.bool("face", false)
	w.bool("document", false)
	w.end()
	w.obj("cost_breakdown")
	w.str("total", "0.3300")
	w.str("currency", "USD")
	w.end()
	w.str("workflow_type", "kyc")
	w.int("workflow_version", 1+int(x.workflow)%3)
	w.uuid("workflow_version_id", newUUID(forWorkflow, uint64(x.workflow), 1))
	w.opt("api_service", x.apiService())
	w.str("session_type", origins[x.origin])
	w.bool("has_device_nfc_support", x.seed%2 == 0)
}
