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
	matchKinds        = []string{"pep", "sanction", "warning", "adverse_media"}
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

// Those of activity, users, businesses and transactions. A user or business has another status than
// a session, a transaction the same in other letters.
var (
	activityTypes = []string{"COMMENT", "STATUS_UPDATED", "KYC_DATA_UPDATED", "POA_DATA_UPDATED", "FILE_ADDED", "FILE_REMOVED",
		"AML_ONGOING_MATCH", "AML_STATUS_UPDATED", "AML_HIT_STATUS_UPDATED", "KYB_DATA_UPDATED", "KYB_DOCUMENT_UPLOADED", "TAG_ADDED", "TAG_REMOVED"}
	activityActors = []string{"API_KEY", "CONSOLE_USER", "SYSTEM"}

	userStatuses     = []string{"ACTIVE", "FLAGGED", "BLOCKED"}
	businessFeatures = []string{"KYB"}
	commentTypes     = []string{"COMMENT", "STATUS_CHANGED", "METADATA_UPDATED", "TAG_ADDED", "TAG_REMOVED", "PROFILE_UPDATED"}
	tagSources       = []string{"didit", "custom"}

	transactionStatuses = []string{"Approved", "In Review", "Declined", "Awaiting User"}
	directions          = []string{"INBOUND", "OUTBOUND"}
	severities          = []string{"UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"}
	requiredActions     = []string{"verification_session", "wallet_ownership"}
	partyRoles          = []string{"APPLICANT", "REMITTER", "BENEFICIARY", "COUNTERPARTY"}
	partyKinds          = []string{"USER", "BUSINESS", "EXTERNAL"}
	partyEntities       = []string{"individual", "company", "external", "unhostedWallet"}
	ruleModes           = []string{"ACTIVE", "DISABLED", "TEST"}
	alertSources        = []string{"RULE", "PROVIDER", "MANUAL"}
	alertStatuses       = []string{"OPEN", "INVESTIGATING", "AWAITING_USER", "PENDING_SAR", "SAR_FILED", "RESOLVED", "DISMISSED"}
	resultTypes         = []string{"FIAT_MONITORING", "WALLET_SCREENING", "TRANSACTION_SCREENING", "TRAVEL_RULE", "NETWORK_GRAPH", "CUSTOM"}
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
