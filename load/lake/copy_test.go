package lake

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A copy is a lake with the same history, wherever it came from.
func TestCopy(t *testing.T) {
	l, root := openTest(t)
	grow(t, l, 3)
	to, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	got, err := l.Copy(t.Context(), to, t.TempDir())
	if err != nil || got.Commits != 3 || got.Parts == 0 || got.Bytes == 0 {
		t.Fatalf("got %+v, %v; want 3 commits and their parts", got, err)
	}
	copied, err := Open(t.Context(), to.path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	want, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, err := copied.Head(t.Context())
	if err != nil || copied.ID() != l.ID() {
		t.Fatalf("the copy is lake %s, %v; want %s", copied.ID(), err, l.ID())
	}
	if diff := cmp.Diff(want, head); diff != "" {
		t.Errorf("newest commit (-lake +copy):\n%s", diff)
	}
	problems, err := copied.Verify(t.Context(), head, Share{}, nil)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for table := range head.Tables {
		for _, p := range head.InOrder(table) {
			flip(t, root+"/"+p.Name)
		}
	}
	other, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := l.Copy(t.Context(), other, t.TempDir()); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
	if _, err := os.Stat(other.path + "/" + commitName(1)); err == nil {
		t.Error("a copy that failed shows a commit")
	}
}

func TestDrillsAreRecorded(t *testing.T) {
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			l := New(b, Config{})
			if d, err := l.LastDrill(t.Context()); d != nil || err != nil {
				t.Fatalf("got %+v, %v; want none", d, err)
			}
			first := Drill{At: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Seq: 7, Equal: false, Different: "table sessions: it differs"}
			last := Drill{At: first.At.Add(time.Hour), Seq: 8, Equal: true, Copied: Copied{Commits: 8, Parts: 3, Bytes: 9}, Tables: 2, Rows: 5, Seconds: 1.5}
			mustCreate(t, b, drillPrefix+"z.json", "not ours")
			ahead := Drill{At: time.Now().Add(48 * time.Hour), Seq: 9} // of a clock that is wrong
			for _, d := range []Drill{last, first, ahead} {
				if err := l.RecordDrill(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
			got, err := l.LastDrill(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(last, *got); diff != "" {
				t.Errorf("newest drill (-want +got):\n%s", diff)
			}
		})
	}
}
