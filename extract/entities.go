package extract

import (
	"context"
	"fmt"
	"time"

	"kycsync/schemas"
)

// An Item is one user, business or transaction as its list shows it.
type Item struct {
	ID         string         // didit_internal_id, of a transaction its uuid; lower case
	VendorData string         // what the customer calls it, a free text; empty: nothing, or unreadable
	Counts     *Counts        // of a user; nil: its row has none
	Body       []byte         // the row's own bytes, as received
	ObservedAt time.Time      // UTC
	Gist       schemas.Digest // as [Config.Gist] says
}

// Counts are what the vendor counts of one user's sessions.
type Counts struct{ Sessions, Approved, Declined, InReview int32 }

// A Listing is the account of one listing of entities.
type Listing struct {
	Distinct    int    // entities listed
	Bad         int    // rows without a readable id
	Total       int    // what the vendor counts beyond its bound, which it does for transactions; else -1
	Pages       int    // requests answered
	Complete    bool   // none that existed throughout was missed
	Explanation string // what does not fit; empty if complete
}

// Users lists all users and calls visit with those of each page that did not come before: over all
// calls each user comes once. An error of visit ends the listing.
//
// The list is in descending order of the last activity, so a user who becomes active while it is
// read moves to its top. Read as a descent (descent.go) with its head once more, it misses none. A short
// list is repeated up to three times if its pages do not join or hold less than the vendor counts.
//
// Source: GET /v3/users/.
func (c *Client) Users(ctx context.Context, visit func([]Item) error) (Listing, error) {
	return c.entities(ctx, users, visit)
}

// Businesses lists all businesses as [Client.Users] lists users.
//
// Source: GET /v3/businesses/.
func (c *Client) Businesses(ctx context.Context, visit func([]Item) error) (Listing, error) {
	return c.entities(ctx, businesses, visit)
}

// Transactions lists all transactions as [Client.Users] lists users.
//
// Source: GET /v3/transactions/.
func (c *Client) Transactions(ctx context.Context, visit func([]Item) error) (Listing, error) {
	return c.entities(ctx, transactions, visit)
}

// A roster is the state of one listing.
type roster struct {
	c     *Client
	list  list
	visit func([]Item) error
	known map[rowKey]bool // rows of any pass
	out   Listing
}

func (c *Client) entities(ctx context.Context, e entity, visit func([]Item) error) (Listing, error) {
	r := &roster{c: c, list: e.list(), visit: visit, known: map[rowKey]bool{}, out: Listing{Total: -1}}
	for pass := 1; ; pass++ {
		p, err := r.pass(ctx)
		if err != nil {
			return r.out, err
		}
		r.out.Explanation = p.misfit()
		r.out.Complete = r.out.Explanation == ""
		if r.out.Complete || pass == maxPasses || p.pages > maxRepeated {
			return r.out, nil
		}
		c.log.Warn("a list may be incomplete", "what", r.list.what, "cause", r.out.Explanation, "pass", pass)
	}
}

// A pass reads the whole list once.
type pass struct {
	*descent[sheet]
	before, after int // the vendor's count at the beginning and at the end; -1: it does not count so far
}

func (r *roster) pass(ctx context.Context) (*pass, error) {
	p := &pass{}
	p.descent = newDescent(func(ctx context.Context, offset int) (sheet, error) { return r.c.sheet(ctx, r.list, offset) })
	p.most = r.c.ahead()
	p.rows = sheet.exact
	p.look = func(s sheet, offset int) { r.look(p, s, offset) }
	p.take = func(s sheet) error { return r.add(p, s) }
	defer func() { r.out.Pages += p.answered }()
	if err := p.down(ctx, nil); err != nil {
		return nil, err
	}
	return p, p.again(ctx)
}

// look takes the vendor's count.
func (r *roster) look(p *pass, s sheet, offset int) {
	r.out.Total = s.total
	if offset == 0 {
		p.after = s.exact()
	}
	if p.pages == 1 {
		p.before = p.after
	}
}

// exact is the vendor's count of the whole list; -1: it stops counting before.
func (s sheet) exact() int {
	switch {
	case s.total >= 0:
		return s.total
	case s.count < boundedCount:
		return s.count
	}
	return -1
}

// add hands on what nobody has seen.
func (r *roster) add(p *pass, s sheet) error {
	var items []Item
	for _, e := range s.results {
		p.note(e.mark)
		switch {
		case r.known[e.key]:
			continue
		case e.id == "":
			r.out.Bad++
		default:
			r.out.Distinct++
			items = append(items, Item{ID: e.id, VendorData: e.vendorData, Counts: e.counts, Body: e.body, Gist: e.gist, ObservedAt: s.at})
		}
		r.known[e.key] = true
	}
	if len(items) == 0 {
		return nil
	}
	return r.visit(items)
}

// misfit says why rows may be missing, or nothing.
func (p *pass) misfit() string {
	switch {
	case p.after > len(p.seen):
		return fmt.Sprintf("%d listed, count says %d", len(p.seen), p.after)
	case p.chained, p.after >= 0 && p.before == p.after && len(p.seen) == p.after:
		return ""
	}
	return fmt.Sprintf("%d listed, but pages do not join or rows are not in order", len(p.seen))
}
