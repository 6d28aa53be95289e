package didittest

import (
	"net/http"
	"net/url"
	"strings"
)

// find maps a path to its route, or answers as the vendor's URL router does.
func (v *Vendor) find(r *http.Request) (route, reply) {
	path := r.URL.EscapedPath()
	if path == "/system/healthcheck" {
		return route{name: "healthcheck", serve: serveHealth}, reply{}
	}
	segs := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if segs[0] != "v3" || len(segs) < 2 {
		return route{name: "none"}, htmlNotFound()
	}
	slashless := segs[len(segs)-1] != ""
	if !slashless {
		segs = segs[:len(segs)-1]
	}
	rt, ok := match(r.Method, segs[1:])
	if !ok {
		return route{name: "none"}, htmlNotFound()
	}
	if slashless {
		to := path + "/"
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		return route{name: rt.name}, reply{code: http.StatusMovedPermanently, kind: "text/html; charset=utf-8", header: map[string]string{"Location": to}}
	}
	if rt.session != "" {
		_, ok := parseUUID(rt.session)
		if !ok || rt.name == "pdf" && rt.session != strings.ToLower(rt.session) {
			return route{name: rt.name}, htmlNotFound()
		}
	}
	return rt, reply{}
}

func match(method string, segs []string) (route, bool) {
	if method != http.MethodGet && method != http.MethodHead {
		return route{}, false
	}
	last := func() string {
		s, err := url.PathUnescape(segs[len(segs)-1])
		if err != nil {
			return segs[len(segs)-1]
		}
		return s
	}
	shape := segs[0]
	for i := 1; i < len(segs); i++ {
		switch {
		case i == 1 && (shape == "session" || shape == "sessions" || shape == "users" || shape == "businesses" || shape == "transactions" || shape == "workflows"):
			shape += "/*"
		case segs[0] == "webhook" && (i == 2 || i == 4):
			shape += "/*"
		default:
			shape += "/" + segs[i]
		}
	}
	switch shape {
	case "sessions":
		return route{name: "sessions", serve: (*Vendor).serveSessions}, true
	case "session/*/decision":
		return route{name: "decision", session: segs[1], serve: (*Vendor).serveDecision}, true
	case "sessions/*/reviews":
		return route{name: "reviews", session: segs[1], serve: (*Vendor).serveReviews}, true
	case "session/*/generate-pdf":
		return route{name: "pdf", session: segs[1], serve: (*Vendor).servePDF}, true
	case "users":
		return route{name: "users", serve: (*Vendor).serveUsers}, true
	case "users/*":
		return route{name: "user", arg: last(), serve: (*Vendor).serveUser}, true
	case "businesses":
		return route{name: "businesses", serve: (*Vendor).serveBusinesses}, true
	case "businesses/*":
		return route{name: "business", arg: last(), serve: (*Vendor).serveBusiness}, true
	case "workflows":
		return route{name: "workflows", serve: (*Vendor).serveWorkflows}, true
	case "transactions":
		return route{name: "transactions", serve: (*Vendor).serveTransactions}, true
	case "transactions/*":
		return route{name: "transaction", arg: last(), serve: (*Vendor).serveTransaction}, true
	case "webhook/destinations":
		return route{name: "webhook_destinations", serve: (*Vendor).serveDestinations}, true
	case "webhook/destinations/*":
		return route{name: "webhook_destination", arg: segs[2], serve: (*Vendor).serveDestination}, true
	case "webhook/destinations/*/deliveries":
		return route{name: "webhook_deliveries", arg: segs[2], serve: (*Vendor).serveDeliveries}, true
	case "webhook/destinations/*/deliveries/*":
		return route{name: "webhook_delivery", arg: segs[2], delivery: segs[4], serve: (*Vendor).serveDelivery}, true
	case "billing/balance":
		return route{name: "balance", serve: serveBalance}, true
	}
	return route{}, false
}
