package transform

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"kycsync/schemas"

	"github.com/go-json-experiment/json/jsontext"
)

// Canonical is a document as it is kept.
type Canonical struct {
	JSON           []byte         // keys sorted, white space dropped, number literals untouched, secrets gone, links cut to their path
	ContentSHA256  schemas.Digest // of what means something: without volatile values, sets in one order
	ReceivedSHA256 schemas.Digest // of the bytes as received
}

// ErrUnreadable says that a document is not strict JSON (duplicate names, invalid UTF-8, bytes
// after the end) or is beyond the limits. The text of the error holds nothing of the document.
var ErrUnreadable = errors.New("document is not readable")

// Canonicalize reads one document strictly. The error wraps ErrUnreadable and names what is wrong
// and where, by path and offset.
func Canonicalize(kind schemas.DocumentKind, body []byte) (Canonical, error) {
	c := canonizers.Get().(*canonizer)
	defer canonizers.Put(c)
	c.begin(body)
	if err := c.document(defaultPlan.roots[kind]); err != nil {
		return Canonical{}, fmt.Errorf("%s of %d bytes: %w", kind, len(body), err)
	}
	return Canonical{JSON: bytes.Clone(c.full.text), ContentSHA256: sha256.Sum256(c.content.text), ReceivedSHA256: sha256.Sum256(body)}, nil
}

var canonizers = sync.Pool{New: func() any { return &canonizer{} }}

// ContentHash is the hash of a version: of the content hashes of its documents, by kind.
func ContentHash(docs map[schemas.DocumentKind]schemas.Digest) schemas.Digest {
	h := sha256.New()
	for _, kind := range slices.Sorted(maps.Keys(docs)) {
		fmt.Fprintf(h, "%s %s\n", kind, docs[kind])
	}
	return schemas.Digest(h.Sum(nil))
}

// A canonizer writes a document twice while it reads it once: in full, and without what means
// nothing. Members are written in the order they come and put in order when their object ends.
type canonizer struct {
	dec     jsontext.Decoder
	from    bytes.Buffer
	full    output
	content output
	depth   int
	values  int
	scratch []byte // for unquoting
}

// An output is a text in the making, with the parts of all objects and arrays still open.
type output struct {
	text  []byte
	parts []part
	spare []byte
}

// A part is one member or element. Its text is text[start:end]; that of a member begins with its
// name in quotes.
type part struct{ start, name, end int32 }

// arrange rewrites everything from base on as the parts from first on, with commas between them.
func (o *output) arrange(first, base int) {
	o.spare = o.spare[:0]
	for i, p := range o.parts[first:] {
		if i > 0 {
			o.spare = append(o.spare, ',')
		}
		o.spare = append(o.spare, o.text[p.start:p.end]...)
	}
	o.text = append(o.text[:base], o.spare...)
	o.parts = o.parts[:first]
}

// byName sorts members by their names.
func (o *output) byName(first int) {
	slices.SortFunc(o.parts[first:], func(a, b part) int {
		return bytes.Compare(o.text[a.start+1:a.name-1], o.text[b.start+1:b.name-1])
	})
}

// byText sorts elements by what they are.
func (o *output) byText(first int) {
	slices.SortFunc(o.parts[first:], func(a, b part) int {
		return bytes.Compare(o.text[a.start:a.end], o.text[b.start:b.end])
	})
}

func (c *canonizer) begin(body []byte) {
	c.from = *bytes.NewBuffer(body)
	c.dec.Reset(&c.from)
	c.full.text, c.full.parts = c.full.text[:0], c.full.parts[:0]
	c.content.text, c.content.parts = c.content.text[:0], c.content.parts[:0]
	c.depth, c.values = 0, 0
}

func (c *canonizer) document(root *node) error {
	if err := c.value(root); err != nil {
		return unreadable(err, &c.dec)
	}
	if _, err := c.dec.ReadToken(); err != io.EOF {
		return fmt.Errorf("%w: bytes after the end at offset %d", ErrUnreadable, c.dec.InputOffset())
	}
	return nil
}

// unreadable says what is wrong without the parser's own words, which may quote the document.
func unreadable(err error, dec *jsontext.Decoder) error {
	what := "syntax error"
	switch {
	case errors.Is(err, ErrUnreadable):
		return err
	case errors.Is(err, jsontext.ErrDuplicateName):
		what = "duplicate member name"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		what = "unexpected end"
	case strings.Contains(err.Error(), "UTF-8"), strings.Contains(err.Error(), "surrogate"):
		what = "invalid UTF-8"
	}
	return fmt.Errorf("%w: %s at offset %d", ErrUnreadable, what, dec.InputOffset())
}

func (c *canonizer) value(n *node) error {
	if c.values++; c.values > MaxValues {
		return fmt.Errorf("%w: more than %d values", ErrUnreadable, MaxValues)
	}
	switch c.dec.PeekKind() {
	case '{':
		return c.nested(n, c.object)
	case '[':
		return c.nested(n, c.array)
	}
	raw, err := c.dec.ReadValue()
	if err != nil {
		return err
	}
	c.scalar(n, raw)
	return nil
}

func (c *canonizer) nested(n *node, walk func(*node) error) error {
	if c.depth++; c.depth > MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrUnreadable, MaxDepth)
	}
	if n != nil && n.elem != nil && c.dec.PeekKind() == '{' {
		n = n.elem // a lone object where a list is known
	}
	err := walk(n)
	c.depth--
	return err
}

func (c *canonizer) scalar(n *node, raw []byte) {
	if raw[0] != '"' {
		c.both(raw)
		return
	}
	text := unquote(raw, c.scratch)
	link := n != nil && n.media != ""
	if link || signed(text) {
		text = linkPath(text)
	}
	start := len(c.full.text)
	c.full.text, _ = jsontext.AppendQuote(c.full.text, text)
	if link {
		c.content.text = append(c.content.text, `"link"`...) // where a link points changes on every call
	} else {
		c.content.text = append(c.content.text, c.full.text[start:]...)
	}
}

var (
	braces   = []byte("{}")
	brackets = []byte("[]")
	colon    = []byte(":")
)

func (c *canonizer) both(b []byte) {
	c.full.text, c.content.text = append(c.full.text, b...), append(c.content.text, b...)
}

func (c *canonizer) object(n *node) error {
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	c.both(braces[:1])
	firstF, firstC, baseF, baseC := len(c.full.parts), len(c.content.parts), len(c.full.text), len(c.content.text)
	for c.dec.PeekKind() != '}' {
		raw, err := c.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := c.member(n, unquote(raw, c.scratch)); err != nil {
			return err
		}
	}
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	c.full.byName(firstF)
	c.content.byName(firstC)
	c.full.arrange(firstF, baseF)
	c.content.arrange(firstC, baseC)
	c.both(braces[1:])
	return nil
}

func (c *canonizer) member(n *node, name []byte) error {
	var m *node
	if n != nil {
		m = n.members[string(name)]
	}
	if m != nil && m.secret || m == nil && secretNames[string(name)] {
		return c.dec.SkipValue()
	}
	f, t := len(c.full.text), len(c.content.text)
	c.full.text, _ = jsontext.AppendQuote(c.full.text, name)
	label := len(c.full.text) - f
	c.content.text = append(c.content.text, c.full.text[f:]...)
	c.both(colon)
	v := len(c.content.text)
	if err := c.value(m); err != nil {
		return err
	}
	c.full.parts = append(c.full.parts, part{int32(f), int32(f + label), int32(len(c.full.text))})
	if m != nil && m.volatile || nothing(m, c.content.text[v:]) {
		c.content.text = c.content.text[:t]
	} else {
		c.content.parts = append(c.content.parts, part{int32(t), int32(t + label), int32(len(c.content.text))})
	}
	return nil
}

// nothing reports whether a member says no more than its absence: null, or an empty list where
// rows come from.
func nothing(n *node, value []byte) bool {
	return string(value) == "null" || n != nil && n.elem != nil && string(value) == "[]"
}

func (c *canonizer) array(n *node) error {
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	var elem *node
	if n != nil {
		elem = n.elem
	}
	c.both(brackets[:1])
	firstF, firstC, baseF, baseC := len(c.full.parts), len(c.content.parts), len(c.full.text), len(c.content.text)
	for c.dec.PeekKind() != ']' {
		f, t := len(c.full.text), len(c.content.text)
		if err := c.value(elem); err != nil {
			return err
		}
		c.full.parts = append(c.full.parts, part{start: int32(f), end: int32(len(c.full.text))})
		c.content.parts = append(c.content.parts, part{start: int32(t), end: int32(len(c.content.text))})
	}
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	if n != nil && n.set {
		c.content.byText(firstC)
	}
	c.full.arrange(firstF, baseF)
	c.content.arrange(firstC, baseC)
	c.both(brackets[1:])
	return nil
}
