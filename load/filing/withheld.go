package filing

import (
	"slices"
	"strings"

	"kycsync/schemas"
)

// A person's own copy of what is known of the person leaves out what would warn of a suspicion, which the law forbids to
// disclose, and what is about somebody else. What is left out is decided by tables and columns, never by values, and is the
// same in every copy: that something is left out tells nothing. Of tables those are there that are named here: a new one is
// left out until somebody decides.

const withheldFile = controlFolder + "withheld.csv"

// ownTables are the tables that are there.
var ownTables = []string{"sessions", "id_verifications", "nfc_verifications", "liveness_checks", "face_matches", "poa_verifications", "database_validations",
	"database_validation_sources", "phone_verifications", "email_verifications", "contact_events", "ip_analyses", "questionnaires", "questionnaire_answers",
	"document_ai_documents", "document_ai_fields", "users", "user_contacts", "user_issuing_states"}

// ownColumns are columns of these that are not.
var ownColumns = []string{"sessions.features", "sessions.metadata", "sessions.events", "sessions.activity_reviews", "sessions.blocklisted", "sessions.cost_breakdown", "sessions.callback", "sessions.list_email_is_blocklisted",
	"users.features", "users.status", "users.status_raw", "users.in_review_count", "users.metadata", "document_ai_documents.cross_check_result", "firm_customers.risk_rating"}

// isWithheld tells whether a column is left out of a person's own copy.
func isWithheld(c *schemas.Column, from string) bool {
	table, column, _ := strings.Cut(from, ".")
	return c.Class == schemas.Criminal || column == "extra_json" || slices.Contains(ownColumns, from) || table == "sessions" && strings.HasPrefix(column, "list_aml_")
}

// withheldSheet names what is left out, by its kind.
func withheldSheet() sheet {
	return sheet{name: withheldFile, columns: []string{"kind", "why"}, rows: [][]string{
		{"screening in lists of sanctions, politically exposed persons, warnings and adverse media, entries of them and how they were judged", "no disclosure of what would warn of a suspicion"},
		{"what people and programs did and wrote in a review: comments, activity, tags, warnings, states and ratings of the user", "no disclosure of what would warn of a suspicion"},
		{"sessions of others that share a document, a face, a contact or a device", "rights of others"},
		{"companies, and the people in them", "rights of others"},
		{"which pictures and videos the vendor had", "they are not stored here"},
		{"values of no settled form: members that no column reads, metadata, callback, events; the vendor's PDFs", "any of the above may stand in them"},
	}}
}
