package transform

import (
	"fmt"
	"strings"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-json-experiment/json/jsontext"
)

// tableRows are the rows of one table so far.
type tableRows struct {
	index  int
	table  *schemas.Table
	stored []schemas.Column
	cols   []column
	rows   int
	open   *row // at most one row of a table is open
}

func newTableRows(i int, t *schemas.Table) *tableRows {
	r := &tableRows{index: i, table: t, stored: t.Stored()}
	r.cols = make([]column, len(r.stored))
	for i, c := range r.stored {
		r.cols[i].kind = c.Kind
	}
	return r
}

func (t *tableRows) reset() {
	t.rows, t.open = 0, nil
	for i := range t.cols {
		t.cols[i].reset()
	}
}

func (t *tableRows) cut(n int) {
	t.rows, t.open = n, nil
	for i := range t.cols {
		if t.cols[i].n > n {
			t.cols[i].cut(n)
		}
	}
}

func (t *tableRows) batch() arrow.RecordBatch {
	arrays := make([]arrow.Array, len(t.cols))
	for i := range t.cols {
		arrays[i] = t.cols[i].array()
		defer arrays[i].Release()
	}
	return array.NewRecordBatch(t.table.Arrow(), arrays, int64(t.rows))
}

// A row is one that is being read.
type row struct {
	*tableRows
	source *schemas.Source
	root   bool
	bad    *Reject // set once a value could not be read: the row will be withheld
	extra  []byte  // JSON object in the making
	parts  []keyPart
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
}

// keep adds a member that no column reads to the frame's row; of several rows made of one element,
// to the widest. It reports whether the frame has a row that keeps such members.
func (fr *frame) keep(name string, value []byte) bool {
	var to *row
	for _, r := range fr.rows {
		if r.column(schemas.EnvExtra) >= 0 && (to == nil || len(r.stored) > len(to.stored)) {
			to = r
		}
	}
	if to == nil {
		return false
	}
	if to.extra == nil {
		to.extra = append(to.extra, '{')
	} else {
		to.extra = append(to.extra, ',')
	}
	to.extra, _ = jsontext.AppendQuote(to.extra, name)
	to.extra = append(append(to.extra, ':'), value...)
	return true
}

// column returns the position of the column with that path, -1 where the table has none.
func (t *tableRows) column(path string) int {
	for i, c := range t.stored {
		if c.Path == path {
			return i
		}
	}
	return -1
}

func (f *Flattener) openFrame(n *node) {
	var fr *frame
	if k := len(f.spare); k > 0 {
		fr, f.spare = f.spare[k-1], f.spare[:k-1]
	} else {
		fr = &frame{}
	}
	fr.rows, fr.later = fr.rows[:0], fr.later[:0]
	for _, o := range n.opens {
		t := f.tables[o.table]
		r := &row{tableRows: t, source: o.source, root: o.root}
		t.open = r
		fr.rows = append(fr.rows, r)
	}
	for _, l := range n.below {
		fr.later = append(fr.later, later{read: l, value: column{kind: l.col.Kind}})
	}
	f.frames = append(f.frames, fr)
}

func (f *Flattener) closeFrame() {
	fr := f.frames[len(f.frames)-1]
	for _, r := range fr.rows {
		f.closeRow(r)
	}
	for i := range fr.later {
		l := &fr.later[i]
		t := f.tables[l.table]
		for c := &t.cols[l.column]; c.n < t.rows; {
			c.repeat(&l.value, l.value.n-1)
		}
	}
	f.frames = f.frames[:len(f.frames)-1]
	f.spare = append(f.spare, fr)
}

// closeRow completes the open row of a table, or withholds it.
func (f *Flattener) closeRow(r *row) {
	t := r.tableRows
	t.open = nil
	for i := range t.cols {
		c, col := &t.cols[i], &t.stored[i]
		if c.n > t.rows || r.bad != nil {
			continue
		}
		if f.fillRow(r, i, c, col) {
			continue
		}
		if !col.Null {
			f.withhold(r, col, join(r.source.Path, col.Path), "missing", "")
			continue
		}
		c.null()
	}
	if r.bad != nil {
		for i := range t.cols {
			if t.cols[i].n > t.rows {
				t.cols[i].cut(t.rows)
			}
		}
		f.rejects = append(f.rejects, *r.bad)
		return
	}
	t.rows++
}

// fillRow fills a column from what the flattener knows of the row. It reports false where the
// value should have come from the document.
func (f *Flattener) fillRow(r *row, i int, c *column, col *schemas.Column) bool {
	if v, ok := r.source.Const[col.Name]; ok {
		c.text([]byte(v))
		return true
	}
	switch col.Path {
	case schemas.EnvOrdinal0, schemas.EnvOrdinal1, schemas.EnvOrdinal2:
		f.fillOrdinal(c, col.Path)
	case schemas.EnvExtra:
		if r.extra == nil {
			c.null()
		} else {
			c.text(append(r.extra, '}'))
		}
	default:
		if strings.HasPrefix(col.Path, "$") || strings.HasPrefix(col.Path, "../") {
			return true // filled when the version, or the element around, is complete
		}
		if strings.Contains(col.Path, "+") {
			key, some := r.key(i, col.Path)
			if some {
				c.text([]byte(key))
				return true
			}
		}
		return false
	}
	return true
}

// key joins the members of a key. some is false when none of them was there.
func (r *row) key(col int, path string) (key string, some bool) {
	for i, member := range strings.Split(path, "+") {
		if i > 0 {
			key += "|"
		}
		for _, p := range r.parts {
			if p.column == col && p.member == member {
				key, some = key+p.text, true
			}
		}
	}
	return key, some
}

// fillOrdinal appends the position of the element at hand in the first, second or third list
// around it; null where there are not so many.
func (f *Flattener) fillOrdinal(c *column, path string) {
	i := 0
	switch path {
	case schemas.EnvOrdinal1:
		i = 1
	case schemas.EnvOrdinal2:
		i = 2
	}
	if i < len(f.ordinals) {
		c.int(f.ordinals[i])
	} else {
		c.null()
	}
}

// fillVersion fills the columns that all rows of the version share.
func (t *tableRows) fillVersion(f *Flattener, from int) {
	if t.rows == from {
		return
	}
	v := f.version
	for i := range t.cols {
		c, col := &t.cols[i], &t.stored[i]
		for c.n < t.rows {
			switch col.Path {
			case schemas.EnvApplication:
				c.text([]byte(v.Application))
			case schemas.EnvSessionID:
				c.text([]byte(v.SessionID))
			case schemas.EnvSessionKind:
				c.text([]byte(v.SessionKind))
			case schemas.EnvSessionNumber:
				if v.SessionNumber == 0 {
					c.null()
				} else {
					c.int(v.SessionNumber)
				}
			case schemas.EnvVersionSeq:
				c.int(v.VersionSeq)
			case schemas.EnvObservedAt:
				c.int(v.ObservedAt.UnixMicro())
			case schemas.EnvRunID:
				c.text([]byte(v.RunID))
			case schemas.EnvContentHash:
				c.text([]byte(v.ContentHash))
			default:
				put(c, col, v.Env[col.Name])
			}
		}
	}
}

// withhold marks a row as unreadable. The session's own row is kept, with the value left out.
func (f *Flattener) withhold(r *row, col *schemas.Column, path, reason, shape string) {
	rej := Reject{Application: f.version.Application, SessionID: f.version.SessionID, Document: f.document,
		Table: r.table.Name, Scope: ScopeRow, Path: safePath(path), Reason: reason, Shape: shape}
	if r.root && (col == nil || col.Null) {
		rej.Scope = ScopeValue
		f.rejects = append(f.rejects, rej)
		return
	}
	if r.bad == nil {
		r.bad = &rej
	}
}

// put appends a value made by the program. It panics on a type that is not the column's.
func put(c *column, col *schemas.Column, v any) {
	if v == nil {
		if !col.Null {
			panic(fmt.Sprintf("transform: column %s must not be null", col.Name))
		}
		c.null()
		return
	}
	putValue(c, col, v)
}
