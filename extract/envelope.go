package extract

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
	"kycsync/schemas/strictjson"
)

// An envelope is what stands around the rows of every list.
type envelope[T any] struct {
	count   int
	total   int // total_transactions, which is exact where count is not; -1: there is none
	next    bool
	short   int
	results []T
}

// An element is one row of a list, a part of the body, and its members if the whole page is strict JSON beyond
// doubt. If it is not, one bad row must not cost the page: each is then read on its own.
type element struct {
	value   jsontext.Value
	members []schemas.Member // nil: not read. Overwritten when the next element is read
}

// shortTries is how often a page is asked for that holds less rows than its own count says.
const shortTries = 3

// readPage reads an envelope and holds the number of rows against what the page should hold.
func readPage[T any](body []byte, limit, offset int, read func(element) T) (envelope[T], *fault) {
	env, err := readEnvelope(body, read)
	if err != nil {
		return env, flaky(fmt.Errorf("%w: %w", ErrMalformed, err))
	}
	rows, want := len(env.results), min(limit, env.count-offset)
	if rows == 0 && env.next {
		return env, flaky(fmt.Errorf("%w: no rows, though there are more", ErrMalformed))
	}
	if env.short = max(0, want-rows); env.next || env.short == 0 {
		env.short = 0
		return env, nil
	}
	f := flaky(fmt.Errorf("%w: want %d, got %d", ErrShortPage, want, rows))
	f.usable, f.tries = true, shortTries
	return env, f
}

// readEnvelope is strict about the envelope, and not about the rows. A page that is strict JSON without a doubt,
// as nearly all are, is read once with the members of its rows.
func readEnvelope[T any](body []byte, read func(element) T) (envelope[T], error) {
	if env, sure := splitEnvelope(body, read); sure {
		return env, nil
	}
	return scanEnvelope(body, read)
}

// splitEnvelope reads a page in one pass, if it is beyond doubt.
func splitEnvelope[T any](body []byte, read func(element) T) (env envelope[T], sure bool) {
	r := splitters.Get().(*splitter)
	defer splitters.Put(r)
	defer r.release()
	r.Reset(body)
	env, sure = newEnvelope[T](), true
	r.Object(func(name []byte) {
		if string(name) == "results" {
			env.results = []T{}
			r.Array(func() { env.results = append(env.results, read(r.element())) })
			return
		}
		v := r.Value()
		sure = sure && env.take(string(name), v) == nil
	})
	return env, sure && r.End() && env.whole() == nil
}

// A splitter is kept for its memory.
type splitter struct {
	strictjson.Reader
	room []schemas.Member
}

var splitters = sync.Pool{New: func() any { return &splitter{} }}

func (s *splitter) release() {
	s.Reset(nil)
	clear(s.room[:cap(s.room)])
}

// element reads the element that comes next. In doubt it is empty.
func (s *splitter) element() element {
	if s.Kind() != '{' {
		return element{value: s.Value()}
	}
	s.room = s.room[:0]
	value := s.Object(func(name []byte) { s.room = append(s.room, schemas.Member{Name: name, Value: s.Value()}) })
	return element{value, s.room}
}

// scanEnvelope reads a page of which some rows may be anything.
func scanEnvelope[T any](body []byte, read func(element) T) (envelope[T], error) {
	env, seen := newEnvelope[T](), 0
	err := scan(body, func(name []byte, d *jsontext.Decoder) (err error) {
		switch member := string(name); member {
		case "count", "next", "total_transactions":
			v, err := d.ReadValue()
			if err != nil {
				return err
			}
			if member != "total_transactions" {
				seen++
			}
			return env.take(member, v)
		case "results":
			seen++
			env.results, err = array(body, d, read)
			return err
		}
		return d.SkipValue()
	})
	switch {
	case err != nil:
		return env, err
	case seen > 3:
		return env, errors.New("a member of the envelope stands twice")
	}
	return env, env.whole()
}

func newEnvelope[T any]() envelope[T] { return envelope[T]{count: -1, total: -1} }

// take notes a member of the envelope other than the rows.
func (e *envelope[T]) take(member string, v jsontext.Value) error {
	switch member {
	case "count":
		n, err := strconv.ParseUint(string(v), 10, 31)
		if err != nil {
			return errors.New("count is not a whole number")
		}
		e.count = int(n)
	case "next":
		if k := v.Kind(); k != '"' && k != 'n' {
			return errors.New("next is neither text nor null")
		}
		e.next = v.Kind() == '"'
	case "total_transactions":
		if n, err := strconv.ParseUint(string(v), 10, 31); err == nil {
			e.total = int(n)
		}
	}
	return nil
}

// whole refuses an envelope that lacks what every list has.
func (e *envelope[T]) whole() error {
	if e.count < 0 || e.results == nil {
		return errors.New("count or results is absent")
	}
	return nil
}

// elements reads the elements of an array that must fill body.
func elements[T any](body []byte, read func(element) T) ([]T, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), lax...)
	out, err := array(body, d, read)
	if err != nil {
		return nil, syntax(err)
	}
	return out, nil
}

// array reads the array before which d stands in body.
func array[T any](body []byte, d *jsontext.Decoder, read func(element) T) ([]T, error) {
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '[' {
		return nil, errors.New("results is not an array")
	}
	out := []T{}
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		out = append(out, read(element{value: within(body, v, d)}))
	}
	_, err := d.ReadToken()
	return out, err
}

// A line is one row as it was read, or the reason why it was not.
type line struct {
	row    Row
	reason string
}

// pageOf sorts what was read of a page.
func pageOf(env envelope[line], q Query, at time.Time) Page {
	p := Page{Count: env.count, Rows: make([]Row, 0, len(env.results)), Next: env.next, Short: env.short, ObservedAt: at}
	for i, l := range env.results {
		if l.reason != "" {
			p.Bad = append(p.Bad, BadRow{ID: l.row.ID, Number: l.row.Number, Position: q.Offset + i, Reason: l.reason})
			continue
		}
		l.row.Kind, l.row.ObservedAt = q.Kind, at
		p.Rows = append(p.Rows, l.row)
	}
	return p
}

// readRow reads the few members that listing and planning need, and the gist of all. A row without them is
// refused with a reason.
func (c *Client) readRow(e element) (l line) {
	l.row, l.reason = readRow(&e)
	if l.reason == "" {
		l.row.Body, l.row.Gist = e.value, c.gist(schemas.ListRow, e.members)
	}
	return l
}

func readRow(e *element) (row Row, reason string) {
	if e.value.Kind() != '{' {
		return row, "want an object"
	}
	if e.members == nil {
		var err error
		if e.members, err = members(e.value, scanStrictly); err != nil {
			return row, "want strict JSON: a name stands twice or a text is not UTF-8"
		}
	}
	var isID, isNumber bool
	for _, m := range e.members {
		v := jsontext.Value(m.Value)
		switch string(m.Name) {
		case "session_id":
			if row.key, isID = uuid(v); isID {
				row.ID = schemas.SessionID(strings.ToLower(text(v)))
			}
		case "session_number":
			if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
				row.Number, isNumber = n, true
			}
		case "status":
			row.Status = text(v)
		case "created_at":
			row.CreatedAt = instant(v)
		case "didit_internal_id":
			row.User, _ = uuid(v)
		}
	}
	switch {
	case !isID:
		return row, "session_id: want a UUID"
	case !isNumber:
		return row, "session_number: want a whole number"
	}
	return row, ""
}
