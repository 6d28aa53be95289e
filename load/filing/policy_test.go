package filing

import (
	"bytes"
	"strings"
	"testing"

	"kycsync/schemas"
	"kycsync/sql"
)

// TestNothingLeavesUndecided: every class and kind has a decision, and what has no class, or is a secret, leaves for nobody.
func TestNothingLeavesUndecided(t *testing.T) {
	for _, a := range append(Audiences, "", "board") {
		for class := schemas.Class(0); class <= schemas.Secret; class++ {
			for kind := schemas.Text; kind <= schemas.Media; kind++ {
				got, err := a.action(&schemas.Column{Name: "x", Kind: kind, Class: class}, "t.x")
				known := a == Regulator || a == Auditor || a == Analyst
				if refused := !known || class == 0 || class == schemas.Secret; refused != (err != nil) || refused && got != drop {
					t.Errorf("%q, class %d, kind %d: got %s, %v", a, class, kind, got, err)
				}
				if a != Regulator && class > schemas.Internal && got == keep {
					t.Errorf("%s: class %s leaves as it is", a, class)
				}
			}
		}
	}
}

func TestWhatAnAudienceGets(t *testing.T) {
	words := []string{"Unreviewed"}
	for _, tt := range []struct {
		name    string
		c       schemas.Column
		from    string
		auditor action
		analyst action
	}{
		{"a status", schemas.Column{Kind: schemas.Text, Class: schemas.Internal}, "sessions.status", keep, keep},
		{"a list", schemas.Column{Kind: schemas.JSON, Class: schemas.Internal}, "activity.changed_fields", terms, terms},
		{"a name", schemas.Column{Kind: schemas.Text, Class: schemas.PII}, "sessions.full_name", pseudonym, pseudonym},
		{"a kind of person", schemas.Column{Kind: schemas.Text, Class: schemas.PII, Words: words}, "key_people.entity_type", known, known},
		{"a day of birth", schemas.Column{Kind: schemas.Date, Class: schemas.PII}, "id_verifications.date_of_birth", pseudonym, year},
		{"a country", schemas.Column{Kind: schemas.Text, Class: schemas.PII}, "id_verifications.nationality_iso3", keep, keep},
		{"a place on earth", schemas.Column{Kind: schemas.Float, Class: schemas.PII}, "ip_analyses.latitude", drop, drop},
		{"all that was expected", schemas.Column{Kind: schemas.JSON, Class: schemas.PII}, "sessions.expected_details", drop, drop},
		{"free text", schemas.Column{Kind: schemas.Text, Class: schemas.Sensitive}, "user_comments.comment", drop, drop},
		{"an unknown member", schemas.Column{Kind: schemas.JSON, Class: schemas.Sensitive}, "sessions.extra_json", drop, drop},
		{"a score of a face", schemas.Column{Kind: schemas.Float, Class: schemas.Biometric}, "liveness_checks.score", band, band},
		{"a disposition", schemas.Column{Kind: schemas.Text, Class: schemas.Criminal, Words: words}, "aml_hits.review_status", known, known},
		{"a crime", schemas.Column{Kind: schemas.Text, Class: schemas.Criminal}, "aml_hits.caption", drop, drop},
		{"a number of hits", schemas.Column{Kind: schemas.Int, Class: schemas.Criminal}, "", drop, drop},
	} {
		for a, want := range map[Audience]action{Regulator: keep, Auditor: tt.auditor, Analyst: tt.analyst} {
			if got, err := a.action(&tt.c, tt.from); err != nil || got != want {
				t.Errorf("%s for the %s: got %s, %v, want %s", tt.name, a, got, err, want)
			}
		}
	}
}

func TestPseudonyms(t *testing.T) {
	make := func(a Audience, key byte) *Pseudonymizer {
		p, err := NewPseudonymizer(a, bytes.Repeat([]byte{key}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	of := func(p *Pseudonymizer, domain, value string) string {
		word, err := p.of(domain, value)
		if err != nil {
			t.Fatal(err)
		}
		return word
	}
	auditor := make(Auditor, 1)
	one := of(auditor, "document_number", "AB-123 456")
	for name, other := range map[string]string{
		"case and signs": of(auditor, "document_number", "ab123456"), "wide letters": of(auditor, "document_number", "\uff21B123456"), "another run": of(make(Auditor, 1), "document_number", "AB123456"),
	} {
		if other != one {
			t.Errorf("%s: got %s, want %s", name, other, one)
		}
	}
	for name, other := range map[string]string{
		"another audience": of(make(Analyst, 1), "document_number", "AB123456"), "another key": of(make(Auditor, 2), "document_number", "AB123456"),
		"another domain": of(auditor, "personal_number", "AB123456"), "another value": of(auditor, "document_number", "AB123457"),
	} {
		if strings.SplitN(other, ":", 3)[2] == strings.SplitN(one, ":", 3)[2] {
			t.Errorf("%s: has the same pseudonym %s", name, other)
		}
	}
	if of(auditor, "vendor_data", " User-1") != of(auditor, "vendor_data", "USER-1") {
		t.Error("a user's id in another case has another pseudonym")
	}
	if _, err := NewPseudonymizer(Auditor, make(Auditor, 1).master[:31]); err == nil {
		t.Error("a short key was taken")
	}
}

// TestPseudonymsReplaceWhatTheyStandFor looks for what an auditor must not have in all files of a package.
func TestPseudonymsReplaceWhatTheyStandFor(t *testing.T) {
	p, _ := packed(t, []person{{"planted-id-1", ptr("Planted Name"), ptr(73.25), 1}}, func(o *Order) {
		o.Audience = Auditor
		o.Pseudonyms, _ = NewPseudonymizer(Auditor, bytes.Repeat([]byte{1}, 32))
	})
	found := map[string]bool{}
	var all bytes.Buffer
	if err := p.WriteZip(&all); err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{"planted-id-1", "Planted Name", "73.25"} {
		found[planted] = bytes.Contains(all.Bytes(), []byte(planted))
	}
	for planted, is := range found {
		if is {
			t.Errorf("%q is in the package", planted)
		}
	}
	if !bytes.Contains(all.Bytes(), []byte(",60-80,")) || !bytes.Contains(all.Bytes(), []byte(",h1:")) {
		t.Error("there is no band, or no pseudonym")
	}
}

// TestTemplatesOfTheProgram: each column of each template has a class, of the schema's column that it names or of its own.
func TestTemplatesOfTheProgram(t *testing.T) {
	for _, f := range append(Templates(), sql.Filing{Tables: []sql.FilingTable{sql.VendorTotals()}}) {
		for _, table := range f.Tables {
			for _, told := range table.Columns {
				c, err := describe(schemas.Column{Name: told.Name, Kind: schemas.Text}, told)
				if err != nil {
					t.Errorf("%s, %s: %v", f.Name, table.Name, err)
				}
				if c.Doc == "" && told.From == "" {
					t.Errorf("%s, %s: column %s has no meaning", f.Name, table.Name, told.Name)
				}
			}
		}
	}
	for _, told := range []sql.FilingColumn{{Name: "x"}, {Name: "x", From: "sessions.nothing"}, {Name: "x", From: "nothing.status"}, {Name: "x", From: "sessions.session_token"}, {Name: "x", Class: "secret"}, {Name: "x", Class: "private"}} {
		if c, err := describe(schemas.Column{Name: "x", Kind: schemas.Text}, told); err == nil {
			t.Errorf("%+v was taken, with class %s", told, c.Class)
		}
	}
}

// TestWhatMayBeEmptyIsNull: a value that is none of the known words leaves empty, which a column without null would refuse. Only
// one whose words are the program's own may be without.
func TestWhatMayBeEmptyIsNull(t *testing.T) {
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		for _, c := range table.Stored() {
			a, err := Analyst.action(&c, table.Name+"."+c.Name)
			if err == nil && a == known && !c.Null && c.Path != schemas.EnvConst {
				t.Errorf("%s.%s has no null", table.Name, c.Name)
			}
		}
	}
}
