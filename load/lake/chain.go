package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"
)

// maxClockStep is how far the clock may lie behind the parent's before Append refuses.
const maxClockStep = time.Hour

// Head returns the newest commit. The error wraps ErrNotExist when the lake has none, and
// ErrDamaged when a commit is missing in the middle or the newest does not follow its parent.
//
// There is no object that names the head: it would have to be overwritten. The newest commit is
// the last one listed, or a later one that the listing did not show yet.
func (l *Lake) Head(ctx context.Context) (*Commit, error) {
	n, err := l.listed(ctx)
	if err != nil {
		return nil, err
	}
	var parent, head *Commit
	if n > 1 {
		if parent, err = l.must(ctx, n-1); err != nil {
			return nil, err
		}
	}
	if n > 0 {
		if head, err = l.must(ctx, n); err != nil {
			return nil, err
		}
		if err := l.link(ctx, parent, head); err != nil {
			return nil, err
		}
	}
	for {
		next, err := l.At(ctx, n+1)
		if errors.Is(err, ErrNotExist) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := l.link(ctx, head, next); err != nil {
			return nil, err
		}
		head, n = next, n+1
	}
	if head == nil {
		return nil, fmt.Errorf("newest commit of %s: there is none: %w", l.bucket.URI(), ErrNotExist)
	}
	if head.Kind == StandIn {
		return nil, l.unfinished(head.Seq)
	}
	return head, nil
}

// listed returns the number of the last commit that a listing shows, 0 if none. Objects that are
// not named like commits are passed over.
func (l *Lake) listed(ctx context.Context) (int64, error) {
	var last int64
	for name, err := range l.bucket.List(ctx, commitPrefix) {
		if err != nil {
			return 0, err
		}
		m := commitNameRE.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		seq, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return 0, err
		}
		if seq != last+1 {
			return 0, fmt.Errorf("list commits of %s: %w: %s follows commit %d, a commit is missing", l.bucket.URI(), ErrDamaged, name, last)
		}
		last = seq
	}
	return last, nil
}

// At returns commit seq. The error wraps ErrNotExist when there is none, and ErrDamaged when its
// bytes are not a commit or not that one. It does not look at its neighbours.
func (l *Lake) At(ctx context.Context, seq int64) (*Commit, error) {
	c, _, err := l.at(ctx, seq)
	return c, err
}

// at is At, and returns the SHA-256 of what is there, also where that is not the commit; empty: it was not read to
// the end.
func (l *Lake) at(ctx context.Context, seq int64) (c *Commit, sha256 string, err error) {
	name := commitName(seq)
	if seq < 1 {
		return nil, "", fmt.Errorf("read commit %d of %s: %w", seq, l.bucket.URI(), ErrNotExist)
	}
	data, err := l.read(ctx, name, maxCommitBytes)
	if err != nil {
		return nil, "", fmt.Errorf("read commit %d: %w", seq, err)
	}
	sha256 = hexSHA256(data)
	if c, err = parseCommit(data); err != nil {
		return nil, sha256, fmt.Errorf("read commit %s: %w", name, err)
	}
	if c.Seq != seq {
		return nil, sha256, fmt.Errorf("read commit %s: %w: seq is %d", name, ErrDamaged, c.Seq)
	}
	return c, sha256, nil
}

// must is At for a commit that cannot be absent.
func (l *Lake) must(ctx context.Context, seq int64) (*Commit, error) {
	c, err := l.At(ctx, seq)
	if errors.Is(err, ErrNotExist) {
		return nil, fmt.Errorf("read commit %s of %s: %w: it is missing, and later commits exist", commitName(seq), l.bucket.URI(), ErrDamaged)
	}
	return c, err
}

// link returns what keeps c from being the commit after parent; a recovery is held against what it went back to, too.
func (l *Lake) link(ctx context.Context, parent, c *Commit) error {
	if err := c.follows(parent); err != nil {
		return fmt.Errorf("check commit %s: %w: %w", commitName(c.Seq), ErrDamaged, err)
	}
	if c.Kind == Recover {
		return l.wentBack(ctx, c)
	}
	return nil
}

// Published returns the commit that the newest one names as published: what every reader follows.
// The error wraps ErrNotExist when nothing has been published.
func (l *Lake) Published(ctx context.Context) (*Commit, error) {
	head, err := l.Head(ctx)
	switch {
	case err != nil:
		return nil, err
	case head.PublishedSeq == 0:
		return nil, fmt.Errorf("published commit of %s: nothing has passed the gates yet: %w", l.bucket.URI(), ErrNotExist)
	case head.PublishedSeq == head.Seq:
		return head, nil
	}
	return l.must(ctx, head.PublishedSeq)
}

// Commits yields the commits from number from (1 or less: the first) to the newest, ascending,
// each checked against the one before it, the first one too. It ends at the first error; that of a
// gap, a broken chain or bad bytes wraps ErrDamaged and names the object.
func (l *Lake) Commits(ctx context.Context, from int64) iter.Seq2[*Commit, error] {
	return func(yield func(*Commit, error) bool) {
		last, err := l.listed(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		from = max(from, 1)
		var parent *Commit
		var lost *Commit // a stand-in whose recovery has yet to come, the latest
		if from > 1 && from <= last+1 {
			if parent, err = l.must(ctx, from-1); err != nil {
				yield(nil, err)
				return
			}
		}
		for seq := from; from <= last+1; seq++ {
			c, err := l.At(ctx, seq)
			if errors.Is(err, ErrNotExist) && seq > last {
				if lost != nil {
					yield(nil, l.unfinished(lost.Seq))
				}
				return
			}
			if errors.Is(err, ErrNotExist) {
				err = fmt.Errorf("read commit %s of %s: %w: it is missing, and later commits exist", commitName(seq), l.bucket.URI(), ErrDamaged)
			}
			if err == nil {
				err = l.link(ctx, parent, c)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(c, nil) {
				return
			}
			parent = c
			switch {
			case c.Kind == StandIn && (lost == nil || c.Lost.By > lost.Lost.By):
				lost = c
			case c.Kind == Recover && lost != nil && c.Seq >= lost.Lost.By:
				lost = nil
			}
		}
	}
}

// Append makes c the commit after parent (nil: the first of the lake). It fills Format, Seq,
// ParentSHA256, SHA256, CommittedAt where it is zero, and AddedBySeq of parts that have none.
//
// The error wraps ErrConflict when another writer's commit has that number: c's parts must then be
// written again, because their rows carry the number. It wraps ErrUnknown when the store did not
// tell whether c was stored. With any other error c was not stored.
func (l *Lake) Append(ctx context.Context, parent, c *Commit) error {
	data, err := l.complete(parent, c)
	if err != nil {
		return fmt.Errorf("append commit %d: %w", c.Seq, err)
	}
	l.step("commit.before")
	if err := errors.Join(ctx.Err(), l.fresh(c)); err != nil {
		return fmt.Errorf("append commit %d: %w", c.Seq, err)
	}
	name := commitName(c.Seq)
	if err := l.bucket.Create(ctx, name, bytes.NewReader(data)); err != nil {
		if err := l.settle(ctx, name, data, err); err != nil {
			return fmt.Errorf("append commit %d: %w", c.Seq, err)
		}
	}
	c.SHA256 = hexSHA256(data)
	l.forget(c)
	l.step("commit.created")
	return nil
}

// fresh refuses a commit whose parts have waited for it so long that Collect may take them: a machine that slept
// for days wakes up in the middle of a run.
func (l *Lake) fresh(c *Commit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, parts := range c.Tables {
		for name, p := range parts {
			born, ok := l.born[name]
			if !ok || p.AddedBySeq != c.Seq {
				continue
			}
			if age := l.now().Round(0).Sub(born); age > maxWait {
				return fmt.Errorf("part %q was stored %v ago: too long to rely on it; run again", name, age.Round(time.Minute))
			}
		}
	}
	return nil
}

// forget lets go of what a stored commit names.
func (l *Lake) forget(c *Commit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, parts := range c.Tables {
		for name := range parts {
			delete(l.born, name)
		}
	}
}

// complete fills c as the successor of parent, checks it and returns its bytes.
func (l *Lake) complete(parent, c *Commit) ([]byte, error) {
	if c.CommittedAt.IsZero() {
		c.CommittedAt = l.now()
	}
	c.CommittedAt = c.CommittedAt.UTC().Truncate(time.Microsecond)
	c.Format, c.Seq, c.ParentSHA256 = commitFormat, 1, ""
	if parent != nil {
		c.Seq, c.ParentSHA256 = parent.Seq+1, parent.SHA256
		if behind := parent.CommittedAt.Sub(c.CommittedAt); behind > maxClockStep {
			return nil, fmt.Errorf("the clock is %v behind the time of commit %d, check it", behind.Round(time.Second), parent.Seq)
		} else if behind >= 0 && c.Kind != StandIn { // what was known at the parent's time stays so
			c.CommittedAt = parent.CommittedAt.Add(time.Microsecond)
		} else if behind > 0 {
			c.CommittedAt = parent.CommittedAt
		}
	}
	for _, parts := range c.Tables {
		for name, p := range parts {
			p.Name = name
			if p.AddedBySeq == 0 {
				p.AddedBySeq = c.Seq
			}
			parts[name] = p
		}
	}
	if err := errors.Join(c.check(), c.follows(parent)); err != nil {
		return nil, err
	}
	data, err := c.marshal()
	if err != nil {
		return nil, err
	}
	if _, err := parseCommit(data); err != nil { // what cannot be read back must not be written
		return nil, err
	}
	return data, nil
}

// settle finds out what became of a commit whose creation returned cause. It looks even when ctx
// has ended, for a few seconds, because the answer decides what the caller may say.
func (l *Lake) settle(ctx context.Context, name string, data []byte, cause error) error {
	if errors.Is(cause, errNotDurable) {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	stored, err := l.read(ctx, name, maxCommitBytes)
	switch {
	case err == nil && bytes.Equal(stored, data):
		return nil
	case err == nil:
		return fmt.Errorf("%w: %q is theirs", ErrConflict, name)
	case errors.Is(err, ErrNotExist) && !errors.Is(cause, ErrUnknown):
		return cause
	case errors.Is(cause, ErrExist):
		return fmt.Errorf("%w: %w", ErrConflict, cause)
	case errors.Is(cause, ErrUnknown):
		return cause
	}
	return fmt.Errorf("%w: %w", ErrUnknown, cause)
}
