package didittest

import (
	"strconv"
	"time"
)

// A company does not exist.
type company struct {
	name, number, tax, vendorData string
	street, city                  string
	founded                       int64
	at                            int
}

func newCompany(seed uint64) company {
	d := roll(seed, forEntity, 3)
	c := company{at: d.weighted(placeWeights)}
	c.name = invent(&d) + " " + invent(&d) + " " + pick(&d, []string{"S.L.", "GmbH", "Ltd", "S.A.", "LLC"})
	c.number = d.text(capital, 1) + d.text(digits, 8)
	c.tax = d.text(capital, 2) + d.text(digits, 9)
	c.street = "Calle " + invent(&d) + " " + strconv.Itoa(d.between(1, 99))
	c.city = invent(&d)
	c.founded = time.Date(d.between(1970, 2024), 1, d.between(1, 365), 0, 0, 0, 0, time.UTC).UnixMicro()
	c.vendorData = "company-" + d.text("0123456789abcdef", 8)
	return c
}

func (c company) place() *place { return &places[c.at] }

func (c company) address() string {
	return c.street + ", " + c.city + ", " + c.place().name
}

// companyName is the name with its corrections.
func (x *view) companyName() string {
	c := newCompany(x.person)
	if x.company == 0 {
		return c.name
	}
	d := dice(x.company)
	return invent(&d) + " " + c.name
}

// businessRow writes the members of a list row of a company's session.
func (x *view) businessRow(w *writer) {
	c := newCompany(x.person)
	w.str("session_kind", "business")
	w.int("session_number", int(x.number))
	w.str("status", x.status.String())
	w.opt("vendor_data", c.vendorData)
	w.time("created_at", x.created)
	w.uuid("workflow_id", newUUID(forWorkflow, uint64(x.workflow)))
	w.str("workflow_type", "kyb")
	w.str("workflow_label", x.wf.label)
	if x.ran.has(featRegistry) {
		w.str("company_name", x.companyName())
		w.str("registration_number", c.number)
		w.str("country", c.place().iso2)
	} else {
		w.null("company_name")
		w.null("registration_number")
		w.null("country")
	}
}
