package transform

import (
	"crypto/sha256"
	"sync"

	"kycsync/schemas"
	"kycsync/schemas/strictjson"

	"github.com/go-json-experiment/json/jsontext"
)

// Gist is a hash of a document that costs a small part of its canonical form: of the members as
// received, less those that differ from one call to the next though nothing happened, secrets, links and
// volatile values. Documents with one gist have one content hash; those with two may have one, if the
// vendor writes the same in another way. It is zero where [strictjson] is in doubt: nothing can be said of
// such a document but by its canonical form.
func Gist(kind schemas.DocumentKind, members []schemas.Member) schemas.Digest {
	g := gists.Get().(*gist)
	defer gists.Put(g)
	defer g.Reset(nil)
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
	strictjson.Reader
	text  []byte
	root  *node
	found []found // the members of the document before, most of which have the same names in the same order
}

// found is what is known of a member.
type found struct {
	name    string
	quoted  []byte
	node    *node // nil: nothing
	skipped bool
}

// find returns what is known of the member at a position.
func (g *gist) find(i int, name []byte) found {
	if i < len(g.found) && g.found[i].name == string(name) {
		return g.found[i]
	}
	n, secret := g.root.named(name)
	f := found{string(name), nil, n, secret || n != nil && n.volatile}
	f.quoted, _ = jsontext.AppendQuote(nil, name)
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

// member adds a member, and reports whether it could be read.
func (g *gist) member(f found, m schemas.Member) bool {
	if f.skipped {
		return true
	}
	g.text = append(g.text, f.quoted...)
	if f.node == nil || !f.node.passing || len(m.Value) == 0 {
		g.text = append(g.text, m.Value...)
		return true
	}
	g.Reset(m.Value)
	g.value(f.node)
	return g.End()
}

func (g *gist) value(n *node) {
	kind := g.Kind()
	switch {
	case n == nil || !n.passing:
		g.raw()
	case kind == '{' && n.elem != nil:
		g.object(n.elem) // a lone object where a list is known
	case kind == '{':
		g.object(n)
	case kind == '[':
		g.array(n.elem)
	case kind == '"' && n.media != "":
		g.text = append(g.text, `"link"`...)
		g.Value()
	default:
		g.raw()
	}
}

func (g *gist) raw() { g.text = append(g.text, g.Value()...) }

func (g *gist) array(elem *node) {
	g.text = append(g.text, '[')
	g.Array(func() {
		g.value(elem)
		g.text = append(g.text, ',')
	})
	g.text = append(g.text, ']')
}

func (g *gist) object(n *node) {
	g.text = append(g.text, '{')
	g.Object(func(name []byte) {
		start := len(g.text)
		g.text = append(append(append(g.text, '"'), name...), '"')
		member, secret := n.named(name)
		g.value(member)
		if secret || member != nil && member.volatile {
			g.text = g.text[:start]
		}
	})
	g.text = append(g.text, '}')
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
