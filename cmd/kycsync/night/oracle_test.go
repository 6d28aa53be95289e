package night

import (
	"fmt"
	"net/http"
	"testing"

	"kycsync/extract/didittest"
)

// An oracle knows, from the vendor's own account alone, what a lake must hold: for each session what
// it was given last.
type oracle struct {
	seen map[string]didittest.Session
}

// watch must be called after the runs that are to be compared, with the content as it was when they
// asked. Runs that are done one after the other at the same instant see the same.
func (o *oracle) watch(v *didittest.Vendor) {
	if o.seen == nil {
		o.seen = map[string]didittest.Session{}
	}
	for _, r := range v.Reads() {
		if s, ok := v.TruthAt(r.SessionID, r.Revision); ok && r.Status == http.StatusOK {
			o.seen[r.SessionID] = s
		}
	}
	v.ForgetReads()
}

// counted maps what the vendor counts to the rows of the warehouse that they are.
var counted = map[string]string{
	"id_verifications": "id_verifications", "nfc_verifications": "nfc_verifications", "liveness_checks": "liveness_checks",
	"face_matches": "face_matches", "poa_verifications": "poa_verifications", "phone_verifications": "phone_verifications",
	"email_verifications": "email_verifications", "contact_events": "contact_events", "aml_screenings": "aml_screenings",
	"aml_hits": "aml_hits", "aml_matches": "aml_matches", "ip_analyses": "ip_analyses", "database_validations": "database_validations",
	"database_validation_sources": "database_validation_sources", "questionnaire_responses": "questionnaires",
	"questionnaire_answers": "questionnaire_answers", "document_ai_items": "document_ai_documents",
	"document_ai_fields": "document_ai_fields", "warnings": "warnings", "matches": "matches", "reviews": "reviews",
	"registry_checks": "registry_companies", "company_officers": "company_officers WHERE block = 'registry_checks'", "company_owners": "company_owners WHERE block = 'registry_checks'",
	"key_people_checks": "key_people_checks", "key_people": people, "document_verifications": "kyb_document_checks",
	"kyb_documents": "kyb_documents",
}

// people are all persons and companies of a key people check, from the registry and submitted.
const people = `(SELECT session_id FROM key_people
	UNION ALL SELECT session_id FROM company_officers WHERE block = 'key_people_checks'
	UNION ALL SELECT session_id FROM company_owners WHERE block = 'key_people_checks')`

// compare holds the warehouse's current tables against what was seen.
func (o *oracle) compare(t *testing.T, h *house) {
	t.Helper()
	want := map[string]string{}
	for id, s := range o.seen {
		want[id] = fmt.Sprintf("%s %d %s", s.Kind, s.Number, s.Status)
	}
	got := map[string]string{}
	for _, r := range h.rows(t, "SELECT session_id, session_kind, session_number, status FROM sessions") {
		got[r[0].(string)] = fmt.Sprintf("%s %d %s", r[1], r[2], r[3])
	}
	report(t, "sessions", got, want)
	for name, table := range counted {
		want := map[string]string{}
		for id, s := range o.seen {
			if n := s.Counts[name]; n > 0 {
				want[id] = fmt.Sprint(n)
			}
		}
		got := map[string]string{}
		for _, r := range h.rows(t, "SELECT session_id, count(*) FROM "+table+" GROUP BY session_id") {
			got[r[0].(string)] = fmt.Sprint(r[1])
		}
		report(t, name, got, want)
	}
}

// report names the first few differences.
func report(t *testing.T, table string, got, want map[string]string) {
	t.Helper()
	bad := 0
	for id, w := range want {
		if got[id] != w {
			if bad++; bad <= 3 {
				t.Errorf("%s of %s: got %q, want %q", table, id, got[id], w)
			}
		}
	}
	for id, g := range got {
		if _, ok := want[id]; !ok {
			if bad++; bad <= 3 {
				t.Errorf("%s of %s: got %q, and the vendor has none", table, id, g)
			}
		}
	}
	if bad > 3 {
		t.Errorf("%s: %d sessions differ in all", table, bad)
	}
}
