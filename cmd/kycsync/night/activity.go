package night

import (
	"context"
	"errors"
	"slices"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// readActivity reads the activity feeds of the sessions that changed or are under review, the ones
// that have waited longest first.
func (r *run) readActivity(ctx, limited context.Context) error {
	var due []schemas.Known
	for _, k := range r.known {
		if k.ActivityDue && !k.Gone() && k.AbsentSince.IsZero() {
			due = append(due, k)
		}
	}
	slices.SortFunc(due, func(a, b schemas.Known) int {
		if c := a.ActivityChecked.Compare(b.ActivityChecked); c != 0 {
			return c
		}
		return int(min(max(a.SessionNumber-b.SessionNumber, -1), 1))
	})
	ids := make([]schemas.SessionID, len(due))
	for i, k := range due {
		ids[i] = k.SessionID
	}
	affordable := min(len(ids), r.budget().Requests(time.Now()))
	done := 0
	for got, err := range extract.Each(limited, r.Client, ids[:affordable], r.Client.Activity) {
		if err != nil && !extract.OfSession(err) {
			return err
		}
		r.takeActivity(got, err)
		done++
		r.Progress("activity", done, len(ids))
		r.Step("activity")
		if err := r.commitSome(ctx); err != nil {
			return err
		}
	}
	if affordable < len(ids) {
		return errSpent
	}
	return nil
}

// takeActivity looks at one feed: as stored, a new version, or unreadable.
func (r *run) takeActivity(got extract.Got[schemas.SessionID], failed error) {
	k := r.known[got.Item]
	r.Feeds++
	if errors.Is(failed, extract.ErrGone) {
		k.ActivityDue = false // there is none; a session that is gone is judged by the list
		r.remember(k)
		return
	}
	at := r.Now().UTC()
	var doc transform.Canonical
	if failed == nil {
		at = got.Document.ObservedAt
		var body []byte
		if body, failed = transform.Feed(got.Document.Body); failed == nil {
			doc, failed = transform.Canonicalize(schemas.Activity, body)
		}
	}
	if failed != nil {
		r.reject(rejected{unread(schemas.Activity, k.SessionID, failed), at, digestOf(got.Document.Body)})
		return // it stays due
	}
	doc.ReceivedSHA256 = digestOf(got.Document.Body)
	k.ActivityDue, k.ActivityChecked = false, at
	if k.Activity != doc.ContentSHA256 {
		k.Activity = doc.ContentSHA256
		r.batch.entities = append(r.batch.entities, r.newVersion(string(k.SessionID), at, doc.ContentSHA256, []seenDocument{{schemas.Activity, doc, at}}))
	}
	r.remember(k)
}
