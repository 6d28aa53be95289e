// Package transform turns the vendor's documents into rows. It is pure: no clock, no network, no
// files.
//
// A document goes through two passes. [Canonicalize] reads the received bytes once, strictly, and
// gives the form that is kept (keys sorted, secrets gone, links cut to their path) and the hash
// that tells a change from a second look. [Flattener.Add] walks the documents of one version of a
// session and appends its rows to one set of columns per table; [Flattener.Take] hands them over
// as Arrow record batches.
//
// Both passes follow the same plan: the paths of all columns of all tables, compiled into one
// tree per kind of document ([schemas.Tables] is what runs). What the plan does not know is kept
// beside the row it was found in and reported as drift; what cannot be read is a [Reject].
package transform

import (
	"time"

	"kycsync/schemas"
)

// Limits of a document, against bombs. A document beyond them is a reject.
const (
	MaxDepth  = 64      // nesting of objects and arrays
	MaxValues = 500_000 // members and elements
)

// A Version is one observed state of a session (or of another entity): its documents, in
// canonical form, and what its rows share.
type Version struct {
	Application   string
	SessionID     schemas.SessionID // or the id of the user, business, transaction or workflow
	SessionKind   schemas.SessionKind
	SessionNumber int64 // 0: unknown
	VersionSeq    int64
	ObservedAt    time.Time // UTC
	RunID         string
	ContentHash   schemas.Digest
	Env           map[string]any     // further values by Env path, for columns that the version fills
	Documents     []schemas.Document // at most one of each kind; bodies as Canonicalize returns them
}

// A Reject is an element that could not be read. It holds no value of it, only its form.
type Reject struct {
	Application string
	SessionID   schemas.SessionID
	Document    schemas.DocumentKind
	Table       string // empty for a whole document
	Scope       string // "document", "row", "value"
	Path        string // in the document
	Reason      string
	Shape       string // the form of the text: digits are 9, letters a
}

// Scopes of a reject.
const (
	ScopeDocument = "document" // nothing of it is stored
	ScopeRow      = "row"      // one row of one table is withheld, the rest of the document lives
	ScopeValue    = "value"    // one value of the session's own row is withheld: a session never disappears
)

// Drift is a path or value that no column expects, counted over the documents of a Flattener.
type Drift struct {
	Document schemas.DocumentKind
	Path     string
	Kind     string // DriftField or DriftValue
	Example  string // JSON type of the value, or the code that is not in the vocabulary
	Count    int64
	First    schemas.SessionID
}

// Kinds of drift.
const (
	DriftField = "unknown_field" // kept in the row's extra_json
	DriftValue = "unknown_value" // kept as received
)
