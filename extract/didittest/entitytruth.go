package didittest

import "time"

// An Entity is the truth about a user or a business.
type Entity struct {
	ID         string // didit_internal_id
	VendorData string // empty: null, and no detail can be asked for
	Status     string
	Tags       []string
	Comments   int      // of a user
	Sessions   []string // live ones, by arrival; never empty
	UpdatedAt  time.Time
	Deleted    bool // softly: no list has it; the detail of a user answers still, that of a business does not
}

// Entities returns the truth about all users ("user") or businesses ("business") that have a live
// session, those listed first and in the order of the list, then the softly deleted.
func (v *Vendor) Entities(kind string) []Entity {
	v.mu.RLock()
	defer v.mu.RUnlock()
	k := kindOf(kind == "business")
	list, deleted := v.entitiesOf(k)
	var out []Entity
	for _, es := range [][]entity{list, deleted} {
		for _, e := range es {
			st := v.standingOf(&e)
			t := Entity{ID: newUUID(e.person, forEntity).String(), VendorData: v.vendorDataOf(k, e.person),
				Status: entityStatuses[st.status], UpdatedAt: at(v.touched(&e, st.updated)), Deleted: e.deleted}
			for n, when := range st.tagged {
				if when != 0 {
					t.Tags = append(t.Tags, tags[n].name)
				}
			}
			if k == 0 {
				t.Comments = len(st.edits)
			}
			for _, i := range e.sessions {
				t.Sessions = append(t.Sessions, v.sessions[i].id().String())
			}
			out = append(out, t)
		}
	}
	return out
}
