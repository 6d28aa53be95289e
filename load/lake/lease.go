package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// ErrHeld says that somebody else has the lease.
var ErrHeld = errors.New("another run is at work")

// A lease that is not renewed for leaseTerm is over.
const (
	leaseTerm  = 90 * time.Second
	leaseRenew = 30 * time.Second
)

const leasePrefix = "_lake/leases/"

// A Holder says who takes a lease. A lease of the same place that is still running is that of a process which
// died: the caller makes sure, by a lock, that only one of a place lives.
type Holder struct {
	RunID string `json:"run_id"`
	Host  string `json:"host"`  // for people
	Place string `json:"place"` // host and directory, or what else tells one lock from another
}

// lease is the JSON form of the objects _lake/leases/<name>/<day>/<number>.json. Nothing is overwritten: each
// renewal is the next number of its day.
type lease struct {
	Holder
	Until time.Time `json:"until"` // UTC
	Ended bool      `json:"ended"`
}

// A Lease says to other hosts that a run is at work, so that they need not spend requests on the same. Nothing
// depends on it: two runs at once are sorted out by their commits.
type Lease struct {
	l      *Lake
	name   string
	holder Holder
	lost   func(error)

	last leaseID // the newest object of ours
	stop context.CancelFunc
	done chan struct{}
}

// leaseID is the place of an object: its day and number.
type leaseID struct {
	day    string
	number int
}

func (id leaseID) before(other leaseID) bool {
	return id.day < other.day || id.day == other.day && id.number < other.number
}

func (id leaseID) object(name string) string {
	return fmt.Sprintf("%s%s/%s/%06d.json", leasePrefix, name, id.day, id.number)
}

// Lease takes the lease of that name and renews it until Release. lost is called once if a renewal fails; the
// holder need do nothing about it. The error wraps ErrHeld when another place has it.
func (l *Lake) Lease(ctx context.Context, name string, h Holder, lost func(error)) (*Lease, error) {
	s := &Lease{l: l, name: name, holder: h, lost: lost}
	if err := s.take(ctx); err != nil {
		return nil, fmt.Errorf("take the lease of %s: %w", name, err)
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.done = make(chan struct{})
	go s.keep(ctx)
	return s, nil
}

// take looks at the newest lease and makes the next, until it has made one or must let somebody else be. Then it
// looks again: an object that is newer than its own won.
func (s *Lease) take(ctx context.Context) error {
	const tries = 20
	for range tries {
		last, held, err := s.newest(ctx)
		if err == nil {
			err = s.refusal(held)
		}
		if err != nil {
			return err
		}
		if err := s.write(ctx, last, false); errors.Is(err, ErrExist) {
			continue // somebody was faster
		} else if err != nil {
			return err
		}
		_, held, err = s.newest(ctx)
		if err != nil {
			return err
		}
		return s.refusal(held)
	}
	return fmt.Errorf("%w: %d others were faster", ErrHeld, tries)
}

// refusal says who has the lease; nil: nobody has whom we must let be.
func (s *Lease) refusal(held *lease) error {
	if held == nil || held.Ended || held.Place == s.holder.Place || !time.Now().Before(held.Until) {
		return nil
	}
	return fmt.Errorf("%w on %s (run %s); should it have died, its lease ends at %s", ErrHeld, held.Host, held.RunID, held.Until.Format(time.TimeOnly))
}

// write makes the object after last, of today.
func (s *Lease) write(ctx context.Context, last leaseID, ended bool) error {
	now := time.Now().UTC()
	id := leaseID{now.Format(time.DateOnly), 1}
	if !last.before(id) {
		id = leaseID{last.day, last.number + 1}
	}
	data, err := json.Marshal(lease{s.holder, now.Add(leaseTerm).Truncate(time.Second), ended}, json.Deterministic(true))
	if err != nil {
		return err
	}
	if err := s.l.bucket.Create(ctx, id.object(s.name), bytes.NewReader(append(data, '\n'))); err != nil {
		return err
	}
	s.last = id
	return nil
}

// newest returns the newest lease of yesterday, today and tomorrow: clocks differ. It is nil where there is none.
func (s *Lease) newest(ctx context.Context) (last leaseID, held *lease, err error) {
	now := time.Now().UTC()
	for _, days := range []int{-1, 0, 1} {
		day := now.AddDate(0, 0, days).Format(time.DateOnly)
		for name, err := range s.l.bucket.List(ctx, leasePrefix+s.name+"/"+day+"/") {
			if err != nil {
				return last, nil, err
			}
			number, err := strconv.Atoi(strings.TrimSuffix(path.Base(name), ".json"))
			if id := (leaseID{day, number}); err == nil && last.before(id) {
				last = id
			}
		}
	}
	if last == (leaseID{}) {
		return last, nil, nil
	}
	data, err := s.l.read(ctx, last.object(s.name), 64<<10)
	if errors.Is(err, ErrNotExist) {
		return last, nil, nil // it was removed meanwhile
	}
	if err != nil {
		return last, nil, err
	}
	held = new(lease)
	if json.Unmarshal(data, held) != nil {
		return last, nil, nil // it says nothing, and nothing depends on it
	}
	return last, held, nil
}

// keep renews until the lease is released, somebody else has it, or its term ends without a renewal that worked.
func (s *Lease) keep(ctx context.Context) {
	defer close(s.done)
	ticker := time.NewTicker(leaseRenew)
	defer ticker.Stop()
	ends := time.Now().Add(leaseTerm)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.write(ctx, s.last, false)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			ends = time.Now().Add(leaseTerm)
		case errors.Is(err, ErrExist):
			s.lost(fmt.Errorf("renew the lease of %s: another run took it", s.name))
			return
		case !time.Now().Before(ends):
			s.lost(fmt.Errorf("renew the lease of %s: %w", s.name, err))
			return
		}
	}
}

// Release ends the lease, as well as it can: else it ends by itself.
func (s *Lease) Release(ctx context.Context) {
	s.stop()
	<-s.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	_ = s.write(ctx, s.last, true)
}
