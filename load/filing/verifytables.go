package filing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kycsync/sql"
)

// checkTables reads every row and holds what it finds against what the package says.
func (v *verifier) checkTables() {
	var err error
	if v.tables, err = v.stored.relations(); err != nil {
		v.note("tables", "", err)
		return
	}
	v.tallies = map[string]*tally{}
	for _, name := range slices.Sorted(maps.Keys(v.tables)) {
		t, err := v.tally(v.tables[name])
		v.tallies[name] = t
		if !v.note("rows of "+name, fmt.Sprintf("%d rows, written as they must be, each with a key that no other has.", t.rows), err) {
			return
		}
	}
	totals, err := v.sheet(tablesFile, tablesColumns)
	if err == nil {
		err = v.checkTotals(totals)
	}
	v.note("control totals", "Rows, values and sums are those of the control files, recomputed.", err)
	v.note("references", "Every row that refers to another table has its row there.", v.checkReferences())
	v.note("reconciliation", "Population and exclusions are all sessions of the period, or of the person, in each application.", v.checkBalance())
	v.checkWorksheet()
	v.checkSample()
	v.note("data quality", "No critical check of the data failed without a decision to let it pass.", v.checkQuality())
	v.checkParquet()
}

// tally reads the rows of a table.
func (v *verifier) tally(r *relation) (*tally, error) {
	t := newTally(r.columns, r.key)
	c := &cursor{rel: r}
	defer func() { _ = c.close() }()
	var plainRow []byte
	for n := 0; ; n++ {
		if n%1024 == 0 && v.ctx.Err() != nil {
			return t, context.Cause(v.ctx)
		}
		if err := c.advance(); err != nil {
			return t, err
		}
		if c.row == nil {
			return t, t.known(r)
		}
		plainRow = plainRow[:0]
		for i, f := range c.row {
			if i > 0 {
				plainRow = append(plainRow, ',')
			}
			if f.null {
				t.null(i)
				continue
			}
			if !wellFormed(r.columns[i].Kind, f.text) {
				return t, fmt.Errorf("column %s of %s has a value that is not of its type", r.columns[i].Name, r.name)
			}
			text := []byte(f.text)
			t.cell(i, text)
			plainRow = appendField(plainRow, text)
		}
		if err := t.row(append(plainRow, '\r', '\n')); err != nil {
			return t, fmt.Errorf("table %s: %w", r.name, err)
		}
	}
}

// maxSheetRows is how many rows a sheet that is read as a whole may have.
const maxSheetRows = 100_000

// sheet reads a small control file.
func (v *verifier) sheet(name string, columns []string) ([][]field, error) {
	body, err := v.stored.Read(name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	r := newRowReader(body)
	head, _, err := r.next()
	if err != nil || !slices.EqualFunc(head, columns, func(f field, name string) bool { return f.text == name }) {
		return nil, fmt.Errorf("%s has other columns than it must have", name)
	}
	var out [][]field
	for {
		row, _, err := r.next()
		switch {
		case err == io.EOF:
			return out, nil
		case err != nil || len(row) != len(columns) || len(out) == maxSheetRows:
			return nil, fmt.Errorf("%s: %w", name, errCSV)
		}
		row = slices.Clone(row)
		if v.stored.statement.Predicate.Parameters["profile"] == string(spreadsheet) {
			for i := range row {
				row[i].text = unescape(row[i].text)
			}
		}
		out = append(out, row)
	}
}

// checkTotals holds what was counted against tables.csv and control_totals.csv.
func (v *verifier) checkTotals(tables [][]field) error {
	totals, err := v.sheet(totalsFile, totalsColumns)
	if err != nil {
		return err
	}
	if len(tables) != len(v.tallies) {
		return fmt.Errorf("%s tells of %d tables, and there are %d", tablesFile, len(tables), len(v.tallies))
	}
	for _, row := range tables {
		t, r := v.tallies[row[0].text], v.tables[row[0].text]
		if t == nil {
			return fmt.Errorf("%s tells of the table %.80q, which is not there", tablesFile, row[0].text)
		}
		if row[1].text != strconv.Itoa(len(r.paths)) || row[2].text != strconv.FormatInt(t.rows, 10) || row[3].text != t.sha256() {
			return fmt.Errorf("table %s has %d rows in %d files, and %s tells of others", r.name, t.rows, len(r.paths), tablesFile)
		}
		for i := range r.columns {
			k := &t.columns[i]
			if len(totals) == 0 {
				return fmt.Errorf("%s ends before column %s of %s", totalsFile, r.columns[i].Name, r.name)
			}
			want := []string{r.name, r.columns[i].Name, fieldType(r.columns[i].Kind), strconv.FormatInt(k.filled, 10), k.sum()}
			for at, word := range want {
				if totals[0][at].text != word {
					return fmt.Errorf("column %s of %s has %d values with the sum %q, and %s tells of others", r.columns[i].Name, r.name, k.filled, k.sum(), totalsFile)
				}
			}
			totals = totals[1:]
		}
	}
	if len(totals) > 0 {
		return fmt.Errorf("%s tells of columns that are not there", totalsFile)
	}
	return nil
}

// checkReferences merges each table with the one that it refers to: both are in order of the key.
func (v *verifier) checkReferences() error {
	for _, res := range v.stored.descriptor.Resources {
		if res.Schema == nil {
			continue
		}
		for _, fk := range res.Schema.ForeignKeys {
			from, to := v.tables[strings.ReplaceAll(res.Name, "-", "_")], v.tables[strings.ReplaceAll(fk.Reference.Resource, "-", "_")]
			if from == nil || to == nil || !slices.Equal(fk.Fields, fk.Reference.Fields) {
				return fmt.Errorf("%.80q refers to a table that is not there", res.Name)
			}
			if err := v.refers(from, to, fk.Fields); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verifier) refers(from, to *relation, by []string) (err error) {
	short := *from
	short.key = nil
	for _, name := range by {
		at := slices.IndexFunc(from.columns, func(c column) bool { return c.Name == name })
		if at < 0 || len(short.key) == len(to.key) || to.columns[to.key[len(short.key)]].Name != name {
			return fmt.Errorf("table %s refers to %s by other columns than its key", from.name, to.name)
		}
		short.key = append(short.key, at)
	}
	if !slices.Equal(short.key, from.key[:min(len(from.key), len(short.key))]) {
		return fmt.Errorf("table %s is not in the order of what it refers to", from.name)
	}
	a, b := &cursor{rel: &short}, &cursor{rel: to}
	defer func() { err = errors.Join(err, a.close(), b.close()) }()
	if err := errors.Join(a.advance(), b.advance()); err != nil {
		return err
	}
	for a.row != nil {
		order := 1
		if b.row != nil {
			order = compareKeys(&cursor{rel: &short, row: a.row}, b)
		}
		switch {
		case order == 0:
			err = a.advance()
		case b.row == nil || order < 0:
			return fmt.Errorf("table %s has a row whose row in %s is not there", from.name, to.name)
		default:
			err = b.advance()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkBalance recomputes the reconciliation.
func (v *verifier) checkBalance() error {
	rows, err := v.sheet(balanceFile, balanceColumns)
	if err != nil {
		return err
	}
	population, exclusions := v.tallies[sql.FilingPopulation], v.tallies[sql.FilingExclusions]
	if population == nil || exclusions == nil {
		return errors.New("there is no population, or there are no exclusions")
	}
	seen := map[string]bool{}
	var rest int64
	for _, row := range rows {
		app := row[0].text
		b := balance{application: app, population: population.perApp[app], exclusions: exclusions.perApp[app], source: v.stored.statement.Predicate.Source[app]}
		rest += b.population + b.exclusions
		for i, want := range b.row() {
			if row[i].text != want {
				return fmt.Errorf("application %.80q: there are %d sessions of the period by the statement, %d in the population and %d left out, and %s tells of others", app, b.source, b.population, b.exclusions, balanceFile)
			}
		}
		if b.difference() != 0 || seen[app] {
			return fmt.Errorf("application %.80q: %d sessions are missing, or it is there twice", app, b.difference())
		}
		seen[app] = true
	}
	if rest != population.rows+exclusions.rows || len(seen) != len(v.stored.statement.Predicate.Source) {
		return fmt.Errorf("%s leaves an application out", balanceFile)
	}
	return nil
}

// checkQuality looks for critical checks that failed.
func (v *verifier) checkQuality() error {
	rows, err := v.sheet(checksFile, checksColumns)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.New("the data were not checked")
	}
	for _, row := range rows {
		if row[1].text == sql.Critical && row[4].text != "0" && row[5].null {
			return fmt.Errorf("the check %.80q failed", row[0].text)
		}
	}
	return nil
}
