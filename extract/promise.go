package extract

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"kycsync/schemas"
)

// A Class is a set of sessions that share a promise.
type Class string

// The classes. A session may be in several; the shortest promise counts, and of equal ones the
// first in this order. Every session that is in no other is settled.
const (
	ClassOpen       Class = "open"        // the applicant or the vendor is at work
	ClassInReview   Class = "in_review"   // a reviewer is
	ClassLongReview Class = "long_review" // In Review for more than 30 days
	ClassMonitored  Class = "monitored"   // approved, and its AML screening goes on
	ClassExpiring   Class = "expiring"    // approved, with a document that expires within 30 days
	ClassBusiness   Class = "business"    // of a business, and decided
	ClassSettled    Class = "settled"
	ClassUsers      Class = "users" // not sessions: users and businesses, and what they add up to
)

var classOrder = []Class{ClassOpen, ClassInReview, ClassLongReview, ClassMonitored, ClassExpiring, ClassBusiness, ClassSettled}

// Classes returns all classes, that of users last.
func Classes() []Class { return append(slices.Clone(classOrder), ClassUsers) }

const soon = 30 * 24 * time.Hour // a long review has lasted it, an expiring document does not last it

// Promises are the greatest ages that our knowledge of each class may reach.
type Promises map[Class]time.Duration

// DefaultPromises returns the promises that hold where no other is set.
func DefaultPromises() Promises {
	const day = 24 * time.Hour
	return Promises{
		ClassOpen: day, ClassInReview: day, ClassLongReview: 7 * day, ClassMonitored: 7 * day, ClassExpiring: 7 * day,
		ClassBusiness: 7 * day, ClassSettled: 30 * day, ClassUsers: 30 * day,
	}
}

// Set changes the promise of a class. Errors say what was wanted.
func (p Promises) Set(class string, promise time.Duration) error {
	if !slices.Contains(Classes(), Class(class)) {
		var names []string
		for _, c := range Classes() {
			names = append(names, string(c))
		}
		return fmt.Errorf("no class %q: want one of %s", class, strings.Join(names, ", "))
	}
	if promise < time.Hour {
		return fmt.Errorf("promise of class %s: want an hour or more, got %s", class, promise)
	}
	p[Class(class)] = promise
	return nil
}

// or returns the default promises where p is empty.
func (p Promises) or() Promises {
	if len(p) == 0 {
		return DefaultPromises()
	}
	return p
}

// of returns the class of a session that has that status now.
func (p Promises) of(k *schemas.Known, kind schemas.SessionKind, status string, now time.Time) Class {
	best := ClassSettled
	for _, c := range classOrder {
		if c.holds(k, kind, status, now) && p[c] < p[best] {
			best = c
		}
	}
	return best
}

func (c Class) holds(k *schemas.Known, kind schemas.SessionKind, status string, now time.Time) bool {
	review, approved := status == "In Review", status == "Approved"
	switch c {
	case ClassOpen:
		return schemas.Open(status) && !review
	case ClassInReview:
		return review && !longReview(k, now)
	case ClassLongReview:
		return review && longReview(k, now)
	case ClassMonitored:
		return approved && k.Monitored
	case ClassExpiring:
		return approved && !k.DocumentExpires.IsZero() && k.DocumentExpires.Before(now.Add(soon))
	case ClassBusiness:
		return kind == schemas.BusinessSession
	case ClassSettled:
		return true
	}
	panic("extract: no session is in class " + string(c))
}

func longReview(k *schemas.Known, now time.Time) bool {
	return k.Status == "In Review" && !k.StatusSince.IsZero() && now.Sub(k.StatusSince) > soon
}

// A Standing is how a promise was kept, at one instant.
type Standing struct {
	Class    Class         `json:"class"`
	Promise  time.Duration `json:"promise_ns"`
	Sessions int           `json:"sessions"` // in the class and stored
	Checked  int           `json:"checked"`  // looked at in the run because of the promise; left to the caller
	Oldest   time.Duration `json:"oldest_ns"`
	Beyond   int           `json:"beyond"` // knowledge older than promised
	Nights   int           `json:"nights"` // until none is; 0: none is now, Never: not at this budget
}

// Stand tells how the promises stand; see Outlook for Nights. Sessions that the vendor no longer has
// are not counted.
func (p Promises) Stand(known *schemas.Sessions, now time.Time) []Standing {
	p = p.or()
	by := map[Class]*Standing{}
	for _, c := range classOrder {
		by[c] = &Standing{Class: c, Promise: p[c]}
	}
	for k := range known.All() {
		if k.ContentHash == (schemas.Digest{}) || k.Gone() {
			continue
		}
		s := by[p.of(k, k.SessionKind, k.Status, now)]
		s.Take(now.Sub(k.LastChecked))
	}
	out := make([]Standing, 0, len(classOrder))
	for _, c := range classOrder {
		out = append(out, *by[c])
	}
	return out
}

// Take counts one session whose knowledge has that age.
func (s *Standing) Take(age time.Duration) {
	s.Sessions++
	s.Oldest = max(s.Oldest, age)
	if age > s.Promise {
		s.Beyond++
	}
}

// DueTonight reports whether something must be looked at tonight: when its night has come, which its id
// chooses among those in which its class is gone through, or when it would be older than promised before
// the next night. What was looked at less than half a day ago is not due, so that a run that
// follows another, finished or killed, goes on where that one ended; what was looked at by a clock that was a
// day ahead is.
func DueTonight(id string, checked time.Time, promise time.Duration, now time.Time) bool {
	age := now.Sub(checked)
	switch {
	case age < -Interval:
		return true
	case age < Interval/2:
		return false
	}
	nights := int64(nightsOf(promise))
	h := fnv.New64a() // of which the high half is mixed well
	_, _ = h.Write([]byte(id))
	return age+Interval+slack > promise || (now.Unix()/int64(Interval/time.Second)+int64(h.Sum64()>>32))%nights == 0
}

// String lists the promises in the order of the classes: "open=24h0m0s in_review=24h0m0s".
func (p Promises) String() string {
	var b strings.Builder
	for _, c := range Classes() {
		if d, ok := p[c]; ok {
			fmt.Fprintf(&b, "%s=%s ", c, d)
		}
	}
	return strings.TrimSpace(b.String())
}

// With returns the default promises with some of them replaced.
func With(other Promises) Promises {
	p := DefaultPromises()
	maps.Copy(p, other)
	return p
}
