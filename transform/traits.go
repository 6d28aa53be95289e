package transform

import (
	"time"

	"kycsync/schemas"

	"github.com/go-json-experiment/json/jsontext"
)

// Traits are what a decision says of when to look at the session again, and of how much of it the
// key may see.
type Traits struct {
	Monitored       bool      // an AML screening of it goes on
	DocumentExpires time.Time // UTC, the day on which the first of its identity documents expires; zero: none known
	Workflow        string    // id; empty: none
	Fullness        schemas.Fullness
}

// TraitsOf reads a decision in canonical form. What cannot be read is absent.
func TraitsOf(decision []byte) Traits {
	var out Traits
	_ = reading(decision, func(dec *jsontext.Decoder) error {
		return eachMember(dec, func(name []byte) error {
			switch string(name) {
			case "aml_screenings":
				return eachElement(dec, func() error { return out.screening(dec) })
			case "id_verifications":
				return eachElement(dec, func() error { return out.document(dec) })
			}
			if string(name) == "workflow_id" {
				v, ok, err := readScalar(dec)
				if ok {
					out.Workflow = string(v.text)
				}
				return err
			}
			return dec.SkipValue()
		})
	})
	return out
}

func (t *Traits) screening(dec *jsontext.Decoder) error {
	return eachMember(dec, func(name []byte) error {
		if string(name) != "is_ongoing_monitoring_enabled" {
			return dec.SkipValue()
		}
		v, ok, err := readScalar(dec)
		t.Monitored = t.Monitored || ok && string(v.text) == "true"
		return err
	})
}

func (t *Traits) document(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '{' {
		t.Fullness.Identities++
	}
	return eachMember(dec, func(name []byte) error {
		switch string(name) {
		case "document_number":
			return count(dec, &t.Fullness.Numbered)
		case "front_image":
			return count(dec, &t.Fullness.Pictured)
		case "expiration_date":
			return t.expires(dec)
		}
		return dec.SkipValue()
	})
}

// count counts a text that is not empty.
func count(dec *jsontext.Decoder, n *int32) error {
	v, ok, err := readScalar(dec)
	if ok && len(v.text) > 0 {
		*n++
	}
	return err
}

func (t *Traits) expires(dec *jsontext.Decoder) error {
	v, _, err := readScalar(dec)
	if d, ok := day(v); ok && err == nil {
		at := time.Unix(int64(d)*24*60*60, 0).UTC()
		if t.DocumentExpires.IsZero() || at.Before(t.DocumentExpires) {
			t.DocumentExpires = at
		}
	}
	return err
}
