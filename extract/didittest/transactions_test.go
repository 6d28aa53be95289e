package didittest

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

type transactionBody struct {
	UUID   string    `json:"uuid"`
	Number int       `json:"transaction_number"`
	Status string    `json:"status"`
	Score  int       `json:"score"`
	Date   time.Time `json:"txn_date"`
	Vendor *string   `json:"subject_vendor_data"`
	Rules  []struct {
		Matched bool `json:"matched"`
		Delta   int  `json:"score_delta"`
	} `json:"rule_runs"`
	Alerts []struct {
		Status string `json:"status"`
	} `json:"alerts"`
	Remediation    *remedyBody `json:"remediation"`
	ActionRequired *remedyBody `json:"action_required"`
}

type remedyBody struct {
	SessionID string `json:"session_id"`
	Status    string `json:"status"`
	URL       string `json:"url"`
	Token     string `json:"session_token"`
}

type transactionPage struct {
	Count   int               `json:"count"`
	Total   int               `json:"total_transactions"`
	Next    *string           `json:"next"`
	Results []transactionBody `json:"results"`
}

func TestTransactionsGrowAndAreCounted(t *testing.T) {
	v := newVendor(t, Options{Sessions: 460, Restless: 5})
	last := 0
	for day := range 8 {
		all := v.Transactions()
		if day == 0 && len(all) != v.transactionsAtStart() || day > 0 && len(all) <= last {
			t.Errorf("day %d: %d transactions, %d the day before", day, len(all), last)
		}
		last = len(all)
		var got []transactionBody
		for offset := 0; ; offset += 30 {
			p := decode[transactionPage](t, get(t, v, "/v3/transactions/?limit=30&offset="+strconv.Itoa(offset)).Body.Bytes())
			if p.Total != len(all) || p.Count != 100 {
				t.Errorf("total_transactions %d, count %d; want %d, 100", p.Total, p.Count, len(all))
			}
			if got = append(got, p.Results...); p.Next == nil {
				break
			}
		}
		if len(got) != len(all) {
			t.Fatalf("%d rows of %d", len(got), len(all))
		}
		for i, r := range got {
			if w := all[i]; r.UUID != w.ID || r.Status != w.Status || r.Number != w.Number || i > 0 && r.Date.After(got[i-1].Date) {
				t.Errorf("row %d is %+v, want %+v", i, r, w)
			}
		}
		v.Advance(v.Clock().Add(oneDay))
	}
}

func TestTransactionsAreDecidedLater(t *testing.T) {
	v := newVendor(t, Options{Seed: 4, Sessions: 60, Restless: 5})
	status := map[string]string{}
	moves := map[string]int{}
	for range 20 {
		for _, x := range v.Transactions() {
			if old := status[x.ID]; old != "" && old != x.Status {
				moves[old+" "+x.Status]++
			}
			status[x.ID] = x.Status
		}
		v.Advance(v.Clock().Add(oneDay))
	}
	for _, m := range []string{"IN_REVIEW APPROVED", "IN_REVIEW DECLINED", "AWAITING_USER APPROVED", "AWAITING_USER DECLINED", "APPROVED IN_REVIEW"} {
		if moves[m] == 0 {
			t.Errorf("no transaction went %s: %v", m, moves)
		}
	}
}

func TestRemediationNamesASessionOfTheUserRightAfter(t *testing.T) {
	v := newVendor(t, Options{Seed: 2, Sessions: 60, Restless: 5})
	v.Advance(v.Clock().Add(3 * oneDay))
	sessions := map[string]Session{}
	for _, s := range v.Truth() {
		sessions[s.ID] = s
	}
	secrets := v.Secrets()
	waiting, settled, matched, alerts := 0, 0, 0, 0
	for _, x := range v.Transactions() {
		b := decode[transactionBody](t, get(t, v, "/v3/transactions/"+x.ID+"/").Body.Bytes())
		sum := 0
		for _, r := range b.Rules {
			sum += r.Delta
			matched += min(1, r.Delta)
			if r.Matched != (r.Delta > 0) {
				t.Errorf("rule %+v", r)
			}
		}
		if b.Score != min(sum, 100) {
			t.Errorf("score %d, the rules add up to %d", b.Score, sum)
		}
		for _, a := range b.Alerts {
			alerts++
			if (a.Status == "AWAITING_USER") != (b.Status == "AWAITING_USER") {
				t.Errorf("a transaction %s with an alert %s", b.Status, a.Status)
			}
		}
		if (b.Remediation != nil) != (x.SessionID != "") || (b.ActionRequired != nil) != (x.SessionID != "" && x.Status == "AWAITING_USER") {
			t.Errorf("%s: remediation %v, action_required %v, want session %q", x.Status, b.Remediation, b.ActionRequired, x.SessionID)
		}
		if b.Remediation == nil {
			continue
		}
		s, ok := sessions[b.Remediation.SessionID]
		if after := s.CreatedAt.Sub(x.CreatedAt); !ok || after <= 0 || after > time.Minute || b.Remediation.Status != s.Status {
			t.Errorf("transaction of %s: session %+v", x.CreatedAt, s)
		}
		if b.Vendor != nil && !slices.ContainsFunc(v.Entities("user"), func(e Entity) bool {
			return e.VendorData == *b.Vendor && slices.Contains(e.Sessions, s.ID)
		}) && !s.Deleted {
			t.Errorf("session %s is not of user %s", s.ID, *b.Vendor)
		}
		if !slices.Contains(secrets, b.Remediation.Token) || b.Remediation.URL == "" {
			t.Error("the session's token is not among the secrets")
		}
		if x.Status == "AWAITING_USER" {
			waiting++
		} else {
			settled++
		}
	}
	if waiting < 3 || settled < 3 || matched == 0 || alerts == 0 {
		t.Errorf("%d waiting, %d settled with remediation, %d rules matched, %d alerts", waiting, settled, matched, alerts)
	}
}
