package lake

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"pgregory.net/rapid"

	"kycsync/schemas"
)

// allKinds has a column of each stored kind, with and without nulls and dictionary.
func allKinds() *schemas.Table {
	t := &schemas.Table{Name: "all_kinds", History: schemas.Log}
	id := 0
	for kind := schemas.Text; kind <= schemas.JSON; kind++ {
		for _, null := range []bool{false, true} {
			for _, dict := range []bool{false, true} {
				id++
				class := schemas.Internal
				if id%3 == 0 {
					class = schemas.Criminal
				}
				t.Columns = append(t.Columns, schemas.Column{ID: 3 * id, Name: fmt.Sprintf("c%d_%t_%t", kind, null, dict),
					Kind: kind, Null: null, Dict: dict, Class: class})
			}
		}
	}
	t.Columns = append(t.Columns, schemas.Column{ID: 1000, Name: "token", Kind: schemas.Text, Class: schemas.Secret})
	return t
}

// drawBatch makes a batch of n rows of t.
func drawBatch(rt *rapid.T, t *schemas.Table, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.Arrow())
	defer b.Release()
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00", "é", "𐎀", "a\nb"}))
	for i, c := range t.Stored() {
		for range n {
			if c.Null && rapid.Bool().Draw(rt, "null") {
				b.Field(i).AppendNull()
				continue
			}
			switch f := b.Field(i).(type) {
			case *array.StringBuilder:
				f.Append(texts.Draw(rt, "text"))
			case *array.Int64Builder:
				f.Append(rapid.Int64().Draw(rt, "int"))
			case *array.Float64Builder:
				f.Append(rapid.Float64().Draw(rt, "float"))
			case *array.BooleanBuilder:
				f.Append(rapid.Bool().Draw(rt, "bool"))
			case *array.TimestampBuilder:
				f.Append(arrow.Timestamp(rapid.Int64().Draw(rt, "time")))
			case *array.Date32Builder:
				f.Append(arrow.Date32(rapid.Int32().Draw(rt, "date")))
			case *array.Decimal128Builder:
				f.Append(decimal128.FromI64(rapid.Int64().Draw(rt, "decimal")).Mul(decimal128.FromI64(1_000_000_007)))
			default:
				rt.Fatalf("no generator for %T", f)
			}
		}
	}
	return b.NewRecordBatch()
}

// spool writes the batch in pieces that end at cuts.
func spool(t rapid.TB, table *schemas.Table, dir string, b arrow.RecordBatch, cuts ...int64) *Spooled {
	w, err := NewPart(table, dir)
	if err != nil {
		t.Fatal(err)
	}
	from := int64(0)
	for _, to := range append(cuts, b.NumRows()) {
		piece := b.NewSlice(from, to)
		if err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
		piece.Release()
		from = to
	}
	s, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPartReadsBackEqualAndHasTheSameBytesHoweverItWasBatched(t *testing.T) {
	table, dir := allKinds(), t.TempDir()
	l, err := Open(context.Background(), t.TempDir(), Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "rows")
		b := drawBatch(rt, table, n)
		defer b.Release()
		one := spool(rt, table, dir, b)
		two := spool(rt, table, dir, b, int64(rapid.IntRange(0, n).Draw(rt, "cut")))
		if one.Part != two.Part {
			rt.Fatalf("two writes differ: %+v and %+v", one.Part, two.Part)
		}
		run++
		part, err := l.Put(context.Background(), one, fmt.Sprintf("r%d", run))
		if err != nil {
			rt.Fatal(err)
		}
		if err := two.Discard(); err != nil {
			rt.Fatal(err)
		}
		if got := readAll(rt, l, table, part, dir); !array.RecordEqual(got, b) {
			rt.Fatalf("got %v\nwant %v", got, b)
		}
	})
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d files left in the spool, want none", len(left))
	}
}

// readAll returns all rows of a part as one batch.
func readAll(t rapid.TB, l *Lake, table *schemas.Table, p Part, dir string) arrow.RecordBatch {
	s := slicer{schema: table.Arrow()}
	for b, err := range l.Rows(context.Background(), table, p, dir) {
		if err != nil {
			t.Fatal(err)
		}
		s.add(b)
	}
	if s.rows == 0 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
		defer b.Release()
		return b.NewRecordBatch()
	}
	b, err := s.take(s.rows)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wide is a table like those of a real night.
func wide() *schemas.Table {
	t := &schemas.Table{Name: "wide", History: schemas.BySession}
	id := 0
	add := func(kind schemas.Kind, null, dict bool, class schemas.Class, n int) {
		for range n {
			id++
			t.Columns = append(t.Columns, schemas.Column{ID: id, Name: fmt.Sprintf("c%02d", id), Kind: kind, Null: null, Dict: dict, Class: class})
		}
	}
	add(schemas.Text, false, false, schemas.PII, 2)
	add(schemas.Text, true, true, schemas.Internal, 8)
	add(schemas.Text, true, false, schemas.PII, 6)
	add(schemas.Int, false, false, schemas.Internal, 2)
	add(schemas.Time, true, false, schemas.Internal, 3)
	add(schemas.Float, true, false, schemas.Internal, 2)
	add(schemas.Bool, true, false, schemas.Internal, 2)
	return t
}

// wideBatch makes n rows of people who do not exist.
func wideBatch(table *schemas.Table, r *rand.Rand, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer b.Release()
	for i, c := range table.Stored() {
		for range n {
			switch f := b.Field(i).(type) {
			case *array.StringBuilder:
				switch {
				case c.Null && r.IntN(5) == 0:
					f.AppendNull()
				case c.Dict:
					f.Append(fmt.Sprintf("value %d", r.IntN(20)))
				default:
					f.Append(fmt.Sprintf("%016x-%04x", r.Uint64(), r.IntN(1<<16)))
				}
			case *array.Int64Builder:
				f.Append(r.Int64N(1 << 40))
			case *array.TimestampBuilder:
				f.Append(arrow.Timestamp(1_770_000_000_000_000 + r.Int64N(1<<45)))
			case *array.Float64Builder:
				f.Append(float64(r.IntN(10000)) / 100)
			case *array.BooleanBuilder:
				f.Append(r.IntN(2) == 0)
			}
		}
	}
	return b.NewRecordBatch()
}

func TestPartSpansRowGroups(t *testing.T) {
	table, dir := wide(), t.TempDir()
	b := wideBatch(table, rand.New(rand.NewPCG(1, 2)), groupRows+3000)
	defer b.Release()
	one := spool(t, table, dir, b)
	two := spool(t, table, dir, b, 1, 1023, 5000, 5001, groupRows-1, groupRows+7)
	if one.Part != two.Part {
		t.Errorf("the same rows in other batches: got %+v, want %+v", two.Part, one.Part)
	}
	x, _ := os.ReadFile(one.Path)
	y, _ := os.ReadFile(two.Path)
	if !bytes.Equal(x, y) {
		t.Errorf("files differ")
	}
	r, err := file.OpenParquetFile(one.Path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.NumRowGroups(); got != 2 {
		t.Errorf("got %d row groups, want 2", got)
	}
	if got := r.MetaData().GetCreatedBy(); got != createdBy {
		t.Errorf("created by %q, want %q", got, createdBy)
	}
}

func TestFooterCarriesNoPersonalValue(t *testing.T) {
	table, dir := allKinds(), t.TempDir()
	var s *Spooled
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBatch(rt, table, 3)
		defer b.Release()
		s = spool(rt, table, dir, b)
	})
	r, err := file.OpenParquetFile(s.Path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, c := range table.Stored() {
		chunk, err := r.MetaData().RowGroup(0).ColumnChunk(i)
		if err != nil {
			t.Fatal(err)
		}
		got, err := chunk.StatsSet()
		if err != nil {
			t.Fatal(err)
		}
		if want := c.Class <= schemas.Internal; got != want {
			t.Errorf("column %s of class %s: statistics %t, want %t", c.Name, c.Class, got, want)
		}
		if got := r.MetaData().Schema.Column(i).SchemaNode().FieldID(); int(got) != c.ID {
			t.Errorf("column %s: field ID %d, want %d", c.Name, got, c.ID)
		}
	}
}

// The caller may use the memory of a batch again once Write has returned.
func TestPartKeepsNothingOfTheCallers(t *testing.T) {
	table := &schemas.Table{Name: "borrowed", History: schemas.Log, Columns: []schemas.Column{
		{ID: 1, Name: "text", Kind: schemas.Text, Class: schemas.Internal},
		{ID: 2, Name: "number", Kind: schemas.Int, Class: schemas.Internal},
	}}
	w, err := NewPart(table, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const rows = 700 // less than a slice, and two batches more than one
	text, ends, numbers := make([]byte, rows), make([]int32, rows+1), make([]int64, rows)
	for i := range rows + 1 {
		ends[i] = int32(i)
	}
	for round := range 3 {
		for i := range rows {
			text[i], numbers[i] = byte('a'+round), int64(round)
		}
		cols := []arrow.Array{
			array.NewStringData(array.NewData(arrow.BinaryTypes.String, rows, []*memory.Buffer{nil,
				memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(ends)), memory.NewBufferBytes(text)}, nil, 0, 0)),
			array.NewInt64Data(array.NewData(arrow.PrimitiveTypes.Int64, rows, []*memory.Buffer{nil,
				memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(numbers))}, nil, 0, 0)),
		}
		if err := w.Write(array.NewRecordBatch(table.Arrow(), cols, rows)); err != nil {
			t.Fatal(err)
		}
	}
	spooled, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := New(dir, Config{})
	part, err := l.Put(context.Background(), spooled, "run")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for b, err := range l.Rows(context.Background(), table, part, t.TempDir()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(b.NumRows()) {
			round := n / rows
			if got := b.Column(0).(*array.String).Value(i); got != string(rune('a'+round)) || b.Column(1).(*array.Int64).Value(i) != int64(round) {
				t.Fatalf("row %d: got %q, %d, want those of batch %d", n, got, b.Column(1).(*array.Int64).Value(i), round)
			}
			n++
		}
	}
	if n != 3*rows {
		t.Errorf("got %d rows, want %d", n, 3*rows)
	}
}
