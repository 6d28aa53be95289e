package didittest

import "net/http"

// between is what other users of the vendor do between two requests for a session list.
func (v *Vendor) between(rt *route, r *http.Request, t turn, f Faults) {
	if rt.name != "sessions" {
		return
	}
	insert, remove := f.due("insert", t.list), f.due("delete", t.list)
	above := 0 // rows on the pages before
	if q := r.URL.Query(); f.due("pull", t.list) && q.Get("session_kind") != "business" {
		p, _ := pageOf(q)
		above = p.offset
	}
	if !insert && !remove && above == 0 {
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
	if live := v.live[0]; above > 0 && len(live) > 0 {
		v.erase(int(live[len(live)-1-d.n(min(above, len(live)))]), v.now)
	}
}
