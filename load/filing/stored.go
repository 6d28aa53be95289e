package filing

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"kycsync/load/filing/bag"
	"kycsync/schemas"
)

// maxDescriptor is how long the JSON files of a package may be, in bytes.
const maxDescriptor = 16 << 20

// A stored is a package that somebody gave us.
type stored struct {
	*bag.Archive
	descriptor descriptor
	statement  statement
}

// open reads what an archive says of itself.
func open(a *bag.Archive) (*stored, error) {
	s := &stored{Archive: a}
	if err := s.json(descriptorFile, &s.descriptor); err != nil {
		return nil, err
	}
	return s, s.json(statementFile, &s.statement)
}

func (s *stored) json(name string, into any) error {
	body, err := s.ReadAll(name, maxDescriptor)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %s is not what it should be", bag.ErrRefused, name)
	}
	return nil
}

// A relation is a table of a package, on disk or in an archive.
type relation struct {
	name    string
	columns []column // name and kind
	key     []int
	paths   []string // in the payload
	parquet string   // empty: none
	open    func(name string) (io.ReadCloser, error)
	escaped bool
}

// relations returns the tables of a package that have a key, by name.
func (s *stored) relations() (map[string]*relation, error) {
	out := map[string]*relation{}
	for _, r := range s.descriptor.Resources {
		if r.Schema == nil || len(r.Schema.PrimaryKey) == 0 {
			continue
		}
		rel := &relation{name: strings.ReplaceAll(r.Name, "-", "_"), paths: r.Path, open: s.Read, escaped: s.statement.Predicate.Parameters["profile"] == string(spreadsheet)}
		for _, f := range r.Schema.Fields {
			kind, ok := kindNamed(f.Kind)
			if !ok || fieldType(kind) != f.Type {
				return nil, fmt.Errorf("%w: %s: column %.80q has the type %.80q and the kind %.80q, which do not go together", bag.ErrRefused, descriptorFile, f.Name, f.Type, f.Kind)
			}
			rel.columns = append(rel.columns, column{Column: schemas.Column{ID: len(rel.columns) + 1, Name: f.Name, Kind: kind, Null: true, Class: schemas.Internal, Words: f.Categories}})
		}
		for _, name := range r.Schema.PrimaryKey {
			at := slices.IndexFunc(rel.columns, func(c column) bool { return c.Name == name })
			if at < 0 {
				return nil, fmt.Errorf("%w: %s: the key column %.80q is not there", bag.ErrRefused, descriptorFile, name)
			}
			rel.key = append(rel.key, at)
		}
		if p := s.parquetOf(r.Name); p != "" {
			rel.parquet = bag.Payload + p
		}
		if len(rel.paths) == 0 || out[rel.name] != nil {
			return nil, fmt.Errorf("%w: %s: table %.80q has no file, or is there twice", bag.ErrRefused, descriptorFile, r.Name)
		}
		out[rel.name] = rel
	}
	return out, nil
}

func (s *stored) parquetOf(name string) string {
	for _, r := range s.descriptor.Resources {
		if r.Name == name+"-parquet" && len(r.Path) == 1 {
			return r.Path[0]
		}
	}
	return ""
}

func kindNamed(duckDB string) (schemas.Kind, bool) {
	for _, k := range []schemas.Kind{schemas.Text, schemas.JSON, schemas.Int, schemas.Float, schemas.Bool, schemas.Time, schemas.Date, schemas.Decimal} {
		if k.DuckDB() == duckDB {
			return k, true
		}
	}
	return 0, false
}

// relation returns a table that was just written.
func (m *maker) relation(t *table) *relation {
	r := &relation{name: t.Name, columns: t.columns, key: t.key, escaped: profile(m.Order.Profile) == spreadsheet,
		open: func(name string) (io.ReadCloser, error) { return os.Open(m.bag.Path(name)) }}
	for _, f := range t.files {
		r.paths = append(r.paths, inPayload(f.name))
	}
	return r
}

// A cursor goes through the rows of a relation, over all of its files.
type cursor struct {
	rel  *relation
	next int // of the paths
	file io.ReadCloser
	rows *rowReader
	row  []field // unescaped; nil: there is none any more
}

// advance goes to the next row. The error wraps bag.ErrRefused where a file is not as it must be.
func (c *cursor) advance() error {
	for {
		if c.rows == nil {
			if c.next == len(c.rel.paths) {
				c.row = nil
				return nil
			}
			if err := c.openNext(); err != nil {
				return err
			}
		}
		row, _, err := c.rows.next()
		if err == io.EOF {
			if err := c.close(); err != nil {
				return err
			}
			continue
		}
		if err == nil && len(row) != len(c.rel.columns) {
			err = errCSV
		}
		if err != nil {
			return c.refuse(err)
		}
		for i := range row {
			if k := c.rel.columns[i].Kind; c.rel.escaped && (k == schemas.Text || k == schemas.JSON) {
				row[i].text = unescape(row[i].text)
			}
		}
		c.row = row
		return nil
	}
}

func (c *cursor) openNext() (err error) {
	if c.file, err = c.rel.open(bag.Payload + c.rel.paths[c.next]); err != nil {
		return err
	}
	c.next++
	c.rows = newRowReader(c.file)
	row, _, err := c.rows.next()
	if err != nil {
		return c.refuse(err)
	}
	if !slices.EqualFunc(row, c.rel.columns, func(f field, k column) bool { return f.text == k.Name }) {
		return fmt.Errorf("%w: %s: its header is not the one that %s tells of", bag.ErrRefused, c.rel.paths[c.next-1], descriptorFile)
	}
	return nil
}

func (c *cursor) refuse(err error) error {
	if errors.Is(err, errCSV) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s: %w", bag.ErrRefused, c.rel.paths[c.next-1], errCSV)
	}
	return err
}

func (c *cursor) close() error {
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file, c.rows = nil, nil
	return err
}

// compareKeys compares the keys of the rows that two cursors are at. A cursor without a row is behind all.
func compareKeys(a, b *cursor) int {
	for i, k := range a.rel.key {
		if order := compareCells(a.rel.columns[k].Kind, a.row[k].text, b.row[b.rel.key[i]].text); order != 0 {
			return order
		}
	}
	return 0
}

// A Previous is a package that another one replaces.
type Previous struct {
	Version int
	SHA256  string // of the archive
	file    *os.File
	stored  *stored
}

// Close lets go of the file.
func (p *Previous) Close() error { return p.file.Close() }

// OpenPrevious opens the package that an order is to replace. It must be whole, and of the same filing.
func OpenPrevious(name string) (*Previous, error) {
	f, s, err := openWhole(name)
	if err != nil {
		return nil, err
	}
	p := &Previous{file: f, stored: s}
	p.Version, err = strconv.Atoi(s.statement.Predicate.Parameters["Version"])
	if err == nil {
		p.SHA256, err = fileSHA256(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// openWhole opens a package all of whose files are there and as they were packed.
func openWhole(name string) (*os.File, *stored, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	s, err := func() (*stored, error) {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		a, err := bag.Open(f, info.Size())
		if err != nil {
			return nil, err
		}
		files, err := a.Check()
		if err == nil {
			err = a.CheckFiles(files)
		}
		if err != nil {
			return nil, err
		}
		return open(a)
	}()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, s, nil
}

// precedes tells why the package is not one that the order can replace.
func (p *Previous) precedes(o *Order) error {
	given := p.stored.statement.Predicate
	for _, x := range []struct{ what, old, new string }{
		{"template", given.Template.Name, o.Template.Name},
		{"entity", given.Parameters["entity"], o.Entity},
		{"period", given.Parameters["period"], o.Period.Name},
		{"audience", given.Parameters["Audience"], string(o.Audience)},
		{"profile", given.Parameters["profile"], o.Profile},
		{"sample of", given.Parameters[sampleSize], o.sampleTerm(sampleSize)},
		{"seed", given.Parameters[sampleSeed], o.sampleTerm(sampleSeed)},
		{"sample by", given.Parameters[sampleBy], o.sampleTerm(sampleBy)},
	} {
		if x.old != x.new {
			return fmt.Errorf("the earlier filing is of the %s %.80q, want %q", x.what, x.old, x.new)
		}
	}
	if given.Parameters["Known-At"] >= o.KnownAt.UTC().Format(timeForm) {
		return errors.New("the earlier filing is of the same knowledge, or of later")
	}
	return nil
}

// sortedNames returns the names of both maps.
func sortedNames(a, b map[string]*relation) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
