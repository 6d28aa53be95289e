package didittest

import (
	"cmp"
	"slices"
)

// entity writes the members of a user or business, with what only the detail has.
func (v *Vendor) entity(w *writer, kind int, e entity, full bool) {
	views := make([]view, len(e.sessions))
	for n, i := range e.sessions {
		views[n] = viewOf(&v.sessions[i], -1)
	}
	slices.SortStableFunc(views, func(a, b view) int { return cmp.Compare(a.created, b.created) })
	newest, oldest := &views[len(views)-1], &views[0]
	st := v.standingOf(&e)
	w.bind(newest.session)
	w.uuid("didit_internal_id", newUUID(e.person, forEntity))
	w.opt("vendor_data", v.vendorDataOf(kind, e.person))
	w.opt("display_name", st.display)
	if kind == 0 {
		w.str("full_name", newest.p.full())
		w.date("date_of_birth", newest.p.birth)
		w.str("effective_name", cmp.Or(st.display, newest.p.full()))
	} else {
		c := newCompany(e.person)
		w.str("effective_name", cmp.Or(st.display, newest.companyName()))
		w.str("legal_name", newest.companyName())
		w.str("registration_number", c.number)
		w.str("country_code", c.place().iso2)
	}
	w.str("status", entityStatuses[st.status])
	var n [abandoned + 1]int
	var latest [nFeatures]featureStatus
	var ran, stood mask
	for i := range views {
		x := &views[i]
		n[x.status]++
		ran |= x.ran
		for _, f := range (x.ran | x.removed).list() { // a step that must be done again has a status, one that was not reached has none
			stood |= 1 << f
			latest[f] = x.fst[f]
		}
	}
	lie := 0
	if kind == 0 && v.faults.miscounts(e.person) {
		lie = 1
	}
	w.int("session_count", len(views)+lie)
	w.int("approved_count", n[approved]+lie)
	w.int("declined_count", n[declined])
	w.int("in_review_count", n[inReview])
	if kind == 0 {
		contacts(w, newest, ran)
	}
	v.entityFeatures(w, kind, newest, stood, latest)
	w.time("last_session_at", newest.created)
	w.time("first_session_at", oldest.created)
	w.time("last_activity_at", v.touched(&e, st.active))
	v.entityTags(w, e, st, full && kind == 0)
	w.time("created_at", e.born)
	if !full {
		return
	}
	w.obj("metadata")
	if st.segment != "" {
		w.str("segment", st.segment)
	}
	w.end()
	if kind == 0 {
		w.arr("comments")
		for _, d := range slices.Backward(st.edits) {
			d.comment(w, e.person)
		}
		w.endArr()
	}
	w.time("updated_at", v.touched(&e, st.updated))
}

func contacts(w *writer, x *view, ran mask) {
	if x.ran.has(featID) {
		w.media("portrait_image_url", "portrait.jpg")
		w.strs("issuing_states", x.p.place().iso3)
	} else {
		w.null("portrait_image_url")
		w.strs("issuing_states")
	}
	w.arr("approved_emails")
	if ran.has(featEmail) {
		w.str("", x.p.email)
	}
	w.endArr()
	w.arr("approved_phones")
	if ran.has(featPhone) {
		w.str("", x.p.number())
	}
	w.endArr()
}

// entityFeatures writes the latest status of each feature, as a map and as a list.
func (v *Vendor) entityFeatures(w *writer, kind int, newest *view, stood mask, latest [nFeatures]featureStatus) {
	type pair struct{ name, status string }
	var ps []pair
	if kind == 1 {
		ps = append(ps, pair{"KYB", newest.status.String()})
	} else {
		for _, f := range stood.list() {
			if featureInRow[f] != "" {
				ps = append(ps, pair{featureInRow[f], latest[f].String()})
			}
		}
	}
	w.obj("features")
	for _, p := range ps {
		w.str(p.name, p.status)
	}
	w.end()
	w.arr("features_list")
	for _, p := range ps {
		w.obj("")
		w.str("feature", p.name)
		w.str("status", p.status)
		w.end()
	}
	w.endArr()
}
