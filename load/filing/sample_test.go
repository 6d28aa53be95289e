package filing

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kycsync/schemas"
	"kycsync/sql"
)

// testEvidence is a table of evidence with few columns.
func testEvidence() sql.FilingTable {
	full := versionsOf(schemas.Lookup("sessions"), evidenceList, sessionKey, &sql.Reference{Columns: sessionKey, Table: sql.FilingSample})
	var columns []sql.FilingColumn
	for _, c := range full.Columns {
		if c.Name == "application" || c.Name == "session_id" || c.Name == "version_seq" || c.Name == "full_name" {
			columns = append(columns, c)
		}
	}
	full.Columns = columns
	return full
}

// sampleRows are the rows of the tables of a sample.
type sampleRows struct{ sample, strata, evidence, pdfs [][]any }

// takeSample draws the sample of a package that is made without a database: two versions of each session are its evidence.
func takeSample(t testing.TB, m *maker, cheat func(*maker, *sampleRows)) {
	t.Helper()
	population := m.table(sql.FilingPopulation)
	var err error
	if m.sampled, err = drawFrom(context.Background(), m.relation(population), m.Order.Sample); err != nil {
		t.Fatal(err)
	}
	sample, strata, evidence := sql.Sample(), sql.Strata(), testEvidence()
	pdfs := testPDFs()
	var rows sampleRows
	none := (*string)(nil)
	for _, row := range m.sampled.sampleRows() {
		rank, _ := strconv.ParseInt(row[3], 10, 64)
		rows.sample = append(rows.sample, []any{row[0], row[1], row[2], rank, none, none})
		for _, seq := range []int64{1, 3} {
			rows.evidence = append(rows.evidence, []any{row[0], row[1], seq, ptr("Ada of " + row[1])})
		}
	}
	rows.strata = [][]any{{int64(1), none, m.sampled.population, m.sampled.sampled()}}
	if cheat != nil {
		cheat(m, &rows)
	}
	take(t, m, &sample, rows.sample)
	take(t, m, &strata, rows.strata)
	take(t, m, &evidence, rows.evidence)
	take(t, m, &pdfs, rows.pdfs)
}

func TestASampleStands(t *testing.T) {
	key, signers := testKey(t)
	for _, tt := range []struct {
		name string
		size int
		says string
	}{
		{"of some", 3, "3 of 8 sessions of the population were drawn by the seed 7."},
		{"of all", 25, "The population has 8 sessions, and 25 were to be drawn: the sample is all of it."},
	} {
		p, name := packed(t, crowd, func(o *Order) { o.Key, o.Sample = key, &Sample{Size: tt.size, Seed: 7} })
		failed, all := verified(t, name, Checking{Signers: signers})
		if len(failed) > 0 || !strings.HasPrefix(all["sample"], tt.says) {
			t.Errorf("%s: failed %q: %s", tt.name, failed, all["sample"])
		}
		if !strings.Contains(p.ID, "_sample"+strconv.Itoa(tt.size)+"-seed7_v1") {
			t.Errorf("%s: got the name %s", tt.name, p.ID)
		}
		if e, err := p.Entry(); err != nil || *e.Sample != *p.Order.Sample {
			t.Errorf("%s: the ledger has %+v, %v", tt.name, e.Sample, err)
		}
	}
}

// Whoever alters the tables of a sample has to alter their totals, too.
func TestSamplesThatWereAltered(t *testing.T) {
	key, signers := testKey(t)
	_, name := packed(t, crowd, func(o *Order) { o.Key, o.Sample = key, &Sample{Size: 25, Seed: 7} })
	for _, tt := range []struct{ name, file, old, new string }{
		{"another value of evidence", "data/evidence/sessions_versions.csv", "Ada of d", "Bea of d"},
		{"a row of evidence is missing", "data/evidence/sessions_versions.csv", "default,d,1,Ada of d\r\n", ""},
		{"another rank", "data/control/sample.csv", ",1,,\r\n", ",9,,\r\n"},
		{"another stratum", "data/control/strata.csv", "1,,8,8", "1,,9,8"},
	} {
		failed, all := verified(t, repacked(t, name, key, tt.file, tt.old, tt.new), Checking{Signers: signers})
		if len(failed) == 0 || failed[0] != "control totals" {
			t.Errorf("%s: failed: %q, want control totals first\n%v", tt.name, failed, all)
		}
	}
}

// Whoever makes a package of a sample that is not the one of its terms makes totals that fit.
func TestSamplesThatLie(t *testing.T) {
	key, signers := testKey(t)
	for _, tt := range []struct {
		name, says string
		cheat      func(*maker, *sampleRows)
	}{
		{"another hash", "is not what the seed draws", func(_ *maker, r *sampleRows) { r.sample[0][2] = strings.Repeat("0", 64) }},
		{"another rank", "is not what the seed draws", func(_ *maker, r *sampleRows) { r.sample[0][3] = int64(9) }},
		{"one is missing", "is not what the seed draws", func(_ *maker, r *sampleRows) { r.sample, r.evidence = r.sample[1:], r.evidence[2:] }},
		{"another stratum", "is not what the seed draws", func(_ *maker, r *sampleRows) { r.strata[0][2] = int64(9) }},
		{"another seed", "is not what the seed draws", func(m *maker, _ *sampleRows) { m.Order.Sample = &Sample{Size: 3, Seed: 8} }},
		{"another size", "is not what the seed draws", func(m *maker, _ *sampleRows) { m.Order.Sample = &Sample{Size: 4, Seed: 7} }},
		{"strata", "is not what the seed draws", func(m *maker, _ *sampleRows) { m.Order.Sample = &Sample{Size: 3, Seed: 7, By: "score"} }},
		{"strata that there are not", "has no column", func(m *maker, _ *sampleRows) { m.Order.Sample = &Sample{Size: 3, Seed: 7, By: "x"} }},
		{"a sample that nobody ordered", "the terms do not tell of", func(m *maker, _ *sampleRows) { m.Order.Sample = nil }},
		{"no evidence of one", "1 sessions have no evidence", func(_ *maker, r *sampleRows) { r.evidence = r.evidence[2:] }},
		{"evidence of somebody else", "session that was not asked for", func(_ *maker, r *sampleRows) { r.evidence[len(r.evidence)-1][1] = "zz" }},
	} {
		_, name := packedBy(t, crowd, func(o *Order) { o.Key, o.Sample = key, &Sample{Size: 3, Seed: 7} }, tt.cheat)
		if failed, all := verified(t, name, Checking{Signers: signers}); len(failed) == 0 || !strings.Contains(all["sample"], tt.says) {
			t.Errorf("%s: failed: %q: %s", tt.name, failed, all["sample"])
		}
	}
}

func TestSamplesThatCannotBe(t *testing.T) {
	ok := Order{Template: testTemplate(), Period: october, KnownAt: knownAt, Entity: "acme", Audience: Regulator, Profile: "plain"}
	auditors, err := NewPseudonymizer(Auditor, bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		err    string
		change func(*Order, *Sample)
	}{
		{"want 1 to 10000 sessions", func(_ *Order, s *Sample) { s.Size = 0 }},
		{"want 1 to 10000 sessions", func(_ *Order, s *Sample) { s.Size = 10_001 }},
		{"want 0 or more", func(_ *Order, s *Sample) { s.Seed = -1 }},
		{"has no column \"country\"", func(_ *Order, s *Sample) { s.By = "country" }},
		{"for the audience auditor alone", func(_ *Order, s *Sample) { s.Approval = "me" }},
		{"want one line", func(o *Order, s *Sample) {
			o.Audience, o.Pseudonyms, s.Approval = Auditor, auditors, "me\nand you"
		}},
		{"is not of sessions", func(o *Order, _ *Sample) { o.Template.Tables[1].Key = []string{"session_id"} }},
		{"the name of one of a sample", func(o *Order, _ *Sample) { o.Template.Tables[0].Name = "strata" }},
	} {
		o, s := ok, &Sample{Size: 3, Seed: 7}
		o.Template, o.Sample = testTemplate(), s
		tt.change(&o, s)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("got %v, want %q", err, tt.err)
		}
	}
}

// TestWhatMakesNoStrata: the sizes of strata are printed, and so they are of no value that somebody may not read.
func TestWhatMakesNoStrata(t *testing.T) {
	for column, says := range map[string]string{"full_name": "of the class pii", "score": "of the class biometric", "version_seq": ""} {
		var population table
		for i, told := range testTemplate().Tables[1].Columns {
			kind := testKinds[told.Name]
			if kind == 0 {
				kind = schemas.Text
			}
			c, err := describe(schemas.Column{ID: i + 1, Name: told.Name, Kind: kind}, told)
			if err != nil {
				t.Fatal(err)
			}
			population.columns = append(population.columns, c)
		}
		err := (&Sample{By: column}).fits(&population)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", column, err, says)
		}
	}
}

// TestWhatAnApprovalClears: what a person is and what is said of one, and nothing that is derived from a face or opens a door.
func TestWhatAnApprovalClears(t *testing.T) {
	for class := schemas.Class(0); class <= schemas.Secret; class++ {
		for kind := schemas.Text; kind <= schemas.Media; kind++ {
			c := &schemas.Column{Name: "x", Kind: kind, Class: class}
			masked, err := Auditor.action(c, "t.x")
			clear, errClear := Auditor.cleared(c, "t.x")
			want := masked
			if class == schemas.PII || class == schemas.Sensitive || class == schemas.Criminal {
				want = keep
			}
			if clear != want || (err == nil) != (errClear == nil) {
				t.Errorf("class %d, kind %d: got %s, %v, want %s", class, kind, clear, errClear, want)
			}
			if class == schemas.Biometric && clear == keep || class == schemas.Secret && errClear == nil {
				t.Errorf("class %s, kind %d leaves as it is", class, kind)
			}
		}
	}
}

// TestEvidenceOfEveryTable: each table of a session has evidence, with every column and a key that leaves for all.
func TestEvidenceOfEveryTable(t *testing.T) {
	found := map[string]bool{}
	for _, of := range evidenceTables() {
		found[of.Name] = true
		def := versionsOf(of, evidenceList, sessionKey, nil)
		for _, a := range []Audience{Regulator, Auditor, Analyst} {
			for _, told := range def.Columns {
				kind := schemas.Int
				for _, c := range of.Stored() {
					if c.Name == told.Name {
						kind = c.Kind
					}
				}
				c, err := describe(schemas.Column{Name: told.Name, Kind: kind}, told)
				if err != nil {
					t.Fatalf("%s: %v", def.Name, err)
				}
				does, err := a.action(&c.Column, c.From)
				isOurs := told.Name == "match_kind" // the program writes it, and no word but the known ones
				if err != nil || slices.Contains(def.Key, told.Name) && does != keep && does != pseudonym && !(isOurs && does == known) {
					t.Errorf("%s, %s for the %s: got %s, %v", def.Name, told.Name, a, does, err)
				}
			}
		}
	}
	for _, of := range schemas.Tables {
		if of.History == schemas.BySession && !found[of.Name] {
			t.Errorf("table %s has no evidence", of.Name)
		}
	}
	if !found["activity"] || !found["activity_feeds"] || !found["pdf_reports"] || found["users"] {
		t.Errorf("got %v, want the activity, and no users", found)
	}
}
