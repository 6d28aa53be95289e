package filing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/load/dictionary"
	"kycsync/load/filing/bag"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/schemas"
	"kycsync/sql"
)

// maxPartRows is how many rows a CSV file has at most; what is more is in further files.
var maxPartRows int64 = 1_000_000

// A column is a column of a table of a filing.
type column struct {
	schemas.Column        // as it leaves
	From           string // where its class and meaning come from; empty: the template
	Action         action
	source         int          // its place in the answer
	stored         schemas.Kind // its kind there
}

// A table is a table of a filing on its way.
type table struct {
	*sql.FilingTable
	answer  *schemas.Table // what the statement gives
	columns []column       // what leaves
	schema  *schemas.Table // of these
	key     []int          // places in columns
	files   []part
	parquet string // its file; empty: none
	tally   *tally
}

// A part is a CSV file.
type part struct {
	name string
	rows int64
}

// plan reads what the statement will give and decides what leaves.
func plan(ctx context.Context, r *warehouse.Reader, def *sql.FilingTable, a Audience) (*table, error) {
	t := &table{FilingTable: def, answer: &schemas.Table{Name: def.Name}, schema: &schemas.Table{Name: def.Name, Doc: def.Doc}}
	got, err := r.Describe(ctx, def.SQL)
	if err != nil {
		return nil, err
	}
	t.answer.Columns = got
	for i := range got {
		got[i].Class = schemas.Internal // of a file that is read at once and removed
	}
	if len(got) != len(def.Columns) {
		return nil, fmt.Errorf("the statement gives %d columns and the comment tells of %d: a column without a class cannot leave", len(got), len(def.Columns))
	}
	for i, told := range def.Columns {
		if got[i].Name != told.Name {
			return nil, fmt.Errorf("column %d is %s, and the comment tells of %s there", i+1, got[i].Name, told.Name)
		}
		c, err := describe(got[i], told)
		if err != nil {
			return nil, err
		}
		c.source = i
		if c.Action, err = a.action(&c.Column, c.From); err != nil {
			return nil, err
		}
		if c.Action == drop {
			continue
		}
		c.reduce()
		c.ID = len(t.columns) + 1
		t.columns = append(t.columns, c)
		t.schema.Columns = append(t.schema.Columns, c.Column)
	}
	for _, name := range def.Key {
		at := slices.IndexFunc(t.columns, func(c column) bool { return c.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("the key column %s is not there", name)
		}
		if kind := t.columns[at].Kind; kind == schemas.Float || kind == schemas.Decimal || kind == schemas.Bool || kind == schemas.JSON {
			return nil, fmt.Errorf("the key column %s has values that are no key: want text, whole numbers, times or days", name)
		}
		t.key = append(t.key, at)
	}
	return t, nil
}

// describe gives a column the class and the meaning that the template tells.
func describe(got schemas.Column, told sql.FilingColumn) (column, error) {
	c := column{Column: got, From: told.From, stored: got.Kind}
	class := told.Class
	if told.From != "" {
		source, name, _ := strings.Cut(told.From, ".")
		d, ok := dictionary.All().Of(source)
		if !ok {
			return c, fmt.Errorf("column %s: there is no table or view %s", got.Name, source)
		}
		found := false
		for _, t := range d.Tables {
			for _, k := range t.Columns {
				if k.Name == name {
					found, class, c.Doc, c.Words = true, k.Class, k.Doc, k.Words
				}
			}
		}
		for _, v := range d.Views {
			for _, k := range v.Columns {
				if k.Name == name {
					found, class, c.Doc = true, k.Class, k.Doc
				}
			}
		}
		if !found {
			return c, fmt.Errorf("column %s: there is no column %s", got.Name, told.From)
		}
	}
	if told.Doc != "" {
		c.Doc = told.Doc
	}
	for _, known := range []schemas.Class{schemas.Public, schemas.Internal, schemas.PII, schemas.Sensitive, schemas.Biometric, schemas.Criminal} {
		if known.String() == class {
			c.Class = known
			return c, nil
		}
	}
	return c, fmt.Errorf("column %s has the class %q: a column without a class cannot leave", got.Name, class)
}

// reduce gives the column the form that its values have after the action.
func (c *column) reduce() {
	switch c.Action {
	case keep:
	case pseudonym:
		c.Kind, c.Words, c.Doc = schemas.Text, nil, c.Doc+note(c.Doc, "pseudonym: equal values have equal ones in files for this audience")
	case band:
		c.Kind, c.Doc = schemas.Text, c.Doc+note(c.Doc, "the fifth of the scale")
	case year:
		c.Kind, c.Doc = schemas.Int, c.Doc+note(c.Doc, "the year alone")
	case drop:
	default:
		panic("filing: no action " + string(c.Action))
	}
}

func note(doc, text string) string {
	if doc == "" {
		return text
	}
	return "; " + text
}

// masked reports whether values leave otherwise than they are.
func (t *table) masked() bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.Action != keep })
}

// array returns the column's values of a batch of the answer as they leave. The caller releases it.
func (c *column) array(b arrow.RecordBatch, p *Pseudonymizer) (arrow.Array, error) {
	from := b.Column(c.source)
	if c.Action == keep {
		from.Retain()
		return from, nil
	}
	given := schemas.Column{Name: c.Name, Kind: c.stored}
	builder := array.NewBuilder(memory.DefaultAllocator, c.Kind.Arrow())
	defer builder.Release()
	var text []byte
	for i := range from.Len() {
		if from.IsNull(i) {
			builder.AppendNull()
			continue
		}
		text = appendCell(text[:0], &given, true, from, i)
		switch c.Action {
		case pseudonym:
			word, err := p.of(domainOf(c.Name, c.From), string(text))
			if err != nil {
				return nil, err
			}
			builder.(*array.StringBuilder).Append(word)
		case band:
			builder.(*array.StringBuilder).Append(bandOf(string(text)))
		case year:
			n, err := strconv.ParseInt(strings.SplitN(string(text), "-", 2)[0], 10, 64)
			if err != nil {
				builder.AppendNull()
				continue
			}
			builder.(*array.Int64Builder).Append(n)
		default:
			panic("filing: no values by action " + string(c.Action))
		}
	}
	return builder.NewArray(), nil
}

// batch returns a batch of the answer as it leaves. The caller releases it.
func (t *table) batch(b arrow.RecordBatch, p *Pseudonymizer) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, 0, len(t.columns))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i := range t.columns {
		a, err := t.columns[i].array(b, p)
		if err != nil {
			return nil, err
		}
		cols = append(cols, a)
	}
	return array.NewRecordBatch(t.schema.Arrow(), cols, b.NumRows()), nil
}

// spool writes what leaves to a Parquet file, in order of the key, and returns its name; the caller removes it.
func (t *table) spool(ctx context.Context, r *warehouse.Reader, p *Pseudonymizer, dir string) (string, error) {
	given, err := r.Spool(ctx, t.answer, t.SQL)
	if err != nil {
		return "", err
	}
	defer os.Remove(given)
	w, err := lake.NewPart(t.schema, dir)
	if err != nil {
		return "", err
	}
	var failed error
	_, err = lake.ReadFile(ctx, t.answer, given, func(b arrow.RecordBatch) bool {
		var out arrow.RecordBatch
		if out, failed = t.batch(b, p); failed == nil {
			failed = w.Write(out)
			out.Release()
		}
		return failed == nil
	})
	if err = errors.Join(err, failed); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	done, err := w.Close()
	if err != nil || !t.masked() {
		return doneName(done), err
	}
	defer os.Remove(done.Path)
	sorted, err := r.Sort(ctx, t.schema, done.Path, t.Key) // pseudonyms in the order of what they stand for would tell of it
	if err != nil {
		return "", err
	}
	defer os.Remove(sorted)
	return copyPart(ctx, t.schema, sorted, dir)
}

func doneName(s *lake.Spooled) string {
	if s == nil {
		return ""
	}
	return s.Path
}

// copyPart writes the rows of a Parquet file as a part, whose bytes depend on them alone.
func copyPart(ctx context.Context, t *schemas.Table, from, dir string) (string, error) {
	w, err := lake.NewPart(t, dir)
	if err != nil {
		return "", err
	}
	var failed error
	_, err = lake.ReadFile(ctx, t, from, func(b arrow.RecordBatch) bool {
		failed = w.Write(b)
		return failed == nil
	})
	if err = errors.Join(err, failed); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	done, err := w.Close()
	return doneName(done), err
}

// write makes the files of the table in the folder, such as data/tables/, of the Parquet file that spool made.
func (t *table) write(ctx context.Context, m *maker, file, folder string, withParquet bool) error {
	w := &csvWriter{table: t, bag: m.bag, base: folder + t.Name, profile: profile(m.Order.Profile)}
	t.tally = newTally(t.columns, t.key)
	var failed error
	_, err := lake.ReadFile(ctx, t.schema, file, func(batch arrow.RecordBatch) bool {
		failed = w.batch(batch)
		return failed == nil
	})
	if err := errors.Join(err, failed, w.close()); err != nil {
		return err
	}
	if !withParquet {
		return nil
	}
	t.parquet = folder + t.Name + ".parquet"
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := m.bag.Create(t.parquet)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// A csvWriter writes rows as CSV files.
type csvWriter struct {
	table   *table
	bag     *bag.Builder
	base    string // of the names
	profile profile
	out     io.WriteCloser
	rows    int64 // in the file that is open
	line    []byte
	plain   []byte
	cell    []byte
}

// open starts the next file.
func (w *csvWriter) open() (err error) {
	name := w.base + ".csv"
	if n := len(w.table.files); n > 0 {
		name = fmt.Sprintf("%s.%d.csv", w.base, n+1)
	}
	if w.out, err = w.bag.Create(name); err != nil {
		return err
	}
	w.table.files, w.rows = append(w.table.files, part{name: name}), 0
	var names []string
	for _, c := range w.table.columns {
		names = append(names, c.Name)
	}
	_, err = w.out.Write(header(names))
	return err
}

func (w *csvWriter) close() error {
	if w.out == nil {
		if err := w.open(); err != nil { // of no rows there is a header
			return err
		}
	}
	w.table.files[len(w.table.files)-1].rows = w.rows
	err := w.out.Close()
	w.out = nil
	return err
}

func (w *csvWriter) batch(b arrow.RecordBatch) error {
	for i := range int(b.NumRows()) {
		if w.out != nil && w.rows >= maxPartRows {
			if err := w.close(); err != nil {
				return err
			}
		}
		if w.out == nil {
			if err := w.open(); err != nil {
				return err
			}
		}
		if err := w.row(b, i); err != nil {
			return err
		}
	}
	return nil
}

// row writes one row, and counts it.
func (w *csvWriter) row(b arrow.RecordBatch, i int) error {
	t := w.table
	w.line, w.plain = w.line[:0], w.plain[:0]
	for k := range t.columns {
		if k > 0 {
			w.line, w.plain = append(w.line, ','), append(w.plain, ',')
		}
		c := &t.columns[k]
		if b.Column(k).IsNull(i) {
			t.tally.null(k)
			continue
		}
		w.cell = appendCell(w.cell[:0], &c.Column, slices.Contains(t.key, k), b.Column(k), i)
		t.tally.cell(k, w.cell)
		w.plain = appendField(w.plain, w.cell)
		shown := w.cell
		if w.profile == spreadsheet && (c.Kind == schemas.Text || c.Kind == schemas.JSON) {
			if shown = escape(w.cell); len(shown) > len(w.cell) {
				t.tally.columns[k].escaped++
			}
		}
		w.line = appendField(w.line, shown)
	}
	w.line, w.plain = append(w.line, '\r', '\n'), append(w.plain, '\r', '\n')
	w.rows++
	if err := t.tally.row(w.plain); err != nil {
		return err
	}
	_, err := w.out.Write(w.line)
	return err
}

// A tally counts the rows of a table: what its control totals are made of, when it is written and when it is checked.
type tally struct {
	rows    int64
	columns []columnTally
	key     []int
	last    []string // key of the row before
	now     []string
	sha     hash.Hash
	perApp  map[string]int64 // rows by the first column of the key
}

type columnTally struct {
	kind    schemas.Kind
	filled  int64
	escaped int64           // an apostrophe was put before them
	words   map[string]bool // the values known; nil: an open set
	strange int64           // values that are none of them
	ints    big.Int
	float   float64
}

func newTally(columns []column, key []int) *tally {
	t := &tally{key: key, now: make([]string, len(key)), sha: sha256.New(), perApp: map[string]int64{}}
	for _, c := range columns {
		k := columnTally{kind: c.Kind}
		if len(c.Words) > 0 {
			k.words = map[string]bool{}
			for _, w := range c.Words {
				k.words[w] = true
			}
		}
		t.columns = append(t.columns, k)
	}
	return t
}

// null counts a null; one in a key is found by row.
func (t *tally) null(k int) {
	if at := slices.Index(t.key, k); at >= 0 {
		t.now[at] = ""
	}
}

// cell counts a value of the row to come.
func (t *tally) cell(k int, text []byte) {
	c := &t.columns[k]
	c.filled++
	if c.words != nil && !c.words[string(text)] {
		c.strange++
	}
	if at := slices.Index(t.key, k); at >= 0 {
		t.now[at] = string(text)
	}
	switch c.kind {
	case schemas.Int:
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			c.ints.Add(&c.ints, big.NewInt(n))
		}
	case schemas.Float:
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			c.float += f
		}
	case schemas.Bool:
		if text[0] == 't' {
			c.ints.Add(&c.ints, big.NewInt(1))
		}
	case schemas.Text, schemas.JSON, schemas.Time, schemas.Date, schemas.Decimal, schemas.Media:
	}
}

var errKey = errors.New("the rows are not in order of a key that is unique and never null")

// row ends a row, whose bytes as plain CSV these are.
func (t *tally) row(plain []byte) error {
	t.rows++
	t.sha.Write(plain)
	if slices.Contains(t.now, "") {
		return errKey
	}
	order := -1
	for i := 0; i < len(t.key) && t.last != nil; i++ {
		if order = compareCells(t.columns[t.key[i]].kind, t.last[i], t.now[i]); order != 0 {
			break
		}
	}
	if order >= 0 {
		return errKey
	}
	t.last = append(t.last[:0], t.now...)
	t.perApp[t.now[0]]++
	return nil
}

// known tells of a column of the relation that has values which are none of its categories.
func (t *tally) known(r *relation) error {
	for i := range t.columns {
		if n := t.columns[i].strange; n > 0 {
			return fmt.Errorf("column %s of %s has %d values that are none of its categories", r.columns[i].Name, r.name, n)
		}
	}
	return nil
}

// sum is the sum of a column's numbers, or how often it is true; empty for what has none.
func (c *columnTally) sum() string {
	switch c.kind {
	case schemas.Int, schemas.Bool:
		return c.ints.String()
	case schemas.Float:
		return string(appendFloat(nil, c.float))
	case schemas.Text, schemas.JSON, schemas.Time, schemas.Date, schemas.Decimal, schemas.Media:
	}
	return ""
}

// sha256 is the hash of the rows as plain CSV, without headers.
func (t *tally) sha256() string { return hex.EncodeToString(t.sha.Sum(nil)) }
