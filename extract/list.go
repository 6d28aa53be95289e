package extract

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// A list is one of the vendor's lists other than that of sessions.
type list struct {
	what     string            // "list of users"
	session  schemas.SessionID // whose list it is; empty: of the application
	optional bool              // see ask
	path     string
	query    url.Values           // besides limit and offset
	id       string               // the member that identifies a row, a UUID
	order    string               // the member, a time, that the rows are in descending order of; empty: none is
	row      schemas.DocumentKind // of what the gist is; empty: nobody asks for one
	counter  func(*Stats) *int64
}

// An entry is one row of a list.
type entry struct {
	mark              // the key is of the position if there is no id
	id         string // lower case; empty: unreadable
	vendorData string
	counts     *Counts
	body       []byte // as received; part of the page
	gist       schemas.Digest
}

// A sheet is one page of a list.
type sheet struct {
	envelope[entry]
	at time.Time
}

var _ leaf = sheet{}

func (s sheet) size() int  { return len(s.results) }
func (s sheet) more() bool { return s.next }

func (s sheet) marks() (marks []mark) {
	for _, e := range s.results {
		if e.id != "" {
			marks = append(marks, e.mark)
		}
	}
	return marks
}

// ask is the request for one page.
func (l list) ask(limit, offset int) ask {
	q := url.Values{"limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(offset)}}
	maps.Copy(q, l.query)
	a := ask{what: l.what, session: l.session, alone: l.session != "", optional: l.optional, path: l.path, query: q, max: maxPageBytes, counter: l.counter}
	if !a.alone {
		a.what = fmt.Sprintf("%s, offset %d", l.what, offset)
	}
	return a
}

// sheet asks for a page of the client's page size. The vendor may grant less.
func (c *Client) sheet(ctx context.Context, l list, offset int) (sheet, error) {
	limit := int(c.pageSize.Load())
	var s sheet
	a := l.ask(limit, offset)
	a.check = func(body []byte) (f *fault) {
		s.envelope, f = readPage(body, limit, offset, func(e element) entry { return c.readEntry(e, l) })
		return f
	}
	ans, err := c.get(ctx, a)
	if c.shrinks(err, limit) {
		return c.sheet(ctx, l, offset)
	}
	if err != nil {
		return sheet{}, err
	}
	s.at = ans.at
	for i := range s.results {
		if e := &s.results[i]; e.id == "" {
			e.key = badKey(BadRow{Position: offset + i})
		}
	}
	return s, nil
}

// readEntry reads a row of the list, with its gist.
func (c *Client) readEntry(r element, l list) entry {
	e := readEntry(&r, l.id, l.order)
	if l.row != "" {
		e.gist = c.gist(l.row, r.members)
	}
	return e
}

// readEntry reads what identifies a row or a detail, as far as the text is JSON. An id that stands
// twice is none.
func readEntry(r *element, id, order string) entry {
	if r.members == nil {
		r.members, _ = members(r.value, scan)
	}
	e := entry{body: r.value}
	ids, counts := 0, Counts{}
	for _, m := range r.members {
		v := jsontext.Value(m.Value)
		switch string(m.Name) {
		case id:
			ids++
			if key, ok := uuid(v); ok {
				e.key, e.id = key, strings.ToLower(text(v))
			}
		case order:
			if at := instant(v); !at.IsZero() {
				e.rank = at.UnixMicro()
			}
		case "vendor_data":
			e.vendorData = text(v)
		case "session_count":
			if n, ok := count(v); ok {
				counts.Sessions, e.counts = n, &counts
			}
		case "approved_count":
			counts.Approved, _ = count(v)
		case "declined_count":
			counts.Declined, _ = count(v)
		case "in_review_count":
			counts.InReview, _ = count(v)
		}
	}
	if ids > 1 {
		e.id = ""
	}
	return e
}

// count reads a whole number.
func count(v jsontext.Value) (int32, bool) {
	n, err := strconv.ParseInt(string(v), 10, 32)
	return int32(n), err == nil
}
