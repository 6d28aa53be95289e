package didittest

import "strconv"

func (v *Vendor) databaseValidations(w *writer, x *view) {
	d := x.dice(featDB, 0)
	p := &x.p
	c := p.place()
	good := x.fst[featDB] == featApproved
	w.count(nDB)
	x.item(w, featDB, nodeIDs[featDB])
	w.str("issuing_state", c.iso3)
	w.str("validation_type", pick(&d, []string{"one_by_one", "two_by_two"}))
	w.str("match_type", map[bool]string{true: "full_match", false: "partial_match"}[good])
	w.obj("screened_data")
	w.str("last_name", p.last)
	w.str("first_name", p.first)
	w.str("tax_number", p.personalNumber)
	w.str("personal_number", p.personalNumber)
	w.str("document_number", x.docNumber(0))
	w.date("date_of_birth", p.birth)
	w.str("document_type", x.docCode(0))
	w.date("expiration_date", int64(x.docExpiry)*day)
	w.end()
	w.arr("validations")
	for i := range d.between(1, 2) {
		w.count(nDBSources)
		w.obj("")
		w.str("service_id", c.iso2+"-REG-"+strconv.Itoa(i+1))
		w.str("service_name", "Civil register of "+c.name)
		w.obj("validation")
		for _, k := range []string{"full_name", "date_of_birth", "identification_number"} {
			w.str(k, map[bool]string{true: "full_match", false: "partial_match"}[good])
		}
		w.end()
		w.opt("outcome_code", map[bool]string{true: "MATCH", false: "PARTIAL_MATCH"}[good])
		w.null("outcome_detail")
		w.obj("source_data")
		w.str("identification_number", p.personalNumber)
		w.strs("names", p.first)
		w.str("full_name", p.full())
		w.date("date_of_birth", p.birth)
		switch c.iso3 {
		case "ARG":
			w.null("date_of_death")
			w.str("tax_id_type", "CUIL")
			w.num("face_match_score", d.float()*100, 2)
		case "BRA":
			w.bool("lgpd_minor", false)
		case "MEX":
			w.str("curp_status", "AN")
			w.str("state_of_birth", p.region)
		}
		w.end()
		w.end()
	}
	w.endArr()
	if d.chance(0.05) {
		w.arr("errors")
		w.obj("")
		w.str("service_id", c.iso2+"-REG-9")
		w.str("provider_message", "service not available")
		w.end()
		w.endArr()
	}
	x.endItem(w, featDB, nodeIDs[featDB])
}
