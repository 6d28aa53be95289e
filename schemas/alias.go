package schemas

import (
	"slices"
	"strings"
	"unicode"
)

// A Block is a list of a decision that holds what one feature found.
type Block struct {
	Name    string // member of the decision
	Feature string // in the list's spelling
}

// Blocks are the decision's blocks, KYC before KYB.
var Blocks = []Block{
	{"id_verifications", "ID_VERIFICATION"},
	{"nfc_verifications", "NFC"},
	{"liveness_checks", "LIVENESS"},
	{"face_matches", "FACE_MATCH"},
	{"poa_verifications", "POA"},
	{"phone_verifications", "PHONE"},
	{"email_verifications", "EMAIL_VERIFICATION"},
	{"aml_screenings", "AML"},
	{"ip_analyses", "IP_ANALYSIS"},
	{"database_validations", "DATABASE_VALIDATION"},
	{"questionnaire_responses", "QUESTIONNAIRE"},
	{"document_ai_documents", "DOCUMENT_AI"},
	{"registry_checks", "KYB_REGISTRY"},
	{"document_verifications", "KYB_DOCUMENTS"},
	{"key_people_checks", "KYB_KEY_PEOPLE"},
}

// Statuses that a session never has but something else does: a person in a company's registry
// check.
var otherStatuses = []string{"Pending"}

// featureAliases are the other names of a feature: in warnings, in workflows, in node types, in
// older versions of the API and in events.
var featureAliases = map[string][]string{
	"ID_VERIFICATION":     {"OCR", "KYC", "ID"},
	"NFC":                 {"EPASSPORT", "NFC_VERIFICATION"},
	"LIVENESS":            {"FACE"},
	"FACE_MATCH":          {"FACEMATCH"},
	"POA":                 {"PROOF_OF_ADDRESS", "ADDRESS"},
	"EMAIL_VERIFICATION":  {"EMAIL"},
	"PHONE":               {"PHONE_VERIFICATION"},
	"AML":                 {"AML_SCREENING"},
	"IP_ANALYSIS":         {"LOCATION", "IP"},
	"DATABASE_VALIDATION": {"DB_VALIDATION"},
	"KYB_REGISTRY":        {"REGISTRY"},
	"KYB_KEY_PEOPLE":      {"KEY_PEOPLE"},
}

var (
	statusByKey  = statusTable()
	featureByKey = featureTable()
)

func statusTable() map[string]string {
	out := map[string]string{}
	for _, list := range [][]string{sessionStatuses, featureStatuses, otherStatuses} {
		for _, w := range list {
			out[wordKey(w)] = w
		}
	}
	return out
}

func featureTable() map[string]string {
	out := map[string]string{}
	for _, f := range features {
		out[wordKey(f)] = f
		for _, a := range featureAliases[f] {
			out[wordKey(a)] = f
		}
	}
	for _, b := range Blocks {
		out[wordKey(b.Name)] = b.Feature
	}
	return out
}

// StatusWord returns the vendor's own spelling of a status of a session or feature, such as
// "In Review" for IN_REVIEW. What it does not know it returns as it is, and false.
func StatusWord(raw string) (word string, known bool) { return lookupWord(statusByKey, raw) }

// NormalFeature returns the list's spelling of a feature, such as POA for PROOF_OF_ADDRESS. What
// it does not know it returns as it is, and false.
func NormalFeature(raw string) (feature string, known bool) { return lookupWord(featureByKey, raw) }

func lookupWord(table map[string]string, raw string) (string, bool) {
	if w, ok := table[wordKey(raw)]; ok {
		return w, true
	}
	return raw, false
}

// WordIn returns raw in the spelling of that one of the words which it is but for case and
// separators. Where it is none of them, it is returned as it is, and false.
func WordIn(words []string, raw string) (word string, known bool) {
	if slices.Contains(words, raw) { // almost always
		return raw, true
	}
	key := wordKey(raw)
	for _, w := range words {
		if wordKey(w) == key {
			return w, true
		}
	}
	return raw, false
}

// wordKey is a word without case and separators: FaceMatch, FACE_MATCH and face-match are one.
func wordKey(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}
