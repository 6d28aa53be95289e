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

// An envelope is what stands around the rows of every list. Results are part of the body.
type envelope struct {
	count   int
	total   int // total_transactions, which is exact where count is not; -1: there is none
	next    bool
	short   int
	results []jsontext.Value
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

// readEnvelope is strict about the envelope and leaves the rows to readRow, so that one bad row
// does not cost the page.
func readEnvelope(body []byte) (env envelope, err error) {
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
			env.results, err = array(body, d)
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
func elements(body []byte) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), lax...)
	out, err := array(body, d)
	if err != nil {
		return nil, syntax(err)
	}
	return out, nil
}

// array reads the array before which d stands in body.
func array(body []byte, d *jsontext.Decoder) ([]jsontext.Value, error) {
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '[' {
		return nil, errors.New("results is not an array")
	}
	out := []jsontext.Value{}
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		out = append(out, within(body, v, d))
	}
	_, err := d.ReadToken()
	return out, err
}

// page reads the rows.
func (env envelope) page(q Query, at time.Time) Page {
	p := Page{Count: env.count, Rows: make([]Row, 0, len(env.results)), Next: env.next, Short: env.short, ObservedAt: at}
	room := newRoom(len(env.results))
	for i, v := range env.results {
		row, reason := readRow(v, &room)
		if reason != "" {
			p.Bad = append(p.Bad, BadRow{ID: row.ID, Number: row.Number, Position: q.Offset + i, Reason: reason})
			continue
		}
		row.Kind, row.ObservedAt, row.Body = q.Kind, at, v
		p.Rows = append(p.Rows, row)
	}
	return p
}

// newRoom is memory for the members of so many rows.
func newRoom(rows int) []schemas.Member { return make([]schemas.Member, 0, 24*rows) }

// readRow reads the few members that listing and planning need. A row without them is refused
// with a reason.
func readRow(body jsontext.Value, room *[]schemas.Member) (row Row, reason string) {
	if body.Kind() != '{' {
		return row, "want an object"
	}
	var isID, isNumber bool
	first := len(*room)
	err := scanStrictly(body, func(name []byte, d *jsontext.Decoder) error {
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		*room = append(*room, schemas.Member{Name: name, Value: within(body, v, d)})
		switch string(name) {
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
		return nil
	})
	switch {
	case err != nil:
		return Row{}, "want strict JSON: a name stands twice or a text is not UTF-8"
	case !isID:
		return row, "session_id: want a UUID"
	case !isNumber:
		return row, "session_number: want a whole number"
	}
	row.Members = (*room)[first:len(*room):len(*room)]
	return row, ""
}
