package didittest

import (
	"net/http"
	"slices"
)

// hookURL is where the destination's messages go.
const hookURL = "https://hooks.customer.example/didit"

func (v *Vendor) serveDestinations(rt *route, r *http.Request) reply {
	v.mu.RLock()
	defer v.mu.RUnlock()
	w := v.newWriter(0, 1<<10)
	w.arr("")
	if v.opts.Webhook {
		w.obj("")
		v.describe(w)
		sum := v.summary()
		w.int("subscribed_events_count", len(webhookNames))
		w.int("deliveries_count", sum.total)
		w.int("failed_deliveries_count", sum.failed)
		sum.opt(w, "average_response_time_ms", sum.mean)
		w.int("error_rate_percentage", sum.rate)
		sum.last(w)
		w.end()
	}
	w.endArr()
	return reply{code: http.StatusOK, body: w.b}
}

func (v *Vendor) serveDestination(rt *route, r *http.Request) reply {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if rp, none := v.noDestination(rt); none {
		return rp
	}
	w := v.newWriter(0, 1<<10)
	w.obj("")
	v.describe(w)
	w.str("secret_shared_key", v.sharedKey())
	sum := v.summary()
	w.obj("summary")
	w.int("total_deliveries", sum.total)
	w.int("failed_deliveries", sum.failed)
	w.int("error_rate_percentage", sum.rate)
	sum.opt(w, "min_response_time_ms", sum.least)
	sum.opt(w, "avg_response_time_ms", sum.mean)
	sum.opt(w, "max_response_time_ms", sum.most)
	sum.last(w)
	w.end()
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

// noDestination answers for a destination that is not there.
func (v *Vendor) noDestination(rt *route) (reply, bool) {
	u, ok := parseUUID(rt.arg)
	if !ok {
		return htmlNotFound(), true
	}
	if !v.opts.Webhook || u != v.destination() {
		return detail(http.StatusNotFound, "Not found."), true
	}
	return reply{}, false
}

func (v *Vendor) describe(w *writer) {
	w.uuid("uuid", v.destination())
	w.str("label", "Change log")
	w.str("url", hookURL)
	w.bool("enabled", true)
	w.str("webhook_version", "v3")
	w.strs("subscribed_events", webhookNames[:]...)
	w.time("created_at", v.opts.Start.UnixMicro())
	w.time("updated_at", v.opts.Start.UnixMicro())
}

// A deliverySummary is what a destination tells of its attempts.
type deliverySummary struct {
	total, failed, rate, least, mean, most int
	latest                                 int64
}

func (v *Vendor) summary() deliverySummary {
	var s deliverySummary
	for n, a := range v.attempted() {
		s.total++
		if a.code != http.StatusOK {
			s.failed++
		}
		if n == 0 {
			s.least = int(a.ms)
		}
		s.least, s.most = min(s.least, int(a.ms)), max(s.most, int(a.ms))
		s.mean += int(a.ms)
		s.latest = a.at
	}
	if s.total > 0 {
		s.mean /= s.total
		s.rate = 100 * s.failed / s.total
	}
	return s
}

func (s deliverySummary) opt(w *writer, k string, n int) {
	if s.total == 0 {
		w.null(k)
		return
	}
	w.int(k, n)
}

func (s deliverySummary) last(w *writer) {
	if s.total == 0 {
		w.null("last_delivery_at")
		return
	}
	w.time("last_delivery_at", s.latest)
}

// serveDeliveries lists every attempt, newest first.
func (v *Vendor) serveDeliveries(rt *route, r *http.Request) reply {
	q := r.URL.Query()
	p, bad := pageOf(q)
	if bad != nil {
		return *bad
	}
	from, to, bad := daysOf(q)
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.scope.limited() {
		return forbidden()
	}
	if rp, none := v.noDestination(rt); none {
		return rp
	}
	all := slices.DeleteFunc(slices.Clone(v.attempted()), func(a attempt) bool {
		return from != 0 && a.at < from || to != 0 && a.at >= to+day
	})
	w := v.newWriter(0, 16<<10)
	w.envelope(r, p, len(all), min(len(all), cappedCount))
	lo, hi := p.slice(len(all))
	for n := lo; n < hi; n++ {
		w.obj("")
		v.delivery(w, all[len(all)-1-n])
		w.end()
	}
	w.endArr()
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

func (v *Vendor) serveDelivery(rt *route, r *http.Request) reply {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.scope.limited() {
		return forbidden()
	}
	if rp, none := v.noDestination(rt); none {
		return rp
	}
	u, ok := parseUUID(rt.delivery)
	if !ok {
		return htmlNotFound()
	}
	for _, a := range v.attempted() {
		if v.deliveryID(a) != u {
			continue
		}
		body := v.message(a)
		w := v.newWriter(0, 2*len(body))
		w.obj("")
		v.delivery(w, a)
		w.str("request_header", string(v.signed(a, body)))
		w.str("request_body", string(body))
		w.end()
		return reply{code: http.StatusOK, body: w.b}
	}
	return detail(http.StatusNotFound, "Not found.")
}

func forbidden() reply {
	return detail(http.StatusForbidden, "You do not have permission to perform this action.")
}

// delivery writes the members of a row of the log. The words of status are not documented.
func (v *Vendor) delivery(w *writer, a attempt) {
	w.uuid("uuid", v.deliveryID(a))
	w.uuid("session_id", v.sessions[v.log[a.event].s].id())
	w.str("request_url", hookURL)
	if a.code == 0 {
		w.null("response_status")
	} else {
		w.int("response_status", int(a.code))
	}
	w.int("response_time_ms", int(a.ms))
	if a.code == http.StatusOK {
		w.str("status", "success")
	} else {
		w.str("status", "failed")
	}
	w.str("webhook_type", a.hook.String())
	w.time("created_at", a.at)
}
