package extract

import (
	"cmp"
	"time"
)

// A Late is how pressing something is that is due: the nights since it was looked at, relative to those
// in which its class is gone through once. Only whole nights count, because what one night looked at
// early and what it looked at late has waited for the same next one.
type Late struct {
	nights  int // since the last look
	of      int // in which the class is gone through
	promise time.Duration
}

// Lateness returns how late something is that was last looked at then and has that promise.
func Lateness(checked time.Time, promise time.Duration, now time.Time) Late {
	return Late{nights: int(now.Sub(checked).Round(Interval) / Interval), of: nightsOf(promise), promise: promise}
}

// Compare is negative if l comes before other: what is later comes first, and of what is equally late
// that with the shorter promise.
func (l Late) Compare(other Late) int {
	return cmp.Or(cmp.Compare(other.nights*l.of, l.nights*other.of), cmp.Compare(l.promise, other.promise))
}
