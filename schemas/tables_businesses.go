package schemas

func ofBusiness(cols []Column) []Column {
	return versioned("business_id", "the vendor's id of the business", cols)
}

var businesses = Table{
	Name: "businesses", History: ByKey, Key: []string{"application", "business_id"},
	Doc:     "One company as the vendor keeps it over all its sessions. Only a business with vendor_data has a detail.",
	Sources: []Source{{Document: BusinessRow}},
	Columns: ofBusiness([]Column{
		{ID: 10, Name: "content_hash", Kind: Text, Class: Internal, Path: EnvContentHash, Doc: "hex SHA-256 of the version without its volatile values"},
		{ID: 11, Name: "vendor_data", Kind: Text, Null: true, Class: PII, Path: "business:vendor_data|vendor_data", Doc: "the organisation's own id of the business"},
		{ID: 12, Name: "vendor_data_key", Kind: Text, Null: true, Class: PII, Path: "business:vendor_data|vendor_data", Norm: Fold},
		{ID: 13, Name: "display_name", Kind: Text, Null: true, Class: Internal, Path: "business:display_name|display_name", Doc: "given by the organisation"},
		{ID: 14, Name: "legal_name", Kind: Text, Null: true, Class: Internal, Path: "business:legal_name|legal_name"},
		{ID: 15, Name: "effective_name", Kind: Text, Null: true, Class: Internal, Path: "business:effective_name|effective_name", Doc: "what the console shows: the first of the names that there is"},
		{ID: 16, Name: "registration_number", Kind: Text, Null: true, Class: Internal, Path: "business:registration_number|registration_number"},
		{ID: 17, Name: "country_code", Kind: Text, Null: true, Class: Internal, Path: "business:country_code|country_code", Dict: true, Doc: "of registration"},
		{ID: 18, Name: "country_code_iso3", Kind: Text, Null: true, Class: Internal, Path: "business:country_code|country_code", Norm: ISO3, Dict: true},
		{ID: 19, Name: "status", Kind: Text, Null: true, Class: Internal, Path: "business:status|status", Norm: Word, Dict: true, Words: userStatuses},
		{ID: 20, Name: "status_raw", Kind: Text, Null: true, Class: Internal, Path: "business:status|status", Dict: true},
		{ID: 21, Name: "session_count", Kind: Int, Null: true, Class: Internal, Path: "business:session_count|session_count", Doc: "by the vendor's count, as the next three"},
		{ID: 22, Name: "approved_count", Kind: Int, Null: true, Class: Internal, Path: "business:approved_count|approved_count"},
		{ID: 23, Name: "declined_count", Kind: Int, Null: true, Class: Internal, Path: "business:declined_count|declined_count"},
		{ID: 24, Name: "in_review_count", Kind: Int, Null: true, Class: Internal, Path: "business:in_review_count|in_review_count"},
		{ID: 25, Name: "features", Kind: JSON, Null: true, Class: Internal, Path: "business:features|features", Doc: "feature to latest status; table business_features_reported has the same as rows"},
		{ID: 26, Name: "first_session_at", Kind: Time, Null: true, Class: Internal, Path: "business:first_session_at|first_session_at"},
		{ID: 27, Name: "last_session_at", Kind: Time, Null: true, Class: Internal, Path: "business:last_session_at|last_session_at"},
		{ID: 28, Name: "last_activity_at", Kind: Time, Null: true, Class: Internal, Path: "business:last_activity_at|last_activity_at", Volatile: true, Doc: "when this version was stored; being touched alone makes no version"},
		{ID: 29, Name: "metadata", Kind: JSON, Null: true, Class: Sensitive, Path: "business:metadata", Doc: "any JSON that the organisation gave the business"},
		{ID: 30, Name: "created_at", Kind: Time, Null: true, Class: Internal, Path: "business:created_at|created_at"},
		{ID: 31, Name: "updated_at", Kind: Time, Null: true, Class: Internal, Path: "business:updated_at", Volatile: true, Doc: "when this version was stored; null where no detail was read"},
		{ID: 32, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}

var businessFeaturesReported = Table{
	Name: "business_features_reported", History: ByOwner, Owner: "businesses", Key: []string{"block_ordinal"},
	Doc:     "The latest status of one feature over a business's sessions, as the vendor reports it.",
	Sources: twice(Business, BusinessRow, "features_list[]", nil),
	Columns: ofBusiness([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "feature", Kind: Text, Null: true, Class: Internal, Path: "feature", Norm: FeatureWord, Dict: true, Words: businessFeatures},
		{ID: 12, Name: "feature_raw", Kind: Text, Null: true, Class: Internal, Path: "feature", Dict: true},
		{ID: 13, Name: "status", Kind: Text, Null: true, Class: Internal, Path: "status", Norm: Status, Dict: true, Words: sessionStatuses},
		{ID: 14, Name: "status_raw", Kind: Text, Null: true, Class: Internal, Path: "status", Dict: true},
		{ID: 15, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}

var businessTags = Table{
	Name: "business_tags", History: ByOwner, Owner: "businesses", Key: []string{"block_ordinal"},
	Doc:     "One tag that a business has.",
	Sources: twice(Business, BusinessRow, "tags[]", nil),
	Columns: ofBusiness([]Column{
		{ID: 10, Name: "block_ordinal", Kind: Int, Class: Internal, Path: EnvOrdinal0, Volatile: true},
		{ID: 11, Name: "tag_id", Kind: Text, Null: true, Class: Internal, Path: "uuid", Dict: true},
		{ID: 12, Name: "name", Kind: Text, Null: true, Class: Sensitive, Path: "name", Dict: true, Doc: "the organisation's word for the business"},
		{ID: 13, Name: "color", Kind: Text, Null: true, Class: Internal, Path: "color", Dict: true},
		{ID: 14, Name: "extra_json", Kind: JSON, Null: true, Class: Sensitive, Path: EnvExtra, Doc: "members that no other column reads"},
	}),
}
