package didittest

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// A planned event is something that will happen later in the current day.
type planned struct {
	at   int64
	do   action
	what what // of a change
	arg  uint32
	s    int32 // index of sessions, or of what else is changed
	seq  int32
}

// An action is the kind of a planned event.
type action uint8

const (
	changing  action = iota
	arriving         // of a session
	importing        // of one with an old date
	deleting
	editing  // of a user or a business
	paying   // a new transaction
	deciding // on an old one
)

// Advance moves the vendor's clock and lets happen what happens until then. Going back is not
// possible: an earlier instant changes nothing. What happens depends on the seed alone, not on
// the steps in which the clock is moved.
func (v *Vendor) Advance(to time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	target := to.UnixMicro()
	for v.now < target {
		until := min(target, v.dayStart+day)
		for len(v.planned) > 0 && v.planned[0].at <= until {
			p := v.planned[0]
			v.planned = v.planned[1:]
			v.now = max(v.now, p.at)
			v.happen(p)
		}
		v.now = until
		if until == v.dayStart+day {
			v.dayStart = until
			v.planDay()
		}
	}
}

// happen makes one planned event true.
func (v *Vendor) happen(p planned) {
	switch {
	case v.quiet:
	case p.do == arriving, p.do == importing:
		v.arrive(p.at, uint64(p.arg), p.do == importing)
	case p.do == paying:
		v.pay(p.at, p.arg)
	case p.do == deciding:
		v.rule(p.s, p.at, p.arg)
	case v.sessions[p.s].gone != 0:
	case p.do == deleting:
		v.erase(int(p.s), p.at)
	case p.do == editing:
		v.edit(&v.sessions[p.s], p.at, p.arg)
	default:
		v.change(int(p.s), change{at: p.at, what: p.what, arg: p.arg})
		v.again(p.s, p.at)
	}
}

// arrive creates a session: a new one, or an imported one with an old date.
func (v *Vendor) arrive(at int64, seed uint64, imported bool) int {
	d := roll(v.seed, forBirth, uint64(at), seed)
	s := session{seed: d.next(), created: at, arrived: at, base: notStarted}
	if imported {
		s.origin = migrated
		age := int64(d.between(30, 390))*day + int64(d.float()*float64(day))
		for age > v.retention-day {
			age /= 2
		}
		s.created = at - age
		s.base = []status{approved, declined, kycExpired}[d.weighted([]int{85, 10, 5})]
	} else if d.chance(0.1) {
		s.origin = viaAPI
	}
	v.dress(&s, &d, !imported && d.chance(v.often(0.035, 0.2)))
	i := v.add(s)
	v.note(logged{at: at, s: int32(i), kind: created, row: true})
	if !imported && d.chance(0.85) { // most finish within the hour
		next := planned{at: at + int64(d.between(3, 40))*minute, what: moved, arg: uint32(outcome(&d)), s: int32(i)}
		if d.chance(0.2) {
			next.arg = uint32(inProgress)
		}
		v.insert(next)
	}
	v.payBefore(i)
	return i
}

// insert plans one event more for the current day, after those of the same instant.
func (v *Vendor) insert(p planned) {
	n, _ := slices.BinarySearchFunc(v.planned, p.at, func(p planned, t int64) int { return cmp.Compare(p.at, t+1) })
	v.planned = slices.Insert(v.planned, n, p)
}

// erase deletes a session, as a call, a console user or retention would.
func (v *Vendor) erase(i int, at int64) {
	s := &v.sessions[i]
	s.gone = at
	v.remove(i)
	v.note(logged{at: at, s: int32(i), kind: deleted, row: true})
}

// change applies one event and counts it if anything meaningful shows. The stable bodies
// before and after are compared, so that the log cannot claim what a client cannot see.
func (v *Vendor) change(i int, c change) {
	s := &v.sessions[i]
	row, body := v.stable(s)
	s.changes = append(s.changes, c)
	x := viewOf(s, -1)
	s.status = x.status
	row2, body2 := v.stable(s)
	if bytes.Equal(body, body2) && bytes.Equal(row, row2) {
		s.changes = s.changes[:len(s.changes)-1]
		return
	}
	s.revision++
	seen := !bytes.Equal(row, row2)
	if seen {
		s.rowRevision++
	}
	s.changes[len(s.changes)-1].row = seen
	v.generation++
	v.note(logged{at: c.at, s: int32(i), kind: changed, what: c.what, arg: c.arg, row: seen})
}

// stable renders row and decision without anything volatile and without faults.
func (v *Vendor) stable(s *session) (row, body []byte) { return v.stableAt(s, -1) }

// stableAt is stable after so many changes; -1: all.
func (v *Vendor) stableAt(s *session, changes int) (row, body []byte) {
	x := viewOf(s, changes)
	r := writer{stable: true, now: v.now}
	r.bind(s)
	x.row(&r)
	w := writer{stable: true, now: v.now, b: make([]byte, 0, 8<<10)}
	v.decision(&w, &x, false)
	return r.b, w.b
}
