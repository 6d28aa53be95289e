package filing

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/load/filing/bag"
	"kycsync/sql"
)

// provenanceColumns say which version of a record a row is of. They are the cause of a change and no change of their own.
var provenanceColumns = []string{"version_seq", "observed_at"}

// A Change is a difference between two filings.
type Change struct {
	Table  string
	Key    string // JSON object of the key's columns
	Change string // added, removed or changed
	Column string // of a cell
	Old    *string
	New    *string
	Cause  string
}

var changeColumns = []string{"table", "key", "change", "column", "old", "new", "cause"}

// ChangeCount is how many differences there are.
type ChangeCount struct{ Cells, Added, Removed int64 }

// differ compares tables and hands over each difference.
type differ struct {
	each  func(Change) error
	count ChangeCount
}

// compare writes what is otherwise than in the filing that this one replaces.
func (m *maker) compare(ctx context.Context) error {
	p := m.Order.Previous
	if p == nil {
		return nil
	}
	if err := p.precedes(&m.Order); err != nil {
		return err
	}
	old, err := p.stored.relations()
	if err != nil {
		return err
	}
	delete(old, sql.FilingVendor) // the vendor counts again and again
	now := map[string]*relation{}
	for _, t := range m.all() {
		if t.Name != sql.FilingVendor {
			now[t.Name] = m.relation(t)
		}
	}
	w, err := m.bag.Create(m.changesFile())
	if err != nil {
		return err
	}
	_, err = w.Write(header(changeColumns))
	d := &differ{each: func(c Change) error {
		_, err := w.Write(c.line(profile(m.Order.Profile)))
		return err
	}}
	if err == nil {
		err = d.tables(ctx, old, now)
	}
	m.changes = &d.count
	return errors.Join(err, w.Close())
}

func (m *maker) changesFile() string {
	if m.Order.Previous == nil {
		return ""
	}
	return fmt.Sprintf("%schanges_since_v%d.csv", controlFolder, m.Order.Previous.Version)
}

// line is the change as a line of CSV.
func (c *Change) line(prof profile) []byte {
	var out []byte
	for i, cell := range []*string{&c.Table, &c.Key, &c.Change, &c.Column, c.Old, c.New, &c.Cause} {
		if i > 0 {
			out = append(out, ',')
		}
		if cell == nil || *cell == "" && cell != c.Old && cell != c.New {
			continue
		}
		text := []byte(*cell)
		if prof == spreadsheet {
			text = escape(text)
		}
		out = appendField(out, text)
	}
	return append(out, '\r', '\n')
}

// ErrRefused means that a file is no package, or not a whole one.
var ErrRefused = bag.ErrRefused

// WriteDiff writes each difference between two packages as a line of CSV, in order of their tables and keys. Both must be
// whole, or the error wraps ErrRefused.
func WriteDiff(ctx context.Context, w io.Writer, before, after string) (ChangeCount, error) {
	out := bufio.NewWriter(w)
	_, err := out.Write(header(changeColumns))
	if err != nil {
		return ChangeCount{}, err
	}
	count, err := diff(ctx, before, after, func(c Change) error {
		_, err := out.Write(c.line(plain))
		return err
	})
	return count, errors.Join(err, out.Flush())
}

// diff hands over each difference between two packages.
func diff(ctx context.Context, before, after string, each func(Change) error) (ChangeCount, error) {
	d := &differ{each: each}
	a, old, err := openWhole(before)
	if err != nil {
		return d.count, fmt.Errorf("%s: %w", before, err)
	}
	defer a.Close()
	b, now, err := openWhole(after)
	if err != nil {
		return d.count, fmt.Errorf("%s: %w", after, err)
	}
	defer b.Close()
	if x, y := old.statement.Predicate.Template.Name, now.statement.Predicate.Template.Name; x != y {
		return d.count, fmt.Errorf("one is made of the template %.80q and the other of %.80q", x, y)
	}
	was, err := old.relations()
	if err != nil {
		return d.count, fmt.Errorf("%s: %w", before, err)
	}
	is, err := now.relations()
	if err != nil {
		return d.count, fmt.Errorf("%s: %w", after, err)
	}
	err = d.tables(ctx, was, is)
	return d.count, err
}

func (d *differ) tables(ctx context.Context, old, now map[string]*relation) error {
	for _, name := range sortedNames(old, now) {
		a, b := old[name], now[name]
		switch {
		case a == nil:
			a = &relation{name: name, columns: b.columns, key: b.key}
		case b == nil:
			b = &relation{name: name, columns: a.columns, key: a.key}
		}
		if err := d.table(ctx, a, b); err != nil {
			return err
		}
	}
	return nil
}

// table merges the rows of two tables, each of which is in order of the same key.
func (d *differ) table(ctx context.Context, old, now *relation) (err error) {
	if !slices.EqualFunc(old.key, now.key, func(i, k int) bool {
		return old.columns[i].Name == now.columns[k].Name && old.columns[i].Kind == now.columns[k].Kind
	}) {
		return fmt.Errorf("table %s has another key", now.name)
	}
	a, b := &cursor{rel: old}, &cursor{rel: now}
	defer func() { err = errors.Join(err, a.close(), b.close()) }()
	if err := errors.Join(a.advance(), b.advance()); err != nil {
		return err
	}
	pairs := d.pairs(old, now)
	for n := 0; a.row != nil || b.row != nil; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		order := -1
		switch {
		case a.row == nil:
			order = 1
		case b.row != nil:
			order = compareKeys(a, b)
		}
		if err := d.row(a, b, order, pairs); err != nil {
			return err
		}
		if order <= 0 {
			err = a.advance()
		}
		if order >= 0 {
			err = errors.Join(err, b.advance())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A pair is a column in the old table and in the new one; -1: it is not there.
type pair struct {
	name     string
	old, now int
}

func (d *differ) pairs(old, now *relation) (out []pair) {
	at := func(columns []column, name string) int {
		return slices.IndexFunc(columns, func(c column) bool { return c.Name == name })
	}
	for i, c := range now.columns {
		if !slices.Contains(now.key, i) && !slices.Contains(provenanceColumns, c.Name) {
			out = append(out, pair{c.Name, at(old.columns, c.Name), i})
		}
	}
	for i, c := range old.columns {
		if at(now.columns, c.Name) < 0 {
			out = append(out, pair{c.Name, i, -1})
		}
	}
	return out
}

// row tells of one row: order < 0: the old table has it alone, > 0: the new one.
func (d *differ) row(a, b *cursor, order int, pairs []pair) error {
	switch {
	case order < 0:
		d.count.Removed++
		return d.each(Change{Table: a.rel.name, Key: keyText(a), Change: "removed", Cause: "the record is not in this table any more"})
	case order > 0:
		d.count.Added++
		return d.each(Change{Table: b.rel.name, Key: keyText(b), Change: "added", Cause: cause(b)})
	}
	for _, p := range pairs {
		old, now := value(a, p.old), value(b, p.now)
		if old == nil && now == nil || old != nil && now != nil && *old == *now {
			continue
		}
		d.count.Cells++
		if err := d.each(Change{b.rel.name, keyText(b), "changed", p.name, old, now, cause(b)}); err != nil {
			return err
		}
	}
	return nil
}

// value is a cell, nil for null and for a column that is not there.
func value(c *cursor, at int) *string {
	if at < 0 || c.row[at].null {
		return nil
	}
	return &c.row[at].text
}

// keyText is the key of a row as a JSON object.
func keyText(c *cursor) string {
	out := []byte{'{'}
	for i, k := range c.rel.key {
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, c.rel.columns[k].Name) // its error is about invalid UTF-8, which it replaces
		out = append(out, ':')
		out, _ = jsontext.AppendQuote(out, c.row[k].text)
	}
	return string(append(out, '}'))
}

// cause is the version of the record that the row is of, where the table tells it.
func cause(c *cursor) string {
	var told [2]string
	for i, k := range c.rel.columns {
		if at := slices.Index(provenanceColumns, k.Name); at >= 0 {
			told[at] = c.row[i].text
		}
	}
	if told[0] == "" || told[1] == "" {
		return ""
	}
	return fmt.Sprintf("the record is of commit %s, observed at %s", told[0], told[1])
}

func fileSHA256(f *os.File) (string, error) {
	h := sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	_, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}
