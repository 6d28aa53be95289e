package night

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// proofApart is the least time between the two answers that prove a session gone: an outage
// of the vendor's or a mistake with the key does not last it unseen.
const proofApart = 20 * time.Hour

// absence is what a run learns about the sessions that the list leaves out.
type absence struct {
	gone    []schemas.Known            // answered that they do not exist
	alive   []answered                 // answered though the list leaves them out
	trusted map[schemas.SessionID]bool // judged otherwise than without a person's word
	massive int                        // so many are absent for the first time that a gate fails; 0: few
}

type answered struct {
	known schemas.Known
	doc   schemas.Document
}

// evidence is all that is known about one absent session.
type evidence struct {
	absentSince, goneSince time.Time // zero: not before this run
	now                    time.Time
	canary                 bool // a session that is listed answered in this run, after this one did not
	alike                  bool // the key sees sessions of the same workflow, and some that are not approved
	mass                   bool // more sessions than ever vanish at once are missing for the first time
	accepted               bool // and a person has said that they are gone
	narrowed               bool // or that the key no longer sees them
}

// A verdict is what follows from the evidence.
type verdict string

const (
	nothing verdict = "nothing" // neither noted nor concluded
	unclear verdict = "unclear" // the key's scope may be the reason, so it is no proof
	noted   verdict = "noted"   // the first proof, or one that is too close to it
	deleted verdict = "deleted"
	outside verdict = "outside the key's scope"
)

// judge decides about a session that is absent from a complete list and answered that it does not
// exist, in the vendor's known words. Only the second such answer, 20 hours or more after
// the first, with a listed session answering as ever, proves it gone; and only if the key's scope cannot
// be the reason of either: keys may be narrowed to workflows or to approved sessions.
func judge(e evidence) verdict {
	switch {
	case !e.canary, e.mass && !e.accepted && !e.narrowed:
		return nothing
	case e.narrowed:
		return outside
	case !e.alike && !e.accepted:
		return unclear
	case e.goneSince.IsZero(), e.now.Sub(e.goneSince) < proofApart:
		return noted
	}
	return deleted
}

// absentSample is how many are asked when so many are absent that nothing will follow from it.
const absentSample = 20

// findAbsent notes which sessions the lists leave out, and clears those that are back. A list that
// is not complete proves nothing.
func (r *run) findAbsent() {
	fresh, present := 0, 0
	for k := range r.known.All() {
		listed, unsure := r.listing.has(k.SessionID, k.SessionNumber)
		switch {
		case k.ContentHash == (schemas.Digest{}), k.Gone() && !listed:
		case listed && !k.AbsentSince.IsZero():
			if k.Gone() {
				break // it is asked for, and the answer clears it
			}
			back := *k
			back.AbsentSince, back.GoneSince = time.Time{}, time.Time{}
			r.remember(back)
		case !listed && !unsure && r.complete(k.SessionKind):
			r.absent = append(r.absent, *k)
			if k.AbsentSince.IsZero() {
				fresh++
			}
		}
		if !k.Gone() {
			present++
		}
	}
	slices.SortFunc(r.absent, func(a, b schemas.Known) int { return a.LastChecked.Compare(b.LastChecked) })
	r.Absent = int64(len(r.absent))
	if fresh <= r.Gates.missing(present) {
		return
	}
	r.absence.massive = fresh
	if !r.accepts(gateMissing) && !r.accepts(gateScope) {
		r.absent = slices.DeleteFunc(r.absent, func(k schemas.Known) bool { return !k.AbsentSince.IsZero() })
		r.absent = r.absent[:min(len(r.absent), absentSample)]
	}
}

// takeAbsent takes the answer of a session that the list leaves out.
func (r *run) takeAbsent(got extract.Fetched, failed error) error {
	k := r.known.Get(got.Task.ID)
	switch {
	case errors.Is(failed, extract.ErrGone):
		r.absence.gone = append(r.absence.gone, k)
	case failed == nil:
		r.absence.alive = append(r.absence.alive, answered{k, got.Document})
	}
	return nil
}

// settleAbsences draws the conclusions from the night's answers.
func (r *run) settleAbsences(ctx context.Context) error {
	if len(r.absence.gone)+len(r.absence.alive) == 0 {
		return nil
	}
	mass := r.absence.massive > 0
	if mass {
		outcome := "was the key's scope changed? No session was marked deleted"
		if r.accepts(gateMissing) || r.accepts(gateScope) {
			outcome = "they are judged one by one"
		}
		r.fail(gateMissing, "%d known sessions are not listed any more, and of %d that were asked for %d answer 404: "+outcome,
			r.absence.massive, len(r.absence.gone)+len(r.absence.alive), len(r.absence.gone))
	}
	canary, err := r.canary(ctx)
	if err != nil {
		return err
	}
	e := evidence{now: r.StartedAt, canary: canary, mass: mass, accepted: r.accepts(gateMissing), narrowed: r.accepts(gateScope)}
	r.absence.trusted = map[schemas.SessionID]bool{}
	var buried []schemas.Known
	alike := r.alike()
	for _, k := range r.absence.gone {
		e.absentSince, e.goneSince, e.alike = k.AbsentSince, k.GoneSince, alike(k)
		v, unaided := r.rules.judge(e), e
		unaided.accepted, unaided.narrowed = false, false
		if v != r.rules.judge(unaided) {
			r.absence.trusted[k.SessionID] = true
		}
		switch v {
		case unclear, noted:
			if k.AbsentSince.IsZero() {
				k.AbsentSince = r.StartedAt
			}
			if v == noted && k.GoneSince.IsZero() {
				k.GoneSince = r.StartedAt
			}
			if v == noted {
				r.AbsentNoted++
			} else {
				r.AbsentUnclear++
			}
			k.LastChecked = r.StartedAt // its answer is what there is to know of it
			r.remember(k)
		case deleted:
			k.Upstream = schemas.Deleted
			buried = append(buried, k)
		case outside:
			k.Upstream = schemas.OutOfScope
			buried = append(buried, k)
		}
	}
	if trusted := len(r.absence.trusted); trusted > 0 && !mass {
		gate := gateMissing
		if e.narrowed {
			gate = gateScope
		}
		r.Accepted = append(r.Accepted, fmt.Sprintf("%s: %d sessions that are not listed and answer 404 are judged by what a person said", gate, trusted))
	}
	if err := r.bury(ctx, buried); err != nil {
		return err
	}
	return r.keepAlive(ctx)
}

// alike returns whether the key still sees sessions like one that is gone. A business session may be
// the only one of its workflow; its kind is listed apart.
func (r *run) alike() func(schemas.Known) bool {
	workflows, undecided := map[string]bool{}, false
	r.listing.each(func(row *extract.Row) {
		if k := r.known.Look(row.ID); k != nil {
			workflows[k.Workflow] = true
		}
		undecided = undecided || row.Status != "Approved"
	})
	return func(k schemas.Known) bool { return undecided && workflows[k.Workflow] }
}

// canary asks for sessions that are listed; one must answer as ever.
func (r *run) canary(ctx context.Context) (bool, error) {
	asked := 0
	for i := range r.listing.rows {
		row := &r.listing.rows[i]
		if row.ID == "" || r.known.Get(row.ID).ContentHash == (schemas.Digest{}) {
			continue
		}
		doc, err := r.Client.Decision(ctx, row.ID)
		if err == nil { // what it says may be news
			task := extract.Task{ID: row.ID, Kind: row.Kind, Number: row.Number, Reason: extract.ReasonDue}
			return true, r.take(ctx, extract.Fetched{Task: task, Document: doc}, nil)
		}
		if !extract.OfSession(err) {
			return false, err
		}
		if asked++; asked == 3 {
			break
		}
	}
	return false, nil
}

// bury appends a tombstone to each session: its last values, and why there will be no newer ones.
func (r *run) bury(ctx context.Context, gone []schemas.Known) error {
	stored, err := r.stored(ctx, gone)
	if err != nil {
		return err
	}
	for _, k := range gone {
		docs := stored[k.SessionID]
		if docs == nil {
			r.Log.Warn("no documents are stored of a session that is gone; its tombstone waits", "session_id", string(k.SessionID))
			continue
		}
		since := later(k.AbsentSince, time.Time{})
		if since.IsZero() {
			since = r.StartedAt
		}
		k.AbsentSince, k.LastChecked, k.Stale = since, r.StartedAt, false
		members := map[string]any{"upstream_state": string(k.Upstream), "upstream_gone_at": since.Format(time.RFC3339Nano), "upstream_reason": r.whyGone(k)}
		for name, value := range docs.origin {
			members[name] = value
		}
		prov := provenanceDocument(members)
		k.ContentHash = r.rules.hash(k.Fingerprint, docs.decision.ContentSHA256, prov.ContentSHA256)
		r.remember(k)
		r.addVersion(k, r.StartedAt, []seenDocument{docs.decision, docs.row, {schemas.Provenance, prov, r.StartedAt}})
		if k.Upstream == schemas.Deleted {
			r.Deleted++
		} else {
			r.OutOfScope++
		}
	}
	return nil
}

// whyGone is the evidence in a sentence.
func (r *run) whyGone(k schemas.Known) string {
	if k.Upstream == schemas.OutOfScope {
		return "out of the key's scope: not listed and answers 404; accepted: " + r.Accept[gateScope]
	}
	cause := "erased"
	if oldest := r.oldest(k.SessionKind); !oldest.IsZero() && k.CreatedAt.Before(oldest) {
		cause = "past the vendor's retention (older than every session that is listed)"
	}
	why := fmt.Sprintf("%s: not listed since %s, answered 404 on %s and on %s, while a listed session answered", cause,
		k.AbsentSince.Format(time.DateOnly), k.GoneSince.Format(time.DateTime), r.StartedAt.Format(time.DateTime))
	if r.absence.trusted[k.SessionID] {
		why += "; accepted: " + r.Accept[gateMissing]
	}
	return why
}

// oldest is when the oldest session of a kind that is listed was created.
func (r *run) oldest(kind schemas.SessionKind) (oldest time.Time) {
	r.listing.each(func(row *extract.Row) {
		if row.Kind == kind && !row.CreatedAt.IsZero() && (oldest.IsZero() || row.CreatedAt.Before(oldest)) {
			oldest = row.CreatedAt
		}
	})
	return oldest
}

// keepAlive stores what sessions say that the list leaves out: they are not gone.
func (r *run) keepAlive(ctx context.Context) error {
	var known []schemas.Known
	for _, a := range r.absence.alive {
		known = append(known, a.known)
	}
	stored, err := r.stored(ctx, known)
	if err != nil {
		return err
	}
	for _, a := range r.absence.alive {
		k := a.known
		decision, err := transform.Canonicalize(schemas.Decision, a.doc.Body)
		docs := stored[k.SessionID]
		if err != nil || docs == nil {
			continue // tomorrow it is asked again
		}
		r.Unlisted++
		if k.AbsentSince.IsZero() {
			k.AbsentSince = r.StartedAt
		}
		k.GoneSince, k.LastChecked = time.Time{}, a.doc.ObservedAt
		takeTraits(&k, decision.JSON)
		members := map[string]any{"upstream_state": string(schemas.Present)}
		for name, value := range docs.origin {
			members[name] = value
		}
		prov := provenanceDocument(members)
		hash := r.rules.hash(k.Fingerprint, decision.ContentSHA256, prov.ContentSHA256)
		if hash != k.ContentHash {
			k.ContentHash, k.ActivityDue = hash, k.SessionKind == schemas.UserSession
			r.addVersion(k, k.LastChecked, []seenDocument{{schemas.Decision, decision, k.LastChecked}, docs.row, {schemas.Provenance, prov, k.LastChecked}})
		}
		r.remember(k)
	}
	return nil
}
