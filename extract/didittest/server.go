package didittest

import (
	"net/http"
	"strings"
)

// A reply is what a route answers, before faults are applied to it.
type reply struct {
	code   int
	body   []byte
	kind   string // content type; empty: JSON
	header map[string]string
}

func jsonReply(code int, body string) reply { return reply{code: code, body: []byte(body)} }

func detail(code int, text string) reply {
	w := writer{}
	w.obj("")
	w.str("detail", text)
	w.end()
	return reply{code: code, body: w.b}
}

// fieldError is the 400 that names a parameter.
func fieldError(param, text string) reply {
	w := writer{}
	w.obj("")
	w.strs(param, text)
	w.end()
	return reply{code: http.StatusBadRequest, body: w.b}
}

func htmlNotFound() reply {
	return reply{code: http.StatusNotFound, kind: "text/html; charset=utf-8", body: []byte("<!doctype html>\n<html lang=\"en\"><head><title>Not Found</title></head><body><h1>Not Found</h1><p>The requested resource was not found on this server.</p></body></html>\n")}
}

// A route is one resource path of the API.
type route struct {
	name     string // for the counters
	session  string // id in the path, if any
	arg      string // decoded last segment, for users and the like; id of a destination
	delivery string // id in the path, if any
	turn     turn
	serve    func(v *Vendor, rt *route, r *http.Request) reply
}

// ServeHTTP answers one request.
func (v *Vendor) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_vendor/") {
		v.serveAdmin(rw, r)
		return
	}
	rt, rp := v.find(r)
	var plan hurt
	if rt.serve != nil && rt.name != "healthcheck" {
		rp, plan = v.handle(&rt, r)
	} else if rt.serve != nil {
		rp = rt.serve(v, &rt, r)
	}
	v.meter.count(rt.name, rp.code)
	if v.opts.Latency != nil {
		sleep(r, v.opts.Latency())
	}
	plan.send(rw, r, rp)
}

// handle asks the limits, the key and the faults before the route itself.
func (v *Vendor) handle(rt *route, r *http.Request) (reply, hurt) {
	v.mu.RLock()
	faults := v.faults
	v.mu.RUnlock()
	n := v.meter.next(rt, r)
	rt.turn = n
	if rp, refused := v.limited(rt, r, faults.refuses(n)); refused {
		return rp, hurt{}
	}
	if rp, failed := faults.fails(n); failed {
		return rp, hurt{}
	}
	v.between(rt, r, n, faults)
	if rp, missing := v.missing(rt, n, faults); missing {
		return rp, hurt{}
	}
	if r.Header.Get("x-api-key") != v.opts.APIKey || faults.revoked(n) {
		if rt.name == "users" && r.Header.Get("x-api-key") == "" {
			return detail(http.StatusUnauthorized, "You must be authenticated with a valid access token."), hurt{}
		}
		return detail(http.StatusForbidden, "Authentication credentials were not provided or are invalid."), hurt{}
	}
	return rt.serve(v, rt, r), faults.harm(n)
}

// missing answers for a session that is not there, or is said not to be. That comes before the
// key is asked for, but not where the route is the one of reviews.
func (v *Vendor) missing(rt *route, t turn, f Faults) (reply, bool) {
	if rt.session == "" || rt.name == "reviews" {
		return reply{}, false
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	html := f.due("html404", t.decision) || f.due("html404", t.pdf)
	if _, there := v.lookup(rt.session); there && !html && !f.hides(rt.session) && !(rt.name == "decision" && f.denies(rt.session)) {
		return reply{}, false
	}
	if rt.name == "decision" {
		v.noteRead(rt.session, http.StatusNotFound)
	}
	if html {
		return htmlNotFound(), true
	}
	return detail(http.StatusNotFound, "Not found."), true
}

// lookup finds a live session that the key may see. The caller holds mu.
func (v *Vendor) lookup(id string) (*session, bool) {
	u, ok := parseUUID(id)
	if !ok {
		return nil, false
	}
	i, ok := v.byID[u]
	if !ok || v.sessions[i].gone != 0 || !v.scope.sees(&v.sessions[i]) {
		return nil, false
	}
	return &v.sessions[i], true
}

// newWriter prepares a body. The caller holds mu.
func (v *Vendor) newWriter(serial uint64, size int) *writer {
	return &writer{b: make([]byte, 0, size), now: v.now, serial: mix(v.seed, serial), fault: v.faults.content,
		noMedia: v.faults.noMedia || v.scope.noMedia, narrow: v.scope.restricted}
}

// bind points a writer at a session.
func (w *writer) bind(s *session) {
	w.shard = s.seed
	w.id = s.id().String()
}
