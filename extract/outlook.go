package extract

import (
	"math"
	"time"
)

// Never is the number of nights after which a promise is kept that the budget does not allow.
const Never = -1

// Outlook fills in how many nights it takes until the promises are kept: the first number in which
// the budget suffices for all that must be looked at by then. That is what is beyond its promise now, and
// of the rest what would come to be, as far as the age of the oldest tells. spare is what a night's
// budget leaves for looking again, in requests; negative: no bound.
func Outlook(all []Standing, spare int) {
	nights := outlook(all, spare)
	for i := range all {
		if all[i].Nights = nights; all[i].Beyond == 0 {
			all[i].Nights = 0
		}
	}
}

func outlook(all []Standing, spare int) int {
	if spare < 0 {
		return 1
	}
	longest, share := 1, 0.0
	for _, s := range all {
		n := nightsOf(s.Promise)
		longest = max(longest, n)
		share += s.perNight()
	}
	if float64(spare) < share {
		return Never
	}
	for n := 1; n < longest; n++ {
		looks := 0.0
		for _, s := range all {
			looks += s.looks(n)
		}
		if looks <= float64(n*spare) {
			return n
		}
	}
	return longest // in which each class is gone through
}

// PerNight is how many of the class a night looks at, so that each keeps its promise.
func (s *Standing) PerNight() int { return int(math.Ceil(s.perNight())) }

func (s *Standing) perNight() float64 { return float64(s.Sessions) / float64(nightsOf(s.Promise)) }

// looks is how often some of the class must be looked at in so many nights from now on, so that at
// their end none is beyond the promise. Those that are not beyond it now are taken to have been looked at
// evenly over the nights since the oldest was.
func (s *Standing) looks(nights int) float64 {
	of := nightsOf(s.Promise)
	rounds := float64(nights) / float64(of)
	since := min(int(s.Oldest/Interval)+1, of)
	due := min(rounds, max(0, float64(since-of+nights)/float64(since)))
	return float64(s.Beyond)*max(1, rounds) + float64(s.Sessions-s.Beyond)*due
}

// Interval is the time from one night to the next.
const Interval = 24 * time.Hour

// slack is how much later than a day after the last one a night may look at a session.
const slack = Interval / 4

// nightsOf is the number of nights in which a class is gone through once, so that none of it grows
// older than promised though a night is late.
func nightsOf(promise time.Duration) int { return max(1, int((promise-slack)/Interval)) }
