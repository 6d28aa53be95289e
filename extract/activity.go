package extract

import (
	"context"
	"errors"
	"fmt"

	"kycsync/schemas"
)

// Activity asks for the whole activity feed of a user session, oldest row first, as one document
// {"results":[...]} that holds the rows as received and was observed when the last of them was. Errors
// that concern only this session satisfy [OfSession], as those of Decision do. A business session has no
// feed and is ErrGone; a feed with fewer rows than its own count says is ErrMalformed.
//
// Source: GET /v3/sessions/{id}/reviews/.
func (c *Client) Activity(ctx context.Context, id schemas.SessionID) (schemas.Document, error) {
	if _, ok := sessionID(string(id)); !ok {
		return schemas.Document{}, errors.New("activity: the session id is not a UUID")
	}
	l := list{
		what:    "activity",
		session: id,
		path:    "/v3/sessions/" + string(id) + "/reviews/",
		query:   map[string][]string{"ordering": {"created_at"}}, // new rows come last and shift nothing
		id:      "uuid",
		counter: func(s *Stats) *int64 { return &s.Activities },
	}
	refuse := func(err error) error { return c.giveUp(l.ask(0, 0), 1, err) }
	var f feed
	d := newDescent(func(ctx context.Context, offset int) (sheet, error) { return c.sheet(ctx, l, offset) })
	d.take = func(s sheet) error {
		if f.add(s, d); len(f.body) > maxDecisionBytes {
			return refuse(ErrBodyTooLarge)
		}
		return nil
	}
	switch err := d.down(ctx, nil); {
	case err != nil:
		return schemas.Document{}, err
	case !d.chained:
		return schemas.Document{}, refuse(fmt.Errorf("%w: its pages do not join", ErrMalformed))
	case f.rows < f.last.count:
		return schemas.Document{}, refuse(fmt.Errorf("%w: want %d rows, got %d", ErrMalformed, f.last.count, f.rows))
	}
	return schemas.Document{Kind: schemas.Activity, ID: string(id), Body: f.document(), ObservedAt: f.last.at}, nil
}

// A feed grows page by page.
type feed struct {
	body []byte // rows and commas
	rows int
	last sheet
}

// add appends the rows that no page before has shown. What stands twice on one page stays so.
func (f *feed) add(s sheet, d *descent[sheet]) {
	var fresh []entry
	for _, e := range s.results {
		if _, ok := d.seen[e.key]; !ok {
			fresh = append(fresh, e)
		}
	}
	for _, e := range fresh {
		d.note(e.mark)
		if f.rows > 0 {
			f.body = append(f.body, ',')
		}
		f.body = append(f.body, e.body...)
		f.rows++
	}
	f.last = s
}

func (f *feed) document() []byte {
	doc := make([]byte, 0, len(f.body)+14)
	doc = append(append(append(doc, `{"results":[`...), f.body...), `]}`...)
	return doc
}
