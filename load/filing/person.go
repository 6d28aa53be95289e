package filing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kycsync/schemas"
	"kycsync/sql"
)

// A Subject is the one person that a filing is about. It has no period: the reference of the case stands in its place.
type Subject struct {
	VendorData   []string // the organisation's own ids of the person
	Sessions     []string // sessions of the person
	Applications []string // only these; none: all
	// Nonce is random, in hex. It stands in the package, so that no hash that the ledger has tells whose it is: without it
	// somebody could try all persons.
	Nonce string
}

// NewNonce returns a random one.
func NewNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// PersonFile returns the template of everything about one person of that variant, or nil.
func PersonFile(variant string) *sql.Filing {
	for _, f := range sql.PersonFiles() {
		if f.Name == sql.PersonFile+"-"+variant {
			return &f
		}
	}
	return nil
}

// PersonVariants are those that there are.
func PersonVariants() (out []string) {
	for _, f := range sql.PersonFiles() {
		out = append(out, strings.TrimPrefix(f.Name, sql.PersonFile+"-"))
	}
	return out
}

var caseRE = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Case is the period of a filing about a subject: the reference of the case, by which nobody knows whose it is.
func Case(ref string) (Period, error) {
	if !caseRE.MatchString(ref) || len(ref) > 40 {
		return Period{}, errors.New("want a reference of up to 40 of a-z, 0-9 and -, which says nothing of the person")
	}
	return Period{Name: ref}, nil
}

// maxSubject is how many ids a subject may have: what is more is no person.
const maxSubject = 100

var nonceRE = regexp.MustCompile(`^[0-9a-f]{32}$`)

// validate tells in a sentence what is wrong with the subject, and repeats none of its values.
func (s *Subject) validate(o *Order) error {
	ids := slices.Concat(s.VendorData, s.Sessions, s.Applications)
	switch {
	case len(s.VendorData)+len(s.Sessions) == 0:
		return errors.New("the subject: want one id of the person, or a session")
	case len(ids) > maxSubject:
		return fmt.Errorf("the subject: %d ids, want at most %d", len(ids), maxSubject)
	case slices.ContainsFunc(ids, func(id string) bool { return id == "" || !isLine(id) }):
		return errors.New("the subject: want ids of one line of up to 500 bytes")
	case !nonceRE.MatchString(s.Nonce):
		return errors.New("the subject: want a nonce of 32 hex digits")
	case o.Sample != nil:
		return errors.New("no sample is drawn from one person")
	case o.Previous != nil && !o.Previous.sameSubject(s):
		return errors.New("the earlier filing is of another subject")
	}
	return nil
}

// kinds of what a subject is asked for by.
const (
	byVendorData  = "vendor_data"
	bySession     = "session_id"
	byApplication = "application"
)

// asked are the rows of the list of what was asked for: number, kind, value, folded and nonce.
func (s *Subject) asked() (out [][]string) {
	for _, of := range []struct {
		kind string
		ids  []string
	}{{byVendorData, s.VendorData}, {bySession, s.Sessions}, {byApplication, s.Applications}} {
		for _, id := range of.ids {
			out = append(out, []string{strconv.Itoa(len(out) + 1), of.kind, id, fold.String(norm.NFKC.String(id)), s.Nonce})
		}
	}
	return out
}

// findSubject finds what belongs to the subject, and keeps it in lists.
func (m *maker) findSubject(ctx context.Context) error {
	s := m.Order.Subject
	if s == nil {
		return nil
	}
	if err := m.r.SetList(ctx, "asked", []string{"number", "kind", "value", "folded", "nonce"}, s.asked()); err != nil {
		return err
	}
	for _, list := range sql.SubjectLists() {
		columns, rows, err := m.texts(ctx, list.SQL)
		if err == nil {
			err = m.r.SetList(ctx, list.Name, columns, rows)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", list.Name, err)
		}
	}
	return nil
}

// texts returns the answer to a statement that gives texts.
func (m *maker) texts(ctx context.Context, statement string) (columns []string, rows [][]string, err error) {
	res, err := m.r.Query(ctx, statement)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range res.Columns {
		columns = append(columns, c.Name)
	}
	for res.Next() {
		row := make([]string, len(columns))
		for i, v := range res.Values() {
			row[i], _ = v.(string)
		}
		rows = append(rows, row)
	}
	return columns, rows, errors.Join(res.Err(), res.Close())
}

// userTables are the tables whose rows belong to a user of the vendor.
func userTables() (out []*schemas.Table) {
	for i := range schemas.Tables {
		if t := &schemas.Tables[i]; !t.LakeOnly && t.Root() == "users" {
			out = append(out, t)
		}
	}
	return out
}

// writePerson writes everything that is known of the sessions of the subject, and of the vendor's user.
func (m *maker) writePerson(ctx context.Context) error {
	o := m.Order
	if o.Subject == nil {
		return nil
	}
	decide := o.subjectAction()
	if err := m.writeEvidence(ctx, sql.FilingPopulation, decide); err != nil {
		return err
	}
	for _, t := range userTables() {
		def := versionsOf(t, "evidence_users", t.EntityKey(), nil)
		if err := m.writeVersions(ctx, t, &def, decide, tableFolder); err != nil {
			return err
		}
	}
	if o.isForSubject() {
		return m.addSheet(withheldSheet())
	}
	return nil
}

// KnowsNothing tells whether it is about one person, of whom no table has a row.
func (p *Package) KnowsNothing() bool {
	for name, n := range p.Rows {
		if name != sql.FilingSubject && n > 0 {
			return false
		}
	}
	return p.Order.Subject != nil
}

// subjectAction decides what of a person leaves.
func (o *Order) subjectAction() decision {
	if !o.isForSubject() {
		return o.Audience.action
	}
	return func(c *schemas.Column, from string) (action, error) {
		if isWithheld(c, from) {
			return drop, nil
		}
		return o.Audience.action(c, from)
	}
}

// isForSubject tells whether the person itself receives the filing.
func (o *Order) isForSubject() bool {
	return o.Subject != nil && o.Template.Name == sql.PersonFile+"-"+sql.ForSubject
}

// sameSubject tells whether a package was asked for by the same ids. Its nonce becomes the subject's: it is no change.
func (p *Previous) sameSubject(s *Subject) bool {
	was, err := p.stored.subject(context.Background())
	if err != nil {
		return false
	}
	s.Nonce = was.Nonce
	return slices.EqualFunc(was.asked(), s.asked(), slices.Equal)
}

// subject reads what a package was asked for by.
func (s *stored) subject(ctx context.Context) (*Subject, error) {
	all, err := s.relations()
	if err != nil {
		return nil, err
	}
	rel := all[sql.FilingSubject]
	if rel == nil || len(rel.columns) != 4 {
		return nil, fmt.Errorf("%w: it is not about one person", ErrRefused)
	}
	out := &Subject{}
	err = each(ctx, rel, func(row []field) error {
		out.Nonce = row[3].text
		switch id := row[2].text; row[1].text {
		case byVendorData:
			out.VendorData = append(out.VendorData, id)
		case bySession:
			out.Sessions = append(out.Sessions, id)
		case byApplication:
			out.Applications = append(out.Applications, id)
		}
		return nil
	})
	return out, err
}

// An Original is a package about one person, as it was made. The ledger has neither who it is about nor the hashes of its
// files: both stand in the package alone.
type Original struct {
	Subject *Subject
	SHA256  string            // of the archive
	Files   map[string]string // SHA-256 by name
	Rows    map[string]int64
}

// ReadOriginal reads one. The error wraps ErrRefused where the file is no whole package about one person.
func ReadOriginal(ctx context.Context, name string) (*Original, error) {
	f, s, err := openWhole(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &Original{Files: map[string]string{}, Rows: s.statement.Predicate.Rows}
	files, err := s.Check()
	if err != nil {
		return nil, err
	}
	for name, file := range files {
		o.Files[name] = file.SHA256
	}
	if o.Subject, err = s.subject(ctx); err != nil {
		return nil, err
	}
	o.SHA256, err = fileSHA256(f)
	return o, err
}
