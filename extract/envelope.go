package extract

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// An envelope is what stands around the rows of every list.
type envelope[T any] struct {
	count   int
	total   int // total_transactions, which is exact where count is not; -1: there is none
	next    bool
	short   int
	results []T
}

// An element is one row of a list, a part of the body, and its members if the whole page is strict JSON. If it
// is not, one bad row must not cost the page: each is then read on its own.
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

// readEnvelope is strict about the envelope, and not about the rows.
func readEnvelope[T any](body []byte, read func(element) T) (envelope[T], error) {
	if env, err := scanEnvelope(body, true, read); err == nil {
		return env, nil
	}
	return scanEnvelope(body, false, read)
}

// scanEnvelope reads the envelope, and the members of the rows if all is strict JSON.
func scanEnvelope[T any](body []byte, strictly bool, read func(element) T) (env envelope[T], err error) {
	scan, list := scan, array[T]
	if strictly {
		scan, list = scanStrictly, objects[T]
	}
	seen := 0
	env.count, env.total = -1, -1
	err = scan(body, func(name []byte, d *jsontext.Decoder) error {
		member := string(name)
		switch member {
		case "count", "next", "results":
			seen++
		case "total_transactions":
		default:
			return d.SkipValue()
		}
		if member == "results" {
			env.results, err = list(body, d, read)
			return err
		}
		switch v, err := d.ReadValue(); {
		case err != nil:
			return err
		case member == "count":
			n, err := strconv.ParseUint(string(v), 10, 31)
			if err != nil {
				return errors.New("count is not a whole number")
			}
			env.count = int(n)
		case member == "next":
			if k := v.Kind(); k != '"' && k != 'n' {
				return errors.New("next is neither text nor null")
			}
			env.next = v.Kind() == '"'
		default:
			if n, err := strconv.ParseUint(string(v), 10, 31); err == nil {
				env.total = int(n)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return env, err
	case seen > 3:
		return env, errors.New("a member of the envelope stands twice")
	case env.count < 0 || env.results == nil:
		return env, errors.New("count or results is absent")
	}
	return env, nil
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
	return eachElement(d, read, func() (element, error) {
		v, err := d.ReadValue()
		return element{value: within(body, v, d)}, err
	})
}

// objects reads an array with the members of what it holds.
func objects[T any](body []byte, d *jsontext.Decoder, read func(element) T) ([]T, error) {
	var room []schemas.Member
	return eachElement(d, read, func() (element, error) {
		if d.PeekKind() != '{' {
			v, err := d.ReadValue()
			return element{value: within(body, v, d)}, err
		}
		room = room[:0]
		if _, err := d.ReadToken(); err != nil {
			return element{}, err
		}
		start := int(d.InputOffset()) - 1
		for d.PeekKind() != '}' {
			m, err := member(body, d)
			if err != nil {
				return element{}, err
			}
			room = append(room, m)
		}
		_, err := d.ReadToken()
		end := int(d.InputOffset())
		return element{body[start:end:end], room}, err
	})
}

func eachElement[T any](d *jsontext.Decoder, read func(element) T, next func() (element, error)) ([]T, error) {
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '[' {
		return nil, errors.New("results is not an array")
	}
	out := []T{}
	for d.PeekKind() != ']' {
		e, err := next()
		if err != nil {
			return nil, err
		}
		out = append(out, read(e))
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
			row.ID, isID = sessionID(text(v))
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
