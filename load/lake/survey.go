package lake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// maxMissing is how many commits in a row may be missing. More are not lost: something is there that is no commit.
const maxMissing = 1000

// A Witness knows the hashes of commits from elsewhere: from anchors, or from the warehouse that was made of them.
type Witness struct {
	Name    string
	Commits map[int64]string // SHA-256 in hex, by number
	Sure    bool             // it speaks of this lake. Otherwise it must know a commit that is there, to be heard
}

// A Survey says what of a lake is sound.
type Survey struct {
	Last       int64          // number of the newest commit that is there, or that a witness has seen
	Broken     []BrokenCommit // ascending
	Parts      []Problem      // of the newest sound commit, and of the one that it names as published
	Unfinished bool           // a recovery was begun and has not finished
	Ignored    []string       // witnesses that know none of the commits

	lake     *Lake
	entries  []commitEntry // of commits 1 to Last
	checked  map[Part]error
	progress func(Part)
}

// A BrokenCommit is a number whose commit is missing, or is not what it was.
type BrokenCommit struct {
	Seq     int64
	Err     error // wraps ErrDamaged
	Missing bool
	SHA256  string // that it had, as far as anything tells

	at    time.Time // of the next sound commit
	found string    // SHA-256 of what is there; empty: too much to be a commit
}

// A commitEntry is what a survey keeps of a commit.
type commitEntry struct {
	sha256      string // empty: it cannot be read
	found       string // SHA-256 of what is there
	parent      string
	kind        CommitKind
	published   int64
	by          int64 // of a stand-in: the recovery that it belongs to has that number, or a later one
	at          time.Time
	application string
	run         string

	follows error // what keeps it from being the commit after the one before it, whose hash it names
	fits    bool  // it names the hash of the one before it
	witness string
	err     error // why it is not sound
	missing bool
}

// Survey reads all commits, and the parts of the newest, and says what is sound. Of two commits that do not fit each
// other the one is sound that the next commit or a witness knows; if nothing tells, neither is. progress, if not nil,
// is called after each part that was read.
func (l *Lake) Survey(ctx context.Context, witnesses []Witness, progress func(Part)) (*Survey, error) {
	s := &Survey{lake: l, checked: map[Part]error{}, progress: progress}
	if err := s.read(ctx); err != nil {
		return nil, fmt.Errorf("survey: %w", err)
	}
	if len(s.entries) == 0 {
		return s, nil
	}
	if err := s.hear(witnesses); err != nil {
		return nil, fmt.Errorf("survey: %w", err)
	}
	if err := s.judge(ctx); err != nil {
		return nil, fmt.Errorf("survey: %w", err)
	}
	if err := s.readLive(ctx); err != nil {
		return nil, fmt.Errorf("survey: %w", err)
	}
	return s, nil
}

// Sound reports whether there is nothing to recover.
func (s *Survey) Sound() bool { return len(s.Broken) == 0 && len(s.Parts) == 0 && !s.Unfinished }

// read reads the commits, each of which it holds only until the next.
func (s *Survey) read(ctx context.Context) error {
	last, err := s.lastListed(ctx)
	if err != nil {
		return err
	}
	var before *Commit
	for seq := int64(1); ; seq++ {
		c, found, err := s.lake.at(ctx, seq)
		switch {
		case errors.Is(err, ErrNotExist) && seq > last:
			s.Last = int64(len(s.entries))
			return nil
		case errors.Is(err, ErrNotExist):
			s.entries = append(s.entries, gone(seq))
		case errors.Is(err, ErrDamaged):
			s.entries = append(s.entries, commitEntry{err: err, found: found})
		case err != nil:
			return err
		default:
			e := commitEntry{sha256: c.SHA256, found: found, parent: c.ParentSHA256, kind: c.Kind, published: c.PublishedSeq, at: c.CommittedAt,
				application: c.Application, run: c.RunID, fits: true}
			if c.Kind == StandIn {
				e.by = c.Lost.By
			}
			if before != nil || seq == 1 {
				e.follows = c.follows(before)
				e.fits = seq == 1 || c.ParentSHA256 == before.SHA256 || before.standsForParentOf(c)
			}
			s.entries = append(s.entries, e)
		}
		before = c // nil after an error
	}
}

func gone(seq int64) commitEntry {
	return commitEntry{missing: true, err: fmt.Errorf("read commit %s: %w: it is missing", commitName(seq), ErrDamaged)}
}

// lastListed returns the number of the last commit that a listing shows, whatever is missing before it.
func (s *Survey) lastListed(ctx context.Context) (last int64, err error) {
	for name, err := range s.lake.bucket.List(ctx, commitPrefix) {
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
		if seq > last+maxMissing {
			return 0, fmt.Errorf("%w: %s is there, and the commits from %d on are not: move away what is no commit of this lake, then run again", ErrDamaged, name, last+1)
		}
		last = max(last, seq)
	}
	return last, nil
}

// hear takes in what witnesses know, and the numbers that they have seen.
func (s *Survey) hear(witnesses []Witness) error {
	there := len(s.entries)
	for _, w := range witnesses {
		agrees, newest := w.Sure, int64(0)
		for seq, sum := range w.Commits {
			newest = max(newest, seq)
			agrees = agrees || seq >= 1 && seq <= int64(there) && s.entries[seq-1].sha256 == sum
		}
		if !agrees {
			if len(w.Commits) > 0 {
				s.Ignored = append(s.Ignored, w.Name)
			}
			continue
		}
		if newest > int64(there)+maxMissing {
			return fmt.Errorf("%w: %s has seen commit %d, and the lake ends at %d", ErrDamaged, w.Name, newest, there)
		}
		for int64(len(s.entries)) < newest {
			s.entries = append(s.entries, gone(int64(len(s.entries))+1))
		}
		for seq, sum := range w.Commits {
			if seq < 1 {
				continue
			}
			if e := &s.entries[seq-1]; e.witness == "" || e.witness != e.sha256 {
				e.witness = sum
			}
		}
	}
	s.Last = int64(len(s.entries))
	return nil
}

// judge decides which commits are sound.
func (s *Survey) judge(ctx context.Context) error {
	for i := range s.entries {
		if i > 0 {
			s.compare(i)
		}
	}
	for i := range s.entries {
		e := &s.entries[i]
		if e.err == nil && e.kind != StandIn && e.witness != "" && e.witness != e.sha256 && !s.known(i) {
			e.err = fmt.Errorf("commit %s: %w: its sha256 is %.12s, and was %.12s", commitName(int64(i+1)), ErrDamaged, e.sha256, e.witness)
		}
	}
	if err := s.findStrangers(ctx); err != nil {
		return err
	}
	by := int64(0)
	for i, e := range s.entries {
		if err := s.judgeRecovery(ctx, i); err != nil {
			return err
		}
		switch {
		case e.err == nil && e.kind == StandIn:
			by = max(by, e.by)
		case s.sound(int64(i+1)) && e.kind == Recover && int64(i+1) >= by:
			by = 0
		}
	}
	s.Unfinished = by > 0
	s.list()
	return nil
}

// compare holds a commit against the one before it.
func (s *Survey) compare(i int) {
	e, before := &s.entries[i], &s.entries[i-1]
	if e.sha256 == "" || before.sha256 == "" || e.follows == nil {
		return
	}
	err := fmt.Errorf("check commit %s: %w: %w", commitName(int64(i+1)), ErrDamaged, e.follows)
	if e.fits { // the chain holds, and what it says of the parts cannot be
		e.err = err
		return
	}
	known, knownBefore := s.known(i), before.witness == before.sha256
	if !known || knownBefore {
		e.err = err
	}
	if !knownBefore {
		before.err = fmt.Errorf("check commit %s: %w: commit %d was made after one with another sha256", commitName(int64(i)), ErrDamaged, i+1)
	}
}

// known reports whether the next commit goes on from a commit, or a witness knows it.
func (s *Survey) known(i int) bool {
	e := &s.entries[i]
	if e.witness == e.sha256 {
		return true
	}
	return i+1 < len(s.entries) && s.entries[i+1].sha256 != "" && s.entries[i+1].fits
}

// judgeRecovery holds a recovery against what it went back to, unless that is not sound itself.
func (s *Survey) judgeRecovery(ctx context.Context, i int) error {
	e := &s.entries[i]
	if e.kind != Recover || e.err != nil {
		return nil
	}
	c, err := s.lake.must(ctx, int64(i+1))
	if err != nil {
		return err
	}
	if !s.sound(c.Recovery.ToSeq) {
		return nil
	}
	err = s.lake.wentBack(ctx, c)
	if errors.Is(err, ErrDamaged) {
		e.err, err = err, nil
	}
	return err
}

// list fills Broken.
func (s *Survey) list() {
	next := commitEntry{}
	for i := len(s.entries) - 1; i >= 0; i-- {
		e := s.entries[i]
		if e.err == nil {
			next = e
			continue
		}
		b := BrokenCommit{Seq: int64(i + 1), Err: e.err, Missing: e.missing, SHA256: e.witness, at: next.at, found: e.found}
		if i+1 < len(s.entries) && s.entries[i+1].err == nil {
			b.SHA256 = next.parent
		}
		s.Broken = append(s.Broken, b)
	}
	slices.Reverse(s.Broken)
}

// sound reports whether a commit is there and what it was.
func (s *Survey) sound(seq int64) bool {
	return seq >= 1 && seq <= int64(len(s.entries)) && s.entries[seq-1].err == nil
}

// newest returns the number of the newest sound commit that is no stand-in, 0 if there is none.
func (s *Survey) newest() int64 {
	for seq := s.Last; seq > 0; seq-- {
		if s.sound(seq) && s.entries[seq-1].kind != StandIn {
			return seq
		}
	}
	return 0
}

// Newest returns the newest sound commit that is no stand-in, nil if there is none.
func (s *Survey) Newest(ctx context.Context) (*Commit, error) { return s.at(ctx, s.newest()) }

// at returns a commit that the survey found sound, nil for number 0.
func (s *Survey) at(ctx context.Context, seq int64) (*Commit, error) {
	if seq == 0 {
		return nil, nil
	}
	c, err := s.lake.must(ctx, seq)
	if err == nil && c.SHA256 != s.entries[seq-1].sha256 {
		err = fmt.Errorf("%w: commit %d is not what it was a moment ago", ErrConflict, seq)
	}
	return c, err
}

// readLive reads the parts that a run or a reader would read next.
func (s *Survey) readLive(ctx context.Context) error {
	seqs := []int64{s.newest()}
	if seqs[0] > 0 {
		seqs = append(seqs, s.entries[seqs[0]-1].published)
	}
	told := map[string]bool{}
	for _, seq := range slices.Compact(seqs) {
		if !s.sound(seq) {
			continue // it has no parts, or is told among the commits
		}
		c, err := s.at(ctx, seq)
		if err != nil {
			return err
		}
		for _, table := range sortedKeys(c.Tables) {
			for _, p := range c.InOrder(table) {
				damage, err := s.check(ctx, p)
				if err != nil {
					return err
				}
				if damage != nil && !told[p.Name] {
					told[p.Name] = true
					s.Parts = append(s.Parts, Problem{Table: table, Part: p, Err: fmt.Errorf("part %q: %w", p.Name, damage)})
				}
			}
		}
	}
	return nil
}

// check reads a part once. err says that it could not be looked at.
func (s *Survey) check(ctx context.Context, p Part) (damage, err error) {
	key := p
	key.AddedBySeq, key.FirstSeq, key.LastSeq = 0, 0, 0
	damage, done := s.checked[key]
	if done {
		return damage, nil
	}
	damage = s.lake.check(ctx, p)
	if damage != nil && !errors.Is(damage, ErrDamaged) {
		return nil, fmt.Errorf("read part %q: %w", p.Name, damage)
	}
	s.checked[key] = damage
	if s.progress != nil {
		s.progress(p)
	}
	return damage, nil
}

// Applications returns the names that have committed, in order: whose runs must be at rest.
func (s *Survey) Applications() (names []string) {
	for _, e := range s.entries {
		if e.application != "" && !slices.Contains(names, e.application) {
			names = append(names, e.application)
		}
	}
	slices.Sort(names)
	return names
}
