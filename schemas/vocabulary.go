package schemas

// The vendor's closed vocabularies, for [Column.Words]. Open sets (risk codes, events, channels)
// have none.
var (
	sessionKinds    = []string{"user", "business"}
	sessionStatuses = []string{"Not Started", "In Progress", "Awaiting User", "In Review", "Approved", "Declined",
		"Resubmitted", "Abandoned", "Expired", "Kyc Expired"}
	featureStatuses = []string{"Not Finished", "Approved", "Declined", "In Review", "Resub Requested", "Expired"}
	features        = []string{"ID_VERIFICATION", "NFC", "LIVENESS", "FACE_MATCH", "POA", "QUESTIONNAIRE",
		"EMAIL_VERIFICATION", "PHONE", "AML", "IP_ANALYSIS", "AGE_ESTIMATION", "DATABASE_VALIDATION", "DOCUMENT_AI",
		"FACE_SEARCH", "KYB_REGISTRY", "KYB_DOCUMENTS", "KYB_KEY_PEOPLE"}
	environments = []string{"live", "sandbox"}
	logTypes     = []string{"information", "warning", "error"}
	entityTypes  = []string{"person", "company"}
	riskLevels   = []string{"LOW", "MEDIUM", "HIGH"}
	clearances   = []string{"match", "clear"}
	actorTypes   = []string{"user", "api_key"}

	brightnessIssues  = []string{"ok", "too_dark", "too_bright"}
	livenessMethods   = []string{"PASSIVE", "ACTIVE_3D", "FLASHING"}
	poaTypes          = []string{"UTILITY_BILL", "BANK_STATEMENT", "GOVERNMENT_ISSUED_DOCUMENT", "OTHER_POA_DOCUMENT", "UNKNOWN"}
	validationTypes   = []string{"one_by_one", "two_by_two", "not_enabled"}
	validationMatches = []string{"no_match", "partial_match", "full_match"}
	reviewStatuses    = []string{"Unreviewed", "Confirmed Match", "False Positive", "Inconclusive"}
	numberMatches     = []string{"MATCH", "NEUTRAL", "HARD_MISMATCH"}
	matchSources      = []string{"session", "imported", "list_entry"}
	matchTypes        = []string{"ip_address", "device_fingerprint"}
	matchMethods      = []string{"ip_address", "persistent_id", "legacy_fp", "recovered_high"}
	matchModes        = []string{"deterministic", "probabilistic", "co_occurrence"}
	fieldTypes        = []string{"text", "number", "date"}
	vatStatuses       = []string{"valid", "invalid", "could_not_validate", "not_applicable"}
	documentGroups    = []string{"LEGAL_PRESENCE", "COMPANY_DETAILS", "OWNERSHIP_STRUCTURE", "REPRESENTATIVES_AUTHORIZATION", "OTHER"}
	workflowStatuses  = []string{"draft", "published"}
	elementTypes      = []string{"SHORT_TEXT", "LONG_TEXT", "PARAGRAPH", "DROPDOWN", "SINGLE_CHOICE", "MULTIPLE_CHOICE",
		"NUMBER", "IMAGE", "FILE_UPLOAD", "TIME", "EMAIL", "ADDRESS", "PHONE", "COUNTRY", "DATE_PICKER", "CONSENT",
		"SECTION_HEADER", "SEPARATOR", "HEADING", "REPEATABLE_GROUP"}
)

// The program's own vocabularies.
var (
	upstreamStates = []string{"present", "deleted", "out_of_scope", "unknown"}
	rejectScopes   = []string{"document", "row", "value"}
	driftKinds     = []string{"unknown_field", "unknown_value", "type"}
	sessionOrigins = []string{"first", "re-verification", "resubmission", "remediation", "imported", "unknown"}

	totalDimensions = []string{"all", "month", "status", "month_status", "user_counters"}
	totalStates     = []string{"equal", "moving", "differs", "explained"}
	userCounters    = []string{"sessions", "approved", "declined", "in_review"}
)
