package transform

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A scalar is one JSON value that is neither object nor array.
type scalar struct {
	kind jsontext.Kind // '"', '0', 't', 'f' or 'n'
	raw  []byte        // as it stands in the document
	text []byte        // a string's content; for the others the same as raw
}

// unquote returns the content of a JSON string. The result may share memory with raw or buf.
func unquote(raw, buf []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	out, err := jsontext.AppendUnquote(buf[:0], raw)
	if err != nil {
		panic("transform: unquote of a validated string: " + err.Error())
	}
	return out
}

// set appends the value to the column as its definition says. Where it cannot, it appends nothing
// and returns what was wanted.
func set(dst *column, c *schemas.Column, v scalar) (want string) {
	blank := v.kind == '"' && len(v.text) == 0 && c.Kind != schemas.Text && c.Kind != schemas.JSON
	if v.kind == 'n' || blank && c.Null {
		dst.null()
		return ""
	}
	switch c.Kind {
	case schemas.Text:
		return setText(dst, c, v)
	case schemas.JSON:
		setJSON(dst, c, v)
		return ""
	case schemas.Int:
		i, ok := integer(v)
		if !ok {
			return "integer"
		}
		dst.int(i)
	case schemas.Float:
		x, ok := number(v)
		if !ok {
			return "number"
		}
		if c.Norm == schemas.Percent || c.Norm == schemas.PercentAny && x <= 1 {
			x = percent(x)
		}
		dst.float(x)
	case schemas.Bool:
		switch string(v.text) {
		case "true", "false":
			dst.bool(v.text[0] == 't')
		default:
			return "boolean"
		}
	case schemas.Time:
		t, _, ok := instant(v)
		if !ok {
			return "time 9999-99-99T99:99:99Z"
		}
		dst.int(t)
	case schemas.Date:
		d, ok := day(v)
		if !ok {
			return "date 9999-99-99"
		}
		dst.day(d)
	case schemas.Decimal:
		d, ok := decimal(v)
		if !ok {
			return "decimal number"
		}
		dst.decimal(d)
	default:
		panic("transform: column of a kind that is not stored: " + c.Name)
	}
	return ""
}

var fold = cases.Fold()

func setText(dst *column, c *schemas.Column, v scalar) (want string) {
	switch c.Norm {
	case schemas.AsIs:
		dst.text(v.text)
	case schemas.Fold:
		dst.text([]byte(FoldKey(string(v.text))))
	case schemas.ISO3:
		if iso := iso3.of(v.text); iso != "" {
			dst.text([]byte(iso))
		} else {
			dst.null()
		}
	case schemas.Status:
		dst.text([]byte(statusWord.of(v.text)))
	case schemas.FeatureWord:
		dst.text([]byte(featureWord.of(v.text)))
	case schemas.Word:
		word, _ := schemas.WordIn(c.Words, string(v.text))
		dst.text([]byte(word))
	case schemas.AmbiguousT:
		if _, ambiguous, ok := instant(v); ok && !ambiguous {
			dst.null()
		} else {
			dst.text(v.text)
		}
	case schemas.Shape:
		dst.text([]byte(Shape(string(v.text))))
	default:
		panic("transform: norm of column " + c.Name + " does not make text")
	}
	return ""
}

func setJSON(dst *column, c *schemas.Column, v scalar) {
	out := v.raw
	if c.Norm == schemas.Array && v.kind != '[' {
		out = append(append([]byte{'['}, out...), ']')
	}
	dst.text(out)
}

// integer accepts a number or its text, 1.0 included, when it fits 64 bits exactly.
func integer(v scalar) (int64, bool) {
	if v.kind != '0' && v.kind != '"' {
		return 0, false
	}
	if i, err := strconv.ParseInt(string(v.text), 10, 64); err == nil {
		return i, true
	}
	whole, frac, ok := strings.Cut(string(v.text), ".")
	if !ok || strings.Trim(frac, "0") != "" {
		return 0, false
	}
	i, err := strconv.ParseInt(whole, 10, 64)
	return i, err == nil
}

// number accepts a number or its text. Infinities are refused.
func number(v scalar) (float64, bool) {
	if v.kind == '"' && !jsonNumber(v.text) || v.kind != '0' && v.kind != '"' {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(v.text), 64)
	return x, err == nil && !math.IsInf(x, 0)
}

// percent turns 0..1 into 0..100 without the noise of binary fractions: 0.29 is 29.
func percent(x float64) float64 { return math.Round(x*1e12) / 1e10 }

func decimal(v scalar) (decimal128.Num, bool) {
	if !jsonNumber(v.text) {
		return decimal128.Num{}, false
	}
	whole, frac, _ := strings.Cut(strings.TrimPrefix(string(v.text), "-"), ".")
	if strings.ContainsAny(whole+frac, "eE") || len(strings.TrimRight(frac, "0")) > schemas.DecimalScale {
		return decimal128.Num{}, false
	}
	d, err := decimal128.FromString(string(v.text), schemas.DecimalPrecision, schemas.DecimalScale)
	return d, err == nil
}

// jsonNumber reports whether the text is a number by JSON's grammar: no hex, no underscore, no NaN.
func jsonNumber(b []byte) bool {
	v := jsontext.Value(b)
	return v.Kind() == '0' && v.IsValid() && !bytes.ContainsAny(b, " \t\r\n")
}

// FoldKey is how a text is stored in a column of norm Fold.
func FoldKey(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return fold.String(norm.NFKC.String(s))
		}
	}
	return strings.ToLower(s)
}

// A memo remembers what became of the few words that a normalised column ever sees. It holds so
// many that a flood of odd ones cannot fill memory.
type memo struct {
	make func(string) string
	mu   sync.RWMutex
	seen map[string]string
}

const maxMemo = 4096

var (
	iso3        = memo{make: schemas.CountryISO3}
	statusWord  = memo{make: func(s string) string { word, _ := schemas.StatusWord(s); return word }}
	featureWord = memo{make: func(s string) string { word, _ := schemas.NormalFeature(s); return word }}
)

func (m *memo) of(text []byte) string {
	m.mu.RLock()
	word, ok := m.seen[string(text)]
	m.mu.RUnlock()
	if ok {
		return word
	}
	word = m.make(string(text))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[string]string{}
	}
	if len(m.seen) < maxMemo {
		m.seen[string(text)] = word
	}
	return word
}
