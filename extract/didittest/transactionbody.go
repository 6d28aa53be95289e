package didittest

import "net/http"

func (v *Vendor) serveTransactions(rt *route, r *http.Request) reply {
	p, bad := pageOf(r.URL.Query())
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	total := len(v.byDate)
	w := v.newWriter(0, 32<<10)
	w.envelope(r, p, total, min(total, cappedCount))
	from, to := p.slice(total)
	for n := from; n < to; n++ {
		w.obj("")
		v.transaction(w, int(v.byDate[total-1-n]))
		w.end()
	}
	w.endArr()
	w.int("total_transactions", total)
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
	for n := range v.transactions {
		if v.transactionID(n) == u {
			w := v.newWriter(0, 4<<10)
			w.obj("")
			v.transaction(w, n)
			v.transactionDetail(w, n)
			w.end()
			return reply{code: http.StatusOK, body: w.b}
		}
	}
	return detail(http.StatusNotFound, "Not found.")
}

// transactionID is the id of the n-th that came, from 0.
func (v *Vendor) transactionID(n int) uuid { return newUUID(v.seed, forUser, 1000+uint64(n)) }

// transaction writes the members that list and detail share.
func (v *Vendor) transaction(w *writer, n int) {
	t := &v.transactions[n]
	d := roll(t.seed, forBase)
	p := newPerson(t.person)
	w.uuid("uuid", v.transactionID(n))
	w.int("transaction_number", n+1)
	w.str("txn_id", "txn-"+d.text(digits, 10))
	w.str("transaction_type", pick(&d, []string{"finance", "finance", "kyc", "travelRule", "userPlatformEvent", "gamblingBet"}))
	w.str("action_type", pick(&d, []string{"deposit", "withdrawal", "transfer"}))
	w.str("status", t.status.String())
	w.str("direction", pick(&d, []string{"INBOUND", "OUTBOUND"}))
	w.str("amount", d.text("123456789", 1)+d.text(digits, 3)+"."+d.text(digits, 18))
	w.str("currency", pick(&d, []string{"EUR", "USD", "BRL", "ETH"}))
	w.null("preferred_currency_amount")
	w.null("preferred_currency_code")
	w.null("payment_details")
	w.int("score", t.score())
	w.opt("severity", t.severity())
	w.str("subject_name", p.full())
	w.opt("subject_vendor_data", p.vendorData)
	w.str("subject_country", p.place().iso3)
	w.str("counterparty_name", invent(&d)+" "+invent(&d))
	w.null("counterparty_vendor_data")
	w.null("counterparty_country")
	w.arr("tags")
	w.endArr()
	w.time("txn_date", t.date)
	w.time("created_at", t.created)
	if t.status == txnDeclined {
		w.str("decision_reason_code", "SUSPICIOUS_ACTIVITY")
		w.str("decision_reason_label", "Suspicious activity")
	} else {
		w.null("decision_reason_code")
		w.null("decision_reason_label")
	}
	if t.status == txnInReview && t.seed%2 == 0 {
		w.str("assigned_to_name", "Analyst "+string(rune('1'+t.seed%9)))
	} else {
		w.null("assigned_to_name")
	}
}

// transactionDetail writes what only the detail has.
func (v *Vendor) transactionDetail(w *writer, n int) {
	t := &v.transactions[n]
	w.str("zone_id", "default")
	w.str("currency_type", "fiat")
	for _, k := range []string{"parties", "payment_methods", "activities"} {
		w.arr(k)
		w.endArr()
	}
	w.arr("alerts")
	for _, r := range t.rules() {
		if r.delta >= 30 {
			t.alert(w, r)
		}
	}
	w.endArr()
	w.arr("rule_runs")
	for _, r := range t.rules() {
		t.ruleRun(w, r)
	}
	w.endArr()
	w.arr("provider_results")
	w.endArr()
	w.null("travel_rule")
	w.null("network_snapshot")
	v.remediation(w, t)
	w.null("cost_breakdown")
	for _, k := range []string{"metadata", "props"} {
		w.obj(k)
		w.end()
	}
}

// remediation writes the session that the transaction waits or waited for. Link and token are
// secrets.
func (v *Vendor) remediation(w *writer, t *transaction) {
	if t.remedy < 0 {
		w.null("remediation")
		w.null("action_required")
		return
	}
	s := &v.sessions[t.remedy]
	members := func() {
		w.uuid("session_id", s.id())
		w.str("status", s.status.String())
		w.str("url", s.url())
		w.str("session_token", s.token())
		w.end()
	}
	w.obj("remediation")
	members()
	if t.status != txnAwaitingUser {
		w.null("action_required")
		return
	}
	w.obj("action_required")
	w.str("type", "verification_session")
	members()
}
