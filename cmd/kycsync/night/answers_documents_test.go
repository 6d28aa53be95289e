package night

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

func (w *life) documentAnswers() []answer {
	firsts := answer{view: "first_documents", from: "first_documents WHERE session_id IN (SELECT session_id FROM live_sessions)", columns: "session_id, issuing_state, document_type, date_of_birth, gender"}
	for _, d := range w.people {
		if doc := d.document(); doc != nil {
			birth, _ := dated(&doc.Birth)
			firsts.rows = append(firsts.rows, []any{d.id, doc.State, doc.Type, birth, doc.Gender})
		}
	}
	return []answer{firsts, w.expiring(), w.conflicts()}
}

func (w *life) expiring() answer {
	const days = 120
	a := answer{view: "documents_expiring", from: fmt.Sprintf("documents_expiring(%d)", days), columns: `vendor_data_key, vendor_data, session_id, session_status, vendor_user_status, document_type, document_number,
		issuing_state_iso3, expires_on, days_left, bucket`}
	standing := w.standing()
	for _, l := range w.latestApprovals() {
		for _, doc := range l.now().body.Documents {
			expires, ok := dated(doc.Expires)
			left := daysBetween(w.until(), expires)
			if !ok || doc.Status == "Declined" || left > days {
				continue
			}
			bucket := "later"
			for _, b := range []int{90, 60, 30} {
				if left <= b {
					bucket = fmt.Sprint(b)
				}
			}
			if left < 0 {
				bucket = "expired"
			}
			a.rows = append(a.rows, []any{orNone(l.key()), l.now().body.VendorData, l.id, l.status(), standing[l.key()].status(), doc.Type, doc.Number, doc.State, expires, left, bucket})
		}
	}
	return a
}

// words are those of a name, in an order of their own, without what is written now one way and now another.
func words(name string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(name)))
	ws := strings.FieldsFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	slices.Sort(ws)
	return strings.Join(ws, " ")
}

func (w *life) conflicts() answer {
	a := answer{view: "data_conflicts", columns: "session_id, vendor_data_key, created_at, status, source, field, document_value, other_value, score"}
	for _, d := range w.people {
		tell := func(source, field string, mine, other, score any) {
			a.rows = append(a.rows, []any{d.id, orNone(d.key()), d.created, d.status(), source, field, mine, other, score})
		}
		b := d.now().body
		for _, r := range b.Registers {
			for _, v := range r.Validations {
				for field, verdict := range v.Validation {
					if verdict == "no_match" || verdict == "partial_match" {
						tell("register", field, nil, verdict, nil)
					}
				}
			}
		}
		doc := d.document()
		if doc == nil {
			continue
		}
		name := doc.First + " " + doc.Last
		for _, c := range b.Chips {
			if c.Data == nil {
				continue
			}
			if other := c.Data.First + " " + c.Data.Last; words(other) != words(name) {
				tell("chip", "name", name, other, nil)
			}
			for _, f := range [][3]string{{"date of birth", doc.Birth, c.Data.Birth}, {"document number", doc.Number, c.Data.Number}, {"expiry", *doc.Expires, c.Data.Expires}} {
				if f[1] != f[2] {
					tell("chip", f[0], f[1], f[2], nil)
				}
			}
		}
		if e := b.Expected; e != nil {
			if other := e.First + " " + e.Last; words(other) != words(name) {
				tell("expected", "name", name, other, nil)
			}
			if e.Birth != doc.Birth {
				tell("expected", "date of birth", doc.Birth, e.Birth, nil)
			}
		}
		for _, p := range b.Addresses {
			if words(p.Name) != words(name) {
				tell("proof of address", "name", name, p.Name, p.Score)
			}
		}
	}
	return a
}

func iso3Of(country string) string { return language.MustParseRegion(country).ISO3() }

func (w *life) placeAnswers() []answer {
	const km = 150
	a := answer{view: "country_conflicts", from: fmt.Sprintf("country_conflicts(km := %d)", km), columns: `session_id, vendor_data_key, vendor_data, created_at, status, ip_address, ip_country_iso3, document_country_iso3,
		phone_country_iso3, is_vpn_or_tor, is_data_center, distance_km, is_ip_document_conflict, is_ip_phone_conflict, is_document_phone_conflict, is_hidden, is_far`}
	for _, d := range w.people {
		b := d.now().body
		document, phone := "", ""
		if doc := d.document(); doc != nil {
			document = doc.State
		}
		if len(b.Phones) > 0 {
			phone = iso3Of(b.Phones[0].Country)
		}
		differ := func(x, y string) bool { return x != "" && y != "" && x != y }
		for _, n := range b.Networks {
			ip := iso3Of(n.Country)
			var far any
			for _, x := range []*float64{n.FromIP.ToID, n.FromIP.ToPOA, n.FromID.ToIP, n.FromPOA.ToIP} {
				if x != nil && (far == nil || *x > far.(float64)) {
					far = *x
				}
			}
			is := []bool{differ(ip, document), differ(ip, phone), differ(document, phone), n.VPN || n.DataCenter, far != nil && far.(float64) > km}
			if slices.Contains(is, true) {
				a.rows = append(a.rows, []any{d.id, orNone(d.key()), b.VendorData, d.created, d.status(), n.IP, ip, orNone(document), orNone(phone), n.VPN, n.DataCenter, far, is[0], is[1], is[2], is[3], is[4]})
			}
		}
	}
	return []answer{a}
}
