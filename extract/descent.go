package extract

import (
	"context"
	"maps"
	"math"
	"slices"
)

// A leaf is one page of a list, as far as a descent looks into it.
type leaf interface {
	marks() []mark // of the rows that identify themselves, in the list's order
	size() int     // rows, the others included
	more() bool    // the list goes on
}

// A mark is how a row is recognised, and where it stands.
type mark struct {
	key  rowKey
	rank int64 // what the list is in descending order of; 0: unknown
}

// A rowKey identifies a row: its UUID, or for an unreadable row a hash of what identifies it best.
type rowKey [16]byte

// A descent reads a list from its top to its end, in pages that each repeat the last rows of the
// one before.
//
// Offsets shift when rows are added, go away or move to the top while the list is read. What is
// added or moves pushes the others down, and they come twice. What goes away pulls them up, and
// some would be skipped. So each page must join the one before: it shows one of its rows, at the rank that
// the row had there, or begins with a row of a higher rank than its last one. If it does not, the descent
// steps back until it does. It is not enough that a page shows a row seen further above: other rows may have
// moved in between the two since. What moved to the top before it was seen, and what is new, stands in the
// head: again reads that, down to a row that stands where it stood, and once more if that took several pages,
// between which a row may have moved too.
//
// That rests on each page being read after those above it. One that was asked for early (ahead.go)
// may have been read before them. It is taken only if it shows the last row of the page above, at the
// rank that it had there: then the row has not moved between the two, nothing has that stands below it in
// both, and it does not matter which was read first. Else the page is asked for again.
type descent[P leaf] struct {
	ahead[P]
	look func(p P, offset int) // sees each page in its turn; nil: nobody does
	rows func(P) int           // of the whole list, as the page counts them; -1: unknown
	take func(P) error         // gets each page that joins the one before, and notes its rows

	seen    map[rowKey]int64 // rank of each row when it was read last; 0: unknown, or only in head
	head    map[rowKey]int64 // rank of each row of the head that is being read again; nil: none is
	above   []mark           // of the page above
	pages   int              // seen in their turn
	steps   int              // back
	barren  int              // pages in a row that showed nothing new
	ranked  int              // pages of the head with rows of known rank
	chained bool             // pages share rows, ranks descend, and the head came to rest
}

const (
	overlap   = 3   // rows that two neighbouring pages share
	maxSteps  = 20  // back, before the pages count as not chained
	maxHeads  = 10  // readings of the head, before the list counts as moving too fast
	maxBarren = 100 // pages in a row that only repeat: the list has no end
)

// newDescent reads no page ahead.
func newDescent[P leaf](read func(context.Context, int) (P, error)) *descent[P] {
	d := &descent[P]{seen: map[rowKey]int64{}, chained: true}
	d.read = read
	return d
}

// down reads the list until stop says of a page that it is the last one wanted; nil: to its end,
// and ahead.
func (d *descent[P]) down(ctx context.Context, stop func(P) bool) error {
	defer d.abandon()
	for offset, stride := 0, 0; ; {
		p, err := d.next(ctx, offset)
		if err != nil {
			return err
		}
		d.pages++
		if d.look != nil {
			d.look(p, offset)
		}
		rows := p.marks()
		if !descending(rows) {
			d.chained = false
		}
		if offset > 0 && !d.joins(rows) {
			if d.steps++; d.steps <= maxSteps {
				stride = max(2*stride, p.size(), overlap)
				offset = max(0, offset-stride)
				continue
			}
			d.chained = false
		}
		stride = 0
		before := len(d.seen)
		if err := d.take(p); err != nil {
			return err
		}
		if stop != nil && stop(p) || !p.more() || d.endless(rows, before) {
			return nil
		}
		step := max(1, p.size()-overlap)
		offset += step
		d.above = rows
		if stop == nil && d.most > 1 && p.size() > overlap {
			d.follow(ctx, offset, step, d.rows(p))
		}
	}
}

// next returns the page at an offset, one that was read after those above it or might have been.
func (d *descent[P]) next(ctx context.Context, offset int) (P, error) {
	p, early, err := d.get(ctx, offset)
	if err != nil || !early {
		return p, err
	}
	if n := len(d.above); n > 0 && slices.Contains(p.marks(), d.above[n-1]) {
		return p, nil
	}
	return d.ask(ctx, offset)
}

// again reads the head until one page holds all of it whose rank is known; rows of unknown rank do
// not move within the list. A list of one page was read at one instant and has no head.
func (d *descent[P]) again(ctx context.Context) error {
	if d.pages == 1 {
		return nil
	}
	for range maxHeads {
		d.ranked = 0
		d.head = map[rowKey]int64{}
		if err := d.down(ctx, d.stands); err != nil {
			return err
		}
		maps.Copy(d.seen, d.head)
		if d.ranked <= 1 {
			return nil
		}
	}
	d.chained = false
	return nil
}

// joins reports whether nothing can stand between the page above and one with these rows.
func (d *descent[P]) joins(rows []mark) bool {
	if len(rows) == 0 || len(d.above) == 0 {
		return false
	}
	if first, last := rows[0].rank, d.above[len(d.above)-1].rank; last > 0 && first > last {
		return true
	}
	return slices.ContainsFunc(rows, func(m mark) bool { return slices.Contains(d.above, m) })
}

// stands reports whether the page of the head shows a row that has not moved since the list, or the
// head, was read before.
func (d *descent[P]) stands(p P) bool {
	ranked, found := false, false
	for _, m := range p.marks() {
		d.head[m.key] = m.rank
		ranked = ranked || m.rank != 0
		found = found || m.rank != 0 && d.seen[m.key] == m.rank
	}
	if ranked {
		d.ranked++
	}
	return found
}

// note takes a row in and reports whether it is new.
func (d *descent[P]) note(m mark) bool {
	if _, ok := d.seen[m.key]; ok {
		return false
	}
	if d.head != nil {
		m.rank = 0
	}
	d.seen[m.key] = m.rank
	return true
}

// endless finds a list that repeats the same rows and says that there are more.
func (d *descent[P]) endless(rows []mark, before int) bool {
	if d.head != nil || len(rows) == 0 || len(d.seen) > before {
		d.barren = 0
		return false
	}
	d.barren++
	if d.barren == maxBarren {
		d.chained = false
	}
	return d.barren == maxBarren
}

// descending looks past ranks that are unknown.
func descending(rows []mark) bool {
	last := int64(math.MaxInt64)
	for _, m := range rows {
		if m.rank == 0 {
			continue
		}
		if m.rank > last {
			return false
		}
		last = m.rank
	}
	return true
}
