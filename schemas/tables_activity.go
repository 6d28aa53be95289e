package schemas

func ofFeed(cols []Column) []Column {
	return versioned("session_id", "", cols)
}

var activityFeeds = Table{
	Name: "activity_feeds", History: ByKey, Key: []string{"application", "session_id"},
	Doc:     "What was done to a session up to one instant: one row per state of its feed, also of an empty one. A feed has versions of its own, apart from the session's.",
	Sources: []Source{{Document: Activity}},
	Columns: ofFeed([]Column{
		{ID: 10, Name: "content_hash", Kind: Text, Class: Internal, Path: EnvContentHash, Doc: "hex SHA-256 of the feed without its volatile values"},
		{ID: 11, Name: "page_views", Kind: Int, Null: true, Class: Internal, Path: "page_views", Volatile: true, Doc: "how often the console's page of the session had been looked at when this version was stored; views are no rows of activity"},
		{ID: 12, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}

var activity = Table{
	Name: "activity", History: ByOwner, Owner: "activity_feeds", Key: []string{"block_ordinal"},
	Doc:     "One thing done to a session by a person or a program: a decision, a correction, a comment, a tag.",
	Sources: []Source{{Document: Activity, Path: "results[]", Set: true}},
	Columns: ofFeed([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "activity_id", Kind: Text, Null: true, Class: Internal, Path: "uuid"},
		{ID: 12, Name: "activity_type", Kind: Text, Null: true, Class: Internal, Path: "activity_type", Dict: true, Words: activityTypes},
		{ID: 13, Name: "actor_display", Kind: Text, Null: true, Class: PII, Path: "actor_display", Doc: "name of the person or the program"},
		{ID: 14, Name: "actor_email", Kind: Text, Null: true, Class: PII, Path: "actor_email"},
		{ID: 15, Name: "actor_type", Kind: Text, Null: true, Class: Internal, Path: "actor_type", Dict: true, Words: activityActors},
		{ID: 16, Name: "previous_status", Kind: Text, Null: true, Class: Internal, Path: "previous_status", Norm: Status, Dict: true, Words: sessionStatuses},
		{ID: 17, Name: "previous_status_raw", Kind: Text, Null: true, Class: Internal, Path: "previous_status", Dict: true},
		{ID: 18, Name: "new_status", Kind: Text, Null: true, Class: Internal, Path: "new_status", Norm: Status, Dict: true, Words: sessionStatuses},
		{ID: 19, Name: "new_status_raw", Kind: Text, Null: true, Class: Internal, Path: "new_status", Dict: true},
		{ID: 20, Name: "comment", Kind: Text, Null: true, Class: Sensitive, Path: "comment"},
		{ID: 21, Name: "previous_value", Kind: JSON, Null: true, Class: Sensitive, Path: "previous_value"},
		{ID: 22, Name: "new_value", Kind: JSON, Null: true, Class: Sensitive, Path: "new_value"},
		{ID: 23, Name: "changed_fields", Kind: JSON, Null: true, Class: Internal, Path: "changed_fields", Norm: Array},
		{ID: 24, Name: "mentioned_emails", Kind: JSON, Null: true, Class: PII, Path: "mentioned_emails", Norm: Array},
		{ID: 25, Name: "metadata", Kind: JSON, Null: true, Class: Sensitive, Path: "metadata"},
		{ID: 26, Name: "created_at", Kind: Time, Null: true, Class: Internal, Path: "created_at"},
		{ID: 27, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}
