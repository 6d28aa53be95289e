package publish_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kycsync/load/lake"
	"kycsync/load/publish"
)

func verified(t *testing.T, w *world) *publish.Checked {
	t.Helper()
	got, err := publish.Verify(t.Context(), w.Lake, few, true)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What is as it was written is found so, from nothing published to an older publication than the commits.
func TestVerifySound(t *testing.T) {
	for kind, w := range worlds(t) {
		t.Run(kind, func(t *testing.T) {
			want := func(want publish.Checked) {
				t.Helper()
				if diff := cmp.Diff(&want, verified(t, w)); diff != "" {
					t.Errorf("want - got +\n%s", diff)
				}
			}
			want(publish.Checked{})
			w.commit(lake.Sync, "sessions", "users")
			want(publish.Checked{})
			run(t, w)
			want(publish.Checked{Objects: 19, Seq: 1, Newest: 1})
			w.commit(lake.Sync, "users")
			want(publish.Checked{Objects: 19, Seq: 1, Newest: 2})
			run(t, w)
			want(publish.Checked{Objects: 31, Seq: 2, Newest: 2})
			if err := w.Bucket().(lake.Replacer).Replace(t.Context(), "published/notes.txt", strings.NewReader("of a person")); err != nil {
				t.Fatal(err)
			}
			want(publish.Checked{Objects: 31, Seq: 2, Newest: 2, Foreign: 1})
			got, err := publish.Verify(t.Context(), w.Lake, few, false)
			if diff := cmp.Diff(&publish.Checked{Objects: 19, Seq: 2, Newest: 2}, got); err != nil || diff != "" {
				t.Errorf("what readers are led to: %v, want - got +\n%s", err, diff)
			}
		})
	}
}

// A run that was killed has damaged nothing.
func TestVerifyAfterAKill(t *testing.T) {
	place := t.TempDir()
	w := openWorld(t, place, nil)
	w.commit(lake.Sync, "sessions", "users")
	killed := func(at int) {
		ctx, cancel := context.WithCancel(t.Context())
		n, dying := 0, few
		dying.Workers, dying.Step = 1, func(string) {
			if n++; n == at {
				cancel()
			}
		}
		if _, err := publish.Run(ctx, w.Lake, dying); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	killed(5)
	if got := verified(t, w); len(got.Problems) > 0 || got.Seq != 0 || !slices.Equal(got.Incomplete, []int64{1}) {
		t.Errorf("begun for the first time: %+v", got)
	}
	run(t, w)
	w.commit(lake.Sync, "users")
	killed(5)
	if got := verified(t, w); len(got.Problems) > 0 || got.Seq != 1 || !slices.Equal(got.Incomplete, []int64{2}) || got.Unfinished {
		t.Errorf("killed while it creates: %+v", got)
	}
	for at := range 5 {
		old := readTree(t, filepath.Join(place, "published"))
		killed(1 + at)
		if got := verified(t, w); len(got.Problems) > 0 || got.Seq != 1 {
			t.Errorf("killed at %d: %+v", at, got)
		}
		if err := os.RemoveAll(filepath.Join(place, "published")); err != nil {
			t.Fatal(err)
		}
		writeTree(t, filepath.Join(place, "published"), old)
	}
	w.commit(lake.Sync, "users")
	run(t, w)
	if got := verified(t, w); len(got.Problems) > 0 || got.Seq != 3 || !slices.Equal(got.Incomplete, []int64{2}) {
		t.Errorf("a later one is whole: %+v", got)
	}
	w.commit(lake.Sync, "users")
	killed(12 + 3)
	if got := verified(t, w); len(got.Problems) > 0 || got.Seq != 3 || !got.Unfinished {
		t.Errorf("killed while it leads readers: %+v", got)
	}
}

// In a lake that was moved, readers are led to the old place, and what nobody is led to any more does not matter.
func TestVerifyMoved(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old")
	w := openWorld(t, old, nil)
	w.commit(lake.Sync, "sessions", "users")
	run(t, w)
	w.Close()
	moved := filepath.Join(t.TempDir(), "new")
	if err := os.CopyFS(moved, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	w = openWorld(t, moved, nil)
	got := verified(t, w)
	if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "the lake was moved or copied; remove all") {
		t.Errorf("want one problem that says so, got %q", got.Problems)
	}
	w.clock = w.clock.Add(24 * time.Hour)
	w.commit(lake.Sync, "users")
	run(t, w)
	want := publish.Checked{Objects: 31, Seq: 2, Newest: 2, Elsewhere: []int64{1}}
	if diff := cmp.Diff(&want, verified(t, w)); diff != "" {
		t.Errorf("want - got +\n%s", diff)
	}
	// A collection that was killed may leave any of it.
	for _, kept := range []string{".json", "manifests.avro", "parts.avro"} {
		for name := range w.objects() {
			if strings.Contains(name, "/v1.") && kept != ".json" || strings.Contains(name, "000001-") && !strings.HasSuffix(name, kept) || strings.Contains(name, "000001/") {
				if err := os.Remove(w.Bucket().(*lake.Dir).LocalPath(name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := verified(t, w); len(got.Problems) > 0 || !slices.Equal(got.Elsewhere, []int64{1}) && len(got.Incomplete) > 0 {
			t.Errorf("%s alone is left: %+v", kept, got)
		}
		if err := os.RemoveAll(filepath.Join(moved, "published")); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(moved, "published"), os.DirFS(filepath.Join(old, "published"))); err != nil {
			t.Fatal(err)
		}
		w.Close()
		w = openWorld(t, moved, nil)
		run(t, w)
	}
}

// Whatever is done to what was published is found and named, and what is said to do about it helps.
// KYCSYNC_TEST_DAMAGE sets how often it is tried.
func TestEveryDamageIsFound(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_DAMAGE")); err == nil {
		rounds = n
	}
	place := t.TempDir()
	dir := filepath.Join(place, "published")
	w := openWorld(t, place, nil)
	for _, tables := range [][]string{{"sessions", "users"}, {"users"}, {"sessions"}} {
		w.commit(lake.Sync, tables...)
		run(t, w)
	}
	sound := readTree(t, dir)
	for n := range rounds {
		dice := rand.New(rand.NewPCG(17, uint64(n)))
		what, now := damaged(dice, sound)
		restore(t, dir, sound, now)
		got := verified(t, w)
		if cmp.Equal(sound, now) != (len(got.Problems)+len(got.Incomplete) == 0) {
			t.Errorf("round %d: %s: %+v", n, what, got)
		}
		if len(got.Problems) > 0 {
			heal(t, n, w, what, got.Problems)
		}
		restore(t, dir, readTree(t, dir), sound)
	}
	if got := verified(t, w); len(got.Problems) > 0 {
		t.Fatalf("unharmed: %+v", got)
	}
}

// heal does what the problems say.
func heal(t *testing.T, round int, w *world, what string, problems []string) {
	t.Helper()
	for _, problem := range problems {
		name := strings.Split(problem, ": ")[1]
		if strings.Contains(problem, "remove it") {
			_ = os.Remove(w.Bucket().(*lake.Dir).LocalPath(name))
		} else if !strings.Contains(problem, "kycsync publish writes it anew") {
			t.Errorf("round %d: %s: nothing is said to do: %s", round, what, problem)
		}
	}
	run(t, w)
	if got := verified(t, w); len(got.Problems) > 0 {
		t.Errorf("round %d: %s: after what is said was done: %q", round, what, got.Problems)
	}
}

// damaged returns the files with something done to one of them, or to two.
func damaged(dice *rand.Rand, files map[string]string) (what string, now map[string]string) {
	now = map[string]string{}
	var names []string
	for name, body := range files {
		now[name] = body
		names = append(names, name)
	}
	slices.Sort(names)
	a, b := names[dice.IntN(len(names))], names[dice.IntN(len(names))]
	body := []byte(files[a])
	kind := dice.IntN(6)
	if len(body) == 0 {
		kind = 3
	}
	switch kind {
	case 0:
		at := dice.IntN(len(body))
		body[at] ^= 1 << dice.IntN(8)
		what = fmt.Sprintf("a bit flipped at %d of %s", at, a)
	case 1:
		body = body[:dice.IntN(len(body))]
		what = fmt.Sprintf("%s cut to %d bytes", a, len(body))
	case 2:
		at, n := dice.IntN(len(body)), 1+dice.IntN(64)
		clear(body[at:min(at+n, len(body))])
		what = fmt.Sprintf("%d zeros at %d of %s", n, at, a)
	case 3:
		body = append(body, byte(dice.IntN(256)))
		what = "a byte more in " + a
	case 4:
		now[b] = files[a]
		body = []byte(files[b])
		what = a + " and " + b + " changed places"
	case 5:
		delete(now, a)
		return a + " gone", now
	}
	now[a] = string(body)
	return what, now
}

// restore turns one tree of files into another.
func restore(t *testing.T, dir string, from, to map[string]string) {
	t.Helper()
	for name := range from {
		if _, ok := to[name]; !ok {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	different := map[string]string{}
	for name, body := range to {
		if was, ok := from[name]; !ok || was != body {
			different[name] = body
			_ = os.Remove(filepath.Join(dir, name)) // it may be read-only
		}
	}
	writeTree(t, dir, different)
}
