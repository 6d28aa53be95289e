package warehouse

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// appendJSON appends a value as JSON. Numbers are exact, so a HUGEINT may have more digits than a
// double holds; decimals, times, dates and whatever JSON has no form for are strings; bytes are
// base64. A map's keys are the texts of its keys.
func appendJSON(b []byte, t duckdb.TypeInfo, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64, *big.Int:
		return fmt.Append(b, v)
	case float32:
		return appendFloat(b, float64(v), 32)
	case float64:
		return appendFloat(b, v, 64)
	case string:
		if t != nil && t.Alias() == jsonAlias {
			return appendRaw(b, v)
		}
	case []any:
		return appendList(b, elementType(t), v)
	case map[string]any:
		return appendStruct(b, t, v)
	case duckdb.OrderedMap:
		return appendMap(b, t, v)
	case duckdb.Union:
		return appendJSON(b, memberType(t, v.Tag), v.Value)
	}
	return appendQuoted(b, text(t, v))
}

// text returns a value as people and CSV want it: what JSON would say, without the quotes around a
// string. It must not be NULL.
func text(t duckdb.TypeInfo, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case time.Time:
		return timeText(t, v)
	case duckdb.Decimal:
		return decimalText(v)
	case duckdb.Interval:
		return intervalText(v)
	case []byte:
		if t != nil && t.InternalType() == duckdb.TYPE_UUID && len(v) == len(duckdb.UUID{}) {
			u := duckdb.UUID(v)
			return u.String()
		}
		return base64.StdEncoding.EncodeToString(v)
	case duckdb.Bit:
		return v.String()
	case float32, float64:
		return strings.Trim(string(appendJSON(nil, t, v)), `"`)
	case nil, bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, *big.Int,
		[]any, map[string]any, duckdb.OrderedMap, duckdb.Union:
		return string(appendJSON(nil, t, v))
	}
	panic(fmt.Sprintf("warehouse: the driver gave a %T", v))
}

func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // its error is about invalid UTF-8, which it replaces
	return b
}

// appendRaw appends a JSON value on one line, its numbers and strings as they are.
func appendRaw(b []byte, s string) []byte {
	v := jsontext.Value(s)
	if err := v.Compact(); err != nil {
		return appendQuoted(b, s)
	}
	return append(b, v...)
}

// appendFloat appends the shortest digits that give f again.
func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, bits)
}

func appendList(b []byte, element duckdb.TypeInfo, list []any) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, element, v)
	}
	return append(b, ']')
}

// appendStruct appends the members in the order of the type, those that it does not name last.
func appendStruct(b []byte, t duckdb.TypeInfo, members map[string]any) []byte {
	b = append(b, '{')
	n := 0
	add := func(name string, mt duckdb.TypeInfo) {
		v, ok := members[name]
		if !ok {
			return
		}
		if n++; n > 1 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, name), ':')
		b = appendJSON(b, mt, v)
	}
	if t != nil {
		if d, ok := t.Details().(*duckdb.StructDetails); ok {
			for _, e := range d.Entries {
				add(e.Name(), e.Info())
			}
			return append(b, '}')
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		add(name, nil)
	}
	return append(b, '}')
}

func appendMap(b []byte, t duckdb.TypeInfo, m duckdb.OrderedMap) []byte {
	var kt, vt duckdb.TypeInfo
	if t != nil {
		if d, ok := t.Details().(*duckdb.MapDetails); ok {
			kt, vt = d.Key, d.Value
		}
	}
	b = append(b, '{')
	values := m.Values()
	for i, k := range m.Keys() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, text(kt, k)), ':')
		b = appendJSON(b, vt, values[i])
	}
	return append(b, '}')
}

func elementType(t duckdb.TypeInfo) duckdb.TypeInfo {
	if t == nil {
		return nil
	}
	switch d := t.Details().(type) {
	case *duckdb.ListDetails:
		return d.Child
	case *duckdb.ArrayDetails:
		return d.Child
	}
	return nil
}

func memberType(t duckdb.TypeInfo, tag string) duckdb.TypeInfo {
	if t == nil {
		return nil
	}
	if d, ok := t.Details().(*duckdb.UnionDetails); ok {
		for _, m := range d.Members {
			if m.Name == tag {
				return m.Type
			}
		}
	}
	return nil
}

// timeText returns an instant as RFC 3339 in UTC, with as many decimals as it needs, a date as
// YYYY-MM-DD, a time of day as HH:MM:SS. A timestamp without a zone is taken for UTC.
func timeText(t duckdb.TypeInfo, at time.Time) string {
	kind := duckdb.TYPE_TIMESTAMP_TZ
	if t != nil {
		kind = t.InternalType()
	}
	switch kind {
	case duckdb.TYPE_DATE:
		if at.Year() == 5881580 && at.YearDay() > 191 { // DuckDB's last day is 5881580-07-10
			return "infinity"
		}
		return at.Format(time.DateOnly)
	case duckdb.TYPE_TIME:
		return at.Format("15:04:05.999999999")
	case duckdb.TYPE_TIME_TZ:
		return at.Format("15:04:05.999999Z07:00")
	}
	switch at.UnixMicro() {
	case math.MaxInt64:
		return "infinity"
	case -math.MaxInt64:
		return "-infinity"
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// decimalText returns all the decimals of the type: 1.50 of a DECIMAL(9,2).
func decimalText(d duckdb.Decimal) string {
	digits := new(big.Int).Abs(d.Value).String()
	if missing := int(d.Scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if d.Scale > 0 {
		point := len(digits) - int(d.Scale)
		digits = digits[:point] + "." + digits[point:]
	}
	if d.Value.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// intervalText returns an ISO 8601 duration: P1M2DT3.5S. Months, days and seconds do not add up to
// one another.
func intervalText(iv duckdb.Interval) string {
	out := "P"
	if iv.Months != 0 {
		out += fmt.Sprintf("%dM", iv.Months)
	}
	if iv.Days != 0 {
		out += fmt.Sprintf("%dD", iv.Days)
	}
	if iv.Micros != 0 || out == "P" {
		sign := ""
		if iv.Micros < 0 {
			sign = "-"
		}
		abs := new(big.Int).Abs(big.NewInt(iv.Micros))
		seconds := decimalText(duckdb.Decimal{Scale: 6, Value: abs})
		out += "T" + sign + strings.TrimSuffix(strings.TrimRight(seconds, "0"), ".") + "S"
	}
	return out
}
