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

// An Unreadable is a document that is not strict JSON (duplicate names, invalid UTF-8, bytes after
// the end) or is beyond the limits. It holds nothing of the document.
type Unreadable struct {
	Reason string
	Offset int64 // in bytes, where the reader stood
}

// Error says what is wrong and where.
func (u *Unreadable) Error() string {
	return fmt.Sprintf("document is not readable: %s at offset %d", u.Reason, u.Offset)
}

// Canonicalize reads one document strictly. The error is an *Unreadable.
func Canonicalize(kind schemas.DocumentKind, body []byte) (Canonical, error) {
	c := canonizers.Get().(*canonizer)
	defer canonizers.Put(c)
	c.begin(body)
	if err := c.document(defaultPlan.roots[kind]); err != nil {
		return Canonical{}, err
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
	members []member // of all objects still open
	depth   int
	values  int
	scratch []byte // for unquoting
}

// An output is a text in the making.
type output struct {
	text  []byte
	spare []byte
}

// A span is a piece of an output.
type span struct{ start, end int32 }

// A member is one of an object. An empty span is a member that the output leaves out.
type member struct {
	rank          int32 // orders it among the members that the plan knows; see place
	name          span  // in the full output, without quotes
	full, content span
}

// arrange rewrites everything from base on as these pieces of it, with commas between them.
func (o *output) arrange(base int, pieces func(yield func(span) bool)) {
	o.spare = o.spare[:0]
	for p := range pieces {
		if len(o.spare) > 0 {
			o.spare = append(o.spare, ',')
		}
		o.spare = append(o.spare, o.text[p.start:p.end]...)
	}
	o.text = append(o.text[:base], o.spare...)
}

func (c *canonizer) begin(body []byte) {
	c.from = *bytes.NewBuffer(body)
	c.dec.Reset(&c.from, jsontext.AllowDuplicateNames(true)) // found when members are put in order
	c.full.text, c.content.text, c.members = c.full.text[:0], c.content.text[:0], c.members[:0]
	c.depth, c.values = 0, 0
}

func (c *canonizer) document(root *node) error {
	if err := c.value(root); err != nil {
		return unreadable(err, &c.dec)
	}
	if _, err := c.dec.ReadToken(); err != io.EOF {
		return c.refuse("bytes after the end")
	}
	return nil
}

func (c *canonizer) refuse(format string, args ...any) error {
	return &Unreadable{fmt.Sprintf(format, args...), c.dec.InputOffset()}
}

// unreadable says what is wrong without the parser's own words, which may quote the document.
func unreadable(err error, dec *jsontext.Decoder) error {
	reason := "syntax error"
	switch u := (*Unreadable)(nil); {
	case errors.As(err, &u):
		return u
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		reason = "unexpected end"
	case errors.Is(err, jsontext.ErrDuplicateName):
		reason = "duplicate member name"
	case strings.Contains(err.Error(), "UTF-8"), strings.Contains(err.Error(), "surrogate"):
		reason = "invalid UTF-8"
	}
	return &Unreadable{reason, dec.InputOffset()}
}

func (c *canonizer) value(n *node) error {
	if c.values++; c.values > MaxValues {
		return c.refuse("more than %d values", MaxValues)
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
		return c.refuse("nested deeper than %d", MaxDepth)
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
	link := n != nil && n.media != ""
	if !link && bytes.IndexByte(raw, '\\') < 0 && !signed(raw) {
		c.both(raw) // without escapes there is only one way to write it
		return
	}
	text := unquote(raw, c.scratch)
	if link {
		text = linkPath(text)
	} else if signed(text) {
		text = closed(text)
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
	comma    = []byte(",")
)

func (c *canonizer) both(b []byte) {
	c.full.text, c.content.text = append(c.full.text, b...), append(c.content.text, b...)
}

func (c *canonizer) object(n *node) error {
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	c.both(braces[:1])
	first, full, content := len(c.members), len(c.full.text), len(c.content.text)
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
	if err := c.order(first); err != nil {
		return err
	}
	members := c.members[first:]
	c.full.arrange(full, func(yield func(span) bool) {
		for _, m := range members {
			if m.full.start < m.full.end && !yield(m.full) {
				return
			}
		}
	})
	c.content.arrange(content, func(yield func(span) bool) {
		for _, m := range members {
			if m.content.start < m.content.end && !yield(m.content) {
				return
			}
		}
	})
	c.members = c.members[:first]
	c.both(braces[1:])
	return nil
}

// order sorts the members from first on by their names, and finds names that come twice.
func (c *canonizer) order(first int) error {
	members := c.members[first:]
	name := func(m member) []byte { return c.full.text[m.name.start:m.name.end] }
	slices.SortFunc(members, func(a, b member) int {
		if a.rank != b.rank {
			return int(a.rank - b.rank)
		}
		return bytes.Compare(name(a), name(b))
	})
	for i := 1; i < len(members); i++ {
		if members[i].rank == members[i-1].rank && bytes.Equal(name(members[i]), name(members[i-1])) {
			return c.refuse("duplicate member name")
		}
	}
	return nil
}

// place finds the member of the plan, and where the name stands among those that the plan knows:
// a known one has an odd rank, one between two known ones the even rank between theirs.
func (n *node) place(name []byte) (m *node, rank int32) {
	if n == nil {
		return nil, 0
	}
	if m := n.members[string(name)]; m != nil {
		return m, m.rank
	}
	i, _ := slices.BinarySearchFunc(n.sorted, name, func(m *node, name []byte) int { return strings.Compare(m.name, string(name)) })
	return nil, int32(2 * i)
}

func (c *canonizer) member(n *node, name []byte) error {
	m, rank := n.place(name)
	secret := m != nil && m.secret || m == nil && secretNames[string(name)]
	f, t := int32(len(c.full.text)), int32(len(c.content.text))
	c.full.text, _ = jsontext.AppendQuote(c.full.text, name)
	label := span{f + 1, int32(len(c.full.text)) - 1}
	c.content.text = append(c.content.text, c.full.text[f:]...)
	c.both(colon)
	v := len(c.content.text)
	if err := c.value(m); err != nil {
		return err
	}
	out := member{rank: rank, name: label, full: span{f, int32(len(c.full.text))}, content: span{t, int32(len(c.content.text))}}
	if secret {
		out.full = span{}
	}
	if secret || m != nil && m.volatile || nothing(m, c.content.text[v:]) {
		out.content = span{}
	}
	c.members = append(c.members, out)
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
	var elements []span // in the content, of a list whose order means nothing
	base := len(c.content.text)
	for i := 0; c.dec.PeekKind() != ']'; i++ {
		if i > 0 {
			c.both(comma)
		}
		start := int32(len(c.content.text))
		if err := c.value(elem); err != nil {
			return err
		}
		if n != nil && n.set {
			elements = append(elements, span{start, int32(len(c.content.text))})
		}
	}
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	if len(elements) > 1 {
		text := func(s span) []byte { return c.content.text[s.start:s.end] }
		slices.SortFunc(elements, func(a, b span) int { return bytes.Compare(text(a), text(b)) })
		c.content.arrange(base, slices.Values(elements))
	}
	c.both(brackets[1:])
	return nil
}
