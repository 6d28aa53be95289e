package night

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"

	"github.com/apache/arrow-go/v18/arrow"
)

func TestJudge(t *testing.T) {
	first := firstNight
	for _, tc := range []struct {
		name string
		e    evidence
		want verdict
	}{
		{"first answer", evidence{now: first, canary: true, alike: true}, noted},
		{"second answer an hour later", evidence{goneSince: first, now: first.Add(time.Hour), canary: true, alike: true}, noted},
		{"second answer 20 hours later", evidence{goneSince: first, now: first.Add(20 * time.Hour), canary: true, alike: true}, deleted},
		{"no listed session answers", evidence{goneSince: first, now: first.Add(24 * time.Hour), alike: true}, nothing},
		{"many at once", evidence{now: first, canary: true, alike: true, mass: true}, nothing},
		{"many at once, accepted, first answer", evidence{now: first, canary: true, mass: true, accepted: true}, noted},
		{"many at once, accepted, second answer", evidence{goneSince: first, now: first.Add(24 * time.Hour), canary: true, mass: true, accepted: true}, deleted},
		{"the key's scope was narrowed", evidence{now: first, canary: true, mass: true, narrowed: true}, outside},
		{"the scope was narrowed, and no listed session answers", evidence{now: first, mass: true, narrowed: true}, nothing},
		{"the key sees no session like it", evidence{goneSince: first, now: first.Add(24 * time.Hour), canary: true}, unclear},
		{"the key sees no session like it, first answer", evidence{now: first, canary: true}, unclear},
	} {
		if got := judge(tc.e); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

// Where a narrowed key could be the reason, an answer that a session is gone proves nothing, night after
// night, and the run says so; a person's word settles it, and stands in the run record and beside the session.
func TestWhatCouldBeANarrowedKeyWaitsForAPersonsWord(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 60})
	if err := d.vendor.SetScope("approved"); err != nil {
		t.Fatal(err)
	}
	d.night(t, 0, nil)
	d.vendor.SetQuiet(true)
	if err := d.vendor.SetFaults("lost:8"); err != nil {
		t.Fatal(err)
	}
	word := map[string]string{gateMissing: "erased by us, ticket 12"}
	for n := 1; n <= 3; n++ {
		if s := d.night(t, n, nil); s.AbsentUnclear == 0 || s.AbsentNoted > 0 || s.Deleted > 0 || len(s.Accepted) > 0 {
			t.Errorf("night %d: %d unclear, %d noted, %d deleted, accepted %v", n, s.AbsentUnclear, s.AbsentNoted, s.Deleted, s.Accepted)
		}
	}
	if s := d.night(t, 4, func(c *Config) { c.Accept = word }); s.AbsentNoted == 0 || s.Deleted > 0 || len(s.Accepted) != 1 {
		t.Errorf("got %d noted, %d deleted, accepted %v", s.AbsentNoted, s.Deleted, s.Accepted)
	}
	if s := d.night(t, 5, func(c *Config) { c.Accept = word }); s.Deleted == 0 || len(s.Accepted) != 1 {
		t.Errorf("got %d deleted, accepted %v", s.Deleted, s.Accepted)
	}
	why := ""
	head, err := d.lake.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = each(t.Context(), d.lake, head, "sessions", t.TempDir(), func(cell func(string) arrow.Array, i int) {
		why = cmp.Or(textAt(cell("upstream_reason"), i), why)
	})
	if err != nil || !strings.Contains(why, "accepted: erased by us, ticket 12") {
		t.Errorf("got the reason %q, %v", why, err)
	}
}

// Sessions that have a tombstone are not missed: what retention has deleted over the years would else
// fail the gate for short lists every night.
func TestTombstonesDoNotShrinkTheList(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 150})
	d.night(t, 0, nil)
	d.vendor.SetQuiet(true)
	if err := d.vendor.SetFaults("lost:2"); err != nil {
		t.Fatal(err)
	}
	said := func(c *Config) {
		c.Accept = map[string]string{gateMissing: "past retention, ticket 12", gateShrink: "past retention, ticket 12"}
		c.Gates.Shrink = 0.3
	}
	d.night(t, 1, said)
	if s := d.night(t, 2, said); s.Deleted < 50 || s.Deleted*10 < s.Known*3 {
		t.Fatalf("of %d sessions %d were deleted, which proves nothing", s.Known, s.Deleted)
	}
	if s := d.night(t, 3, func(c *Config) { c.Gates.Shrink = 0.3 }); len(s.Failed) > 0 {
		t.Errorf("after the deletions: %v", s.Failed)
	}
}
