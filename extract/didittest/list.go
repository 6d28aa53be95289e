package didittest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A page is limit and offset as asked.
type page struct{ limit, offset int }

// pageOf reads limit and offset; anything else that a client might try is ignored.
func pageOf(q url.Values) (page, *reply) {
	p := page{limit: 50}
	for _, f := range []struct {
		name string
		to   *int
		min  int
	}{{"limit", &p.limit, 1}, {"offset", &p.offset, 0}} {
		s := q.Get(f.name)
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			rp := fieldError(f.name, "A valid integer is required.")
			return p, &rp
		}
		if n < f.min {
			rp := fieldError(f.name, "Ensure this value is greater than or equal to "+strconv.Itoa(f.min)+".")
			return p, &rp
		}
		*f.to = n
	}
	return p, nil
}

// envelope opens the body of a list: count, absolute links, results. total is the true
// number of rows, count the one that the vendor admits.
func (w *writer) envelope(r *http.Request, p page, total, count int) {
	w.obj("")
	w.int("count", count)
	link := func(k string, offset int, there bool) {
		if !there {
			w.null(k)
			return
		}
		q := r.URL.Query()
		q.Set("limit", strconv.Itoa(p.limit))
		if q.Del("offset"); offset > 0 {
			q.Set("offset", strconv.Itoa(offset))
		}
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		w.str(k, scheme+"://"+r.Host+r.URL.EscapedPath()+"?"+q.Encode())
	}
	link("next", p.offset+p.limit, p.offset+p.limit < total)
	link("previous", max(0, p.offset-p.limit), p.offset > 0)
	w.arr("results")
}

// slice cuts a page of rows out of n rows.
func (p page) slice(n int) (from, to int) {
	from = min(p.offset, n)
	return from, min(from+p.limit, n)
}

const cappedCount = 100

func (v *Vendor) serveSessions(rt *route, r *http.Request) reply {
	q := r.URL.Query()
	p, bad := pageOf(q)
	if bad != nil {
		return *bad
	}
	kind := strings.ToLower(q.Get("session_kind"))
	if kind == "" {
		kind = "user"
	}
	if kind != "user" && kind != "business" && kind != "all" {
		return fieldError("session_kind", "Select a valid choice.")
	}
	f, bad := filterOf(q)
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	w := v.newWriter(v.serial.Add(1), 2048+1400*min(p.limit, 500))
	var users, firms []uint32
	if kind != "business" {
		users = v.filtered(0, f)
	}
	if kind != "user" {
		firms = v.filtered(1, f)
	}
	lie := 0
	if v.faults.due("miscount", rt.turn.count) {
		lie = 1
	}
	switch kind {
	case "user":
		w.envelope(r, p, len(users), len(users)+lie)
	case "business":
		w.envelope(r, p, len(firms), min(len(firms)+lie, cappedCount))
	case "all":
		w.envelope(r, p, len(users), len(users)+lie+min(len(firms), cappedCount))
	}
	v.rows(w, users, p)
	v.rows(w, firms, p)
	w.endArr()
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

// rows writes one page of ids, which ascend, newest first.
func (v *Vendor) rows(w *writer, ids []uint32, p page) {
	from, to := p.slice(len(ids))
	for n := from; n < to; n++ {
		s := &v.sessions[ids[len(ids)-1-n]]
		x := viewOf(s, -1)
		w.bind(s)
		x.row(w)
	}
}
