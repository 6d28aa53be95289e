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
	answer    time.Duration // what a page of a list takes at least: pages are asked for one after the other
	promises  Promises
}

// A keeper knows of a population what the lake would, and spends nights on it in the order in which
// cmd/kycsync/night does, with this package's plan, budget and promises. Requests take no time but
// their turn; nothing changes at the vendor while a night lasts.
type keeper struct {
	course
	*population
	known   map[schemas.SessionID]schemas.Known
	feeds   []int    // sessions whose activity feed is due
	details []detail // by person
	absent  []int    // deleted sessions that are not proven gone
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
	worst      map[Class]time.Duration // greatest age at which a session or person was looked at again
	found      []time.Duration         // how old silent changes were when they were found
	urgent     []Task                  // not worked off
	due        []Task
	postponed  int  // due, and no time was left
	complete   bool // it came to what is due: all that is urgent, feeds and users were worked off
	standings  []Standing
	missing    map[Class]int // of those beyond their promise, how many are not listed any more
}

// A ledger keeps the account while the night lasts.
type ledger struct {
	*keeper
	account
	until time.Time
	gone  []int // sessions that were asked for and are not there
}

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
	l.account = account{start: start, now: start, spent: map[string]int{}, checked: map[Class]int{}, worst: map[Class]time.Duration{}}
	if l.complete = l.look() && l.fetchUrgent() && l.readFeeds() && l.readPeople(); l.complete {
		l.fetchDue()
		l.readFeeds()
	}
	l.standings = l.stand()
	return &l.account
}

// requests is the sum over all purposes.
func (a *account) requests() (n int) {
	for _, m := range a.spent {
		n += m
	}
	return n
}

func (l *ledger) budget() Budget { return Budget{Until: l.until, PerMinute: l.perMinute} }

// ask spends one request and returns when it is answered.
func (l *ledger) ask(purpose string) time.Time {
	l.spent[purpose]++
	l.now = l.now.Add(1 + time.Duration(float64(time.Second)/float64(pace(l.perMinute))))
	return l.now
}

// list spends requests that wait for one another, and reports whether there was time for all.
func (l *ledger) list(purpose string, n int) bool {
	for range n {
		before := l.now
		if l.ask(purpose); l.now.Sub(before) < l.answer {
			l.now = before.Add(l.answer)
		}
		if l.now.After(l.until) {
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
	if len(l.known) == 0 {
		others = 2 // no webhook log
	}
	if !l.list(forOthers, others) || !l.list(forCounts, l.counts()) ||
		!l.list(forSweep, pagesOf(perKind[schemas.UserSession], l.pageSize)+pagesOf(perKind[schemas.BusinessSession], l.pageSize)) {
		return false
	}
	for ; l.missed < len(l.deleted); l.missed++ {
		if _, ok := l.known[l.all[l.deleted[l.missed]].row.ID]; ok {
			l.absent = append(l.absent, l.deleted[l.missed])
		}
	}
	v := View{Listed: l.rows, Known: l.known, Promises: l.promises, Now: l.start}
	for _, i := range l.absent {
		v.Absent = append(v.Absent, l.known[l.all[i].row.ID])
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
	if len(l.known) == 0 {
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

// judge notes the first answer that a session does not exist, and believes the second, 20 hours later.
func (l *ledger) judge(i int) {
	k := l.known[l.all[i].row.ID]
	switch {
	case k.GoneSince.IsZero():
		k.AbsentSince, k.GoneSince = l.start, l.start
	case l.start.Sub(k.GoneSince) >= 20*time.Hour:
		k.Upstream, k.LastChecked = schemas.Deleted, l.start
		l.absent = slices.DeleteFunc(l.absent, func(j int) bool { return j == i })
	}
	l.known[k.SessionID] = k
}

// take looks at one decision.
func (l *ledger) take(t Task, at time.Time) {
	i := int(t.Number) - 1
	if t.Reason == ReasonAbsent {
		l.gone = append(l.gone, i)
		return
	}
	s := &l.all[i]
	old := l.known[t.ID]
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
	l.known[t.ID] = k
	if t.Reason == ReasonDue {
		l.checked[t.Class]++
		l.worst[t.Class] = max(l.worst[t.Class], at.Sub(old.LastChecked))
	}
	s.looked = at
	if !s.silent.IsZero() {
		l.found = append(l.found, at.Sub(s.silent))
		s.silent = time.Time{}
	}
}

// readFeeds reads the activity feeds that are due, the one longest not read first.
func (l *ledger) readFeeds() bool {
	type feed struct {
		i       int
		checked time.Time
	}
	var due []feed
	for _, i := range l.feeds {
		if k := l.known[l.all[i].row.ID]; k.AbsentSince.IsZero() {
			due = append(due, feed{i, k.ActivityChecked})
		}
	}
	slices.SortFunc(due, func(a, b feed) int { return cmp.Or(a.checked.Compare(b.checked), cmp.Compare(a.i, b.i)) })
	n := min(len(due), l.budget().Requests(l.now))
	for _, f := range due[:n] {
		k := l.known[l.all[f.i].row.ID]
		k.ActivityDue, k.ActivityChecked = false, l.ask(forFeeds)
		l.known[k.SessionID] = k
	}
	l.feeds = l.feeds[:0]
	for _, f := range due[n:] {
		l.feeds = append(l.feeds, f.i)
	}
	return len(l.feeds) == 0
}

// readPeople lists users and businesses and reads the details that changed or are due.
func (l *ledger) readPeople() bool {
	for len(l.details) < len(l.people) {
		l.details = append(l.details, detail{})
	}
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		if !l.list(forList, pagesOf(len(l.ofKind[kind]), l.pageSize)) {
			return false
		}
		var todo, due []int32
		for _, i := range l.ofKind[kind] {
			switch d := l.details[i]; {
			case d.seen != l.people[i].shown:
				todo = append(todo, i)
			case l.start.Sub(d.checked) >= Interval/2:
				due = append(due, i)
			}
		}
		changed := len(todo)
		todo = append(todo, l.dueDetails(due)...)
		n := min(len(todo), l.budget().Requests(l.now))
		for j, i := range todo[:n] {
			if j < changed {
				l.details[i] = detail{l.people[i].shown, l.ask(forPeople)}
				continue
			}
			at := l.ask(forShare)
			l.checked[ClassUsers]++
			l.worst[ClassUsers] = max(l.worst[ClassUsers], at.Sub(l.details[i].checked))
			l.details[i].checked = at
		}
		if n < len(todo) {
			return false
		}
	}
	return true
}

// dueDetails returns the details whose night it is.
func (l *ledger) dueDetails(due []int32) (tonight []int32) {
	for _, i := range due {
		if DueTonight(strconv.Itoa(int(i)), l.details[i].checked, l.promises[ClassUsers], l.start) {
			tonight = append(tonight, i)
		}
	}
	return tonight
}

// fetchDue keeps the promises as far as there is time.
func (l *ledger) fetchDue() {
	n := l.budget().Fit(l.due, l.now)
	for _, t := range l.due[:n] {
		l.take(t, l.ask("due: "+string(t.Class)))
	}
	l.postponed = len(l.due) - n
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
	looked := 0
	for i := range all {
		all[i].Checked = l.checked[all[i].Class]
		looked += all[i].Checked
	}
	Outlook(all, max(0, int(l.length.Minutes()*float64(l.perMinute))-(l.requests()-looked)))
	return all
}
