package didittest

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
)

// An entity is a user or a business: what several sessions of one person add up to, and what
// was done to it itself. It is there while it has a session.
type entity struct {
	person   uint64
	sessions []uint32 // live ones, ascending
	born     int64    // arrival of the first session ever
	lost     int64    // deletion of the latest session that was; 0: of none
	deleted  bool     // softly: the list leaves it out
}

// entities are derived from the sessions, and again after every change.
type entities struct {
	mu         sync.Mutex
	generation uint64
	list       []entity // newest session first
	deleted    []entity
	byName     map[string]*entity // by vendor_data, those that have a detail; nil: not asked for yet
}

// entitiesOf returns the entities of a kind. The caller holds mu.
func (v *Vendor) entitiesOf(kind int) (list, deleted []entity) {
	es := &v.entities[kind]
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.generation == v.generation {
		return es.list, es.deleted
	}
	at := map[uint64]int{}
	var all []entity
	for i := range v.sessions {
		s := &v.sessions[i]
		if kindOf(s.business) != kind {
			continue
		}
		n, ok := at[s.person]
		if !ok {
			n = len(all)
			at[s.person] = n
			all = append(all, entity{person: s.person, born: s.arrived})
		}
		if e := &all[n]; s.gone != 0 {
			e.lost = max(e.lost, s.gone)
		} else {
			e.sessions = append(e.sessions, uint32(i))
		}
	}
	all = slices.DeleteFunc(all, func(e entity) bool { return len(e.sessions) == 0 })
	slices.SortFunc(all, func(a, b entity) int {
		return cmp.Or(cmp.Compare(v.lastSession(b), v.lastSession(a)), cmp.Compare(a.person, b.person))
	})
	es.list, es.deleted, es.byName = nil, nil, nil
	for _, e := range all {
		if st := v.standingOf(&e); st.deleted != 0 {
			e.deleted = true
			es.deleted = append(es.deleted, e)
		} else {
			es.list = append(es.list, e)
		}
	}
	es.generation = v.generation
	return es.list, es.deleted
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
	all, _ := v.entitiesOf(kind)
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
	e, ok := v.entityNamed(kind, vendorData)
	if !ok {
		return detail(http.StatusNotFound, "Not found.")
	}
	w := v.newWriter(v.serial.Add(1), 4<<10)
	w.obj("")
	v.entity(w, kind, *e, true)
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

// entityNamed finds a soft-deleted user, but no soft-deleted business.
func (v *Vendor) entityNamed(kind int, vendorData string) (*entity, bool) {
	list, deleted := v.entitiesOf(kind)
	es := &v.entities[kind]
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.byName == nil {
		if kind == 0 {
			list = slices.Concat(list, deleted)
		}
		es.byName = make(map[string]*entity, len(list))
		for i := range list {
			if name := v.vendorDataOf(kind, list[i].person); name != "" && es.byName[name] == nil {
				es.byName[name] = &list[i]
			}
		}
	}
	e, ok := es.byName[vendorData]
	return e, ok
}

func (v *Vendor) vendorDataOf(kind int, seed uint64) string {
	if kind == 1 {
		return newCompany(seed).vendorData
	}
	return newPerson(seed).vendorData
}

// touched is when a session of the entity last moved or went, or it was edited itself.
func (v *Vendor) touched(e *entity, edited int64) int64 {
	last := max(e.lost, edited)
	for _, i := range e.sessions {
		last = max(last, v.sessions[i].arrived, viewOf(&v.sessions[i], -1).lastMove)
	}
	return last
}
