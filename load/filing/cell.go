package filing

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/text/unicode/norm"

	"kycsync/schemas"
)

// The forms of values in CSV files.
const (
	timeForm = "2006-01-02T15:04:05.000000Z"
	dateForm = time.DateOnly
)

// appendCell appends the value in row i of a column as text: times in UTC to the microsecond, days, true and false,
// numbers with the fewest digits that give them again, JSON as it is. Text is in the normal form NFC, but for a key, which
// is as received. The value must not be null.
func appendCell(b []byte, c *schemas.Column, isKey bool, a arrow.Array, i int) []byte {
	switch c.Kind {
	case schemas.Text, schemas.JSON:
		s := strings.ToValidUTF8(a.(*array.String).Value(i), "\ufffd")
		if isKey || norm.NFC.IsNormalString(s) {
			return append(b, s...)
		}
		return norm.NFC.AppendString(b, s)
	case schemas.Int:
		return strconv.AppendInt(b, a.(*array.Int64).Value(i), 10)
	case schemas.Float:
		return appendFloat(b, a.(*array.Float64).Value(i))
	case schemas.Bool:
		return strconv.AppendBool(b, a.(*array.Boolean).Value(i))
	case schemas.Time:
		return a.(*array.Timestamp).Value(i).ToTime(arrow.Microsecond).UTC().AppendFormat(b, timeForm)
	case schemas.Date:
		return a.(*array.Date32).Value(i).ToTime().AppendFormat(b, dateForm)
	case schemas.Decimal:
		return append(b, decimal(a.(*array.Decimal128).Value(i).ToString(schemas.DecimalScale))...)
	case schemas.Media:
	}
	panic(fmt.Sprintf("filing: column %s: no text of kind %d", c.Name, c.Kind))
}

// decimal drops the zeros behind the point.
func decimal(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// appendFloat writes a number as a Table Schema has it.
func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "INF"...)
	case math.IsInf(f, -1):
		return append(b, "-INF"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

// wellFormed tells whether a text is what appendCell writes for a kind.
func wellFormed(kind schemas.Kind, text string) bool {
	var again string
	switch kind {
	case schemas.Text, schemas.JSON:
		return true
	case schemas.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return false
		}
		again = strconv.FormatInt(n, 10)
	case schemas.Float:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return false
		}
		again = string(appendFloat(nil, f))
	case schemas.Bool:
		return text == "true" || text == "false"
	case schemas.Time:
		t, err := time.Parse(timeForm, text)
		if err != nil {
			return false
		}
		again = t.Format(timeForm)
	case schemas.Date:
		t, err := time.Parse(dateForm, text)
		if err != nil {
			return false
		}
		again = t.Format(dateForm)
	case schemas.Decimal:
		digits := strings.TrimPrefix(text, "-")
		whole, point, has := strings.Cut(digits, ".")
		return allDigits(whole) && (!has || allDigits(point)) && decimal(text) == text
	case schemas.Media:
		panic("filing: media has no text")
	}
	return again == text
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// compareCells compares two values of a key, as texts, in the order in which the database has them.
func compareCells(kind schemas.Kind, a, b string) int {
	if kind != schemas.Int {
		return strings.Compare(a, b)
	}
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case errX != nil || errY != nil:
		return strings.Compare(a, b)
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
