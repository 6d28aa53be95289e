package night

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/lake/gcstest"
	"kycsync/load/warehouse"
	"kycsync/transform"
)

// passing faults are over when the store is asked again; the run must not even notice one.
var passing = []gcstest.Fault{gcstest.Before, gcstest.After, gcstest.Drop, gcstest.Reset, gcstest.Limit}

// lasting faults are there to stay, or end only when a deadline does.
var lasting = []gcstest.Fault{gcstest.Hang, gcstest.HangAfter, gcstest.Refuse, gcstest.NoBucket, gcstest.Stall}

// A spoilt is two nights in a lake in Google Cloud Storage, of whose requests the nth is spoilt, and those after it
// too if ever says so, until the night ends. n is 0 for an undisturbed one.
type spoilt struct {
	fault gcstest.Fault
	n     int32
	ever  bool
	built bool  // there is a warehouse, too
	asked int32 // requests of both nights, when they are over
}

// Two nights while a request to the store is spoilt, in the time of a bubble: a run publishes, or says why it cannot
// in an error of the documented kind. The next one finishes, and the lake is that of undisturbed nights. One in ten
// keeps a warehouse, which takes most of the time. KYCSYNC_TEST_STORE sets their number.
func TestStoreFaultsSpoilNothing(t *testing.T) {
	tries := searched("STORE", 20)
	if testing.Short() {
		tries = searched("STORE", 3)
	}
	for _, built := range []bool{false, true} {
		if built && testing.Short() {
			return
		}
		undisturbed := &spoilt{built: built}
		want := undisturbed.live(t, 0) // in no bubble, where what all runs share must not be made
		all := undisturbed.ways()
		if built {
			tries = (tries + 9) / 10
		}
		t.Logf("%d requests in two nights, %d ways to spoil them, %d tried", undisturbed.asked, len(all), min(tries, len(all)))
		for _, i := range rand.New(rand.NewPCG(4, 0)).Perm(len(all))[:min(tries, len(all))] {
			s := all[i]
			t.Run(fmt.Sprintf("%s at %d, for ever %t, warehouse %t", s.fault, s.n, s.ever, built), func(t *testing.T) {
				var got map[string]warehouse.TableContent
				synctest.Test(t, func(t *testing.T) { got = s.live(t, 100*time.Millisecond) })
				for table, c := range want {
					if !aboutRuns[table] && (got[table].Rows != c.Rows || got[table].Hash != c.Hash) {
						t.Errorf("%s: got %d rows %s, want %d rows %s", table, got[table].Rows, got[table].Hash, c.Rows, c.Hash)
					}
				}
			})
		}
	}
}

// ways are all there are to spoil two nights with so many requests.
func (s *spoilt) ways() (all []spoilt) {
	for n := range s.asked {
		for _, f := range slices.Concat(passing, lasting) {
			for _, ever := range []bool{false, true} {
				all = append(all, spoilt{fault: f, n: n + 1, ever: ever, built: s.built})
			}
		}
	}
	return all
}

// live lives through both nights, in which each request takes a while, and returns what the lake holds then.
func (s *spoilt) live(t *testing.T, lag time.Duration) map[string]warehouse.TableContent {
	v, err := didittest.New(didittest.Options{Seed: 21, Sessions: 8, Start: firstNight, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := gcstest.StartInside(t)
	server.Lag = lag
	var asked atomic.Int32
	var over atomic.Bool
	server.Faults = func(*http.Request) gcstest.Fault {
		n := asked.Add(1)
		if !over.Load() && (n == s.n || s.ever && n > s.n) {
			return s.fault
		}
		return gcstest.None
	}
	dir := t.TempDir()
	for night := range 2 {
		v.Advance(firstNight.AddDate(0, 0, night))
		err := s.night(t, v, server, dir)
		if err == nil {
			continue
		}
		if over.Load() || asked.Load() < s.n || !s.excuses(err) {
			t.Errorf("night %d: got %v", night+1, err)
		}
		over.Store(true)
		if err := s.night(t, v, server, dir); err != nil {
			t.Fatalf("night %d, after the fault: got %v", night+1, err)
		}
	}
	s.asked = asked.Load()
	over.Store(true)
	return s.content(t, server, dir)
}

// night runs one in a process of its own, so to speak: it opens the lake.
func (s *spoilt) night(t *testing.T, v *didittest.Vendor, server *gcstest.Server, dir string) error {
	l, err := lake.Open(t.Context(), server.URI("lake"), lake.Config{Create: true, Now: v.Clock, GCSOptions: server.Options()})
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("didit-test-key"), Now: v.Clock, Gist: transform.Gist, Transport: inProcess{v}})
	if err != nil {
		return err
	}
	defer c.Close()
	cfg := Config{Client: c, Lake: l, WorkDir: t.TempDir(), Now: v.Clock, Merge: 2}
	if s.built {
		cfg.Warehouse.Path = dir + "/kyc.duckdb"
	}
	begun := time.Now()
	sum, err := Run(t.Context(), cfg)
	if took := time.Since(begun); took > 30*time.Minute {
		t.Errorf("the run took %v", took)
	}
	if err == nil && sum.Published == 0 {
		t.Error("the run says that all is well, and published nothing")
	}
	return err
}

// excuses reports whether a run may end like this: with exit code 6 where something was forbidden, and with 1 or, once it
// has published, 3 otherwise. What a store does not answer is neither damaged nor missing.
func (s *spoilt) excuses(err error) bool {
	if !s.ever && slices.Contains(passing, s.fault) {
		return false
	}
	denied := errors.Is(err, lake.ErrDenied)
	if s.fault == gcstest.Refuse || s.fault == gcstest.NoBucket {
		return denied && !errors.Is(err, lake.ErrDamaged)
	}
	for _, other := range []error{lake.ErrDenied, lake.ErrDamaged, lake.ErrUnsuitable, lake.ErrExist, lake.ErrNotExist, ErrGate, ErrFewer} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}

// content verifies lake and warehouse and returns what the lake holds.
func (s *spoilt) content(t *testing.T, server *gcstest.Server, dir string) map[string]warehouse.TableContent {
	l, err := lake.Open(t.Context(), server.URI("lake"), lake.Config{GCSOptions: server.Options()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	head, err := l.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := l.Verify(t.Context(), head, lake.Share{}, nil); err != nil || len(problems) > 0 {
		t.Errorf("verify: got %v, %v", problems, err)
	}
	if s.built {
		found, err := warehouse.Verify(t.Context(), l, warehouse.Config{Path: dir + "/kyc.duckdb"})
		if err != nil || !found.Equal {
			t.Errorf("verify: got %+v, %v", found.Reason, err)
		}
	}
	content, err := warehouse.Content(t.Context(), l, head)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
