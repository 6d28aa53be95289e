package report

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/sql"

	"github.com/google/go-cmp/cmp"
)

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		v    float64
		want string
	}{{0, "0"}, {999, "999"}, {1000, "1\u202f000"}, {-1234567.25, "-1\u202f234\u202f567.3"}, {12.04, "12"}, {-0.04, "0"}} {
		if got := number(test.v); got != test.want {
			t.Errorf("number(%v) = %q, want %q", test.v, got, test.want)
		}
	}
}

func TestCell(t *testing.T) {
	for _, test := range []struct {
		column string
		v      any
		want   string
	}{
		{"approval_rate", 0.8251, "82.5\u202f%"}, {"sessions", int64(1200), "1\u202f200"}, {"month", nil, ""}, {"is_exact", true, "yes"},
		{"expires_on", time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), "2026-10-03"}, {"since", time.Date(2026, 10, 3, 4, 5, 6, 0, time.UTC), "2026-10-03 04:05"},
		{"note", "<b>", "<b>"},
	} {
		if got := cell(test.column, test.v); got != test.want {
			t.Errorf("cell(%s, %v) = %q, want %q", test.column, test.v, got, test.want)
		}
	}
}

// TestHostileWordsStayWords puts what an applicant may type into every text of the page.
func TestHostileWordsStayWords(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	svg, err := chart("bars", evil, evil, []string{evil, "b"}, []series{{evil, []float64{1, 2}}})
	if err != nil {
		t.Fatal(err)
	}
	rep := &Report{Chapters: []Chapter{{evil, []Figure{{ID: "x", Title: evil, Text: evil, Columns: []Column{{evil, false}}, Rows: [][]string{{evil}}, Total: 1}}}}}
	var page bytes.Buffer
	if err := rep.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"chart": svg, "page": page.String()} {
		if strings.Contains(text, "<script") {
			t.Errorf("the %s has the script of a label:\n%s", what, text)
		}
	}
}

func TestLabelsBelowAChartDoNotTouch(t *testing.T) {
	for _, test := range []struct{ labels, want []string }{
		{[]string{"2026-08", "2026-09", "2026-10"}, []string{"2026-08", "2026-09", "2026-10"}},
		{strings.Fields("2025-11 2025-12 2026-01 2026-02 2026-03 2026-04 2026-05 2026-06 2026-07 2026-08 2026-09 2026-10"),
			[]string{"", "2025-12", "", "2026-02", "", "2026-04", "", "2026-06", "", "2026-08", "", "2026-10"}},
		{[]string{strings.Repeat("long ", 40), "b"}, []string{"", "b"}},
		{[]string{}, []string{}},
	} {
		if diff := cmp.Diff(test.want, spaced(test.labels)); diff != "" {
			t.Errorf("labels (-want +got):\n%s", diff)
		}
	}
}

func TestChartsOfLittle(t *testing.T) {
	for _, kind := range []string{"stack", "bars", "lines"} {
		for _, values := range [][]float64{{0}, {math.NaN()}, {math.NaN(), 3}, {0, 0, 0}} {
			labels := []string{"a", "b", "c"}[:len(values)]
			svg, err := chart(kind, "title", "unit", labels, []series{{"one", values}, {"two", values}})
			if err != nil || !strings.HasPrefix(svg, "<svg ") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s of %v: %v\n%s", kind, values, err, svg)
			}
		}
	}
}

// TestFiguresAskViews: every figure of the report is an answer of a view, and its chart of columns that it has.
func TestFiguresAskViews(t *testing.T) {
	for _, f := range sql.Report() {
		asked := viewsOf(f.SQL)
		if len(asked) == 0 {
			t.Errorf("figure %s asks no view", f.Name)
		}
		if f.Defines != "" && !slices.Contains(asked, f.Defines) {
			t.Errorf("figure %s defines %s and asks %v", f.Name, f.Defines, asked)
		}
		for _, name := range f.Chart[min(1, len(f.Chart)):] {
			if !strings.Contains(f.SQL, name) {
				t.Errorf("figure %s: its chart wants column %s", f.Name, name)
			}
		}
	}
}
