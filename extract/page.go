package extract

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kycsync/schemas"
)

// A Query selects rows of the session list. Rows come newest first.
type Query struct {
	Kind     schemas.SessionKind // user or business; the vendor's "all" loses rows
	Limit    int                 // Defaults to the client's page size
	Offset   int
	DateFrom time.Time // first day of creation, UTC; zero: open
	DateTo   time.Time // last day of creation, UTC, included; zero: open
	Status   []string  // the vendor's spelling; empty: all
}

// A Page is one page of a list.
type Page struct {
	Count      int // rows of the whole list as the vendor counts them; of business sessions at most 100
	Rows       []Row
	Bad        []BadRow // rows that could not be read
	Next       bool     // there are more rows
	Short      int      // rows that the count promises and the last page does not hold
	ObservedAt time.Time
}

// A Row is one session as the list shows it.
type Row struct {
	ID          schemas.SessionID
	Kind        schemas.SessionKind
	User        [16]byte // didit_internal_id of the person; zero: none, as of a business, or unreadable
	Number      int64
	Status      string
	CreatedAt   time.Time      // UTC; zero if it could not be read
	Body        []byte         // the row's own bytes, as received
	ObservedAt  time.Time      // UTC
	Gist        schemas.Digest // as [Config.Gist] says
	Fingerprint schemas.Digest // left to the caller
	key         rowKey         // zero: not computed
}

// A BadRow is a row of a list that could not be read.
type BadRow struct {
	ID       schemas.SessionID // empty if it could not be read
	Number   int64             // 0 if it could not be read
	Position int               // in the list, from 0, when it was asked for
	Reason   string            // holds nothing of the row
}

// Page asks for one page of the session list. A last page that holds less rows than its count
// says is asked for again, and handed on with the difference if it stays so. If the server grants less
// rows than asked and says that there are more, or refuses to give so many, the client goes on with smaller
// pages.
//
// Source: GET /v3/sessions/.
func (c *Client) Page(ctx context.Context, q Query) (Page, error) {
	if err := q.check(); err != nil {
		return Page{}, err
	}
	size, wanted := int(c.pageSize.Load()), q
	if q.Limit > 0 {
		size = min(q.Limit, size)
	}
	q.Limit = size
	var env envelope[line]
	a := pageAsk(q, func(body []byte) (f *fault) {
		env, f = readPage(body, q.Limit, q.Offset, c.readRow)
		return f
	})
	ans, err := c.get(ctx, a)
	if c.shrinks(err, size) {
		return c.Page(ctx, wanted)
	}
	if err != nil {
		return Page{}, err
	}
	if n := len(env.results); env.next && n < q.Limit && q.Limit == size && c.pageSize.CompareAndSwap(int64(size), int64(n)) {
		c.log.Info("the vendor grants smaller pages than asked for", "asked", size, "rows", n)
	}
	return pageOf(env, q, ans.at), nil
}

// shrinks reports whether a page was refused that may have been too large, and sees to it that no other is.
func (c *Client) shrinks(err error, size int) bool {
	if size <= usualPageSize || !errors.Is(err, errBadRequest) {
		return false
	}
	if c.pageSize.CompareAndSwap(int64(size), usualPageSize) {
		c.log.Warn("the vendor refuses pages as large as asked for", "asked", size, "from_now_on", usualPageSize)
	}
	return true
}

func (q Query) check() error {
	if q.Kind != schemas.UserSession && q.Kind != schemas.BusinessSession {
		return fmt.Errorf("list of sessions: want kind user or business, got %q", string(q.Kind))
	}
	return nil
}

func pageAsk(q Query, check func([]byte) *fault) ask {
	return ask{
		what:    fmt.Sprintf("list of %s sessions, offset %d", q.Kind, q.Offset),
		path:    "/v3/sessions/",
		query:   q.values(),
		max:     maxPageBytes,
		counter: func(s *Stats) *int64 { return &s.Pages },
		check:   check,
	}
}

// values spells the query for the vendor. It takes date_to of business sessions as the first
// instant of that day, of user sessions as the last.
func (q Query) values() url.Values {
	v := url.Values{
		"session_kind": {string(q.Kind)},
		"limit":        {strconv.Itoa(q.Limit)},
		"offset":       {strconv.Itoa(q.Offset)},
	}
	if !q.DateFrom.IsZero() {
		v.Set("date_from", q.DateFrom.UTC().Format(time.DateOnly))
	}
	if to := q.DateTo.UTC(); !q.DateTo.IsZero() {
		if q.Kind == schemas.BusinessSession {
			to = to.AddDate(0, 0, 1)
		}
		v.Set("date_to", to.Format(time.DateOnly))
	}
	if len(q.Status) > 0 {
		v.Set("status", strings.Join(q.Status, ","))
	}
	return v
}
