package sql

import (
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"
)

//go:embed report/*.sql
var reportFiles embed.FS

// A Figure is a part of the monthly report: a statement whose answer is a table, and perhaps a chart of it. Its file
// begins with a comment: what stands above the table, and before it, marked by the words before the colon:
//
//	-- chapter: a heading; of the files in their order, each chapter's stand together
//	-- title: of the figure
//	-- chart: stack month approved declined
//	-- unit: of the chart's values
//	-- rows: how many of the answer are shown, 12 unless it says so
//	-- defines: a view on whose definition the figure depends, so that the annex has it in full
//
// A chart is a kind, the column with the labels and those with the values. Kinds are stack, bars and lines; "tiles" is a
// single row shown large. The statement may ask getvariable('period_from') and getvariable('period_to'), the days on which
// the month and the next one begin, and getvariable('year_from'), twelve months before that next one.
type Figure struct {
	Name    string
	Chapter string
	Title   string
	Text    string
	Chart   []string
	Unit    string
	Rows    int
	Defines string // empty: none
	SQL     string
}

// Report returns the figures of the monthly report in their order.
func Report() []Figure {
	entries, err := reportFiles.ReadDir("report")
	if err != nil {
		panic("sql: report: " + err.Error())
	}
	var out []Figure
	for _, e := range entries {
		text, err := reportFiles.ReadFile(path.Join("report", e.Name()))
		if err != nil {
			panic("sql: report: " + err.Error())
		}
		f, err := parseFigure(strings.TrimSuffix(e.Name(), ".sql"), string(text))
		if err != nil {
			panic(fmt.Sprintf("sql: report %s: %v", e.Name(), err))
		}
		out = append(out, f)
	}
	return out
}

func parseFigure(name, text string) (Figure, error) {
	head, body := splitHead(text)
	f := Figure{Name: name, Rows: 12, SQL: strings.TrimSuffix(strings.TrimSpace(body), ";")}
	var doc []string
	for _, line := range head {
		mark, value, _ := strings.Cut(line, ": ")
		switch mark {
		case "chapter":
			f.Chapter = value
		case "title":
			f.Title = value
		case "unit":
			f.Unit = value
		case "defines":
			f.Defines = value
		case "chart":
			f.Chart = strings.Fields(value)
		case "rows":
			n, err := strconv.Atoi(value)
			if err != nil {
				return f, err
			}
			f.Rows = n
		default:
			doc = append(doc, line)
		}
	}
	if f.Text = unwrap(append(doc, "")); f.Chapter == "" || f.Title == "" {
		return f, fmt.Errorf("want a chapter and a title")
	}
	return f, nil
}
