package didittest

import (
	"fmt"
	"net/http"
)

// What Truth counts in a decision.
type counted uint8

const (
	nID counted = iota
	nNFC
	nLiveness
	nFace
	nPOA
	nPhone
	nEmail
	nContactEvents
	nAML
	nHits
	nHitMatches
	nIP
	nDB
	nDBSources
	nQuestionnaires
	nAnswers
	nDocumentAI
	nDocumentAIItems
	nDocumentAIFields
	nWarnings
	nMatches
	nReviews
	nRegistry
	nOfficers
	nOwners
	nKeyPeople
	nPersons
	nKYBDocuments
	nKYBDocumentItems
	nBreaches
	nMedia
	nCounted
)

var countedNames = [nCounted]string{"id_verifications", "nfc_verifications", "liveness_checks", "face_matches", "poa_verifications", "phone_verifications", "email_verifications", "contact_events", "aml_screenings", "aml_hits", "aml_matches", "ip_analyses", "database_validations", "database_validation_sources", "questionnaire_responses", "questionnaire_answers", "document_ai_documents", "document_ai_items", "document_ai_fields", "warnings", "matches", "reviews", "registry_checks", "company_officers", "company_owners", "key_people_checks", "key_people", "document_verifications", "kyb_documents", "breaches", "media"}

func (v *Vendor) serveDecision(rt *route, r *http.Request) reply {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s, ok := v.lookup(rt.session)
	if !ok {
		v.noteRead(rt.session, http.StatusNotFound)
		return detail(http.StatusNotFound, "Not found.")
	}
	v.noteRead(rt.session, http.StatusOK)
	x := viewOf(s, -1)
	w := v.newWriter(v.serial.Add(1), 16<<10)
	v.decision(w, &x, r.URL.Query().Get("include") == "events" && !s.business)
	if strikes(w.fault.trailing, 11, s.seed) {
		w.b = append(w.b, "\n{}"...)
	}
	return reply{code: http.StatusOK, body: w.b}
}

// decision writes the body of one session, with its timeline if events is set.
func (v *Vendor) decision(w *writer, x *view, events bool) {
	w.bind(x.session)
	w.obj("")
	w.uuid("session_id", x.id())
	if !events {
		w.str("session_kind", map[bool]string{false: "user", true: "business"}[x.business])
	}
	w.int("session_number", int(x.number))
	w.str("session_url", x.url())
	w.str("status", x.status.String())
	if x.seed%5 != 0 {
		w.str("environment", "live")
	}
	w.uuid("workflow_id", v.workflowID(int(x.workflow)))
	w.arr("features")
	for _, f := range x.wf.features.list() {
		if !events {
			w.str("", featureInDecision[f])
			continue
		}
		w.obj("")
		w.str("feature", featureInEvents[f])
		w.str("node_id", nodeIDs[f])
		w.end()
	}
	w.endArr()
	w.opt("vendor_data", x.vendorData())
	x.given(w)
	v.blocks(w, x)
	w.arr("reviews")
	x.writeReviews(w)
	w.endArr()
	w.time("created_at", x.created)
	if at := x.expiresAt(); at != 0 {
		w.time("expires_at", at)
	} else {
		w.null("expires_at")
	}
	if events {
		v.timeline(w, x)
	}
	x.spoil(w)
	w.end()
}

// expiresAt is the end of the session while it is open, of the document afterwards.
func (x *view) expiresAt() int64 {
	switch {
	case x.status == notStarted || x.status == inProgress || x.status == awaitingUser || x.status == resubmitted:
		return x.lastMove + lifetime
	case x.docExpiry != 0 && (x.status == approved || x.status == kycExpired):
		return int64(x.docExpiry) * day
	}
	return 0
}

const lifetime = 7 * day

// given writes what the customer supplied with the session.
func (x *view) given(w *writer) {
	d := roll(x.seed, forBase, 3)
	w.metadata(&d)
	c := company{}
	if x.business {
		c = newCompany(x.person)
	}
	switch {
	case x.business:
		w.obj("expected_details")
		w.str("company_name", c.name)
		w.str("registry_country", c.place().iso2)
		w.str("registration_number", c.number)
		w.end()
	case x.expectedName():
		w.obj("expected_details")
		w.str("first_name", x.p.first)
		w.str("last_name", x.p.last)
		w.date("date_of_birth", x.p.expectedBirth())
		if x.p.gender == "U" {
			w.null("gender")
		} else {
			w.str("gender", x.p.gender)
		}
		w.str("nationality", x.p.place().iso3)
		w.str("country", x.p.place().iso3)
		w.str("address", x.p.address())
		w.str("identification_number", x.p.personalNumber)
		w.str("ip_address", x.ip(0))
		w.strs("expected_document_types", "P", "ID")
		w.str("id_country", x.p.place().iso3)
		w.null("poa_country")
		w.end()
	default:
		w.null("expected_details")
	}
	if d.chance(0.4) {
		w.obj("contact_details")
		w.str("email", x.p.email)
		w.str("email_lang", pick(&d, []string{"en", "es", "pt", "de", "fr"}))
		w.bool("send_notification_emails", d.chance(0.3))
		if d.chance(0.5) {
			w.str("phone", "00"+x.p.number()[1:])
		} else {
			w.null("phone")
		}
		w.end()
	} else {
		w.null("contact_details")
	}
	if d.chance(0.7) {
		w.str("callback", "https://customer.example/kyc/callback")
	} else {
		w.null("callback")
	}
}

func (w *writer) metadata(d *dice) {
	switch d.n(6) {
	case 0:
		w.null("metadata")
	case 1:
		w.obj("metadata")
		w.end()
	default:
		w.obj("metadata")
		w.str("channel", pick(d, []string{"web", "ios", "android", "branch"}))
		w.int("attempt", d.between(1, 4))
		w.str("reference", "ref-"+d.text(digits, 8))
		w.end()
	}
}

// writeReviews writes what people decided, oldest first.
func (x *view) writeReviews(w *writer) {
	base := x.baseReview()
	if base != nil {
		x.writeReview(w, *base)
	}
	for _, c := range x.reviews {
		x.writeReview(w, c)
	}
}

// baseReview is the review that some sessions had before the population starts.
func (x *view) baseReview() *change {
	d := roll(x.seed, forReviews, 1)
	if x.base == resubmitted || (x.base == approved || x.base == declined) && d.chance(0.08) {
		return &change{at: x.created + hour + int64(d.n(int(20*hour))), what: reviewed, arg: uint32(x.base)}
	}
	return nil
}

func (x *view) writeReview(w *writer, c change) {
	d := roll(x.seed, forReviews, uint64(c.at))
	w.count(nReviews)
	w.obj("")
	w.str("user", x.reviewer(&d))
	st := x.status.String()
	switch c.what {
	case reviewed:
		st = status(c.arg).String()
	case resubmit:
		st = resubmitted.String()
	case overridden:
		st = featureStatus(c.arg & 0xff).String()
	}
	w.str("new_status", st)
	w.str("comment", pick(&d, comments))
	w.time("created_at", c.at)
	w.end()
}

// reviewer is who acts on a session: of odd people always the same.
func (x *view) reviewer(d *dice) string {
	if isOdd(x.person) {
		return "analyst0@customer.example"
	}
	return reviewer(d)
}

func reviewer(d *dice) string {
	switch x := d.float(); {
	case x < 0.2:
		return "API Client"
	case x < 0.25:
		return "Unknown"
	}
	return fmt.Sprintf("analyst%d@customer.example", d.between(1, 9))
}

var comments = []string{"", "Document checked against the register.", "Photo is \"blurred\", ask again.", "Homonym; date of birth differs.", "Vérifié — ok ✓", "Line one\nline two"}
