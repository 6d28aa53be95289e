package didittest

import (
	"cmp"
	"slices"
)

// planDay decides, at the first instant of a day of 24 hours, what happens in it, unless the
// day turns out to be quiet; what was due then is planned again on the next. Each
// session rolls its own dice, so that a session more or less disturbs no other.
func (v *Vendor) planDay() {
	v.planned = v.planned[:0:0]
	n := uint64(v.dayStart / day)
	for i := range v.sessions {
		if s := &v.sessions[i]; s.gone == 0 {
			v.planSession(int32(i), s, n)
		}
	}
	d := roll(v.seed, forDay, n)
	count := v.arrivals(max(2, int(float64(v.size)*0.003+d.float())))
	for range count {
		v.planned = append(v.planned, planned{do: arriving, at: v.moment(&d), arg: uint32(d.next())})
	}
	if d.chance(v.often(0.5, 0.8)) { // a batch of imports with old dates
		at := v.moment(&d)
		for range d.between(1, 3) {
			v.planned = append(v.planned, planned{do: importing, at: at, arg: uint32(d.next())})
		}
	}
	v.planEdits(n)
	v.planTransactions(n)
	for i := range v.planned {
		v.planned[i].seq = int32(i)
	}
	slices.SortFunc(v.planned, func(a, b planned) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
	})
}

func (v *Vendor) moment(d *dice) int64 { return v.dayStart + 1 + int64(d.float()*float64(day-2)) }

// planSession plans at most one event of a session for the day.
func (v *Vendor) planSession(i int32, s *session, n uint64) {
	d := roll(s.seed, forDay, n)
	if p, ok := v.next(i, s, &d, v.moment(&d)); ok {
		v.planned = append(v.planned, p)
	}
}

// next decides what happens to a session at an instant of the day. False: nothing.
func (v *Vendor) next(i int32, s *session, d *dice, at int64) (planned, bool) {
	p := planned{at: at, s: i}
	x := d.float()
	if s.created+v.retention < v.dayStart+day || x < v.often(0.0002, 0.02) {
		p.do = deleting
		return p, true
	}
	happens := false
	add := func(w what, arg uint32) { p.what, p.arg, happens = w, arg, true }
	overdue := s.lastMove()+lifetime <= v.dayStart+day
	x = d.float()
	switch s.status {
	case notStarted:
		x /= v.pace(0.5)
		switch {
		case overdue:
			add(moved, uint32(expired))
		case x < 0.4:
			add(moved, uint32(outcome(d)))
		case x < 0.5:
			add(moved, uint32(inProgress))
		}
	case inProgress, awaitingUser:
		switch {
		case overdue:
			add(moved, uint32(abandoned))
		case x < 0.5*v.pace(0.5):
			add(moved, uint32(outcome(d)))
		}
	case inReview:
		x /= v.pace(0.19)
		switch {
		case isOdd(s.person) && d.chance(0.6):
			v.planReview(add, s, d)
		case x < 0.12:
			add(reviewed, uint32(approved))
		case x < 0.17:
			add(reviewed, uint32(declined))
		case x < 0.19:
			v.planResubmit(add, s)
		}
	case resubmitted:
		switch {
		case overdue:
			add(moved, uint32(abandoned))
		case x < 0.4*v.pace(0.4):
			add(redone, uint32(outcome(d)))
		}
	case declined:
		x /= v.pace(0.0015)
		switch {
		case x < 0.001:
			add(reviewed, uint32(approved))
		case x < 0.0015:
			v.planResubmit(add, s)
		}
	case kycExpired:
		if x < 0.005*v.pace(0.005) {
			v.planResubmit(add, s)
		}
	case abandoned:
		if x < 0.0005*v.pace(0.0005) {
			add(reviewed, uint32(declined))
		}
	case approved:
		v.planApproved(add, s, d)
	}
	return p, happens
}

// planApproved is what happens to decided sessions, seen in the list row or not.
func (v *Vendor) planApproved(add func(what, uint32), s *session, d *dice) {
	if s.docExpiry != 0 && int64(s.docExpiry)*day <= v.dayStart+day {
		add(moved, uint32(kycExpired))
		return
	}
	x := d.float()
	if x >= 0.1*v.haste { // more than all that follows together: most days nothing happens
		return
	}
	fs := workflows[s.workflow].features
	hits := 0
	if fs.has(featAML) {
		hits = len(viewOf(s, -1).hits)
	}
	chances := [...]struct {
		p    float64
		may  bool
		plan func()
	}{
		{0.0012, fs.has(featAML), func() {
			arg := uint32(d.next()) &^ (1 << 31)
			if d.chance(0.3) {
				arg |= 1 << 31
			}
			add(hitAdded, arg)
		}},
		{0.008, hits > 0, func() { add(hitDropped, uint32(d.n(hits))) }},
		{0.02, hits > 0, func() { add(hitSwapped, uint32(d.n(min(hits, 127)))<<24|uint32(d.next()&0xffffff)) }},
		{0.03, hits > 0, func() { add(rescored, uint32(d.n(hits))) }},
		{0.03, hits > 0, func() { add(hitJudged, uint32(d.n(hits))<<8|uint32(d.n(len(judgements)))) }},
		{0.0006, fs.has(featID), func() { add(birthplaceFixed, uint32(d.next())|1) }},
		{0.0006, fs.has(featID), func() { add(nameFixed, uint32(d.next())) }},
		{0.002, fs.has(featPOA), func() { add(issuerFixed, uint32(d.next())|1) }},
		{0.004, fs.has(featRegistry), func() { add(companyRenamed, uint32(d.next())|1) }},
		{0.006, fs.has(featRegistry), func() { add(natureFixed, uint32(d.next())|1) }},
		{0.0004, true, func() {
			list := fs.list()
			add(overridden, uint32(list[d.n(len(list))])<<8|uint32([]featureStatus{featDeclined, featInReview}[d.n(2)]))
		}},
		{0.0004, true, func() { v.planResubmit(add, s) }},
		{0.0003, true, func() { add(reviewed, uint32(declined)) }},
	}
	total := 0.0
	for _, c := range chances {
		if c.may {
			total += c.p
		}
	}
	pace := v.pace(total)
	for _, c := range chances {
		if !c.may {
			continue
		}
		if x -= c.p * pace; x < 0 {
			c.plan()
			return
		}
	}
}

func (v *Vendor) planResubmit(add func(what, uint32), s *session) {
	x := viewOf(s, -1)
	if m := x.resubmittable(mix(s.seed, uint64(len(s.changes)))); m != 0 {
		add(resubmit, uint32(m))
	}
}

// outcome is how a finished session is decided at once.
func outcome(d *dice) status {
	return []status{approved, declined, inReview}[d.weighted([]int{80, 11, 9})]
}

// lastMove is when the status last changed.
func (s *session) lastMove() int64 {
	for i := len(s.changes) - 1; i >= 0; i-- {
		switch s.changes[i].what {
		case moved, reviewed, resubmit, redone:
			return s.changes[i].at
		}
	}
	return s.created
}
