package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kycsync/schemas"
)

// sized makes parts of so many KiB, in order.
func sized(kib ...int64) (parts []Part) {
	for i, n := range kib {
		parts = append(parts, Part{Name: fmt.Sprintf("%02d", i), Bytes: n << 10, AddedBySeq: int64(i + 1)})
	}
	return parts
}

func namesOf(runs [][]Part) (out []string) {
	for _, run := range runs {
		var names []string
		for _, p := range run {
			names = append(names, p.Name)
		}
		out = append(out, strings.Join(names, " "))
	}
	return out
}

func TestNeighboursOfOneSizeAreMerged(t *testing.T) {
	log, state := &schemas.Table{History: schemas.Log}, &schemas.Table{History: schemas.State}
	const mid, big = 1 << 10, 128 << 10
	base := sized(4<<10, 1, 1, 1, 1, 1, 1, 1)
	base[0].Level = 1
	grown := sized(4<<10, 300, 300, 300, 300, 1, 1, 1)
	grown[0].Level = 1
	for _, tc := range []struct {
		name  string
		table *schemas.Table
		parts []Part
		want  []string
	}{
		{"too few", log, sized(1, 1, 1), nil},
		{"enough", log, sized(1, 1, 1, 1), []string{"00 01 02 03"}},
		{"behind a larger one", log, sized(mid, 1, 1, 1, 1), []string{"01 02 03 04"}},
		{"around a larger one, that keeps its place", log, sized(1, 1, 1, 1, mid, 1, 1, 1, 1), []string{"00 01 02 03", "05 06 07 08"}},
		{"small ones between larger ones go along", log, sized(mid, 1, mid, mid, 1, mid, 1), []string{"00 01 02 03 04 05"}},
		{"large ones stay", log, sized(big, big, big, big, big), nil},
		{"the smallest first", log, sized(mid, mid, mid, mid, 1, 1, 1, 1), []string{"04 05 06 07"}},
		{"then the larger", log, sized(mid, mid, mid, mid, 1), []string{"00 01 02 03"}},
		{"not too much at once", log, sized(60<<10, 60<<10, 60<<10, 60<<10, 60<<10, 60<<10), []string{"00 01 02 03"}},
		{"state of a first run", state, sized(mid, 1, big, 1), []string{"00 01 02 03"}},
		{"state with little news", state, base, []string{"01 02 03 04 05 06 07"}},
		{"state with much news", state, grown, []string{"00 01 02 03 04 05 06 07"}},
	} {
		if diff := cmp.Diff(tc.want, namesOf(mergeable(tc.table, tc.parts, 4))); diff != "" {
			t.Errorf("%s: want - got +\n%s", tc.name, diff)
		}
	}
}

// A growth is a lake that grows by parts of two real tables, a log and a state.
type growth struct {
	l    *Lake
	dir  string
	runs int
}

var grownTables = []string{"rejects", "entity_state"}

// night commits a part of each table, of few keys, and publishes or not.
func (g *growth) night(rt *rapid.T, publish bool) {
	head, err := g.l.Head(context.Background())
	if err != nil && !errors.Is(err, ErrNotExist) {
		rt.Fatal(err)
	}
	g.runs++
	c := newCommit(fmt.Sprintf("%c%d", 'a'+rapid.IntRange(0, 25).Draw(rt, "name"), g.runs)) // names are in no order
	c.CommittedAt = g.l.now()
	c.Seq = 1
	if head != nil {
		c.Seq, c.PublishedSeq = head.Seq+1, head.PublishedSeq
		for table, parts := range head.Tables {
			c.Tables[table] = maps.Clone(parts)
		}
	}
	for _, name := range grownTables {
		table := schemas.Lookup(name)
		b := drawBatch(rt, table, rapid.IntRange(0, 5).Draw(rt, "rows"))
		if table.History == schemas.State {
			b = withFewKeys(rt, b)
		}
		p, err := g.l.Put(context.Background(), spool(rt, table, g.dir, b), c.RunID)
		b.Release()
		if err != nil {
			rt.Fatal(err)
		}
		p.AddedBySeq = c.Seq
		if c.Tables[name] == nil {
			c.Tables[name] = map[string]Part{}
		}
		c.Tables[name][p.Name] = p
	}
	if publish {
		c.PublishedSeq = c.Seq
	}
	if err := g.l.Append(context.Background(), head, c); err != nil {
		rt.Fatal(err)
	}
}

// withFewKeys is b with one of four keys in each row.
func withFewKeys(rt *rapid.T, b arrow.RecordBatch) arrow.RecordBatch {
	columns := slices.Clone(b.Columns())
	for i := range 3 {
		key := array.NewStringBuilder(memory.DefaultAllocator)
		for range b.NumRows() {
			key.Append(rapid.SampledFrom([]string{"a", "b", "c", "d"}[:1+i/2*3]).Draw(rt, "key"))
		}
		columns[i] = key.NewArray()
	}
	return array.NewRecordBatch(b.Schema(), columns, b.NumRows())
}

// contentOf is what a commit says: all rows of a log in order, the last of each key of a state.
func (g *growth) contentOf(rt *rapid.T, c *Commit) map[string][]string {
	out := map[string][]string{}
	for _, name := range grownTables {
		table, last := schemas.Lookup(name), map[string]string{}
		for _, p := range c.InOrder(name) {
			for b, err := range g.l.Rows(context.Background(), table, p, g.dir) {
				if err != nil {
					rt.Fatal(err)
				}
				for i := range int(b.NumRows()) {
					text, key := rowText(b, i)
					if table.History != schemas.State {
						out[name] = append(out[name], text)
					}
					last[key] = text
				}
			}
		}
		if table.History == schemas.State {
			out[name] = slices.Sorted(maps.Values(last))
		}
	}
	return out
}

func rowText(b arrow.RecordBatch, i int) (text, key string) {
	for n, c := range b.Columns() {
		value := fmt.Sprintf("%q ", c.ValueStr(i))
		text += value
		if n < 3 {
			key += value
		}
	}
	return text, key
}

// Whatever is merged and whenever, every commit says what it said, with the parts that it names and with
// those of the newest; what is not published is as it was; and the chain holds.
func TestCompactionKeepsWhatCommitsSay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, err := Open(context.Background(), t.TempDir(), Config{Create: true, Now: func() time.Time { return testTime }})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		g := &growth{l: l, dir: t.TempDir()}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if rapid.IntRange(0, 2).Draw(rt, "compact") > 0 {
				g.night(rt, rapid.IntRange(0, 3).Draw(rt, "published") > 0)
				continue
			}
			before, err := l.Head(context.Background())
			if errors.Is(err, ErrNotExist) {
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			g.runs++
			done, err := l.Compact(context.Background(), Compaction{Dir: g.dir, RunID: fmt.Sprintf("c%d", g.runs), Parts: rapid.IntRange(2, 4).Draw(rt, "parts")})
			if err != nil {
				rt.Fatal(err)
			}
			if done.Commit == nil {
				continue
			}
			if diff := cmp.Diff(g.contentOf(rt, before), g.contentOf(rt, done.Commit)); diff != "" {
				rt.Fatalf("before - after +\n%s", diff)
			}
			if caughtUp := before.PublishedSeq == before.Seq; done.Commit.PublishedSeq != before.PublishedSeq && !caughtUp || caughtUp && done.Commit.PublishedSeq != done.Commit.Seq {
				rt.Fatalf("published %d of %d, before %d of %d", done.Commit.PublishedSeq, done.Commit.Seq, before.PublishedSeq, before.Seq)
			}
			for _, name := range grownTables {
				checkOrder(rt, done.Commit, name)
				for _, p := range before.InOrder(name) {
					if _, kept := done.Commit.Tables[name][p.Name]; !kept && p.AddedBySeq > before.PublishedSeq {
						rt.Fatalf("%s is not published, and was merged", p.Name)
					}
				}
			}
			if done.PartsAfter >= done.PartsBefore {
				rt.Fatalf("%d parts became %d", done.PartsBefore, done.PartsAfter)
			}
		}
		for c, err := range l.Commits(context.Background(), 1) {
			if err != nil {
				rt.Fatal(err)
			}
			if problems, err := l.Verify(context.Background(), c, Share{}, func(Part) {}); err != nil || len(problems) > 0 {
				rt.Fatal(problems, err)
			}
		}
	})
}

// checkOrder: the parts of a table have rows of commits that follow one another.
func checkOrder(rt *rapid.T, c *Commit, table string) {
	end := int64(0)
	for _, p := range c.InOrder(table) {
		first, last := p.Span()
		if first <= end || last < first {
			rt.Fatalf("%s has rows of commits %d to %d, and the part before it up to %d", p.Name, first, last, end)
		}
		end = last
	}
}

// A sync that commits while parts are merged loses nothing, nor does the compaction; of two compactions
// the second finds nothing left to do.
func TestCompactionBesideOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, err := Open(context.Background(), t.TempDir(), Config{Create: true, Now: func() time.Time { return testTime }})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		g := &growth{l: l, dir: t.TempDir()}
		for range 3 {
			g.night(rt, true)
		}
		rival := rapid.Bool().Draw(rt, "a compaction, and no sync")
		done, err := l.Compact(context.Background(), Compaction{Dir: g.dir, RunID: "c1", Parts: 3, Step: func(table string) {
			switch {
			case table != "":
			case rival:
				if other, err := l.Compact(context.Background(), Compaction{Dir: g.dir, RunID: "c2", Parts: 3}); err != nil || other.Commit == nil {
					rt.Fatal(other, err)
				}
			default:
				g.night(rt, true)
			}
		}})
		if err != nil {
			rt.Fatal(err)
		}
		head, err := l.Head(context.Background())
		if err != nil {
			rt.Fatal(err)
		}
		if rival != (done.Commit == nil) || !rival && head.Seq != 5 || rival && head.Seq != 4 {
			rt.Fatalf("rival %t: got %+v, newest commit %d", rival, done, head.Seq)
		}
		before, err := l.At(context.Background(), head.Seq-1)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(g.contentOf(rt, before), g.contentOf(rt, head)); diff != "" {
			rt.Fatalf("before - after +\n%s", diff)
		}
	})
}

// A merged part is read back: one with other rows than those that it is made of is not stored.
func TestMergedPartWithOtherRowsIsRefused(t *testing.T) {
	table := schemas.Lookup("rejects")
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBatch(rt, table, rapid.IntRange(2, 8).Draw(rt, "rows"))
		defer b.Release()
		var h rowHasher
		want := h.batch(b)
		whole, short := spool(rt, table, t.TempDir(), b), spool(rt, table, t.TempDir(), b.NewSlice(1, b.NumRows()))
		if err := sameRows(context.Background(), table, whole, want); err != nil {
			rt.Fatal(err)
		}
		if err := sameRows(context.Background(), table, short, want); err == nil {
			rt.Fatal("a part that lacks a row was taken")
		}
		i := rapid.IntRange(0, int(b.NumCols())-1).Draw(rt, "column")
		other := swapped(b, i)
		if other == nil {
			return
		}
		defer other.Release()
		if err := sameRows(context.Background(), table, spool(rt, table, t.TempDir(), other), want); err == nil {
			rt.Fatalf("column %d moved by a row was taken", i)
		}
	})
}

// A merge reads the part that it made, and stores nothing if the disk has other rows than were written.
func TestMergeReadsWhatItWrote(t *testing.T) {
	dir := t.TempDir()
	tamper := false
	l, err := Open(context.Background(), t.TempDir(), Config{Create: true, Now: func() time.Time { return testTime }, Step: func(step string) {
		if step != "merged" || !tamper {
			return
		}
		names, err := filepath.Glob(filepath.Join(dir, "rejects-*.parquet"))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			s := spool(rt, schemas.Lookup("rejects"), t.TempDir(), drawBatch(rt, schemas.Lookup("rejects"), 3))
			mustWrite(t, names[0], mustRead(t, s.Path))
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := &growth{l: l, dir: dir}
	rapid.Check(t, func(rt *rapid.T) {
		if g.runs < 4 {
			g.night(rt, true)
		}
	})
	tamper = true
	if done, err := l.Compact(t.Context(), Compaction{Dir: dir, RunID: "c", Parts: 4}); err == nil || !strings.Contains(err.Error(), "with other values than the") || done.Commit != nil {
		t.Errorf("got %+v, %v", done, err)
	}
}

// What is read at once is bounded.
func TestCompactionHasALimit(t *testing.T) {
	c := &Commit{PublishedSeq: 9, Tables: map[string]map[string]Part{"rejects": {}, "drift": {}, "runs": {}}}
	for table := range c.Tables {
		for _, p := range sized(1, 1, 1) {
			c.Tables[table][p.Name] = p
		}
	}
	for most, want := range map[int64]int{0: 3, 1: 1, 3 << 10: 1, 6 << 10: 2, 7 << 10: 2} {
		if got := len(c.merges(Compaction{Parts: 3, MaxBytes: most})); got != want {
			t.Errorf("with a limit of %d: %d merges, want %d", most, got, want)
		}
	}
}

// A compaction that says of itself that it has other rows than its parent's, or rows of other commits, is refused.
func TestCompactionMayNotInvent(t *testing.T) {
	old := Part{Rows: 5, Bytes: 1, SHA256: strings.Repeat("a", 64), AddedBySeq: 3}
	merged := Part{Rows: 5, Bytes: 1, SHA256: strings.Repeat("b", 64), AddedBySeq: 4, Level: 1, FirstSeq: 3, LastSeq: 3}
	for _, tc := range []struct {
		name   string
		table  string
		change func(*Part)
		want   bool
	}{
		{"the same", "rejects", func(*Part) {}, true},
		{"a row more", "rejects", func(p *Part) { p.Rows++ }, false},
		{"a row less", "rejects", func(p *Part) { p.Rows-- }, false},
		{"a row less of a state", "entity_state", func(p *Part) { p.Rows-- }, true},
		{"a row more of a state", "entity_state", func(p *Part) { p.Rows++ }, false},
		{"no row of a state", "entity_state", func(p *Part) { p.Rows = 0 }, false},
		{"a row less of an unknown table", "of_tomorrow", func(p *Part) { p.Rows-- }, true},
		{"rows of an older commit", "rejects", func(p *Part) { p.FirstSeq = 2 }, false},
		{"rows of a younger commit", "rejects", func(p *Part) { p.FirstSeq, p.LastSeq, p.AddedBySeq = 3, 4, 5 }, false},
	} {
		p := merged
		tc.change(&p)
		parent := &Commit{Tables: map[string]map[string]Part{tc.table: {"old": old}}}
		c := &Commit{Tables: map[string]map[string]Part{tc.table: {"new": p}}}
		if err := c.holdsRowsOf(parent); (err == nil) != tc.want {
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
}

// swapped is b with the values of a column in reverse order; nil if that gives the same rows.
func swapped(b arrow.RecordBatch, column int) arrow.RecordBatch {
	n := b.NumRows()
	pieces := make([]arrow.Array, 0, n)
	for i := range n {
		pieces = append(pieces, array.NewSlice(b.Column(column), n-1-i, n-i))
	}
	turned, err := array.Concatenate(pieces, memory.DefaultAllocator)
	if err != nil {
		panic(err)
	}
	columns := slices.Clone(b.Columns())
	columns[column] = turned
	out := array.NewRecordBatch(b.Schema(), columns, n)
	if slices.Equal(rowTexts(b), rowTexts(out)) {
		return nil
	}
	return out
}

func rowTexts(b arrow.RecordBatch) (texts []string) {
	for i := range int(b.NumRows()) {
		text, _ := rowText(b, i)
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return texts
}
