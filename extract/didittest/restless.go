package didittest

// often is the daily chance of something of which p is usual, at most most, if that is more.
func (v *Vendor) often(p, most float64) float64 { return min(p*v.haste, max(p, most)) }

// pace is the factor for chances that exclude one another and usually add up to total. It
// leaves one day in ten without any.
func (v *Vendor) pace(total float64) float64 { return min(v.haste, max(1, 0.9/total)) }

// arrivals is how many sessions a day brings of which usual is usual.
func (v *Vendor) arrivals(usual int) int {
	return int(min(float64(usual)*v.haste, float64(max(usual, v.size/10))))
}

// regulars is how many people and companies there are who come back.
func (v *Vendor) regulars() int {
	if v.haste > 1 {
		return max(3, v.size/8)
	}
	return max(8, v.size/8)
}

// again lets a session that has changed change once more on the same day, if the vendor is
// restless: what a nightly look finds is then not each state that was.
func (v *Vendor) again(i int32, at int64) {
	s := &v.sessions[i]
	left := v.dayStart + day - 1 - at
	if v.haste <= 1 || left < minute || s.gone != 0 {
		return
	}
	d := roll(s.seed, forAgain, uint64(at))
	if !d.chance(min(0.5, v.haste/40)) {
		return
	}
	if p, ok := v.next(i, s, &d, at+1+int64(d.float()*float64(left-1))); ok {
		v.insert(p)
	}
}
