package transform

import (
	"bytes"
	"slices"
	"strings"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/go-json-experiment/json/jsontext"
)

// A Flattener turns versions into rows, one set of columns per table. It is not safe for
// concurrent use; several work side by side.
type Flattener struct {
	plan    *plan
	tables  []*tableRows
	rejects []Reject
	drift   map[driftKey]*Drift

	// Of the version at hand.
	version  *Version
	document schemas.DocumentKind
	frames   []*frame // the first depth are open, the others wait for reuse
	depth    int
	ordinals []int64
	file     int64 // position among the files of one member
	scratch  []byte
	decoders []*decoder // one for the document, one for each value within a value; the first level are in use
	level    int
}

type driftKey struct {
	document   schemas.DocumentKind
	path, code string
}

// NewFlattener returns a Flattener for all tables of the program.
func NewFlattener() *Flattener {
	f := &Flattener{plan: defaultPlan, drift: map[driftKey]*Drift{}}
	for i, t := range f.plan.tables {
		f.tables = append(f.tables, newTableRows(i, t))
	}
	return f
}

// Add appends the rows of one version. It never fails: what cannot be read is among Rejects, and
// rows plus withheld rows are the elements of the documents. The documents must have passed
// Canonicalize; one that is not even JSON is rejected whole.
func (f *Flattener) Add(v Version) {
	v.Documents = inOrder(v.Documents)
	f.version = &v
	marks := make([]int, len(f.tables))
	for i, t := range f.tables {
		marks[i] = t.rows
	}
	rejects := len(f.rejects)
	if err := f.documents(v.Documents); err != nil {
		for i, t := range f.tables {
			t.cut(marks[i])
		}
		f.depth, f.level, f.ordinals = 0, 0, f.ordinals[:0]
		f.rejects = append(f.rejects[:rejects], Reject{Application: v.Application, SessionID: v.SessionID,
			Document: f.document, Scope: ScopeDocument, Reason: err.Error()})
		return
	}
	for i, t := range f.tables {
		t.fillVersion(&v, marks[i])
	}
}

// inOrder returns the documents with a detail before its list row: what both say is read from the
// one that comes first. The kinds' names happen to sort so: decision, list_row; user, user_row.
func inOrder(docs []schemas.Document) []schemas.Document {
	byKind := func(a, b schemas.Document) int { return strings.Compare(string(a.Kind), string(b.Kind)) }
	if slices.IsSortedFunc(docs, byKind) {
		return docs
	}
	return slices.SortedFunc(slices.Values(docs), byKind)
}

// documents walks the documents in one row for the whole: the row that the session or entity is.
func (f *Flattener) documents(docs []schemas.Document) error {
	var whole node
	for _, d := range docs {
		if root := f.plan.roots[d.Kind]; root != nil {
			whole.opens = append(whole.opens, root.opens...)
			whole.below = append(whole.below, root.below...)
		}
	}
	f.openFrame(&whole)
	for _, d := range docs {
		root := f.plan.roots[d.Kind]
		if root == nil {
			continue
		}
		f.document = d.Kind
		dec := f.decode(d.Body)
		if err := f.content(dec, root, dec.PeekKind()); err != nil {
			return unreadable(err, dec)
		}
		f.level--
	}
	f.closeFrame()
	return nil
}

// A decoder is kept for reuse.
type decoder struct {
	jsontext.Decoder
	from bytes.Buffer
	text []byte // a copy of what is read, where it is part of another text
}

// decode starts to read a text one level below the present one. Names were found unique when the
// document became canonical.
func (f *Flattener) decode(text []byte) *jsontext.Decoder {
	if f.level == len(f.decoders) {
		f.decoders = append(f.decoders, &decoder{})
	}
	d := f.decoders[f.level]
	f.level++
	d.from = *bytes.NewBuffer(text)
	d.Reset(&d.from, jsontext.AllowDuplicateNames(true))
	return &d.Decoder
}

// decodeCopy is decode of a text that the next read of another decoder would overwrite.
func (f *Flattener) decodeCopy(text []byte) *jsontext.Decoder {
	if f.level == len(f.decoders) {
		f.decoders = append(f.decoders, &decoder{})
	}
	d := f.decoders[f.level]
	d.text = append(d.text[:0], text...)
	return f.decode(d.text)
}

// at reads the value that stands at a known place.
func (f *Flattener) at(dec *jsontext.Decoder, n *node) error {
	if n.secret {
		return dec.SkipValue()
	}
	kind := dec.PeekKind()
	if n.json {
		return f.capture(dec, n, kind)
	}
	if n.unless != "" && f.has(n.unless) {
		return dec.SkipValue()
	}
	if n.elem == nil {
		if len(n.opens) > 0 && kind != 'n' {
			return f.framed(dec, n, kind)
		}
		return f.content(dec, n, kind)
	}
	if kind != '[' {
		if kind == 'n' {
			return dec.SkipValue()
		}
		if n.media != "" {
			return f.content(dec, n.elem, kind)
		}
		return f.element(dec, n.elem, kind, 0)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for i := int64(0); ; i++ {
		kind := dec.PeekKind()
		if kind == ']' {
			f.file = 0
			_, err := dec.ReadToken()
			return err
		}
		var err error
		if n.media != "" {
			f.file = i
			err = f.content(dec, n.elem, kind)
		} else {
			err = f.element(dec, n.elem, kind, i)
		}
		if err != nil {
			return err
		}
	}
}

// has reports whether the version at hand has a document of that kind.
func (f *Flattener) has(kind schemas.DocumentKind) bool {
	return slices.ContainsFunc(f.version.Documents, func(d schemas.Document) bool { return d.Kind == kind })
}

// element reads one element of a list, which rows may be made of.
func (f *Flattener) element(dec *jsontext.Decoder, n *node, kind jsontext.Kind, ordinal int64) error {
	if kind == 'n' {
		return dec.SkipValue()
	}
	f.ordinals = append(f.ordinals, ordinal)
	err := f.framed(dec, n, kind)
	f.ordinals = f.ordinals[:len(f.ordinals)-1]
	return err
}

// framed reads a value that rows may be made of.
func (f *Flattener) framed(dec *jsontext.Decoder, n *node, kind jsontext.Kind) error {
	f.openFrame(n)
	if err := f.content(dec, n, kind); err != nil {
		return err
	}
	f.closeFrame()
	return nil
}

// content reads the value itself: members, or a scalar that columns are fed with.
func (f *Flattener) content(dec *jsontext.Decoder, n *node, kind jsontext.Kind) error {
	switch kind {
	case '{':
		if len(n.members) == 0 && len(n.reads) > 0 {
			f.clash(n, "object")
			return dec.SkipValue()
		}
		return f.members(dec, n)
	case '[':
		f.clash(n, "list")
		return dec.SkipValue()
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if raw[0] == 'n' {
		return nil
	}
	v := scalar{kind: kind, raw: raw, text: raw}
	if kind == '"' {
		v.text = unquote(raw, f.scratch)
	}
	switch {
	case n.media != "":
		f.mediaRow(n, v)
	case len(n.reads) > 0:
		f.feed(n, v)
	case len(n.members) > 0:
		f.clash(n, "text or number")
	}
	return nil
}

// members reads an object. The members of a canonical document come in order, like those of the
// plan: most are found by going on in it.
func (f *Flattener) members(dec *jsontext.Decoder, n *node) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for i := 0; dec.PeekKind() != '}'; {
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		name := unquote(raw, f.scratch)
		for i < len(n.sorted) && n.sorted[i].name < string(name) {
			i++
		}
		var m *node
		if i < len(n.sorted) && n.sorted[i].name == string(name) {
			m = n.sorted[i]
		} else {
			m = n.members[string(name)]
		}
		switch {
		case m != nil:
			err = f.at(dec, m)
		case n.anything || secretNames[string(name)]:
			err = dec.SkipValue()
		default:
			err = f.unknown(dec, n, string(name))
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// capture takes the whole value as JSON and then walks it for the columns that want parts of it.
func (f *Flattener) capture(dec *jsontext.Decoder, n *node, kind jsontext.Kind) error {
	raw, err := dec.ReadValue()
	if err != nil || kind == 'n' {
		return err
	}
	v := scalar{kind: kind, raw: raw, text: raw}
	if kind != '{' && kind != '[' {
		if kind == '"' {
			v.text = unquote(raw, f.scratch)
		}
		f.feed(n, v)
		return nil
	}
	f.feedJSON(n, v)
	if n.inner == nil {
		return nil
	}
	err = f.at(f.decodeCopy(raw), n.inner)
	f.level--
	return err
}

// unknown keeps a member that no column reads beside the row it stands in.
func (f *Flattener) unknown(dec *jsontext.Decoder, n *node, name string) error {
	kind := dec.PeekKind()
	raw, err := dec.ReadValue()
	if err != nil || kind == 'n' {
		return err
	}
	f.drifted(join(n.path, name), DriftField, jsonType(kind))
	rel := join(n.rel, name)
	if len(n.opens) > 0 {
		rel = name
	}
	if fr := f.frames[0]; f.depth == 1 && len(fr.rows) > 0 && f.document != fr.rows[0].source.Document {
		rel = string(f.document) + "." + rel
	}
	for i := f.depth - 1; i >= 0; i-- {
		if f.frames[i].keep(rel, raw) {
			return nil
		}
	}
	return nil
}

func jsonType(k jsontext.Kind) string {
	switch k {
	case '"':
		return "text"
	case '0':
		return "number"
	case 't', 'f':
		return "boolean"
	case '{':
		return "object"
	case '[':
		return "list"
	}
	return "null"
}

func (f *Flattener) drifted(path, kind, example string) {
	key := driftKey{f.document, path, ""}
	if kind == DriftValue {
		key.code = example
	}
	d := f.drift[key]
	if d == nil {
		d = &Drift{Document: f.document, Path: safePath(path), Kind: kind, Example: example, First: f.version.SessionID}
		f.drift[key] = d
	}
	d.Count++
}

// Rejects returns what could not be read since the last Take.
func (f *Flattener) Rejects() []Reject { return f.rejects }

// Drift returns what no column expected since the last Take, in order of document and path.
func (f *Flattener) Drift() []Drift {
	out := make([]Drift, 0, len(f.drift))
	for _, d := range f.drift {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Drift) int {
		return strings.Compare(string(a.Document)+a.Path+a.Example, string(b.Document)+b.Path+b.Example)
	})
	return out
}

// Rows returns how many rows of a table have been added since the last Take.
func (f *Flattener) Rows(table string) int { return f.tables[f.plan.index[table]].rows }

// Take calls use with each table that has rows, in the order of schemas.Tables, and then empties
// the Flattener. A batch is valid only during the call.
func (f *Flattener) Take(use func(t *schemas.Table, rows arrow.RecordBatch) error) error {
	defer func() {
		for _, t := range f.tables {
			t.reset()
		}
		f.rejects, f.drift = nil, map[driftKey]*Drift{}
	}()
	for _, t := range f.tables {
		if t.rows == 0 {
			continue
		}
		b := t.batch()
		err := use(t.table, b)
		b.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
