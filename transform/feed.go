package transform

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

// feed gives a scalar to every column that reads it.
func (f *Flattener) feed(n *node, v scalar) {
	for i := range n.reads {
		f.give(n, &n.reads[i], v)
	}
}

// feedJSON gives a whole value to the columns that want it as JSON.
func (f *Flattener) feedJSON(n *node, v scalar) {
	for i := range n.reads {
		if r := &n.reads[i]; r.col.Kind == schemas.JSON {
			f.give(n, r, v)
		}
	}
}

func (f *Flattener) give(n *node, rd *read, v scalar) {
	if rd.frames > 0 {
		f.remember(n, rd, v)
		return
	}
	t := f.tables[rd.table]
	r := t.open
	if r == nil || r.bad != nil {
		return
	}
	if rd.member != "" {
		r.parts = append(r.parts, keyPart{rd.column, rd.member, string(v.text)})
		return
	}
	c := &t.cols[rd.column]
	if c.n > t.rows {
		return // another spelling of the member came first
	}
	if want := f.setValue(c, rd.col, n, v); want != "" {
		f.withhold(r, rd.col, n.path, "want "+want, Shape(string(v.text)))
		if r.root && rd.col.Null {
			c.null()
		}
	}
}

// remember keeps a value for the rows within the element it stands in.
func (f *Flattener) remember(n *node, rd *read, v scalar) {
	for i := len(f.frames) - 1; i >= 0; i-- {
		for j := range f.frames[i].later {
			l := &f.frames[i].later[j]
			if l.table == rd.table && l.column == rd.column && l.value.n == 0 {
				f.setValue(&l.value, rd.col, n, v)
				return
			}
		}
	}
}

func (f *Flattener) setValue(c *column, col *schemas.Column, n *node, v scalar) (want string) {
	want = set(c, col, v)
	if want == "" && len(col.Words) > 0 && v.kind == '"' && !slices.Contains(col.Words, string(c.bytesAt(c.n-1))) {
		f.drifted(n.path, DriftValue, code(v.text))
	}
	return want
}

// code returns a word as it may be shown: the vendor's codes are plain words; anything else is
// shown by its form.
func code(b []byte) string {
	words := strings.ReplaceAll(string(b), " ", "_")
	if len(b) <= 48 && safePath(words) == words {
		return string(b)
	}
	return Shape(string(b))
}

// clash withholds the row that a value of the wrong type stands in: an object where text was
// known, a text where an object was.
func (f *Flattener) clash(n *node, got string) {
	want := "object"
	if len(n.reads) > 0 {
		want = "text or number"
	}
	reason := fmt.Sprintf("want %s, got %s", want, got)
	for i := len(f.frames) - 1; i >= 0; i-- {
		rows := f.frames[i].rows
		for _, r := range rows {
			if len(n.opens) > 0 || f.touches(n, r) {
				f.withhold(r, nil, n.path, reason, got)
			}
		}
		if len(rows) > 0 {
			return
		}
	}
}

// touches reports whether the row has a column at or below the place.
func (f *Flattener) touches(n *node, r *row) bool {
	for _, rd := range n.reads {
		if rd.table == r.index {
			return true
		}
	}
	for _, m := range n.members {
		if f.touches(m, r) {
			return true
		}
	}
	return n.elem != nil && f.touches(n.elem, r)
}

// mediaRow adds the row of one media file: what it is and where it lay, without the link.
func (f *Flattener) mediaRow(n *node, v scalar) {
	if f.plan.media < 0 {
		return
	}
	t := f.tables[f.plan.media]
	for i := range t.cols {
		c, col := &t.cols[i], &t.stored[i]
		switch col.Path {
		case schemas.EnvBlock:
			c.text([]byte(f.mediaBlock()))
		case schemas.EnvOrdinal0, schemas.EnvOrdinal1, schemas.EnvOrdinal2:
			f.fillOrdinal(c, col.Path)
		case schemas.EnvFileOrdinal:
			c.int(f.file)
		case schemas.EnvMember:
			c.text([]byte(n.media))
		case schemas.EnvMediaPath:
			c.text(linkPath(v.text))
		}
	}
	t.rows++
}

// mediaBlock names the list of the decision that the file at hand belongs to.
func (f *Flattener) mediaBlock() string {
	for i := len(f.frames) - 1; i > 0; i-- {
		if rows := f.frames[i].rows; len(rows) > 0 {
			block, _, _ := strings.Cut(rows[0].source.Path, "[]")
			return block
		}
	}
	if f.document == schemas.Decision {
		return "session"
	}
	return string(f.document)
}

// Rows collects rows that the program makes itself, of one table.
type Rows struct{ t *tableRows }

// NewRows returns an empty collection.
func NewRows(t *schemas.Table) *Rows { return &Rows{newTableRows(0, t)} }

// Len returns the number of rows.
func (r *Rows) Len() int { return r.t.rows }

// Append adds a row from values by column name: string, int64, float64, bool, time.Time, or nil.
// A column that is not named is null. It panics when a value does not fit its column.
func (r *Rows) Append(values map[string]any) {
	known := 0
	for i := range r.t.cols {
		v, ok := values[r.t.stored[i].Name]
		if ok {
			known++
		}
		put(&r.t.cols[i], &r.t.stored[i], v)
	}
	if known != len(values) {
		panic("transform: a value for a column that " + r.t.table.Name + " does not have")
	}
	r.t.rows++
}

// Take calls use with all rows as one batch, valid only during the call, and empties the
// collection. It does nothing when there are none.
func (r *Rows) Take(use func(t *schemas.Table, rows arrow.RecordBatch) error) error {
	if r.t.rows == 0 {
		return nil
	}
	b := r.t.batch()
	defer r.t.reset()
	defer b.Release()
	return use(r.t.table, b)
}

func putValue(c *column, col *schemas.Column, v any) {
	switch v := v.(type) {
	case string:
		if c.kind == schemas.Text || c.kind == schemas.JSON {
			c.text([]byte(v))
			return
		}
	case []byte:
		if c.kind == schemas.Text || c.kind == schemas.JSON {
			c.text(v)
			return
		}
	case int64:
		if c.kind == schemas.Int {
			c.int(v)
			return
		}
	case float64:
		if c.kind == schemas.Float {
			c.float(v)
			return
		}
	case bool:
		if c.kind == schemas.Bool {
			c.bool(v)
			return
		}
	case time.Time:
		if c.kind == schemas.Time {
			c.int(v.UnixMicro())
			return
		}
	}
	panic(fmt.Sprintf("transform: column %s cannot hold a %T", col.Name, v))
}
