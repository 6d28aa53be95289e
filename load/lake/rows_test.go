package lake

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/schemas"
)

func TestRowsFitThePresentSchema(t *testing.T) {
	l, _ := openTest(t)
	p, err := put(t, l, "r1", 7, 100)
	if err != nil {
		t.Fatal(err)
	}
	now := wide()
	now.Columns[4].Name = "renamed"
	slices.Reverse(now.Columns)
	now.Columns = slices.Insert(now.Columns, 1, schemas.Column{ID: 900, Name: "young", Kind: schemas.JSON, Null: true, Class: schemas.Sensitive})
	got := readAll(t, l, now, p, t.TempDir())
	old := readAll(t, l, wide(), p, t.TempDir())
	if !got.Schema().Equal(now.Arrow()) {
		t.Errorf("got schema %v, want %v", got.Schema(), now.Arrow())
	}
	if got.Column(1).NullN() != 100 {
		t.Errorf("the young column has %d nulls, want 100", got.Column(1).NullN())
	}
	last := int(got.NumCols()) - 1
	if !array.Equal(got.Column(last), old.Column(0)) {
		t.Errorf("the first column moved to the end differs")
	}
}

func TestRowsRefuseAnotherSchema(t *testing.T) {
	l, _ := openTest(t)
	p, err := put(t, l, "r1", 7, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		change func(*schemas.Table)
		want   string
	}{
		{func(t *schemas.Table) { t.Columns[0].Kind = schemas.Int }, "is utf8, want int64"},
		{func(t *schemas.Table) { t.Columns[0].ID = 99 }, "is missing and may not be null"},
		{func(t *schemas.Table) { t.Columns = t.Columns[:20] }, "does not know"},
	} {
		table := wide()
		test.change(table)
		for _, err := range l.Rows(t.Context(), table, p, t.TempDir()) {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		}
	}
	p.Rows++
	for b, err := range l.Rows(t.Context(), wide(), p, t.TempDir()) {
		if b == nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("wrong row count: got %v, want ErrDamaged", err)
		}
	}
}

func TestRowsMayBeLeftEarly(t *testing.T) {
	l, _ := openTest(t)
	p, err := put(t, l, "r1", 7, 3*readRows)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for b, err := range l.Rows(t.Context(), wide(), p, t.TempDir()) {
		if err != nil {
			t.Fatal(err)
		}
		if n += int(b.NumRows()); n > readRows {
			break
		}
	}
	if n >= 3*readRows {
		t.Errorf("read %d rows, want fewer", n)
	}
}

func TestPartWriterReleasesWhatItIsGiven(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	table := wide()
	for _, end := range []func(*PartWriter) error{
		func(w *PartWriter) error { _, err := w.Close(); return err },
		(*PartWriter).Abort,
	} {
		w, err := NewPart(table, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			b := array.NewRecordBuilder(mem, table.Arrow())
			model := wideBatch(table, rand.New(rand.NewPCG(1, 1)), 700)
			copied := copyBatch(t, b, model)
			if err := w.Write(copied); err != nil {
				t.Fatal(err)
			}
			copied.Release()
			model.Release()
			b.Release()
		}
		if err := end(w); err != nil {
			t.Error(err)
		}
	}
}

// copyBatch builds the rows of model with b.
func copyBatch(t *testing.T, b *array.RecordBuilder, model arrow.RecordBatch) arrow.RecordBatch {
	t.Helper()
	for i, col := range model.Columns() {
		for row := range col.Len() {
			if err := b.Field(i).AppendValueFromString(col.ValueStr(row)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.NewRecordBatch()
}

func TestPartWriterRefusesAnotherSchema(t *testing.T) {
	w, err := NewPart(allKinds(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := wideBatch(wide(), rand.New(rand.NewPCG(1, 1)), 1)
	defer b.Release()
	if err := w.Write(b); err == nil {
		t.Error("wrote rows of another table")
	}
	if _, err := w.Close(); err == nil {
		t.Error("closed a part that failed")
	}
}

// BenchmarkPart writes and reads rows of 25 columns, and says how large they become.
func BenchmarkPart(b *testing.B) {
	const rows = 1_000_000
	table := wide()
	r := rand.New(rand.NewPCG(1, 1))
	batches := make([]arrow.RecordBatch, 50)
	for i := range batches {
		batches[i] = wideBatch(table, r, 4096)
	}
	l, _ := openTest(b)
	for n := 0; b.Loop(); n++ {
		w, err := NewPart(table, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; w.Rows() < rows; i++ {
			if err := w.Write(batches[i%len(batches)]); err != nil {
				b.Fatal(err)
			}
		}
		s, err := w.Close()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(s.Part.Bytes)/1e6, "MB")
		b.ReportMetric(float64(s.Part.Rows), "rows")
		if _, err := l.Put(b.Context(), s, "r"+strings.Repeat("x", n+1)); err != nil {
			b.Fatal(err)
		}
	}
}
