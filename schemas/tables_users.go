package schemas

// versioned is what every row of an entity's tables carries, before the columns of the table. IDs 1
// to 9 are reserved for it. id is the column that holds the vendor's id of the entity.
func versioned(id, doc string, cols []Column) []Column {
	return append([]Column{
		{ID: 1, Name: "application", Kind: Text, Class: Internal, Path: EnvApplication, Dict: true, Doc: "name of the organisation's application in the vendor's console, from the configuration"},
		{ID: 2, Name: id, Kind: Text, Class: PII, Path: EnvSessionID, Doc: doc},
		{ID: 3, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Dict: true, Doc: "number of the commit that stored this version"},
		{ID: 4, Name: "observed_at", Kind: Time, Class: Internal, Path: EnvObservedAt, Doc: "when the response was complete, by our clock"},
	}, cols...)
}

func ofUser(cols []Column) []Column {
	return versioned("user_id", "the vendor's id of the user: didit_internal_id of sessions", cols)
}

// twice are the lists of that name in a detail and, where there is none, in the list row.
func twice(detail, row DocumentKind, list string, constants map[string]string) []Source {
	return []Source{
		{Document: detail, Path: list, Const: constants, Set: true},
		{Document: row, Path: list, Const: constants, Set: true, Unless: detail},
	}
}

var users = Table{
	Name: "users", History: ByKey, Key: []string{"application", "user_id"},
	Doc:     "One person as the vendor keeps them over all their sessions. Only a user with vendor_data has a detail. The link to the portrait is not kept; table media has those of the sessions.",
	Sources: []Source{{Document: UserRow}},
	Columns: ofUser([]Column{
		{ID: 10, Name: "content_hash", Kind: Text, Class: Internal, Path: EnvContentHash, Doc: "hex SHA-256 of the version without its volatile values"},
		{ID: 11, Name: "vendor_data", Kind: Text, Null: true, Class: PII, Path: "user:vendor_data|vendor_data", Doc: "the organisation's own id of the user"},
		{ID: 12, Name: "vendor_data_key", Kind: Text, Null: true, Class: PII, Path: "user:vendor_data|vendor_data", Norm: Fold},
		{ID: 13, Name: "display_name", Kind: Text, Null: true, Class: PII, Path: "user:display_name|display_name", Doc: "given by the organisation"},
		{ID: 14, Name: "full_name", Kind: Text, Null: true, Class: PII, Path: "user:full_name|full_name"},
		{ID: 15, Name: "effective_name", Kind: Text, Null: true, Class: PII, Path: "user:effective_name|effective_name", Doc: "what the console shows: the first of the names that there is"},
		{ID: 16, Name: "date_of_birth", Kind: Date, Null: true, Class: PII, Path: "user:date_of_birth|date_of_birth"},
		{ID: 17, Name: "status", Kind: Text, Null: true, Class: Internal, Path: "user:status|status", Norm: Word, Dict: true, Words: userStatuses},
		{ID: 18, Name: "status_raw", Kind: Text, Null: true, Class: Internal, Path: "user:status|status", Dict: true},
		{ID: 19, Name: "session_count", Kind: Int, Null: true, Class: Internal, Path: "user:session_count|session_count", Doc: "by the vendor's count, as the next three"},
		{ID: 20, Name: "approved_count", Kind: Int, Null: true, Class: Internal, Path: "user:approved_count|approved_count"},
		{ID: 21, Name: "declined_count", Kind: Int, Null: true, Class: Internal, Path: "user:declined_count|declined_count"},
		{ID: 22, Name: "in_review_count", Kind: Int, Null: true, Class: Internal, Path: "user:in_review_count|in_review_count"},
		{ID: 23, Name: "features", Kind: JSON, Null: true, Class: Internal, Path: "user:features|features", Doc: "feature to latest status; table user_features_reported has the same as rows"},
		{ID: 24, Name: "first_session_at", Kind: Time, Null: true, Class: Internal, Path: "user:first_session_at|first_session_at"},
		{ID: 25, Name: "last_session_at", Kind: Time, Null: true, Class: Internal, Path: "user:last_session_at|last_session_at"},
		{ID: 26, Name: "last_activity_at", Kind: Time, Null: true, Class: Internal, Path: "user:last_activity_at|last_activity_at", Volatile: true, Doc: "when this version was stored; being touched alone makes no version"},
		{ID: 27, Name: "metadata", Kind: JSON, Null: true, Class: Sensitive, Path: "user:metadata", Doc: "any JSON that the organisation gave the user"},
		{ID: 28, Name: "created_at", Kind: Time, Null: true, Class: Internal, Path: "user:created_at|created_at"},
		{ID: 29, Name: "updated_at", Kind: Time, Null: true, Class: Internal, Path: "user:updated_at", Volatile: true, Doc: "when this version was stored; null where no detail was read"},
		{ID: 30, Name: "portrait_image_url", Kind: Text, Null: true, Class: Secret, Path: "user:portrait_image_url|portrait_image_url"},
		{ID: 31, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}

var userFeaturesReported = Table{
	Name: "user_features_reported", History: ByOwner, Owner: "users", Key: []string{"block_ordinal"},
	Doc:     "The latest status of one feature over a user's sessions, as the vendor reports it. View user_features works it out from the sessions.",
	Sources: twice(User, UserRow, "features_list[]", nil),
	Columns: ofUser([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "feature", Kind: Text, Null: true, Class: Internal, Path: "feature", Norm: FeatureWord, Dict: true, Words: features},
		{ID: 12, Name: "feature_raw", Kind: Text, Null: true, Class: Internal, Path: "feature", Dict: true},
		{ID: 13, Name: "status", Kind: Text, Null: true, Class: Internal, Path: "status", Norm: Status, Dict: true, Words: featureStatuses},
		{ID: 14, Name: "status_raw", Kind: Text, Null: true, Class: Internal, Path: "status", Dict: true},
		{ID: 15, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}

var userContacts = Table{
	Name: "user_contacts", History: ByOwner, Owner: "users", Key: []string{"kind", "block_ordinal"},
	Doc: "One e-mail address or phone number that a user has proven to own.",
	Sources: append(twice(User, UserRow, "approved_emails[]", map[string]string{"kind": "email"}),
		twice(User, UserRow, "approved_phones[]", map[string]string{"kind": "phone"})...),
	Columns: ofUser([]Column{
		{ID: 10, Name: "kind", Kind: Text, Class: Internal, Path: EnvConst, Dict: true, Doc: "email or phone"},
		{ID: 11, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 12, Name: "contact", Kind: Text, Class: PII, Path: "."},
	}),
}

var userIssuingStates = Table{
	Name: "user_issuing_states", History: ByOwner, Owner: "users", Key: []string{"block_ordinal"},
	Doc:     "One state that issued a document of a user.",
	Sources: twice(User, UserRow, "issuing_states[]", nil),
	Columns: ofUser([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "issuing_state", Kind: Text, Class: PII, Path: ".", Dict: true},
		{ID: 12, Name: "issuing_state_iso3", Kind: Text, Null: true, Class: PII, Path: ".", Norm: ISO3, Dict: true},
	}),
}

var userComments = Table{
	Name: "user_comments", History: ByOwner, Owner: "users", Key: []string{"block_ordinal"},
	Doc:     "A comment on a user or a change made to one, by a person or a program.",
	Sources: []Source{{Document: User, Path: "comments[]", Set: true}},
	Columns: ofUser([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "comment_id", Kind: Text, Null: true, Class: Internal, Path: "uuid"},
		{ID: 12, Name: "comment_type", Kind: Text, Null: true, Class: Internal, Path: "comment_type", Dict: true, Words: commentTypes},
		{ID: 13, Name: "comment", Kind: Text, Null: true, Class: Sensitive, Path: "comment"},
		{ID: 14, Name: "actor_name", Kind: Text, Null: true, Class: PII, Path: "actor_name"},
		{ID: 15, Name: "actor_email", Kind: Text, Null: true, Class: PII, Path: "actor_email"},
		{ID: 16, Name: "previous_status", Kind: Text, Null: true, Class: Internal, Path: "previous_status", Norm: Word, Dict: true, Words: userStatuses},
		{ID: 17, Name: "previous_status_raw", Kind: Text, Null: true, Class: Internal, Path: "previous_status", Dict: true},
		{ID: 18, Name: "new_status", Kind: Text, Null: true, Class: Internal, Path: "new_status", Norm: Word, Dict: true, Words: userStatuses},
		{ID: 19, Name: "new_status_raw", Kind: Text, Null: true, Class: Internal, Path: "new_status", Dict: true},
		{ID: 20, Name: "previous_value", Kind: JSON, Null: true, Class: Sensitive, Path: "previous_value"},
		{ID: 21, Name: "new_value", Kind: JSON, Null: true, Class: Sensitive, Path: "new_value"},
		{ID: 22, Name: "changed_fields", Kind: JSON, Null: true, Class: Internal, Path: "changed_fields", Norm: Array},
		{ID: 23, Name: "mentioned_emails", Kind: JSON, Null: true, Class: PII, Path: "mentioned_emails", Norm: Array},
		{ID: 24, Name: "metadata", Kind: JSON, Null: true, Class: Sensitive, Path: "metadata"},
		{ID: 25, Name: "created_at", Kind: Time, Null: true, Class: Internal, Path: "created_at"},
		{ID: 26, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}

var userTags = Table{
	Name: "user_tags", History: ByOwner, Owner: "users", Key: []string{"block_ordinal"},
	Doc: "One tag that a user has. A detail tells when it was given and by whom, a list row does not.",
	Sources: []Source{
		{Document: User, Path: "tags[]", Const: map[string]string{"source": "user"}, Set: true},
		{Document: UserRow, Path: "tags[]", Const: map[string]string{"source": "user_row"}, Set: true, Unless: User},
	},
	Columns: ofUser([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "source", Kind: Text, Class: Internal, Path: EnvConst, Dict: true, Doc: "the document that tells of the tag: user or user_row"},
		{ID: 12, Name: "row_key", Kind: Text, Null: true, Class: Internal, Path: "uuid", Doc: "the vendor's id: from a detail, of the giving of the tag; from a list row, of the tag"},
		{ID: 13, Name: "tag_id", Kind: Text, Null: true, Class: Internal, Path: "tag.uuid|uuid", Dict: true},
		{ID: 14, Name: "name", Kind: Text, Null: true, Class: Sensitive, Path: "tag.name|name", Dict: true, Doc: "the organisation's word for the user"},
		{ID: 15, Name: "color", Kind: Text, Null: true, Class: Internal, Path: "tag.color|color", Dict: true},
		{ID: 16, Name: "description", Kind: Text, Null: true, Class: Sensitive, Path: "tag.description"},
		{ID: 17, Name: "tag_source", Kind: Text, Null: true, Class: Internal, Path: "tag.source", Dict: true, Words: tagSources},
		{ID: 18, Name: "tag_created_at", Kind: Time, Null: true, Class: Internal, Path: "tag.created_at"},
		{ID: 19, Name: "tag_updated_at", Kind: Time, Null: true, Class: Internal, Path: "tag.updated_at"},
		{ID: 20, Name: "added_by_name", Kind: Text, Null: true, Class: PII, Path: "added_by_name"},
		{ID: 21, Name: "added_by_email", Kind: Text, Null: true, Class: PII, Path: "added_by_email"},
		{ID: 22, Name: "created_at", Kind: Time, Null: true, Class: Internal, Path: "created_at", Doc: "when the user was given the tag"},
		{ID: 23, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}
