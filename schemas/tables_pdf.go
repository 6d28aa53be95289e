package schemas

// What became of asking for a PDF.
const (
	PDFArchived    = "archived"
	PDFNotEligible = "not_eligible" // the vendor makes none of a session in that status
	PDFGone        = "gone"         // the vendor does not know the session any more, or not for this key: while it lists the session, another night tries again
	PDFFailed      = "failed"       // another night tries again
)

var pdfOutcomes = []string{PDFArchived, PDFNotEligible, PDFGone, PDFFailed}

// The session comes last in the key: by it a row is found.
var pdfReports = Table{
	Name: "pdf_reports", History: ByKey, Key: []string{"application", "session_version_seq", "session_id"},
	Doc: "What became of the vendor's PDF of a session: one row for each final version of a session that was looked at. The file itself is in the store of the lake, under the name in object.",
	Columns: []Column{
		{ID: 1, Name: "application", Kind: Text, Class: Internal, Path: EnvApplication, Dict: true, Doc: "name of the organisation's application in the vendor's console, from the configuration"},
		{ID: 2, Name: "session_id", Kind: Text, Class: PII, Path: EnvSessionID},
		{ID: 3, Name: "session_version_seq", Kind: Int, Class: Internal, Path: EnvCode, Doc: "version_seq of the version of the session that was the newest when the vendor was asked. The PDF shows what the vendor had at observed_at, which may be later"},
		{ID: 4, Name: "version_seq", Kind: Int, Class: Internal, Path: EnvVersionSeq, Dict: true, Doc: "number of the commit that stored this row"},
		{ID: 5, Name: "observed_at", Kind: Time, Class: Internal, Path: EnvObservedAt, Doc: "when the PDF was complete, or it was known that there is none, by our clock"},
		{ID: 6, Name: "run_id", Kind: Text, Class: Internal, Path: EnvRunID},
		{ID: 7, Name: "session_kind", Kind: Text, Class: Public, Path: EnvSessionKind, Dict: true},
		{ID: 8, Name: "status", Kind: Text, Class: Internal, Path: EnvCode, Dict: true, Words: sessionStatuses, Doc: "of that version"},
		{ID: 9, Name: "outcome", Kind: Text, Class: Internal, Path: EnvCode, Dict: true, Words: pdfOutcomes, Doc: "a PDF that is archived stays as it is, and a version that is not eligible is not asked for again"},
		{ID: 10, Name: "reason", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Dict: true, Doc: "why there is none; null: it is archived"},
		{ID: 11, Name: "sha256", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Doc: "hex; of the PDF as received. The vendor renders it anew each time, with other bytes"},
		{ID: 12, Name: "bytes", Kind: Int, Null: true, Class: Internal, Path: EnvCode},
		{ID: 13, Name: "object", Kind: Text, Null: true, Class: Internal, Path: EnvCode, Doc: "name in the store of the lake, which holds neither the session nor a person"},
	},
}
