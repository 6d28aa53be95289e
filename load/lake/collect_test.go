package lake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kycsync/load/lake/gcstest"
)

// removers are lakes in stores that can remove, and their clock, which begins now.
func removers(t *testing.T) map[string]func(*time.Time) *Lake {
	return map[string]func(*time.Time) *Lake{
		"dir": func(clock *time.Time) *Lake { return openAt(t, t.TempDir(), clock) },
		"gcs": func(clock *time.Time) *Lake {
			server := gcstest.Start(t)
			return openAt(t, server.URI("a"), clock, server)
		},
	}
}

func openAt(t *testing.T, uri string, clock *time.Time, servers ...*gcstest.Server) *Lake {
	t.Helper()
	cfg := Config{Create: true, Now: func() time.Time { return *clock }}
	for _, s := range servers {
		cfg.GCSOptions = s.Options()
	}
	l, err := Open(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// commitPart commits one part beside the live ones, or in their place.
func commitPart(t *testing.T, l *Lake, kind CommitKind, clock time.Time) (*Commit, Part) {
	t.Helper()
	head, err := l.Head(t.Context())
	if err != nil && !errors.Is(err, ErrNotExist) {
		t.Fatal(err)
	}
	n := int64(1)
	if head != nil {
		n = head.Seq + 1
	}
	p, err := put(t, l, fmt.Sprintf("r%d", n), uint64(n), 10)
	if err != nil {
		t.Fatal(err)
	}
	c := next(head, fmt.Sprintf("r%d", n), p)
	if kind == Replay {
		c.Tables["wide"] = map[string]Part{p.Name: p}
	}
	c.Kind, c.CommittedAt, c.PublishedSeq = kind, clock, n
	if err := l.Append(t.Context(), head, c); err != nil {
		t.Fatal(err)
	}
	return c, p
}

const oneDay = 24 * time.Hour

// What nobody may need any more goes, and nothing else: not what a commit of the retained time names, not what is
// young, not what kycsync did not name.
func TestCollectionRemovesWhatNobodyNames(t *testing.T) {
	for kind, open := range removers(t) {
		t.Run(kind, func(t *testing.T) {
			clock := time.Now()
			begun := clock
			l := open(&clock)
			_, first := commitPart(t, l, Sync, clock)
			orphan, err := put(t, l, "died", 99, 5)
			if err != nil {
				t.Fatal(err)
			}
			mustCreate(t, l.Bucket(), "tables/wide/data/letter.txt", "x")
			lease, err := l.Lease(t.Context(), "retail", holder(1), nil)
			if err != nil {
				t.Fatal(err)
			}
			lease.Release(t.Context())
			clock = begun.Add(oneDay)
			_, second := commitPart(t, l, Replay, clock)

			remaining := func() (names []string) {
				for _, n := range list(t, l.Bucket(), "tables/") {
					names = append(names, strings.TrimPrefix(n, "tables/wide/data/"))
				}
				return names
			}
			collect := func(retain time.Duration, plan bool, want Collected) {
				t.Helper()
				got, err := l.Collect(t.Context(), Collection{Retain: retain, Plan: plan})
				if err != nil {
					t.Fatal(err)
				}
				got.Bytes = 0
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("want - got +\n%s", diff)
				}
			}
			collect(2*oneDay, false, Collected{Kept: 3, Foreign: 1, Retained: 2}) // all are young
			clock = begun.Add(2*oneDay + time.Hour)
			collect(90*oneDay, true, Collected{Kept: 3, Foreign: 1, Retained: 2}) // no commit is younger by two days
			_, third := commitPart(t, l, Replay, clock)
			all := remaining()
			clock = clock.Add(time.Hour)
			collect(90*oneDay, true, Collected{Parts: 1, Kept: 3, Foreign: 1, Retained: 3, Leases: 2})
			if diff := cmp.Diff(all, remaining()); diff != "" {
				t.Errorf("a plan removed something:\n%s", diff)
			}
			collect(90*oneDay, false, Collected{Parts: 1, Kept: 3, Foreign: 1, Retained: 3, Leases: 2, Fence: 4})
			if left := remaining(); len(left) != len(all)-1 || strings.Contains(strings.Join(left, " "), strings.TrimPrefix(orphan.Name, "tables/wide/data/")) {
				t.Errorf("the part of a run that died is still there: %v", left)
			}
			clock = begun.Add(40 * oneDay)
			_, fourth := commitPart(t, l, Replay, clock)
			collect(39*oneDay+time.Hour, false, Collected{Kept: 4, Foreign: 1, Retained: 5}) // the first commit was the newest at the beginning
			collect(38*oneDay, false, Collected{Kept: 4, Foreign: 1, Retained: 5})           // the second may have been stored late
			collect(38*oneDay-90*time.Minute, false, Collected{Parts: 1, Kept: 3, Foreign: 1, Retained: 4, Fence: 6})
			left := strings.Join(remaining(), " ")
			for part, want := range map[Part]bool{first: false, second: true, third: true, fourth: true} {
				if got := strings.Contains(left, strings.TrimPrefix(part.Name, "tables/wide/data/")); got != want {
					t.Errorf("%s is there: %t, want %t", part.Name, got, want)
				}
			}
			head, err := l.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if problems, err := l.Verify(t.Context(), head, Share{}, nil); err != nil || len(problems) > 0 {
				t.Error(problems, err)
			}
		})
	}
}

func TestCollectionRefuses(t *testing.T) {
	clock := time.Now()
	dir := t.TempDir()
	l := openAt(t, dir, &clock)
	if _, err := l.Collect(t.Context(), Collection{Retain: time.Hour}); err == nil || !strings.Contains(err.Error(), "want 48h0m0s or more") {
		t.Errorf("got %v", err)
	}
	if _, err := put(t, l, "died", 99, 5); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(30 * oneDay)
	if _, err := l.Collect(t.Context(), Collection{Retain: minAge}); err == nil || !strings.Contains(err.Error(), "no commit") {
		t.Errorf("without a commit: got %v", err)
	}
	commitPart(t, l, Sync, clock)
	commitPart(t, l, Sync, clock)
	before := len(list(t, l.Bucket(), "tables/"))
	flip(t, dir+"/"+commitName(1))
	if _, err := l.Collect(t.Context(), Collection{Retain: minAge}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "nothing was removed") {
		t.Errorf("with a damaged chain: got %v", err)
	}
	if after := len(list(t, l.Bucket(), "tables/")); after != before {
		t.Errorf("%d objects left of %d", after, before)
	}
}

// A clock that is a year ahead makes no commit look too old to be retained.
func TestCollectionByAWrongClockKeepsWhatIsRetained(t *testing.T) {
	clock := time.Now()
	l := openAt(t, t.TempDir(), &clock)
	for range 3 {
		commitPart(t, l, Replay, clock)
		clock = clock.Add(3 * oneDay)
	}
	clock = clock.Add(365 * oneDay)
	got, err := l.Collect(t.Context(), Collection{Retain: 90 * oneDay, Plan: true})
	if err != nil || got.Parts > 0 || got.Retained != 3 {
		t.Errorf("got %+v %v, want 3 commits retained and all of their parts", got, err)
	}
}

// A run that slept between its parts and its commit does not name what may have been collected meanwhile.
func TestPartsThatWaitedTooLongAreNotCommitted(t *testing.T) {
	clock := time.Now()
	l := openAt(t, t.TempDir(), &clock)
	p, err := put(t, l, "slept", 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	c := next(nil, "slept", p)
	clock = clock.Add(oneDay + time.Hour)
	c.CommittedAt = clock
	if err := l.Append(context.Background(), nil, c); err == nil || !strings.Contains(err.Error(), "too long to rely on it; run again") {
		t.Errorf("got %v", err)
	}
}

// What readers followed within the retained time stays, also where a compaction of a staged lake hides it.
func TestCollectionKeepsWhatReadersFollowed(t *testing.T) {
	clock := time.Now()
	begun := clock
	l := openAt(t, t.TempDir(), &clock)
	g := &growth{l: l, dir: t.TempDir()}
	rapid.Check(t, func(rt *rapid.T) {
		if g.runs > 0 {
			return
		}
		g.night(rt, true)
		g.night(rt, true)
		clock = begun.Add(oneDay)
		g.night(rt, false)
		done, err := l.Compact(t.Context(), Compaction{Dir: t.TempDir(), RunID: "c", Parts: 2})
		if err != nil || done.Commit == nil {
			rt.Fatal(done, err)
		}
		clock = begun.Add(6 * oneDay)
		readers, err := l.Published(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		g.night(rt, true)
		clock = clock.Add(time.Hour)
		if _, err := l.Collect(t.Context(), Collection{Retain: 2 * oneDay}); err != nil {
			rt.Fatal(err)
		}
		if problems, err := l.Verify(t.Context(), readers, Share{}, nil); err != nil || len(problems) > 0 {
			rt.Errorf("a reader of commit %d, which was published an hour ago: %v %v", readers.Seq, problems, err)
		}
	})
}

// A commit whose process slept between dating and storing it has only now taken the place of the one before it, whose
// parts are read until then.
func TestCollectionKeepsWhatALateCommitReplaced(t *testing.T) {
	for kind, open := range removers(t) {
		t.Run(kind, func(t *testing.T) {
			clock := time.Now()
			begun := clock
			l := open(&clock)
			first, part := commitPart(t, l, Sync, clock)
			clock = begun.Add(6 * oneDay)
			commitPart(t, l, Replay, begun.Add(3*oneDay))
			check := func(when string, want int) {
				t.Helper()
				if _, err := l.Collect(t.Context(), Collection{Retain: 2 * oneDay}); err != nil {
					t.Fatal(err)
				}
				problems, err := l.Verify(t.Context(), first, Share{}, nil)
				if err != nil || len(problems) != want {
					t.Errorf("%s: the first commit has %v %v, want %d problems", when, problems, err, want)
				}
			}
			check("as the second is stored", 0)
			commitPart(t, l, Sync, clock)
			clock = begun.Add(8*oneDay - time.Hour)
			check("when that is not yet two days ago", 0)
			clock = begun.Add(8*oneDay + time.Hour)
			commitPart(t, l, Sync, clock)
			check("when "+part.Name+" is needed by nobody", 1)
		})
	}
}

// A commit that got lost can be brought back: its parts are younger than what is left, and stay.
func TestCollectionKeepsThePartsOfALostCommit(t *testing.T) {
	clock := time.Now()
	dir := t.TempDir()
	l := openAt(t, dir, &clock)
	commitPart(t, l, Sync, clock)
	lost, _ := commitPart(t, l, Sync, clock)
	name := dir + "/" + commitName(2)
	saved := mustRead(t, name)
	remove(t, name)
	clock = clock.Add(3 * oneDay)
	if _, err := l.Collect(t.Context(), Collection{Retain: 90 * oneDay}); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, name, saved)
	if problems, err := l.Verify(t.Context(), lost, Share{}, nil); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}
