package schemas

// Tables is every table, in the order of the dictionary.
var Tables = []Table{sessions, amlScreenings, amlHits, sessionState, runs}

// envelope is what every row of a session table carries. IDs 1 to 9 are reserved for it.
func envelope(cols ...Column) []Column {
	return append([]Column{
		{ID: 1, Name: "application", Kind: Text, Class: Internal, Path: EnvApplication, Dict: true, Doc: "name of the organisation's application in the vendor's console, from the configuration"},
		{ID: 2, Name: "session_id", Kind: Text, Class: PII, Path: EnvSessionID},
		{ID: 3, Name: "session_number", Kind: Int, Null: true, Class: Internal, Path: EnvSessionNumber, Doc: "the vendor's running number, per application and session kind"},
		{ID: 4, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Dict: true, Doc: "number of the commit that stored this version of the session"},
		{ID: 5, Name: "observed_at", Kind: Time, Class: Internal, Path: EnvObservedAt, Doc: "when the response was complete, by our clock"},
	}, cols...)
}

var sessions = Table{
	Name: "sessions", History: BySession,
	Doc:     "One observed state of a verification session: what the list and the decision say of the session as a whole.",
	Sources: []Source{{Document: Decision}},
	Columns: envelope(
		Column{ID: 10, Name: "content_hash", Kind: Text, Class: Internal, Path: EnvContentHash},
		Column{ID: 11, Name: "session_kind", Kind: Text, Class: Public, Path: EnvSessionKind, Dict: true},
		Column{ID: 12, Name: "status", Kind: Text, Null: true, Class: Internal, Path: "status", Norm: Status, Dict: true},
		Column{ID: 13, Name: "status_raw", Kind: Text, Null: true, Class: Internal, Path: "status", Dict: true},
		Column{ID: 14, Name: "full_name", Kind: Text, Null: true, Class: PII, Path: "list_row:full_name"},
		Column{ID: 15, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra},
	),
}

var amlScreenings = Table{
	Name: "aml_screenings", History: BySession, Key: []string{"block_ordinal"},
	Doc:     "One AML screening of a session.",
	Sources: []Source{{Document: Decision, Path: "aml_screenings[]"}},
	Columns: envelope(
		Column{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0},
		Column{ID: 11, Name: "node_id", Kind: Text, Null: true, Class: Internal, Path: "node_id", Dict: true},
		Column{ID: 12, Name: "status", Kind: Text, Null: true, Class: Internal, Path: "status", Norm: Status, Dict: true},
		Column{ID: 13, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra},
	),
}

var amlHits = Table{
	Name: "aml_hits", History: BySession, Key: []string{"block_ordinal", "item_ordinal"},
	Doc:     "One hit of an AML screening.",
	Sources: []Source{{Document: Decision, Path: "aml_screenings[].hits[]", Set: true}},
	Columns: envelope(
		Column{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0},
		Column{ID: 11, Name: "item_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal1},
		Column{ID: 12, Name: "row_key", Kind: Text, Null: true, Class: Internal, Path: "id"},
		Column{ID: 13, Name: "review_status", Kind: Text, Null: true, Class: Internal, Path: "review_status", Dict: true},
		Column{ID: 14, Name: "match_score", Kind: Float, Null: true, Class: Criminal, Path: "match_score"},
		Column{ID: 15, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra},
	),
}

var sessionState = Table{
	Name: "session_state", History: State, Key: []string{"application", "session_id"},
	Doc: "What is known about a session, for the plan of the next night. The last row of a session counts.",
	Columns: []Column{
		{ID: 1, Name: "application", Kind: Text, Class: Internal, Path: EnvCode, Dict: true},
		{ID: 2, Name: "session_id", Kind: Text, Class: PII, Path: EnvCode},
		{ID: 3, Name: "session_kind", Kind: Text, Class: Public, Path: EnvCode, Dict: true},
		{ID: 4, Name: "session_number", Kind: Int, Class: Internal, Path: EnvCode},
		{ID: 5, Name: "created_at", Kind: Time, Null: true, Class: Internal, Path: EnvCode},
		{ID: 6, Name: "status", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Dict: true},
		{ID: 7, Name: "fingerprint", Kind: Text, Class: Internal, Path: EnvCode, Doc: "hex SHA-256 of the list row without its volatile values"},
		{ID: 8, Name: "content_hash", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Doc: "of the newest stored version; null: none stored yet"},
		{ID: 9, Name: "version_seq", Kind: Int, Null: true, Class: Internal, Path: EnvCode, Doc: "of the newest stored version"},
		{ID: 10, Name: "last_checked", Kind: Time, Null: true, Class: Internal, Path: EnvCode},
		{ID: 11, Name: "stale", Kind: Bool, Class: Internal, Path: EnvCode, Doc: "the newest document could not be read; the stored version is older"},
	},
}

var runs = Table{
	Name: "runs", History: Log, Key: []string{"run_id"},
	Doc: "One run of the nightly job.",
	Columns: []Column{
		{ID: 1, Name: "run_id", Kind: Text, Class: Internal, Path: EnvCode},
		{ID: 2, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvCode},
		{ID: 3, Name: "application", Kind: Text, Class: Internal, Path: EnvCode, Dict: true},
		{ID: 4, Name: "started_at", Kind: Time, Class: Internal, Path: EnvCode},
	},
}
