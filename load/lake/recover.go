package lake

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A recovery brings a damaged lake back to an older commit. A person asks for it, and says why; nothing does it by itself.
//
// History stays what it was, and only grows. A commit that can be read keeps its object and its number, also where
// what it stored is given up. One that is damaged or missing gets a stand-in: it has that number, the live parts of
// the commit before it and nothing else, and the hash by which the commit after it goes on. So no number is used
// again for other rows, whoever may have seen the lost ones. The damaged bytes are copied aside as they are, and then
// replaced in one step: there is no moment at which a number looks free that is not. Last comes a commit of kind
// recover, after every number that anybody has seen, with the parts of the commit that was asked for; readers follow
// it. Until it is there, stand-ins count as damage. So a recovery that dies leaves a lake that is damaged or one that
// is restored, and the next one finishes it.

// A Recovery is what a commit of kind recover says of itself.
type Recovery struct {
	ToSeq    int64  `json:"to_seq"` // the commit whose parts are live again
	ToSHA256 string `json:"to_sha256"`
	Reason   string `json:"reason"` // a person's
}

// A LostCommit is what a stand-in says of the commit that had its number.
type LostCommit struct {
	Since  int64  `json:"since"`            // the last commit before it that is there; 0: none
	By     int64  `json:"by"`               // number that the recovery was to have; it has that one or a later one
	SHA256 string `json:"sha256,omitempty"` // as the commit after it, an anchor or the warehouse tells; empty: nothing does
	Kept   string `json:"kept,omitempty"`   // object that has the damaged bytes; empty: there were none
	Reason string `json:"reason"`
}

// damagedPrefix is where the bytes of damaged commits are kept, each named by its number and its hash.
const damagedPrefix = "_lake/damaged/"

const maxReason = 500 // bytes

// CheckReason returns what is wrong with the reason for a recovery, or nil.
func CheckReason(reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return errors.New("want a reason, got none")
	case len(reason) > maxReason:
		return fmt.Errorf("want a reason of at most %d bytes, got %d", maxReason, len(reason))
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
		return errors.New("want a reason in one line of text")
	}
	return nil
}

// Recover brings the lake to what r restores and returns the new commit, which readers follow. s and r must be of a
// moment ago, and no run may be at work. dir is for damaged objects on their way. Nothing is changed unless all can be
// done; running again after an error or a crash is safe.
//
// The error wraps ErrDenied or ErrUnsuitable where a damaged commit cannot be replaced, and ErrConflict where another
// writer committed meanwhile.
func (l *Lake) Recover(ctx context.Context, s *Survey, r *Restorable, reason, dir string) (*Commit, error) {
	if err := CheckReason(reason); err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	rc := &replacing{lake: l, survey: s, reason: reason, dir: dir}
	if _, err := rc.standIns(ctx, func(context.Context, Object, *Commit) error { return nil }); err != nil {
		return nil, fmt.Errorf("recover: %w; nothing was changed", err)
	}
	head, err := rc.standIns(ctx, rc.replace)
	if err != nil {
		return nil, fmt.Errorf("recover: %w; the lake says that it is damaged until kycsync recover has finished", err)
	}
	c := &Commit{Seq: s.Last + 1, PublishedSeq: s.Last + 1, Kind: Recover, RunID: l.now().UTC().Format("20060102T150405Z") + "-" + rand.Text()[:8],
		Tables: map[string]map[string]Part{}, Note: fmt.Sprintf("went back to commit %d: %s", r.Commit.Seq, reason),
		Recovery: &Recovery{r.Commit.Seq, r.Commit.SHA256, reason}}
	for table, parts := range r.Tables {
		c.Tables[table] = maps.Clone(parts)
	}
	c.Figures = map[string]int64{"stand_ins": int64(len(s.Broken)), "restored_parts": int64(r.Unmerged), "commits_since": s.Last - r.Commit.Seq}
	if err := l.Append(ctx, head, c); err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	return c, nil
}

// A replacing puts stand-ins in the place of what is not sound.
type replacing struct {
	lake   *Lake
	survey *Survey
	reason string
	dir    string
}

// standIns makes a stand-in for each commit that is not sound, the oldest first, gives it to use together with the
// object that has its name, and returns the newest commit.
func (rc *replacing) standIns(ctx context.Context, use func(context.Context, Object, *Commit) error) (head *Commit, err error) {
	l, s := rc.lake, rc.survey
	for _, b := range s.Broken {
		if head == nil || head.Seq != b.Seq-1 {
			if head, err = s.at(ctx, b.Seq-1); err != nil {
				return nil, err
			}
		}
		o, err := rc.object(ctx, b)
		if err != nil {
			return nil, err
		}
		c, err := rc.standIn(ctx, b, head)
		if err != nil {
			return nil, err
		}
		if err := use(ctx, o, c); err != nil {
			return nil, err
		}
		head = c
	}
	if head == nil || head.Seq != s.Last {
		return l.must(ctx, s.Last)
	}
	return head, nil
}

// object finds the damaged object, so that no other can be replaced. It is empty where there is none.
func (rc *replacing) object(ctx context.Context, b BrokenCommit) (found Object, err error) {
	if b.Missing {
		return found, nil
	}
	store, ok := rc.lake.bucket.(Remover)
	if !ok {
		return found, fmt.Errorf("replace commit %d of %s: %w: it cannot replace objects", b.Seq, rc.lake.bucket.URI(), ErrUnsuitable)
	}
	name := commitName(b.Seq)
	err = store.Objects(ctx, name, func(o Object) error {
		if o.Name == name {
			found = o
		}
		return nil
	})
	return found, err
}

// standIn returns the stand-in for a commit, after parent.
func (rc *replacing) standIn(ctx context.Context, b BrokenCommit, parent *Commit) (*Commit, error) {
	l, s := rc.lake, rc.survey
	c := &Commit{Kind: StandIn, RunID: fmt.Sprintf("stand-in-%d", b.Seq), CommittedAt: b.at, Tables: map[string]map[string]Part{},
		Note: fmt.Sprintf("stands in for commit %d, which was lost: %s", b.Seq, rc.reason), Lost: &LostCommit{By: s.Last + 1, SHA256: b.SHA256, Reason: rc.reason}}
	if parent != nil {
		c.CommittedAt, c.PublishedSeq, c.Lost.Since = parent.CommittedAt, parent.PublishedSeq, parent.Seq
		if parent.Kind == StandIn {
			c.Lost.Since = parent.Lost.Since
		}
		for table, parts := range parent.Tables {
			c.Tables[table] = maps.Clone(parts)
		}
	}
	if !b.Missing {
		kept, err := rc.keptName(ctx, b)
		if err != nil {
			return nil, err
		}
		c.Lost.Kept = kept
	}
	data, err := l.complete(parent, c)
	if err != nil {
		return nil, fmt.Errorf("stand-in for commit %d: %w", b.Seq, err)
	}
	c.SHA256 = hexSHA256(data)
	if s.sound(b.Seq + 1) { // what comes after it must go on from it
		after, err := l.must(ctx, b.Seq+1)
		if err == nil {
			err = after.follows(c)
		}
		if err != nil {
			return nil, fmt.Errorf("stand-in for commit %d: %w", b.Seq, err)
		}
	}
	return c, nil
}

// keptName is where the bytes of a damaged object are to be kept. They must be those that the survey found: another
// recovery may have put a stand-in in their place since, or a person the commit from a copy.
func (rc *replacing) keptName(ctx context.Context, b BrokenCommit) (string, error) {
	name, sum := commitName(b.Seq), newDigest()
	r, err := rc.lake.bucket.Open(ctx, name)
	if err != nil {
		return "", fmt.Errorf("read %q: %w", name, err)
	}
	_, err = io.Copy(sum, contextReader{ctx, r})
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("read %q: %w", name, err)
	}
	if b.found != "" && sum.sha256() != b.found {
		return "", fmt.Errorf("%w: commit %d is not what it was a moment ago", ErrConflict, b.Seq)
	}
	return damagedPrefix + strings.TrimSuffix(path.Base(name), ".json") + "-" + sum.sha256()[:32], nil
}

// replace copies the damaged bytes aside and puts the stand-in in their place.
func (rc *replacing) replace(ctx context.Context, o Object, c *Commit) error {
	data, err := c.marshal()
	if err != nil {
		return err
	}
	if c.Lost.Kept == "" {
		err = rc.lake.bucket.Create(ctx, commitName(c.Seq), bytes.NewReader(data))
	} else {
		if err := rc.keep(ctx, o.Name, c.Lost.Kept); err != nil {
			return err
		}
		rc.lake.step("recover.kept")
		err = rc.lake.bucket.(Remover).Exchange(ctx, o, bytes.NewReader(data))
	}
	if err == nil {
		rc.lake.step("recover.replaced")
	}
	return err
}

// keep copies an object under another name. Both stay.
func (rc *replacing) keep(ctx context.Context, name, kept string) (err error) {
	r, err := rc.lake.bucket.Open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.CreateTemp(rc.dir, "damaged-*")
	if err != nil {
		return fileError(err, "create")
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := io.Copy(f, contextReader{ctx, r}); err != nil {
		return fmt.Errorf("keep %q: %w", name, err)
	}
	return rc.lake.bucket.Create(ctx, kept, f)
}

// checkRecovery returns what is wrong with what a commit says of a recovery, or nil.
func (c *Commit) checkRecovery() error {
	r, lost := c.Recovery, c.Lost
	switch {
	case (r != nil) != (c.Kind == Recover) || (lost != nil) != (c.Kind == StandIn):
		return fmt.Errorf("kind %s: recovery and lost are of kinds recover and stand-in alone", c.Kind)
	case r != nil && (r.ToSeq < 1 || r.ToSeq >= c.Seq || !isSHA256(r.ToSHA256)):
		return fmt.Errorf("recovery to commit %d, want 1 to %d and its sha256", r.ToSeq, c.Seq-1)
	case r != nil && c.PublishedSeq != c.Seq:
		return fmt.Errorf("published_seq %d of a recovery, want %d", c.PublishedSeq, c.Seq)
	case lost != nil && (lost.Since < 0 || lost.Since >= c.Seq || lost.SHA256 != "" && !isSHA256(lost.SHA256)):
		return fmt.Errorf("stand-in since commit %d, want 0 to %d and a sha256 or none", lost.Since, c.Seq-1)
	case lost != nil && lost.By <= c.Seq:
		return fmt.Errorf("stand-in by commit %d, want a later one", lost.By)
	case lost != nil && lost.Kept != "" && (!strings.HasPrefix(lost.Kept, damagedPrefix) || ValidName(lost.Kept) != nil):
		return fmt.Errorf("kept as %q, want %s…", lost.Kept, damagedPrefix)
	case r != nil:
		return CheckReason(r.Reason)
	case lost != nil:
		return CheckReason(lost.Reason)
	}
	return nil
}

// standsForParentOf reports whether c is a stand-in, and next goes on from what it stands for.
func (c *Commit) standsForParentOf(next *Commit) bool {
	return c.Kind == StandIn && c.Lost.SHA256 != "" && c.Lost.SHA256 == next.ParentSHA256
}

// addsNothingTo returns what keeps a stand-in from being the one that follows parent, or nil.
func (c *Commit) addsNothingTo(parent *Commit) error {
	since := parent.Seq
	if parent.Kind == StandIn {
		since = parent.Lost.Since
	}
	if c.PublishedSeq != parent.PublishedSeq || c.Lost.Since != since {
		return fmt.Errorf("stand-in with published_seq %d since commit %d, want %d since %d", c.PublishedSeq, c.Lost.Since, parent.PublishedSeq, since)
	}
	for table := range union(c.Tables, parent.Tables) {
		if len(c.Tables[table]) != len(parent.Tables[table]) || !parent.has(table, c.InOrder(table)) {
			return fmt.Errorf("table %s has other parts in a stand-in than in commit %d", table, parent.Seq)
		}
	}
	return nil
}

// wentBack holds a recovery against the commit that it names: it has its parts, or those that one of them was merged
// of, as the commits say that brought them.
func (l *Lake) wentBack(ctx context.Context, c *Commit) error {
	fail := func(err error) error {
		return fmt.Errorf("check commit %s: %w: recovery to commit %d: %w", commitName(c.Seq), ErrDamaged, c.Recovery.ToSeq, err)
	}
	to, err := l.must(ctx, c.Recovery.ToSeq)
	switch {
	case err != nil:
		return err
	case to.Kind == StandIn: // it was lost since then, and with it the proof
		return nil
	case to.SHA256 != c.Recovery.ToSHA256:
		return fail(fmt.Errorf("sha256 is %.12s, want %.12s", to.SHA256, c.Recovery.ToSHA256))
	}
	if err := to.holdsRowsOf(c); err != nil {
		return fail(err)
	}
	brought := map[int64]*Commit{c.Recovery.ToSeq: to}
	for table, parts := range c.Tables {
		for name, p := range parts {
			from := to
			if _, ok := to.Tables[table][name]; !ok {
				if from = brought[p.AddedBySeq]; from == nil {
					if from, err = l.must(ctx, p.AddedBySeq); err != nil {
						return err
					}
					brought[p.AddedBySeq] = from
				}
			}
			if was := from.Tables[table][name]; from.Kind != StandIn && !samePart(was, p) {
				return fail(fmt.Errorf("part %q is not in commit %d, or differs", name, from.Seq))
			}
		}
	}
	return nil
}

func samePart(a, b Part) bool {
	a.Name, b.Name = "", ""
	return a == b
}

// unfinished is the error of a lake with a stand-in that no recovery follows.
func (l *Lake) unfinished(seq int64) error {
	return fmt.Errorf("commit %s of %s: %w: a recovery was begun and has not finished; kycsync recover goes on", commitName(seq), l.bucket.URI(), ErrDamaged)
}
