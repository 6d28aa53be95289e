package filing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kycsync/load/filing/bag"
	"kycsync/load/warehouse"
	"kycsync/schemas"
	"kycsync/sql"
)

func warehouseChecks() []warehouse.CheckInfo { return warehouse.Checks() }

// explain writes what the columns mean, the words that they may have, and what was asked.
func (m *maker) explain(context.Context) error {
	fields := sheet{name: dictionaryFolder + "fields.csv", columns: []string{"table", "column", "type", "class", "treatment", "escaped", "taken_from", "codes", "meaning"}}
	for _, t := range m.all() {
		for i, c := range t.columns {
			codes, err := m.addCodes(t, &c)
			if err != nil {
				return err
			}
			k := &t.tally.columns[i]
			escaped, meaning := "", c.Doc
			if k.escaped > 0 {
				escaped = "an apostrophe stands before " + strconv.FormatInt(k.escaped, 10) + " values, which a spreadsheet would take for formulas"
			}
			if k.strange > 0 {
				meaning += note(meaning, strconv.FormatInt(k.strange, 10)+" values are none of the codes")
			}
			fields.rows = append(fields.rows, []string{t.Name, c.Name, fieldType(c.Kind), c.Class.String(), string(c.Action), escaped, c.From, codes, meaning})
		}
	}
	if err := m.addSheet(fields); err != nil {
		return err
	}
	return m.writeQueries()
}

// countriesFile has the code and the name of each country.
const countriesFile = codesFolder + "countries.csv"

// addCodes writes the values that a column may have, if that is known, and returns the name of the file.
func (m *maker) addCodes(t *table, c *column) (name string, err error) {
	switch {
	case c.Action == keep && isCountry(c.From):
		if slices.Contains(m.bag.Names(), countriesFile) {
			return inPayload(countriesFile), nil
		}
		list := sheet{name: countriesFile, columns: []string{"code", "name"}}
		for _, country := range schemas.Countries() {
			list.rows = append(list.rows, []string{country.ISO3, country.Name})
		}
		return inPayload(countriesFile), m.addSheet(list)
	case len(c.Words) > 0:
		words := sheet{name: codesFolder + t.Name + "." + c.Name + ".csv", columns: []string{"code"}}
		for _, w := range c.Words {
			words.rows = append(words.rows, []string{w})
		}
		return inPayload(words.name), m.addSheet(words)
	}
	return "", nil
}

// writeQueries writes the statements and the views that they ask.
func (m *maker) writeQueries() error {
	o := m.Order
	head := fmt.Sprintf("-- Asked of what was known at %s: commit %d, SHA-256 %s.\n", o.KnownAt.UTC().Format(timeForm), m.Stand.Seq, m.Stand.SHA256)
	if o.Subject == nil {
		head += fmt.Sprintf("SET VARIABLE period_from = DATE '%s';\nSET VARIABLE period_to = DATE '%s';\n\n", o.Period.From.Format("2006-01-02"), o.Period.To.Format("2006-01-02"))
	} else {
		head += "-- asked is a list: what is in control/subject.csv, with the ids in the form in which they are compared. Further lists are the answers of lists.sql.\n\n"
	}
	if o.Sample != nil {
		head += "-- drawn, strata and evidence_sessions are lists: what is in control/sample.csv and control/strata.csv, with the keys as they are.\n\n"
	}
	statements := []string{o.Template.Source}
	add := func(name, doc, statement string) error {
		statements = append(statements, statement)
		return m.bag.Add(queriesFolder+name+".sql", []byte(comment(doc)+head+statement+";\n"))
	}
	defined, err := m.writeBasis(head)
	if err != nil {
		return err
	}
	statements = append(statements, defined...)
	err = add(sql.FilingSource, "How many sessions there are, counted apart from population and exclusions.", o.Template.Source)
	for _, t := range m.all() {
		err = errors.Join(err, add(t.Name, t.Doc, t.SQL))
	}
	if o.Subject != nil {
		var lists strings.Builder
		for _, list := range sql.SubjectLists() {
			statements = append(statements, list.SQL)
			lists.WriteString("-- " + list.Name + "\n" + list.SQL + ";\n\n")
		}
		err = errors.Join(err, m.bag.Add(queriesFolder+"lists.sql", []byte(strings.TrimSuffix(lists.String(), "\n"))))
	}
	var views strings.Builder
	views.WriteString("-- The views that the statements ask, each behind those that it reads.\n")
	for _, v := range sql.ViewsOf(statements...) {
		views.WriteString("\n" + comment(v.Doc) + v.SQL + ";\n")
	}
	return errors.Join(err, m.bag.Add(queriesFolder+"views.sql", []byte(views.String())))
}

// writeBasis writes what makes a session one of the period, which the other statements ask of by name.
func (m *maker) writeBasis(head string) (statements []string, err error) {
	text := "-- What makes a session one of the period: " + m.Order.Template.Basis + ". The other statements ask of it by these names.\n" + head
	for _, d := range m.Order.Template.Defines {
		text += comment(d.Doc) + d.Create() + ";\n\n"
		statements = append(statements, d.SQL)
	}
	return statements, m.bag.Add(queriesFolder+"basis.sql", []byte(strings.TrimSuffix(text, "\n")))
}

func comment(doc string) string {
	return "-- " + strings.ReplaceAll(doc, "\n", "\n-- ") + "\n"
}

// fieldType is the type of a kind in a Table Schema.
func fieldType(k schemas.Kind) string {
	switch k {
	case schemas.Text, schemas.JSON:
		return "string"
	case schemas.Int:
		return "integer"
	case schemas.Float, schemas.Decimal:
		return "number"
	case schemas.Bool:
		return "boolean"
	case schemas.Time:
		return "datetime"
	case schemas.Date:
		return "date"
	case schemas.Media:
	}
	panic(fmt.Sprintf("filing: no type of kind %d", k))
}

// A descriptor is datapackage.json.
//
// Source: Data Package 2.0, https://datapackage.org/standard/data-package/.
type descriptor struct {
	Schema      string            `json:"$schema"`
	Name        string            `json:"name"`
	ID          string            `json:"id"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Version     string            `json:"version"`
	Created     string            `json:"created"`
	Filing      map[string]string `json:"filing"` // the terms
	Resources   []resource        `json:"resources"`
}

type resource struct {
	Name        string       `json:"name"`
	Path        paths        `json:"path"`
	Type        string       `json:"type,omitempty"`
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	Format      string       `json:"format"`
	MediaType   string       `json:"mediatype"`
	Encoding    string       `json:"encoding,omitempty"`
	Bytes       int64        `json:"bytes,omitempty"` // of the one file
	Hash        string       `json:"hash,omitempty"`
	Dialect     *dialect     `json:"dialect,omitempty"`
	Schema      *tableSchema `json:"schema,omitempty"`
}

// paths are one path or several.
type paths []string

// MarshalJSONTo writes one path as a text.
func (p paths) MarshalJSONTo(enc *jsontext.Encoder) error {
	if len(p) == 1 {
		return enc.WriteToken(jsontext.String(p[0]))
	}
	return json.MarshalEncode(enc, []string(p))
}

// UnmarshalJSONFrom reads a text or several.
func (p *paths) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '"' {
		var one string
		err := json.UnmarshalDecode(dec, &one)
		*p = paths{one}
		return err
	}
	return json.UnmarshalDecode(dec, (*[]string)(p))
}

type dialect struct {
	Header         bool   `json:"header"`
	Delimiter      string `json:"delimiter"`
	LineTerminator string `json:"lineTerminator"`
}

type tableSchema struct {
	Fields        []fieldSchema `json:"fields"`
	MissingValues []string      `json:"missingValues"`
	PrimaryKey    []string      `json:"primaryKey,omitempty"`
	UniqueKeys    [][]string    `json:"uniqueKeys,omitempty"`
	ForeignKeys   []foreignKey  `json:"foreignKeys,omitempty"`
}

type fieldSchema struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Kind        string      `json:"kind,omitempty"` // DuckDB's type
	Description string      `json:"description,omitempty"`
	TrueValues  []string    `json:"trueValues,omitempty"`
	FalseValues []string    `json:"falseValues,omitempty"`
	Categories  []string    `json:"categories,omitempty"` // every value is one of them
	Constraints *constraint `json:"constraints,omitempty"`
}

type constraint struct {
	Required bool `json:"required"`
}

type foreignKey struct {
	Fields    []string  `json:"fields"`
	Reference reference `json:"reference"`
}

type reference struct {
	Resource string   `json:"resource"`
	Fields   []string `json:"fields"`
}

var csvDialect = &dialect{true, ",", "\r\n"}

// resourceName is a name as Data Package wants it.
func resourceName(table string) string { return strings.ReplaceAll(table, "_", "-") }

// inPayload is a file's path beside the descriptor.
func inPayload(name string) string { return strings.TrimPrefix(name, bag.Payload) }

// describe writes the descriptor, the page for people and the statement, in this order: each speaks of those before.
func (m *maker) describe(context.Context) error {
	o := m.Order
	d := descriptor{Schema: "https://datapackage.org/profiles/2.0/datapackage.json", Name: strings.ToLower(m.ID), ID: m.ID, Title: o.Template.Title,
		Description: strings.TrimSpace(o.Template.About), Version: fmt.Sprintf("%d.0.0", o.Version()), Created: o.KnownAt.UTC().Format("2006-01-02T15:04:05Z"), Filing: map[string]string{}}
	for _, t := range m.terms() {
		d.Filing[strings.ToLower(strings.ReplaceAll(t.label, "-", "_"))] = t.value
	}
	for _, t := range m.all() {
		d.Resources = append(d.Resources, m.tableResources(t)...)
	}
	for _, name := range m.bag.Names() {
		if strings.HasSuffix(name, ".csv") && !d.has(inPayload(name)) {
			d.Resources = append(d.Resources, m.sheetResource(name))
		}
		if strings.HasPrefix(name, pdfFolder) {
			d.Resources = append(d.Resources, m.pdfResource(name))
		}
	}
	if err := m.addJSON(descriptorFile, d); err != nil {
		return err
	}
	if err := m.addReadme(); err != nil {
		return err
	}
	return m.addStatement()
}

func (d *descriptor) has(path string) bool {
	return slices.ContainsFunc(d.Resources, func(r resource) bool { return slices.Contains(r.Path, path) })
}

func (m *maker) addJSON(name string, v any) error {
	var body bytes.Buffer
	if err := json.MarshalWrite(&body, v, jsontext.WithIndent("  "), json.Deterministic(true)); err != nil {
		return err
	}
	body.WriteByte('\n')
	return m.bag.Add(name, body.Bytes())
}

// tableResources are the CSV files of a table, and its Parquet file.
func (m *maker) tableResources(t *table) []resource {
	s := &tableSchema{MissingValues: []string{""}, PrimaryKey: t.Key}
	for i, c := range t.columns {
		f := fieldSchema{Name: c.Name, Type: fieldType(c.Kind), Kind: c.Kind.DuckDB(), Description: c.Doc}
		if c.Kind == schemas.Bool {
			f.TrueValues, f.FalseValues = []string{"true"}, []string{"false"}
		}
		if k := &t.tally.columns[i]; k.strange == 0 && k.escaped == 0 {
			f.Categories = c.Words
		}
		if slices.Contains(t.key, i) {
			f.Constraints = &constraint{Required: true}
		}
		s.Fields = append(s.Fields, f)
	}
	if t.Refers != nil {
		s.ForeignKeys = []foreignKey{{t.Refers.Columns, reference{resourceName(t.Refers.Table), t.Refers.Columns}}}
	}
	r := resource{Name: resourceName(t.Name), Type: "table", Title: t.Row(), Description: t.Doc, Format: "csv", MediaType: "text/csv", Encoding: "utf-8", Dialect: csvDialect, Schema: s}
	for _, f := range t.files {
		r.Path = append(r.Path, inPayload(f.name))
	}
	m.sizeOf(&r, t.files[0].name)
	if t.parquet == "" {
		return []resource{r}
	}
	p := resource{Name: resourceName(t.Name) + "-parquet", Path: paths{inPayload(t.parquet)}, Title: "The same rows", Format: "parquet", MediaType: "application/vnd.apache.parquet"}
	m.sizeOf(&p, t.parquet)
	return []resource{r, p}
}

// sizeOf adds the size and the hash of a resource that is one file.
func (m *maker) sizeOf(r *resource, name string) {
	if len(r.Path) == 1 {
		f := m.bag.File(name)
		r.Bytes, r.Hash = f.Bytes, "sha256:"+f.SHA256
	}
}

// sheetResource is a small CSV file, whose columns are texts.
func (m *maker) sheetResource(name string) resource {
	path := inPayload(name)
	r := resource{Name: strings.NewReplacer("/", ".", "_", "-").Replace(strings.TrimSuffix(path, ".csv")), Path: paths{path}, Type: "table", Format: "csv", MediaType: "text/csv", Encoding: "utf-8",
		Dialect: csvDialect, Schema: &tableSchema{MissingValues: []string{""}}}
	for _, column := range m.columnsOf(name) {
		r.Schema.Fields = append(r.Schema.Fields, fieldSchema{Name: column, Type: "string"})
	}
	m.sizeOf(&r, name)
	return r
}

// columnsOf reads the header of a CSV file of the package.
func (m *maker) columnsOf(name string) (names []string) {
	f, err := os.Open(m.bag.Path(name))
	if err != nil {
		return nil
	}
	defer f.Close()
	row, _, _ := newRowReader(io.LimitReader(f, 64<<10)).next()
	for _, c := range row {
		names = append(names, c.text)
	}
	return names
}
