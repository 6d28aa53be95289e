package didittest

import "net/http"

// nTransactions is how many there are. They never change and belong to the first users.
const nTransactions = 137

func (v *Vendor) serveTransactions(rt *route, r *http.Request) reply {
	p, bad := pageOf(r.URL.Query())
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	w := v.newWriter(0, 32<<10)
	w.envelope(r, p, nTransactions, min(nTransactions, cappedCount))
	from, to := p.slice(nTransactions)
	for n := from; n < to; n++ {
		w.obj("")
		v.transaction(w, nTransactions-1-n)
		w.end()
	}
	w.endArr()
	w.int("total_transactions", nTransactions)
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

func (v *Vendor) serveTransaction(rt *route, r *http.Request) reply {
	u, ok := parseUUID(rt.arg)
	if !ok {
		return htmlNotFound()
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	for n := range nTransactions {
		if v.transactionID(n) != u {
			continue
		}
		w := v.newWriter(0, 4<<10)
		w.obj("")
		v.transaction(w, n)
		w.str("zone_id", "default")
		w.str("currency_type", "fiat")
		for _, k := range []string{"parties", "payment_methods", "activities", "alerts", "rule_runs", "provider_results"} {
			w.arr(k)
			w.endArr()
		}
		for _, k := range []string{"travel_rule", "network_snapshot", "remediation", "action_required", "cost_breakdown"} {
			w.null(k)
		}
		for _, k := range []string{"metadata", "props"} {
			w.obj(k)
			w.end()
		}
		w.end()
		return reply{code: http.StatusOK, body: w.b}
	}
	return detail(http.StatusNotFound, "Not found.")
}

func (v *Vendor) transactionID(n int) uuid { return newUUID(v.seed, forUser, 1000+uint64(n)) }

// transaction writes the members of the n-th transaction, oldest first.
func (v *Vendor) transaction(w *writer, n int) {
	d := roll(v.seed, forUser, 2000+uint64(n))
	s := &v.sessions[d.n(min(v.size, len(v.sessions)))]
	p := newPerson(s.person)
	start := v.opts.Start.UnixMicro() - 300*day
	when := start + int64(n)*2*day
	w.uuid("uuid", v.transactionID(n))
	w.int("transaction_number", n+1)
	w.str("txn_id", "txn-"+d.text(digits, 10))
	w.str("transaction_type", pick(&d, []string{"finance", "finance", "kyc", "travelRule", "userPlatformEvent", "gamblingBet"}))
	w.str("action_type", pick(&d, []string{"deposit", "withdrawal", "transfer"}))
	w.str("status", pick(&d, []string{"APPROVED", "APPROVED", "APPROVED", "IN_REVIEW", "DECLINED", "AWAITING_USER"}))
	w.str("direction", pick(&d, []string{"INBOUND", "OUTBOUND"}))
	w.str("amount", d.text("123456789", 1)+d.text(digits, 3)+"."+d.text(digits, 18))
	w.str("currency", pick(&d, []string{"EUR", "USD", "BRL", "ETH"}))
	w.null("preferred_currency_amount")
	w.null("preferred_currency_code")
	w.null("payment_details")
	w.int("score", d.n(101))
	w.opt("severity", pick(&d, []string{"", "LOW", "MEDIUM", "HIGH", "CRITICAL"}))
	w.str("subject_name", p.full())
	w.opt("subject_vendor_data", p.vendorData)
	w.str("subject_country", p.place().iso3)
	w.str("counterparty_name", invent(&d)+" "+invent(&d))
	w.null("counterparty_vendor_data")
	w.null("counterparty_country")
	w.arr("tags")
	w.endArr()
	w.time("txn_date", when)
	w.time("created_at", when+minute)
	w.null("decision_reason_code")
	w.null("decision_reason_label")
	w.null("assigned_to_name")
}
