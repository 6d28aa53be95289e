package filing

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
)

//go:embed readme.html
var readmeText string

var readmePage = template.Must(template.New("readme").Parse(readmeText))

// A readme is the page for people.
type readme struct {
	ID          string
	Title       string
	Paragraphs  []string
	Serves      []string
	Terms       []readmeTerm
	Tables      []readmeTable
	Balance     []readmeBalance
	Cells       []readmeCell
	Failed      int // checks that found something
	Checks      int
	Changes     *ChangeCount
	ChangesFile string
	Signed      string // fingerprint of the key; empty: nobody did
	Namespace   string
	Reports     []string
	Sheets      bool // the CSV files are for a spreadsheet
	Masked      bool
	Entity      string
	Sample      *readmeSample
	Case        string // of a filing about one person
	Nothing     bool   // is known of the person
	AsOf        string
	PDFs        int    // of the vendor
	Withheld    string // the file that names what is left out; empty: nothing
}

// readmeSample is what the page says of the sample.
type readmeSample struct {
	*Sample
	Population, Sampled int64
	Strata              []Stratum
	Whole               bool // all of the population
}

type readmeTerm struct{ Label, Value string }

type readmeTable struct {
	Name, Row string
	Rows      int64
	Files     []string
}

type readmeCell struct {
	Name, Question, Listing, Missing string
	Value                            int64
}

type readmeBalance struct {
	Application                    string
	Source, Population, Exclusions int64
}

func (m *maker) addReadme() error {
	o := m.Order
	page := readme{ID: m.ID, Title: o.Template.Title, Paragraphs: strings.Split(strings.TrimSpace(o.Template.About), "\n\n"), Serves: o.Template.Serves, Checks: len(m.checks),
		Changes: m.changes, ChangesFile: inPayload(m.changesFile()), Namespace: string(Namespace), Sheets: profile(o.Profile) == spreadsheet, Masked: o.Audience != Regulator, Entity: o.Entity}
	for _, t := range m.terms() {
		value := t.value
		if t.label == "Period-To" {
			value += ", not in it"
		}
		page.Terms = append(page.Terms, readmeTerm{strings.ReplaceAll(t.label, "-", " "), value})
	}
	for _, t := range m.all() {
		row := readmeTable{Name: t.Name, Row: strings.TrimPrefix(t.Row(), "One row: "), Rows: t.tally.rows}
		for _, f := range t.files {
			row.Files = append(row.Files, inPayload(f.name))
		}
		if t.parquet != "" {
			row.Files = append(row.Files, inPayload(t.parquet))
		}
		page.Tables = append(page.Tables, row)
	}
	for _, b := range m.balance {
		page.Balance = append(page.Balance, readmeBalance{b.application, b.source, b.population, b.exclusions})
	}
	for _, c := range m.cells {
		page.Cells = append(page.Cells, readmeCell{c.name, c.question, c.listing, c.missing, c.value})
	}
	for _, c := range m.checks {
		if c.Failures > 0 {
			page.Failed++
		}
	}
	for _, name := range m.bag.Names() {
		if strings.HasSuffix(name, ".html") {
			page.Reports = append(page.Reports, inPayload(name))
		}
		if strings.HasPrefix(name, pdfFolder) {
			page.PDFs++
		}
	}
	if o.Sample != nil {
		page.Sample = &readmeSample{o.Sample, m.sampled.population, m.sampled.sampled(), m.Strata(), m.sampled.population <= int64(o.Sample.Size)}
	}
	if o.Subject != nil {
		page.Case, page.AsOf, page.Nothing = o.Period.Name, o.KnownAt.UTC().Format(timeForm), m.KnowsNothing()
	}
	if o.isForSubject() {
		page.Withheld = inPayload(withheldFile)
	}
	if o.Key != nil {
		page.Signed = o.Key.Fingerprint()
	}
	var body bytes.Buffer
	if err := readmePage.Execute(&body, page); err != nil {
		return err
	}
	return m.bag.Add(readmeFile, body.Bytes())
}
