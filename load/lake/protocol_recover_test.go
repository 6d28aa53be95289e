package lake

import (
	"context"
	"fmt"
	"testing"
)

// disks are bad: commits are damaged, and recovered.
const disks = "bad disks"

// harm damages a commit. The newest is not removed: whoever has no anchor would never know.
func (s *sim) harm() {
	newest := int64(len(s.commits))
	if newest == 0 {
		return
	}
	seq := 1 + s.dice.Int64N(newest)
	name := commitName(seq)
	o, ok := s.objects[name]
	if !ok || s.ill && s.dice.IntN(4) > 0 {
		return
	}
	s.harms, s.ill = s.harms+1, true
	if seq < newest && s.dice.IntN(2) == 0 {
		delete(s.objects, name)
	} else {
		s.keep(name, o.data[:len(o.data)/2])
	}
	if s.tell != nil {
		s.tell("%s is damaged", name)
	}
}

// recovered looks at a recovery that is now there: it gives up no more than it must, and if nothing is damaged any more
// the lake is well.
func (s *sim) recovered(c *Commit) {
	whole := true
	for seq := int64(1); seq < c.Seq; seq++ {
		if s.intact(seq) {
			continue
		}
		stand, err := parseCommit(s.objects[commitName(seq)].data)
		if err != nil || stand.Kind != StandIn {
			whole = false
		}
	}
	if whole {
		s.ill = false
	}
	for seq := c.Recovery.ToSeq + 1; whole && seq < c.Seq; seq++ {
		if s.intact(seq) && s.commits[seq].PublishedSeq == seq && s.complete(s.commits[seq]) {
			s.wrong("commit %d goes back to %d, and %d is whole", c.Seq, c.Recovery.ToSeq, seq)
		}
	}
}

// complete reports whether all parts of a commit are there.
func (s *sim) complete(c *Commit) bool {
	for _, parts := range c.Tables {
		for name := range parts {
			if _, ok := s.objects[name]; !ok {
				return false
			}
		}
	}
	return true
}

// givenUp reports whether a recovery went back to before a commit, or to another of its number: where a disk lost a commit
// and, before anybody recovered, all those that tell of it, the one that a sleeping writer put there is the newest of all.
func (s *sim) givenUp(seq int64) bool {
	strayed := false
	for n := range s.filled {
		strayed = strayed || n <= seq
	}
	for _, c := range s.commits {
		if c.Kind != Recover || seq >= c.Seq {
			continue
		}
		to := s.commits[c.Recovery.ToSeq]
		if c.Recovery.ToSeq < seq || strayed && to != nil && to.SHA256 != c.Recovery.ToSHA256 {
			return true
		}
	}
	return false
}

// recover goes back to the newest commit to which the lake can be brought back.
func (p *simProc) recover(ctx context.Context) error {
	l := p.lake()
	p.step("recovers")
	if p.bugs["a lost number is used again"] {
		for seq := int64(len(p.commits)); seq > 0 && !p.intact(seq); seq-- {
			delete(p.objects, commitName(seq))
			delete(p.commits, seq)
			p.ill = false
		}
	}
	survey, err := l.Survey(ctx, nil, nil)
	if err != nil || survey.Sound() {
		return err
	}
	best, err := survey.Best(ctx)
	if err != nil || best == nil {
		return err
	}
	if p.bugs["a recovery goes back too far"] {
		if older, err := survey.Restorable(ctx, best.Commit.Seq-1); err == nil {
			best = older
		}
	}
	if p.bugs["a recovery replaces what it has not surveyed"] {
		for i := range survey.Broken {
			survey.Broken[i].found = ""
		}
	}
	_, err = l.Recover(ctx, survey, best, fmt.Sprintf("bad disk, says process %d", p.id), "")
	return err
}

// The same, and commits are damaged meanwhile and recovered, by two at once, too: what a recovery does not give up is
// still there, and it gives up no more than it must. KYCSYNC_TEST_PROTOCOL_DISKS is how many seeds are tried.
func TestProtocolWithRecovery(t *testing.T) {
	trySeeds(t, "KYCSYNC_TEST_PROTOCOL_DISKS", 20_000, map[string]bool{disks: true})
}

// The simulation finds what it is for, of recoveries, too.
func TestPlantedRecoveryBugsAreCaught(t *testing.T) {
	for i, bug := range []string{"a lost number is used again", "a recovery goes back too far", "exchange whatever is there", "a recovery replaces what it has not surveyed"} {
		if testing.Short() && i > 1 {
			break // the rest takes some 5 seconds
		}
		t.Run(bug, func(t *testing.T) {
			seed, problems := search(t, 0, 5000, map[string]bool{disks: true, bug: true})
			if problems == nil {
				t.Fatal("nobody noticed")
			}
			t.Logf("seed %d: %s", seed, problems[0])
		})
	}
}
