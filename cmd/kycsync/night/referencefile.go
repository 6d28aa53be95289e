package night

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"time"
	"unicode/utf8"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// ReadReference reads a reference file and checks all of it. It is CSV as RFC 4180 has it, in UTF-8 and with a header,
// or Parquet, whose columns are texts and days; the order of the columns is free. An empty kind is found by the
// columns.
//
// Errors: *Faulty, which names what is wrong, and those of reading the file.
func ReadReference(ctx context.Context, name, kind string, asOf time.Time) (*Reference, error) {
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var c *referenceCheck
	if bytes.HasPrefix(body, []byte("PAR1")) {
		c, err = readParquetReference(ctx, body, kind, asOf)
	} else {
		c, err = readCSVReference(body, kind, asOf)
	}
	if err != nil {
		return nil, err
	}
	if err := c.orNil(); err != nil {
		return nil, err
	}
	c.ref.SHA256 = schemas.Digest(sha256.Sum256(body))
	return c.ref, nil
}

func readCSVReference(body []byte, kind string, asOf time.Time) (*referenceCheck, error) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF")) // as spreadsheets begin a file
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		header = nil
	}
	c, err := newReferenceCheck(kind, asOf, header)
	if err != nil {
		return nil, err
	}
	for {
		cells, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return c, nil
		case errors.As(err, &bad): // what comes after a misplaced quotation mark cannot be told apart
			c.add("line %d, character %d: a quotation mark is misplaced", bad.Line, bad.Column)
			return c, nil
		case err != nil:
			return nil, err
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			if !utf8.ValidString(cells[i]) {
				column, _ := r.FieldPos(i)
				c.add("line %d, field %d: is not UTF-8", column, i+1)
				cells[i] = ""
			}
		}
		c.take(line, cells)
	}
}

func readParquetReference(ctx context.Context, body []byte, kind string, asOf time.Time) (c *referenceCheck, err error) {
	row := 0
	for cells, err := range lake.Cells(ctx, body) {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil: // what it says may hold a value
			return nil, &Faulty{Faults: []string{"it begins like a Parquet file and cannot be read as one"}}
		case c == nil:
			if c, err = newReferenceCheck(kind, asOf, slices.Clone(cells)); err != nil {
				return nil, err
			}
		default:
			row++
			c.take(row, cells)
		}
	}
	return c, nil
}
