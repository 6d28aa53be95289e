package transform

import (
	"fmt"
	"slices"
	"strings"

	"kycsync/schemas"
)

// A plan is the paths of all columns, compiled: one tree per kind of document.
type plan struct {
	tables []*schemas.Table
	index  map[string]int // table name to position
	roots  map[schemas.DocumentKind]*node
	media  int // position of table media, -1 where there is none

	mediaFills fills
}

// A node is one place in a document. Its path is what the vendor's page would call it.
type node struct {
	path     string // from the document: "aml_screenings[].hits[].id"
	rel      string // from the element of the enclosing row
	members  map[string]*node
	sorted   []*node // the members in order of name, which is the order of a canonical document
	name     string  // as a member
	rank     int32   // among the members: 2 × position in sorted + 1
	elem     *node   // element of the list that stands here; a lone object is a list of one
	reads    []read
	opens    []open // rows that each value at this place is made into
	json     bool   // some column takes the whole value as JSON
	inner    *node  // the same place without those columns, where others want parts of the value
	media    string // kind of the media file that a link here stands for
	secret   bool
	volatile bool
	passing  bool                 // something here or below is secret, volatile or a link
	set      bool                 // list whose order means nothing
	unless   schemas.DocumentKind // list that is passed over where the version has that document
	below    []read               // columns of rows within this element that are fed from here
	anything bool                 // members that nobody names belong to a JSON column here or above
}

// A read feeds one column from one place.
type read struct {
	table, column int    // positions
	frames        int    // 0: the row of the element itself; 1: rows of elements within it, and so on
	member        string // part of a key made of several members
	col           *schemas.Column
}

// An open starts a row.
type open struct {
	table  int
	source *schemas.Source
	root   bool // the row that stands for the whole session or entity
	fills  fills
}

// fills are the columns of a row that the document does not give, and those that it must.
type fills struct {
	consts   []constant
	ordinals []ordinal
	keys     []int // made of several members
	required []int // from the document, and never null
	extra    int   // keeps members that no column reads; -1: the table has no such column
}

type constant struct {
	column int
	text   []byte
}

type ordinal struct{ column, list int }

func fillsOf(t *schemas.Table, s *schemas.Source) fills {
	f := fills{extra: -1}
	for i, c := range t.Stored() {
		text, fixed := s.Const[c.Name]
		switch {
		case fixed:
			f.consts = append(f.consts, constant{i, []byte(text)})
		case c.Path == schemas.EnvOrdinal0:
			f.ordinals = append(f.ordinals, ordinal{i, 0})
		case c.Path == schemas.EnvOrdinal1:
			f.ordinals = append(f.ordinals, ordinal{i, 1})
		case c.Path == schemas.EnvOrdinal2:
			f.ordinals = append(f.ordinals, ordinal{i, 2})
		case c.Path == schemas.EnvExtra:
			f.extra = i
		case strings.HasPrefix(c.Path, "$"), strings.HasPrefix(c.Path, "../"):
			// filled when the version, or the element around, is complete
		case strings.Contains(c.Path, "+"):
			f.keys = append(f.keys, i)
		case !c.Null:
			f.required = append(f.required, i)
		}
	}
	return f
}

// step is one element of a path: a member name, or an element of a list.
type step struct {
	name string
	list bool // the member is a list, and the path goes on in its elements
}

func steps(path string) []step {
	if path == "" || path == "." {
		return nil
	}
	var out []step
	for _, s := range strings.Split(path, ".") {
		name, list := strings.CutSuffix(s, "[]")
		out = append(out, step{name, list})
	}
	return out
}

// compile builds the plan. It panics when a definition cannot be run: that is a mistake in
// schemas, and every test would show it.
func compile(tables []schemas.Table) *plan {
	p := &plan{index: map[string]int{}, roots: map[schemas.DocumentKind]*node{}, media: -1}
	for i := range tables {
		t := &tables[i]
		p.tables = append(p.tables, t)
		p.index[t.Name] = i
		if t.Name == "media" {
			p.media, p.mediaFills = i, fillsOf(t, &schemas.Source{})
		}
	}
	for ti, t := range p.tables {
		for si := range t.Sources {
			p.addSource(ti, &t.Sources[si])
		}
	}
	for kind, names := range schemas.Given {
		for _, name := range names {
			p.root(kind).child(step{name: name})
		}
	}
	for _, r := range p.roots {
		r.finish(false)
		r.check(nil)
		r.split()
	}
	return p
}

func (p *plan) root(d schemas.DocumentKind) *node {
	if p.roots[d] == nil {
		p.roots[d] = &node{}
	}
	return p.roots[d]
}

// child returns the node below n for the step, made if need be.
func (n *node) child(s step) *node {
	if n.members == nil {
		n.members = map[string]*node{}
	}
	c := n.members[s.name]
	if c == nil {
		c = &node{path: join(n.path, s.name), rel: join(n.rel, s.name)}
		n.members[s.name] = c
	}
	if !s.list {
		return c
	}
	if c.elem == nil {
		c.elem = &node{path: c.path + "[]", rel: c.rel + "[]"}
	}
	return c.elem
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// addSource puts the rows of one source, and the columns it feeds, into the tree.
func (p *plan) addSource(ti int, s *schemas.Source) {
	t := p.tables[ti]
	at := p.root(s.Document)
	frames := []*node{at} // elements that rows are made of, outermost first
	list := at
	for _, st := range steps(s.Path) {
		list = at
		at = at.child(st)
		if st.list {
			list = list.members[st.name]
			frames = append(frames, at)
		}
	}
	if s.Set {
		list.set = true
	}
	if s.Unless != "" {
		list.unless = s.Unless
	}
	if at != frames[len(frames)-1] {
		frames = append(frames, at) // a lone object
	}
	at.opens = append(at.opens, open{table: ti, source: s, root: s.Path == "", fills: fillsOf(t, s)})
	columns := t.Stored()
	physical := map[string]int{}
	for i, c := range columns {
		physical[c.Name] = i
	}
	for ci := range t.Columns {
		c := &t.Columns[ci]
		pos, ok := physical[c.Name]
		if !ok {
			pos = -1
		}
		_, fixed := s.Const[c.Name]
		switch {
		case !fixed:
			p.addColumn(ti, pos, c, frames)
		case strings.HasPrefix(c.Path, "../"):
			panic(fmt.Sprintf("transform: %s.%s: a value from the element around cannot be constant elsewhere", t.Name, c.Name))
		}
	}
}

// addColumn puts the places that feed one column into the tree.
func (p *plan) addColumn(ti, pos int, c *schemas.Column, frames []*node) {
	if strings.HasPrefix(c.Path, "$") {
		return
	}
	for _, alt := range strings.Split(c.Path, "|") {
		members := strings.Split(alt, "+")
		for _, path := range members {
			rd := read{table: ti, column: pos, col: c}
			if len(members) > 1 {
				rd.member = path
			}
			base, up := frames[len(frames)-1], 0
			if doc, rest, ok := strings.Cut(path, ":"); ok {
				base, path = p.root(schemas.DocumentKind(doc)), rest
			}
			for strings.HasPrefix(path, "../") {
				path, up = path[3:], up+1
			}
			if up > 0 {
				if up >= len(frames) {
					panic(fmt.Sprintf("transform: %s.%s: path %q leaves the document", p.tables[ti].Name, c.Name, c.Path))
				}
				base = frames[len(frames)-1-up]
				rd.frames = up
				base.below = append(base.below, rd)
			}
			n := base
			for _, st := range steps(path) {
				n = n.child(st)
			}
			n.feed(rd)
		}
	}
}

func (n *node) feed(rd read) {
	c := rd.col
	switch {
	case c.Class == schemas.Secret:
		n.secret = true
	case c.Kind == schemas.Media:
		n.media = c.Name
		if n.elem == nil {
			n.elem = &node{path: n.path + "[]", rel: n.rel + "[]", media: c.Name}
		}
	default:
		n.reads = append(n.reads, rd)
		n.json = n.json || c.Kind == schemas.JSON
		n.volatile = n.volatile || c.Volatile
	}
}

// split separates the columns that take a whole value from those that take its parts.
func (n *node) split() {
	if n.json && (n.members != nil || n.elem != nil || len(n.opens) > 0) {
		inner := *n
		inner.json, inner.reads = false, nil
		n.inner = &inner
	}
	for _, m := range n.members {
		m.split()
	}
	if n.elem != nil {
		n.elem.split()
	}
}

// finish makes paths relative to their rows and passes down what holds for whole subtrees.
func (n *node) finish(anything bool) {
	n.anything = anything || n.json
	for name, m := range n.members {
		m.rel = join(n.rel, name)
		if len(n.opens) > 0 {
			m.rel = name
		}
		m.name = name
		n.sorted = append(n.sorted, m)
		m.finish(n.anything)
	}
	slices.SortFunc(n.sorted, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	for i, m := range n.sorted {
		m.rank = int32(2*i + 1)
	}
	if n.elem != nil {
		n.elem.rel = n.rel + "[]"
		n.elem.finish(n.anything)
	}
	n.passing = n.secret || n.volatile || n.media != "" || n.elem != nil && n.elem.passing ||
		slices.ContainsFunc(n.sorted, func(m *node) bool { return m.passing })
}

// check panics when a row would open while another of its table is open.
func (n *node) check(open []int) {
	for _, o := range n.opens {
		if slices.Contains(open, o.table) {
			panic("transform: rows within rows of one table at " + n.path)
		}
		open = append(slices.Clone(open), o.table)
	}
	for _, m := range n.members {
		m.check(open)
	}
	if n.elem != nil {
		n.elem.check(open)
	}
}

// defaultPlan is the plan of the program's own tables.
var defaultPlan = compile(schemas.Tables)
