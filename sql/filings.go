package sql

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed filings
var filingFiles embed.FS

// The names of what is in a filing's folder beside its tables.
const (
	FilingVendor     = "vendor_totals"  // the vendor's own counts, which every filing has: no template has a table of that name
	FilingHead       = "filing.yaml"    // what the filing is
	FilingPopulation = "population"     // the table that the filing is about
	FilingExclusions = "exclusions"     // what is of the period and not in the population, with the reason
	FilingWorksheet  = "worksheet"      // cells whose values are numbers of rows of other tables; a template need not have it
	FilingSource     = "source"         // how many rows there are of the period, counted apart from both
	filingSuffix     = ".sql"           // of the others
	maxFilingFile    = 256 << 10        // bytes
	maxFilingTables  = 32               // in one filing
	filingNameForm   = "a-z, 0-9 and -" // what a template's name is made of
)

// A Filing is the template of a file for a regulator or an auditor. It is a folder: filing.yaml says what it is, and
// each .sql file is a table of it. A table's file begins with a comment as that of a view does, and then
//
//	-- key: application, session_id
//	-- refers: application, session_id to population
//	-- column first_name id_verifications.first_name
//	-- column hits_open criminal: entries that nobody has judged
//
// The rows are ordered by the key, which is unique and never null. Each column is told: with the column that it is
// taken from as it is, whose class and meaning it has, or with a class and a meaning of its own.
//
// The statements may ask getvariable('period_from') and getvariable('period_to'), the days on which the period and the
// next one begin, in UTC, and members, the sessions that are of the period by the basis of the filing: see Definition.
// population is what the filing is about; exclusions has the key of population and a column reason; source gives for each application how many rows there are, in the columns application and sessions. The three
// are counted apart, and population and exclusions together must be the source.
//
// worksheet, if there is one, has a row for each cell of a return, with the columns cell, question, value, listing and
// missing_input: a value and the table whose rows of that cell it counts, whose key begins with cell, or what is missing.
type Filing struct {
	Name  string `yaml:"-"`
	Title string `yaml:"title"`
	About string `yaml:"about"` // paragraphs
	// Serves are the rules that the filing is designed to support.
	Serves []string `yaml:"serves"`
	// Basis is what makes a session one of the period.
	Basis string `yaml:"basis"`
	// GraceDays is how long after the end of the period what belongs to it is waited for.
	GraceDays int `yaml:"grace_days"`
	// Audiences are those for whom it may be made.
	Audiences []string `yaml:"audiences"`
	// Report says that the monthly report is a part of it.
	Report  bool          `yaml:"report"`
	Tables  []FilingTable `yaml:"-"` // in order of their names, without source
	Source  string        `yaml:"-"` // statement
	Defines []Definition  `yaml:"-"` // by its basis, each behind those that it asks
}

// A FilingTable is a table of a filing.
type FilingTable struct {
	Name    string
	Doc     string
	Key     []string
	Refers  *Reference // nil: to no other table
	Columns []FilingColumn
	SQL     string
}

// A Reference says that columns of a table are the key of another one.
type Reference struct {
	Columns []string
	Table   string
}

// A FilingColumn is what is told of a column.
type FilingColumn struct {
	Name string
	// From is the table, or view, and column that it is taken from as it is; empty: it has a class and a doc of its own.
	From  string
	Class string
	Doc   string
}

// Row says what one row is.
func (t *FilingTable) Row() string { return firstLine(t.Doc) }

// Table returns the table of that name, or nil.
func (f *Filing) Table(name string) *FilingTable {
	for i := range f.Tables {
		if f.Tables[i].Name == name {
			return &f.Tables[i]
		}
	}
	return nil
}

// Filings returns the templates that the program comes with, in order of their names. It panics where one cannot be
// read, which only a build can cause.
func Filings() []Filing {
	entries, err := filingFiles.ReadDir("filings")
	if err != nil {
		panic("sql: filings: " + err.Error())
	}
	var out []Filing
	for _, e := range entries {
		f, err := ParseFiling(e.Name(), filingFolder(path.Join("filings", e.Name())))
		if err != nil {
			panic(fmt.Sprintf("sql: filing %s: %v", e.Name(), err))
		}
		out = append(out, *f)
	}
	return out
}

func filingFolder(dir string) map[string][]byte {
	files := map[string][]byte{}
	entries, err := filingFiles.ReadDir(dir)
	for _, e := range entries {
		if err == nil {
			files[e.Name()], err = filingFiles.ReadFile(path.Join(dir, e.Name()))
		}
	}
	if err != nil {
		panic("sql: filings: " + err.Error())
	}
	return files
}

var filingNameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// ParseFiling reads a template from the files of its folder, by their names.
func ParseFiling(name string, files map[string][]byte) (*Filing, error) {
	if !filingNameRE.MatchString(name) || len(name) > 40 {
		return nil, fmt.Errorf("template %q: want a name of up to 40 of %s", name, filingNameForm)
	}
	f := &Filing{Name: name}
	head, ok := files[FilingHead]
	if !ok {
		return nil, fmt.Errorf("there is no %s", FilingHead)
	}
	dec := yaml.NewDecoder(bytes.NewReader(head))
	dec.KnownFields(true)
	if err := dec.Decode(f); err != nil {
		return nil, fmt.Errorf("%s: %w", FilingHead, err)
	}
	for file, text := range files {
		if file == FilingHead {
			continue
		}
		if err := f.add(file, text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := f.complete(); err != nil {
		return nil, err
	}
	slices.SortFunc(f.Tables, func(a, b FilingTable) int { return strings.Compare(a.Name, b.Name) })
	return f, f.check()
}

var tableNameRE = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// add reads one file.
func (f *Filing) add(file string, text []byte) error {
	name, isSQL := strings.CutSuffix(file, filingSuffix)
	switch {
	case !isSQL || !tableNameRE.MatchString(name) || name == FilingVendor:
		return fmt.Errorf("want %s, and files such as population.sql", FilingHead)
	case len(text) > maxFilingFile:
		return fmt.Errorf("%d bytes, want at most %d", len(text), maxFilingFile)
	case name == FilingSource:
		_, body := splitHead(string(text))
		f.Source = statement(body)
		return nil
	}
	t, err := parseFilingTable(name, string(text))
	f.Tables = append(f.Tables, t)
	return err
}

// check tells what a template lacks.
func (f *Filing) check() error {
	population, exclusions := f.Table(FilingPopulation), f.Table(FilingExclusions)
	switch {
	case f.Title == "" || f.About == "" || len(f.Serves) == 0 || len(f.Audiences) == 0:
		return fmt.Errorf("%s: want title, about, serves and audiences", FilingHead)
	case !slices.Contains(Bases, f.Basis):
		return fmt.Errorf("%s: basis %q: want one of %s", FilingHead, f.Basis, strings.Join(Bases, ", "))
	case f.GraceDays < 0 || f.GraceDays > 366:
		return fmt.Errorf("%s: grace_days %d: want 0 to 366", FilingHead, f.GraceDays)
	case population == nil:
		return fmt.Errorf("there is no population.sql")
	case !slices.Equal(population.Key, exclusions.Key):
		return fmt.Errorf("exclusions.sql has the key %q, want that of population.sql, %q", exclusions.Key, population.Key)
	case len(f.Tables) > maxFilingTables:
		return fmt.Errorf("%d tables, want at most %d", len(f.Tables), maxFilingTables)
	}
	if w := f.Table(FilingWorksheet); w != nil && !slices.Equal(w.Key, []string{"cell"}) {
		return fmt.Errorf("worksheet.sql has the key %q, want cell", w.Key)
	}
	for _, t := range f.Tables {
		if t.Refers == nil {
			continue
		}
		to := f.Table(t.Refers.Table)
		if to == nil || !slices.Equal(to.Key, t.Refers.Columns) {
			return fmt.Errorf("%s.sql refers by %q to %s: want a table of the filing with that key", t.Name, t.Refers.Columns, t.Refers.Table)
		}
	}
	return nil
}

var filingMarkRE = regexp.MustCompile(`^(key|refers|column)(?: ([a-z][a-z0-9_]*))?(?: ([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?))?(?:: (.+))?$`)

func parseFilingTable(name, text string) (FilingTable, error) {
	head, body := splitHead(text)
	t := FilingTable{Name: name, SQL: statement(body)}
	var err error
	t.Doc, err = readHead(head, filingMarkRE, t.mark)
	switch {
	case err != nil:
		return t, err
	case len(t.Key) == 0:
		return t, fmt.Errorf("the comment says no key")
	case t.SQL == "":
		return t, fmt.Errorf("there is no statement")
	}
	return t, nil
}

// mark notes what a marked line says.
func (t *FilingTable) mark(kind, name, class, text string) (*string, error) {
	switch {
	case kind == "key" && name == "" && text != "":
		t.Key = strings.Split(text, ", ")
		return nil, nil
	case kind == "refers" && name == "" && text != "":
		columns, to, ok := strings.Cut(text, " to ")
		if !ok {
			return nil, fmt.Errorf("refers: %s: want columns, then to, then a table", text)
		}
		t.Refers = &Reference{strings.Split(columns, ", "), to}
		return nil, nil
	case kind == "column" && name != "" && class != "":
		c := FilingColumn{Name: name, Doc: text}
		if strings.Contains(class, ".") {
			c.From = class
		} else if c.Class = class; text == "" {
			return nil, fmt.Errorf("column %s %s: want what it means", name, class)
		}
		t.Columns = append(t.Columns, c)
		return &t.Columns[len(t.Columns)-1].Doc, nil
	}
	return nil, fmt.Errorf("%s %s: want key: COLUMNS, refers: COLUMNS to TABLE, column NAME TABLE.COLUMN or column NAME CLASS: what it means", kind, name)
}

//go:embed control/*.sql
var controlFiles embed.FS

// VendorTotals is the table of the vendor's own counts, which every filing has beside its own.
func VendorTotals() FilingTable { return controlTable(FilingVendor) }

// ViewsOf returns the views that statements ask, themselves or by others, each after those that it reads.
func ViewsOf(statements ...string) []View {
	wanted := map[string]bool{}
	var want func(text string)
	want = func(text string) {
		for _, word := range wordRE.FindAllString(text, -1) {
			if v := Lookup(word); v != nil && !wanted[word] {
				wanted[word] = true
				want(v.SQL)
			}
		}
	}
	for _, s := range statements {
		want(s)
	}
	var out []View
	for _, v := range Views {
		if wanted[v.Name] {
			out = append(out, v)
		}
	}
	return out
}
