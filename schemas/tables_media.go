package schemas

var media = Table{
	Name: "media", History: BySession, Key: []string{"block", "block_ordinal", "item_ordinal", "sub_ordinal", "media_kind", "file_ordinal"},
	Doc: "One image, video or file that exists for a session. The vendor's links end within the hour and are not kept: only their path.",
	Columns: envelope([]Column{
		{ID: 10, Name: "block", Kind: Text, Class: Internal, Path: EnvBlock, Dict: true, Doc: "the decision's list that the file belongs to, or list_row"},
		{ID: 11, Name: "block_ordinal", Kind: Int, Null: true, Class: Internal, Path: EnvOrdinal0, Volatile: true, Doc: "position in that list"},
		{ID: 12, Name: "item_ordinal", Kind: Int, Null: true, Class: Internal, Path: EnvOrdinal1, Volatile: true, Doc: "position in the list below it, where there is one"},
		{ID: 13, Name: "sub_ordinal", Kind: Int, Null: true, Class: Internal, Path: EnvOrdinal2, Volatile: true, Doc: "position in the list below that, where there is one"},
		{ID: 14, Name: "media_kind", Kind: Text, Class: Internal, Path: EnvMember, Dict: true, Doc: "front_image, video_url and so on"},
		{ID: 15, Name: "file_ordinal", Kind: Int, Class: Internal, Path: EnvFileOrdinal, Doc: "position among the files of that kind; 0 where there can be only one"},
		{ID: 16, Name: "path", Kind: Text, Null: true, Class: Biometric, Path: EnvMediaPath, Volatile: true, Doc: "of the link, without host and query"},
		{ID: 17, Name: "archived_at", Kind: Time, Null: true, Class: Internal, Path: EnvCode},
		{ID: 18, Name: "archive_name", Kind: Text, Null: true, Class: Biometric, Path: EnvCode, Doc: "where the archive has it"},
		{ID: 19, Name: "sha256", Kind: Text, Null: true, Class: Biometric, Path: EnvCode},
		{ID: 20, Name: "bytes", Kind: Int, Null: true, Class: Internal, Path: EnvCode},
		{ID: 21, Name: "content_type", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Dict: true},
	}),
}
