package transform

import (
	"bytes"
	"crypto/sha256"
	"sync"

	"kycsync/schemas"

	"github.com/go-json-experiment/json/jsontext"
)

// Gist is a hash of a document that costs a small part of its canonical form: of the members as
// received, less those that differ from one call to the next though nothing happened, secrets, links and
// volatile values. Documents with one gist have one content hash; those with two may have one, if the
// vendor writes the same in another way. It is zero for what is not JSON.
func Gist(kind schemas.DocumentKind, members []schemas.Member) schemas.Digest {
	g := gists.Get().(*gist)
	defer gists.Put(g)
	g.text = g.text[:0]
	if root := defaultPlan.roots[kind]; g.root != root {
		g.root, g.found = root, nil
	}
	for i, m := range members {
		if !g.member(g.find(i, m.Name), m) {
			return schemas.Digest{}
		}
	}
	return sha256.Sum256(g.text)
}

var gists = sync.Pool{New: func() any { return &gist{} }}

// A gist is the text that is hashed, in the making.
type gist struct {
	dec   jsontext.Decoder
	from  bytes.Buffer
	text  []byte
	root  *node
	found []found // the members of the document before, most of which have the same names in the same order
}

// found is what is known of a member.
type found struct {
	name    string
	node    *node // nil: nothing
	skipped bool
}

var gistOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// find returns what is known of the member at a position.
func (g *gist) find(i int, name []byte) found {
	if i < len(g.found) && g.found[i].name == string(name) {
		return g.found[i]
	}
	n, secret := g.root.named(name)
	f := found{string(name), n, secret || n != nil && n.volatile}
	switch {
	case i < len(g.found):
		g.found[i] = f
	case i < maxFound:
		g.found = append(g.found, f)
	}
	return f
}

// maxFound is for how many members of a document a place is kept.
const maxFound = 64

func (g *gist) member(f found, m schemas.Member) bool {
	if f.skipped {
		return true
	}
	g.text, _ = jsontext.AppendQuote(g.text, m.Name)
	if f.node == nil || !f.node.passing {
		g.text = append(g.text, m.Value...)
		return true
	}
	if f.node.media != "" && len(m.Value) > 0 && m.Value[0] == '"' {
		g.text = append(g.text, `"link"`...)
		return true
	}
	g.from = *bytes.NewBuffer(m.Value)
	defer func() { g.from = bytes.Buffer{} }()
	g.dec.Reset(&g.from, gistOptions...)
	return g.value(f.node) == nil
}

func (g *gist) value(n *node) error {
	kind := g.dec.PeekKind()
	if n == nil || !n.passing {
		return g.raw()
	}
	switch {
	case kind == '{' && n.elem != nil:
		return g.object(n.elem) // a lone object where a list is known
	case kind == '{':
		return g.object(n)
	case kind == '[':
		return g.array(n.elem)
	case kind == '"' && n.media != "":
		g.text = append(g.text, `"link"`...)
		return g.dec.SkipValue()
	}
	return g.raw()
}

func (g *gist) raw() error {
	value, err := g.dec.ReadValue()
	g.text = append(g.text, value...)
	return err
}

func (g *gist) array(elem *node) error {
	if _, err := g.dec.ReadToken(); err != nil {
		return err
	}
	g.text = append(g.text, '[')
	for g.dec.PeekKind() != ']' {
		if err := g.value(elem); err != nil {
			return err
		}
		g.text = append(g.text, ',')
	}
	g.text = append(g.text, ']')
	_, err := g.dec.ReadToken()
	return err
}

func (g *gist) object(n *node) error {
	if _, err := g.dec.ReadToken(); err != nil {
		return err
	}
	g.text = append(g.text, '{')
	for g.dec.PeekKind() != '}' {
		name, err := g.dec.ReadValue()
		if err != nil {
			return err
		}
		start := len(g.text)
		g.text = append(g.text, name...)
		member, secret := n.named(name[1 : len(name)-1])
		if err := g.value(member); err != nil {
			return err
		}
		if secret || member != nil && member.volatile {
			g.text = g.text[:start]
		}
	}
	g.text = append(g.text, '}')
	_, err := g.dec.ReadToken()
	return err
}

// named finds the member of a name. One that is written with escapes, where it is nested, is not known,
// and counts as content.
func (n *node) named(name []byte) (m *node, secret bool) {
	if n != nil {
		if m = n.members[string(name)]; m != nil {
			return m, m.secret
		}
	}
	return nil, secretNames[string(name)]
}
