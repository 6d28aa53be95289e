package night

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A Reference is a file of the organisation's own, read and without faults.
type Reference struct {
	Kind   string    // customers or countries
	AsOf   time.Time // the day for which it holds; zero: nobody said
	SHA256 schemas.Digest
	lines  []map[string]any // by column of its table
}

// Rows returns how many there are.
func (r *Reference) Rows() int { return len(r.lines) }

// A StoredReference is one version of a reference file that the lake has.
type StoredReference struct {
	Kind   string    `json:"kind"`
	Seq    int64     `json:"version_seq"`
	ReadAt time.Time `json:"read_at"`
	AsOf   string    `json:"as_of,omitempty"` // a day
	Rows   int64     `json:"rows"`
	SHA256 string    `json:"sha256"`
}

// ErrNoNight is the error of telling something to a lake that has no commit yet.
var ErrNoNight = errors.New("the lake has no commit yet")

// References returns the versions of all reference files, by kind and then oldest first.
func References(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string) ([]StoredReference, error) {
	out := []StoredReference{}
	err := each(ctx, l, c, "reference_files", dir, func(cell func(string) arrow.Array, i int) {
		r := StoredReference{Kind: wordAt(cell("kind"), i), Seq: intAt(cell("version_seq"), i), ReadAt: timeAt(cell("observed_at"), i),
			Rows: intAt(cell("rows"), i), SHA256: textAt(cell("content_hash"), i)}
		if a := cell("as_of"); a.IsValid(i) {
			r.AsOf = a.(*array.Date32).Value(i).ToTime().Format(time.DateOnly)
		}
		out = append(out, r)
	})
	slices.SortFunc(out, func(a, b StoredReference) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Seq, b.Seq)) })
	return out, err
}

// LoadReference stores a reference file as the newest version of its kind, in a commit of its own. It reports false
// where the newest version is the same file with the same day: then nothing is committed.
//
// Of cfg the fields Lake, Warehouse, WorkDir, Now and Step count. Errors: ErrNoNight, ErrDeferred, and those of
// package lake; ErrConflict says that others kept committing first.
func LoadReference(ctx context.Context, cfg Config, r *Reference) (noted bool, err error) {
	cfg.defaults()
	err = tell(ctx, cfg, func(head *lake.Commit) (*told, error) {
		noted = false
		if head == nil {
			return nil, ErrNoNight
		}
		stored, err := References(ctx, cfg.Lake, head, cfg.WorkDir)
		if err != nil {
			return nil, fmt.Errorf("read the reference files: %w", err)
		}
		if i := slices.IndexFunc(stored, func(s StoredReference) bool { return s.Kind > r.Kind }); i >= 0 {
			stored = stored[:i]
		}
		if n := len(stored); n > 0 && r.is(&stored[n-1]) {
			return nil, nil
		}
		noted = true
		return &told{what: "store the reference file", step: "reference.commit", rows: r.rows,
			figures: map[string]int64{"reference_rows": int64(r.Rows())}}, nil
	})
	return noted, err
}

// is reports whether s is this file.
func (r *Reference) is(s *StoredReference) bool {
	day := ""
	if !r.AsOf.IsZero() {
		day = r.AsOf.Format(time.DateOnly)
	}
	return s.Kind == r.Kind && s.SHA256 == r.SHA256.String() && s.AsOf == day
}

// maxRows is how many rows are made at a time.
const maxRows = 32 << 10

func (r *Reference) rows(c *lake.Commit, write func(*transform.Rows) error) error {
	file := map[string]any{"kind": r.Kind, "version_seq": c.Seq, "observed_at": c.CommittedAt, "content_hash": r.SHA256.String(), "run_id": c.RunID,
		"rows": int64(r.Rows())}
	if !r.AsOf.IsZero() {
		file["as_of"] = r.AsOf
	}
	rows := transform.NewRows(schemas.Lookup("reference_files"))
	rows.Append(file)
	if err := write(rows); err != nil {
		return err
	}
	rows = transform.NewRows(schemas.Lookup(referenceTables[r.Kind]))
	for i, line := range r.lines {
		line["kind"], line["version_seq"], line["observed_at"], line["line"] = r.Kind, c.Seq, c.CommittedAt, int64(i+1)
		rows.Append(line)
		if rows.Len() == maxRows {
			if err := write(rows); err != nil {
				return err
			}
		}
	}
	return write(rows)
}

// referenceTables is the table of each kind of reference file.
var referenceTables = map[string]string{"customers": "firm_customers", "countries": "country_lists"}

// A Faulty is the error of a reference file that cannot be taken: what is wrong, and where. It holds no value of the
// file, which may be a person's.
type Faulty struct {
	Faults []string // at most maxFaults
	More   int      // faults beyond those
}

const maxFaults = 20

func (f *Faulty) Error() string {
	text := strings.Join(f.Faults, "\n")
	if f.More > 0 {
		text += fmt.Sprintf("\nand %d more", f.More)
	}
	return text
}

func (f *Faulty) add(format string, args ...any) {
	if len(f.Faults) == maxFaults {
		f.More++
		return
	}
	f.Faults = append(f.Faults, fmt.Sprintf(format, args...))
}

// orNil returns the error, if there is one.
func (f *Faulty) orNil() error {
	if len(f.Faults) == 0 {
		return nil
	}
	return f
}

// A referenceCheck reads the cells of a reference file, line after line.
type referenceCheck struct {
	Faulty
	ref     *Reference
	columns []string       // of the file, in its order
	seen    map[string]int // line by what must be unique
	line    int            // of the file, as an editor counts; of a Parquet file the row
	row     map[string]any // the line's
	days    map[string]time.Time
}

// referenceColumns are the columns that a file of each kind may have, and those that it must have.
var referenceColumns = map[string]struct{ must, may []string }{
	"customers": {must: []string{"vendor_data"}, may: []string{"legal_entity", "product", "risk_rating", "relationship_start", "relationship_end"}},
	"countries": {must: []string{"country", "list"}, may: []string{"valid_from", "valid_to"}},
}

// newReferenceCheck judges the header. An empty kind is found by the columns.
func newReferenceCheck(kind string, asOf time.Time, header []string) (*referenceCheck, error) {
	c := &referenceCheck{ref: &Reference{AsOf: asOf}, columns: header, seen: map[string]int{}}
	if kind == "" {
		for k, columns := range referenceColumns {
			if slices.Contains(header, columns.must[0]) {
				kind = k
			}
		}
	}
	columns, ok := referenceColumns[kind]
	if !ok {
		c.add("line 1: want a header that names the columns: vendor_data and others for customers, country and list for countries")
		return nil, &c.Faulty
	}
	c.ref.Kind = kind
	all := slices.Concat(columns.must, columns.may)
	if !slices.ContainsFunc(header, func(name string) bool { return slices.Contains(all, name) }) { // else it may be a person's data
		c.add("line 1: want a header that names the columns: %s", strings.Join(all, ", "))
		return nil, &c.Faulty
	}
	for i, name := range header {
		switch {
		case slices.Contains(header[:i], name):
			c.add("line 1: column %q is there twice", name)
		case !slices.Contains(all, name):
			c.add("line 1: column %q is unknown; want %s", name, strings.Join(all, ", "))
		}
	}
	for _, name := range columns.must {
		if !slices.Contains(header, name) {
			c.add("line 1: column %s is missing", name)
		}
	}
	return c, c.orNil()
}

// fault notes what is wrong with a column of the line.
func (c *referenceCheck) fault(column, format string, args ...any) {
	c.add("line %d, column %s: %s", c.line, column, fmt.Sprintf(format, args...))
}

// take reads one line.
func (c *referenceCheck) take(line int, cells []string) {
	c.line, c.row, c.days = line, map[string]any{}, map[string]time.Time{}
	if len(cells) != len(c.columns) {
		c.add("line %d: %d fields, want %d", line, len(cells), len(c.columns))
		return
	}
	before := len(c.Faults) + c.More
	for i, name := range c.columns {
		c.cell(name, cells[i])
	}
	if len(c.Faults)+c.More > before {
		return
	}
	for _, name := range referenceColumns[c.ref.Kind].must {
		if c.row[name] == nil {
			c.fault(name, "is empty")
			return
		}
	}
	switch c.ref.Kind {
	case "customers":
		c.inOrder("relationship_start", "relationship_end")
		c.unique("vendor_data", "vendor_data_key", "legal_entity", "product")
	case "countries":
		c.inOrder("valid_from", "valid_to")
		c.unique("country", "country_iso3", "list", "valid_from")
	}
	c.ref.lines = append(c.ref.lines, c.row)
}

// cell reads one value. Empty is null.
func (c *referenceCheck) cell(name, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if strings.TrimSpace(text) != text {
		c.fault(name, "begins or ends with a blank")
		return
	}
	switch name {
	case "vendor_data":
		c.row[name], c.row["vendor_data_key"] = text, transform.FoldKey(text)
	case "risk_rating":
		rating := strings.ToLower(text)
		if !slices.Contains([]string{"low", "medium", "high"}, rating) {
			c.fault(name, "want low, medium or high")
			return
		}
		c.row[name] = rating
	case "country":
		iso := schemas.CountryISO3(text)
		if iso == "" {
			c.fault(name, "want a country: its code of two or three letters, or its English name")
			return
		}
		c.row[name], c.row["country_iso3"] = text, iso
	case "relationship_start", "relationship_end", "valid_from", "valid_to":
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			c.fault(name, "want a day as in 2026-01-31, got %s", transform.Shape(text))
			return
		}
		c.row[name], c.days[name] = day, day
	default:
		c.row[name] = text
	}
}

// inOrder holds that a period does not end before it starts.
func (c *referenceCheck) inOrder(start, end string) {
	from, to := c.days[start], c.days[end]
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		c.fault(end, "lies before %s", start)
	}
}

// unique holds that no two lines say something of the same thing.
func (c *referenceCheck) unique(column string, key ...string) {
	var b strings.Builder
	for _, name := range key {
		fmt.Fprintf(&b, "%v\x00", c.row[name])
	}
	if first, ok := c.seen[b.String()]; ok {
		c.fault(column, "line %d has the same, with the same %s", first, strings.Join(key[1:], " and "))
		return
	}
	c.seen[b.String()] = c.line
}
