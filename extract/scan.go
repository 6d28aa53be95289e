package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// text is the text of a JSON string, empty for any other value.
func text(v jsontext.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(b)
}

// sessionID checks and lower-cases an id.
func sessionID(s string) (schemas.SessionID, bool) {
	if len(s) != 36 {
		return "", false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash && c != '-' || !dash && !hex {
			return "", false
		}
	}
	return schemas.SessionID(strings.ToLower(s)), true
}

// scan walks the members of one JSON object that must fill body. member reads the value; nil
// skips all. Names that stand twice and bad UTF-8 are left to others.
func scan(body []byte, member func(name string, d *jsontext.Decoder) error) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	tok, err := d.ReadToken()
	if err != nil {
		return syntax(err)
	}
	if tok.Kind() != '{' {
		return errors.New("want an object")
	}
	for d.PeekKind() != '}' {
		tok, err := d.ReadToken()
		if err != nil {
			return syntax(err)
		}
		if member == nil {
			err = d.SkipValue()
		} else {
			err = member(tok.String(), d)
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
