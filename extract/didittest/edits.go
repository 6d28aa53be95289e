package didittest

import (
	"cmp"
	"slices"
)

// An edit is something done to a user or a business itself, beside its sessions. What it is
// follows from its seed and from what was before.
type edit struct {
	at   int64
	seed uint64
}

type editKind uint8

const (
	editComment editKind = iota
	editStatus
	editTag
	editUntag
	editMetadata
	editProfile
	editDelete // soft, and the last
)

// The vendor's comment_type of each; a deletion leaves none.
var editNames = [...]string{"COMMENT", "STATUS_CHANGED", "TAG_ADDED", "TAG_REMOVED", "METADATA_UPDATED", "PROFILE_UPDATED"}

// done is an edit with what it changed.
type done struct {
	edit
	kind     editKind
	from, to string
}

// A standing is what the edits of an entity add up to.
type standing struct {
	status  uint8            // index of entityStatuses
	tagged  [len(tags)]int64 // when; 0: without that tag
	segment string           // in the metadata; empty: no metadata
	display string           // empty: null
	edits   []done           // oldest first
	updated int64            // by the latest edit; 0: there is none
	active  int64            // by the latest edit but of metadata and profile
	deleted int64            // 0: it is there
}

var (
	entityStatuses = [...]string{"ACTIVE", "FLAGGED", "BLOCKED"}
	segments       = []string{"retail", "private", "corporate", "partner"}
	tags           = [...]struct{ name, color string }{{"priority", "#2567ff"}, {"vip", "#00a36c"}, {"to check", "#ff8c00"}, {"sospecha / ñ", "#d92d20"}}
)

// standingOf folds the edits of an entity. The caller holds mu.
func (v *Vendor) standingOf(e *entity) standing {
	st := standing{status: [...]uint8{0, 0, 0, 0, 0, 0, 1, 2}[e.person%8]}
	if e.person%5 == 0 {
		st.tagged[0] = e.born
	}
	for _, x := range slices.Concat(v.editedBefore(e), v.edits[e.person]) {
		st.apply(x)
	}
	return st
}

// editedBefore is what had been done to some entities when the population started.
func (v *Vendor) editedBefore(e *entity) []edit {
	d := roll(e.person, forEdits)
	start := v.opts.Start.UnixMicro()
	if e.born >= start || !d.chance(0.25) {
		return nil
	}
	xs := make([]edit, d.between(1, 3))
	for i := range xs {
		xs[i] = edit{at: e.born + int64(d.float()*float64(start-e.born)), seed: d.next()}
	}
	slices.SortFunc(xs, func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	return xs
}

func (st *standing) apply(x edit) {
	if st.deleted != 0 {
		return
	}
	d := dice(x.seed)
	e := done{edit: x, kind: []editKind{editComment, editStatus, editTag, editMetadata, editProfile, editDelete}[d.weighted([]int{35, 20, 20, 12, 8, 5})]}
	st.updated = x.at
	switch e.kind {
	case editComment:
	case editStatus:
		e.from = entityStatuses[st.status]
		st.status = (st.status + 1 + uint8(d.n(2))) % uint8(len(entityStatuses))
		e.to = entityStatuses[st.status]
	case editTag:
		n := d.n(len(tags))
		if st.tagged[n] == 0 {
			st.tagged[n], e.to = x.at, tags[n].name
		} else {
			st.tagged[n], e.kind, e.from = 0, editUntag, tags[n].name
		}
	case editMetadata:
		e.from = st.segment
		st.segment = segments[(slices.Index(segments, st.segment)+1+d.n(len(segments)-1))%len(segments)]
		e.to = st.segment
	case editProfile:
		e.from = st.display
		st.display = "Client " + d.text(digits, 6)
		e.to = st.display
	case editDelete:
		st.deleted = x.at
		return
	default:
		panic("unknown edit")
	}
	if e.kind != editMetadata && e.kind != editProfile {
		st.active = x.at
	}
	st.edits = append(st.edits, e)
}

// planEdits plans what is done to users and businesses in the day. The sessions of one person
// roll the same dice, and the first speaks for all.
func (v *Vendor) planEdits(n uint64) {
	met := map[uint64]bool{}
	p := v.often(0.004, 0.2)
	for i := range v.sessions {
		s := &v.sessions[i]
		if s.gone != 0 {
			continue
		}
		if d := roll(s.person, forEdits, n); d.chance(p) && !met[s.person] {
			met[s.person] = true
			v.planned = append(v.planned, planned{do: editing, at: v.moment(&d), s: int32(i), arg: uint32(d.next())})
		}
	}
}

// edit does something to the person or company of a session.
func (v *Vendor) edit(s *session, at int64, arg uint32) {
	if v.edits == nil {
		v.edits = map[uint64][]edit{}
	}
	v.edits[s.person] = append(v.edits[s.person], edit{at: at, seed: mix(s.person, forEdits, uint64(arg))})
	v.generation++ // a deleted one leaves the list
}
