package filing

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"kycsync/schemas"
)

// An Audience is for whom a filing is made. Only a regulator reads everything as it is; for the others what may tell who a
// person is leaves as a pseudonym, coarser, or not at all.
type Audience string

// The audiences.
const (
	Regulator Audience = "regulator"
	Auditor   Audience = "auditor"
	Analyst   Audience = "analyst"
)

// Audiences are all of them.
var Audiences = []Audience{Regulator, Auditor, Analyst}

// policyVersion is counted up whenever action decides otherwise.
const policyVersion = 3

// An action is what is done to a column's values.
type action string

const (
	keep      action = "clear"     // as they are
	pseudonym action = "pseudonym" // the same value has the same pseudonym, in files for one audience
	year      action = "year"      // of a day
	band      action = "band"      // of a number
	known     action = "known"     // words that the column is known to have; others are empty
	terms     action = "terms"     // a list of names and words that the dictionary has; what else there is, is empty
	drop      action = "drop"      // the column is not there
)

// action decides what an audience gets of a column. What is not decided does not leave: a class without a line is an
// error, and so is the class secret.
func (a Audience) action(c *schemas.Column, from string) (action, error) {
	if !slices.Contains(Audiences, a) {
		return drop, fmt.Errorf("no audience %q", a)
	}
	if a == Regulator && c.Class != schemas.Secret && c.Class != 0 {
		return keep, nil
	}
	switch c.Class {
	case schemas.Public, schemas.Internal:
		if c.Kind == schemas.JSON && c.Path != schemas.EnvCode { // the vendor may put anything into it
			return terms, nil
		}
		return keep, nil
	case schemas.PII:
		switch {
		case isCountry(from):
			return keep, nil
		case c.Kind == schemas.Text && len(c.Words) > 0: // many are of each, and questions ask for them
			return known, nil
		case c.Kind == schemas.Text:
			return pseudonym, nil
		case c.Kind == schemas.Date && a == Analyst:
			return year, nil
		case c.Kind == schemas.Date:
			return pseudonym, nil
		}
		return drop, nil
	case schemas.Sensitive:
		if c.Kind == schemas.Text && strings.HasSuffix(from, "_number") {
			return pseudonym, nil
		}
		return drop, nil
	case schemas.Biometric:
		if c.Kind == schemas.Float {
			return band, nil
		}
		return drop, nil
	case schemas.Criminal:
		if c.Kind == schemas.Text && len(c.Words) > 0 { // a category or a disposition
			return known, nil
		}
		return drop, nil
	case schemas.Secret:
	}
	return drop, fmt.Errorf("column %s: no audience may have what is of its class", c.Name)
}

// A decision says what is done to a column, which is taken from a column of a table or from nowhere.
type decision func(c *schemas.Column, from string) (action, error)

// cleared decides of rows that somebody let leave as they are: what identifies a person and what is said of one is clear.
// What is derived from a face stays what it is for the audience.
func (a Audience) cleared(c *schemas.Column, from string) (action, error) {
	does, err := a.action(c, from)
	if err == nil && (c.Class == schemas.PII || c.Class == schemas.Sensitive || c.Class == schemas.Criminal) {
		return keep, nil
	}
	return does, err
}

// isCountry tells of a column that it has nothing but a country's code.
func isCountry(from string) bool { return strings.HasSuffix(from, "_iso3") }

// A Pseudonymizer makes pseudonyms that are equal for equal values within one audience and have nothing in common across
// audiences. Without its key nobody can tell whose they are, however few possible values there are.
type Pseudonymizer struct {
	audience Audience
	master   []byte
	keyID    string
	keys     map[string][]byte
}

// minPseudonymKey is how many bytes a key has at least.
const minPseudonymKey = 32

// NewPseudonymizer takes the content of a key file.
func NewPseudonymizer(a Audience, master []byte) (*Pseudonymizer, error) {
	if len(master) < minPseudonymKey {
		return nil, fmt.Errorf("the key has %d bytes, want at least %d that nobody can guess, such as head -c 32 /dev/urandom gives", len(master), minPseudonymKey)
	}
	id, err := hkdf.Key(sha256.New, master, nil, "kycsync filing key id", 4)
	return &Pseudonymizer{a, master, hex.EncodeToString(id), map[string][]byte{}}, err
}

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// of returns the pseudonym of a value. Values of one domain are the same if they are after normalization.
func (p *Pseudonymizer) of(domain, value string) (string, error) {
	key, ok := p.keys[domain]
	if !ok {
		var err error
		if key, err = hkdf.Key(sha256.New, p.master, nil, "kycsync filing pseudonym|"+string(p.audience)+"|"+domain, sha256.Size); err != nil {
			return "", err
		}
		p.keys[domain] = key
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(normal(domain, value)))
	return "h1:" + p.keyID + ":" + base32Text.EncodeToString(mac.Sum(nil)[:16]), nil
}

// domainOf is what a column's values are compared with: those of columns of the same name, and of those that hold the
// same as a key.
func domainOf(name, from string) string {
	if _, column, ok := strings.Cut(from, "."); ok {
		name = column
	}
	return strings.TrimSuffix(name, "_key")
}

var fold = cases.Fold()

// normal is a value in the form in which it is compared: NFKC, without case, of numbers letters and digits alone.
func normal(domain, value string) string {
	value = strings.TrimSpace(fold.String(norm.NFKC.String(value)))
	if strings.HasSuffix(domain, "number") {
		value = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, value)
	}
	return value
}

// pseudonymOf returns the pseudonym of a column's value. Those of keys are in small letters, as keys are.
func (p *Pseudonymizer) pseudonymOf(name, from, value string) (string, error) {
	out, err := p.of(domainOf(name, from), value)
	if strings.HasSuffix(name, "_key") {
		out = strings.ToLower(out)
	}
	return out, err
}

// bandOf is the fifth of the scale of 0 to 100 that a score is in.
func bandOf(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	low, ok := lowEnd(f)
	if err != nil || !ok {
		return "other"
	}
	return fmt.Sprintf("%d-%d", low, low+20)
}

// lowEnd is where the fifth of the scale begins; false: the score is not on it.
func lowEnd(score float64) (int, bool) {
	if !(score >= 0 && score <= 100) {
		return 0, false
	}
	return min(int(score)/20*20, 80), true
}
