package lake

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// A file that another program made is read as texts: null is empty, and a day is a day.
func TestCells(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "vendor_data", Type: arrow.BinaryTypes.String},
		{Name: "relationship_start", Type: arrow.FixedWidthTypes.Date32, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"Ann", "Bob"}, nil)
	b.Field(1).(*array.Date32Builder).AppendValues([]arrow.Date32{-245, 0}, []bool{true, false})
	rows := b.NewRecordBatch()
	defer rows.Release()
	var body bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &body, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for cells, err := range Cells(context.Background(), body.Bytes()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join(cells, "|"))
	}
	if want := []string{"vendor_data|relationship_start", "Ann|1969-05-01", "Bob|"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, err := range Cells(context.Background(), []byte("PAR1 and no more")) {
		if err == nil {
			t.Error("what is no Parquet file was read")
		}
	}
}
