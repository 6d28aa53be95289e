package transform

import (
	"strings"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-json-experiment/json/jsontext"
)

// tableRows are the rows of one table so far. A column may be shorter than there are rows: what
// is missing is null.
type tableRows struct {
	index  int
	table  *schemas.Table
	schema *arrow.Schema
	stored []schemas.Column
	cols   []column
	rows   int
	shared []int // columns that all rows of a version share
	row    row   // the one that is being read
	open   bool  // whether there is one: at most one row of a table is open
}

func newTableRows(i int, t *schemas.Table) *tableRows {
	r := &tableRows{index: i, table: t, schema: t.Arrow(), stored: t.Stored()}
	r.cols = make([]column, len(r.stored))
	for i, c := range r.stored {
		r.cols[i].kind = c.Kind
		switch c.Path {
		case schemas.EnvApplication, schemas.EnvSessionID, schemas.EnvSessionKind, schemas.EnvSessionNumber, schemas.EnvVersionSeq,
			schemas.EnvObservedAt, schemas.EnvRunID, schemas.EnvContentHash, schemas.EnvCode:
			r.shared = append(r.shared, i)
		}
	}
	return r
}

func (t *tableRows) reset() {
	t.rows, t.open = 0, false
	for i := range t.cols {
		t.cols[i].reset()
	}
}

func (t *tableRows) cut(n int) {
	t.rows, t.open = n, false
	for i := range t.cols {
		t.cols[i].cut(n)
	}
}

func (t *tableRows) batch() arrow.RecordBatch {
	arrays := make([]arrow.Array, len(t.cols))
	for i := range t.cols {
		t.cols[i].pad(t.rows)
		arrays[i] = t.cols[i].array()
		defer arrays[i].Release()
	}
	return array.NewRecordBatch(t.schema, arrays, int64(t.rows))
}

// at returns a column that is ready for the value of the open row, or nil when it has one.
func (t *tableRows) at(column int) *column {
	c := &t.cols[column]
	if c.n > t.rows {
		return nil
	}
	c.pad(t.rows)
	return c
}

// A row is one that is being read.
type row struct {
	*open
	table *tableRows
	bad   *Reject // set once a value could not be read: the row will be withheld
	extra []byte  // JSON object in the making
	parts []keyPart
}

// A keyPart is one member of a key that is made of several.
type keyPart struct {
	column int
	member string
	text   string
}

// A frame is one element that rows are made of, with what its own rows and the rows within it
// need from it.
type frame struct {
	rows  []*row
	later []later
}

// later is a value that rows within the frame get when the frame closes.
type later struct {
	read
	value column // holds one value at most
	first int    // the first row within the frame
}

func (f *Flattener) openFrame(n *node) {
	if len(f.frames) == f.depth {
		f.frames = append(f.frames, &frame{})
	}
	fr := f.frames[f.depth]
	f.depth++
	fr.rows = fr.rows[:0]
	for i := range n.opens {
		o := &n.opens[i]
		t := f.tables[o.table]
		t.open = true
		t.row = row{open: o, table: t, extra: t.row.extra[:0], parts: t.row.parts[:0]}
		fr.rows = append(fr.rows, &t.row)
	}
	for len(fr.later) < len(n.below) {
		fr.later = append(fr.later, later{})
	}
	fr.later = fr.later[:len(n.below)]
	for i, rd := range n.below {
		l := &fr.later[i]
		l.read, l.first, l.value.kind = rd, f.tables[rd.table].rows, rd.col.Kind
		l.value.reset()
	}
}

func (f *Flattener) closeFrame() {
	f.depth--
	fr := f.frames[f.depth]
	for _, r := range fr.rows {
		f.closeRow(r)
	}
	for i := range fr.later {
		l := &fr.later[i]
		t := f.tables[l.table]
		if l.value.n == 0 {
			continue
		}
		c := &t.cols[l.column]
		for c.pad(l.first); c.n < t.rows; {
			c.repeat(&l.value, 0)
		}
	}
}

// keep adds a member that no column reads to the frame's row; of several rows made of one element,
// to the widest. It reports whether the frame has a row that keeps such members.
func (fr *frame) keep(name string, value []byte) bool {
	var to *row
	for _, r := range fr.rows {
		if r.fills.extra >= 0 && (to == nil || len(r.table.stored) > len(to.table.stored)) {
			to = r
		}
	}
	if to == nil {
		return false
	}
	comma := byte(',')
	if len(to.extra) == 0 {
		comma = '{'
	}
	to.extra, _ = jsontext.AppendQuote(append(to.extra, comma), name)
	to.extra = append(append(to.extra, ':'), value...)
	return true
}

// closeRow completes the open row of a table, or withholds it.
func (f *Flattener) closeRow(r *row) {
	t := r.table
	t.open = false
	for _, i := range r.fills.required {
		if c := &t.cols[i]; c.n <= t.rows && r.bad == nil {
			f.withhold(r, &t.stored[i], join(r.source.Path, t.stored[i].Path), "missing", "")
		}
	}
	if r.bad != nil {
		for i := range t.cols {
			t.cols[i].cut(t.rows)
		}
		f.rejects = append(f.rejects, *r.bad)
		return
	}
	for _, k := range r.fills.consts {
		t.at(k.column).text(k.text)
	}
	for _, o := range r.fills.ordinals {
		if o.list < len(f.ordinals) {
			t.at(o.column).int(f.ordinals[o.list])
		}
	}
	if len(r.extra) > 0 {
		t.at(r.fills.extra).text(append(r.extra, '}'))
	}
	if len(r.parts) > 0 {
		for _, i := range r.fills.keys {
			r.fillKey(i)
		}
	}
	t.rows++
}

// fillKey joins the members of a key.
func (r *row) fillKey(column int) {
	var key []string
	some := false
	for _, member := range strings.Split(r.table.stored[column].Path, "+") {
		text := ""
		for _, p := range r.parts {
			if p.column == column && p.member == member {
				text, some = p.text, true
			}
		}
		key = append(key, text)
	}
	if some {
		r.table.at(column).text([]byte(strings.Join(key, "|")))
	}
}

// fillVersion fills the columns that all rows of the version share.
func (t *tableRows) fillVersion(v *Version, from int) {
	if t.rows == from {
		return
	}
	for _, i := range t.shared {
		c, col := &t.cols[i], &t.stored[i]
		c.pad(from)
		if c.n == t.rows {
			continue
		}
		put(c, col, v.env(col))
		for c.n < t.rows {
			c.repeat(c, from)
		}
	}
}

// env is the value of a column that all rows of a version share.
func (v *Version) env(col *schemas.Column) any {
	switch col.Path {
	case schemas.EnvApplication:
		return v.Application
	case schemas.EnvSessionID:
		return string(v.SessionID)
	case schemas.EnvSessionKind:
		return string(v.SessionKind)
	case schemas.EnvSessionNumber:
		if v.SessionNumber == 0 {
			return nil
		}
		return v.SessionNumber
	case schemas.EnvVersionSeq:
		return v.VersionSeq
	case schemas.EnvObservedAt:
		return v.ObservedAt
	case schemas.EnvRunID:
		return v.RunID
	case schemas.EnvContentHash:
		return v.ContentHash.String()
	}
	return v.Env[col.Name]
}

// withhold marks a row as unreadable. The session's own row is kept, with the value left out.
func (f *Flattener) withhold(r *row, col *schemas.Column, path, reason, shape string) {
	rej := Reject{Application: f.version.Application, SessionID: f.version.SessionID, Document: f.document,
		Table: r.table.table.Name, Scope: ScopeRow, Path: safePath(path), Reason: reason, Shape: shape}
	if r.root && (col == nil || col.Null) {
		rej.Scope = ScopeValue
		f.rejects = append(f.rejects, rej)
		return
	}
	if r.bad == nil {
		r.bad = &rej
	}
}
