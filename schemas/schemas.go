// Package schemas holds the words that all stages share and the definition of every table.
//
// A table is data: a [Table] lists the places in the vendor's documents where its rows come from
// and, one line each, its columns. Nothing else describes a table. From these lines follow the
// Arrow and Parquet schemas, the DuckDB DDL, the data dictionary, the paths that the flattener
// reads, what counts as a change, what is drift, and what may never be stored.
//
// The package is a leaf: it imports no other package of the program.
package schemas

import "fmt"

// Kind is the type of a column's values. The zero Kind is not valid.
type Kind uint8

// The kinds. A switch over them has no default but a panic, so that a new kind never turns into
// text unnoticed.
const (
	Text    Kind = iota + 1 // UTF-8
	Int                     // 64-bit signed
	Float                   // 64-bit
	Bool                    //
	Time                    // instant, microseconds, UTC
	Date                    // calendar day
	Decimal                 // exact, 38 digits, 18 of them after the point
	JSON                    // UTF-8 text of one JSON value, canonical
	Media                   // not stored here: each value is a row of table media
)

// Class says how sensitive a column's values are. The zero Class is not valid: a column without a
// class cannot be defined.
type Class uint8

// The classes, in rising order of the harm that a leak does.
const (
	Public    Class = iota + 1 // codes and words that every customer of the vendor sees
	Internal                   // says something of the organisation, nothing of a person
	PII                        // identifies a person or is about one
	Sensitive                  // special categories, free text, and everything unknown
	Biometric                  // derived from a face, a voice or a signature
	Criminal                   // accusations, convictions, sanctions
	Secret                     // opens a door: tokens, signed links, one-time codes. Never stored
)

var classNames = [...]string{Public: "public", Internal: "internal", PII: "pii", Sensitive: "sensitive",
	Biometric: "biometric", Criminal: "criminal", Secret: "secret"}

// String returns the lower-case name of the class.
func (c Class) String() string {
	if c == 0 || int(c) >= len(classNames) {
		panic(fmt.Sprintf("schemas: no class %d", uint8(c)))
	}
	return classNames[c]
}

// Norm names the way a value becomes a column when it is not stored as received.
type Norm uint8

// The norms. AsIs is the zero value.
const (
	AsIs        Norm = iota
	Fold             // text, case-folded in Unicode form NFKC: for keys that the vendor compares without case
	ISO3             // text: country code or English name to ISO 3166-1 alpha-3; null where it is neither
	Status           // text: session status in the vendor's own spelling; as received where unknown
	FeatureWord      // text: feature in the vendor's list spelling; as received where unknown
	Percent          // float: 0..1 becomes 0..100
	PercentAny       // float: values up to 1 are taken for a 0..1 scale and become 0..100
	AmbiguousT       // text: the received form of a time, only where it did not name its zone
	Array            // JSON: a lone value becomes an array of one
	Shape            // text: the value's form, never the value
	Word             // text: in the spelling of the column's Words; as received where it is none of them
)

// A Column is one line of a table.
type Column struct {
	ID       int    // permanent within the table, never reused; 1 and up
	Name     string // snake_case
	Kind     Kind
	Null     bool // may be null
	Class    Class
	Path     string   // where the value stands; see Path below
	Norm     Norm     // how it becomes the column's value
	Volatile bool     // changes without meaning anything: left out of the content hash
	Dict     bool     // few distinct values: dictionary-encoded in Parquet
	Words    []string // the values known; others are kept and reported as drift. Empty: an open set
	Doc      string   // what the name does not say
}

// Paths. A column's path is relative to the element that its row is made of:
//
//	status                   a member
//	parsed_address.city      a member of a member
//	.                        the element itself (a list of plain values)
//	../id                    a member of the element of the enclosing row ("../../x" two up)
//	list_row:full_name       a member of another document of the same version (tables with Path "" only)
//	name|full_name           the first that is present; of two documents, a detail comes before its list row
//	node_id+ip_address       all of them, joined with "|"
//	$session_id              given by the flattener; the Env constants name them all
//
// A secret column is a path that is read and dropped. A path that no column names is drift: its
// value is kept in the row's $extra column and reported.
//
// Env paths: the values that do not stand in the element.
const (
	EnvApplication   = "$application"
	EnvSessionID     = "$session_id"
	EnvSessionNumber = "$session_number"
	EnvSessionKind   = "$session_kind"
	EnvVersionSeq    = "$version_seq"
	EnvObservedAt    = "$observed_at"
	EnvRunID         = "$run_id"
	EnvContentHash   = "$content_hash"
	EnvOrdinal0      = "$ordinal0"     // position in the first list of the source's path, from 0
	EnvOrdinal1      = "$ordinal1"     // in the second
	EnvOrdinal2      = "$ordinal2"     // in the third
	EnvExtra         = "$extra"        // JSON object of the members that no column reads, null when there are none
	EnvConst         = "$const"        // given by the source, see Source.Const
	EnvBlock         = "$block"        // table media: the list of the document that the file belongs to, such as "id_verifications"; the document's kind where it stands outside all lists
	EnvMember        = "$member"       // table media: name of the media column that the file was found by
	EnvMediaPath     = "$media_path"   // table media: path of the link, without host and query
	EnvFileOrdinal   = "$file_ordinal" // table media: position in the list that the media column names, from 0; 0 for a lone file
	EnvCode          = "$code"         // filled by the program, not from a document
)

// A Source is one place in the vendor's documents where rows of a table come from.
type Source struct {
	Document DocumentKind
	Path     string            // "" for the document itself, else members and lists: "aml_screenings[].hits[]"
	Const    map[string]string // columns that have one value for every row of this source
	Set      bool              // the order of the elements means nothing: it is left out of the content hash
	Unless   DocumentKind      // no rows where the version has a document of this kind too, which says the same
}

// A Table is a relational definition: where rows come from and what they hold.
type Table struct {
	Name     string
	Doc      string // what one row is
	History  History
	Owner    string   // of a table ByOwner: the table ByKey to whose versions its rows belong
	Key      []string // columns that identify a row within a version (BySession, ByOwner) or an entity (ByKey, State)
	Sources  []Source // empty: rows are made by the program
	Columns  []Column
	LakeOnly bool // kept out of the warehouse
}

// Stored returns the columns that are physically in the table: neither media nor secret.
func (t *Table) Stored() []Column {
	out := make([]Column, 0, len(t.Columns))
	for _, c := range t.Columns {
		if c.Kind != Media && c.Class != Secret {
			out = append(out, c)
		}
	}
	return out
}

// Lookup returns the table of that name, or nil.
func Lookup(name string) *Table {
	for i := range Tables {
		if Tables[i].Name == name {
			return &Tables[i]
		}
	}
	return nil
}
