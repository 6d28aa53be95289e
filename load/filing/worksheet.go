package filing

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"kycsync/sql"
)

// A worksheet is a table whose rows are the cells of a return. A cell has a value and a listing, the table whose rows of that
// cell are counted, or it says which input is missing. data/control/worksheet.csv has both counts side by side: the value,
// which the database was asked for, and the rows, which were counted in the listing.
const worksheetFile = controlFolder + "worksheet.csv"

var worksheetColumns = []string{"cell", "value", "listing", "rows", "difference", "missing_input"}

// A cell is a row of a worksheet.
type cell struct {
	name, question, listing, missing string
	value, rows                      int64 // rows: of the listing
}

func (c *cell) row() []string {
	if c.missing != "" {
		return []string{c.name, "", "", "", "", c.missing}
	}
	return []string{c.name, strconv.FormatInt(c.value, 10), c.listing, strconv.FormatInt(c.rows, 10), strconv.FormatInt(c.value-c.rows, 10), ""}
}

// countCells holds the worksheet, if there is one, against its listings, and writes the control.
func (m *maker) countCells(context.Context) (err error) {
	if m.Order.Template.Table(sql.FilingWorksheet) == nil {
		return nil
	}
	tables, tallies := map[string]*relation{}, map[string]*tally{}
	for _, t := range m.tables {
		tables[t.Name], tallies[t.Name] = m.relation(t), t.tally
	}
	if m.cells, err = cells(tables, tallies); err != nil {
		return err
	}
	s := sheet{name: worksheetFile, columns: worksheetColumns}
	for i := range m.cells {
		s.rows = append(s.rows, m.cells[i].row())
	}
	return m.addSheet(s)
}

// cells reads the worksheet of a package and counts. It tells of a cell that has neither value nor reason, or both, of one
// whose listing has another number of rows, and of rows that are of no cell.
func cells(tables map[string]*relation, tallies map[string]*tally) ([]cell, error) {
	out, err := readCells(tables[sql.FilingWorksheet])
	if err != nil {
		return nil, err
	}
	counted := map[string]int64{}
	for i := range out {
		c := &out[i]
		if c.missing != "" {
			continue
		}
		listing, t := tables[c.listing], tallies[c.listing]
		if listing == nil || t == nil || listing.columns[listing.key[0]].Name != "cell" || c.listing == sql.FilingWorksheet {
			return nil, fmt.Errorf("worksheet: cell %.80q names the listing %.80q: want a table whose key begins with cell", c.name, c.listing)
		}
		if c.rows = t.perApp[c.name]; c.rows != c.value {
			return nil, fmt.Errorf("worksheet: cell %.80q is %d, and its listing %s has %d rows of it", c.name, c.value, c.listing, c.rows)
		}
		counted[c.listing] += c.rows
	}
	for name, r := range tables {
		if name != sql.FilingWorksheet && r.columns[r.key[0]].Name == "cell" && counted[name] != tallies[name].rows {
			return nil, fmt.Errorf("worksheet: the listing %s has %d rows, and the cells that name it %d", name, tallies[name].rows, counted[name])
		}
	}
	return out, nil
}

func readCells(r *relation) (out []cell, err error) {
	at := map[string]int{}
	for _, name := range []string{"cell", "question", "value", "listing", "missing_input"} {
		if at[name] = slices.IndexFunc(r.columns, func(c column) bool { return c.Name == name }); at[name] < 0 {
			return nil, fmt.Errorf("worksheet: there is no column %s", name)
		}
	}
	c := &cursor{rel: r}
	defer func() { _ = c.close() }()
	for len(out) < maxSheetRows {
		if err := c.advance(); err != nil || c.row == nil {
			return out, err
		}
		value, listing := c.row[at["value"]], c.row[at["listing"]]
		read := cell{name: c.row[at["cell"]].text, question: c.row[at["question"]].text, listing: listing.text, missing: c.row[at["missing_input"]].text}
		if isOpen := read.missing != ""; value.null != isOpen || listing.null != isOpen {
			return nil, fmt.Errorf("worksheet: cell %.80q: want a value and a listing, or what is missing", read.name)
		}
		if read.missing == "" {
			if read.value, err = strconv.ParseInt(value.text, 10, 64); err != nil {
				return nil, fmt.Errorf("worksheet: the value of cell %.80q is no number", read.name)
			}
		}
		out = append(out, read)
	}
	return nil, fmt.Errorf("worksheet: it has more than %d cells", maxSheetRows)
}

// checkWorksheet counts again, and holds that against the control.
func (v *verifier) checkWorksheet() {
	if v.tables[sql.FilingWorksheet] == nil && !v.stored.Has(worksheetFile) {
		return
	}
	answered, open, err := v.countCells()
	v.note("worksheet", fmt.Sprintf("Each of %d numbers of the worksheet is the number of rows of its listing; %d cells say which input is missing.", answered, open), err)
}

func (v *verifier) countCells() (answered, open int, err error) {
	if v.tables[sql.FilingWorksheet] == nil {
		return 0, 0, fmt.Errorf("%s tells of a worksheet, which is not there", worksheetFile)
	}
	found, err := cells(v.tables, v.tallies)
	if err != nil {
		return 0, 0, err
	}
	rows, err := v.sheet(worksheetFile, worksheetColumns)
	if err != nil {
		return 0, 0, err
	}
	for i := range found {
		if i >= len(rows) || !slices.EqualFunc(rows[i], found[i].row(), func(f field, want string) bool { return f.text == want }) {
			return 0, 0, fmt.Errorf("%s does not tell of cell %.80q what its listing has", worksheetFile, found[i].name)
		}
		if found[i].missing == "" {
			answered++
		}
	}
	if len(rows) != len(found) {
		return 0, 0, fmt.Errorf("%s tells of cells that are not there", worksheetFile)
	}
	return answered, len(found) - answered, nil
}
