package didittest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestASmallRestlessPopulationShowsEveryKindOfEvent(t *testing.T) {
	all := map[string]int{}
	for seed := range uint64(8) {
		v := newVendor(t, Options{Seed: seed + 1, Sessions: 40, Restless: 20})
		v.Advance(v.Clock().Add(12 * oneDay))
		one := map[string]bool{}
		for _, e := range v.Events() {
			one[e.Kind] = true
			if e.Kind == "created" {
				one[e.Detail] = true
			}
			if e.Detail == kycExpired.String() {
				one["kyc expired"] = true
			}
		}
		for k := range one {
			all[k]++
		}
		if len(one) < 16 {
			t.Errorf("seed %d: only %d kinds of event in 12 days: %v", seed+1, len(one), one)
		}
		if n := len(v.live[0]) + len(v.live[1]); n < 30 || n > 130 {
			t.Errorf("seed %d: %d sessions after 12 days", seed+1, n)
		}
	}
	for _, k := range append([]string{"created", "deleted", "hosted", "api", "migrated", "kyc expired"}, whatNames[:]...) {
		if all[k] < 5 {
			t.Errorf("%q happened in %d of 8 populations", k, all[k])
		}
	}
}

func TestARestlessSessionChangesSeveralTimesADay(t *testing.T) {
	v := newVendor(t, Options{Seed: 3, Sessions: 40, Restless: 20})
	v.Advance(v.Clock().Add(10 * oneDay))
	type sessionDay struct {
		id  string
		day int
	}
	perDay, most := map[sessionDay]int{}, 0
	for _, e := range v.Events() {
		d := sessionDay{e.SessionID, int(e.At.Sub(v.opts.Start) / oneDay)}
		if e.Kind != "created" {
			perDay[d]++
		}
		most = max(most, perDay[d])
	}
	if most < 3 {
		t.Errorf("at most %d changes of one session in a day, want 3 or more", most)
	}
}

func TestPeopleComeBackInSmallPopulations(t *testing.T) {
	for _, n := range []int{20, 40, 60} {
		several := 0
		for seed := range uint64(20) {
			v := newVendor(t, Options{Seed: seed + 1, Sessions: n, Restless: 20})
			for _, e := range usersOf(v) {
				if len(e.sessions) > 1 {
					several++
					break
				}
			}
		}
		if several < 14 {
			t.Errorf("%d sessions: %d of 20 populations have somebody with several", n, several)
		}
	}
}

func TestRestlessnessOfOneIsTheDefault(t *testing.T) {
	a, b := newVendor(t, Options{Sessions: 300}), newVendor(t, Options{Sessions: 300, Restless: 1, Retention: 405 * oneDay})
	for _, v := range []*Vendor{a, b} {
		v.Advance(v.Clock().Add(8 * oneDay))
	}
	if diff := cmp.Diff(a.Events(), b.Events()); diff != "" {
		t.Error(diff)
	}
}

func TestRetentionDeletesWhatIsTooOld(t *testing.T) {
	const keep = 30 * oneDay
	v := newVendor(t, Options{Sessions: 300, Retention: keep})
	total := 0
	for range 20 {
		before := len(v.live[0]) + len(v.live[1])
		v.Advance(v.Clock().Add(oneDay))
		deleted := 0
		for _, s := range v.Truth() {
			switch {
			case s.Deleted && s.DeletedAt.After(v.Clock().Add(-oneDay)):
				deleted++
			case !s.Deleted && s.CreatedAt.Before(v.Clock().Add(-keep)):
				t.Fatalf("session %d of %s is there at %s", s.Number, s.CreatedAt.Format(time.RFC3339), v.Clock().Format(time.RFC3339))
			}
		}
		if total += deleted; deleted > before/10 {
			t.Errorf("%s: %d of %d deleted on one day", v.Clock().Format(time.DateOnly), deleted, before)
		}
	}
	if total < 100 {
		t.Errorf("%d deleted in 20 days, want most of 300", total)
	}
	if _, err := New(Options{Retention: time.Hour}); err == nil {
		t.Error("a retention of an hour was accepted")
	}
	if _, err := New(Options{Restless: -1}); err == nil {
		t.Error("a restlessness of -1 was accepted")
	}
}

func usersOf(v *Vendor) []entity {
	list, _ := v.entitiesOf(0)
	return list
}
