package night

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unique"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// A batch is what the next commit will hold. Documents wait in canonical form, so that the rows
// can be made in order of session, and made again under another number.
type batch struct {
	versions []pending // of sessions
	entities []pending // of workflows, activity feeds, users, businesses and transactions
	rejects  []rejected
	before   map[schemas.SessionID]schemas.Known // what was known of the sessions whose state changes
	things   map[thing]schemas.KnownEntity       // the same of entities
}

// A thing identifies an entity.
type thing struct {
	document schemas.DocumentKind
	id       string
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

func newBatch() batch {
	return batch{before: map[schemas.SessionID]schemas.Known{}, things: map[thing]schemas.KnownEntity{}}
}

// empty reports whether there is nothing to tell.
func (b *batch) empty() bool {
	return len(b.versions) == 0 && len(b.entities) == 0 && len(b.rejects) == 0 && len(b.before) == 0 && len(b.things) == 0
}

// take looks at one answer: the decision is as stored, or a new version, or unreadable, or gone.
// failed is an error that concerns this session alone.
func (r *run) take(ctx context.Context, got extract.Fetched, failed error) error {
	if got.Task.Reason == extract.ReasonAbsent {
		return r.takeAbsent(got, failed)
	}
	row, listed, err := r.listing.row(got.Task.ID)
	if err != nil {
		return err
	}
	known := r.known.Get(got.Task.ID)
	if errors.Is(failed, extract.ErrGone) {
		r.Gone++ // it is listed: if it is gone, tomorrow's list tells
		return nil
	}
	r.Fetched++
	if known.Fingerprint != row.Fingerprint && known.VersionSeq > r.begunAt {
		return nil // another run has stored a newer row meanwhile
	}
	next := r.seenNow(known, &row)
	if failed == nil {
		next.LastChecked = got.Document.ObservedAt
	}
	var decision transform.Canonical
	if failed == nil {
		decision, failed = transform.Canonicalize(schemas.Decision, got.Document.Body)
	}
	if failed != nil {
		next.Stale = true
		r.remember(next)
		r.reject(rejected{unread(schemas.Decision, row.ID, failed), next.LastChecked, digestOf(got.Document.Body)})
		return nil
	}
	takeTraits(&next, decision.JSON)
	prov := r.provenance(&row)
	hash := r.rules.hash(row.Fingerprint, decision.ContentSHA256, prov.ContentSHA256)
	news := hash != known.ContentHash
	if news && listed.JSON == nil {
		if listed, err = r.storedRow(ctx, known, row.Fingerprint); err != nil || listed.JSON == nil {
			return err // nothing is noted of the answer: it is asked for again
		}
	}
	delete(r.doubted, row.ID)
	r.account(got.Task, known, news)
	if !news {
		r.Unchanged++
		next.ActivityDue = next.ActivityDue || row.Kind == schemas.UserSession && (next.Status == "In Review" || got.Task.Reason == extract.ReasonHinted)
		r.remember(next)
		return nil
	}
	if known.ContentHash == (schemas.Digest{}) {
		r.NewStored++
	}
	next.ContentHash, next.ActivityDue = hash, row.Kind == schemas.UserSession
	r.remember(next)
	at := next.LastChecked
	r.addVersion(next, at, []seenDocument{{schemas.Decision, decision, at}, {schemas.ListRow, listed, row.ObservedAt}, {schemas.Provenance, prov, at}})
	return nil
}

// takeTraits notes what a decision says of when to look again, and of what the key may see.
func takeTraits(k *schemas.Known, decision []byte) {
	traits := transform.TraitsOf(decision)
	k.Monitored, k.DocumentExpires, k.Workflow, k.Fullness = traits.Monitored, traits.DocumentExpires, unique.Make(traits.Workflow).Value(), traits.Fullness
}

// seenNow is what is known of a session once its decision was asked for.
func (r *run) seenNow(known schemas.Known, row *extract.Row) schemas.Known {
	now := r.Now().UTC()
	next := known
	next.Application, next.SessionID, next.SessionKind, next.SessionNumber = r.Config.Application, row.ID, row.Kind, row.Number
	next.CreatedAt, next.Fingerprint, next.Gist, next.LastChecked, next.Stale = row.CreatedAt, row.Fingerprint, row.Gist, now, false
	next.Upstream, next.AbsentSince, next.GoneSince, next.Hinted = schemas.Present, time.Time{}, time.Time{}, time.Time{}
	if known.Status != row.Status || known.StatusSince.IsZero() {
		next.StatusSince = now
		if known.ContentHash == (schemas.Digest{}) && !row.CreatedAt.IsZero() {
			next.StatusSince = row.CreatedAt // nobody saw it in another status
		}
	}
	next.Status = row.Status
	return next
}

// account counts what the answer says about the ways in which changes become known.
func (r *run) account(t extract.Task, known schemas.Known, news bool) {
	switch {
	case t.Reason == extract.ReasonHinted && news:
		r.HintedNews++
	case t.Reason == extract.ReasonDue && news:
		r.SilentNews++
		fallthrough
	case t.Reason == extract.ReasonDue && t.Class != "":
		r.checked[t.Class]++
	}
	if news && r.hintsRead && known.ContentHash != (schemas.Digest{}) && !known.LastChecked.Before(r.hintsSince) && !r.announced[known.SessionID].After(known.LastChecked) {
		r.Unannounced++
	}
}

// A seenDocument is one document of a version, with the instant at which it was complete.
type seenDocument struct {
	kind schemas.DocumentKind
	transform.Canonical
	at time.Time
}

// addVersion appends a version of a session to the batch.
func (r *run) addVersion(k schemas.Known, at time.Time, docs []seenDocument) {
	v := r.newVersion(string(k.SessionID), at, k.ContentHash, docs)
	v.SessionKind, v.SessionNumber = k.SessionKind, k.SessionNumber
	r.batch.versions = append(r.batch.versions, v)
}

// newVersion returns a version of whatever the documents describe.
func (r *run) newVersion(id string, at time.Time, hash schemas.Digest, docs []seenDocument) pending {
	p := pending{Version: transform.Version{Application: r.Config.Application, SessionID: schemas.SessionID(id),
		ObservedAt: at, RunID: r.RunID, ContentHash: hash}}
	for _, d := range docs {
		p.Documents = append(p.Documents, schemas.Document{Kind: d.kind, ID: id, Body: d.JSON, ObservedAt: d.at})
		p.raw = append(p.raw, raw{d.ContentSHA256, d.ReceivedSHA256})
	}
	return p
}

// remember notes what is now known of a session. Its version number is filled in by the commit.
func (r *run) remember(k schemas.Known) {
	if _, ok := r.batch.before[k.SessionID]; !ok {
		r.batch.before[k.SessionID] = r.known.Get(k.SessionID)
	}
	if _, ok := r.staged[k.SessionID]; !ok {
		r.staged[k.SessionID] = r.known.Get(k.SessionID).Fullness
	}
	r.known.Put(k.SessionID, k)
}

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

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// inOrder sorts by session, which is the order of rows in a part.
func (b *batch) inOrder() {
	slices.SortFunc(b.versions, func(a, b pending) int { return strings.Compare(string(a.SessionID), string(b.SessionID)) })
	slices.SortFunc(b.entities, func(a, b pending) int {
		return cmp.Or(cmp.Compare(a.Documents[0].Kind, b.Documents[0].Kind), strings.Compare(string(a.SessionID), string(b.SessionID)))
	})
	slices.SortStableFunc(b.rejects, func(a, b rejected) int {
		return strings.Compare(string(a.SessionID), string(b.SessionID))
	})
}

// changed returns the sessions whose state is not what it was, in order.
func (b *batch) changed() []schemas.SessionID { return slices.Sorted(maps.Keys(b.before)) }
