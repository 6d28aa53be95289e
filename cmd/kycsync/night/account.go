package night

import (
	"fmt"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
)

// tally counts the listed user sessions.
func (r *run) tally() tally {
	t := tally{}
	r.listing.each(func(row *extract.Row) {
		if row.Kind == schemas.UserSession {
			t[cell{monthOf(row.CreatedAt), row.Status}]++
		}
	})
	return t
}

// An account counts the sessions of one kind by cell: those listed, those that the lake has with this run
// and that the vendor is not known to have dropped, and why one is not as the other.
type account struct {
	listed, lake tally
	at           time.Time // of the newest page

	unfetched tally // listed and not stored
	outdated  tally // not stored as listed: it left a cell without the lake knowing
	absent    tally // not listed any more
	unlisted  tally // left out of the list, and still there
}

// accounts makes the account of each kind.
func (r *run) accounts() map[schemas.SessionKind]*account {
	accounts := map[schemas.SessionKind]*account{}
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		accounts[kind] = &account{tally{}, tally{}, time.Time{}, tally{}, tally{}, tally{}, tally{}}
	}
	r.listing.each(func(row *extract.Row) {
		if a := accounts[row.Kind]; a != nil {
			a.takeListed(row, r.known.Look(row.ID))
		}
	})
	alive := map[schemas.SessionID]bool{}
	for _, a := range r.absence.alive {
		alive[a.known.SessionID] = true
	}
	for k := range r.known.All() {
		a := accounts[k.SessionKind]
		if a == nil || k.ContentHash == (schemas.Digest{}) || k.Gone() {
			continue
		}
		c := cell{monthOf(k.CreatedAt), k.Status}
		a.lake[c]++
		switch listed, _ := r.listing.has(k.SessionID, k.SessionNumber); {
		case listed:
		case alive[k.SessionID]:
			a.unlisted[c]++
		default:
			a.absent[c]++
		}
	}
	return accounts
}

// takeListed counts a listed session, of which that is known; nil: nothing.
func (a *account) takeListed(row *extract.Row, k *schemas.Known) {
	listed := cell{monthOf(row.CreatedAt), row.Status}
	a.listed[listed]++
	a.at = later(a.at, row.ObservedAt)
	if k == nil || k.ContentHash == (schemas.Digest{}) || k.Gone() {
		a.unfetched[listed]++
	} else if stored := (cell{monthOf(k.CreatedAt), k.Status}); listed != stored {
		a.outdated[listed]++
		a.outdated[stored]++
	}
}

// why says in words what the lake owes to a cell; empty for nothing.
func (a *account) why(c cell) string {
	var b []byte
	for _, part := range []struct {
		n    int
		text string
	}{
		{a.unfetched.of(c), "listed and not yet fetched"},
		{a.outdated.of(c), "changed and not yet fetched again"},
		{a.absent.of(c), "not listed any more and not yet proven gone"},
		{a.unlisted.of(c), "left out of the list, though the vendor still shows them"},
	} {
		if part.n > 0 {
			if len(b) > 0 {
				b = append(b, "; "...)
			}
			b = fmt.Appendf(b, "%d %s", part.n, part.text)
		}
	}
	return string(b)
}
