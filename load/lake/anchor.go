package lake

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// An Anchor says what a lake's newest commit was. The hash of a commit covers the one before it, and so all
// history and all its files: who keeps an anchor where the lake's administrators cannot write will know of any
// change to what was there before it.
type Anchor struct {
	LakeID      string
	Seq         int64
	SHA256      string    // hex, of the commit's bytes
	CommittedAt time.Time // UTC, as the commit says
}

// Anchor returns the anchor of a commit of l.
func (l *Lake) Anchor(c *Commit) Anchor {
	return Anchor{LakeID: l.id, Seq: c.Seq, SHA256: c.SHA256, CommittedAt: c.CommittedAt}
}

// String is the one form in which anchors are kept: a line of words.
func (a Anchor) String() string {
	return fmt.Sprintf("%s lake %s commit %d sha256 %s", a.CommittedAt.UTC().Format(time.RFC3339Nano), a.LakeID, a.Seq, a.SHA256)
}

var anchorRE = regexp.MustCompile(`^(\S+) lake ([A-Za-z0-9_-]{1,64}) commit ([1-9][0-9]{0,17}) sha256 ([0-9a-f]{64})$`)

// ParseAnchor reads a line that String made.
func ParseAnchor(line string) (Anchor, error) {
	m := anchorRE.FindStringSubmatch(line)
	if m == nil {
		return Anchor{}, errors.New("want a line such as 2026-11-20T02:31:05Z lake ABC commit 42 sha256 and 64 hex digits")
	}
	at, err := time.Parse(time.RFC3339Nano, m[1])
	if err != nil {
		return Anchor{}, fmt.Errorf("time of the anchor: %w", err)
	}
	seq, err := strconv.ParseInt(m[3], 10, 64)
	return Anchor{m[2], seq, m[4], at.UTC()}, err
}

// A ReplacedError says that the commit of an anchor was lost, and that an explicit recovery says so. It wraps
// ErrDamaged: only an anchor that was kept since tells that the recovery is the owner's own.
type ReplacedError struct {
	Anchor Anchor
	By     *Commit // of kind recover
}

// Error names the anchor, the recovery and its reason.
func (e *ReplacedError) Error() string {
	return fmt.Sprintf("%v: commit %d was anchored with sha256 %s, and was lost: commit %d of %s is an explicit recovery to commit %d (%s)", ErrDamaged, e.Anchor.Seq,
		e.Anchor.SHA256, e.By.Seq, e.By.CommittedAt.Format(time.RFC3339), e.By.Recovery.ToSeq, e.By.Recovery.Reason)
}

// Unwrap returns ErrDamaged.
func (e *ReplacedError) Unwrap() error { return ErrDamaged }

// Holds compares the lake with an anchor. The error wraps ErrDamaged where the commit is not there any more, or
// is another one, and is a *ReplacedError where that one is a stand-in; that the chain holds from there on is for
// Commits to tell.
func (l *Lake) Holds(ctx context.Context, a Anchor) error {
	if a.LakeID != l.id {
		return fmt.Errorf("anchor of commit %d: it is of lake %s, and this is %s", a.Seq, a.LakeID, l.id)
	}
	c, err := l.At(ctx, a.Seq)
	switch {
	case errors.Is(err, ErrNotExist):
		return fmt.Errorf("%w: commit %d was anchored with sha256 %s, and is not in the lake any more", ErrDamaged, a.Seq, a.SHA256)
	case err != nil:
		return err
	case c.Kind == StandIn && c.SHA256 != a.SHA256 && (c.Lost.SHA256 == "" || c.Lost.SHA256 == a.SHA256):
		return l.replaced(ctx, a, c)
	case c.SHA256 != a.SHA256:
		return fmt.Errorf("%w: commit %d was anchored with sha256 %s, and has %s now: history was rewritten", ErrDamaged, a.Seq, a.SHA256, c.SHA256)
	}
	return nil
}

// replaced finds the recovery that a stand-in belongs to.
func (l *Lake) replaced(ctx context.Context, a Anchor, standIn *Commit) error {
	for c, err := range l.Commits(ctx, standIn.Lost.By) {
		if err != nil {
			return err
		}
		if c.Kind == Recover {
			return &ReplacedError{a, c}
		}
	}
	return l.unfinished(a.Seq)
}
