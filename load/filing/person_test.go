package filing

import (
	"slices"
	"strings"
	"testing"

	"kycsync/schemas"
	"kycsync/sql"
)

func TestSubjectsThatCannotBe(t *testing.T) {
	period, err := Case("2026-114")
	if err != nil {
		t.Fatal(err)
	}
	ok := Order{Template: PersonFile(sql.ForReport), Period: period, KnownAt: knownAt, Entity: "acme", Audience: Regulator, Profile: "plain"}
	if ok.Subject = (&Subject{VendorData: []string{"user-1"}, Nonce: NewNonce()}); ok.Validate() != nil {
		t.Fatal(ok.Validate())
	}
	if ok.Status() != Final || ok.ID() != "acme_person-file-sar_2026-114_v1_k20261106T000000Z" {
		t.Errorf("got %s %s", ok.Status(), ok.ID())
	}
	for _, tt := range []struct {
		err    string
		change func(*Order, *Subject)
	}{
		{"want one id of the person, or a session", func(_ *Order, s *Subject) { s.VendorData = nil }},
		{"want at most 100", func(_ *Order, s *Subject) { s.Sessions = make([]string, 101) }},
		{"want ids of one line", func(_ *Order, s *Subject) { s.Sessions = []string{""} }},
		{"want ids of one line", func(_ *Order, s *Subject) { s.VendorData = []string{"secret\nperson"} }},
		{"want a nonce", func(_ *Order, s *Subject) { s.Nonce = "" }},
		{"no sample is drawn", func(o *Order, _ *Subject) { o.Sample = &Sample{Size: 1} }},
		{"about one person or about a period", func(o *Order, _ *Subject) { o.Subject = nil }},
		{"about one person or about a period", func(o *Order, _ *Subject) { o.Template = testTemplate() }},
		{"not for the audience", func(o *Order, _ *Subject) { o.Audience = Auditor }},
	} {
		o, s := ok, *ok.Subject
		o.Subject = &s
		tt.change(&o, &s)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %q", err, tt.err)
		}
	}
	for _, ref := range []string{"", "A-1", "a b", "../x", "a_b", "-a", strings.Repeat("a", 41)} {
		if _, err := Case(ref); err == nil {
			t.Errorf("the reference %q was taken", ref)
		}
	}
	if PersonFile("board") != nil {
		t.Error("there is a variant that there is not")
	}
}

// TestWhatAPersonGetsOfItself: what is left out is there to be left out, nothing of a crime is left in, and the tables of reviews,
// screenings and others are none of the person's own.
func TestWhatAPersonGetsOfItself(t *testing.T) {
	o := Order{Template: PersonFile(sql.ForSubject), Audience: Regulator, Subject: &Subject{}}
	decide := o.subjectAction()
	for _, name := range ownColumns {
		table, column, _ := strings.Cut(name, ".")
		of := schemas.Lookup(table)
		if of == nil || !slices.ContainsFunc(of.Stored(), func(c schemas.Column) bool { return c.Name == column }) {
			t.Errorf("there is no column %s", name)
		}
	}
	for _, name := range ownTables {
		of := schemas.Lookup(name)
		if of == nil {
			t.Errorf("there is no table %s", name)
			continue
		}
		for _, c := range of.Stored() {
			does, err := decide(&c, name+"."+c.Name)
			words := []string{"comment", "review", "blocklist", "hit", "aml", "risk"}
			reveals := slices.ContainsFunc(words, func(w string) bool { return strings.Contains(c.Name, w) })
			if err != nil || (c.Class == schemas.Criminal || reveals || c.Name == "extra_json") && does != drop {
				t.Errorf("%s.%s: %s, %v", name, c.Name, does, err)
			}
		}
	}
	for _, name := range []string{"reviews", "activity", "activity_feeds", "user_comments", "user_tags", "aml_screenings", "aml_hits", "aml_matches", "warnings", "matches", "session_features", "user_features_reported", "key_people", "company_owners"} {
		if slices.Contains(ownTables, name) {
			t.Errorf("table %s is a person's own", name)
		}
	}
	for _, f := range sql.PersonFiles() {
		for _, table := range f.Tables {
			for _, told := range table.Columns {
				c, err := describe(schemas.Column{Name: told.Name, Kind: schemas.Text}, told)
				if err != nil {
					t.Errorf("%s, %s: %v", f.Name, table.Name, err)
				} else if does, _ := decide(&c.Column, c.From); f.Name == o.Template.Name && does == drop && slices.Contains(table.Key, told.Name) {
					t.Errorf("%s, %s: the key column %s is left out", f.Name, table.Name, told.Name)
				}
			}
		}
		if has := f.Table("notes") != nil; has != (f.Name != o.Template.Name) {
			t.Errorf("%s has notes: %t", f.Name, has)
		}
	}
}
