package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// SessionID is the vendor's id of a verification session, a lower-case UUID.
type SessionID string

// SessionKind tells whom a session verifies.
type SessionKind string

// The session kinds, as the vendor spells them.
const (
	UserSession     SessionKind = "user"
	BusinessSession SessionKind = "business"
)

// DocumentKind names one kind of body that the vendor sends.
type DocumentKind string

// The document kinds.
const (
	ListRow        DocumentKind = "list_row"        // one row of GET /v3/sessions/
	Decision       DocumentKind = "decision"        // GET /v3/session/{id}/decision/
	Provenance     DocumentKind = "provenance"      // ours: how a session came about, and whether the vendor still has it
	Activity       DocumentKind = "activity"        // the pages of GET /v3/sessions/{id}/reviews/ as {"page_views": n, "results": [...]}
	Workflow       DocumentKind = "workflow"        // one row of GET /v3/workflows/
	UserRow        DocumentKind = "user_row"        // one row of GET /v3/users/
	User           DocumentKind = "user"            // GET /v3/users/{vendor_data}/
	BusinessRow    DocumentKind = "business_row"    // one row of GET /v3/businesses/
	Business       DocumentKind = "business"        // GET /v3/businesses/{vendor_data}/
	TransactionRow DocumentKind = "transaction_row" // one row of GET /v3/transactions/
	Transaction    DocumentKind = "transaction"     // GET /v3/transactions/{uuid}/
)

// An Upstream tells whether the vendor still shows a session.
type Upstream string

// The upstream states. A session that the vendor has dropped keeps its last values.
const (
	Present    Upstream = "present"
	Deleted    Upstream = "deleted"      // erased, or past the vendor's retention
	OutOfScope Upstream = "out_of_scope" // the key no longer sees it
	Uncertain  Upstream = "unknown"      // not listed, and not yet proven to be gone
)

// A Digest is a SHA-256. The zero Digest stands for none.
type Digest [sha256.Size]byte

// String returns 64 hex digits, or nothing for the zero Digest.
func (d Digest) String() string {
	if d == (Digest{}) {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// ParseDigest reads what String wrote.
func ParseDigest(s string) (d Digest, err error) {
	if s == "" {
		return d, nil
	}
	if n, err := hex.Decode(d[:], []byte(s)); err != nil || n != len(d) || len(s) != 2*len(d) {
		return Digest{}, errors.New("want 64 hex digits")
	}
	return d, nil
}

// A Document is one body as received at one instant.
type Document struct {
	Kind       DocumentKind
	ID         string // of the session, or of the user, business, transaction or workflow
	Body       []byte
	ObservedAt time.Time // UTC, when the last byte had arrived, by our clock
}

// A Member is one member of a JSON object.
type Member struct{ Name, Value []byte } // the name unquoted, the value as received

// Known is what the lake knows about one session: the last row of session_state.
type Known struct {
	Application   string
	SessionID     SessionID
	SessionKind   SessionKind
	SessionNumber int64
	CreatedAt     time.Time
	Status        string // the vendor's spelling
	Fingerprint   Digest // of the list row without its volatile values
	Gist          Digest // of that row as received, see transform.Gist; zero: not known
	ContentHash   Digest // of the newest stored version; zero: none stored
	VersionSeq    int64  // of the newest stored version; 0: none
	LastChecked   time.Time
	Stale         bool // the newest document could not be read; the stored version is older

	Workflow        string    // id; empty: not known
	StatusSince     time.Time // since when it has had Status, as far as we saw
	Monitored       bool      // its AML screening goes on
	DocumentExpires time.Time // the day on which the first of its identity documents expires; zero: none known
	Hinted          time.Time // newest change that the webhook log announced and nobody has looked at; zero: none
	Activity        Digest    // of the newest stored activity feed; zero: none stored
	ActivityChecked time.Time // zero: never
	ActivityDue     bool      // a version was stored since
	Upstream        Upstream  // empty: present
	AbsentSince     time.Time // first complete list without it; zero: it is listed
	GoneSince       time.Time // first answer that it does not exist, since it is absent; zero: none
	Fullness        Fullness  // of the decision that was read last
}

// Fullness counts, in a decision, what a key with all rights sees of every identity document.
type Fullness struct {
	Identities int32 // identity documents
	Numbered   int32 // of them, with a document number
	Pictured   int32 // of them, with an image of the front
}

// Gone reports whether the vendor was proven not to show the session any more.
func (k *Known) Gone() bool { return k.Upstream == Deleted || k.Upstream == OutOfScope }

// KnownEntity is what the lake knows about one user, business or transaction: the last row of
// entity_state.
type KnownEntity struct {
	Application string
	Document    DocumentKind // User, Business or Transaction
	ID          string       // the vendor's id
	Fingerprint Digest       // of the list row without its volatile values
	Gist        Digest       // of that row as received; zero: not known
	ContentHash Digest       // of the newest stored version
	VersionSeq  int64
	LastChecked time.Time // when its detail was read last, or found not to be readable
	AbsentSince time.Time // first complete list without it; zero: it is listed
}

// Open reports whether a session of that status is still being worked on by the applicant, the
// vendor or a reviewer, so that its decision may change without the list row telling.
// Unknown statuses are open.
func Open(status string) bool {
	switch status {
	case "Approved", "Declined", "Abandoned", "Expired", "Kyc Expired":
		return false
	}
	return true
}
