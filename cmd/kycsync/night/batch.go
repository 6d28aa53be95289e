package night

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// A batch is what the next commit will hold. Documents wait in canonical form, so that the rows
// can be made in order of session, and made again under another number.
type batch struct {
	versions []pending
	flows    []pending
	rejects  []rejected
	state    *transform.Rows
	changes  []schemas.Known // rows of session_state to be
}

// pending is a version that has no number yet.
type pending struct {
	transform.Version
	raw []raw
}

// raw is what raw_documents says of one document besides its body.
type raw struct{ content, received schemas.Digest }

type rejected struct {
	transform.Reject
	at       time.Time
	received schemas.Digest
}

func newBatch() batch { return batch{state: transform.NewRows(schemas.Lookup("session_state"))} }

// empty reports whether there is nothing to tell.
func (b *batch) empty() bool {
	return len(b.versions) == 0 && len(b.flows) == 0 && len(b.rejects) == 0 && len(b.changes) == 0
}

// take looks at one answer: the decision is as stored, or a new version, or unreadable, or gone.
// failed is an error that concerns this session alone.
func (r *run) take(got extract.Fetched, failed error) error {
	row, listed, received, err := r.listing.row(got.Task.ID)
	if err != nil {
		return err
	}
	known := r.known[got.Task.ID]
	if errors.Is(failed, extract.ErrGone) {
		r.Gone++ // absence is judged by the control totals of later nights, never by one answer
		return nil
	}
	r.Fetched++
	now := r.Now().UTC()
	if failed == nil {
		now = got.Document.ObservedAt
	}
	next := schemas.Known{
		Application: r.Config.Application, SessionID: row.ID, SessionKind: row.Kind, SessionNumber: row.Number,
		CreatedAt: row.CreatedAt, Status: row.Status, Fingerprint: row.Fingerprint,
		ContentHash: known.ContentHash, VersionSeq: known.VersionSeq, LastChecked: now,
	}
	var decision transform.Canonical
	if failed == nil {
		decision, failed = transform.Canonicalize(schemas.Decision, got.Document.Body)
	}
	if failed != nil {
		next.Stale = true
		r.remember(next)
		r.reject(rejected{unread(schemas.Decision, row.ID, failed), now, digestOf(got.Document.Body)})
		return nil
	}
	hash := transform.ContentHash(map[schemas.DocumentKind]schemas.Digest{
		schemas.ListRow: row.Fingerprint, schemas.Decision: decision.ContentSHA256})
	if hash == known.ContentHash {
		r.Unchanged++
		r.remember(next)
		return nil
	}
	next.ContentHash = hash
	r.remember(next)
	r.batch.versions = append(r.batch.versions, pending{
		Version: transform.Version{
			Application: r.Config.Application, SessionID: row.ID, SessionKind: row.Kind, SessionNumber: row.Number,
			ObservedAt: now, RunID: r.RunID, ContentHash: hash, Env: map[string]any{"upstream_state": "present"},
			Documents: []schemas.Document{
				{Kind: schemas.Decision, ID: string(row.ID), Body: decision.JSON, ObservedAt: now},
				{Kind: schemas.ListRow, ID: string(row.ID), Body: listed, ObservedAt: row.ObservedAt},
			},
		},
		raw: []raw{{decision.ContentSHA256, decision.ReceivedSHA256}, {row.Fingerprint, received}},
	})
	return nil
}

// remember notes what is now known of a session. Its version number is filled in by the commit.
func (r *run) remember(k schemas.Known) { r.batch.changes = append(r.batch.changes, k) }

func (r *run) reject(rej rejected) {
	rej.Application = r.Config.Application
	r.batch.rejects = append(r.batch.rejects, rej)
}

// unread is the reject of a whole document. The reason is the same for the same mistake, so that
// reasons can be counted; where in the document it was stands in the path.
func unread(kind schemas.DocumentKind, id schemas.SessionID, err error) transform.Reject {
	rej := transform.Reject{SessionID: id, Document: kind, Scope: transform.ScopeDocument, Reason: err.Error()}
	var request *extract.RequestError
	var syntax *transform.Unreadable
	switch {
	case errors.As(err, &syntax):
		rej.Reason, rej.Path = syntax.Reason, fmt.Sprintf("offset %d", syntax.Offset)
	case errors.As(err, &request):
		rej.Reason = request.Err.Error()
	}
	return rej
}

// digestOf is the hash of a body as it came; none for none.
func digestOf(body []byte) schemas.Digest {
	if body == nil {
		return schemas.Digest{}
	}
	return sha256.Sum256(body)
}

// inOrder sorts by session, which is the order of rows in a part.
func (b *batch) inOrder() {
	bySession := func(a, b pending) int { return strings.Compare(string(a.SessionID), string(b.SessionID)) }
	slices.SortFunc(b.versions, bySession)
	slices.SortFunc(b.flows, bySession)
	slices.SortFunc(b.changes, func(a, b schemas.Known) int {
		return strings.Compare(string(a.SessionID), string(b.SessionID))
	})
	slices.SortStableFunc(b.rejects, func(a, b rejected) int {
		return strings.Compare(string(a.SessionID), string(b.SessionID))
	})
}
