package filing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/load/warehouse"
	"kycsync/schemas"
)

// NewMask returns what makes a warehouse for an audience: the columns are those of the full one and keep their types, so that
// every view works on them, and their values are those that a filing for the audience would have. Of a day it is the first of
// its year, of a score the lower end of its fifth of the scale; what the audience does not get is null.
//
// It is for analysts: an auditor gets pseudonyms of days, which are no days.
func NewMask(p *Pseudonymizer) (*warehouse.Mask, error) {
	if p.audience != Analyst {
		return nil, fmt.Errorf("no warehouse is made for the audience %s, want %s", p.audience, Analyst)
	}
	m := &mask{p, map[string][]action{}}
	out := &warehouse.Mask{Audience: string(p.audience), File: m.file, Notes: map[string]map[string]string{}}
	definition := sha256.New()
	fmt.Fprintf(definition, "%s, policy %d, key %s", p.audience, policyVersion, p.keyID)
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		if t.LakeOnly {
			continue
		}
		if err := m.plan(t); err != nil {
			return nil, err
		}
		out.Notes[t.Name] = map[string]string{}
		for j, c := range t.Stored() {
			a := m.actions[t.Name][j]
			fmt.Fprintf(definition, ";%s.%s %s %q", t.Name, c.Name, a, c.Words)
			if a != keep {
				out.Notes[t.Name][c.Name] = maskNotes[a]
			}
		}
	}
	out.ID = hex.EncodeToString(definition.Sum(nil))
	return out, nil
}

// maskNotes say in the database what was done to a column.
var maskNotes = map[action]string{
	pseudonym: "a pseudonym: equal values have equal ones",
	known:     "null where it is none of the known words",
	terms:     "null where it is more than a list of known names and words",
	year:      "the first day of its year",
	band:      "the lower end of its fifth of the scale",
	drop:      "null: withheld from this audience",
}

// A mask knows what is done to each column of a table.
type mask struct {
	pseudonyms *Pseudonymizer
	actions    map[string][]action // by table, of the stored columns
}

func (m *mask) plan(t *schemas.Table) error {
	for _, c := range t.Stored() {
		a, err := m.pseudonyms.audience.action(&c, t.Name+"."+c.Name)
		if err == nil && a == drop && !c.Null {
			err = fmt.Errorf("column %s: it is withheld, and must not be empty", c.Name)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		m.actions[t.Name] = append(m.actions[t.Name], a)
	}
	return nil
}

// file writes the rows of a part as they leave to a new one in dir, and returns its name.
func (m *mask) file(ctx context.Context, t *schemas.Table, from, dir string) (string, error) {
	return rewrite(ctx, t, from, t, dir, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		columns := t.Stored()
		return batchOf(b.Schema(), b.NumRows(), func(i int) (arrow.Array, error) {
			return m.array(&columns[i], t.Name+"."+columns[i].Name, m.actions[t.Name][i], b.Column(i))
		})
	})
}

// array returns the values of a column as they leave, of its own kind. The caller releases it.
func (m *mask) array(c *schemas.Column, where string, a action, from arrow.Array) (arrow.Array, error) {
	switch a {
	case keep:
		from.Retain()
		return from, nil
	case pseudonym:
		return m.pseudonyms.pseudonyms(c, where, from)
	case known:
		return knownWords(c, c.Words, from)
	case terms:
		return knownTerms(c, from)
	case year:
		b := array.NewDate32Builder(memory.DefaultAllocator)
		defer b.Release()
		eachValue(from, b, func(i int) {
			day := from.(*array.Date32).Value(i).ToTime()
			b.Append(arrow.Date32FromTime(time.Date(day.Year(), time.January, 1, 0, 0, 0, 0, time.UTC)))
		})
		return b.NewArray(), nil
	case band:
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		defer b.Release()
		eachValue(from, b, func(i int) {
			if low, ok := lowEnd(from.(*array.Float64).Value(i)); ok {
				b.Append(float64(low))
			} else {
				b.AppendNull()
			}
		})
		return b.NewArray(), nil
	case drop:
		return array.MakeArrayOfNull(memory.DefaultAllocator, c.Kind.Arrow(), from.Len()), nil
	}
	panic("filing: no values by action " + string(a))
}
