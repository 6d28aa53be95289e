package filing

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A draw is a sample of the rows of a table, and how it came about. It depends on what stands in the table alone, as
// whoever receives it reads it: not on the order of the rows, on the machine, or on what else there is.
//
// A row's place is the SHA-256 of the seed and the row's key, joined by commas. The rows of each stratum with the lowest
// are the sample.
type draw struct {
	population int64
	strata     []*stratum // in order of their values
}

// A stratum is the rows that have one value.
type stratum struct {
	value      string // empty: they have none
	population int64
	sampled    int64
	rows       []ranked // those with the lowest hashes, in their order
}

// A ranked is a row that may be drawn.
type ranked struct {
	hash [sha256.Size]byte
	key  []string
}

func (a ranked) compare(b ranked) int {
	return cmp.Or(bytes.Compare(a.hash[:], b.hash[:]), slices.Compare(a.key, b.key))
}

// maxStrata is how many strata there may be: a column with more values is not one that people draw by.
const maxStrata = 1000

// drawFrom draws a sample of a table.
func drawFrom(ctx context.Context, rel *relation, s *Sample) (*draw, error) {
	by := -1
	if s.By != "" {
		by = slices.IndexFunc(rel.columns, func(c column) bool { return c.Name == s.By })
		if by < 0 {
			return nil, fmt.Errorf("table %s has no column %.80q to draw by", rel.name, s.By)
		}
	}
	strata := map[string]*stratum{}
	err := each(ctx, rel, func(row []field) error {
		value := ""
		if by >= 0 {
			value = row[by].text
		}
		of := strata[value]
		if of == nil {
			if len(strata) == maxStrata {
				return fmt.Errorf("column %s has more than %d values, which make no strata", s.By, maxStrata)
			}
			of = &stratum{value: value}
			strata[value] = of
		}
		of.add(s, keyOf(rel, row))
		return nil
	})
	if err != nil {
		return nil, err
	}
	d := &draw{}
	for _, of := range strata {
		d.strata, d.population = append(d.strata, of), d.population+of.population
	}
	slices.SortFunc(d.strata, func(a, b *stratum) int { return strings.Compare(a.value, b.value) })
	d.share(s.Size)
	return d, nil
}

// keyOf is the key of a row.
func keyOf(rel *relation, row []field) []string {
	key := make([]string, len(rel.key))
	for i, k := range rel.key {
		key[i] = row[k].text
	}
	return key
}

// add takes a row into account. Rows that cannot be drawn any more are let go.
func (t *stratum) add(s *Sample, key []string) {
	t.population++
	t.rows = append(t.rows, ranked{sha256.Sum256([]byte(strconv.FormatInt(s.Seed, 10) + "," + strings.Join(key, ","))), key})
	if len(t.rows) >= 2*s.Size {
		t.keep(s.Size)
	}
}

// keep puts the rows in order and keeps the first n.
func (t *stratum) keep(n int) {
	slices.SortFunc(t.rows, ranked.compare)
	t.rows = slices.Clip(t.rows[:min(n, len(t.rows))])
}

// share gives each stratum its part of the sample, and draws.
func (d *draw) share(size int) {
	populations := make([]int64, len(d.strata))
	for i, t := range d.strata {
		populations[i] = t.population
	}
	for i, n := range shares(populations, int64(size)) {
		d.strata[i].sampled = n
		d.strata[i].keep(int(n))
	}
}

// shares divides n among strata in proportion to their sizes, by the largest remainder; the first of equal ones is
// served first. Where there are as many to give as there are strata, one that would get none gets one of the largest
// share. Never is it more than there is.
func shares(sizes []int64, n int64) []int64 {
	out, rest := make([]int64, len(sizes)), make([]int64, len(sizes))
	var all int64
	for _, size := range sizes {
		all += size
	}
	left := min(n, all)
	n = left
	order := make([]int, len(sizes))
	for i, size := range sizes {
		order[i], out[i], rest[i] = i, n*size/all, n*size%all
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order[:left] {
		out[i]++
	}
	if n < int64(len(sizes)) {
		return out
	}
	for i := range out {
		if out[i] == 0 {
			out[i]++
			out[slices.Index(out, slices.Max(out))]--
		}
	}
	return out
}

// sampled is how many rows were drawn.
func (d *draw) sampled() (n int64) {
	for _, t := range d.strata {
		n += t.sampled
	}
	return n
}

// keys are those of the rows that were drawn, as sets have them.
func (d *draw) keys() map[string]bool {
	out := map[string]bool{}
	for _, t := range d.strata {
		for _, r := range t.rows {
			out[asOne(r.key)] = true
		}
	}
	return out
}

// asOne is a key as one text.
func asOne(key []string) string { return strings.Join(key, "\x00") }

// sampleRows are the rows of the table of the sample, in order of their keys: key, hash, rank and stratum.
func (d *draw) sampleRows() [][]string {
	var out [][]string
	for _, t := range d.strata {
		for i, r := range t.rows {
			out = append(out, slices.Concat(r.key, []string{hex.EncodeToString(r.hash[:]), strconv.Itoa(i + 1), t.value}))
		}
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

// strataRows are the rows of the table of the strata: number, value, population and sampled.
func (d *draw) strataRows() [][]string {
	var out [][]string
	for i, t := range d.strata {
		out = append(out, []string{strconv.Itoa(i + 1), t.value, strconv.FormatInt(t.population, 10), strconv.FormatInt(t.sampled, 10)})
	}
	return out
}

// each hands over the rows of a table, each valid until the next.
func each(ctx context.Context, rel *relation, do func(row []field) error) (err error) {
	c := &cursor{rel: rel}
	defer func() { err = errors.Join(err, c.close()) }()
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := c.advance(); err != nil || c.row == nil {
			return err
		}
		if err := do(c.row); err != nil {
			return err
		}
	}
}

// A Stratum says how much of a part of the population was drawn.
type Stratum struct {
	Value               string // that the sessions have; empty: none, or there is one stratum
	Population, Sampled int64
}

// Strata returns those of the sample, in order of their values; nil: none was drawn.
func (p *Package) Strata() (out []Stratum) {
	if p.sampled == nil {
		return nil
	}
	for _, t := range p.sampled.strata {
		out = append(out, Stratum{t.value, t.population, t.sampled})
	}
	return out
}
