package didittest

// between is what other users of the vendor do between two requests for a session list.
func (v *Vendor) between(rt *route, t turn, f Faults) {
	if rt.name != "sessions" {
		return
	}
	insert, remove := f.due("insert", t.list), f.due("delete", t.list)
	if !insert && !remove {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	d := roll(v.seed, forFaults, 100, t.list)
	if insert {
		v.arrive(v.now, d.next(), false)
	}
	if live := v.live[0]; remove && len(live) > 0 {
		v.erase(int(live[d.n(len(live))]), v.now)
	}
}
