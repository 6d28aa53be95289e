package night

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unique"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// A listing is what the sweeps saw: of each session the few members that the plan needs in memory,
// and the canonical row on a shelf, unless it is as the lake has it and nobody will ask for it.
type listing struct {
	*shelf
	rows []extract.Row // in the order of the shelf; Body is nil, fingerprint and gist are set. ID is empty where another row took the place
	bad  []extract.BadRow
}

func newListing(dir string) (*listing, error) {
	s, err := newShelf(dir)
	return &listing{shelf: s}, err
}

// add stores the readable rows of one page and returns a reject for each of the others. A row of a
// session that is there is left out, or takes its place. stored reports whether a row needs no place on
// the shelf, sets its fingerprint if it needs none.
func (l *listing) add(rows []extract.Row, replace bool, stored func(*extract.Row) bool) ([]rejected, error) {
	var rejects []rejected
	var page []filed
	for _, row := range rows {
		old, twice := l.place[string(row.ID)]
		if twice && !replace {
			continue // both lists show it: two tasks would be two versions under one number
		}
		var doc transform.Canonical
		var err error
		if !stored(&row) {
			doc, err = transform.Canonicalize(schemas.ListRow, row.Body)
			row.Fingerprint = doc.ContentSHA256
		}
		if err != nil {
			rejects = append(rejects, rejected{unread(schemas.ListRow, row.ID, err), row.ObservedAt, digestOf(row.Body)})
			l.bad = append(l.bad, extract.BadRow{ID: row.ID, Number: row.Number})
			continue
		}
		if twice {
			l.rows[old.n] = extract.Row{}
		}
		row.Body, row.Status = nil, unique.Make(row.Status).Value()
		page = append(page, filed{string(row.ID), doc})
		l.rows = append(l.rows, row)
	}
	return rejects, l.put(page)
}

// drop forgets a row: the session is not listed any more.
func (l *listing) drop(id schemas.SessionID) {
	l.rows[l.place[string(id)].n] = extract.Row{}
	delete(l.place, string(id))
}

// has reports whether a session was listed, be it unreadably. unsure: a row that could not be read
// says neither whose it is.
func (l *listing) has(id schemas.SessionID, number int64) (listed, unsure bool) {
	if _, ok := l.place[string(id)]; ok {
		return true, false
	}
	for _, b := range l.bad {
		switch {
		case b.ID == id, b.ID == "" && b.Number != 0 && b.Number == number:
			return true, false
		case b.ID == "" && b.Number == 0:
			unsure = true
		}
	}
	return false, unsure
}

// each calls use with every row that counts.
func (l *listing) each(use func(row *extract.Row)) {
	for i := range l.rows {
		if l.rows[i].ID != "" {
			use(&l.rows[i])
		}
	}
}

// live returns the rows that count.
func (l *listing) live() []extract.Row {
	if len(l.rows) == len(l.place) {
		return l.rows
	}
	out := make([]extract.Row, 0, len(l.place))
	l.each(func(row *extract.Row) { out = append(out, *row) })
	return out
}

// row returns the listed row and its canonical text, which is empty if it is not on the shelf.
func (l *listing) row(id schemas.SessionID) (extract.Row, transform.Canonical, error) {
	doc, err := l.get(string(id))
	return l.rows[l.place[string(id)].n], doc, err
}

// forget gives up the lists and what is known, which are what a run holds most of.
func (r *run) forget() {
	if r.listing != nil {
		r.listing.close()
	}
	if r.transactions != nil {
		r.transactions.close()
	}
	r.listing, r.known, r.things, r.origins, r.absent, r.transactions = nil, nil, nil, nil, nil, nil
	r.staged, r.doubted, r.announced, r.remediations, r.users = nil, nil, nil, nil, userCounts{}
}

// sweep lists all sessions of both kinds.
func (r *run) sweep(ctx context.Context) error {
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		s, err := r.rules.sweep(ctx, r.Client, kind, func(p extract.Page) error { return r.seePage(p, false) })
		if err != nil {
			return err
		}
		r.Step("sweep")
		r.seen(s)
		if kind == schemas.UserSession {
			r.VendorCount = int64(s.CountAfter)
		}
	}
	return r.ownSessions(ctx)
}

// sweepRange lists the sessions of both kinds that were created in a range of days.
func (r *run) sweepRange(ctx context.Context) error {
	if err := errors.Join(r.readOrigins(ctx), r.readRemediations(ctx)); err != nil {
		return err
	}
	last := r.To.AddDate(0, 0, -1)
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		s, err := r.Client.SweepDays(ctx, kind, r.From, last, func(p extract.Page) error { return r.seePage(p, false) })
		if err != nil {
			return err
		}
		r.Step("sweep")
		r.seen(s)
	}
	return nil
}

// seen takes the account of one sweep.
func (r *run) seen(s extract.Sweep) {
	r.Pages += int64(s.Pages)
	r.Listed += int64(s.Distinct)
	r.sweeps = append(r.sweeps, s)
	if !s.Complete {
		r.fail(gateUnreconciled, "%s sessions do not add up: %s", s.Kind, s.Explanation)
	}
}

// complete reports whether every session of a kind that existed throughout was listed.
func (r *run) complete(kind schemas.SessionKind) bool {
	for _, s := range r.sweeps {
		if s.Kind == kind {
			return s.Complete
		}
	}
	return false
}

// seePage takes one page of a sweep. Rows of sessions that are listed already are left out, or
// take the place of the older ones.
func (r *run) seePage(p extract.Page, replace bool) error {
	if l := r.listing; l.rows == nil {
		room := min(p.Count+p.Count/16, maxRoom)
		l.rows, l.place = make([]extract.Row, 0, room), make(map[string]place, room)
	}
	rejects, err := r.listing.add(p.Rows, replace, r.needsNoRow)
	if err != nil {
		return err
	}
	for _, b := range p.Bad {
		r.listing.bad = append(r.listing.bad, b)
		rejects = append(rejects, rejected{Reject: transform.Reject{SessionID: b.ID, Document: schemas.ListRow,
			Scope: transform.ScopeDocument, Reason: b.Reason}, at: p.ObservedAt})
	}
	for _, rej := range rejects {
		r.reject(rej)
		r.unlisted(rej.SessionID)
	}
	r.Progress("list", len(r.listing.rows), max(p.Count, len(r.listing.rows)))
	return nil
}

// maxRoom is for how many rows a list is given memory on the word of its first page.
const maxRoom = 2_000_000

// needsNoRow reports whether a row is as the lake has it, and the plan will not ask for its session.
// Such rows are nearly all of a night's, and their canonical form is most of what a night computes.
func (r *run) needsNoRow(row *extract.Row) bool {
	k := r.known.Look(row.ID)
	if k == nil || r.ranged() || row.Gist == (schemas.Digest{}) || row.Gist != k.Gist {
		return false
	}
	row.Fingerprint = k.Fingerprint
	return !r.view().Wants(row, k)
}

// view is what the plan follows from.
func (r *run) view() extract.View {
	return extract.View{Known: r.known, Absent: r.absent, Doubted: r.doubted, Promises: r.Promises, Now: r.StartedAt}
}

// unlisted marks a known session whose list row could not be read: what is stored of it may be old,
// and it is asked for as soon as its row can be read again.
func (r *run) unlisted(id schemas.SessionID) {
	if k := r.known.Look(id); k != nil {
		stale := *k
		stale.Stale = true
		r.remember(stale)
	}
}

// ownSessions refuses a key that belongs to another application: one that lists sessions, but none
// of those that the lake has of this one, or for a new name some that it has of another.
func (r *run) ownSessions(ctx context.Context) error {
	if len(r.listing.place) == 0 {
		return nil
	}
	for id := range r.listing.place {
		if r.known.Has(schemas.SessionID(id)) {
			return nil
		}
	}
	if r.known.Len() > 0 {
		return fmt.Errorf("application %q: %w; nothing was written", r.Config.Application, ErrForeignKey)
	}
	owner := ""
	if r.head != nil {
		err := each(ctx, r.Lake, r.head, "session_state", r.WorkDir, func(cell func(string) arrow.Array, i int) {
			if _, listed := r.listing.place[textAt(cell("session_id"), i)]; listed {
				owner = textAt(cell("application"), i)
			}
		})
		if err != nil {
			return err
		}
	}
	if owner != "" {
		return fmt.Errorf("application %q: the sessions of this API key are in the lake under the name %q: %w; nothing was written", r.Config.Application, owner, ErrForeignKey)
	}
	return nil
}

// plan decides what to fetch, and counts it.
func (r *run) plan() []extract.Task {
	if r.ranged() {
		return r.planRange()
	}
	view := r.view()
	view.Listed = r.listing.live()
	tasks := r.rules.plan(view)
	for _, t := range tasks {
		r.Planned[t.Reason]++
	}
	return tasks
}

// planRange asks for every session of the range, whatever is known of it.
func (r *run) planRange() []extract.Task {
	var tasks []extract.Task
	r.listing.each(func(row *extract.Row) {
		reason := extract.ReasonChanged
		if r.known.Get(row.ID).ContentHash == (schemas.Digest{}) {
			reason = extract.ReasonNew
		}
		r.Planned[reason]++
		tasks = append(tasks, extract.Task{ID: row.ID, Kind: row.Kind, Number: row.Number, Reason: reason, Since: row.CreatedAt})
	})
	return tasks
}

// monthOf is the month of creation, UTC, as the control totals name it; empty for none.
func monthOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	year, month, _ := t.UTC().Date()
	if year < firstNamed || year >= firstNamed+len(monthNames) {
		return t.UTC().Format("2006-01")
	}
	return monthNames[year-firstNamed][month-1]
}

// monthNames are made once: a night asks for some of each session.
var monthNames = func() (names [100][12]string) {
	for y := range names {
		for m := range names[y] {
			names[y][m] = fmt.Sprintf("%04d-%02d", firstNamed+y, m+1)
		}
	}
	return names
}()

const firstNamed = 2000 // year
