package extract

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kycsync/schemas"
)

// A course is how nights are spent.
type course struct {
	perMinute int
	length    time.Duration // of a night
	pageSize  int
	promises  Promises
}

// A keeper knows of a population what the lake would, and spends nights on it in the order in which
// cmd/kycsync/night does, with this package's plan, budget and promises. Requests take no time but
// their turn; nothing changes at the vendor while a night lasts.
type keeper struct {
	course
	*population
	known   *schemas.Sessions
	feeds   []int    // sessions whose activity feed is due
	details []detail // by person
	absent  []int    // deleted sessions that are not proven gone
	settled bool     // the first sync is over
	missed  int      // of those ever deleted, how many were found to be absent
	rows    []Row    // of the last list; kept for its memory
}

// A detail is what is known of a person.
type detail struct {
	seen    uint32 // of the person's row; 0: no detail was read
	checked time.Time
}

// An account is what one night came to.
type account struct {
	start, now time.Time
	listed     int            // sessions
	spent      map[string]int // requests by purpose
	checked    map[Class]int
	oldest     map[Class]time.Duration // greatest age in the night, when looked at or at the end
	late       map[Class]int           // looked at later than promised, or not at all; see limitOf
	found      []time.Duration         // how old silent changes were when they were found
	urgent     []Task                  // not worked off
	due        []Task
	postponed  int  // due, and no time was left
	complete   bool // it came to what is due: all that is urgent, feeds and changed users were worked off
	standings  []Standing
}

// A ledger keeps the account while the night lasts.
type ledger struct {
	*keeper
	account
	until     time.Time
	gone      []int   // sessions that were asked for and are not there
	changed   []int32 // people whose row differs from the one seen last
	strangers []int32 // people of whom no detail was read
	dueOfUser []int32 // people whose details are due
}

// limitOf is the age up to which a promise counts as kept. That of a day is kept if each night looks:
// nights are not equally long, so a night may come to a session up to six hours later than the last did.
func limitOf(promise time.Duration) time.Duration { return max(promise, Interval+slack) }

// The purposes of requests, in the order of a night. Those of sessions that are due follow "due: ".
const (
	forOthers  = "webhook log, workflows, transactions"
	forCounts  = "counts"
	forSweep   = "sweep"
	forNew     = "new"
	forChanged = "changed"
	forAbsent  = "not listed any more"
	forFeeds   = "activity feeds"
	forList    = "user list"
	forPeople  = "user details, changed"
	forShare   = "user details, due"
)

func (k *keeper) night(start time.Time) *account {
	l := &ledger{keeper: k, until: start.Add(k.length)}
	l.account = account{start: start, now: start, spent: map[string]int{}, checked: map[Class]int{}, oldest: map[Class]time.Duration{}, late: map[Class]int{}}
	if l.look() && l.fetchUrgent() && l.listPeople() {
		l.rest()
	}
	l.standings = l.stand()
	return &l.account
}

// rest reads the feeds and people that changed, then those never read and what is due.
func (l *ledger) rest() {
	feeds, unread := l.feedsDue()
	feeds = l.readFeeds(feeds)
	n := min(len(l.changed), l.left())
	l.readPeople(l.changed[:n])
	l.changed = l.changed[n:]
	news, _ := Share(l.left(), len(unread)+len(l.strangers), len(l.due)+len(l.dueOfUser))
	forFeeds, forPeople := Share(news, len(unread), len(l.strangers))
	l.readFeeds(unread[:forFeeds])
	l.readPeople(l.strangers[:forPeople])
	l.strangers = l.strangers[forPeople:]
	l.complete = len(feeds)+len(l.changed)+len(l.strangers)+len(unread)-forFeeds == 0
	l.fetchDue()
	feeds, unread = l.feedsDue()
	l.readFeeds(feeds)
	l.readFeeds(unread)
}

// requests is the sum over all purposes.
func (a *account) requests() (n int) {
	for _, m := range a.spent {
		n += m
	}
	return n
}

// left is how many requests the night has left.
func (l *ledger) left() int { return l.budget().Requests(l.now) }

func (l *ledger) budget() Budget { return Budget{Until: l.until, PerMinute: l.perMinute} }

// ask spends one request and returns when it is answered.
func (l *ledger) ask(purpose string) time.Time {
	l.spent[purpose]++
	l.now = l.now.Add(1 + time.Duration(float64(time.Second)/float64(pace(l.perMinute))))
	return l.now
}

// list spends requests, and reports whether there was time for all.
func (l *ledger) list(purpose string, n int) bool {
	for range n {
		if l.ask(purpose); l.now.After(l.until) {
			return false
		}
	}
	return true
}

// pagesOf is how many requests a descent takes over so many rows; see TestSimulatedPages.
func pagesOf(rows, size int) int {
	if rows <= size {
		return 1
	}
	return 2 + (rows-size+size-overlap-1)/(size-overlap)
}

// look lists and counts, and plans.
func (l *ledger) look() bool {
	perKind := map[schemas.SessionKind]int{}
	l.rows = l.rowsOf(l.rows[:0])
	l.listed = len(l.rows)
	for i := range l.rows {
		perKind[l.rows[i].Kind]++
	}
	others := 3
	if l.known.Len() == 0 {
		others = 2 // no webhook log
	}
	if !l.list(forOthers, others) || !l.list(forCounts, l.counts()) ||
		!l.list(forSweep, pagesOf(perKind[schemas.UserSession], l.pageSize)+pagesOf(perKind[schemas.BusinessSession], l.pageSize)) {
		return false
	}
	for ; l.missed < len(l.deleted); l.missed++ {
		if l.known.Look(l.all[l.deleted[l.missed]].row.ID) != nil {
			l.absent = append(l.absent, l.deleted[l.missed])
		}
	}
	v := View{Listed: l.rows, Known: l.known, Promises: l.promises, Now: l.start}
	for _, i := range l.absent {
		v.Absent = append(v.Absent, l.known.Get(l.all[i].row.ID))
	}
	tasks := Plan(v)
	first := 0
	for first < len(tasks) && tasks[first].Urgent() {
		first++
	}
	l.urgent, l.due = tasks[:first], tasks[first:]
	return true
}

// counts is how many counts a night takes: all, the months, the statuses, and of the cells those
// whose turn it is.
func (l *ledger) counts() int {
	const statuses, rotation = 10, 28
	first, months := l.all[0].row.CreatedAt, 0
	for m := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC); !m.After(l.start); m = m.AddDate(0, 1, 0) {
		months++
	}
	n := 1 + months + statuses
	if l.known.Len() == 0 {
		return n
	}
	for i := range months * statuses {
		if int64(i%rotation) == l.start.Unix()/86400%rotation {
			n++
		}
	}
	return n
}

// fetchUrgent works off what the night is incomplete without.
func (l *ledger) fetchUrgent() bool {
	purposes := map[Reason]string{ReasonNew: forNew, ReasonChanged: forChanged, ReasonAbsent: forAbsent}
	n := l.budget().Fit(l.urgent, l.now)
	for _, t := range l.urgent[:n] {
		l.take(t, l.ask(purposes[t.Reason]))
	}
	if l.urgent = l.urgent[n:]; len(l.urgent) > 0 {
		return false
	}
	if len(l.gone) > 0 {
		l.ask(forAbsent) // a session that is listed, as a canary
	}
	for _, i := range l.gone {
		l.judge(i)
	}
	return true
}

// judge notes the first answer that a session does not exist, and believes the second, 20 hours
// later. Either is a look at it.
func (l *ledger) judge(i int) {
	k := l.known.Get(l.all[i].row.ID)
	k.LastChecked, l.all[i].looked = l.now, l.now
	switch {
	case k.GoneSince.IsZero():
		k.AbsentSince, k.GoneSince = l.start, l.start
	case l.start.Sub(k.GoneSince) >= 20*time.Hour:
		k.Upstream = schemas.Deleted
		l.absent = slices.DeleteFunc(l.absent, func(j int) bool { return j == i })
	}
	l.known.Put(k.SessionID, k)
}

// take looks at one decision.
func (l *ledger) take(t Task, at time.Time) {
	i := int(t.Number) - 1
	if t.Reason == ReasonAbsent {
		l.gone = append(l.gone, i)
		return
	}
	s := &l.all[i]
	old := l.known.Get(t.ID)
	k := old
	k.SessionID, k.SessionKind, k.SessionNumber, k.CreatedAt = t.ID, t.Kind, t.Number, s.row.CreatedAt
	k.Status, k.Fingerprint, k.ContentHash, k.LastChecked = s.row.Status, s.row.Fingerprint, numbered(s.said), at
	k.Monitored, k.DocumentExpires = s.monitored(), s.expires
	switch {
	case old.ContentHash == (schemas.Digest{}):
		k.StatusSince = k.CreatedAt
	case old.Status != k.Status:
		k.StatusSince = at
	}
	user := t.Kind == schemas.UserSession
	k.ActivityDue = user && (k.ActivityDue || k.ContentHash != old.ContentHash || k.Status == "In Review")
	if k.ActivityDue && !old.ActivityDue {
		l.feeds = append(l.feeds, i)
	}
	l.known.Put(t.ID, k)
	if t.Reason == ReasonDue {
		l.checked[t.Class]++
		if before := l.promises.of(&old, t.Kind, old.Status, l.start.Add(-Interval)); before == t.Class {
			l.see(t.Class, at.Sub(old.LastChecked))
		} // else it came to the class today, by its age
	}
	s.looked = at
	if !s.silent.IsZero() {
		l.found = append(l.found, at.Sub(s.silent))
		s.silent = time.Time{}
	}
}

// see notes the age that something of a class has come to.
func (l *ledger) see(class Class, age time.Duration) {
	l.oldest[class] = max(l.oldest[class], age)
	if age > limitOf(l.promises[class]) {
		l.late[class]++
	}
}

// feedsDue are the sessions whose activity feed is due, the one longest not read first, and those of
// which none was read.
func (l *ledger) feedsDue() (again, unread []int) {
	for _, i := range l.feeds {
		switch k := l.known.Get(l.all[i].row.ID); {
		case !k.AbsentSince.IsZero():
		case k.ActivityChecked.IsZero():
			unread = append(unread, i)
		default:
			again = append(again, i)
		}
	}
	slices.SortFunc(again, func(i, j int) int {
		return cmp.Or(l.known.Get(l.all[i].row.ID).ActivityChecked.Compare(l.known.Get(l.all[j].row.ID).ActivityChecked), cmp.Compare(i, j))
	})
	slices.Sort(unread)
	return again, unread
}

// readFeeds reads activity feeds as far as the night lasts, and returns the others.
func (l *ledger) readFeeds(due []int) (rest []int) {
	n := min(len(due), l.left())
	for _, i := range due[:n] {
		k := l.known.Get(l.all[i].row.ID)
		k.ActivityDue, k.ActivityChecked = false, l.ask(forFeeds)
		l.known.Put(k.SessionID, k)
	}
	l.feeds = slices.DeleteFunc(l.feeds, func(i int) bool {
		k := l.known.Get(l.all[i].row.ID)
		return !k.ActivityDue || !k.AbsentSince.IsZero()
	})
	return due[n:]
}

// listPeople lists users and businesses, and notes whose details changed or are due.
func (l *ledger) listPeople() bool {
	for len(l.details) < len(l.people) {
		l.details = append(l.details, detail{})
	}
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		if !l.list(forList, pagesOf(len(l.ofKind[kind]), l.pageSize)) {
			return false
		}
		for _, i := range l.ofKind[kind] {
			switch d := l.details[i]; {
			case d.seen == 0:
				l.strangers = append(l.strangers, i)
			case d.seen != l.people[i].shown:
				l.changed = append(l.changed, i)
			case DueTonight(strconv.Itoa(int(i)), d.checked, l.promises[ClassUsers], l.start):
				l.dueOfUser = append(l.dueOfUser, i)
			}
		}
	}
	return true
}

// readPeople reads details of people, of which there is time for all.
func (l *ledger) readPeople(people []int32) {
	for _, i := range people {
		l.details[i] = detail{l.people[i].shown, l.ask(forPeople)}
	}
}

// fetchDue keeps the promises as far as there is time, those of sessions and those of users in one
// queue.
func (l *ledger) fetchDue() {
	late := func(i int32) Late { return Lateness(l.details[i].checked, l.promises[ClassUsers], l.start) }
	slices.SortFunc(l.dueOfUser, func(a, b int32) int { return cmp.Or(late(a).Compare(late(b)), cmp.Compare(a, b)) })
	tasks, people := l.due, l.dueOfUser
	for n := min(len(tasks)+len(people), l.budget().Requests(l.now)); n > 0; n-- {
		if len(people) == 0 || len(tasks) > 0 && Lateness(tasks[0].Since, l.promises[tasks[0].Class], l.start).Compare(late(people[0])) <= 0 {
			l.take(tasks[0], l.ask("due: "+string(tasks[0].Class)))
			tasks = tasks[1:]
			continue
		}
		d := &l.details[people[0]]
		at := l.ask(forShare)
		l.checked[ClassUsers]++
		l.see(ClassUsers, at.Sub(d.checked))
		d.checked = at
		people = people[1:]
	}
	l.postponed = len(tasks) + len(people)
}

// stand tells at the end of the night how the promises stand.
func (l *ledger) stand() []Standing {
	all := l.promises.Stand(l.known, l.now)
	people := Standing{Class: ClassUsers, Promise: l.promises[ClassUsers]}
	for _, d := range l.details {
		if d.seen > 0 {
			people.Take(l.now.Sub(d.checked))
		}
	}
	all = append(all, people)
	limits := Promises{}
	for class, promise := range l.promises {
		limits[class] = limitOf(promise)
	}
	for _, s := range limits.Stand(l.known, l.now) {
		l.late[s.Class] += s.Beyond
	}
	l.late[ClassUsers] += people.Beyond
	looked := 0
	for i := range all {
		all[i].Checked = l.checked[all[i].Class]
		looked += all[i].Checked
		l.oldest[all[i].Class] = max(l.oldest[all[i].Class], all[i].Oldest)
	}
	once := looked // what no night like the next has to do
	if !l.settled {
		once += l.spent[forNew] + l.spent[forFeeds] + l.spent[forPeople]
	}
	Outlook(all, max(0, int(l.length.Minutes()*float64(l.perMinute))-(l.requests()-once)))
	l.settled = l.settled || l.complete
	return all
}
