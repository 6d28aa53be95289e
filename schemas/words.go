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
	ListRow  DocumentKind = "list_row" // one row of GET /v3/sessions/
	Decision DocumentKind = "decision" // GET /v3/session/{id}/decision/
	Workflow DocumentKind = "workflow" // one row of GET /v3/workflows/
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
	ID         string // session id, workflow id
	Body       []byte
	ObservedAt time.Time // UTC, when the last byte had arrived, by our clock
}

// Known is what the lake knows about one session: the last row of session_state.
type Known struct {
	Application   string
	SessionID     SessionID
	SessionKind   SessionKind
	SessionNumber int64
	CreatedAt     time.Time
	Status        string // the vendor's spelling
	Fingerprint   Digest // of the list row without its volatile values
	ContentHash   Digest // of the newest stored version; zero: none stored
	VersionSeq    int64  // of the newest stored version; 0: none
	LastChecked   time.Time
	Stale         bool // the newest document could not be read; the stored version is older
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
