package extract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// An envelope is what stands around the rows of every list. Results are part of the body.
type envelope struct {
	count   int
	total   int // total_transactions, which is exact where count is not; -1: there is none
	next    bool
	short   int
	results []element
}

// An element is one row of a list, and its members if the whole page is strict JSON. If it is not, one bad row
// must not cost the page: each is then read on its own.
type element struct {
	value   jsontext.Value
	members []schemas.Member // nil: not read
}

// shortTries is how often a page is asked for that holds less rows than its own count says.
const shortTries = 3

// readPage reads an envelope and holds the number of rows against what the page should hold.
func readPage(body []byte, limit, offset int) (envelope, *fault) {
	env, err := readEnvelope(body)
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
func readEnvelope(body []byte) (envelope, error) {
	if env, err := scanEnvelope(body, true); err == nil {
		return env, nil
	}
	return scanEnvelope(body, false)
}

// scanEnvelope reads the envelope, and the members of the rows if all is strict JSON.
func scanEnvelope(body []byte, strictly bool) (env envelope, err error) {
	scan, list := scan, array
	if strictly {
		scan, list = scanStrictly, objects
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
			env.results, err = list(body, d)
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

// elements returns the elements of an array that must fill body; they are part of it.
func elements(body []byte) ([]element, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), lax...)
	out, err := array(body, d)
	if err != nil {
		return nil, syntax(err)
	}
	return out, nil
}

// array reads the array before which d stands in body.
func array(body []byte, d *jsontext.Decoder) ([]element, error) {
	return eachElement(d, func() (element, error) {
		v, err := d.ReadValue()
		return element{value: within(body, v, d)}, err
	})
}

// objects reads an array with the members of what it holds.
func objects(body []byte, d *jsontext.Decoder) ([]element, error) {
	var room []schemas.Member
	return eachElement(d, func() (element, error) {
		if d.PeekKind() != '{' {
			v, err := d.ReadValue()
			return element{value: within(body, v, d)}, err
		}
		first := len(room)
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
		e := element{body[start:end:end], room[first:len(room):len(room)]}
		if first == 0 && err == nil { // the others will be much like it
			room = slices.Grow(room, len(room)*(len(body)-end)/(end-start))
		}
		return e, err
	})
}

func eachElement(d *jsontext.Decoder, read func() (element, error)) ([]element, error) {
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '[' {
		return nil, errors.New("results is not an array")
	}
	out := []element{}
	for d.PeekKind() != ']' {
		e, err := read()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	_, err := d.ReadToken()
	return out, err
}

// page reads the rows.
func (env envelope) page(q Query, at time.Time) Page {
	p := Page{Count: env.count, Rows: make([]Row, 0, len(env.results)), Next: env.next, Short: env.short, ObservedAt: at}
	for i, e := range env.results {
		row, reason := readRow(e)
		if reason != "" {
			p.Bad = append(p.Bad, BadRow{ID: row.ID, Number: row.Number, Position: q.Offset + i, Reason: reason})
			continue
		}
		row.Kind, row.ObservedAt, row.Body = q.Kind, at, e.value
		p.Rows = append(p.Rows, row)
	}
	return p
}

// readRow reads the few members that listing and planning need. A row without them is refused
// with a reason.
func readRow(e element) (row Row, reason string) {
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
	row.Members = e.members
	return row, ""
}
