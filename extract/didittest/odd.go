package didittest

// What a search for fraud, or for mistakes, is meant to find: people who share things with others, whose data do not
// fit, and whose sessions one and the same analyst edits and decides. Their seeds carry a mark, so that they stay who
// they are wherever a person is made of a seed.

const (
	oddMark   = 0x6f646470 << 32
	perFamily = 4
)

func isOdd(person uint64) bool { return person>>32 == oddMark>>32 }

// oddPerson picks one of some people who come in families.
func (v *Vendor) oddPerson(d *dice) uint64 {
	return oddMark | uint64(d.n(max(2, v.size/40)))<<8 | uint64(d.n(perFamily))
}

// An oddity is what is odd about a person; the zero value is nothing.
type oddity struct {
	family                                 uint64 // seed of what its members share
	phone, email, document, device, ip     bool   // shared
	abroad, otherChip, otherName, otherDay bool
}

func oddityOf(seed uint64) oddity {
	if !isOdd(seed) {
		return oddity{}
	}
	d := roll(seed, forOdd)
	o := oddity{family: mix(seed>>8, forOdd)}
	for _, b := range []*bool{&o.phone, &o.email, &o.document, &o.device, &o.ip, &o.abroad, &o.otherChip, &o.otherName, &o.otherDay} {
		*b = d.chance(0.5)
	}
	return o
}

// home is the index of the place where the family lives: who shares a document has it from one state.
func (o oddity) home() int {
	d := roll(o.family, forPerson, 1)
	return d.weighted(placeWeights)
}

// give makes an ordinary person odd.
func (o oddity) give(p *person) {
	if p.odd = o; o.family == 0 {
		return
	}
	d := roll(o.family, forPerson)
	phone, email, number, personal := d.text("6789", 1)+d.text(digits, 8), "family"+d.text(digits, 8)+"@post.example", d.next(), d.text(digits, 11)
	if o.phone {
		p.phone = phone
	}
	if o.email {
		p.email = email
	}
	if o.document {
		p.papers, p.personalNumber = number, personal
	}
}

// network is the place that the person's addresses are of.
func (p *person) network() *place {
	if p.odd.abroad {
		return &places[(p.at+1)%len(places)]
	}
	return p.place()
}

// distance is how far an address may be from where the person lives, in km.
func (p *person) distance() float64 {
	if p.odd.abroad {
		return 9000
	}
	return 200
}

// chipName is the last name on the chip.
func (p *person) chipName() string {
	if p.odd.otherChip {
		return p.last + "ova"
	}
	return p.last
}

// billName is the name on a proof of address.
func (p *person) billName() string {
	if p.odd.otherName {
		return p.first[:1] + ". " + p.last
	}
	return p.full()
}

// expectedBirth is the date of birth that the customer gave, µs.
func (p *person) expectedBirth() int64 {
	if p.odd.otherDay {
		return p.birth + day
	}
	return p.birth
}

// planReview is what an analyst edits before deciding on an odd person.
func (v *Vendor) planReview(add func(what, uint32), s *session, d *dice) {
	x := viewOf(s, -1)
	switch {
	case len(x.hits) > 0 && d.chance(0.5):
		add(hitJudged, uint32(d.n(len(x.hits)))<<8|uint32(d.n(len(judgements))))
	case x.wf.features.has(featID):
		add([]what{nameFixed, birthplaceFixed}[d.n(2)], uint32(d.next())|1)
	}
}
