package transform

import (
	"fmt"
	"slices"
	"strings"

	"kycsync/schemas"
)

// feed gives a scalar to every column that reads it.
func (f *Flattener) feed(n *node, v scalar) {
	for i := range n.reads {
		f.give(n, &n.reads[i], v)
	}
}

// feedJSON gives an object or list to the columns that want it as JSON.
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
	r := &t.row
	if !t.open || r.bad != nil {
		return
	}
	if rd.member != "" {
		r.parts = append(r.parts, keyPart{rd.column, rd.member, string(v.text)})
		return
	}
	c := t.at(rd.column)
	if c == nil {
		return // another spelling of the member came first
	}
	if want := f.setValue(c, rd.col, n, v); want != "" {
		f.withhold(r, rd.col, n.path, "want "+want, Shape(string(v.text)))
	}
}

// remember keeps a value for the rows within the element it stands in.
func (f *Flattener) remember(n *node, rd *read, v scalar) {
	for i := f.depth - 1; i >= 0; i-- {
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
	for i := f.depth - 1; i >= 0; i-- {
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
		if rd.table == r.table.index {
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
		switch t.stored[i].Path {
		case schemas.EnvBlock:
			t.at(i).text([]byte(f.mediaBlock()))
		case schemas.EnvFileOrdinal:
			t.at(i).int(f.file)
		case schemas.EnvMember:
			t.at(i).text([]byte(n.media))
		case schemas.EnvMediaPath:
			t.at(i).text(linkPath(v.text))
		}
	}
	for _, o := range f.plan.mediaFills.ordinals {
		if o.list < len(f.ordinals) {
			t.at(o.column).int(f.ordinals[o.list])
		}
	}
	t.rows++
}

// mediaBlock names the list of the decision that the file at hand belongs to.
func (f *Flattener) mediaBlock() string {
	for i := f.depth - 1; i > 0; i-- {
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
