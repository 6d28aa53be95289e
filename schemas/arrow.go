package schemas

import (
	"fmt"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
)

// DecimalPrecision and DecimalScale are the digits of a [Decimal]: in all, and after the point.
const (
	DecimalPrecision = 38
	DecimalScale     = 18
)

// Arrow returns the Arrow type of the kind. It panics for Media, which is not stored.
func (k Kind) Arrow() arrow.DataType {
	switch k {
	case Text, JSON:
		return arrow.BinaryTypes.String
	case Int:
		return arrow.PrimitiveTypes.Int64
	case Float:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Time:
		return arrow.FixedWidthTypes.Timestamp_us
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Decimal:
		return &arrow.Decimal128Type{Precision: DecimalPrecision, Scale: DecimalScale}
	}
	panic(fmt.Sprintf("schemas: kind %d has no Arrow type", k))
}

// DuckDB returns the DuckDB type of the kind. It panics for Media, which is not stored.
func (k Kind) DuckDB() string {
	switch k {
	case Text:
		return "VARCHAR"
	case JSON:
		return "JSON"
	case Int:
		return "BIGINT"
	case Float:
		return "DOUBLE"
	case Bool:
		return "BOOLEAN"
	case Time:
		return "TIMESTAMPTZ"
	case Date:
		return "DATE"
	case Decimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", DecimalPrecision, DecimalScale)
	}
	panic(fmt.Sprintf("schemas: kind %d has no DuckDB type", k))
}

// Arrow returns the schema of the table's parts: the stored columns in order, each with its
// permanent ID as Parquet field ID.
func (t *Table) Arrow() *arrow.Schema {
	cols := t.Stored()
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{
			Name: c.Name, Type: c.Kind.Arrow(), Nullable: c.Null,
			Metadata: arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{strconv.Itoa(c.ID)}),
		}
	}
	return arrow.NewSchema(fields, nil)
}
