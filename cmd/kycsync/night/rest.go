package night

import (
	"context"
	"errors"
	"slices"
	"time"

	"kycsync/extract"
)

// rest asks for activity feeds, details of users and what is due: first for the feeds and users that
// changed, then for those never read and for what is due. If there is no time for all of these each gets a
// half, so that what a first sync leaves does not put off the promises, nor they it.
func (r *run) rest(ctx, limited context.Context, due []extract.Task) error {
	var users []*entityList
	defer func() {
		for _, l := range users {
			l.close()
		}
	}()
	feeds, unreadFeeds := r.dueFeeds()
	r.behind = len(feeds) + len(unreadFeeds) + 1 // the lists
	if !r.ranged() {
		var err error
		if users, err = r.listUsers(limited); err != nil {
			return err
		}
		users = append(users, r.transactions) // what the sessions left them no time for
		r.transactions = nil
	}
	changed, unread, again := 0, 0, len(due)
	for _, l := range users {
		changed, unread, again = changed+len(l.changed), unread+len(l.unread), again+len(l.due)
	}
	r.behind += changed + unread - 1
	if err := r.readActivity(ctx, limited, feeds); err != nil {
		return err
	}
	r.behind -= len(feeds)
	for _, l := range users {
		if err := r.readDetails(ctx, limited, l, l.changed); err != nil {
			return err
		}
		r.behind -= len(l.changed)
	}
	news, _ := extract.Share(r.budget().Requests(time.Now()), len(unreadFeeds)+unread, again)
	forFeeds, forDetails := extract.Share(news, len(unreadFeeds), unread)
	if err := r.readActivity(ctx, limited, unreadFeeds[:forFeeds]); err != nil {
		return err
	}
	r.behind -= forFeeds
	r.firstReads += int64(forFeeds)
	for _, l := range users {
		n := min(forDetails, len(l.unread))
		if err := r.readDetails(ctx, limited, l, l.unread[:n]); err != nil {
			return err
		}
		forDetails, r.behind, r.firstReads = forDetails-n, r.behind-n, r.firstReads+int64(n)
	}
	return r.readDue(ctx, limited, due, users)
}

// readDue looks again at what the promises ask for, and reads the feeds of what that found as far as
// the budget allows; the others are the first of the next night.
func (r *run) readDue(ctx, limited context.Context, due []extract.Task, users []*entityList) error {
	due = r.fitDue(due, users)
	looks, before := len(due), r.Fetched+r.Details
	for _, l := range users {
		looks += len(l.due)
	}
	const turns = 8 // in which sessions and users take turns, so that a slow night is short of both
	for turn := range turns {
		part := func(n int) (from, to int) { return turn * n / turns, (turn + 1) * n / turns }
		from, to := part(len(due))
		err := r.fetch(ctx, limited, due[from:to])
		for _, l := range users {
			if err == nil {
				from, to = part(len(l.due))
				err = r.readDetails(ctx, limited, l, l.due[from:to])
			}
		}
		if err == nil {
			continue
		}
		if !spent(ctx, limited, err) || r.behind > 0 {
			return err
		}
		r.NotDue += int64(looks) - (r.Fetched + r.Details - before) // slower than the pace: it waits like what did not fit
		return nil
	}
	if r.behind > 0 {
		return errSpent
	}
	feeds, unread := r.dueFeeds()
	feeds = append(feeds, unread...)
	if err := r.readActivity(ctx, limited, feeds); !spent(ctx, limited, err) {
		return err
	}
	return nil
}

// spent reports whether an error is that the requests or the time of the night are over.
func spent(ctx, limited context.Context, err error) bool {
	return errors.Is(err, errSpent) || err != nil && ctx.Err() == nil && limited.Err() != nil
}

// fitDue cuts what is due, sessions and users alike, to what the budget leaves: the latest come first.
func (r *run) fitDue(due []extract.Task, users []*entityList) []extract.Task {
	type turn struct {
		extract.Late
		of int // which of the queues, each of which is in order: that of sessions, or of a list
	}
	var queue []turn
	for _, t := range due {
		queue = append(queue, turn{extract.Lateness(t.Since, r.Promises[t.Class], r.StartedAt), 0})
	}
	for i, l := range users {
		for _, t := range l.due {
			queue = append(queue, turn{extract.Lateness(t.checked, r.Promises[extract.ClassUsers], r.StartedAt), i + 1})
		}
	}
	fits := min(len(queue), r.budget().Requests(time.Now()))
	r.NotDue = int64(len(queue) - fits) // their promise says how many nights they will wait
	slices.SortStableFunc(queue, func(a, b turn) int { return a.Compare(b.Late) })
	taken := make([]int, len(users)+1)
	for _, t := range queue[:fits] {
		taken[t.of]++
	}
	for i, l := range users {
		l.due = l.due[:taken[i+1]]
	}
	return due[:taken[0]]
}
