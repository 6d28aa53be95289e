package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kycsync/load/lake"
)

// place returns a store to hand warehouses out from, in a directory.
func place(t *testing.T) (*lake.Dir, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := lake.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, dir
}

func (w *world) upload(store lake.Bucket) (Generation, bool) {
	w.t.Helper()
	g, isNew, err := Upload(w.t.Context(), w.lake, store, w.cfg)
	if err != nil {
		w.t.Fatal(err, detail(err))
	}
	return g, isNew
}

// objects returns the names in a store.
func objects(t *testing.T, store lake.Bucket) (names []string) {
	t.Helper()
	for name, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestWarehouseIsFetchedAsPublished(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := newWorld(t)
	store, _ := place(t)
	session := func(status string) map[string][]row {
		return map[string][]row{"sessions": {{"session_id": "s1", "status": status}}}
	}
	w.commit(session("one"))
	w.update()
	first, isNew := w.upload(store)
	if again, twice := w.upload(store); !isNew || twice || again != first || first.Seq != 1 || len(objects(t, store)) != 2 {
		t.Errorf("published %+v new %t, then %+v new %t: %q", first, isNew, again, twice, objects(t, store))
	}
	theirs := Config{Path: filepath.Join(t.TempDir(), "theirs", "kyc.duckdb"), Threads: 1}
	fetch := func(want Wanted, seq int64, isNew bool, status string) {
		t.Helper()
		got, err := Download(t.Context(), store, theirs, want)
		if err != nil || got.Seq != seq || got.New != isNew {
			t.Errorf("fetched %+v, %v; want commit %d, new %t", got, err, seq, isNew)
		}
		equalStrings(t, "sessions", ask(t, theirs.Path, "SELECT status FROM sessions"), status)
	}
	fetch(Wanted{}, 1, true, "one")
	fetch(Wanted{}, 1, false, "one")
	old, err := OpenReader(t.Context(), theirs.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()

	w.commit(session("two"))
	w.update()
	w.upload(store)
	writeFile(t, theirs.Path+".wal", []byte("of another file"), 0o600)
	fetch(Wanted{}, 2, true, "two")
	equalStrings(t, "a reader keeps the file that it opened", old.ask(t, "SELECT status FROM sessions"), "one")
	if _, err := os.Stat(theirs.Path + ".wal"); err == nil {
		t.Error("the log of another file was left beside the new one")
	}
	if info, err := os.Stat(theirs.Path); err != nil || info.Mode().Perm() != publishedMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	fetch(Wanted{Seq: 1}, 1, true, "one")
	fetch(Wanted{Seq: 2}, 2, true, "two")

	w.rebuild() // another file of the same commit
	if g, isNew := w.upload(store); !isNew || g.Seq != 2 {
		t.Errorf("published %+v, new %t", g, isNew)
	}
	fetch(Wanted{}, 2, true, "two")
	if !bytes.Equal(readFile(t, theirs.Path), readFile(t, w.cfg.Path)) {
		t.Error("not the newest file of commit 2")
	}
}

// A process that publishes dies at any request, or after it: what is fetched meanwhile is whole, and publishing again
// finishes.
func TestUploadThatBreaksOff(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	for n := 1; ; n++ {
		dir, _ := place(t)
		store := &breaking{Bucket: dir, at: n}
		_, _, err := Upload(t.Context(), w.lake, store, w.cfg)
		theirs := Config{Path: filepath.Join(t.TempDir(), "kyc.duckdb"), Threads: 1}
		_, fetched := Download(t.Context(), dir, theirs, Wanted{})
		if fetched != nil && !errors.Is(fetched, lake.ErrNotExist) || err == nil && fetched != nil {
			t.Errorf("published until %d (%v), then fetched: %v", n, err, fetched)
		}
		w.upload(dir)
		if _, err := Download(t.Context(), dir, theirs, Wanted{}); err != nil {
			t.Errorf("broken off at %d, then published and fetched: %v", n, err)
		}
		if err == nil {
			if n < 4 {
				t.Errorf("%d requests, want four or more", n-1)
			}
			return
		}
	}
}

// breaking is a store of which the nth request, by half, fails before or after it took effect.
type breaking struct {
	lake.Bucket
	n, at int
}

var errBroken = errors.New("broken off")

func (b *breaking) Create(ctx context.Context, name string, r io.ReadSeeker) error {
	if b.n++; b.n == b.at {
		return errBroken
	}
	err := b.Bucket.Create(ctx, name, r)
	if b.n++; b.n == b.at {
		return errBroken
	}
	return err
}

// What is in the place, and where it is to go, is looked at before anything is replaced.
func TestFetchRefuses(t *testing.T) {
	base := newWorld(t)
	base.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "published"}}})
	base.update()
	store, dir := place(t)
	g, _ := base.upload(store)
	file, pointed := filepath.Join(dir, g.File), filepath.Join(dir, newPointer(1, 1).name)
	whole, told := readFile(t, file), readFile(t, pointed)
	anchor, err := lake.ParseAnchor(g.Anchor)
	if err != nil {
		t.Fatal(err)
	}
	says := func(old, new string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if !bytes.Contains(told, []byte(old)) {
				t.Fatalf("%q does not stand in %s", old, told)
			}
			replaceFile(t, filepath.Join(dir, newPointer(1, 1).name), bytes.ReplaceAll(told, []byte(old), []byte(new)))
		}
	}
	holds := func(data []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) { replaceFile(t, filepath.Join(dir, g.File), data) }
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	other, elsewhere := anchor, anchor
	other.SHA256, elsewhere.LakeID = strings.Repeat("0", 64), "ELSEWHERE"
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   Wanted
		err    error
		text   string
	}{
		{"a bit flipped", holds(flipped), Wanted{}, lake.ErrDamaged, "SHA-256 is"},
		{"cut short", holds(whole[:len(whole)-1]), Wanted{}, lake.ErrDamaged, "another length"},
		{"too long", holds(append(slices.Clone(whole), 0)), Wanted{}, lake.ErrDamaged, "another length"},
		{"the file gone", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, g.File)) }, Wanted{}, lake.ErrDamaged, "not there any more"},
		{"nothing there", func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "warehouse")) }, Wanted{}, lake.ErrNotExist, "there is none"},
		{"no such commit", nil, Wanted{Seq: 7}, lake.ErrNotExist, "there is none of commit 7; the oldest is of 1, the newest of 1"},
		{"junk for a pointer", says("{", "["), Wanted{}, lake.ErrDamaged, "no description of a warehouse"},
		{"a pointer with more in it", says(`{`, `{"more":1,`), Wanted{}, lake.ErrDamaged, "no description of a warehouse"},
		{"a pointer to a file elsewhere", says(g.File, "../../etc/passwd"), Wanted{}, lake.ErrDamaged, "does not describe"},
		{"a pointer to another commit", says(`"seq":1`, `"seq":2`), Wanted{}, lake.ErrDamaged, "does not describe"},
		{"a pointer of another lake", says(`"lake_id":"`, `"lake_id":"X`), Wanted{}, lake.ErrDamaged, "does not describe"},
		{"another hash of the commit", says(g.Commit, strings.Repeat("0", 64)), Wanted{}, ErrMismatch, "it shows commit 1, and was said to show 1, or that is another one"},
		{"an anchor that disagrees", nil, Wanted{Anchors: []lake.Anchor{anchor, other}}, lake.ErrDamaged, "history was rewritten"},
		{"an anchor of another lake", nil, Wanted{Anchors: []lake.Anchor{elsewhere}}, ErrNoAnchor, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store, dir := place(t)
			if err := os.CopyFS(filepath.Join(dir, "warehouse"), os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			if tt.damage != nil {
				tt.damage(t, dir)
			}
			cfg := Config{Path: filepath.Join(t.TempDir(), "kyc.duckdb"), Threads: 1}
			writeFile(t, cfg.Path, []byte("from before"), 0o600)
			_, err := Download(t.Context(), store, cfg, tt.want)
			if !errors.Is(err, tt.err) || !strings.Contains(fmt.Sprint(err), tt.text) {
				t.Errorf("error %v, want %v with %q", err, tt.err, tt.text)
			}
			left, _ := filepath.Glob(cfg.Path + "*")
			if string(readFile(t, cfg.Path)) != "from before" || len(left) != 2 {
				t.Errorf("the file was touched, or something is left: %q", left)
			}
		})
	}
}

// A download that breaks off anywhere leaves nothing, and what one left that was killed goes with the next.
func TestFetchThatBreaksOff(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	store, _ := place(t)
	g, _ := w.upload(store)
	cfg := Config{Path: filepath.Join(t.TempDir(), "kyc.duckdb"), Threads: 1}
	writeFile(t, cfg.Path, []byte("from before"), 0o600)
	for _, after := range []int64{0, 1, g.Bytes / 2, g.Bytes - 1} {
		if _, err := Download(t.Context(), stalling{store, after}, cfg, Wanted{}); !errors.Is(err, errBroken) {
			t.Errorf("broken off after %d bytes: %v", after, err)
		}
		left, _ := filepath.Glob(cfg.Path + "*")
		if string(readFile(t, cfg.Path)) != "from before" || len(left) != 2 {
			t.Errorf("broken off after %d bytes: the file was touched, or something is left: %q", after, left)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Step = func(step string) {
		if step == stepProved {
			cancel()
		}
	}
	if _, err := Download(ctx, store, cfg, Wanted{}); !errors.Is(err, context.Canceled) || string(readFile(t, cfg.Path)) != "from before" {
		t.Errorf("ended at the last moment: %v", err)
	}
	cfg.Step = nil
	writeFile(t, cfg.Path+".next-1", []byte("half"), 0o600)
	got, err := Download(t.Context(), store, cfg, Wanted{})
	left, _ := filepath.Glob(cfg.Path + "*")
	if err != nil || !got.New || len(left) != 2 {
		t.Errorf("fetched %+v, %v, and there is %q", got, err, left)
	}
}

// stalling is a store whose warehouse files break off after some bytes.
type stalling struct {
	lake.Bucket
	after int64
}

func (s stalling) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := s.Bucket.Open(ctx, name)
	if err != nil || !strings.HasPrefix(name, filePrefix) {
		return r, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(r, s.after), iotest.ErrReader(errBroken)), r}, nil
}

// replaceFile writes a file that may be read only, under a name of its own.
func replaceFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	writeFile(t, name, data, 0o600)
}

// Neither a newer warehouse nor one of another lake is replaced, nor put beside those of another.
func TestWarehousesOfTwoLakes(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	a, b := newWorld(t), newWorld(t)
	for id, w := range map[string]*world{"in a": a, "in b": b} {
		w.commit(map[string][]row{"sessions": {{"session_id": id}}})
		w.update()
	}
	store, _ := place(t)
	a.upload(store)
	if _, _, err := Upload(t.Context(), b.lake, store, b.cfg); !errors.Is(err, ErrForeign) {
		t.Errorf("published beside those of another lake: %v", err)
	}
	if _, _, err := Upload(t.Context(), a.lake, store, b.cfg); !errors.Is(err, ErrMismatch) {
		t.Errorf("published as the warehouse of another lake: %v", err)
	}
	if _, err := Download(t.Context(), store, b.cfg, Wanted{}); !errors.Is(err, ErrForeign) {
		t.Errorf("fetched in the place of one of another lake: %v", err)
	}
	a.commit(map[string][]row{"sessions": {{"session_id": "s2"}}})
	a.update()
	if _, err := Download(t.Context(), store, a.cfg, Wanted{}); !errors.Is(err, ErrNewer) {
		t.Errorf("fetched in the place of a newer one: %v", err)
	}
	empty := newWorld(t)
	if _, _, err := Upload(t.Context(), empty.lake, store, empty.cfg); !errors.Is(err, ErrNothing) {
		t.Errorf("published without a warehouse: %v", err)
	}
	empty.update()
	if _, _, err := Upload(t.Context(), empty.lake, store, empty.cfg); !errors.Is(err, ErrNothing) {
		t.Errorf("published without a commit: %v", err)
	}
}

// A warehouse that is behind does not become the newest, and a lake whose history was rewritten is noticed.
func TestUploadHoldsThePlaceAgainstTheLake(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	store, _ := place(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	behind := w.clone(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s2"}}})
	w.update()
	w.upload(store)
	if _, _, err := Upload(t.Context(), behind.lake, store, behind.cfg); !errors.Is(err, lake.ErrDamaged) {
		t.Errorf("a lake without the commit that was published: %v", err)
	}
	late := w.cfg
	late.Path = behind.cfg.Path
	if g, isNew, err := Upload(t.Context(), w.lake, store, late); err != nil || isNew || g.Seq != 2 {
		t.Errorf("a warehouse that is behind: %+v, new %t, %v", g, isNew, err)
	}
}

func TestPruneKeepsTheNewest(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	store, dir := place(t)
	for i := range 3 {
		w.commit(map[string][]row{"sessions": {{"session_id": fmt.Sprint(i)}}})
		w.update()
		w.upload(store)
	}
	old := time.Now().Add(-72 * time.Hour)
	writeFile(t, filepath.Join(dir, "warehouse", "theirs.duckdb"), []byte("x"), 0o600)
	for _, name := range objects(t, store) {
		if !strings.Contains(name, "kyc-000000000002") { // that one is too young
			if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	removed, err := Prune(t.Context(), store, 1)
	var left []string
	for _, name := range objects(t, store) {
		left = append(left, strings.TrimPrefix(name, "warehouse/")[:min(16, len(name)-10)])
	}
	if err != nil || removed != 1 {
		t.Errorf("removed %d, %v", removed, err)
	}
	equalStrings(t, "left", left, "LATEST-000000000", "kyc-000000000002", "kyc-000000000003", "theirs.duckdb")
	theirs := Config{Path: filepath.Join(t.TempDir(), "kyc.duckdb"), Threads: 1}
	if got, err := Download(t.Context(), store, theirs, Wanted{}); err != nil || got.Seq != 3 {
		t.Errorf("fetched %+v, %v", got, err)
	}
}

// A file with a block that is not as it was written is not handed out, unless nothing is read from it.
func TestDamagedWarehouseIsNotHandedOut(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1", "status": "a"}}, "reviews": {{"session_id": "s1"}}})
	w.update()
	whole, want := readFile(t, w.cfg.Path), dump(t, w.cfg.Path)
	refused := 0
	for at := 12288 + 4096; at < len(whole); at += len(whole)/6 + 1 {
		whole[at] ^= 1
		replaceFile(t, w.cfg.Path, whole)
		whole[at] ^= 1
		store, _ := place(t)
		if _, _, err := Upload(t.Context(), w.lake, store, w.cfg); err != nil {
			if refused++; len(objects(t, store)) > 0 {
				t.Errorf("refused (%v), and %q is there", err, objects(t, store))
			}
		} else if diff := cmp.Diff(want, dump(t, w.cfg.Path)); diff != "" {
			t.Errorf("handed out with a bit flipped at %d:\n%s", at, diff)
		}
	}
	if refused == 0 {
		t.Error("none was refused")
	}
}
