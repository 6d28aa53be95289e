package night

import (
	"testing"
	"time"
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
