package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/load/lake/gcstest"
)

func holder(n int) Holder {
	return Holder{RunID: fmt.Sprintf("r%d", n), Host: fmt.Sprintf("host%d", n), Place: fmt.Sprintf("host%d:/srv", n)}
}

func mustLease(t *testing.T, l *Lake, h Holder) *Lease {
	t.Helper()
	s, err := l.Lease(t.Context(), "retail", h, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustBeHeld(t *testing.T, l *Lake, h Holder) {
	t.Helper()
	if s, err := l.Lease(t.Context(), "retail", h, nil); !errors.Is(err, ErrHeld) {
		if err == nil {
			s.Release(t.Context())
		}
		t.Errorf("%s: got %v, want ErrHeld", h.RunID, err)
	}
}

// One place has the lease until it releases it, or dies and does not renew it; a process of the same place
// takes it over at once; and another name has one of its own.
func TestLeaseIsHeldByOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := openTest(t)
		first := mustLease(t, l, holder(1))
		mustBeHeld(t, l, holder(2))
		other, err := l.Lease(t.Context(), "business", holder(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		other.Release(t.Context())
		time.Sleep(26 * time.Hour) // it is renewed for as long as the run takes, and over midnight
		mustBeHeld(t, l, holder(2))
		first.Release(t.Context())
		second := mustLease(t, l, holder(2))
		mustBeHeld(t, l, holder(1))

		second.stop() // it dies
		<-second.done
		time.Sleep(leaseTerm - time.Minute)
		mustBeHeld(t, l, holder(1))
		again := mustLease(t, l, Holder{RunID: "again", Host: "host2", Place: holder(2).Place})
		mustBeHeld(t, l, holder(1))
		again.stop()
		<-again.done
		time.Sleep(leaseTerm)
		mustLease(t, l, holder(1)).Release(t.Context())
	})
}

// A holder that slept through its term, so that another took the lease, hears of it.
func TestLostLeaseIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := openTest(t)
		var lost error
		s, err := l.Lease(t.Context(), "retail", holder(1), func(err error) { lost = err })
		if err != nil {
			t.Fatal(err)
		}
		sleeper := s.last
		if err := (&Lease{l: l, name: "retail", holder: holder(2)}).write(t.Context(), sleeper, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(leaseRenew + time.Second)
		synctest.Wait()
		if lost == nil {
			t.Error("nobody was told")
		}
		s.Release(t.Context())
	})
}

// Of many that ask at the same moment one gets it, in every store, and the others are refused.
func TestLeaseIsWonByOne(t *testing.T) {
	server := gcstest.Start(t)
	gcs, err := Open(t.Context(), server.URI("a"), Config{Create: true, GCSOptions: server.Options()})
	if err != nil {
		t.Fatal(err)
	}
	defer gcs.Close()
	dir, _ := openTest(t)
	for kind, l := range map[string]*Lake{"dir": dir, "gcs": gcs} {
		t.Run(kind, func(t *testing.T) {
			for round := range 10 {
				var won atomic.Int32
				var wg sync.WaitGroup
				var leases sync.Map
				for n := range 4 {
					wg.Go(func() {
						s, err := l.Lease(t.Context(), fmt.Sprintf("round%d", round), holder(n), nil)
						if err == nil {
							won.Add(1)
							leases.Store(n, s)
						} else if !errors.Is(err, ErrHeld) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if won.Load() != 1 {
					t.Errorf("%d have the lease", won.Load())
				}
				leases.Range(func(_, s any) bool { s.(*Lease).Release(t.Context()); return true })
			}
		})
	}
}

// A name that somebody else took first is no lease: one whose holder ended it, or that nobody can read, is passed by.
func TestLeaseThatWasNotWrittenIsNone(t *testing.T) {
	l, _ := openTest(t)
	mine := &Lease{l: l, name: "retail", holder: holder(1)}
	other := &Lease{l: l, name: "retail", holder: holder(2)}
	if err := other.write(t.Context(), leaseID{}, true); err != nil {
		t.Fatal(err)
	}
	if err := mine.take(t.Context()); err != nil || mine.last == (leaseID{}) || !other.last.before(mine.last) {
		t.Errorf("got %v, and the object %v after %v", err, mine.last, other.last)
	}
	mustBeHeld(t, l, holder(3))
}

// A beforehand bucket lets something happen before the first object is created.
type beforehand struct {
	Bucket
	once sync.Once
	do   func()
}

func (b *beforehand) Create(ctx context.Context, name string, r io.ReadSeeker) error {
	b.once.Do(b.do)
	return b.Bucket.Create(ctx, name, r)
}

// Whoever writes a lease looks again: one whose clock is a day ahead wrote a newer one in the same moment, under
// another name, and has it.
func TestLeaseIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := openTest(t)
		rival := &Lease{l: l, name: "retail", holder: holder(2)}
		late := New(&beforehand{Bucket: l.bucket, do: func() {
			tomorrow := leaseID{time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly), 0}
			if err := rival.write(t.Context(), tomorrow, false); err != nil {
				t.Error(err)
			}
		}}, Config{})
		mustBeHeld(t, late, holder(1))
		if len(list(t, l.bucket, leasePrefix)) != 2 {
			t.Error("want both to have written")
		}
		if err := (&Lease{l: l, name: "retail", holder: holder(2)}).take(t.Context()); err != nil {
			t.Errorf("the other: got %v, want the lease", err)
		}
	})
}

// A lease that is removed while it is read is none.
func TestLeaseThatVanishesIsNone(t *testing.T) {
	l, _ := openTest(t)
	if err := (&Lease{l: l, name: "retail", holder: holder(2)}).write(t.Context(), leaseID{}, false); err != nil {
		t.Fatal(err)
	}
	mustLease(t, New(forgetful{l.bucket}, Config{}), holder(1)).Release(t.Context())
}

// A forgetful bucket lists what it no longer has.
type forgetful struct{ Bucket }

func (forgetful) Open(context.Context, string) (io.ReadCloser, error) { return nil, ErrNotExist }
