// Package filing makes what regulators and auditors receive: a package that is complete, explains itself, and proves
// itself on a machine that has never heard of this program, and checks such packages.
//
// A package is made of a template (package sql), a period and an instant: what was known then of that period. The same
// three, and the same program, give the same bytes, on any copy of the lake, at any time. One about a single person has the
// reference of a case in place of the period, and a random number: see person.go. [Make] makes one, [Verify] checks one
// without database, lake and network, and a [Ledger] remembers all that were ever made.
//
//	data/README.html  report*.html                  for people: what it is, how to check it
//	data/datapackage.json                           Data Package 2.0: the files, their columns, keys and types
//	data/tables/*.csv *.parquet                     the rows
//	data/control/                                   what shows that they are complete: see control.go
//	data/evidence/*.csv *.parquet                   all that is known of the sessions of a sample: see evidence.go
//	data/evidence/pdf/*.pdf                         the vendor's PDFs of them: see pdf.go
//	data/dictionary/fields.csv  codes/*.csv         what the columns mean
//	data/queries/*.sql                              what was asked
//	data/provenance/statement.json                  in-toto statement: what made which file of what
package filing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"kycsync/load/filing/bag"
	"kycsync/load/lake"
	"kycsync/load/report"
	"kycsync/load/seal"
	"kycsync/load/warehouse"
	"kycsync/sql"
)

// Namespace is what signatures of packages are for.
const Namespace seal.Namespace = "kycsync-filing@v1"

// Status says how final a filing is.
type Status string

// The statuses.
const (
	Preliminary Status = "PRELIMINARY" // the template's days of grace after the period had not ended
	Final       Status = "FINAL"
	Restated    Status = "RESTATED" // it replaces an earlier one
)

// An Order is what a filing is made of.
type Order struct {
	Template *sql.Filing
	Period   Period
	KnownAt  time.Time // everything that had been published until then is in it, and nothing later
	Entity   string    // whose filing it is: a short name without spaces
	Audience Audience
	Profile  string // plain or spreadsheet
	// Pseudonyms is wanted for audiences that do not read everything as it is.
	Pseudonyms *Pseudonymizer
	// Previous is the package that this one replaces; nil: none. Reason says why.
	Previous *Previous
	Reason   string
	Sample   *Sample  // nil: none is drawn
	Subject  *Subject // nil: it is about a period
	// Lake is read for what is archived of the sessions of the evidence.
	Lake    *lake.Lake
	Program Program
	Key     *seal.Key // that signs it; nil: nobody does
}

// A Program is what makes filings.
type Program struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // of its file
}

var entityRE = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)

// Validate tells in a sentence what is wrong with the order.
func (o *Order) Validate() error {
	offered := false
	for _, a := range o.Template.Audiences {
		offered = offered || a == string(o.Audience)
	}
	switch {
	case !entityRE.MatchString(o.Entity) || len(o.Entity) > 40:
		return fmt.Errorf("entity %q: want a short name of letters, digits and -", o.Entity)
	case !offered:
		return fmt.Errorf("template %s is not for the audience %q, but for %s", o.Template.Name, o.Audience, strings.Join(o.Template.Audiences, ", "))
	case o.Profile != string(plain) && o.Profile != string(spreadsheet):
		return fmt.Errorf("profile %q: want plain or spreadsheet", o.Profile)
	case o.Audience != Regulator && o.Pseudonyms == nil:
		return fmt.Errorf("a filing for the audience %s has pseudonyms, which need a key", o.Audience)
	case o.Previous != nil && o.Reason == "":
		return errors.New("a filing that replaces another one says why")
	case o.Previous == nil && o.Reason != "":
		return errors.New("a reason is for a filing that replaces another one")
	case !isLine(o.Reason):
		return errors.New("the reason: want one line of up to 500 bytes")
	case (o.Subject != nil) != o.Template.IsAboutOne():
		return fmt.Errorf("template %s: it is about one person or about a period, and the other was ordered", o.Template.Name)
	case o.Subject != nil:
		return o.Subject.validate(o)
	case o.Sample != nil:
		return o.Sample.validate(o)
	}
	return nil
}

// Status is that of the filing.
func (o *Order) Status() Status {
	switch {
	case o.Previous != nil:
		return Restated
	case o.Subject == nil && o.KnownAt.Before(graceEnd(o.Template, o.Period)):
		return Preliminary
	}
	return Final
}

// Version counts the filings that replaced one another.
func (o *Order) Version() int {
	if o.Previous == nil {
		return 1
	}
	return o.Previous.Version + 1
}

// ID names the filing. It holds no value of a person.
func (o *Order) ID() string {
	id := o.Entity + "_" + o.Template.Name + "_" + o.Period.Name
	if o.Audience != Regulator {
		id += "_" + string(o.Audience)
	}
	if o.Profile != string(plain) {
		id += "_" + o.Profile
	}
	if o.Sample != nil {
		id += o.Sample.name()
	}
	return fmt.Sprintf("%s_v%d_k%s", id, o.Version(), o.KnownAt.UTC().Format("20060102T150405Z"))
}

// DefaultKnownAt is as of when a filing of the period is made that says nothing else: the end of the template's grace. Where
// nothing was known by then it is when the first was, and as much as is known where the grace has not ended.
func DefaultKnownAt(t *sql.Filing, p Period, from, until time.Time) time.Time {
	at := graceEnd(t, p)
	if at.Before(from) {
		at = from
	}
	if until.Before(at) {
		return until
	}
	return at
}

func graceEnd(t *sql.Filing, p Period) time.Time { return p.To.AddDate(0, 0, t.GraceDays) }

// A Package is a filing that was made. Close removes its files.
type Package struct {
	ID      string
	Order   Order
	Stand   warehouse.Stand
	Content string // SHA-256 of tagmanifest-sha256.txt, which stands for every file
	Rows    map[string]int64
	dir     string
	bag     *bag.Builder
	sampled *draw // nil: no sample was drawn
}

// Close removes the files.
func (p *Package) Close() error { return os.RemoveAll(p.dir) }

// Files returns the SHA-256 of each file.
func (p *Package) Files() map[string]string {
	out := map[string]string{}
	for _, name := range p.bag.Names() {
		out[name] = p.bag.File(name).SHA256
	}
	return out
}

// WriteZip writes the package.
func (p *Package) WriteZip(w io.Writer) error { return p.bag.WriteZip(w, p.ID) }

// ErrChecks means that critical checks of the data failed, and nobody waived them: a filing of such data is not made.
var ErrChecks = errors.New("critical checks of the data failed")

// ErrIncomplete means that population and exclusions are not the source.
var ErrIncomplete = errors.New("population and exclusions are not the source")

// Make makes a filing of a reader that shows the past at the order's KnownAt. The caller closes the package.
func Make(ctx context.Context, r *warehouse.Reader, o Order) (_ *Package, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kycsync-filing-")
	if err != nil {
		return nil, fmt.Errorf("filing: %w", err)
	}
	p := &Package{ID: o.ID(), Order: o, Rows: map[string]int64{}, dir: dir, bag: bag.NewBuilder(dir + "/bag")}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.Stand, err = r.Stand(ctx); err != nil {
		return nil, fmt.Errorf("filing: %w", err)
	}
	for name, day := range map[string]time.Time{"period_from": o.Period.From, "period_to": o.Period.To} {
		if o.Subject != nil {
			break
		}
		if err := r.SetDay(ctx, name, day); err != nil {
			return nil, fmt.Errorf("filing: %w", err)
		}
	}
	for _, d := range o.Template.Defines {
		if err := r.Define(ctx, d); err != nil {
			return nil, fmt.Errorf("filing: basis %s, %s.sql: %w", o.Template.Basis, d.Name, err)
		}
	}
	m := &maker{Package: p, r: r}
	if err := m.make(ctx); err != nil {
		return nil, fmt.Errorf("filing %s: %w", p.ID, err)
	}
	return p, nil
}

// A maker makes one package.
type maker struct {
	*Package
	r       *warehouse.Reader
	tables  []*table
	checks  []warehouse.Checked
	balance []balance
	cells   []cell       // of the worksheet
	changes *ChangeCount // nil: it replaces none
}

func (m *maker) make(ctx context.Context) error {
	for _, step := range []func(context.Context) error{m.check, m.findSubject, m.writeTables, m.drawSample, m.writePerson, m.reconcile, m.countCells, m.writeControls, m.compare, m.explain, m.report, m.describe} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return m.seal()
}

// writeTables writes the rows.
func (m *maker) writeTables(ctx context.Context) error {
	var defs []*sql.FilingTable
	decide := m.Order.subjectAction()
	if m.Order.Subject == nil { // the vendor counts no single person's
		vendor := sql.VendorTotals()
		defs = append(defs, &vendor)
	}
	for i := range m.Order.Template.Tables {
		defs = append(defs, &m.Order.Template.Tables[i])
	}
	for _, def := range defs {
		folder := tableFolder
		if def.Name == sql.FilingExclusions || def.Name == sql.FilingVendor || m.Order.Subject != nil && def.Name == sql.FilingSubject {
			folder = controlFolder
		}
		if err := m.writeTable(ctx, def, decide, folder); err != nil {
			return fmt.Errorf("%s.sql: %w", def.Name, err)
		}
	}
	return nil
}

func (m *maker) writeTable(ctx context.Context, def *sql.FilingTable, decide decision, folder string) error {
	t, err := plan(ctx, m.r, def, decide)
	if err != nil {
		return err
	}
	file, err := t.spool(ctx, m.r, m.Order.Pseudonyms, m.dir)
	if err != nil {
		return err
	}
	defer os.Remove(file)
	return m.take(ctx, t, file, folder)
}

// take makes the files of a table. Of a control there is no Parquet file.
func (m *maker) take(ctx context.Context, t *table, file, folder string) error {
	if err := t.write(ctx, m, file, folder, folder != controlFolder); err != nil {
		return err
	}
	m.Rows[t.Name], m.tables = t.tally.rows, append(m.tables, t)
	return nil
}

// The folders of the payload.
const (
	tableFolder      = bag.Payload + "tables/"
	controlFolder    = bag.Payload + "control/"
	dictionaryFolder = bag.Payload + "dictionary/"
	codesFolder      = bag.Payload + "codes/"
	queriesFolder    = bag.Payload + "queries/"
	readmeFile       = bag.Payload + "README.html"
	descriptorFile   = bag.Payload + "datapackage.json"
	statementFile    = bag.Payload + "provenance/statement.json"
)

// report adds the monthly report of each month, which shows people as they are.
func (m *maker) report(ctx context.Context) error {
	if !m.Order.Template.Report || m.Order.Audience != Regulator {
		return nil
	}
	months := m.Order.Period.months()
	for _, month := range months {
		made, err := report.Make(ctx, m.r, month)
		if err != nil {
			return err
		}
		name := bag.Payload + "report.html"
		if len(months) > 1 {
			name = bag.Payload + "report-" + month.Format("2006-01") + ".html"
		}
		w, err := m.bag.Create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(made.WriteHTML(w), w.Close()); err != nil {
			return err
		}
	}
	return nil
}

// seal signs everything.
func (m *maker) seal() (err error) {
	o := m.Order
	fields := []bag.Field{
		{Label: "Source-Organization", Value: o.Entity},
		{Label: "External-Identifier", Value: m.ID},
		{Label: "External-Description", Value: o.Template.Title},
		{Label: "Bagging-Date", Value: o.KnownAt.UTC().Format(time.DateOnly)},
		{Label: "Bag-Software-Agent", Value: "kycsync " + o.Program.Version},
	}
	for _, f := range m.terms() {
		fields = append(fields, bag.Field{Label: "Filing-" + f.label, Value: f.value})
	}
	var sign func([]byte) ([]byte, error)
	if o.Key != nil {
		sign = func(body []byte) ([]byte, error) { return o.Key.Sign(Namespace, body) }
	}
	m.Content, err = m.bag.Seal(fields, sign)
	return err
}

// A term is one of the words that say what exactly a filing is of. Each stands in bag-info.txt, in the descriptor and on
// the page for people.
type term struct{ label, value string }

func (m *maker) terms() []term {
	o := m.Order
	out := []term{{"Case", o.Period.Name}}
	if o.Subject == nil {
		out = []term{{"Period-From", o.Period.From.Format(time.DateOnly)}, {"Period-To", o.Period.To.Format(time.DateOnly)}}
	}
	out = append(out, []term{
		{"Time-Zone", "UTC"},
		{"Basis", o.Template.Basis},
		{"As-Of", m.Stand.CommittedAt.UTC().Format(timeForm)},
		{"Known-At", o.KnownAt.UTC().Format(timeForm)},
		{"Status", string(o.Status())},
		{"Version", fmt.Sprint(o.Version())},
	}...)
	if o.Previous != nil {
		out = append(out, term{"Supersedes", "sha256:" + o.Previous.SHA256}, term{"Restatement-Reason", o.Reason})
	}
	if o.Sample != nil {
		out = append(out, o.Sample.terms()...)
	}
	return append(out, term{"Audience", string(o.Audience)}, term{"Commit", fmt.Sprintf("%d sha256:%s", m.Stand.Seq, m.Stand.SHA256)})
}

// templateSHA256 identifies what a template says.
func templateSHA256(f *sql.Filing) (string, error) {
	body, err := json.Marshal(f)
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), err
}
