package schemas

// Tables is every table, in the order of the dictionary.
var Tables = []Table{
	sessions, sessionFeatures, reviews, warnings, matches, media,
	idVerifications, nfcVerifications, livenessChecks, faceMatches,
	poaVerifications, databaseValidations, databaseValidationSources,
	phoneVerifications, emailVerifications, contactEvents, ipAnalyses,
	amlScreenings, amlHits, amlMatches,
	questionnaires, questionnaireAnswers, documentAIDocuments, documentAIFields,
	registryCompanies, companyOfficers, companyOwners, keyPeopleChecks, keyPeople,
	kybDocumentChecks, kybDocuments,
	activityFeeds, activity, pdfReports,
	users, userFeaturesReported, userContacts, userIssuingStates, userComments, userTags,
	businesses, businessFeaturesReported, businessTags,
	transactions, transactionParties, transactionRules, transactionAlerts, transactionResults,
	workflows, referenceFiles, firmCustomers, countryLists, rawDocuments, rejects, drift, driftDecisions, checkWaivers,
	runs, controlTotals, userCountMismatches, promises, sessionState, entityState,
}

// Given are the members of a document that the Env values are given from. They are known, though no
// column names them.
var Given = map[DocumentKind][]string{
	ListRow:  {"session_id", "session_kind", "session_number"},
	Decision: {"session_id", "session_kind", "session_number"},

	UserRow:        {"didit_internal_id"},
	User:           {"didit_internal_id"},
	BusinessRow:    {"didit_internal_id"},
	Business:       {"didit_internal_id"},
	TransactionRow: {"uuid"},
	Transaction:    {"uuid"},
}

// envelope is what every row of a session table carries. IDs 1 to 9 are reserved for it.
func envelope(cols []Column) []Column {
	return append([]Column{
		{ID: 1, Name: "application", Kind: Text, Class: Internal, Path: EnvApplication, Dict: true, Doc: "name of the organisation's application in the vendor's console, from the configuration"},
		{ID: 2, Name: "session_id", Kind: Text, Class: PII, Path: EnvSessionID},
		{ID: 3, Name: "session_number", Kind: Int, Null: true, Class: Internal, Path: EnvSessionNumber, Doc: "the vendor's running number, per application and session kind"},
		{ID: 4, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Dict: true, Doc: "number of the commit that stored this version of the session"},
		{ID: 5, Name: "observed_at", Kind: Time, Class: Internal, Path: EnvObservedAt, Doc: "when the response was complete, by our clock"},
	}, cols...)
}
