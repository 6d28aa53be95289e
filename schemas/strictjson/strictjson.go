// Package strictjson walks JSON text in place, as fast as lists of a hundred thousand rows ask for. It answers
// only where it is sure: what it has walked without a doubt, the strict decoder of jsontext reads in the same
// way. Of everything else it says nothing, and the caller asks jsontext: text that is not JSON, names that stand
// twice, bad UTF-8, but also names with an escape, and objects of more members or deeper than records are.
package strictjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What is left to jsontext.
const (
	maxDepth   = 32
	maxMembers = 200
)

// A Reader stands before a value of a text. Once in doubt it reads nothing more and calls nobody. The zero
// Reader has nothing to read.
type Reader struct {
	text  []byte
	at    int
	doubt bool
	depth int
	names []name // of the objects that are open
}

// A name is one of an open object.
type name struct {
	trait      uint64 // equal names have equal ones
	start, end int
}

// Reset puts the Reader before the first value of a text, which must not change while it is read.
func (r *Reader) Reset(text []byte) {
	r.text, r.at, r.doubt, r.depth, r.names = text, 0, false, 0, r.names[:0]
}

// End reports whether the text was read to its end, without a doubt.
func (r *Reader) End() bool { return r.Kind() == 0 && !r.doubt }

// Kind is the first byte of the value that comes next; 0 at the end and in doubt.
func (r *Reader) Kind() byte {
	if !r.doubt && r.at < len(r.text) && r.text[r.at] > ' ' {
		return r.text[r.at]
	}
	return r.pastSpace()
}

func (r *Reader) pastSpace() byte {
	for !r.doubt && r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		case 0:
			return r.fail()
		default:
			return c
		}
	}
	return 0
}

func (r *Reader) fail() byte {
	r.doubt = true
	return 0
}

// Value reads the value that comes next and returns it as a part of the text; nil in doubt.
func (r *Reader) Value() []byte {
	kind := r.Kind()
	start := r.at
	switch kind {
	case '{':
		r.object(nil)
	case '[':
		r.array(nil)
	case '"':
		r.quoted()
	case 't':
		r.word("true")
	case 'f':
		r.word("false")
	case 'n':
		r.word("null")
	default:
		r.number()
	}
	if r.doubt {
		return nil
	}
	return r.text[start:r.at:r.at]
}

// Object reads the object that comes next. visit is called with the name of each member, without quotes, and
// must read its value. It returns the object as a part of the text, nil in doubt, as of what is no object.
func (r *Reader) Object(visit func(name []byte)) []byte {
	kind := r.Kind()
	start := r.at
	if kind != '{' {
		r.fail()
		return nil
	}
	if r.object(visit); r.doubt {
		return nil
	}
	return r.text[start:r.at:r.at]
}

// Array reads the array that comes next. visit is called before each element and must read it. It
// returns false in doubt, as of what is no array.
func (r *Reader) Array(visit func()) bool {
	if r.Kind() != '[' {
		r.fail()
		return false
	}
	r.array(visit)
	return !r.doubt
}

// object reads an object, to whose brace the Reader has come.
func (r *Reader) object(visit func(name []byte)) {
	r.open()
	first := len(r.names)
	for more := r.Kind() != '}'; more && !r.doubt; more = r.more('}') {
		name := r.name(first)
		if r.Kind() != ':' {
			r.fail()
			return
		}
		r.at++
		if visit == nil {
			r.Value()
		} else if !r.doubt {
			visit(name)
		}
	}
	r.names = r.names[:first]
	r.shut()
}

// array reads an array, to whose bracket the Reader has come.
func (r *Reader) array(visit func()) {
	r.open()
	for more := r.Kind() != ']'; more && !r.doubt; more = r.more(']') {
		if visit == nil {
			r.Value()
		} else {
			visit()
		}
	}
	r.shut()
}

func (r *Reader) open() {
	r.at++
	if r.depth++; r.depth > maxDepth {
		r.fail()
	}
}

func (r *Reader) shut() {
	r.at++ // where the loop found it
	r.depth--
}

// more reads what stands between two elements, or comes to what ends them.
func (r *Reader) more(end byte) bool {
	switch r.Kind() {
	case ',':
		r.at++
		return true
	case end:
	default:
		r.fail()
	}
	return false
}

// name reads the name of a member. That of no member since first is equal to it.
func (r *Reader) name(first int) []byte {
	if r.Kind() != '"' {
		r.fail()
		return nil
	}
	start := r.at + 1
	if escaped := r.quoted(); escaped || r.doubt || len(r.names)-first >= maxMembers {
		r.fail()
		return nil
	}
	text := r.text[start : r.at-1 : r.at-1]
	n := name{trait(text), start, r.at - 1}
	for _, m := range r.names[first:] {
		if m.trait == n.trait && bytes.Equal(r.text[m.start:m.end], text) {
			r.fail()
			return nil
		}
	}
	r.names = append(r.names, n)
	return text
}

// trait tells most names apart by their length and both ends.
func trait(name []byte) uint64 {
	n := len(name)
	if n >= 8 {
		return binary.LittleEndian.Uint64(name) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(name[n-8:]), 29) ^ uint64(n)
	}
	t := uint64(n)
	for _, c := range name {
		t = t<<8 | uint64(c)
	}
	return t
}

// Eight bytes at a time: a byte of the mask is 0x80 where one of the text ends or escapes a string, is a
// control character or not of ASCII, and below the first such byte it is 0.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func special(w uint64) uint64 {
	quote, back := w^(ones*'"'), w^(ones*'\\')
	return ((w - ones*0x20) | (quote - ones) | (back - ones) | w) & highs
}

// quoted reads the string whose quote the Reader has come to, and reports whether anything is escaped in it.
func (r *Reader) quoted() (escaped bool) {
	start, ascii := r.at, true
	i := r.at + 1
	for {
		for ; i+8 <= len(r.text); i += 8 {
			if m := special(binary.LittleEndian.Uint64(r.text[i:])); m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
		}
		if i >= len(r.text) {
			r.fail()
			return escaped
		}
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			if escaped || !ascii {
				r.judge(r.text[start:r.at], escaped, ascii)
			}
			return escaped
		case c == '\\':
			escaped = true
			i++
		case c < 0x20:
			r.fail()
			return escaped
		case c >= utf8.RuneSelf:
			ascii = false
		}
		i++
	}
}

// judge doubts a string of bad UTF-8 or escapes.
func (r *Reader) judge(quoted []byte, escaped, ascii bool) {
	if !ascii && !utf8.Valid(quoted) {
		r.fail()
	}
	if escaped {
		if _, err := jsontext.AppendUnquote(nil, quoted); err != nil {
			r.fail()
		}
	}
}

func (r *Reader) word(w string) {
	if !bytes.HasPrefix(r.text[r.at:], []byte(w)) {
		r.fail()
		return
	}
	r.at += len(w)
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func (r *Reader) number() {
	r.one("-")
	if !r.one("0") && r.digits() == 0 {
		r.fail()
	}
	if r.one(".") && r.digits() == 0 {
		r.fail()
	}
	if r.one("eE") {
		r.one("+-")
		if r.digits() == 0 {
			r.fail()
		}
	}
}

// one reads one of these bytes if it comes next.
func (r *Reader) one(of string) bool {
	if r.at < len(r.text) {
		for i := range len(of) {
			if r.text[r.at] == of[i] {
				r.at++
				return true
			}
		}
	}
	return false
}

func (r *Reader) digits() (n int) {
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
		n++
	}
	return n
}
