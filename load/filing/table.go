package filing

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/load/dictionary"
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
func plan(ctx context.Context, r *warehouse.Reader, def *sql.FilingTable, decide decision) (*table, error) {
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
		if c.Action, err = decide(&c.Column, c.From); err != nil {
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
	case known:
		c.Doc += note(c.Doc, "empty where it is none of the known words")
	case terms:
		c.Doc += note(c.Doc, "empty where it is more than a list of known names and words")
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
	from, given := b.Column(c.source), schemas.Column{Name: c.Name, Kind: c.stored}
	switch c.Action {
	case keep:
		from.Retain()
		return from, nil
	case pseudonym:
		return p.pseudonyms(&given, c.From, from)
	case known:
		return knownWords(&given, c.Words, from)
	case terms:
		return knownTerms(&given, from)
	case band:
		return texts(&given, from, func(text string) (string, bool, error) { return bandOf(text), true, nil })
	case year:
		b := array.NewInt64Builder(memory.DefaultAllocator)
		defer b.Release()
		eachValue(from, b, func(i int) { b.Append(int64(from.(*array.Date32).Value(i).ToTime().Year())) })
		return b.NewArray(), nil
	default:
		panic("filing: no values by action " + string(c.Action))
	}
}

// batch returns a batch of the answer as it leaves. The caller releases it.
func (t *table) batch(b arrow.RecordBatch, p *Pseudonymizer) (arrow.RecordBatch, error) {
	return batchOf(t.schema.Arrow(), b.NumRows(), func(i int) (arrow.Array, error) { return t.columns[i].array(b, p) })
}

// spool writes what leaves to a Parquet file, in order of the key, and returns its name; the caller removes it.
func (t *table) spool(ctx context.Context, r *warehouse.Reader, p *Pseudonymizer, dir string) (string, error) {
	given, err := r.Spool(ctx, t.answer, t.SQL)
	if err != nil {
		return "", err
	}
	defer os.Remove(given)
	file, err := rewrite(ctx, t.answer, given, t.schema, dir, func(b arrow.RecordBatch) (arrow.RecordBatch, error) { return t.batch(b, p) })
	if err != nil || !t.masked() {
		return file, err
	}
	defer os.Remove(file)
	sorted, err := r.Sort(ctx, t.schema, file, t.Key) // pseudonyms in the order of what they stand for would tell of it
	if err != nil {
		return "", err
	}
	defer os.Remove(sorted)
	return rewrite(ctx, t.schema, sorted, t.schema, dir, func(b arrow.RecordBatch) (arrow.RecordBatch, error) { // bytes that depend on the rows alone
		b.Retain()
		return b, nil
	})
}
