package didittest

import "strconv"

// A principal is a person or company behind a company.
type principal struct {
	id                uuid
	p                 person
	role, designation string
	owner, firm       bool
	share             int // per cent
	appointed         int64
	child             *session // verification of that person
}

// principals are officers first, then owners.
func (v *Vendor) principals(x *view) []principal {
	d := x.dice(featKeyPeople, 0)
	officers, owners := d.between(1, 4), d.between(1, 3)
	ps := make([]principal, officers+owners)
	left := 100
	for i := range ps {
		r := &ps[i]
		r.id = newUUID(x.seed, forEntity, uint64(i))
		r.p = newPerson(mix(x.person, forEntity, uint64(i)))
		r.role = pick(&d, []string{"director", "secretary", "chairman", "authorized_signatory"})
		r.designation = sentence(r.role)
		r.appointed = x.created - int64(d.between(100, 5000))*day
		if r.owner = i >= officers; r.owner {
			r.role = pick(&d, []string{"ubo", "shareholder"})
			r.share = left / 2
			left -= r.share
			r.firm = d.chance(0.2)
		}
		if !r.firm && d.chance(0.5) {
			r.child = &v.sessions[d.n(min(v.size, len(v.sessions)))]
			if r.child.business {
				r.child = nil
			}
		}
	}
	return ps
}

// fullKYC is the same in the vocabulary of key people.
func (v *Vendor) fullKYC(w *writer, r *principal) {
	if r.child == nil {
		for _, k := range []string{"aml_status", "kyc_status", "kyc_session_id", "kyc_session_url", "kyc_document_type", "kyc_nationality", "kyc_liveness_passed", "kyc_verified_at", "kyc_aml_categories", "kyc_notification_sent_at"} {
			w.null(k)
		}
		v.childWorkflow(w, r)
		return
	}
	o := r.child
	w.str("aml_status", "Approved")
	w.str("kyc_status", o.base.String())
	w.uuid("kyc_session_id", o.id())
	w.str("kyc_session_url", o.url())
	v.childWorkflow(w, r)
	w.str("kyc_document_type", o.docCode(0))
	w.str("kyc_nationality", newPerson(o.person).place().iso3)
	w.bool("kyc_liveness_passed", true)
	w.time("kyc_verified_at", o.created+hour)
	w.obj("kyc_aml_categories")
	for _, k := range []string{"sanctions", "pep", "adverse_media", "warnings"} {
		w.str(k, "clear")
	}
	w.end()
	w.time("kyc_notification_sent_at", o.created)
}

// childWorkflow writes what a principal's verification runs under, and who it is about.
func (v *Vendor) childWorkflow(w *writer, r *principal) {
	if r.child == nil {
		for _, k := range []string{"verification_workflow_type", "verification_workflow_id", "verification_workflow_label", "verification_workflow_features", "didit_internal_id"} {
			w.null(k)
		}
		return
	}
	o := r.child
	w.str("verification_workflow_type", "kyc")
	w.uuid("verification_workflow_id", v.workflowID(int(o.workflow)))
	w.str("verification_workflow_label", workflows[o.workflow].label)
	w.arr("verification_workflow_features")
	w.obj("")
	w.str("feature", "ID_VERIFICATION")
	w.str("status", "Approved")
	w.end()
	w.endArr()
	w.str("didit_internal_id", newUUID(o.person, forEntity).String())
}

func (v *Vendor) keyPeople(w *writer, x *view) {
	ps := v.principals(x)
	w.count(nKeyPeople)
	x.item(w, featKeyPeople, nodeIDs[featKeyPeople])
	w.obj("registry")
	w.arr("officers")
	for i := range ps {
		r := &ps[i]
		if r.owner {
			continue
		}
		w.count(nPersons)
		w.obj("")
		w.uuid("uuid", r.id)
		w.str("name", r.p.full())
		w.str("designation", r.designation)
		w.str("role", r.role)
		w.str("nationality", r.p.place().iso2)
		w.bool("is_active", true)
		w.date("appointment_date", r.appointed)
		w.null("termination_date")
		w.str("address", r.p.address())
		v.fullKYC(w, r)
		w.end()
	}
	w.endArr()
	w.arr("beneficial_owners")
	for i := range ps {
		if ps[i].owner {
			v.owner(w, &ps[i])
		}
	}
	w.endArr()
	w.end()
	w.obj("submitted")
	w.arr("parties")
	if x.seed%2 == 0 {
		v.party(w, x, &ps[0])
	}
	w.endArr()
	w.end()
	owners := 0
	for _, r := range ps {
		if r.owner {
			owners++
		}
	}
	w.obj("ubo_kyc_summary")
	w.int("total", owners)
	w.int("approved", owners)
	w.int("flagged", 0)
	w.int("pending", 0)
	w.end()
	x.endItem(w, featKeyPeople, nodeIDs[featKeyPeople])
}

func (v *Vendor) owner(w *writer, r *principal) {
	w.count(nPersons)
	w.obj("")
	w.uuid("uuid", r.id)
	r.names(w)
	w.strs("roles", r.role)
	w.str("ownership_min_shares", strconv.Itoa(r.share))
	w.str("ownership_max_shares", strconv.Itoa(r.share)+".50")
	w.bool("is_active", true)
	w.num("effective_ownership_percent", float64(r.share), 2)
	if r.firm {
		w.null("date_of_birth")
		w.str("company_name", r.p.last+" Holding S.A.")
		w.str("registration_number", r.p.personalNumber)
	} else {
		w.date("date_of_birth", r.p.birth)
		w.null("company_name")
		w.null("registration_number")
	}
	w.str("country_of_birth", r.p.place().iso2)
	w.str("email", r.p.email)
	w.str("nationality", r.p.place().iso2)
	w.null("designation")
	w.arr("child_beneficial_owners")
	w.endArr()
	v.fullKYC(w, r)
	w.end()
}

// party writes somebody whom the company itself named.
func (v *Vendor) party(w *writer, x *view, r *principal) {
	w.count(nPersons)
	w.obj("")
	w.uuid("uuid", newUUID(x.seed, forEntity, 90))
	w.str("entity_type", "person")
	w.str("source", "USER")
	w.str("name", r.p.full())
	w.str("first_name", r.p.first)
	w.str("last_name", r.p.last)
	w.null("company_name")
	w.null("registration_number")
	w.str("email", r.p.email)
	w.str("nationality", r.p.place().iso2)
	w.str("phone_number", r.p.number())
	w.date("date_of_birth", r.p.birth)
	w.str("position", r.designation)
	w.obj("custom_fields")
	w.end()
	w.bool("is_active", true)
	w.bool("is_skipped", false)
	w.bool("requires_verification", r.child != nil)
	w.arr("roles")
	w.obj("")
	w.str("role", r.role)
	w.num("ownership_percent", 25.5, 1)
	w.null("voting_percent")
	w.end()
	w.endArr()
	if r.child != nil {
		w.uuid("kyc_session_id", r.child.id())
		w.str("kyc_session_status", r.child.base.String())
		w.str("kyc_session_url", r.child.url())
	} else {
		w.null("kyc_session_id")
		w.null("kyc_session_status")
		w.null("kyc_session_url")
	}
	for _, k := range []string{"kyb_sub_session_id", "kyb_sub_session_status", "kyb_sub_session_url"} {
		w.null(k)
	}
	v.childWorkflow(w, r)
	w.end()
}
