package extract

import (
	"testing"
	"time"
)

func TestLateness(t *testing.T) {
	const day = 24 * time.Hour
	late := func(checked time.Time, promise time.Duration) Late { return Lateness(checked, promise, night) }
	for _, tc := range []struct {
		name          string
		first, second Late // in the order in which a night looks at them
	}{
		{"missed by a night, and on its night", late(daysAgo(2), day), late(daysAgo(6), 7*day)},
		{"a week's class in its seventh night, and a day's in its first", late(daysAgo(7), 7*day), late(daysAgo(1), day)},
		{"a night each, of other promises", late(daysAgo(1), day), late(daysAgo(6), 7*day)},
		{"a night each, the shorter promise looked at later", late(hoursAgo(20), day), late(hoursAgo(6*24+5), 7*day)},
		{"half of a month, and a third of a week", late(daysAgo(15), 30*day), late(daysAgo(2), 7*day)},
		{"never looked at, and missed", late(time.Time{}, 30*day), late(daysAgo(5), day)},
		{"missed, and looked at tomorrow by a wrong clock", late(daysAgo(2), day), late(daysAgo(-1), day)},
	} {
		if a, b := tc.first.Compare(tc.second), tc.second.Compare(tc.first); a != -1 || b != 1 {
			t.Errorf("%s: got %d and %d, want -1 and 1", tc.name, a, b)
		}
	}
	if got := late(hoursAgo(30), day).Compare(late(hoursAgo(20), day)); got != 0 {
		t.Errorf("looked at early and late in the same night: got %d, want 0", got)
	}
}
