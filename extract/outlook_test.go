package extract

import (
	"testing"
	"time"
)

func TestOutlook(t *testing.T) {
	const day = 24 * time.Hour
	weekly := func(beyond int, oldest time.Duration) Standing {
		return Standing{Class: ClassMonitored, Promise: 7 * day, Sessions: 600, Beyond: beyond, Oldest: oldest}
	}
	for _, tc := range []struct {
		name  string
		all   []Standing
		spare int
		want  int
	}{
		{"kept", []Standing{weekly(0, 6*day)}, 110, 0},
		{"a hundred and ten a night, of which a hundred are the share", []Standing{weekly(36, 8*day)}, 110, 3},
		{"just the share, which goes through all in six nights", []Standing{weekly(60, 8*day)}, 100, 6},
		{"not even the share", []Standing{weekly(60, 8*day)}, 99, Never},
		{"no bound", []Standing{weekly(60, 8*day)}, -1, 1},
		{"what one night missed of a day's class is looked at in the next, which looks at all of it",
			[]Standing{{Class: ClassOpen, Promise: day, Sessions: 100, Beyond: 90, Oldest: 2 * day}}, 100, 1},
		{"after a first sync of ten nights nothing of a month's class is due for long",
			[]Standing{weekly(250, 10*day), {Class: ClassSettled, Promise: 30 * day, Sessions: 2900, Oldest: 10 * day}}, 220, 2},
		{"the same with a month's class that is gone through night by night",
			[]Standing{weekly(250, 10*day), {Class: ClassSettled, Promise: 30 * day, Sessions: 2900, Oldest: 29 * day}}, 220, 5},
	} {
		if Outlook(tc.all, tc.spare); tc.all[0].Nights != tc.want {
			t.Errorf("%s: got %d nights, want %d", tc.name, tc.all[0].Nights, tc.want)
		}
	}
}
