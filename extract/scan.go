package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// text is the text of a JSON string, empty for any other value.
func text(v jsontext.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	if bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) {
		return string(v[1 : len(v)-1])
	}
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(b)
}

// instant reads the time in a JSON string, UTC; zero if it is none.
func instant(v jsontext.Value) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text(v))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// sessionID checks and lower-cases an id.
func sessionID(s string) (schemas.SessionID, bool) {
	if _, ok := parseUUID(s); !ok {
		return "", false
	}
	return schemas.SessionID(strings.ToLower(s)), true
}

// parseUUID reads 36 characters of either case.
func parseUUID[T string | []byte](s T) (u [16]byte, ok bool) {
	if len(s) != 36 {
		return u, false
	}
	n := 0
	for i := 0; i < len(s); i += 2 {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return [16]byte{}, false
			}
			i++
		}
		high, low := nibble(s[i]), nibble(s[i+1])
		if high > 15 || low > 15 {
			return [16]byte{}, false
		}
		u[n] = high<<4 | low
		n++
	}
	return u, true
}

// nibble is the value of a hex digit, 16 for anything else.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// uuid reads the UUID in a JSON string, without a copy where nothing is escaped.
func uuid(v jsontext.Value) (u [16]byte, ok bool) {
	if v.Kind() != '"' {
		return u, false
	}
	if u, ok = parseUUID([]byte(v[1 : len(v)-1])); !ok {
		u, ok = parseUUID(text(v))
	}
	return u, ok
}

// scan walks the members of one JSON object that must fill body. member reads the value; nil skips
// all. Names that stand twice and bad UTF-8 are left to others.
func scan(body []byte, member func(name []byte, d *jsontext.Decoder) error) error {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	return s.scan(body, member, lax...)
}

// scanStrictly is a scan that refuses names that stand twice, at any depth, and bad UTF-8.
func scanStrictly(body []byte, member func(name []byte, d *jsontext.Decoder) error) error {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	return s.scan(body, member)
}

// A scanner is kept for its memory.
type scanner struct {
	dec  jsontext.Decoder
	from bytes.Buffer
}

// within is what the decoder read last as a part of body, where it stays.
func within(body []byte, v jsontext.Value, d *jsontext.Decoder) jsontext.Value {
	end := int(d.InputOffset())
	return body[end-len(v) : end : end]
}

var lax = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

var scanners = sync.Pool{New: func() any { return &scanner{} }}

func (s *scanner) scan(body []byte, member func(name []byte, d *jsontext.Decoder) error, opts ...jsontext.Options) error {
	s.from = *bytes.NewBuffer(body)
	d := &s.dec
	d.Reset(&s.from, opts...)
	defer func() { s.from = bytes.Buffer{} }()
	tok, err := d.ReadToken()
	if err != nil {
		return syntax(err)
	}
	if tok.Kind() != '{' {
		return errors.New("want an object")
	}
	for d.PeekKind() != '}' {
		name, err := memberName(body, d)
		if err != nil {
			return syntax(err)
		}
		if member == nil {
			err = d.SkipValue()
		} else {
			err = member(name, d)
		}
		if err != nil {
			return syntax(err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return syntax(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return errors.New("bytes after the end of the JSON text")
	}
	return nil
}

func memberName(body []byte, d *jsontext.Decoder) ([]byte, error) {
	quoted, err := d.ReadValue()
	if err != nil {
		return nil, err
	}
	name := within(body, quoted, d)[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		return jsontext.AppendUnquote(nil, quoted)
	}
	return name, nil
}

// members returns the members of an object that must fill body, as far as they could be read.
func members(body []byte, scan func([]byte, func([]byte, *jsontext.Decoder) error) error) (all []schemas.Member, err error) {
	err = scan(body, func(name []byte, d *jsontext.Decoder) error {
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		all = append(all, schemas.Member{Name: name, Value: within(body, v, d)})
		return nil
	})
	return all, err
}

// syntax takes from an error of jsontext what it quotes of the input.
func syntax(err error) error {
	var s *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.As(err, &s):
		return fmt.Errorf("not JSON at byte %d", s.ByteOffset)
	}
	return err
}
