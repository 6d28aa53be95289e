package lake

import (
	"cmp"
	"fmt"
	"slices"

	"kycsync/schemas"
)

// Span returns the first and the last commit that may have brought rows of the part: the one that added
// it, or, where it was made of older parts, those that added them.
func (p Part) Span() (first, last int64) {
	switch {
	case p.LastSeq > 0:
		return p.FirstSeq, p.LastSeq
	case p.Level > 0: // a replay made all history again
		return 1, p.AddedBySeq
	}
	return p.AddedBySeq, p.AddedBySeq
}

// InOrder returns the live parts of a table in the order in which their rows came to the lake: of two
// rows the one in the later part, or further down in it, is the newer.
func (c *Commit) InOrder(table string) []Part {
	parts := make([]Part, 0, len(c.Tables[table]))
	for name, p := range c.Tables[table] {
		p.Name = name
		parts = append(parts, p)
	}
	Sort(parts)
	return parts
}

// Sort puts parts of one table into the order of InOrder.
func Sort(parts []Part) {
	slices.SortFunc(parts, func(a, b Part) int {
		_, lastA := a.Span()
		_, lastB := b.Span()
		return cmp.Or(cmp.Compare(lastA, lastB), cmp.Compare(a.Name, b.Name))
	})
}

// holdsRowsOf returns what says that c, a compaction, lost or invented rows of its parent, as far as
// figures tell: a table has as many rows in the parts that are new as in those that are gone. Of state,
// only the last row of each key needs to stay.
func (c *Commit) holdsRowsOf(parent *Commit) error {
	for table := range union(c.Tables, parent.Tables) {
		gone, goneFirst, goneLast := less(parent.Tables[table], c.Tables[table])
		fresh, first, last := less(c.Tables[table], parent.Tables[table])
		t := schemas.Lookup(table)
		state := t == nil || t.History == schemas.State // of a table that only a newer program knows we cannot tell
		switch {
		case fresh > gone, fresh < gone && !state, fresh == 0 && gone > 0:
			return fmt.Errorf("table %s has %d rows in new parts, and %d in those that are gone", table, fresh, gone)
		case first < goneFirst, last > goneLast:
			return fmt.Errorf("table %s has new parts with rows of commits %d to %d, and those that are gone had %d to %d", table, first, last, goneFirst, goneLast)
		}
	}
	return nil
}

func union(a, b map[string]map[string]Part) map[string]bool {
	out := map[string]bool{}
	for name := range a {
		out[name] = true
	}
	for name := range b {
		out[name] = true
	}
	return out
}

// less returns the rows and the span of the parts in a that are not in b.
func less(a, b map[string]Part) (rows, first, last int64) {
	for name, p := range a {
		if _, ok := b[name]; ok {
			continue
		}
		from, to := p.Span()
		if first == 0 || from < first {
			first = from
		}
		rows, last = rows+p.Rows, max(last, to)
	}
	return rows, first, last
}
