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

// An entityKind is one kind of entity that the vendor lists, with a detail to each row.
type entityKind struct {
	document, row schemas.DocumentKind
	list          func(context.Context, func([]extract.Item) error) (extract.Listing, error)
	detail        func(context.Context, string) (schemas.Document, error)
	byVendorData  bool // the detail is asked for by the organisation's own id
}

func (r *run) userKinds() []entityKind {
	return []entityKind{
		{schemas.User, schemas.UserRow, r.Client.Users, r.Client.User, true},
		{schemas.Business, schemas.BusinessRow, r.Client.Businesses, r.Client.Business, true},
	}
}

// entityOf is the entity that a row or a detail describes.
func entityOf(d schemas.DocumentKind) schemas.DocumentKind {
	switch d {
	case schemas.User, schemas.UserRow:
		return schemas.User
	case schemas.Business, schemas.BusinessRow:
		return schemas.Business
	case schemas.Transaction, schemas.TransactionRow:
		return schemas.Transaction
	}
	panic("night: no entity is described by a " + string(d))
}

// listUsers lists users and businesses. The caller closes the lists, also on error.
func (r *run) listUsers(limited context.Context) (lists []*entityList, err error) {
	for _, kind := range r.userKinds() {
		l, err := r.listEntities(limited, kind)
		if err != nil {
			return lists, err
		}
		lists = append(lists, l)
	}
	return lists, nil
}

// readTransactions reads the transactions, and which sessions they asked for. What a share of the budget does
// not suffice for waits until the sessions have had their turn.
func (r *run) readTransactions(ctx, limited context.Context) error {
	kind := entityKind{schemas.Transaction, schemas.TransactionRow, r.Client.Transactions, r.Client.Transaction, false}
	s, err := r.listEntities(limited, kind)
	if err != nil {
		return err
	}
	r.transactions = s
	most := r.budget().Requests(time.Now()) / transactionShare
	first := func(queue *[]entityTask) []entityTask {
		n := min(most, len(*queue))
		head := (*queue)[:n]
		most, *queue = most-n, (*queue)[n:]
		return head
	}
	wanted := slices.Concat(first(&s.changed), first(&s.unread), first(&s.due))
	if err := r.readDetails(ctx, limited, s, wanted); err != nil {
		return err
	}
	return r.readRemediations(ctx)
}

// transactionShare is the part of a bounded budget that transactions may take before the sessions
// have had their turn.
const transactionShare = 5

// entityList is what one list showed of entities that must be looked at.
type entityList struct {
	*shelf
	kind    entityKind
	changed []entityTask // the row differs from the one seen last
	unread  []entityTask // no detail was read
	due     []entityTask // the detail may have changed behind it; the latest first
}

type entityTask struct {
	id, vendorData string
	at             time.Time // of the row
	checked        time.Time // when the detail was read last
	fingerprint    schemas.Digest
	gist           schemas.Digest
}

// listEntities walks a list and keeps the rows that differ from the last ones seen, and those whose
// detail is due.
func (r *run) listEntities(ctx context.Context, kind entityKind) (_ *entityList, err error) {
	l := &entityList{kind: kind}
	if l.shelf, err = newShelf(r.WorkDir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	seen := map[string]bool{}
	listing, err := kind.list(ctx, func(items []extract.Item) error {
		var page []filed
		for _, item := range items {
			if row, ok := r.seeEntity(l, item, seen); ok {
				page = append(page, row)
			}
		}
		r.Progress(string(kind.document)+"s", len(seen), 0)
		return l.put(page)
	})
	if errors.Is(err, extract.ErrForbidden) {
		r.Log.Info("a list is not read: the key may not", "list", string(kind.document), "application", r.Config.Application)
		r.Entities[kind.document] = -1
		l.changed, l.unread, l.due = nil, nil, nil
		return l, nil
	}
	if err != nil && extract.OfSession(err) {
		r.Log.Warn("a list cannot be read; it is tried again tomorrow", "list", string(kind.document), "error", err.Error())
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	r.Step("entities")
	r.Entities[kind.document] = int64(len(seen))
	if !listing.Complete {
		r.Log.Warn("a list does not join up; it is read again tomorrow", "list", string(kind.document), "explanation", listing.Explanation)
	} else {
		r.missedEntities(kind.document, seen)
	}
	late := func(t entityTask) extract.Late {
		return extract.Lateness(t.checked, r.Promises[extract.ClassUsers], r.StartedAt)
	}
	slices.SortStableFunc(l.due, func(a, b entityTask) int { return cmp.Or(late(a).Compare(late(b)), a.checked.Compare(b.checked)) })
	return l, nil
}

// seeEntity sorts one row into the list, and returns it if the detail must be looked at.
func (r *run) seeEntity(l *entityList, item extract.Item, seen map[string]bool) (row filed, ok bool) {
	k := r.things.Get(thing{l.kind.document, item.ID})
	t := entityTask{id: item.ID, vendorData: item.VendorData, at: item.ObservedAt, checked: k.LastChecked, gist: item.Gist}
	due := extract.DueTonight(item.ID, k.LastChecked, r.Promises[extract.ClassUsers], r.StartedAt)
	stored := k.ContentHash != (schemas.Digest{})
	var doc transform.Canonical
	if quiet := stored && !due && t.gist == k.Gist && t.gist != (schemas.Digest{}); !quiet {
		var err error
		if doc, err = transform.Canonicalize(l.kind.row, item.Body); err != nil {
			r.reject(rejected{unread(l.kind.row, schemas.SessionID(item.ID), err), item.ObservedAt, digestOf(item.Body)})
			return row, false
		}
	}
	seen[item.ID] = true
	r.users.take(l.kind.document, item)
	t.fingerprint = doc.ContentSHA256
	switch {
	case doc.JSON == nil: // as stored, and not due
		return row, false
	case !stored:
		l.unread = append(l.unread, t)
	case k.Fingerprint != t.fingerprint:
		l.changed = append(l.changed, t)
	case due:
		l.due = append(l.due, t)
	default:
		return row, false
	}
	return filed{item.ID, doc}, true
}

// missedEntities notes since when an entity is not listed any more. Of a list that lacks most of them nothing
// is noted, and the gate that is for sessions fails.
func (r *run) missedEntities(document schemas.DocumentKind, seen map[string]bool) {
	present, missed := 0, 0
	var turned []schemas.KnownEntity // not listed any more, or again
	for k := range r.things.All() {
		if k.Document != document {
			continue
		}
		was, is := k.AbsentSince.IsZero(), seen[k.ID]
		if was {
			present++
		}
		if was && !is {
			missed++
		}
		if was != is {
			turned = append(turned, *k)
		}
	}
	switch {
	case present > fewStale && missed == present:
		if r.fail(gateEmpty, "the list of each %s has none of the %d that are known", document, present); !r.accepts(gateEmpty) {
			return
		}
	case present >= fewKnown && float64(missed) > r.Gates.Shrink*float64(present):
		if r.fail(gateShrink, "the list of each %s lacks %d of the %d that are known", document, missed, present); !r.accepts(gateShrink) {
			return
		}
	}
	for _, k := range turned {
		if k.AbsentSince = (time.Time{}); !seen[k.ID] {
			k.AbsentSince = r.StartedAt
		}
		r.rememberThing(k)
	}
}

// rememberThing notes what is now known of an entity.
func (r *run) rememberThing(k schemas.KnownEntity) {
	id := thing{k.Document, k.ID}
	if _, ok := r.batch.things[id]; !ok {
		r.batch.things[id] = r.things.Get(id)
	}
	r.things.Put(id, k)
}

// readDetails asks for the details and appends what changed.
func (r *run) readDetails(ctx, limited context.Context, l *entityList, wanted []entityTask) error {
	kind := l.kind
	affordable := min(len(wanted), r.budget().Requests(time.Now()))
	get := func(ctx context.Context, t entityTask) (schemas.Document, error) {
		if kind.byVendorData {
			return kind.detail(ctx, t.vendorData)
		}
		return kind.detail(ctx, t.id)
	}
	done := 0
	for got, err := range extract.Each(limited, r.Client, wanted[:affordable], get) {
		if err != nil && !extract.OfSession(err) && !errors.Is(err, extract.ErrUnaddressable) {
			return err
		}
		if err := r.takeEntity(l, got, err); err != nil {
			return err
		}
		done++
		r.Progress(string(kind.document)+" details", done, len(wanted))
		r.Step("entity")
		if err := r.commitSome(ctx); err != nil {
			return err
		}
	}
	if affordable < len(wanted) {
		return errSpent
	}
	return nil
}

// takeEntity looks at one detail. Without one the row alone is the version: an entity that cannot be
// asked for, or that is gone since it was listed.
func (r *run) takeEntity(l *entityList, got extract.Got[entityTask], failed error) error {
	kind, t := l.kind, got.Item
	row, err := l.get(t.id)
	if err != nil {
		return err
	}
	r.Details++
	at := t.at
	docs := []seenDocument{{kind.row, row, t.at}}
	hashes := map[schemas.DocumentKind]schemas.Digest{kind.row: row.ContentSHA256}
	var detail transform.Canonical
	if failed == nil {
		at = got.Document.ObservedAt
		detail, failed = transform.Canonicalize(kind.document, got.Document.Body)
	}
	switch {
	case failed == nil:
		docs = append(docs, seenDocument{kind.document, detail, at})
		hashes[kind.document] = detail.ContentSHA256
	case errors.Is(failed, extract.ErrGone), errors.Is(failed, extract.ErrUnaddressable):
	default:
		r.reject(rejected{unread(kind.document, schemas.SessionID(t.id), failed), at, digestOf(got.Document.Body)})
		return nil // what is stored stays, and it is asked for again
	}
	k := r.things.Get(thing{kind.document, t.id})
	if k.Fingerprint != t.fingerprint && k.VersionSeq > r.begunAt {
		return nil // another run has stored a newer row meanwhile
	}
	if kind.document != schemas.Transaction && k.Fingerprint == t.fingerprint {
		r.checked[extract.ClassUsers]++
	}
	k.Application, k.Document, k.ID, k.Fingerprint, k.Gist, k.LastChecked = r.Config.Application, kind.document, t.id, t.fingerprint, t.gist, at
	if hash := transform.ContentHash(hashes); hash != k.ContentHash {
		k.ContentHash = hash
		r.EntityVersions++
		r.batch.entities = append(r.batch.entities, r.newVersion(t.id, at, hash, docs))
	}
	r.rememberThing(k)
	return nil
}
