package filing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kycsync/schemas"
	"kycsync/sql"
)

// A Sample is what is drawn from the population of a filing, and shown with all that is known of it: see evidence.go.
type Sample struct {
	Size int   `json:"size"`
	Seed int64 `json:"seed"`
	// By is the column of the population whose values are the strata; empty: there is one stratum.
	By string `json:"by,omitempty"`
	// Approval says who let the evidence leave as it is, and why; empty: nobody did.
	Approval string `json:"approval,omitempty"`
}

// maxSample is how many sessions a sample may have: what is more is a population.
const maxSample = 10_000

// sessionKey is the key of a population that is of sessions.
var sessionKey = []string{"application", "session_id"}

// validate tells in a sentence why the sample cannot be one of the order.
func (s *Sample) validate(o *Order) error {
	population := o.Template.Table(sql.FilingPopulation)
	isColumn := slices.ContainsFunc(population.Columns, func(c sql.FilingColumn) bool { return c.Name == s.By })
	switch {
	case s.Size < 1 || s.Size > maxSample:
		return fmt.Errorf("a sample of %d: want 1 to %d sessions", s.Size, maxSample)
	case s.Seed < 0:
		return fmt.Errorf("the seed %d: want 0 or more", s.Seed)
	case !slices.Equal(population.Key, sessionKey):
		return fmt.Errorf("the population of template %s is not of sessions: no sample can be drawn from it", o.Template.Name)
	case s.By != "" && !isColumn:
		return fmt.Errorf("the population of template %s has no column %q to draw by", o.Template.Name, s.By)
	case s.Approval != "" && o.Audience != Auditor:
		return fmt.Errorf("an approval lets a sample leave as it is for the audience %s alone", Auditor)
	case !isLine(s.Approval):
		return errors.New("the approval: want one line of up to 500 bytes")
	}
	for _, name := range []string{sql.FilingSample, sql.FilingStrata} {
		if o.Template.Table(name) != nil {
			return fmt.Errorf("template %s has a table %s, which is the name of one of a sample", o.Template.Name, name)
		}
	}
	return nil
}

// isLine tells whether a text is one line that is not long.
func isLine(text string) bool {
	return len(text) <= 500 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' })
}

// name is the sample's part of the name of a filing.
func (s *Sample) name() string {
	out := fmt.Sprintf("_sample%d-seed%d", s.Size, s.Seed)
	if s.By != "" {
		out += "-by-" + strings.ReplaceAll(s.By, "_", "-")
	}
	if s.Approval != "" {
		out += "-clear"
	}
	return out
}

// The labels of the terms of a sample.
const (
	sampleSize     = "Sample-Size"
	sampleSeed     = "Sample-Seed"
	sampleBy       = "Sample-By"
	sampleApproval = "Sample-Approval"
)

func (s *Sample) terms() []term {
	out := []term{{sampleSize, fmt.Sprint(s.Size)}, {sampleSeed, fmt.Sprint(s.Seed)}}
	if s.By != "" {
		out = append(out, term{sampleBy, s.By})
	}
	if s.Approval != "" {
		out = append(out, term{sampleApproval, s.Approval})
	}
	return out
}

// sampleTerm is the value of a term of the sample, of which there need be none.
func (o *Order) sampleTerm(label string) string {
	if o.Sample != nil {
		for _, t := range o.Sample.terms() {
			if t.label == label {
				return t.value
			}
		}
	}
	return ""
}

// drawSample draws from the population that was written, and writes who is in the sample and their evidence.
func (m *maker) drawSample(ctx context.Context) (err error) {
	s := m.Order.Sample
	if s == nil {
		return nil
	}
	population := m.table(sql.FilingPopulation)
	if err := s.fits(population); err != nil {
		return err
	}
	if m.sampled, err = drawFrom(ctx, m.relation(population), s); err != nil {
		return err
	}
	rows, sessions, err := m.drawnRows(ctx, population)
	if err != nil {
		return err
	}
	if err := errors.Join(m.r.SetList(ctx, "drawn", []string{"application", "session_id", "hash", "rank", "stratum", "clear_session_id"}, rows),
		m.r.SetList(ctx, "strata", []string{"number", "stratum", "population", "sampled"}, m.sampled.strataRows()),
		m.r.SetList(ctx, evidenceList, sessionKey, sessions)); err != nil {
		return err
	}
	clear := func(c *schemas.Column, from string) (action, error) {
		if c.Name == "clear_session_id" {
			return keep, nil
		}
		return m.Order.Audience.action(c, from)
	}
	for _, def := range []sql.FilingTable{sql.Sample(), sql.Strata()} {
		s.describe(&def, m.Order.Template.Table(sql.FilingPopulation))
		if err := m.writeTable(ctx, &def, clear, controlFolder); err != nil {
			return err
		}
	}
	return m.writeEvidence(ctx, sql.FilingSample, m.evidenceAction())
}

// fits tells why the population cannot be drawn by the column. The sizes of the strata are printed, and so they are of
// values that leave for everybody.
func (s *Sample) fits(population *table) error {
	for _, c := range population.columns {
		if c.Name != s.By {
			continue
		}
		given := c.Column
		given.Kind = c.stored
		for _, a := range Audiences {
			if does, err := a.action(&given, c.From); err != nil || does != keep {
				return fmt.Errorf("column %s is of the class %s: a sample is drawn by a column that leaves as it is for every audience", s.By, c.Class)
			}
		}
		return nil
	}
	if s.By != "" {
		return fmt.Errorf("column %s does not leave for the audience: a sample is drawn by one that leaves as it is for every audience", s.By)
	}
	return nil
}

// describe gives the column stratum of a table the class and the meaning of the column that it is of.
func (s *Sample) describe(t, population *sql.FilingTable) {
	for _, of := range population.Columns {
		at := slices.IndexFunc(t.Columns, func(c sql.FilingColumn) bool { return c.Name == "stratum" })
		if of.Name == s.By {
			t.Columns[at].Class, t.Columns[at].From = of.Class, of.From
		}
	}
}

// drawnRows are the rows of the list of what was drawn, with the keys as they are, and the keys alone. They are found by
// the keys with which the sessions leave.
func (m *maker) drawnRows(ctx context.Context, population *table) (rows, sessions [][]string, err error) {
	wanted := map[string][]string{}
	for _, row := range m.sampled.sampleRows() {
		wanted[asOne(row[:2])] = row
	}
	res, err := m.r.Query(ctx, "SELECT application, session_id FROM sessions ORDER BY application, session_id")
	if err != nil {
		return nil, nil, err
	}
	for err == nil && res.Next() {
		v := res.Values()
		key := make([]string, 2)
		key[0], _ = v[0].(string)
		key[1], _ = v[1].(string)
		var leaves []string
		if leaves, err = population.leavingKey(m.Order.Pseudonyms, key); err != nil {
			break
		}
		row := wanted[asOne(leaves)]
		if row == nil {
			continue
		}
		clear := ""
		if m.Order.Sample.Approval != "" {
			clear = key[1]
		}
		sessions, rows = append(sessions, key), append(rows, slices.Concat(key, row[2:], []string{clear}))
	}
	if err := errors.Join(err, res.Err(), res.Close()); err != nil {
		return nil, nil, err
	}
	if len(rows) != len(wanted) {
		return nil, nil, fmt.Errorf("%d sessions were drawn and %d of them are in the table sessions: want a population with its keys", len(wanted), len(rows))
	}
	return rows, sessions, nil
}

// leavingKey is a key as it leaves.
func (t *table) leavingKey(p *Pseudonymizer, key []string) ([]string, error) {
	out := slices.Clone(key)
	for i, at := range t.key {
		if c := &t.columns[at]; c.Action == pseudonym {
			word, err := p.of(domainOf(c.Name, c.From), key[i])
			if err != nil {
				return nil, err
			}
			out[i] = word
		}
	}
	return out, nil
}
