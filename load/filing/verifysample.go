package filing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kycsync/load/filing/bag"
	"kycsync/sql"
)

// checkSample draws the sample again, and looks whose evidence there is.
func (v *verifier) checkSample() {
	const name = "sample"
	s, err := v.sampleTerms()
	if s == nil && err == nil {
		v.checkPopulationEvidence()
		return
	}
	var d *draw
	if err == nil {
		d, err = v.drawAgain(s)
	}
	if err == nil {
		err = v.checkEvidence(d.keys())
	}
	if err != nil {
		v.note(name, "", err)
		return
	}
	words := fmt.Sprintf("%d of %d sessions of the population were drawn by the seed %d", d.sampled(), d.population, s.Seed)
	if d.population <= int64(s.Size) {
		words = fmt.Sprintf("The population has %d sessions, and %d were to be drawn: the sample is all of it", d.population, s.Size)
	}
	if s.By != "" {
		words += fmt.Sprintf(", in %d strata of %.40s", len(d.strata), s.By)
	}
	v.note(name, words+". Drawn again from the population they are the same, and each has its evidence.", nil)
}

// checkPopulationEvidence looks whose evidence there is where it is that of the population.
func (v *verifier) checkPopulationEvidence() {
	if v.tables["sessions"+evidenceSuffix] == nil {
		return
	}
	population, sessions := v.tables[sql.FilingPopulation], map[string]bool{}
	err := errors.New("there is no population of sessions that the evidence could be of")
	if population != nil && v.isKeyed(population) {
		err = each(v.ctx, population, func(row []field) error {
			sessions[asOne(keyOf(population, row))] = true
			return nil
		})
	}
	if err == nil {
		err = v.checkEvidence(sessions)
	}
	v.note("evidence", fmt.Sprintf("Each of the %d sessions of the population has its evidence, and no other session has any.", len(sessions)), err)
}

// sampleTerms reads what the terms say of a sample; nil: there is none.
func (v *verifier) sampleTerms() (*Sample, error) {
	given := v.stored.statement.Predicate.Parameters
	if given[sampleSize] == "" {
		if v.tables[sql.FilingSample] != nil || v.tables[sql.FilingStrata] != nil {
			return nil, errors.New("there is a sample that the terms do not tell of")
		}
		return nil, nil
	}
	size, err := strconv.Atoi(given[sampleSize])
	seed, err2 := strconv.ParseInt(given[sampleSeed], 10, 64)
	if err := errors.Join(err, err2); err != nil || size < 1 || size > maxSample || seed < 0 {
		return nil, fmt.Errorf("a sample of %.40q by the seed %.40q: want numbers", given[sampleSize], given[sampleSeed])
	}
	return &Sample{Size: size, Seed: seed, By: given[sampleBy], Approval: given[sampleApproval]}, nil
}

// drawAgain holds the sample and its strata against what the population gives.
func (v *verifier) drawAgain(s *Sample) (*draw, error) {
	population := v.tables[sql.FilingPopulation]
	if population == nil || !v.isKeyed(population) {
		return nil, errors.New("there is no population of sessions that a sample could be drawn from")
	}
	d, err := drawFrom(v.ctx, population, s)
	if err != nil {
		return nil, err
	}
	err = v.hasRows(sql.FilingSample, []string{"application", "session_id", "hash", "rank", "stratum"}, d.sampleRows())
	if err == nil {
		err = v.hasRows(sql.FilingStrata, []string{"number", "stratum", "population", "sampled"}, d.strataRows())
	}
	return d, err
}

// hasRows tells why a table does not have just these rows in its first columns.
func (v *verifier) hasRows(name string, columns []string, want [][]string) error {
	rel := v.tables[name]
	other := fmt.Errorf("the table %s is not what the seed draws from the population", name)
	if rel == nil || len(rel.columns) < len(columns) {
		return other
	}
	for i, c := range columns {
		if rel.columns[i].Name != c {
			return other
		}
	}
	n := 0
	err := each(v.ctx, rel, func(row []field) error {
		if n == len(want) {
			return other
		}
		for i, text := range want[n] {
			if row[i].text != text {
				return other
			}
		}
		n++
		return nil
	})
	if err == nil && n != len(want) {
		return other
	}
	return err
}

// isKeyed tells whether a table's key begins with that of a session.
func (v *verifier) isKeyed(rel *relation) bool {
	for i, name := range sessionKey {
		if i >= len(rel.key) || rel.columns[rel.key[i]].Name != name {
			return false
		}
	}
	return true
}

// checkEvidence looks that every session has its evidence, and no other has any.
func (v *verifier) checkEvidence(sessions map[string]bool) error {
	folder := strings.TrimPrefix(evidenceFolder, bag.Payload)
	found := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(v.tables)) {
		rel := v.tables[name]
		if !strings.HasPrefix(rel.paths[0], folder) {
			continue
		}
		if !v.isKeyed(rel) {
			return fmt.Errorf("table %s has another key than evidence of sessions has", name)
		}
		err := each(v.ctx, rel, func(row []field) error {
			key := asOne(keyOf(rel, row)[:len(sessionKey)])
			if !sessions[key] {
				return fmt.Errorf("table %s has rows of a session that was not asked for", name)
			}
			if name == "sessions"+evidenceSuffix {
				found[key] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(found) != len(sessions) {
		return fmt.Errorf("%d sessions have no evidence", len(sessions)-len(found))
	}
	return v.checkPDFs()
}
