package didittest

import "strconv"

func (v *Vendor) registryChecks(w *writer, x *view) {
	c := newCompany(x.person)
	d := x.dice(featRegistry, 0)
	w.count(nRegistry)
	x.item(w, featRegistry, nodeIDs[featRegistry])
	w.bool("data_resolved", true)
	w.obj("company")
	w.uuid("uuid", newUUID(x.person, forEntity, 1))
	w.str("node_id", nodeIDs[featRegistry])
	w.str("status", x.fst[featRegistry].String())
	w.str("registry_status", pick(&d, []string{"Active", "Active", "Active", "In liquidation"}))
	w.bool("data_resolved", true)
	w.str("company_name", x.companyName())
	w.str("registration_number", c.number)
	w.str("country_code", c.place().iso2)
	w.null("region")
	w.str("company_type", pick(&d, []string{"Limited company", "Public company", "Partnership"}))
	w.date("incorporation_date", c.founded)
	w.str("registered_address", c.address())
	w.str("tax_number", c.tax)
	w.str("risk_level", pick(&d, []string{"LOW", "LOW", "MEDIUM", "HIGH"}))
	w.str("verification_status", "verified")
	w.bool("is_from_registry", true)
	w.str("fetch_status", "completed")
	w.strs("alternative_names", invent(&d)+" Trading")
	nature := dice(mix(x.person, uint64(x.nature)))
	w.str("nature_of_business", pick(&nature, []string{"Wholesale of textiles", "Software", "Transport of goods", "Holding", "Restaurants", "Consulting"})+" "+invent(&nature))
	paidIn := d.between(3, 900000)
	w.str("registered_capital", strconv.Itoa(paidIn)+" EUR")
	w.str("registered_capital_amount", strconv.Itoa(paidIn)+".00")
	w.str("registered_capital_currency", "EUR")
	w.opt("website", pick(&d, []string{"", "https://www.firm.example"}))
	w.str("email", "office"+d.text(digits, 4)+"@firm.example")
	w.str("phone", c.place().prefix+d.text(digits, 9))
	w.opt("legal_entity_identifier", pick(&d, []string{"", d.text(digits+capital, 20)}))
	w.null("location_of_registration")
	w.str("vat_number", c.place().iso2+c.tax[2:])
	w.str("vat_validation_status", pick(&d, []string{"valid", "valid", "invalid", "could_not_validate", "not_applicable"}))
	w.str("vat_validated_name", c.name)
	w.null("vat_validated_address")
	w.time("vat_checked_at", x.created+hour)
	w.null("financial_summary")
	ps := v.principals(x)
	w.arr("officers")
	for _, r := range ps {
		if r.owner {
			continue
		}
		w.count(nOfficers)
		w.obj("")
		w.uuid("uuid", r.id)
		w.str("name", r.p.full())
		w.str("designation", r.designation)
		w.str("role", r.role)
		w.str("nationality", r.p.place().iso2)
		w.bool("is_active", true)
		r.simpleKYC(w)
		w.end()
	}
	w.endArr()
	w.arr("beneficial_owners")
	for _, r := range ps {
		if !r.owner {
			continue
		}
		w.count(nOwners)
		w.obj("")
		w.uuid("uuid", r.id)
		r.names(w)
		w.strs("roles", r.role)
		w.str("ownership_min_shares", strconv.Itoa(r.share))
		w.str("ownership_max_shares", strconv.Itoa(r.share)+".50")
		w.bool("is_active", true)
		r.simpleKYC(w)
		w.num("effective_ownership_percent", float64(r.share), 2)
		w.end()
	}
	w.endArr()
	w.arr("addresses")
	w.obj("")
	w.str("type", "registered")
	w.str("full_address", c.address())
	w.end()
	w.endArr()
	w.arr("industries")
	w.endArr()
	w.null("accounts")
	w.obj("registry_data")
	w.str("source", "Register of "+c.place().name)
	w.end()
	w.obj("user_provided_data")
	w.end()
	w.null("confirmed_by_user_at")
	w.null("last_console_edit_at")
	w.bool("is_editable", true)
	w.end()
	w.obj("ownership_structure")
	w.int("levels", 1)
	w.end()
	x.endItem(w, featRegistry, nodeIDs[featRegistry])
}

// names writes how an owner is called, and what kind of owner it is.
func (r *principal) names(w *writer) {
	if r.firm {
		w.str("name", r.p.last+" Holding S.A.")
		w.null("first_name")
		w.null("last_name")
		w.str("entity_type", "company")
		return
	}
	w.str("name", r.p.full())
	w.str("first_name", r.p.first)
	w.str("last_name", r.p.last)
	w.str("entity_type", "person")
}

// simpleKYC is the state at the time of the company's own check
// of a principal's verification, in the vocabulary of registry checks.
func (r *principal) simpleKYC(w *writer) {
	if r.child == nil {
		w.null("kyc_status")
		w.null("kyc_session_url")
		return
	}
	st := "Pending"
	if s := r.child.base; s == approved || s == declined {
		st = s.String()
	}
	w.str("kyc_status", st)
	w.str("kyc_session_url", r.child.url())
}
