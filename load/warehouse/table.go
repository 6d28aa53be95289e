package warehouse

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"golang.org/x/text/width"
)

// The table's columns are as wide as the values in its first rows, within these bounds.
const (
	tableSampleRows = 1000
	tableMaxWidth   = 60
	tableMaxLine    = 240 // of a line; wider rows are written as records, one line per column
)

func (res *Result) writeTable(w *bufio.Writer) error {
	t := table{w: w, head: make([]string, len(res.Columns)), right: make([]bool, len(res.Columns)), widths: make([]int, len(res.Columns))}
	for i, c := range res.Columns {
		t.head[i], t.right[i] = printable(c.Name), isNumber(res.types[i])
	}
	t.fit(t.head)
	var sample [][]string
	n := 0
	for ; res.Next(); n++ {
		cells := make([]string, len(res.row))
		for i, v := range res.row {
			cells[i] = cell(res.types[i], v)
		}
		if n < tableSampleRows {
			sample = append(sample, cells)
			t.fit(cells)
			continue
		}
		if n == tableSampleRows {
			t.begin(sample)
		}
		t.row(cells)
	}
	if err := res.Err(); err != nil {
		return err
	}
	if n <= tableSampleRows {
		t.begin(sample)
	}
	_, err := fmt.Fprintf(w, "(%d %s)\n", n, plural(n, "row"))
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// A table writes aligned lines, or records where lines would be too long. Errors are w's to keep.
type table struct {
	w       *bufio.Writer
	head    []string
	right   []bool // numbers stand at the right
	widths  []int
	records bool
	n       int // rows written
}

func (t *table) fit(cells []string) {
	for i, c := range cells {
		t.widths[i] = max(t.widths[i], min(displayWidth(c), tableMaxWidth))
	}
}

func (t *table) begin(sample [][]string) {
	line := -2
	rules := make([]string, len(t.head))
	for i, n := range t.widths {
		line += n + 2
		rules[i] = strings.Repeat("-", n)
	}
	t.records = line > tableMaxLine && len(sample) > 0
	if !t.records {
		t.line(t.head)
		t.line(rules)
	}
	for _, cells := range sample {
		t.row(cells)
	}
}

func (t *table) row(cells []string) {
	t.n++
	if !t.records {
		t.line(cells)
		return
	}
	name := 0
	for _, h := range t.head {
		name = max(name, min(displayWidth(h), tableMaxWidth))
	}
	fmt.Fprintf(t.w, "-- row %d\n", t.n)
	for i, c := range cells {
		h := shorten(t.head[i], name)
		fmt.Fprintf(t.w, "%s%s  %s\n", h, strings.Repeat(" ", name-displayWidth(h)), shorten(c, tableMaxLine))
	}
}

func (t *table) line(cells []string) {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		c = shorten(c, t.widths[i])
		pad := strings.Repeat(" ", t.widths[i]-displayWidth(c))
		if t.right[i] {
			b.WriteString(pad + c)
		} else {
			b.WriteString(c + pad)
		}
	}
	t.w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

func cell(t duckdb.TypeInfo, v any) string {
	if v == nil {
		return "NULL"
	}
	s := text(t, v)
	if d, ok := v.(duckdb.Decimal); ok {
		s = d.String() // without the zeros at the end
	}
	return printable(s)
}

// printable shows what could move the cursor or change the terminal as an escape: names come from
// the people who were verified.
func printable(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unprintable also holds for direction marks, which would turn a line around.
func unprintable(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) && !unicode.Is(unicode.M, r)
}

// shorten cuts s to a width and marks the cut.
func shorten(s string, max int) string {
	if displayWidth(s) <= max {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeWidth(r); n > max-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth returns how many cells a terminal gives to r.
func runeWidth(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func isNumber(t duckdb.TypeInfo) bool {
	if t == nil {
		return false
	}
	switch t.InternalType() {
	case duckdb.TYPE_TINYINT, duckdb.TYPE_SMALLINT, duckdb.TYPE_INTEGER, duckdb.TYPE_BIGINT, duckdb.TYPE_HUGEINT,
		duckdb.TYPE_UTINYINT, duckdb.TYPE_USMALLINT, duckdb.TYPE_UINTEGER, duckdb.TYPE_UBIGINT, duckdb.TYPE_UHUGEINT,
		duckdb.TYPE_BIGNUM, duckdb.TYPE_FLOAT, duckdb.TYPE_DOUBLE, duckdb.TYPE_DECIMAL:
		return true
	}
	return false
}
