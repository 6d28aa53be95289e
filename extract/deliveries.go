package extract

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// A Delivery is one attempt to tell the customer's server that something of a session changed.
type Delivery struct {
	SessionID schemas.SessionID
	Type      string    // the vendor's: "status.updated"
	CreatedAt time.Time // UTC; zero if it could not be read
	Delivered bool      // the customer's server took it
}

// Deliveries returns what the webhook log holds from since on, of all destinations, one after the
// other and the newest first; each attempt, automatic retries included, comes once. Rows that name
// no session are left out. No destination is no delivery. ErrForbidden means that the key may not read
// the log, and says nothing against the key.
//
// Source: GET /v3/webhook/destinations/ and GET /v3/webhook/destinations/{uuid}/deliveries/.
func (c *Client) Deliveries(ctx context.Context, since time.Time) ([]Delivery, error) {
	ids, err := c.destinations(ctx)
	if err != nil {
		return nil, err
	}
	var all []Delivery
	for _, id := range ids {
		if all, err = c.deliveriesTo(ctx, id, since, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// destinations returns the ids of all destinations. They come in one array without pages.
func (c *Client) destinations(ctx context.Context) ([]string, error) {
	var rows []entry
	a := ask{
		what:     "list of webhook destinations",
		optional: true,
		path:     "/v3/webhook/destinations/",
		max:      maxPageBytes,
		counter:  func(s *Stats) *int64 { return &s.Deliveries },
		check: func(body []byte) *fault {
			var err error
			if rows, err = elements(body, func(e element) entry { return readEntry(&e, "uuid", "") }); err != nil {
				return flaky(fmt.Errorf("%w: %w", ErrMalformed, err))
			}
			return nil
		},
	}
	if _, err := c.get(ctx, a); err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range rows {
		if row.id != "" {
			ids = append(ids, row.id)
		}
	}
	if bad := len(rows) - len(ids); bad > 0 {
		c.log.Warn("webhook destinations without a readable uuid are left out", "destinations", bad)
	}
	return ids, nil
}

// deliveriesTo appends the deliveries to one destination.
func (c *Client) deliveriesTo(ctx context.Context, id string, since time.Time, all []Delivery) ([]Delivery, error) {
	l := list{
		what:     "list of webhook deliveries",
		optional: true,
		path:     "/v3/webhook/destinations/" + id + "/deliveries/",
		query:    url.Values{},
		id:       "uuid",
		order:    "created_at",
		counter:  func(s *Stats) *int64 { return &s.Deliveries },
	}
	if !since.IsZero() {
		l.query.Set("date_from", since.UTC().Format(time.DateOnly))
	}
	old := func(e entry) bool { return e.rank != 0 && e.rank < since.UnixMicro() }
	d := newDescent(func(ctx context.Context, offset int) (sheet, error) { return c.sheet(ctx, l, offset) })
	d.take = func(s sheet) error {
		for _, e := range s.results {
			if !d.note(e.mark) || old(e) {
				continue
			}
			if found, ok := readDelivery(e.body); ok {
				all = append(all, found)
			}
		}
		return nil
	}
	err := d.down(ctx, func(s sheet) bool { return len(s.results) > 0 && old(s.results[len(s.results)-1]) })
	if err == nil && !d.chained {
		c.log.Warn("the list of webhook deliveries may be incomplete: pages do not join or rows are not in order")
	}
	return all, err
}

// readDelivery reads a row that names a session.
func readDelivery(row jsontext.Value) (d Delivery, ok bool) {
	err := scan(row, func(name []byte, dec *jsontext.Decoder) error {
		v, err := dec.ReadValue()
		if err != nil {
			return err
		}
		switch string(name) {
		case "session_id":
			d.SessionID, ok = sessionID(text(v))
		case "webhook_type":
			d.Type = text(v)
		case "created_at":
			d.CreatedAt = instant(v)
		case "response_status":
			status, err := strconv.Atoi(string(v))
			d.Delivered = err == nil && status >= 200 && status < 300
		}
		return nil
	})
	return d, ok && err == nil
}
