package didittest

import (
	"cmp"
	"slices"
	"time"
)

// A transaction is a payment or the like that the customer reported. It may wait for its user to
// be verified; the session for that was created shortly after it.
type transaction struct {
	seed    uint64
	person  uint64 // who it is about
	date    int64  // µs, by the customer
	created int64  // µs, at the vendor
	remedy  int32  // index of the session that it waits or waited for; -1: none
	status  transactionStatus
	rulings []ruling // later statuses, oldest first
}

// A ruling is a change of status.
type ruling struct {
	at int64
	to transactionStatus
}

type transactionStatus uint8

const (
	txnApproved transactionStatus = iota
	txnInReview
	txnDeclined
	txnAwaitingUser
)

var transactionStatuses = [...]string{"APPROVED", "IN_REVIEW", "DECLINED", "AWAITING_USER"}

func (s transactionStatus) String() string { return transactionStatuses[s] }

// transactionsAtStart is how many there are when the population starts: enough for a third page,
// and fewer where few people live.
func (v *Vendor) transactionsAtStart() int { return min(137, max(12, v.size/4)) }

// populateTransactions creates them: one in five waited for a session, the others were made
// every second day.
func (v *Vendor) populateTransactions() {
	users := v.live[0]
	start := v.opts.Start.UnixMicro()
	ts := make([]transaction, v.transactionsAtStart())
	taken := map[uint32]bool{}
	for n := range ts {
		d := roll(v.seed, forTransactions, uint64(n))
		t := &ts[n]
		t.seed, t.person, t.remedy = d.next(), d.next(), -1
		t.date = start - int64(2*len(ts)+26-2*n)*day
		t.created = t.date + minute
		t.status = []transactionStatus{txnApproved, txnInReview, txnDeclined, txnAwaitingUser}[d.weighted([]int{75, 10, 10, 5})]
		if len(users) == 0 {
			continue
		}
		i := pick(&d, users)
		t.person = v.sessions[i].person
		if n%5 == 0 && !taken[i] {
			taken[i] = true
			t.waitFor(int32(i), &v.sessions[i], &d)
			if to := v.verdict(t); d.chance(0.5) {
				t.status = to
			}
		}
	}
	slices.SortStableFunc(ts, func(a, b transaction) int { return cmp.Compare(a.date, b.date) })
	for _, t := range ts {
		v.addTransaction(t)
	}
}

// waitFor makes a transaction one that was made right before the session, and led to it.
func (t *transaction) waitFor(i int32, s *session, d *dice) {
	t.person, t.remedy, t.status = s.person, i, txnAwaitingUser
	t.created = s.created - int64(d.between(1, 4))*second
	t.date = t.created - int64(d.between(1, 600))*second
}

func (v *Vendor) addTransaction(t transaction) {
	n := int32(len(v.transactions))
	v.transactions = append(v.transactions, t)
	at, _ := slices.BinarySearchFunc(v.byDate, t.date, func(i int32, date int64) int {
		return cmp.Compare(v.transactions[i].date, date+1)
	})
	v.byDate = slices.Insert(v.byDate, at, n)
}

// planTransactions plans the new transactions of the day and the rulings on old ones.
func (v *Vendor) planTransactions(n uint64) {
	d := roll(v.seed, forTransactions, forDay, n)
	for range min(int(float64(d.between(0, 3))*v.haste), 8) {
		v.planned = append(v.planned, planned{do: paying, at: v.moment(&d), arg: uint32(d.next())})
	}
	for i := range v.transactions {
		t := &v.transactions[i]
		d := roll(t.seed, forDay, n)
		p := v.often(0.002, 0.02)
		if t.status == txnInReview || t.status == txnAwaitingUser {
			p = v.often(0.25, 0.6)
		}
		if d.chance(p) {
			v.planned = append(v.planned, planned{do: deciding, at: v.moment(&d), s: int32(i), arg: uint32(d.next())})
		}
	}
}

// pay makes a transaction of some user.
func (v *Vendor) pay(at int64, arg uint32) {
	d := roll(v.seed, forTransactions, uint64(at), uint64(arg))
	t := transaction{seed: d.next(), remedy: -1, date: at - int64(d.between(1, 90))*second, created: at}
	t.status = []transactionStatus{txnApproved, txnInReview, txnDeclined, txnAwaitingUser}[d.weighted([]int{60, 25, 10, 5})]
	if users := v.live[0]; len(users) > 0 {
		t.person = v.sessions[pick(&d, users)].person
		v.addTransaction(t)
	}
}

// payBefore makes, for some new sessions, the transaction that led to them.
func (v *Vendor) payBefore(i int) {
	s := &v.sessions[i]
	d := roll(s.seed, forTransactions)
	if s.business || s.origin == migrated || !d.chance(0.25) {
		return
	}
	t := transaction{seed: d.next()}
	t.waitFor(int32(i), s, &d)
	v.addTransaction(t)
}

// rule changes the status of a transaction, if there is reason to.
func (v *Vendor) rule(i int32, at int64, arg uint32) {
	t := &v.transactions[i]
	d := roll(t.seed, uint64(arg))
	var to transactionStatus
	switch {
	case t.status == txnAwaitingUser && t.remedy >= 0:
		to = v.verdict(t)
	case t.status == txnAwaitingUser, t.status == txnInReview:
		to = []transactionStatus{txnApproved, txnDeclined}[d.weighted([]int{70, 30})]
	default:
		to = txnInReview // looked at again
	}
	if to != t.status {
		t.status = to
		t.rulings = append(t.rulings, ruling{at, to})
	}
}

// verdict is what the session that a transaction waits for makes of it.
func (v *Vendor) verdict(t *transaction) transactionStatus {
	s := &v.sessions[t.remedy]
	switch {
	case s.gone != 0:
		return txnDeclined
	case s.status == approved, s.status == kycExpired:
		return txnApproved
	case s.status == inReview:
		return txnInReview
	case s.status == declined, s.status == expired, s.status == abandoned:
		return txnDeclined
	}
	return txnAwaitingUser
}

// A Transaction is the truth about one.
type Transaction struct {
	ID        string
	Number    int
	Status    string
	Rulings   int       // changes of status since it came
	Date      time.Time // txn_date, by which they are listed
	CreatedAt time.Time
	SessionID string // of the remediation; empty: none
}

// Transactions returns the truth about all of them in the order of the list, latest first.
func (v *Vendor) Transactions() []Transaction {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []Transaction
	for _, i := range slices.Backward(v.byDate) {
		t := &v.transactions[i]
		o := Transaction{ID: v.transactionID(int(i)).String(), Number: int(i) + 1, Status: t.status.String(),
			Rulings: len(t.rulings), Date: at(t.date), CreatedAt: at(t.created)}
		if t.remedy >= 0 {
			o.SessionID = v.sessions[t.remedy].id().String()
		}
		out = append(out, o)
	}
	return out
}
