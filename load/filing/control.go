package filing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kycsync/sql"
)

// The control files. Each is a CSV file in data/control/:
//
//	tables.csv           how many rows each table has, in how many files, and the hash of its rows
//	control_totals.csv   of each column how many values there are, and the sum of its numbers
//	reconciliation.csv   per application: source, population, exclusions, and the difference, which is 0
//	exclusions.csv       what is of the period and not in the population, and why
//	worksheet.csv        of a filing with a worksheet: each cell, and how many rows its listing has
//	vendor_totals.csv    the vendor's own counts beside ours
//	sample.csv           the sessions that were drawn from the population
//	strata.csv           how many of how many
//	dq_results.csv       each check of the data, and how it came out
//	changes_since_v1.csv of a filing that replaces another: each cell that is another one
const (
	tablesFile  = controlFolder + "tables.csv"
	totalsFile  = controlFolder + "control_totals.csv"
	balanceFile = controlFolder + "reconciliation.csv"
	checksFile  = controlFolder + "dq_results.csv"
)

// A sheet is a small CSV file that is made here.
type sheet struct {
	name    string
	columns []string
	rows    [][]string
}

var (
	tablesColumns  = []string{"table", "files", "rows", "rows_sha256"}
	totalsColumns  = []string{"table", "column", "type", "filled", "sum", "escaped"}
	balanceColumns = []string{"application", "source", "population", "exclusions", "difference"}
	checksColumns  = []string{"check", "severity", "dimension", "owner", "failures", "waived_until", "waived_reason", "meaning"}
)

// bytes returns the sheet as a CSV file. Empty cells are null.
func (s *sheet) bytes() []byte {
	out := header(s.columns)
	for _, row := range s.rows {
		for i, cell := range row {
			if i > 0 {
				out = append(out, ',')
			}
			if cell != "" {
				out = appendField(out, []byte(cell))
			}
		}
		out = append(out, '\r', '\n')
	}
	return out
}

// addSheet writes a sheet. Those for people with a spreadsheet have no formulas.
func (m *maker) addSheet(s sheet) error {
	if profile(m.Order.Profile) == spreadsheet {
		for _, row := range s.rows {
			for i, cell := range row {
				row[i] = string(escape([]byte(cell)))
			}
		}
	}
	return m.bag.Add(s.name, s.bytes())
}

// check asks all checks of the data as they were known.
func (m *maker) check(ctx context.Context) (err error) {
	m.checks, err = Checks(ctx, m.r)
	return err
}

// A balance is what one application has of the period.
type balance struct {
	application                    string
	source, population, exclusions int64
}

func (b *balance) difference() int64 { return b.source - b.population - b.exclusions }

// reconcile holds what was written against the source, which is counted apart.
func (m *maker) reconcile(ctx context.Context) error {
	apps := map[string]*balance{}
	of := func(name string) *balance {
		if apps[name] == nil {
			apps[name] = &balance{application: name}
		}
		return apps[name]
	}
	res, err := m.r.Query(ctx, m.Order.Template.Source)
	if err != nil {
		return fmt.Errorf("source.sql: %w", err)
	}
	for res.Next() {
		v := res.Values()
		var app string
		var n int64
		isText, isCount := false, false
		if len(v) == 2 {
			app, isText = v[0].(string)
			n, isCount = v[1].(int64)
		}
		if !isText || !isCount {
			return errors.Join(errors.New("source.sql: want the columns application, a text, and sessions, a count"), res.Close())
		}
		of(app).source += n
	}
	if err := errors.Join(res.Err(), res.Close()); err != nil {
		return fmt.Errorf("source.sql: %w", err)
	}
	for name, n := range m.table(sql.FilingPopulation).tally.perApp {
		of(name).population = n
	}
	for name, n := range m.table(sql.FilingExclusions).tally.perApp {
		of(name).exclusions = n
	}
	for _, name := range slices.Sorted(maps.Keys(apps)) {
		b := apps[name]
		if b.difference() != 0 {
			return fmt.Errorf("%w: application %s: %d of the period, %d in the population and %d left out", ErrIncomplete, name, b.source, b.population, b.exclusions)
		}
		m.balance = append(m.balance, *b)
	}
	return nil
}

// table returns one of those that were written.
func (m *maker) table(name string) *table {
	for _, t := range m.tables {
		if t.Name == name {
			return t
		}
	}
	panic("filing: no table " + name)
}

// all returns every table, in order of their names.
func (m *maker) all() []*table {
	out := slices.Clone(m.tables)
	slices.SortFunc(out, func(a, b *table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// writeControls writes the totals.
func (m *maker) writeControls(context.Context) error {
	tables, totals := sheet{name: tablesFile, columns: tablesColumns}, sheet{name: totalsFile, columns: totalsColumns}
	for _, t := range m.all() {
		row, columns := t.totals()
		tables.rows, totals.rows = append(tables.rows, row), append(totals.rows, columns...)
	}
	balances := sheet{name: balanceFile, columns: balanceColumns}
	for _, b := range m.balance {
		balances.rows = append(balances.rows, b.row())
	}
	checks := sheet{name: checksFile, columns: checksColumns}
	meaning := map[string]string{}
	for _, c := range warehouseChecks() {
		meaning[c.Name] = firstLine(c.Doc)
	}
	for _, c := range m.checks {
		row := []string{c.Check, c.Severity, c.Dimension, c.Owner, strconv.FormatInt(c.Failures, 10), "", "", meaning[c.Check]}
		if c.Waived != nil {
			row[5], row[6] = c.Waived.Until.UTC().Format(timeForm), c.Waived.Reason
		}
		checks.rows = append(checks.rows, row)
	}
	return errors.Join(m.addSheet(tables), m.addSheet(totals), m.addSheet(balances), m.addSheet(checks))
}

func (b *balance) row() []string {
	return []string{b.application, strconv.FormatInt(b.source, 10), strconv.FormatInt(b.population, 10), strconv.FormatInt(b.exclusions, 10), strconv.FormatInt(b.difference(), 10)}
}

// totals returns the rows of a table in tables.csv and in control_totals.csv.
func (t *table) totals() (row []string, columns [][]string) {
	row = []string{t.Name, strconv.Itoa(len(t.files)), strconv.FormatInt(t.tally.rows, 10), t.tally.sha256()}
	for i, c := range t.columns {
		k := &t.tally.columns[i]
		columns = append(columns, []string{t.Name, c.Name, fieldType(c.Kind), strconv.FormatInt(k.filled, 10), k.sum(), strconv.FormatInt(k.escaped, 10)})
	}
	return row, columns
}

func firstLine(doc string) string {
	first, _, _ := strings.Cut(doc, "\n")
	return first
}
