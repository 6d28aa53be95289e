package transform

import (
	"bytes"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

var readers = sync.Pool{New: func() any { return &decoder{} }}

// reading calls use with a decoder of the text, whose names were found unique unless opts say more.
func reading(text []byte, use func(*jsontext.Decoder) error, opts ...jsontext.Options) error {
	d := readers.Get().(*decoder)
	defer readers.Put(d)
	d.from = *bytes.NewBuffer(text)
	d.Reset(&d.from, append([]jsontext.Options{jsontext.AllowDuplicateNames(true)}, opts...)...)
	return use(&d.Decoder)
}

// eachMember calls visit with the name of each member of the object that comes next; visit reads the
// member's value, and the name is valid until then. What is no object is passed over.
func eachMember(dec *jsontext.Decoder, visit func(name []byte) error) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		raw, err := dec.ReadValue()
		if err == nil {
			err = visit(unquote(raw, nil))
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// eachElement calls visit before each element of the list that comes next; visit reads it. What is
// no list is a list of one, and null is none.
func eachElement(dec *jsontext.Decoder, visit func() error) error {
	switch dec.PeekKind() {
	case '[':
	case 'n':
		return dec.SkipValue()
	default:
		return visit()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := visit(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// readScalar reads the value that comes next. It is false where that is null, an object or a list.
func readScalar(dec *jsontext.Decoder) (v scalar, ok bool, err error) {
	raw, err := dec.ReadValue()
	if err != nil {
		return v, false, err
	}
	v = scalar{kind: raw.Kind(), raw: raw, text: raw}
	if v.kind == '"' {
		v.text = unquote(raw, nil)
	}
	return v, v.kind != 'n' && v.kind != '{' && v.kind != '[', nil
}
