package didittest

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
)

// An entity is a user or a business: what several sessions of one person add up to.
type entity struct {
	person   uint64
	sessions []uint32 // live ones, ascending
}

// entities are derived from the sessions, and again after every change.
type entities struct {
	mu         sync.Mutex
	generation uint64
	list       []entity // newest session first
}

// entitiesOf returns the entities of a kind. The caller holds mu.
func (v *Vendor) entitiesOf(kind int) []entity {
	es := &v.entities[kind]
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.generation == v.generation {
		return es.list
	}
	at := map[uint64]int{}
	es.list = nil
	for _, i := range v.live[kind] {
		p := v.sessions[i].person
		n, ok := at[p]
		if !ok {
			n = len(es.list)
			at[p] = n
			es.list = append(es.list, entity{person: p})
		}
		es.list[n].sessions = append(es.list[n].sessions, i)
	}
	slices.SortFunc(es.list, func(a, b entity) int {
		return cmp.Or(cmp.Compare(v.lastSession(b), v.lastSession(a)), cmp.Compare(a.person, b.person))
	})
	es.generation = v.generation
	return es.list
}

func (v *Vendor) lastSession(e entity) int64 {
	last := int64(0)
	for _, i := range e.sessions {
		last = max(last, v.sessions[i].created)
	}
	return last
}

func (v *Vendor) serveUsers(rt *route, r *http.Request) reply      { return v.serveEntities(0, r) }
func (v *Vendor) serveBusinesses(rt *route, r *http.Request) reply { return v.serveEntities(1, r) }
func (v *Vendor) serveUser(rt *route, r *http.Request) reply       { return v.serveEntity(0, rt.arg) }
func (v *Vendor) serveBusiness(rt *route, r *http.Request) reply   { return v.serveEntity(1, rt.arg) }

func (v *Vendor) serveEntities(kind int, r *http.Request) reply {
	p, bad := pageOf(r.URL.Query())
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	all := v.entitiesOf(kind)
	w := v.newWriter(v.serial.Add(1), 64<<10)
	w.envelope(r, p, len(all), min(len(all), cappedCount))
	from, to := p.slice(len(all))
	for _, e := range all[from:to] {
		w.obj("")
		v.entity(w, kind, e, false)
		w.end()
	}
	w.endArr()
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

func (v *Vendor) serveEntity(kind int, vendorData string) reply {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, e := range v.entitiesOf(kind) {
		if have := v.vendorDataOf(kind, e.person); have != "" && have == vendorData {
			w := v.newWriter(v.serial.Add(1), 4<<10)
			w.obj("")
			v.entity(w, kind, e, true)
			w.end()
			return reply{code: http.StatusOK, body: w.b}
		}
	}
	return detail(http.StatusNotFound, "Not found.")
}

func (v *Vendor) vendorDataOf(kind int, seed uint64) string {
	if kind == 1 {
		return newCompany(seed).vendorData
	}
	return newPerson(seed).vendorData
}

// entity writes the members of a user or business, with what only the detail has.
func (v *Vendor) entity(w *writer, kind int, e entity, full bool) {
	views := make([]view, len(e.sessions))
	for n, i := range e.sessions {
		views[n] = viewOf(&v.sessions[i], -1)
	}
	slices.SortStableFunc(views, func(a, b view) int { return cmp.Compare(a.created, b.created) })
	newest, oldest := &views[len(views)-1], &views[0]
	w.bind(newest.session)
	w.uuid("didit_internal_id", newUUID(e.person, forEntity))
	w.opt("vendor_data", v.vendorDataOf(kind, e.person))
	w.null("display_name")
	if kind == 0 {
		w.str("full_name", newest.p.full())
		w.date("date_of_birth", newest.p.birth)
		w.str("effective_name", newest.p.full())
	} else {
		c := newCompany(e.person)
		w.str("effective_name", newest.companyName())
		w.str("legal_name", newest.companyName())
		w.str("registration_number", c.number)
		w.str("country_code", c.place().iso2)
	}
	w.str("status", [...]string{"ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "FLAGGED", "BLOCKED"}[e.person%8])
	var n [abandoned + 1]int
	last := int64(0)
	var latest [nFeatures]featureStatus
	var ran mask
	for i := range views {
		x := &views[i]
		n[x.status]++
		last = max(last, x.lastMove)
		for _, f := range x.ran.list() {
			ran |= 1 << f
			latest[f] = x.fst[f]
		}
	}
	w.int("session_count", len(views))
	w.int("approved_count", n[approved])
	w.int("declined_count", n[declined])
	w.int("in_review_count", n[inReview])
	if kind == 0 {
		contacts(w, newest, ran)
	}
	v.entityFeatures(w, kind, newest, ran, latest)
	w.time("last_session_at", newest.created)
	w.time("first_session_at", oldest.created)
	w.time("last_activity_at", last)
	w.arr("tags")
	if e.person%5 == 0 {
		w.obj("")
		if full && kind == 0 {
			w.uuid("uuid", newUUID(e.person, forUser, 1))
			w.obj("tag")
		}
		w.uuid("uuid", newUUID(forUser, 1))
		w.str("name", "priority")
		w.str("color", "#2567ff")
		if full && kind == 0 {
			w.null("description")
			w.str("source", "custom")
			w.time("created_at", oldest.created)
			w.time("updated_at", oldest.created)
			w.end()
			w.null("added_by_email")
			w.null("added_by_name")
			w.time("created_at", oldest.created)
		}
		w.end()
	}
	w.endArr()
	w.time("created_at", oldest.created)
	if !full {
		return
	}
	w.obj("metadata")
	w.end()
	if kind == 0 {
		w.arr("comments")
		w.endArr()
	}
	w.time("updated_at", last)
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
func (v *Vendor) entityFeatures(w *writer, kind int, newest *view, ran mask, latest [nFeatures]featureStatus) {
	type pair struct{ name, status string }
	var ps []pair
	if kind == 1 {
		ps = append(ps, pair{"KYB", newest.status.String()})
	} else {
		for _, f := range ran.list() {
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
