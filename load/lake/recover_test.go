package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kycsync/load/lake/gcstest"
)

const why = "disk of 3 May"

// A past is a lake of a few nights, in a store that can be damaged.
type past struct {
	l    *Lake
	dir  string                                        // for downloads and spooled parts
	hurt func(name string, change func([]byte) []byte) // nil removes
}

// pastIn returns a lake of n published nights.
func pastIn(t *testing.T, uri string, n int, servers ...*gcstest.Server) *past {
	t.Helper()
	cfg := Config{Create: true, Now: func() time.Time { return testTime }}
	for _, s := range servers {
		cfg.GCSOptions = s.Options()
	}
	l, err := Open(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &past{l: l, dir: t.TempDir()}
	p.hurt = func(name string, change func([]byte) []byte) { alter(t, l.Bucket().(Remover), name, change) }
	for range n {
		if err := night(t.Context(), l, p.dir); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// copyOf is a copy of the lake in a directory.
func copyOf(t *testing.T, base string) (p *past, dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), dir, Config{Now: func() time.Time { return testTime }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p = &past{l: l, dir: t.TempDir()}
	p.hurt = func(name string, change func([]byte) []byte) {
		name = filepath.Join(dir, name)
		now := change(mustRead(t, name))
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if now != nil {
			mustWrite(t, name, now)
		}
	}
	return p, dir
}

// alter puts other bytes in the place of an object's; nil removes it.
func alter(t *testing.T, store Remover, name string, change func([]byte) []byte) {
	t.Helper()
	r, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	err = store.Objects(t.Context(), name, func(o Object) error {
		if now := change(data); now != nil {
			return store.Exchange(t.Context(), o, strings.NewReader(string(now)))
		}
		return store.Remove(t.Context(), o)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func gone1([]byte) []byte     { return nil }
func torn(b []byte) []byte    { return b[:len(b)/2] }
func flipped(b []byte) []byte { b[len(b)/2] ^= 1; return b }

// figure alters a commit so that it can still be read.
func figure(b []byte) []byte {
	return []byte(strings.Replace(string(b), `"published_seq"`, ` "published_seq"`, 1))
}

// partOf returns the name of the part that a night brought.
func (p *past) partOf(t *testing.T, seq int64) string {
	t.Helper()
	c, err := p.l.At(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range c.Tables["wide"] {
		if part.AddedBySeq == seq {
			return name
		}
	}
	t.Fatalf("commit %d brought no part", seq)
	return ""
}

// hashesOf returns the hashes of all commits, and then those of the live parts, in the order in which they came.
func (p *past) hashesOf(t *testing.T) (commits, parts []string) {
	t.Helper()
	var head *Commit
	for c, err := range p.l.Commits(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		commits, head = append(commits, c.SHA256), c
	}
	for _, part := range head.InOrder("wide") {
		parts = append(parts, part.SHA256)
	}
	return commits, parts
}

// found reads the lake as verify does, and its newest commit as a run does.
func (p *past) found(t *testing.T) error {
	t.Helper()
	head, err := p.l.Head(t.Context())
	if err != nil {
		return err
	}
	for _, err := range p.l.Commits(t.Context(), 1) {
		if err != nil {
			return err
		}
	}
	problems, err := p.l.Verify(t.Context(), head, Share{}, nil)
	for _, problem := range problems {
		err = errors.Join(err, problem.Err)
	}
	return err
}

// recover goes back to the newest commit that can be restored, or to seq.
func (p *past) recover(ctx context.Context, seq int64, witnesses ...Witness) (*Survey, *Commit, error) {
	s, err := p.l.Survey(ctx, witnesses, nil)
	if err != nil || s.Sound() {
		return s, nil, err
	}
	r, err := s.Best(ctx)
	if err == nil && seq > 0 {
		r, err = s.Restorable(ctx, seq)
	}
	if err != nil || r == nil {
		return s, nil, err
	}
	c, err := p.l.Recover(ctx, s, r, why, p.dir)
	return s, c, err
}

func brokenSeqs(s *Survey) (seqs []int64) {
	for _, b := range s.Broken {
		seqs = append(seqs, b.Seq)
	}
	return seqs
}

func TestRecoveryGoesBackAsFarAsItMust(t *testing.T) {
	const nights = 6
	type harms map[int64]func([]byte) []byte
	tests := []struct {
		name    string
		commits harms // by number
		parts   harms // that the commit brought
		to      int64
		witness string  // knows the hashes: "all", or "other" of another lake; of commits as they were
		lost    []int64 // commits that get a stand-in
		back    int64   // commit whose parts are live again; 0: none can be restored
		refused string  // of the error
	}{
		{name: "nothing"},
		{name: "newest part", parts: harms{6: flipped}, back: 5},
		{name: "newest part gone", parts: harms{6: gone1}, back: 5},
		{name: "a part of the middle", parts: harms{3: torn}, back: 2},
		{name: "two parts", parts: harms{5: torn, 3: flipped}, back: 2},
		{name: "further back than it must", parts: harms{6: torn}, to: 3, back: 3},
		{name: "first part", parts: harms{1: torn}},
		{name: "newest commit torn", commits: harms{6: torn}, lost: []int64{6}, back: 5},
		{name: "newest commit altered, and nobody knows", commits: harms{6: figure}},
		{name: "newest commit altered, and a witness knows", commits: harms{6: figure}, witness: "all", lost: []int64{6}, back: 5},
		{name: "a witness of another lake", commits: harms{6: torn}, witness: "other", lost: []int64{6}, back: 5},
		{name: "newest commit gone, and a witness knows", commits: harms{6: gone1}, witness: "all", lost: []int64{6}, back: 5},
		{name: "the newest three gone, and a witness knows", commits: harms{4: gone1, 5: gone1, 6: gone1}, witness: "all", lost: []int64{4, 5, 6}, back: 3},
		{name: "a commit of the middle torn", commits: harms{3: torn}, lost: []int64{3}, back: 6},
		{name: "a commit of the middle gone", commits: harms{3: gone1}, lost: []int64{3}, back: 6},
		{name: "a commit of the middle altered", commits: harms{3: figure}, lost: []int64{3}, back: 6},
		{name: "the last but one altered, and nobody knows", commits: harms{5: figure}, lost: []int64{5, 6}, back: 4},
		{name: "the last but one altered, and a witness knows", commits: harms{5: figure}, witness: "all", lost: []int64{5}, back: 6},
		{name: "the last two altered, and a witness knows", commits: harms{5: figure, 6: figure}, witness: "all", lost: []int64{5, 6}, back: 4},
		{name: "first commit torn", commits: harms{1: torn}, lost: []int64{1}, back: 6},
		{name: "two neighbours torn", commits: harms{3: torn, 4: gone1}, lost: []int64{3, 4}, back: 6},
		{name: "commits here and there", commits: harms{1: torn, 3: gone1, 6: torn}, lost: []int64{1, 3, 6}, back: 5},
		{name: "all commits but one", commits: harms{1: torn, 2: torn, 4: torn, 5: torn, 6: gone1}, witness: "all", lost: []int64{1, 2, 4, 5, 6}, back: 3},
		{name: "all commits", commits: harms{1: torn, 2: torn, 3: torn, 4: torn, 5: torn, 6: torn}},
		{name: "a commit and a part", commits: harms{4: torn}, parts: harms{6: gone1}, lost: []int64{4}, back: 5},
		{name: "a commit and the part of one before it", commits: harms{4: torn}, parts: harms{3: gone1}, lost: []int64{4}, back: 2},
		{name: "to one that is damaged", parts: harms{4: torn}, to: 5, refused: "commit 5 cannot be restored: 1 of its parts are damaged or missing"},
		{name: "to one that is lost", commits: harms{4: torn}, to: 4, refused: "commit 4 cannot be restored"},
		{name: "to one that is not there", parts: harms{4: torn}, to: 7, refused: "commit 7 cannot be restored: the lake has commits 1 to 6"},
	}
	base := t.TempDir()
	pastIn(t, base, nights)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, _ := copyOf(t, base)
			commits, parts := p.hashesOf(t)
			witness := Witness{Name: "test", Commits: map[int64]string{}}
			for i, sum := range commits {
				if tc.witness == "other" {
					sum = strings.Repeat("0", 64)
				}
				if tc.witness != "" {
					witness.Commits[int64(i+1)] = sum
				}
			}
			for seq, harm := range tc.parts {
				p.hurt(p.partOf(t, seq), harm)
			}
			for seq, harm := range tc.commits {
				p.hurt(commitName(seq), harm)
			}
			s, c, err := p.recover(t.Context(), tc.to, witness)
			if tc.refused != "" {
				if !errors.Is(err, ErrNotRestorable) || !strings.Contains(err.Error(), tc.refused) {
					t.Fatalf("got %v, want %s", err, tc.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if (c == nil) != (tc.back == 0) {
				t.Fatalf("got commit %+v, want one that goes back to %d", c, tc.back)
			}
			if tc.back == 0 {
				return
			}
			if diff := cmp.Diff(tc.lost, brokenSeqs(s)); diff != "" {
				t.Errorf("lost: want - got +\n%s", diff)
			}
			if c.Seq != nights+1 || c.PublishedSeq != c.Seq || c.Recovery.ToSeq != tc.back || !strings.Contains(c.Note, why) {
				t.Errorf("got commit %+v", c)
			}
			if err := p.found(t); err != nil {
				t.Fatalf("afterwards: %v", err)
			}
			after, live := p.hashesOf(t)
			if diff := cmp.Diff(parts[:tc.back], live); diff != "" {
				t.Errorf("live parts: want - got +\n%s", diff)
			}
			for i, sum := range commits {
				if lost := slices.Contains(tc.lost, int64(i+1)); lost == (after[i] == sum) {
					t.Errorf("commit %d: lost is %t, and its hash was %.8s and is %.8s", i+1, lost, sum, after[i])
				}
			}
			if s, c, err := p.recover(t.Context(), 0, witness); err != nil || c != nil || !s.Sound() {
				t.Errorf("again: got %+v, %v", c, err)
			}
			if err := night(t.Context(), p.l, p.dir); err != nil { // and life goes on
				t.Fatal(err)
			}
			if err := p.found(t); err != nil {
				t.Error(err)
			}
		})
	}
}

// The commit before a stand-in may be lost as well, later. What it brought stands in the stand-in, and in nothing else.
func TestRecoveryOfTheCommitBeforeAStandIn(t *testing.T) {
	for name, harm := range map[string]func([]byte) []byte{"torn": torn, "gone": gone1} {
		t.Run(name, func(t *testing.T) {
			p := pastIn(t, t.TempDir(), 3)
			p.hurt(commitName(3), torn)
			if _, c, err := p.recover(t.Context(), 0); err != nil || c.Recovery.ToSeq != 2 {
				t.Fatalf("got %+v, %v", c, err)
			}
			if err := night(t.Context(), p.l, p.dir); err != nil {
				t.Fatal(err)
			}
			_, want := p.hashesOf(t)
			p.hurt(commitName(2), harm)
			_, c, err := p.recover(t.Context(), 0)
			if err != nil || c.Recovery.ToSeq != 5 {
				t.Fatalf("got %+v, %v", c, err)
			}
			if err := p.found(t); err != nil {
				t.Fatal(err)
			}
			_, live := p.hashesOf(t)
			if diff := cmp.Diff(want, live); diff != "" {
				t.Errorf("live parts: want - got +\n%s", diff)
			}
		})
	}
}

// A writer that slept while the disk lost two commits stores its own under the number of the first. The later ones did
// not go on from it: it gives way, and what it was is kept. Unless somebody has seen it: then a person must decide.
func TestRecoveryOfAStrangersNumber(t *testing.T) {
	for _, tt := range []struct {
		name   string
		seen   bool
		broken []int64
	}{{"nobody has seen it", false, []int64{2, 3}}, {"a witness has", true, []int64{3}}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			p := pastIn(t, dir, 1)
			sleeper, other := copyOf(t, dir)
			if err := night(t.Context(), sleeper.l, sleeper.dir); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if err := night(t.Context(), p.l, p.dir); err != nil {
					t.Fatal(err)
				}
			}
			_, want := p.hashesOf(t)
			stranger := mustRead(t, filepath.Join(other, commitName(2)))
			p.hurt(commitName(2), func([]byte) []byte { return stranger })
			p.hurt(commitName(3), gone1)
			var witnesses []Witness
			if tt.seen {
				witnesses = []Witness{{Name: "anchor", Sure: true, Commits: map[int64]string{2: hexSHA256(stranger)}}}
			}
			s, c, err := p.recover(t.Context(), 0, witnesses...)
			if diff := cmp.Diff(tt.broken, brokenSeqs(s)); diff != "" {
				t.Errorf("broken: want - got +\n%s", diff)
			}
			if tt.seen {
				if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
					t.Errorf("got %v", err)
				}
				if !slices.Equal(stranger, mustRead(t, filepath.Join(dir, commitName(2)))) {
					t.Error("the commit that was seen is not there any more")
				}
				return
			}
			if err != nil || c.Recovery.ToSeq != 4 {
				t.Fatalf("got %+v, %v", c, err)
			}
			if err := p.found(t); err != nil {
				t.Fatal(err)
			}
			if _, live := p.hashesOf(t); !slices.Equal(want, live) {
				t.Errorf("live parts: want %v, got %v", want, live)
			}
			stand, err := p.l.At(t.Context(), 2)
			if err != nil || stand.Kind != StandIn || !slices.Equal(stranger, mustRead(t, filepath.Join(dir, stand.Lost.Kept))) {
				t.Errorf("got %+v, %v", stand, err)
			}
		})
	}
}

// What was put in the place of a damaged commit since the survey stays, whoever did it: here another recovery.
func TestRecoveryReplacesNothingButWhatItSurveyed(t *testing.T) {
	p := pastIn(t, t.TempDir(), 3)
	p.hurt(commitName(3), torn)
	s, err := p.l.Survey(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Best(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.recover(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	want, _ := p.hashesOf(t)
	if _, err := p.l.Recover(t.Context(), s, r, "somebody else", p.dir); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "not what it was a moment ago; nothing was changed") {
		t.Errorf("got %v", err)
	}
	if err := p.found(t); err != nil {
		t.Fatal(err)
	}
	got, _ := p.hashesOf(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commits: want - got +\n%s", diff)
	}
}

func TestRecoveryKeepsTheDamagedBytes(t *testing.T) {
	server := gcstest.Start(t)
	for kind, open := range map[string]func() *past{
		"dir": func() *past { return pastIn(t, t.TempDir(), 3) },
		"gcs": func() *past { return pastIn(t, server.URI("a"), 3, server) },
	} {
		t.Run(kind, func(t *testing.T) {
			p := open()
			var want []byte
			p.hurt(commitName(2), func(b []byte) []byte { want = torn(b); return want })
			p.hurt(commitName(3), gone1)
			_, c, err := p.recover(t.Context(), 0, Witness{"an anchor", map[int64]string{3: strings.Repeat("a", 64)}, true})
			if err != nil || c.Seq != 4 || c.Recovery.ToSeq != 1 {
				t.Fatalf("got %+v, %v", c, err)
			}
			lost, err := p.l.At(t.Context(), 2)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.l.read(t.Context(), lost.Lost.Kept, 1<<20)
			if err != nil || string(got) != string(want) {
				t.Errorf("kept %d bytes, %v, want %d", len(got), err, len(want))
			}
			if lost, err = p.l.At(t.Context(), 3); err != nil || lost.Lost.Kept != "" || lost.Lost.SHA256 != strings.Repeat("a", 64) {
				t.Errorf("got %+v, %v", lost, err)
			}
			if err := p.found(t); err != nil {
				t.Error(err)
			}
		})
	}
}

func hashOf(t *testing.T, l *Lake, seq int64) string {
	t.Helper()
	c, err := l.At(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	return c.SHA256
}

// An account that may not delete can restore where parts alone are damaged; where a commit is, the permission that it
// lacks is named, and nothing that was there is another.
func TestRecoveryWithoutThePermissionToDelete(t *testing.T) {
	server := gcstest.Start(t)
	p := pastIn(t, server.URI("a"), 3, server)
	p.hurt(p.partOf(t, 3), torn)
	server.Faults = func(r *http.Request) gcstest.Fault {
		if match := r.URL.Query().Get("ifGenerationMatch"); r.Method == http.MethodDelete || match != "" && match != "0" {
			return gcstest.Refuse
		}
		return gcstest.None
	}
	if _, c, err := p.recover(t.Context(), 0); err != nil || c.Recovery.ToSeq != 2 {
		t.Fatalf("got %+v, %v", c, err)
	}
	refuse := server.Faults
	server.Faults = nil
	p.hurt(commitName(4), torn)
	want := server.Objects(t)
	server.Faults = refuse
	_, _, err := p.recover(t.Context(), 0)
	if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "storage.objects.delete") {
		t.Fatalf("got %v, want the permission", err)
	}
	if got := server.Objects(t); len(got) != len(want)+1 { // a copy of the damaged bytes
		t.Errorf("got %q, want one more than %q", got, want)
	}
	server.Faults = nil
	if _, c, err := p.recover(t.Context(), 0); err != nil || c.Seq != 5 || c.Recovery.ToSeq != 2 {
		t.Fatalf("got %+v, %v", c, err)
	}
	if err := p.found(t); err != nil {
		t.Error(err)
	}
}

// A run that commits meanwhile wins, and the recovery changes nothing of it.
func TestRecoveryBesideARun(t *testing.T) {
	p := pastIn(t, t.TempDir(), 3)
	p.hurt(p.partOf(t, 3), torn)
	s, err := p.l.Survey(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Best(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := night(t.Context(), p.l, p.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := p.l.Recover(t.Context(), s, r, why, p.dir); !errors.Is(err, ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if head, err := p.l.Head(t.Context()); err != nil || head.Seq != 4 || head.Kind != Sync {
		t.Errorf("got %+v, %v", head, err)
	}
}

// An anchor of what was lost is answered by the recovery that says so; one of what is there still holds.
func TestRecoveryIsNamedToAnchors(t *testing.T) {
	p := pastIn(t, t.TempDir(), 4)
	var anchors []Anchor
	for c, err := range p.l.Commits(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		anchors = append(anchors, p.l.Anchor(c))
	}
	p.hurt(commitName(2), torn)
	p.hurt(commitName(4), torn)
	if _, _, err := p.recover(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	for i, replaced := range []bool{false, true, false, true} {
		err := p.l.Holds(t.Context(), anchors[i])
		var by *ReplacedError
		if errors.As(err, &by) != replaced || (err != nil) != replaced {
			t.Errorf("anchor of commit %d: %v", i+1, err)
		}
		if replaced && (by.By.Seq != 5 || by.By.Recovery.ToSeq != 3 || !strings.Contains(err.Error(), why)) {
			t.Errorf("anchor of commit %d: %v", i+1, err)
		}
	}
	other := anchors[1]
	other.SHA256 = strings.Repeat("b", 64)
	var by *ReplacedError
	if err := p.l.Holds(t.Context(), other); !errors.Is(err, ErrDamaged) || errors.As(err, &by) {
		t.Errorf("an anchor of neither: %v", err)
	}
}

// A recovery that says what is not so is no recovery.
func TestForgedRecoveryIsDamage(t *testing.T) {
	for name, forge := range map[string]func(c *Commit, parts []Part){
		"parts of another commit": func(c *Commit, parts []Part) { delete(c.Tables["wide"], parts[0].Name) },
		"a part more":             func(c *Commit, parts []Part) { c.Tables["wide"][parts[2].Name] = parts[2] },
		"a part that nobody brought": func(c *Commit, parts []Part) {
			forged := parts[1]
			forged.Name = strings.Replace(forged.Name, "-000-", "-001-", 1)
			delete(c.Tables["wide"], parts[1].Name)
			c.Tables["wide"][forged.Name] = forged
		},
		"another hash":        func(c *Commit, _ []Part) { c.Recovery.ToSHA256 = strings.Repeat("a", 64) },
		"a commit of its own": func(c *Commit, _ []Part) { c.Recovery.ToSeq = 3 },
	} {
		p := pastIn(t, t.TempDir(), 3)
		head, err := p.l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := newCommit("forged")
		c.Kind, c.PublishedSeq, c.Recovery = Recover, 4, &Recovery{2, hashOf(t, p.l, 2), why}
		c.Tables["wide"] = map[string]Part{}
		parts := head.InOrder("wide")
		for _, part := range parts[:2] {
			c.Tables["wide"][part.Name] = part
		}
		forge(c, parts)
		if err := p.l.Append(t.Context(), head, c); err != nil {
			t.Fatal(name, err)
		}
		var found error // by who follows the chain, without a look at the parts
		for _, err := range p.l.Commits(t.Context(), 1) {
			found = errors.Join(found, err)
		}
		if !errors.Is(found, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, found)
		}
		if _, err := p.l.Head(t.Context()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: the newest commit: got %v, want ErrDamaged", name, err)
		}
	}
}

// A damaged part that was merged of others gives way to these, and nothing is lost.
func TestRecoveryUndoesAMergeWhosePartIsDamaged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		l, err := Open(context.Background(), dir, Config{Create: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		g := &growth{l: l, dir: t.TempDir()}
		for range rapid.IntRange(2, 4).Draw(rt, "nights") {
			g.night(rt, true)
		}
		merged, err := l.Compact(context.Background(), Compaction{Dir: g.dir, RunID: "c1", Parts: 2})
		if err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(0, 1).Draw(rt, "nights after it") {
			g.night(rt, true)
		}
		head, err := l.Head(context.Background())
		if err != nil {
			rt.Fatal(err)
		}
		want := g.contentOf(rt, head)
		var damaged []string
		for _, table := range grownTables {
			for _, part := range merged.Commit.InOrder(table) {
				if part.Level > 0 && (len(damaged) == 0 || rapid.Bool().Draw(rt, "both")) {
					damaged = append(damaged, part.Name)
					if err := os.Remove(filepath.Join(dir, part.Name)); err != nil {
						rt.Fatal(err)
					}
				}
			}
		}
		p := &past{l: l, dir: g.dir}
		_, c, err := p.recover(context.Background(), 0)
		if err != nil || c == nil || c.Recovery.ToSeq != head.Seq {
			rt.Fatalf("without %v: got %+v, %v, want to go back to %d", damaged, c, err, head.Seq)
		}
		if diff := cmp.Diff(want, g.contentOf(rt, c)); diff != "" {
			rt.Fatalf("want - got +\n%s", diff)
		}
		if err := p.found(t); err != nil {
			rt.Fatal(err)
		}
	})
}

// What fails while a recovery is at work, and where it dies, leaves a lake that is damaged or restored; the next
// recovery finishes it.
func TestRecoveryStoppedAtEveryStep(t *testing.T) {
	const nights = 5
	base := t.TempDir()
	first := hashOf(t, pastIn(t, base, nights).l, 1)
	for _, tc := range []struct {
		name    string
		harm    map[int64]func([]byte) []byte
		seen    int64 // newest commit that a witness has seen
		seq, to int64 // of the recovery
		atLeast int   // steps
		manners []string
	}{
		{name: "many", harm: map[int64]func([]byte) []byte{2: torn, 4: gone1, 5: flipped}, seen: 6, seq: 7, to: 3, atLeast: 8, manners: []string{"step", "before", "after", "unknown"}},
		{name: "one of the middle", harm: map[int64]func([]byte) []byte{3: torn}, seq: 6, to: 5, atLeast: 4, manners: []string{"step", "after"}},
		{name: "the newest", harm: map[int64]func([]byte) []byte{5: torn}, seq: 6, to: 4, atLeast: 4, manners: []string{"step", "after"}},
	} {
		harmed, dir := copyOf(t, base)
		for seq, harm := range tc.harm {
			harmed.hurt(commitName(seq), harm)
		}
		var witnesses []Witness
		if tc.seen > 0 {
			witnesses = []Witness{{Name: "test", Commits: map[int64]string{1: first, tc.seen: strings.Repeat("c", 64)}}}
		}
		for _, how := range tc.manners {
			for n := 1; ; n++ {
				if testing.Short() && how != "step" && n%5 != len(how)%5 {
					continue // every operation in the full run
				}
				left := stopRecovery(t, dir, how, n, witnesses, tc.seq, tc.to)
				if t.Failed() {
					t.Fatalf("%s, %s %d", tc.name, how, n)
				}
				if left > 0 { // it was not reached: every step has been tried
					if n < tc.atLeast {
						t.Errorf("%s, %s: only %d steps", tc.name, how, n-1)
					}
					break
				}
			}
		}
	}
}

// stopRecovery stops a recovery of a copy at the n-th step, looks at what is left, and lets another one finish.
func stopRecovery(t *testing.T, base, how string, n int, witnesses []Witness, seq, to int64) (left int) {
	t.Helper()
	p, dir := copyOf(t, base)
	left = n
	died := attemptRecovery(t, dir, how, &left, witnesses)
	err := p.found(t)
	if err != nil && !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if !died && err != nil {
		t.Errorf("it succeeded, and the lake says %v", err)
	}
	_, c, again := p.recover(t.Context(), 0, witnesses...)
	if again != nil || (err != nil) != (c != nil) {
		t.Fatalf("the lake says %v, and the next recovery gives %+v, %v", err, c, again)
	}
	if err := p.found(t); err != nil {
		t.Error(err)
	}
	head, err := p.l.Head(t.Context())
	if err != nil || head.Seq != seq || head.Kind != Recover || head.Recovery.ToSeq != to {
		t.Errorf("got %+v, %v, want a recovery with number %d to %d", head, err, seq, to)
	}
	return left
}

// attemptRecovery recovers, and dies or fails at the n-th step or operation.
func attemptRecovery(t *testing.T, dir, how string, left *int, witnesses []Witness) (died bool) {
	t.Helper()
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	b := &faultyRemover{faulty: faulty{Bucket: d, left: -1, how: how}, Remover: d}
	cfg := Config{}
	if how == "step" {
		cfg.Step = func(string) {
			if *left--; *left == 0 {
				panic("stopped")
			}
		}
	} else {
		b.left = *left
		defer func() { *left = b.left }()
	}
	defer func() { died = recover() != nil || died }()
	p := &past{l: New(b, cfg), dir: t.TempDir()}
	_, _, err = p.recover(t.Context(), 0, witnesses...)
	if err != nil && !errors.Is(err, errInjected) {
		t.Fatalf("%s: %v", how, err)
	}
	return err != nil
}

// A faultyRemover fails its n-th operation, too.
type faultyRemover struct {
	faulty
	Remover
}

func (f *faultyRemover) Create(ctx context.Context, name string, r io.ReadSeeker) error {
	return f.faulty.Create(ctx, name, r)
}

func (f *faultyRemover) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return f.faulty.Open(ctx, name)
}

func (f *faultyRemover) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return f.faulty.List(ctx, prefix)
}

func (f *faultyRemover) URI() string { return f.Bucket.URI() }

func (f *faultyRemover) Objects(ctx context.Context, prefix string, use func(Object) error) error {
	if f.hit() {
		return errInjected
	}
	return f.Remover.Objects(ctx, prefix, use)
}

func (f *faultyRemover) Exchange(ctx context.Context, o Object, r io.ReadSeeker) error {
	hit := f.hit()
	if hit && f.how == "before" {
		return errInjected
	}
	err := f.Remover.Exchange(ctx, o, r)
	if hit {
		return fmt.Errorf("%w: %w", ErrUnknown, errInjected)
	}
	return err
}

// Whatever is done to commits and parts, the lake is restored, or it is said that it cannot be; no sound commit is
// touched, and no number that was taken is another's.
func TestEveryDamageIsRecoveredFrom(t *testing.T) {
	rounds := damageRounds(t, 60, 20)
	base := t.TempDir()
	before := pastIn(t, base, 5)
	commits, parts := before.hashesOf(t)
	witness := Witness{Name: "test", Commits: map[int64]string{}}
	var files []string
	for i, sum := range commits {
		witness.Commits[int64(i+1)] = sum
		files = append(files, commitName(int64(i+1)), before.partOf(t, int64(i+1)))
	}
	restored := 0
	for n := range rounds {
		dice := rand.New(rand.NewPCG(11, uint64(n)))
		p, dir := copyOf(t, base)
		var harmed []string
		for _, at := range dice.Perm(len(files))[:1+dice.IntN(3)] {
			what, _ := harm(t, dice, []string{filepath.Join(dir, files[at])})
			harmed = append(harmed, what)
		}
		s, c, err := p.recover(t.Context(), 0, witness)
		switch {
		case err != nil:
			t.Errorf("round %d, %v: %v", n, harmed, err)
		case s.Sound():
		case c == nil:
			if best, err := s.Best(t.Context()); best != nil || err != nil {
				t.Errorf("round %d, %v: not recovered to %+v, %v", n, harmed, best, err)
			}
		default:
			restored++
			if err := p.found(t); err != nil {
				t.Fatalf("round %d, %v: %v", n, harmed, err)
			}
			after, live := p.hashesOf(t)
			if c.Seq != 6 || !slices.Equal(live, parts[:c.Recovery.ToSeq]) {
				t.Errorf("round %d, %v: commit %d has parts %v", n, harmed, c.Seq, live)
			}
			for i, sum := range commits {
				if sound := !slices.Contains(brokenSeqs(s), int64(i+1)); sound != (after[i] == sum) {
					t.Errorf("round %d, %v: commit %d, sound: %t, has another hash or an old one", n, harmed, i+1, sound)
				}
			}
		}
	}
	if restored < rounds/2 {
		t.Errorf("only %d of %d rounds restored something", restored, rounds)
	}
}
