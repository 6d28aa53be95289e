package night

import (
	"kycsync/extract"
	"kycsync/schemas"
)

// backlog is what is new or changed and left for other nights, in requests.
type backlog struct {
	sessions int // listed, or expected, and not read
	others   int // activity feeds and details of users
}

// backlog counts what is left. Of sessions that are not read yet, the feed and the user are expected
// to follow.
func (r *run) backlog() backlog {
	b := backlog{r.urgent, r.behind}
	if b.sessions < 0 { // the night did not come to its plan
		b.sessions = r.urgentRows()
	}
	if b.sessions == 0 {
		return b
	}
	feeds, unread := r.dueFeeds()
	b.others = len(feeds) + len(unread)
	persons := map[[16]byte]bool{}
	r.listing.each(func(row *extract.Row) {
		if k := r.known.Look(row.ID); row.Kind == schemas.UserSession && (k == nil || k.ContentHash == (schemas.Digest{})) {
			b.others++ // its feed
		}
		if row.User != ([16]byte{}) {
			persons[row.User] = true
		}
	})
	for k := range r.things.All() {
		if id, ok := userID(k.ID); ok && k.Document == schemas.User && k.ContentHash != (schemas.Digest{}) {
			delete(persons, id)
		}
	}
	b.others += len(persons)
	return b
}

// urgentRows counts the listed sessions that must be asked for.
func (r *run) urgentRows() (n int) {
	view := r.view()
	r.listing.each(func(row *extract.Row) {
		if view.Urgent(row, r.known.Look(row.ID)) {
			n++
		}
	})
	return n
}

// nightsLeft is how many more nights like this one it takes until nothing is left; extract.Never if this one
// had no time for any of it.
func (r *run) nightsLeft() int64 {
	if r.left == (backlog{}) {
		return 0
	}
	pace := int(r.Fetched + r.Feeds + r.Details)
	if pace == 0 {
		return extract.Never
	}
	again, stored := 0, 1
	for _, s := range r.Standings {
		again, stored = again+s.PerNight(), stored+s.Sessions
	}
	again += again * r.left.sessions / stored // those will be due as often
	forOthers, _ := extract.Share(pace, r.left.others, again)
	return int64(nights(r.left.sessions, pace) + nights(r.left.others, max(1, forOthers)))
}

func nights(requests, perNight int) int { return (requests + perNight - 1) / perNight }
