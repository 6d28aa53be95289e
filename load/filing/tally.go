package filing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"slices"
	"strconv"

	"kycsync/schemas"
)

// A tally counts the rows of a table: what its control totals are made of, when it is written and when it is checked.
type tally struct {
	rows    int64
	columns []columnTally
	key     []int
	last    []string // key of the row before
	now     []string
	sha     hash.Hash
	perApp  map[string]int64 // rows by the first column of the key
}

type columnTally struct {
	kind    schemas.Kind
	filled  int64
	escaped int64           // an apostrophe was put before them
	words   map[string]bool // the values known; nil: an open set
	strange int64           // values that are none of them
	ints    big.Int
	float   float64
}

func newTally(columns []column, key []int) *tally {
	t := &tally{key: key, now: make([]string, len(key)), sha: sha256.New(), perApp: map[string]int64{}}
	for _, c := range columns {
		k := columnTally{kind: c.Kind}
		if len(c.Words) > 0 {
			k.words = map[string]bool{}
			for _, w := range c.Words {
				k.words[w] = true
			}
		}
		t.columns = append(t.columns, k)
	}
	return t
}

// null counts a null; one in a key is found by row.
func (t *tally) null(k int) {
	if at := slices.Index(t.key, k); at >= 0 {
		t.now[at] = ""
	}
}

// cell counts a value of the row to come.
func (t *tally) cell(k int, text []byte) {
	c := &t.columns[k]
	c.filled++
	if c.words != nil && !c.words[string(text)] {
		c.strange++
	}
	if at := slices.Index(t.key, k); at >= 0 {
		t.now[at] = string(text)
	}
	switch c.kind {
	case schemas.Int:
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			c.ints.Add(&c.ints, big.NewInt(n))
		}
	case schemas.Float:
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			c.float += f
		}
	case schemas.Bool:
		if text[0] == 't' {
			c.ints.Add(&c.ints, big.NewInt(1))
		}
	case schemas.Text, schemas.JSON, schemas.Time, schemas.Date, schemas.Decimal, schemas.Media:
	}
}

var errKey = errors.New("the rows are not in order of a key that is unique and never null")

// row ends a row, whose bytes as plain CSV these are.
func (t *tally) row(plain []byte) error {
	t.rows++
	t.sha.Write(plain)
	if slices.Contains(t.now, "") {
		return errKey
	}
	order := -1
	for i := 0; i < len(t.key) && t.last != nil; i++ {
		if order = compareCells(t.columns[t.key[i]].kind, t.last[i], t.now[i]); order != 0 {
			break
		}
	}
	if order >= 0 {
		return errKey
	}
	t.last = append(t.last[:0], t.now...)
	t.perApp[t.now[0]]++
	return nil
}

// known tells of a column of the relation that has values which are none of its categories.
func (t *tally) known(r *relation) error {
	for i := range t.columns {
		if n := t.columns[i].strange; n > 0 {
			return fmt.Errorf("column %s of %s has %d values that are none of its categories", r.columns[i].Name, r.name, n)
		}
	}
	return nil
}

// sum is the sum of a column's numbers, or how often it is true; empty for what has none.
func (c *columnTally) sum() string {
	switch c.kind {
	case schemas.Int, schemas.Bool:
		return c.ints.String()
	case schemas.Float:
		return string(appendFloat(nil, c.float))
	case schemas.Text, schemas.JSON, schemas.Time, schemas.Date, schemas.Decimal, schemas.Media:
	}
	return ""
}

// sha256 is the hash of the rows as plain CSV, without headers.
func (t *tally) sha256() string { return hex.EncodeToString(t.sha.Sum(nil)) }
