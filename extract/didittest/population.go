package didittest

import "slices"

// A session is what the vendor knows of one verification, small enough for hundreds of
// thousands: everything else follows from the seed and the changes.
type session struct {
	seed, person uint64
	created      int64 // µs
	arrived      int64 // µs; later than created if imported
	gone         int64 // µs of deletion; 0: still there
	changes      []change
	number       int32
	docExpiry    int32 // days since 1970; 0: no document
	base, status status
	business     bool
	origin       uint8 // index of origins
	workflow     uint8
	revision     uint16 // meaningful changes of row or decision, from 1
	rowRevision  uint16 // meaningful changes of the row, from 1
}

var origins = [...]string{"HOSTED", "API", "MIGRATED"}

const (
	hosted uint8 = iota
	viaAPI
	migrated
)

func (s *session) id() uuid { return newUUID(s.seed, forID) }

var (
	baseStatuses = []status{approved, declined, inReview, abandoned, expired, notStarted, inProgress, resubmitted, kycExpired}
	baseWeights  = []int{68, 9, 5, 8, 5, 2, 1, 1, 1}
)

// populate creates the sessions that exist at start, over the 400 days before it.
func (v *Vendor) populate(n int) {
	type arrival struct {
		session
		at int64
	}
	all := make([]arrival, n)
	for i := range all {
		d := roll(v.seed, forBirth, uint64(i))
		a := &all[i]
		a.seed = d.next()
		a.base = baseStatuses[d.weighted(baseWeights)]
		oldest := min(400*day, v.retention-5*day)
		switch a.base {
		case notStarted, inProgress:
			oldest = min(oldest, 6*day)
		case inReview, resubmitted:
			oldest = min(oldest, 20*day)
		}
		a.created = v.now - 1 - int64(d.float()*float64(oldest))
		a.at = a.created
		switch x := d.float(); {
		case x < 0.03 && a.base != notStarted && a.base != inProgress:
			a.origin = migrated
			a.at += int64(d.float() * float64(v.now-1-a.created))
		case x < 0.12:
			a.origin = viaAPI
		}
		v.dress(&a.session, &d, d.chance(v.often(0.035, 0.2)))
	}
	slices.SortFunc(all, func(a, b arrival) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	v.sessions = make([]session, 0, n+n/4+64)
	for i := range all {
		if mix(all[i].seed, forNoise)%100 == 0 {
			v.lastNumber[kindOf(all[i].business)]++ // deleted long ago
		}
		all[i].arrived = all[i].at
		v.add(all[i].session)
	}
}

// dress decides everything of a new session but its status and times.
func (v *Vendor) dress(s *session, d *dice, business bool) {
	s.business = business
	s.person = d.next()
	if d.chance(v.often(0.15, 0.4)) {
		s.person = mix(v.seed, forUser, d.next()%uint64(v.regulars())) // somebody who comes back
	}
	if v.opts.Odd > 0 && d.chance(v.opts.Odd) {
		s.person = v.oddPerson(d)
	}
	if business {
		s.person = mix(s.person, forEntity)
		s.workflow = firstBusinessWorkflow
		if d.chance(0.4) {
			s.workflow++
		}
		switch s.base {
		case kycExpired:
			s.base = approved
		case inProgress:
			s.base = awaitingUser
		}
		s.origin = hosted
	} else {
		s.workflow = uint8(d.weighted(personalWeights))
	}
	if workflows[s.workflow].features.has(featID) {
		today := int32(v.now / day)
		switch {
		case s.base == kycExpired:
			s.docExpiry = today - int32(d.between(1, 20))
		case d.chance(v.often(0.1, 0.2)):
			s.docExpiry = today + int32(d.between(1, max(20, int(100/v.haste))))
		default:
			s.docExpiry = today + int32(d.between(30, 3650))
		}
	} else if s.base == kycExpired {
		s.base = approved
	}
}

var personalWeights = func() []int {
	var ws []int
	for _, w := range workflows[:firstBusinessWorkflow] {
		ws = append(ws, w.weight)
	}
	return ws
}()

// add gives the session its number and files it.
func (v *Vendor) add(s session) int {
	k := kindOf(s.business)
	v.lastNumber[k]++
	s.number = v.lastNumber[k]
	s.status = s.base
	s.revision, s.rowRevision = 1, 1
	i := len(v.sessions)
	v.sessions = append(v.sessions, s)
	v.byID[s.id()] = uint32(i)
	v.live[k] = append(v.live[k], uint32(i))
	v.generation++
	return i
}

// remove takes the session off the lists.
func (v *Vendor) remove(i int) {
	s := &v.sessions[i]
	k := kindOf(s.business)
	at, ok := slices.BinarySearchFunc(v.live[k], s.number, func(i uint32, n int32) int {
		return int(v.sessions[i].number) - int(n)
	})
	if !ok {
		panic("a live session is not on its list")
	}
	v.live[k] = slices.Delete(v.live[k], at, at+1)
	v.generation++
}

func kindOf(business bool) int {
	if business {
		return 1
	}
	return 0
}
