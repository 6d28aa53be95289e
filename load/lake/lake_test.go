package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kycsync/load/lake/gcstest"
)

// openTest opens a new lake in a new directory.
func openTest(t testing.TB) (*Lake, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "lake")
	l, err := Open(t.Context(), dir, Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, dir
}

// next returns a commit that keeps all of parent's parts and adds parts of table wide.
func next(parent *Commit, run string, parts ...Part) *Commit {
	c := newCommit(run)
	if parent != nil {
		for table, old := range parent.Tables {
			c.Tables[table] = maps.Clone(old)
		}
	}
	for _, p := range parts {
		if c.Tables["wide"] == nil {
			c.Tables["wide"] = map[string]Part{}
		}
		c.Tables["wide"][p.Name] = p
	}
	return c
}

// put spools and puts a part of n rows that depend on seed.
func put(t testing.TB, l *Lake, run string, seed uint64, n int) (Part, error) {
	t.Helper()
	table := wide()
	b := wideBatch(table, rand.New(rand.NewPCG(seed, 0)), n)
	defer b.Release()
	return l.Put(context.Background(), spool(t, table, t.TempDir(), b), run)
}

// grow appends n commits with one part each.
func grow(t testing.TB, l *Lake, n int) *Commit {
	t.Helper()
	head, err := l.Head(t.Context())
	if err != nil && !errors.Is(err, ErrNotExist) {
		t.Fatal(err)
	}
	for i := range n {
		run := fmt.Sprintf("grow%d-%d", i, rand.Uint32())
		p, err := put(t, l, run, uint64(i), 10+i)
		if err != nil {
			t.Fatal(err)
		}
		c := next(head, run, p)
		if head != nil {
			c.PublishedSeq = head.Seq
		}
		if err := l.Append(t.Context(), head, c); err != nil {
			t.Fatal(err)
		}
		head = c
	}
	return head
}

func seqs(t testing.TB, l *Lake, from int64) []int64 {
	t.Helper()
	var got []int64
	for c, err := range l.Commits(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Seq)
	}
	return got
}

func TestLakeGrows(t *testing.T) {
	server := gcstest.Start(t)
	for kind, uri := range map[string]string{"dir": t.TempDir(), "file": "file://" + t.TempDir(), "gcs": server.URI("a/b")} {
		t.Run(kind, func(t *testing.T) {
			cfg := Config{GCSOptions: server.Options()}
			if _, err := Open(t.Context(), uri, cfg); !errors.Is(err, ErrNotExist) {
				t.Fatalf("no lake: got %v, want ErrNotExist", err)
			}
			cfg.Create = true
			l, err := Open(t.Context(), uri, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if _, err := l.Head(t.Context()); !errors.Is(err, ErrNotExist) {
				t.Errorf("no commit: got %v, want ErrNotExist", err)
			}
			if got := seqs(t, l, 1); got != nil {
				t.Errorf("no commit: got %v", got)
			}
			grow(t, l, 1)
			if _, err := l.Published(t.Context()); !errors.Is(err, ErrNotExist) {
				t.Errorf("nothing published: got %v, want ErrNotExist", err)
			}
			head := grow(t, l, 3)
			again, err := Open(t.Context(), uri, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if again.ID() != l.ID() || l.ID() == "" {
				t.Errorf("lake id %q, then %q", l.ID(), again.ID())
			}
			got, err := again.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(head, got); diff != "" {
				t.Errorf("head: want - got +\n%s", diff)
			}
			published, err := again.Published(t.Context())
			if err != nil || published.Seq != 3 {
				t.Errorf("published %v, %v, want commit 3", published, err)
			}
			for from, want := range map[int64][]int64{0: {1, 2, 3, 4}, 1: {1, 2, 3, 4}, 3: {3, 4}, 5: nil, 9: nil} {
				if diff := cmp.Diff(want, seqs(t, l, from)); diff != "" {
					t.Errorf("commits from %d: want - got +\n%s", from, diff)
				}
			}
			if problems, err := again.Verify(t.Context(), got, Share{}, nil); err != nil || problems != nil {
				t.Errorf("verify: %v, %v, want nothing", problems, err)
			}
			dir := t.TempDir()
			for _, p := range got.Tables["wide"] {
				b := readAll(t, again, wide(), p, dir)
				if b.NumRows() != p.Rows {
					t.Errorf("%d rows, want %d", b.NumRows(), p.Rows)
				}
				b.Release()
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%d downloads left, want none", len(left))
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged, dir := openTest(t)
	grow(t, damaged, 1)
	if err := os.Remove(filepath.Join(dir, formatName)); err != nil {
		t.Fatal(err)
	}
	newer, newerDir := openTest(t)
	newer.Close()
	if err := os.WriteFile(filepath.Join(newerDir, formatName), []byte(`{"format":2,"lake_id":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ uri, want string }{
		{"", "want a directory"},
		{"s3://bucket", "want a directory"},
		{"file://host/dir", "want file:///directory"},
		{"file:relative/is/a/dir", "no such"}, // a directory with an odd name
		{"gs://", "want gs://bucket/prefix"},
		{"gs://bucket/../x", "begin with no dot"},
		{home, "there is no lake"},
		{home + "/none", "no such"},
		{dir, "is missing, yet"},
		{newerDir, "written by a newer program"},
	} {
		if _, err := Open(t.Context(), test.uri, Config{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("open %q: got %v, want %q", test.uri, err, test.want)
		}
	}
	if _, err := Open(t.Context(), home, Config{Create: true}); err == nil || !strings.Contains(err.Error(), "holds other files") {
		t.Errorf("create among other files: got %v", err)
	}
	if _, err := Open(t.Context(), dir, Config{Create: true}); !errors.Is(err, ErrDamaged) {
		t.Errorf("create over commits: got %v, want ErrDamaged", err)
	}
}

func TestAppendRefuses(t *testing.T) {
	l, _ := openTest(t)
	head := grow(t, l, 2)
	for _, test := range []struct {
		name   string
		change func(*Commit)
		want   string
	}{
		{"a lost part", func(c *Commit) { delete(c.Tables, "wide") }, "a sync removes nothing"},
		{"a changed part", func(c *Commit) { each(c, func(p *Part) { p.Rows++ }) }, "differs from the same part"},
		{"a part from nowhere", func(c *Commit) {
			c.Tables["x"] = map[string]Part{"tables/x/data/a.parquet": {Rows: 1, Bytes: 1, SHA256: strings.Repeat("a", 64), AddedBySeq: 1}}
		}, "says that commit 1 added it"},
		{"a clock far behind", func(c *Commit) { c.CommittedAt = testTime.Add(-2 * time.Hour) }, "the clock is 2h0m0s behind"},
		{"no kind", func(c *Commit) { c.Kind = "" }, "unknown kind"},
		{"no run", func(c *Commit) { c.RunID = "" }, "run_id"},
	} {
		c := next(head, "r9")
		test.change(c)
		if err := l.Append(t.Context(), head, c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	c := next(head, "r9")
	c.CommittedAt = testTime.Add(-time.Minute)
	if err := l.Append(t.Context(), head, c); err != nil || c.CommittedAt.Sub(head.CommittedAt) != time.Microsecond {
		t.Errorf("a clock a little behind: got %v and %v, want the first time after the parent's", err, c.CommittedAt)
	}
	empty := &Commit{Kind: Compact, RunID: "r10", CommittedAt: testTime}
	if err := l.Append(t.Context(), c, empty); err == nil || !strings.Contains(err.Error(), "0 rows in new parts, and 21 in those that are gone") {
		t.Errorf("compaction loses nothing: got %v", err)
	}
	erased := &Commit{Kind: Erase, RunID: "r10", CommittedAt: testTime}
	if err := l.Append(t.Context(), c, erased); err != nil {
		t.Errorf("erasure may remove: got %v", err)
	}
}

func each(c *Commit, change func(*Part)) {
	for _, parts := range c.Tables {
		for name, p := range parts {
			change(&p)
			parts[name] = p
		}
	}
}

func TestTwoWritersOneWins(t *testing.T) {
	server := gcstest.Start(t)
	for kind, uri := range map[string]string{"dir": t.TempDir(), "gcs": server.URI("race")} {
		t.Run(kind, func(t *testing.T) {
			l, err := Open(t.Context(), uri, Config{Create: true, GCSOptions: server.Options()})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var head *Commit
			for round := range 5 {
				results := make([]error, 8)
				commits := make([]*Commit, len(results))
				var wg sync.WaitGroup
				for i := range results {
					commits[i] = next(head, fmt.Sprintf("r%d-%d", round, i))
					wg.Go(func() { results[i] = l.Append(context.Background(), head, commits[i]) })
				}
				wg.Wait()
				won := -1
				for i, err := range results {
					switch {
					case err == nil && won >= 0:
						t.Fatalf("round %d: %d and %d both won", round, won, i)
					case err == nil:
						won = i
					case !errors.Is(err, ErrConflict):
						t.Errorf("round %d: got %v, want ErrConflict", round, err)
					}
				}
				if won < 0 {
					t.Fatalf("round %d: nobody won", round)
				}
				if head, err = l.Head(t.Context()); err != nil || head.RunID != commits[won].RunID {
					t.Fatalf("round %d: head %v, %v, want run %s", round, head, err, commits[won].RunID)
				}
			}
		})
	}
}

func TestDamagedChainIsFound(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(t *testing.T, commit func(int64) string)
		names  int64 // the object that the error must name
		atHead bool  // Head, which reads two commits, sees it too
	}{
		{"missing in the middle", func(t *testing.T, f func(int64) string) { remove(t, f(2)) }, 3, true},
		{"first missing", func(t *testing.T, f func(int64) string) { remove(t, f(1)) }, 2, true},
		{"a bit flipped", func(t *testing.T, f func(int64) string) { flip(t, f(3)) }, 3, false},
		{"head flipped", func(t *testing.T, f func(int64) string) { flip(t, f(5)) }, 5, true},
		{"truncated", func(t *testing.T, f func(int64) string) { truncate(t, f(5), 100) }, 5, true},
		{"empty", func(t *testing.T, f func(int64) string) { truncate(t, f(5), 0) }, 5, true},
		{"another figure, well formed", func(t *testing.T, f func(int64) string) { edit(t, f(2), `"rows":11`, `"rows":12`) }, 3, false},
		{"a commit under another number", func(t *testing.T, f func(int64) string) { copyFile(t, f(4), f(6)) }, 6, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, dir := openTest(t)
			grow(t, l, 5)
			test.damage(t, func(seq int64) string { return filepath.Join(dir, commitName(seq)) })
			var last error
			for _, err := range l.Commits(t.Context(), 1) {
				last = err
			}
			if !errors.Is(last, ErrDamaged) || !strings.Contains(last.Error(), commitName(test.names)) {
				t.Errorf("commits: got %v, want ErrDamaged that names %s", last, commitName(test.names))
			}
			if _, err := l.Head(t.Context()); errors.Is(err, ErrDamaged) != test.atHead {
				t.Errorf("head: got %v, want damaged %t", err, test.atHead)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, name string, n int64) {
	t.Helper()
	if err := os.Truncate(name, n); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, name, old, new string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%q is not in %s", old, data)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(data), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamagedPartsAreFound(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(*testing.T, string, string)
		parts  int // damaged ones
	}{
		{"a bit flipped", func(t *testing.T, a, _ string) { flip(t, a) }, 1},
		{"truncated", func(t *testing.T, a, _ string) { truncate(t, a, 900) }, 1},
		{"longer", func(t *testing.T, a, _ string) { truncate(t, a, 1<<20) }, 1},
		{"missing", func(t *testing.T, a, _ string) { remove(t, a) }, 1},
		{"swapped", func(t *testing.T, a, b string) {
			copyFile(t, a, a+".x")
			copyFile(t, b, a)
			copyFile(t, a+".x", b)
			remove(t, a+".x")
		}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, dir := openTest(t)
			head := grow(t, l, 3)
			names := sortedKeys(head.Tables["wide"])
			test.damage(t, filepath.Join(dir, names[0]), filepath.Join(dir, names[1]))
			seen := 0
			problems, err := l.Verify(t.Context(), head, Share{}, func(Part) { seen++ })
			if err != nil || len(problems) != test.parts || seen != 3 {
				t.Fatalf("got %d problems after %d parts, %v; want %d after 3", len(problems), seen, err, test.parts)
			}
			if p := problems[0]; p.Table != "wide" || p.Part.Name != names[0] || !errors.Is(p.Err, ErrDamaged) {
				t.Errorf("got %+v, want %s damaged", p, names[0])
			}
			part := head.Tables["wide"][names[0]]
			if _, err := l.Fetch(t.Context(), part, t.TempDir()); !errors.Is(err, ErrDamaged) {
				t.Errorf("fetch: got %v, want ErrDamaged", err)
			}
			for _, err := range l.Rows(t.Context(), wide(), part, t.TempDir()) {
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("rows: got %v, want ErrDamaged", err)
				}
			}
		})
	}
}
