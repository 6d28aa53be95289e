package night

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/go-json-experiment/json"
)

// provenance returns our own document about a listed session: how it came about, and that the
// vendor has it.
func (r *run) provenance(row *extract.Row) transform.Canonical {
	if r.origins == nil {
		r.origins = newOrigins(r.listing, r.storedRows, r.remediations)
	}
	origin, rule := r.origins.of(row)
	if stored, ok := r.storedOrigins[row.ID]; ok {
		origin, rule = stored[0], stored[1]
	}
	return provenanceDocument(map[string]any{"upstream_state": string(schemas.Present), "origin": origin, "origin_rule": rule})
}

// readOrigins reads the stored origins, and of all stored sessions what origins follow from: who
// lists a range alone does not see what came before.
func (r *run) readOrigins(ctx context.Context) error {
	r.storedOrigins = map[schemas.SessionID][2]string{}
	if r.head == nil || r.Reconcile {
		return nil
	}
	return each(ctx, r.Lake, r.head, "sessions", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		if textAt(cell("application"), i) != r.Config.Application {
			return
		}
		r.storedOrigins[schemas.SessionID(textAt(cell("session_id"), i))] = [2]string{wordAt(cell("origin"), i), wordAt(cell("origin_rule"), i)}
		row := extract.Row{Kind: schemas.SessionKind(wordAt(cell("session_kind"), i)), Number: intAt(cell("session_number"), i),
			Status: wordAt(cell("status"), i), CreatedAt: timeAt(cell("created_at"), i)}
		row.User, _ = userID(textAt(cell("didit_internal_id"), i))
		r.storedRows = append(r.storedRows, row)
	})
}

// provenanceDocument panics on values that are not JSON: they are ours.
func provenanceDocument(members map[string]any) transform.Canonical {
	body, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		panic("night: a provenance that is not JSON: " + err.Error())
	}
	doc, err := transform.Canonicalize(schemas.Provenance, body)
	if err != nil {
		panic("night: a provenance that cannot be read: " + err.Error())
	}
	return doc
}

// origins tell how sessions came about, from the list alone and from the transactions that asked
// for one.
type origins struct {
	byUser       []sibling // by user, then number
	newest       map[schemas.SessionKind][]numbered
	remediations map[schemas.SessionID]bool
}

type sibling struct {
	user     [16]byte
	number   int64
	approved bool // now, or until it expired
}

// A numbered is a session number with the newest creation date of all numbers up to it.
type numbered struct {
	number int64
	newest time.Time
}

// importedAfter is how much older than an earlier number a session must be to count as imported.
// Numbers are given when a session comes to the vendor; clocks may differ by a little.
const importedAfter = 24 * time.Hour

func newOrigins(l *listing, stored []extract.Row, remediations map[schemas.SessionID]bool) *origins {
	o := &origins{newest: map[schemas.SessionKind][]numbered{}, remediations: remediations}
	add := func(row *extract.Row) {
		if row.User != ([16]byte{}) {
			o.byUser = append(o.byUser, sibling{row.User, row.Number, row.Status == "Approved" || row.Status == "Kyc Expired"})
		}
		o.newest[row.Kind] = append(o.newest[row.Kind], numbered{row.Number, row.CreatedAt})
	}
	l.each(add)
	for i := range stored {
		add(&stored[i])
	}
	slices.SortFunc(o.byUser, func(a, b sibling) int {
		return cmp.Or(slices.Compare(a.user[:], b.user[:]), cmp.Compare(a.number, b.number))
	})
	for _, all := range o.newest {
		slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
		for i := 1; i < len(all); i++ {
			all[i].newest = later(all[i-1].newest, all[i].newest)
		}
	}
	return o
}

// of returns the origin of a session and the rule that decided it.
func (o *origins) of(row *extract.Row) (origin, rule string) {
	all := o.newest[row.Kind]
	at := sort.Search(len(all), func(i int) bool { return all[i].number >= row.Number })
	switch {
	case o.remediations[row.ID]:
		return "remediation", "a transaction names it"
	case at > 0 && !row.CreatedAt.IsZero() && all[at-1].newest.Sub(row.CreatedAt) > importedAfter:
		return "imported", "created long before a session with a lower number"
	case row.User == [16]byte{}:
		return "unknown", "the list names no user"
	}
	first := sort.Search(len(o.byUser), func(i int) bool { return slices.Compare(o.byUser[i].user[:], row.User[:]) >= 0 })
	origin, rule = "first", "no earlier session of the user is listed"
	for _, s := range o.byUser[first:] {
		if s.user != row.User || s.number >= row.Number {
			break
		}
		if s.approved {
			return "re-verification", "an earlier session of the user was approved"
		}
		origin, rule = "resubmission", "earlier sessions of the user, none of them approved"
	}
	return origin, rule
}
