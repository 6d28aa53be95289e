package schemas

// What the organisation tells about its own customers and about countries, which the vendor does not know: files that
// kycsync reference load reads. Each load is a version of its kind and replaces all rows of the one before.

var referenceKinds = []string{"customers", "countries"}

var referenceFiles = Table{
	Name: "reference_files", History: ByKey, Key: []string{"kind"},
	Doc: "One reference file of the organisation, as it was last loaded.",
	Columns: []Column{
		{ID: 1, Name: "kind", Kind: Text, Class: Internal, Path: EnvCode, Dict: true, Words: referenceKinds},
		{ID: 2, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Doc: "number of the commit that stored this version"},
		{ID: 3, Name: "observed_at", Kind: Time, Class: Internal, Path: EnvObservedAt, Doc: "when the file was read"},
		{ID: 4, Name: "content_hash", Kind: Text, Class: Internal, Path: EnvContentHash, Doc: "hex SHA-256 of the file"},
		{ID: 5, Name: "run_id", Kind: Text, Class: Internal, Path: EnvRunID},
		{ID: 6, Name: "rows", Kind: Int, Class: Internal, Path: EnvCode},
		{ID: 7, Name: "as_of", Kind: Date, Null: true, Class: Internal, Path: EnvCode, Doc: "the day for which the file holds, as whoever loaded it said"},
	},
}

// reference is what every row of a reference file carries. IDs 1 to 4 are reserved for it.
func reference(cols []Column) []Column {
	return append([]Column{
		{ID: 1, Name: "kind", Kind: Text, Class: Internal, Path: EnvCode, Dict: true, Words: referenceKinds},
		{ID: 2, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Doc: "number of the commit that stored this version"},
		{ID: 3, Name: "observed_at", Kind: Time, Class: Internal, Path: EnvObservedAt, Doc: "when the file was read"},
		{ID: 4, Name: "line", Kind: Int, Class: Internal, Path: EnvCode, Doc: "of the file, without its header, from 1"},
	}, cols...)
}

var firmCustomers = Table{
	Name: "firm_customers", History: ByOwner, Owner: "reference_files", Key: []string{"line"},
	Doc: "One relationship of the organisation with a customer, from its own reference file: the vendor knows none of this.",
	Columns: reference([]Column{
		{ID: 10, Name: "vendor_data", Kind: Text, Class: PII, Path: EnvCode, Doc: "the organisation's own id of the user"},
		{ID: 11, Name: "vendor_data_key", Kind: Text, Class: PII, Path: EnvCode, Norm: Fold},
		{ID: 12, Name: "legal_entity", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Dict: true, Doc: "of the organisation, that has the relationship"},
		{ID: 13, Name: "risk_rating", Kind: Text, Null: true, Class: Sensitive, Path: EnvCode, Dict: true, Words: []string{"low", "medium", "high"}},
		{ID: 14, Name: "relationship_start", Kind: Date, Null: true, Class: PII, Path: EnvCode},
		{ID: 15, Name: "relationship_end", Kind: Date, Null: true, Class: PII, Path: EnvCode, Doc: "null: it goes on"},
		{ID: 16, Name: "product", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Dict: true},
	}),
}

var countryLists = Table{
	Name: "country_lists", History: ByOwner, Owner: "reference_files", Key: []string{"line"},
	Doc: "One country on a list that the organisation keeps or follows, with the days in which it stood there, from its own reference file.",
	Columns: reference([]Column{
		{ID: 10, Name: "country", Kind: Text, Class: Public, Path: EnvCode},
		{ID: 11, Name: "country_iso3", Kind: Text, Null: true, Class: Public, Path: EnvCode, Norm: ISO3},
		{ID: 12, Name: "list", Kind: Text, Class: Public, Path: EnvCode, Dict: true, Doc: "name of the list"},
		{ID: 13, Name: "valid_from", Kind: Date, Null: true, Class: Public, Path: EnvCode, Doc: "first day; null: always"},
		{ID: 14, Name: "valid_to", Kind: Date, Null: true, Class: Public, Path: EnvCode, Doc: "last day; null: it is still there"},
	}),
}

var checkWaivers = Table{
	Name: "check_waivers", History: Log,
	Doc: "One decision that a failed check may be passed over for a while. Of one check the newest counts.",
	Columns: []Column{
		{ID: 1, Name: "run_id", Kind: Text, Class: Internal, Path: EnvRunID},
		{ID: 2, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Dict: true},
		{ID: 3, Name: "check_name", Kind: Text, Class: Internal, Path: EnvCode},
		{ID: 4, Name: "reason", Kind: Text, Class: Internal, Path: EnvCode, Doc: "why, in the words of who decided it"},
		{ID: 5, Name: "waived_at", Kind: Time, Class: Internal, Path: EnvCode},
		{ID: 6, Name: "expires_at", Kind: Time, Class: Internal, Path: EnvCode, Doc: "from then on the check counts again"},
	},
}
