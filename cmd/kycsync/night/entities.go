package night

import (
	"context"
	"errors"
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

// readUsers reads users and businesses, and compares what the vendor counts of each user with our
// own sessions.
func (r *run) readUsers(ctx, limited context.Context) error {
	for _, kind := range r.userKinds() {
		s, err := r.listEntities(limited, kind)
		if err != nil {
			return err
		}
		if err := r.readDetails(ctx, limited, kind, s); err != nil {
			return err
		}
	}
	return nil
}

// readTransactions reads the transactions, and which sessions they asked for.
func (r *run) readTransactions(ctx, limited context.Context) error {
	kind := entityKind{schemas.Transaction, schemas.TransactionRow, r.Client.Transactions, r.Client.Transaction, false}
	s, err := r.listEntities(limited, kind)
	if err != nil {
		return err
	}
	if most := r.budget().Requests(time.Now()) / transactionShare; len(s.todo) > most {
		s.todo = s.todo[:most] // the others tomorrow: sessions go first
	}
	if err := r.readDetails(ctx, limited, kind, s); err != nil {
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
	todo []entityTask
}

type entityTask struct {
	id, vendorData string
	at             time.Time // of the row
	fingerprint    schemas.Digest
}

// listEntities walks a list and keeps the rows that differ from the last ones seen, and those whose
// detail is due.
func (r *run) listEntities(ctx context.Context, kind entityKind) (_ *entityList, err error) {
	l := &entityList{}
	if l.shelf, err = newShelf(r.WorkDir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	seen := map[string]bool{}
	var due []entityTask
	listing, err := kind.list(ctx, func(items []extract.Item) error {
		var page []filed
		for _, item := range items {
			doc, err := transform.Canonicalize(kind.row, item.Body)
			if err != nil {
				r.reject(rejected{unread(kind.row, schemas.SessionID(item.ID), err), item.ObservedAt, digestOf(item.Body)})
				continue
			}
			seen[item.ID] = true
			r.users.take(kind.document, item)
			t := entityTask{item.ID, item.VendorData, item.ObservedAt, doc.ContentSHA256}
			switch k := r.things[thing{kind.document, item.ID}]; {
			case k.Fingerprint != doc.ContentSHA256:
				l.todo = append(l.todo, t)
			case extract.DueTonight(item.ID, k.LastChecked, r.Promises[extract.ClassUsers], r.StartedAt):
				due = append(due, t)
			default:
				continue
			}
			page = append(page, filed{item.ID, doc})
		}
		r.Progress(string(kind.document)+"s", len(seen), 0)
		return l.put(page)
	})
	if errors.Is(err, extract.ErrForbidden) {
		r.Log.Info("a list is not read: the key may not", "list", string(kind.document), "application", r.Config.Application)
		r.Entities[kind.document] = -1
		return &entityList{shelf: l.shelf}, nil
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
	l.todo = append(l.todo, due...)
	return l, nil
}

// missedEntities notes since when an entity is not listed any more.
func (r *run) missedEntities(document schemas.DocumentKind, seen map[string]bool) {
	for id, k := range r.things {
		if id.document != document || seen[id.id] == k.AbsentSince.IsZero() {
			continue
		}
		if k.AbsentSince = (time.Time{}); !seen[id.id] {
			k.AbsentSince = r.StartedAt
		}
		r.rememberThing(k)
	}
}

// rememberThing notes what is now known of an entity.
func (r *run) rememberThing(k schemas.KnownEntity) {
	id := thing{k.Document, k.ID}
	if _, ok := r.batch.things[id]; !ok {
		r.batch.things[id] = r.things[id]
	}
	r.things[id] = k
}

// readDetails asks for the details and appends what changed.
func (r *run) readDetails(ctx, limited context.Context, kind entityKind, l *entityList) error {
	defer l.close()
	affordable := min(len(l.todo), r.budget().Requests(time.Now()))
	get := func(ctx context.Context, t entityTask) (schemas.Document, error) {
		if kind.byVendorData {
			return kind.detail(ctx, t.vendorData)
		}
		return kind.detail(ctx, t.id)
	}
	done := 0
	for got, err := range extract.Each(limited, r.Client, l.todo[:affordable], get) {
		if err != nil && !extract.OfSession(err) && !errors.Is(err, extract.ErrUnaddressable) {
			return err
		}
		if err := r.takeEntity(kind, l, got, err); err != nil {
			return err
		}
		done++
		r.Progress(string(kind.document)+" details", done, len(l.todo))
		r.Step("entity")
		if err := r.commitSome(ctx); err != nil {
			return err
		}
	}
	if affordable < len(l.todo) {
		return errSpent
	}
	return nil
}

// takeEntity looks at one detail. Without one the row alone is the version: an entity that cannot be
// asked for, or that is gone since it was listed.
func (r *run) takeEntity(kind entityKind, l *entityList, got extract.Got[entityTask], failed error) error {
	t := got.Item
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
	k := r.things[thing{kind.document, t.id}]
	if kind.document != schemas.Transaction && k.Fingerprint == t.fingerprint {
		r.checked[extract.ClassUsers]++
	}
	k.Application, k.Document, k.ID, k.Fingerprint, k.LastChecked = r.Config.Application, kind.document, t.id, t.fingerprint, at
	if hash := transform.ContentHash(hashes); hash != k.ContentHash {
		k.ContentHash = hash
		r.EntityVersions++
		r.batch.entities = append(r.batch.entities, r.newVersion(t.id, at, hash, docs))
	}
	r.rememberThing(k)
	return nil
}
