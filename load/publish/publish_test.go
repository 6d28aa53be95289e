package publish_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kycsync/load/lake"
	"kycsync/load/publish"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// few publishes three tables, of which the last never has a part.
var few = publish.Config{}.Only("sessions", "users", "workflows")

func run(t *testing.T, w *world) *publish.Published {
	t.Helper()
	got, err := publish.Run(t.Context(), w.Lake, few)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A commit is published whole, again without a change, and the next one beside it.
func TestRun(t *testing.T) {
	for kind, w := range worlds(t) {
		t.Run(kind, func(t *testing.T) {
			if _, err := publish.Run(t.Context(), w.Lake, publish.Config{}); !errors.Is(err, publish.ErrNothing) {
				t.Errorf("of an empty lake: got %v, want %v", err, publish.ErrNothing)
			}
			w.commit(lake.Sync, "sessions", "users")
			c := w.commit(lake.Sync, "users")
			got := run(t, w)
			if got.Seq != 2 || got.CommitSHA256 != c.SHA256 || got.LakeID != w.ID() || len(got.Tables) != 3 {
				t.Errorf("got %+v, want commit 2 of the lake", got.Current)
			}
			root := strings.TrimSuffix(w.Bucket().URI(), "/")
			var size int64
			for _, p := range c.InOrder("users") {
				size += p.Bytes
			}
			want := publish.Table{Parts: 2, Rows: 4 + 3, Bytes: size, List: root + "/published/000000000002/users.txt", Metadata: root + "/published/iceberg/users/metadata/v2.metadata.json"}
			if diff := cmp.Diff(want, got.Tables["users"]); diff != "" {
				t.Errorf("want - got +\n%s", diff)
			}
			if got.Written != 6*3+1 {
				t.Errorf("%d objects were written, want six a table and one", got.Written)
			}
			objects := w.objects()
			lines := strings.Split(strings.TrimSuffix(objects["published/000000000002/users.txt"], "\n"), "\n")
			for i, p := range c.InOrder("users") {
				if want := root + "/" + p.Name; len(lines) != 2 || lines[i] != want {
					t.Errorf("got list %q, want line %d to be %s", lines, i, want)
				}
			}
			if objects["published/current/users.txt"] != objects["published/000000000002/users.txt"] || objects["published/000000000002/workflows.txt"] != "" {
				t.Errorf("the current list is another, or a table without parts has some")
			}
			for name, body := range objects {
				if strings.Contains(body, canary) {
					t.Errorf("%s holds a value of a row", name)
				}
			}

			if again := run(t, w); again.Written != 0 {
				t.Errorf("%d objects were written once more, want none", again.Written)
			}
			if diff := cmp.Diff(objects, w.objects()); diff != "" {
				t.Errorf("publishing again changed something: before - after +\n%s", diff)
			}
			w.commit(lake.Replay, "users")
			run(t, w)
			if got := w.leads("users"); got != "3, 1 parts, 3" {
				t.Errorf("readers are led to %s, want 3, 1 parts, 3", got)
			}
			for name, body := range w.objects() {
				if old, ok := objects[name]; ok && old != body && strings.Contains(name, "0002") {
					t.Errorf("%s of an earlier publication changed", name)
				}
			}
		})
	}
}

// What is staged is not published.
func TestRunFollowsThePublishedCommit(t *testing.T) {
	w := openWorld(t, t.TempDir(), nil)
	w.commit(lake.Sync, "users")
	head, err := w.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	staged := &lake.Commit{Kind: lake.Sync, RunID: "staged", Tables: head.Tables, PublishedSeq: 1, CommittedAt: w.clock}
	if err := w.Append(t.Context(), head, staged); err != nil {
		t.Fatal(err)
	}
	if got := run(t, w); got.Seq != 1 {
		t.Errorf("commit %d was published, want 1", got.Seq)
	}
}

// Killed after any object, readers have the old publication or the new one of each table, and the next run
// makes of it what an undisturbed one would have.
func TestKilledAtEveryStep(t *testing.T) {
	place := t.TempDir()
	dir := filepath.Join(place, "published")
	w := openWorld(t, place, nil)
	w.commit(lake.Sync, "sessions", "users")
	run(t, w)
	old := readTree(t, dir)
	w.commit(lake.Sync, "users")
	steps := run(t, w).Written
	undisturbed := readTree(t, dir)
	for stop := 1; stop <= steps; stop++ {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		writeTree(t, dir, old)
		w := openWorld(t, place, nil)
		ctx, cancel := context.WithCancel(t.Context())
		n, dying := 0, few
		dying.Workers, dying.Step = 1, func(string) {
			if n++; n == stop {
				cancel()
			}
		}
		if _, err := publish.Run(ctx, w.Lake, dying); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: got %v, want %v", stop, err, context.Canceled)
		}
		want := "1, 1 parts, 1"
		switch moved := stop - 4*3; { // the number of sessions; then that of users, their list; that of workflows; the whole
		case moved == 2:
			want = "1, 1 parts, 2"
		case moved == 3 || moved == 4:
			want = "1, 2 parts, 2"
		case moved == 5:
			want = "2, 2 parts, 2"
		}
		if got := w.leads("users"); got != want {
			t.Errorf("stopped at %d of %d: readers are led to %s, want %s", stop, steps, got, want)
		}
		run(t, w)
		if diff := cmp.Diff(undisturbed, readTree(t, dir)); diff != "" {
			t.Fatalf("stopped at %d: undisturbed - restarted +\n%s", stop, diff)
		}
	}
}

func writeTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Two at once leave what one would have, also where a night commits meanwhile.
func TestTwoAtOnce(t *testing.T) {
	for kind, w := range worlds(t) {
		t.Run(kind, func(t *testing.T) {
			w.commit(lake.Sync, "sessions", "users")
			var wg sync.WaitGroup
			var once sync.Once
			for i := range 2 {
				wg.Go(func() {
					cfg := few
					cfg.Step = func(step string) {
						if i == 0 && step == "engine.moved" {
							once.Do(func() { w.commit(lake.Sync, "users") })
						}
					}
					_, err := publish.Run(t.Context(), w.Lake, cfg)
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got := w.leads("users"); got != "2, 2 parts, 2" && got != "1, 1 parts, 1" {
				t.Errorf("readers are led to %s, want one commit", got)
			}
			once.Do(func() { w.commit(lake.Sync, "users") }) // where the first of the two found that the other had moved all
			run(t, w)
			objects := w.objects()
			want := openTwin(t, w)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(objects))); diff != "" {
				t.Errorf("alone - two +\n%s", diff)
			}
			if again := run(t, w); again.Written != 0 {
				t.Errorf("%d objects were not yet right", again.Written)
			}
		})
	}
}

// openTwin publishes what a lake's commits are, one after the other, elsewhere.
func openTwin(t *testing.T, w *world) map[string]string {
	t.Helper()
	twin := openWorld(t, t.TempDir(), nil)
	twin.commit(lake.Sync, "sessions", "users")
	run(t, twin)
	twin.commit(lake.Sync, "users")
	run(t, twin)
	return twin.objects()
}

// What is not what the commit says is found, and readers stay where they were.
func TestMismatch(t *testing.T) {
	w := openWorld(t, t.TempDir(), nil)
	w.commit(lake.Sync, "sessions", "users")
	run(t, w)
	w.commit(lake.Sync, "users")
	ctx, cancel := context.WithCancel(t.Context())
	dying := few
	dying.Workers, dying.Step = 1, func(step string) {
		if step == "engine.moved" {
			cancel() // all is created, and the first reader moved
		}
	}
	if _, err := publish.Run(ctx, w.Lake, dying); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, object string // of commit 2
		spoil        func(body string) string
	}{
		{"a list without a part", "000000000002/users.txt", func(b string) string { return b[strings.Index(b, "\n")+1:] }},
		{"a list with a part twice", "000000000002/users.txt", func(b string) string { return b + b }},
		{"a list with a part too many", "000000000002/users.txt", func(b string) string { return b + "file:///etc/passwd\n" }},
		{"a list cut short", "000000000002/users.txt", func(b string) string { return b[:len(b)-1] }},
		{"a list of nothing", "000000000002/users.txt", func(string) string { return "" }},
		{"a manifest cut short", "iceberg/users/metadata/000000000002-parts.avro", func(b string) string { return b[:len(b)-20] }},
		{"a manifest of nothing", "iceberg/users/metadata/000000000002-parts.avro", func(string) string { return "" }},
		{"a manifest that is text", "iceberg/users/metadata/000000000002-parts.avro", func(string) string { return strings.Repeat("Obj\x01 ", 1000) }},
		{"a manifest with another part", "iceberg/users/metadata/000000000002-parts.avro", func(b string) string { return strings.Replace(b, "L0.parquet", "L1.parquet", 1) }},
		{"a manifest with another column", "iceberg/users/metadata/000000000002-parts.avro", func(b string) string { return strings.Replace(b, `"name":"user_id"`, `"name":"user_ix"`, 1) }},
		{"a manifest list of nothing", "iceberg/users/metadata/000000000002-manifests.avro", func(string) string { return "" }},
		{"a manifest list with another manifest", "iceberg/users/metadata/000000000002-manifests.avro", func(b string) string { return strings.ReplaceAll(b, "2-parts.avro", "1-parts.avro") }},
		{"metadata of nothing", "iceberg/users/metadata/v2.metadata.json", func(string) string { return "" }},
		{"metadata cut short", "iceberg/users/metadata/v2.metadata.json", func(b string) string { return b[:len(b)/2] }},
		{"metadata with a column less", "iceberg/users/metadata/v2.metadata.json", func(b string) string { return strings.Replace(b, `"id": 2,`, `"id": 2000,`, 1) }},
		{"metadata with another type", "iceberg/users/metadata/v2.metadata.json", func(b string) string { return strings.Replace(b, `"type": "long"`, `"type": "string"`, 1) }},
		{"metadata with other totals", "iceberg/users/metadata/v2.metadata.json", func(b string) string {
			return strings.Replace(b, `"total-records": "7"`, `"total-records": "8"`, 1)
		}},
		{"metadata of another commit", "iceberg/users/metadata/v2.metadata.json", func(b string) string {
			return strings.Replace(b, `"kycsync.commit-sha256": "`, `"kycsync.commit-sha256": "0`, 1)
		}},
		{"metadata that lead elsewhere", "iceberg/users/metadata/v2.metadata.json", func(b string) string { return strings.ReplaceAll(b, "2-manifests.avro", "1-manifests.avro") }},
		{"metadata with a member more", "iceberg/users/metadata/v2.metadata.json", func(b string) string {
			return strings.Replace(b, `"metadata-log": []`, `"metadata-log": [], "encryption-keys": []`, 1)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := "published/" + test.object
			body := w.object(name)
			if test.spoil(body) == body {
				t.Fatal("the test spoils nothing")
			}
			path := w.Bucket().(*lake.Dir).LocalPath(name)
			if err := os.WriteFile(path, []byte(test.spoil(body)), 0o600); err != nil {
				t.Fatal(err)
			}
			defer os.WriteFile(path, []byte(body), 0o600)
			before := w.objects()
			_, err := publish.Run(t.Context(), w.Lake, few)
			if !errors.Is(err, publish.ErrMismatch) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "publish again") {
				t.Errorf("got %v, want %v that names %s and what to do", err, publish.ErrMismatch, name)
			}
			if err != nil && (strings.Contains(err.Error(), "passwd") || strings.Contains(err.Error(), "user_ix")) {
				t.Errorf("the error quotes what is stored: %v", err)
			}
			if diff := cmp.Diff(before, w.objects()); diff != "" {
				t.Errorf("something was written: before - after +\n%s", diff)
			}
		})
	}
	if run(t, w); w.leads("users") != "2, 2 parts, 2" {
		t.Errorf("with all as it was, readers are led to %s", w.leads("users"))
	}
}

// A lake that lies elsewhere is not led into its old place.
func TestMovedLake(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old")
	w := openWorld(t, old, nil)
	w.commit(lake.Sync, "users")
	run(t, w)
	w.Close()
	moved := filepath.Join(t.TempDir(), "new")
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	w = openWorld(t, moved, nil)
	if _, err := publish.Run(t.Context(), w.Lake, few); !errors.Is(err, publish.ErrMismatch) || !strings.Contains(err.Error(), "If the lake was moved") {
		t.Errorf("got %v, want %v", err, publish.ErrMismatch)
	}
	if err := os.RemoveAll(filepath.Join(moved, "published")); err != nil {
		t.Fatal(err)
	}
	run(t, w)
	for name, body := range w.objects() {
		if strings.Contains(body, old) {
			t.Errorf("%s names the old place", name)
		}
	}
}

func TestRefused(t *testing.T) {
	w := openWorld(t, filepath.Join(t.TempDir(), "a\nb"), nil)
	w.commit(lake.Sync, "users")
	if _, err := publish.Run(t.Context(), w.Lake, publish.Config{}); !errors.Is(err, lake.ErrUnsuitable) {
		t.Errorf("a place with a line's end: got %v, want %v", err, lake.ErrUnsuitable)
	}
	w = openWorld(t, t.TempDir(), nil)
	future := &lake.Commit{Kind: lake.Sync, RunID: "future", PublishedSeq: 1, CommittedAt: w.clock, Tables: map[string]map[string]lake.Part{"holograms": {
		"tables/holograms/data/x-000-L0.parquet": {Rows: 1, Bytes: 1, SHA256: strings.Repeat("0", 64)}}}}
	if err := w.Append(t.Context(), nil, future); err != nil {
		t.Fatal(err)
	}
	if _, err := publish.Run(t.Context(), w.Lake, publish.Config{}); err == nil || !strings.Contains(err.Error(), "holograms was written by a newer kycsync") {
		t.Errorf("an unknown table: got %v", err)
	}
}

// A collection removes the publications of commits that are not retained, none that readers are led to, and no part
// that one of the others names.
func TestCollectionAndPublications(t *testing.T) {
	for kind, w := range worlds(t) {
		t.Run(kind, func(t *testing.T) {
			w.clock = time.Now().UTC().Truncate(time.Second)
			seqs := func() string {
				found := map[string]bool{}
				for name := range w.objects() {
					if rest, ok := strings.CutPrefix(name, "published/0"); ok {
						found[strings.TrimLeft(rest[:11], "0")] = true
					}
					if base := filepath.Base(name); strings.HasPrefix(base, "v") && strings.HasSuffix(base, ".json") {
						found[strings.TrimSuffix(base[1:], ".metadata.json")] = true
					}
				}
				return strings.Join(slices.Sorted(maps.Keys(found)), " ")
			}
			collect := func(plan bool) lake.Collected {
				t.Helper()
				got, err := w.Collect(t.Context(), lake.Collection{Retain: 48 * time.Hour, Plan: plan})
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			w.commit(lake.Sync, "users")
			run(t, w)
			w.commit(lake.Replay, "users") // the part of 1 is replaced
			w.clock = w.clock.Add(30 * 24 * time.Hour)
			w.commit(lake.Replay, "users")
			w.commit(lake.Replay, "users")
			w.clock = w.clock.Add(30 * 24 * time.Hour)
			w.commit(lake.Sync, "sessions")

			// Nobody has published since commit 1, so its part is still needed, whatever its age. The collection
			// makes commit 6.
			if got := collect(false); got.Lists != 0 || got.Parts != 1 { // 3 may have been the newest until 5 came
				t.Errorf("got %+v, want the part of 2 to go, and no publication", got)
			}
			checkParts(t, w)
			run(t, w)
			if got := seqs(); got != "1 6" {
				t.Errorf("publications of %s, want 1 6", got)
			}
			perCommit := int64(4 * 3)
			if got := collect(true); got.Lists != perCommit || seqs() != "1 6" {
				t.Errorf("a plan: got %+v, want %d objects and none removed", got, perCommit)
			}
			if got := collect(false); got.Lists != perCommit || got.Parts != 1 {
				t.Errorf("got %+v, want %d objects and the part of 1 to go", got, perCommit)
			}
			if got := seqs(); got != "6" {
				t.Errorf("publications of %s, want 6", got)
			}
			checkParts(t, w)

			// What leads readers somewhere and cannot be read stops it.
			store := w.Bucket().(lake.Replacer)
			for name, text := range map[string]string{"published/current.json": "{", "published/iceberg/users/metadata/version-hint.text": "five"} {
				if err := store.Replace(t.Context(), name, strings.NewReader(text)); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Collect(t.Context(), lake.Collection{Retain: 48 * time.Hour}); !errors.Is(err, lake.ErrDamaged) || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: got %v, want %v", name, err, lake.ErrDamaged)
				}
				run(t, w)
			}
		})
	}
}

// checkParts looks for every part that a list names.
func checkParts(t *testing.T, w *world) {
	t.Helper()
	stored := map[string]bool{}
	for name, err := range w.Bucket().List(t.Context(), "tables/") {
		if err != nil {
			t.Fatal(err)
		}
		stored[name] = true
	}
	lists := 0
	for name, body := range w.objects() {
		if !strings.HasPrefix(name, "published/current/") {
			continue
		}
		for line := range strings.Lines(body) {
			lists++
			if part := strings.TrimPrefix(strings.TrimSuffix(line, "\n"), strings.TrimSuffix(w.Bucket().URI(), "/")+"/"); !stored[part] {
				t.Errorf("%s names %s, which is gone", name, part)
			}
		}
	}
	if lists == 0 {
		t.Error("no list names a part")
	}
}

// Hostile bytes are refused, whatever they are.
func FuzzStoredPublication(f *testing.F) {
	dir := f.TempDir()
	l, err := lake.Open(context.Background(), dir, lake.Config{Create: true})
	if err != nil {
		f.Fatal(err)
	}
	defer l.Close()
	c := &lake.Commit{Kind: lake.Sync, RunID: "run", PublishedSeq: 1, Tables: map[string]map[string]lake.Part{"users": {
		"tables/users/data/x-000-L0.parquet": {Rows: 1, Bytes: 1, SHA256: strings.Repeat("0", 64)}}}}
	if err := l.Append(context.Background(), nil, c); err != nil {
		f.Fatal(err)
	}
	only := publish.Config{Workers: 1}.Only("users")
	if _, err := publish.Run(context.Background(), l, only); err != nil {
		f.Fatal(err)
	}
	names := []string{"published/000000000001/users.txt", "published/iceberg/users/metadata/000000000001-parts.avro",
		"published/iceberg/users/metadata/000000000001-manifests.avro", "published/iceberg/users/metadata/v1.metadata.json"}
	bodies := make([][]byte, len(names))
	for i, name := range names {
		if bodies[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			f.Fatal(err)
		}
		f.Add(i, bodies[i])
		f.Add(i, bodies[i][:len(bodies[i])*2/3])
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		if i < 0 || i >= len(names) {
			return
		}
		path := filepath.Join(dir, names[i])
		defer os.WriteFile(path, bodies[i], 0o600)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := publish.Run(context.Background(), l, only)
		if err != nil && !errors.Is(err, publish.ErrMismatch) {
			t.Errorf("got %v, want %v", err, publish.ErrMismatch)
		}
		if err == nil && i == 0 && !bytes.Equal(body, bodies[0]) {
			t.Errorf("another list was taken for the commit's: %q", body)
		}
	})
}
