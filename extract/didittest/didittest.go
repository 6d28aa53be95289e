// Package didittest is the vendor as a fake HTTP server: a seeded population of people and
// companies that do not exist, served as the vendor's API serves real ones, with its quirks,
// its limits and, on demand, its failures. A clock of its own ages the population; an event
// log tells what really happened, to hold a client's picture against.
//
//	v, err := didittest.New(didittest.Options{Sessions: 2000})
//	srv := httptest.NewServer(v)
//	...
//	v.Advance(v.Clock().Add(24 * time.Hour))
//
// Truth, History, Tally, Entities and Transactions tell what is and was so, Reads, PDFs and Announced
// what a client could have learned of it. SetScope makes the key a lesser one, SetFaults lets the
// vendor fail or lie.
//
// The same seed gives the same bytes, links included, for the same sequence of requests. The
// package shares no code with the program that it tests.
package didittest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options shape a Vendor. The zero value works.
type Options struct {
	Seed     uint64    // Defaults to 1.
	Sessions int       // Population at start, businesses (3.5 %) included. Defaults to 500.
	Start    time.Time // Vendor's clock at start. Defaults to 2026-11-01T02:00:00Z.
	APIKey   string    // Any other key is answered 403. Defaults to "didit-test-key".

	// Restless multiplies the daily chances of all that happens, each up to a sensible limit,
	// so that 20 to 60 sessions show every kind of event within some days. Around 20 is much;
	// beyond 1 a session may change several times a day, there and back too. Defaults to 1.
	Restless float64
	// Odd is the share of sessions by people who share documents, contacts and devices with others, whose data
	// do not fit, and whose sessions one analyst edits and decides. Defaults to none.
	Odd float64
	// Retention is how old a session may grow before it is deleted. At least 10 days.
	// Defaults to 405 days.
	Retention time.Duration

	// PerMinute is the limit of GET requests of a key in any 60 s. Negative means none.
	// Defaults to 600.
	PerMinute    int
	CountRefused bool   // Whether refused requests fill the window too. Defaults to false.
	FixedMinute  bool   // Whether the limit holds per minute of the clock, not for any 60 s. Defaults to false.
	Faults       string // See ParseFaults. Defaults to none.
	Webhook      bool   // Whether there is a webhook destination, with a log of deliveries. Defaults to false.
	Quiet        bool   // Whether Advance changes nothing but volatile values. Defaults to false.

	Now     func() time.Time     // Clock of the rate limits. Defaults to time.Now.
	Latency func() time.Duration // Time that each response takes. Defaults to none.
}

// A Vendor is the fake. It is an http.Handler, safe for concurrent use.
type Vendor struct {
	opts Options
	seed uint64
	size int

	haste     float64 // Options.Restless
	retention int64   // µs

	mu           sync.RWMutex // guards everything down to the blank line
	now          int64        // vendor's clock, µs
	sessions     []session    // by arrival
	byID         map[uuid]uint32
	live         [2][]uint32 // by kind (user, business), ascending number
	lastNumber   [2]int32
	generation   uint64 // moves with every change
	log          []logged
	attempts     []attempt         // to deliver webhooks, by time, future ones included
	edits        map[uint64][]edit // of users and businesses, by person
	transactions []transaction     // by arrival
	byDate       []int32           // indices of transactions, ascending date
	planned      []planned         // rest of the current day
	dayStart     int64
	quiet        bool
	faults       Faults
	scope        scope

	entities [2]entities // users, businesses

	serial  atomic.Uint64 // requests answered with a body; signs links
	meter   meter
	windows windows
}

// New builds the population.
func New(o Options) (*Vendor, error) {
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Sessions == 0 {
		o.Sessions = 500
	}
	if o.Sessions < 0 {
		return nil, fmt.Errorf("fake vendor: want a number of sessions, got %d", o.Sessions)
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	}
	if o.APIKey == "" {
		o.APIKey = "didit-test-key"
	}
	if o.PerMinute == 0 {
		o.PerMinute = 600
	}
	if o.Restless == 0 {
		o.Restless = 1
	}
	if !(o.Restless > 0 && o.Restless <= 1000) {
		return nil, fmt.Errorf("fake vendor: want a restlessness up to 1000, got %v", o.Restless)
	}
	if o.Retention == 0 {
		o.Retention = 405 * 24 * time.Hour
	}
	if o.Retention < 10*24*time.Hour {
		return nil, fmt.Errorf("fake vendor: want a retention of 10 days or more, got %v", o.Retention)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	f, err := ParseFaults(o.Faults)
	if err != nil {
		return nil, err
	}
	v := &Vendor{opts: o, seed: o.Seed, size: o.Sessions, haste: o.Restless, retention: o.Retention.Microseconds(), faults: f, quiet: o.Quiet}
	v.now = o.Start.UnixMicro()
	v.dayStart = v.now
	v.byID = make(map[uuid]uint32, o.Sessions)
	v.populate(o.Sessions)
	v.populateTransactions()
	v.planDay()
	return v, nil
}

// Clock returns the vendor's time, UTC.
func (v *Vendor) Clock() time.Time {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return at(v.now)
}

// SetQuiet switches meaningful changes off or on for the days to come.
func (v *Vendor) SetQuiet(quiet bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.quiet = quiet
}

// SetFaults replaces the faults; the empty text ends them.
func (v *Vendor) SetFaults(spec string) error {
	f, err := ParseFaults(spec)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = f
	return nil
}

var _ http.Handler = (*Vendor)(nil)
