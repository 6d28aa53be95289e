package didittest

import "strings"

// A ruleRun is one of the customer's rules, as it ran on a transaction.
type ruleRun struct {
	n     int // index of ruleTitles
	delta int // 0: it did not match
}

var ruleTitles = []struct{ title, category, severity string }{
	{"Amount above threshold", "AMOUNT", "MEDIUM"},
	{"Many payments in a day", "VELOCITY", "HIGH"},
	{"Counterparty in a high-risk country", "GEOGRAPHY", "HIGH"},
	{"First payment of an unverified user", "ONBOARDING", "LOW"},
}

// onboarding is the rule that asks for a session.
const onboarding = 3

// rules are those that ran, in the order of their titles.
func (t *transaction) rules() []ruleRun {
	d := roll(t.seed, forBase, 1)
	var rs []ruleRun
	for n := range ruleTitles {
		r := ruleRun{n: n}
		if d.chance(0.25) || n == onboarding && t.remedy >= 0 {
			r.delta = 15 + 5*d.n(8)
		}
		if r.delta > 0 || d.chance(0.5) {
			rs = append(rs, r)
		}
	}
	return rs
}

// score sums what the rules that matched added, up to 100.
func (t *transaction) score() int {
	sum := 0
	for _, r := range t.rules() {
		sum += r.delta
	}
	return min(sum, 100)
}

func (t *transaction) severity() string {
	switch s := t.score(); {
	case s == 0:
		return ""
	case s < 30:
		return "LOW"
	case s < 60:
		return "MEDIUM"
	case s < 90:
		return "HIGH"
	}
	return "CRITICAL"
}

func (t *transaction) ruleRun(w *writer, r ruleRun) {
	rule := ruleTitles[r.n]
	w.obj("")
	w.uuid("uuid", newUUID(t.seed, uint64(r.n)))
	w.uuid("rule", newUUID(forTransactions, uint64(r.n)))
	w.str("rule_title", rule.title)
	w.null("rule_description")
	w.str("rule_category", rule.category)
	w.str("mode", "ACTIVE")
	w.bool("is_test", false)
	w.bool("matched", r.delta > 0)
	w.int("score_delta", r.delta)
	if r.delta > 0 {
		w.str("severity", rule.severity)
	} else {
		w.null("severity")
	}
	switch {
	case r.delta > 0 && r.n == onboarding:
		w.str("status_target", "AWAITING_USER")
	case r.delta >= 30:
		w.str("status_target", "IN_REVIEW")
	default:
		w.null("status_target")
	}
	w.obj("action_summary")
	w.end()
	w.obj("metadata")
	w.end()
	w.time("created_at", t.created+second)
	w.end()
}

// alert writes what a strong match raised; its status follows that of the transaction.
func (t *transaction) alert(w *writer, r ruleRun) {
	rule := ruleTitles[r.n]
	w.obj("")
	w.uuid("uuid", newUUID(t.seed, uint64(r.n), 1))
	w.str("title", rule.title)
	w.null("description")
	w.str("source", "RULE")
	w.str("severity", rule.severity)
	w.str("status", [...]string{txnApproved: "DISMISSED", txnInReview: "INVESTIGATING", txnDeclined: "RESOLVED", txnAwaitingUser: "AWAITING_USER"}[t.status])
	w.null("due_at")
	w.obj("metadata")
	w.str("rule_category", strings.ToLower(rule.category))
	w.end()
	w.time("created_at", t.created+2*second)
	w.end()
}
