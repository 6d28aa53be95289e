package night

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// readActivity reads activity feeds.
func (r *run) readActivity(ctx, limited context.Context, due []schemas.SessionID) error {
	affordable := min(len(due), r.budget().Requests(time.Now()))
	done := 0
	for got, err := range extract.Each(limited, r.Client, due[:affordable], r.Client.Activity) {
		if err != nil && !extract.OfSession(err) {
			return err
		}
		r.takeActivity(got, err)
		done++
		r.Progress("activity", done, len(due))
		r.Step("activity")
		if err := r.commitSome(ctx); err != nil {
			return err
		}
	}
	if affordable < len(due) {
		return errSpent
	}
	return nil
}

// dueFeeds are the sessions of which the feed is to be read: those that changed or are under review,
// the one that has waited longest first, and those of which none was read. A feed that could not be read
// waits for another night.
func (r *run) dueFeeds() (again, unread []schemas.SessionID) {
	type feed struct {
		id      schemas.SessionID
		checked time.Time // zero: never
		number  int64
	}
	var due []feed
	for k := range r.known.All() {
		if k.ActivityDue && !k.Gone() && k.AbsentSince.IsZero() && !r.spoiltFeeds[k.SessionID] {
			due = append(due, feed{k.SessionID, k.ActivityChecked, k.SessionNumber})
		}
	}
	slices.SortFunc(due, func(a, b feed) int {
		return cmp.Or(a.checked.Compare(b.checked), cmp.Compare(a.number, b.number))
	})
	for _, f := range due {
		if f.checked.IsZero() {
			unread = append(unread, f.id)
		} else {
			again = append(again, f.id)
		}
	}
	return again, unread
}

// takeActivity looks at one feed: as stored, a new version, or unreadable.
func (r *run) takeActivity(got extract.Got[schemas.SessionID], failed error) {
	k := r.known.Get(got.Item)
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
		r.spoiltFeeds[k.SessionID] = true
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
