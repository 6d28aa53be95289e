package extract

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"kycsync/schemas"
)

// A population is an organisation as the vendor has it: its sessions, its users and businesses, and
// what a day changes. Everything follows from the seed.
type population struct {
	rand    *rand.Rand
	held    bool      // so many approved sessions go back to review that the share of those In Review stays
	live    int       // sessions that are not deleted
	all     []subject // by session number, from 1
	people  []person
	ofKind  map[schemas.SessionKind][]int32 // indices of people
	deleted []int                           // indices of sessions, in the order of their deletion
}

// A subject is one session.
type subject struct {
	row      Row
	said     uint64 // how often its decision has changed
	screened bool   // for AML
	expires  time.Time
	person   int32
	gone     bool
	looked   time.Time // when we did last
	silent   time.Time // since when the decision says what neither the row nor we know; zero: it does not
}

// A person is one user or business.
type person struct {
	kind  schemas.SessionKind
	shown uint32 // how often its list row has changed
}

// The shares of the statuses, in the order in which they are drawn.
var shares = []struct {
	status string
	share  float64
}{
	{"Approved", 0.68}, {"Declined", 0.09}, {"In Review", reviewShare}, {"Abandoned", 0.08}, {"Expired", 0.05},
	{"Not Started", 0.02}, {"In Progress", 0.01}, {"Resubmitted", 0.01}, {"Kyc Expired", 0.01},
}

const (
	reviewShare   = 0.05
	openShare     = 0.04 // Not Started, In Progress and Resubmitted
	businessShare = 0.035
	amlShare      = 0.6
	perPerson     = 1.3                  // sessions
	validity      = 10 * 365 * 24 * 3600 // seconds
	history       = 3 * 365 * 24 * 3600  // seconds over which the first sessions were created
)

// What a day changes.
const (
	dailyNew     = 0.003  // of all; a few stay open, of the others 80 % are approved, 11 % declined, 9 % go to review
	dailyDecided = 0.2    // of those In Review
	dailyHit     = 0.005  // of the monitored: a hit changes, and the list row does not tell
	dailyExpired = 0.0005 // of the approved
	dailyDeleted = 0.0002 // of all
)

func newPopulation(n int, held bool, now time.Time) *population {
	p := &population{rand: rand.New(rand.NewPCG(uint64(n), 1)), held: held, ofKind: map[schemas.SessionKind][]int32{}}
	for i := range n {
		age := time.Duration(float64(n-i) / float64(n) * history * float64(time.Second))
		p.create(p.status(), now.Add(-age), now)
	}
	return p
}

// status draws from the shares.
func (p *population) status() string {
	x := p.rand.Float64()
	for _, s := range shares {
		if x -= s.share; x < 0 {
			return s.status
		}
	}
	return shares[0].status
}

func (p *population) create(status string, at, now time.Time) {
	s := subject{screened: p.rand.Float64() < amlShare}
	s.row = Row{ID: testID(len(p.all) + 1), Kind: schemas.UserSession, Number: int64(len(p.all) + 1), CreatedAt: at}
	if p.rand.Float64() < businessShare {
		s.row.Kind = schemas.BusinessSession
	} else {
		s.expires = now.Add(time.Duration(p.rand.Float64() * validity * float64(time.Second))).Truncate(24 * time.Hour)
	}
	if others := p.ofKind[s.row.Kind]; len(others) > 0 && p.rand.Float64() > 1/perPerson {
		s.person = others[p.rand.IntN(len(others))]
	} else {
		s.person = int32(len(p.people))
		p.people = append(p.people, person{kind: s.row.Kind})
		p.ofKind[s.row.Kind] = append(others, s.person)
	}
	p.live++
	p.all = append(p.all, s)
	p.move(&p.all[len(p.all)-1], status)
}

// move gives a session a status, which its row, its decision and its person's row show.
func (p *population) move(s *subject, status string) {
	s.said++
	s.row.Status, s.row.Fingerprint = status, numbered(s.said)
	p.people[s.person].shown++
}

// numbered is a hash that a number stands for; that of 0 is none.
func numbered(n uint64) (d schemas.Digest) {
	binary.BigEndian.PutUint64(d[:], n)
	return d
}

// day lets the day before now pass.
func (p *population) day(now time.Time) {
	during := func() time.Time { return now.Add(-time.Duration(p.rand.Float64() * float64(24*time.Hour))) }
	reviews := 0
	for i := range p.all {
		s := &p.all[i]
		x := p.rand.Float64()
		switch {
		case s.gone:
		case x < dailyDeleted:
			s.gone = true
			p.live--
			p.deleted = append(p.deleted, i)
		case s.row.Status == "In Review" && p.rand.Float64() < dailyDecided:
			p.move(s, p.decision(0))
		case s.row.Status == "In Review":
			reviews++
		case s.row.Status == "Approved" && p.rand.Float64() < dailyExpired:
			p.move(s, "Kyc Expired")
		case s.monitored() && p.rand.Float64() < dailyHit:
			s.said++
			if at := during(); s.silent.IsZero() {
				s.silent = at
			}
		}
	}
	for range int(dailyNew * float64(p.live)) {
		status := p.decision(0.09)
		if p.rand.Float64() < openShare {
			status = []string{"Not Started", "Not Started", "In Progress", "Resubmitted"}[p.rand.IntN(4)]
		}
		if status == "In Review" {
			reviews++
		}
		p.create(status, during(), now)
	}
	for p.held && float64(reviews) < reviewShare*float64(p.live) {
		if s := &p.all[p.rand.IntN(len(p.all))]; !s.gone && s.row.Status == "Approved" {
			p.move(s, "In Review")
			reviews++
		}
	}
}

// decision draws a status: a share goes to review, of the others 80 of 91 are approved.
func (p *population) decision(review float64) string {
	switch x := p.rand.Float64(); {
	case x < review:
		return "In Review"
	case x < review+(1-review)*80/91:
		return "Approved"
	}
	return "Declined"
}

func (s *subject) monitored() bool { return s.screened && s.row.Status == "Approved" }

// rowsOf appends the rows of the session list to rows.
func (p *population) rowsOf(rows []Row) []Row {
	for i := range p.all {
		if !p.all[i].gone {
			rows = append(rows, p.all[i].row)
		}
	}
	return rows
}
