package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// childEnv names the lake that this program, started again by a test, writes to until it is killed.
const childEnv = "KYCSYNC_TEST_LAKE_CHILD"

// nightsEnv is how many commits it makes if it is not killed; not set: without end.
const nightsEnv = "KYCSYNC_TEST_LAKE_NIGHTS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// night commits one part whose rows depend on the commit's number alone. So a lake of n commits has
// the same rows whatever happened on the way.
func night(ctx context.Context, l *Lake, spoolDir string) error {
	head, err := l.Head(ctx)
	seq := uint64(1)
	if err == nil {
		seq = uint64(head.Seq) + 1
	} else if !errors.Is(err, ErrNotExist) {
		return err
	}
	table := wide()
	b := wideBatch(table, rand.New(rand.NewPCG(seq, 0)), 20)
	defer b.Release()
	w, err := NewPart(table, spoolDir)
	if err != nil {
		return err
	}
	if err := w.Write(b); err != nil {
		return errors.Join(err, w.Abort())
	}
	s, err := w.Close()
	if err != nil {
		return err
	}
	defer s.Discard()
	run := fmt.Sprintf("r%d-%016x", seq, rand.Uint64())
	p, err := l.Put(ctx, s, run)
	if err != nil {
		return err
	}
	c := next(head, run, p)
	c.PublishedSeq = int64(seq)
	return l.Append(ctx, head, c)
}

// hashes returns the hash of each commit's own part, after checking the whole lake.
func hashes(t *testing.T, l *Lake) []string {
	t.Helper()
	var got []string
	var head *Commit
	for c, err := range l.Commits(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Tables["wide"]) != int(c.Seq) {
			t.Fatalf("commit %d has %d parts", c.Seq, len(c.Tables["wide"]))
		}
		for _, p := range c.Tables["wide"] {
			if p.AddedBySeq == c.Seq {
				got = append(got, p.SHA256)
			}
		}
		head = c
	}
	if head == nil {
		return nil
	}
	if problems, err := l.Verify(t.Context(), head, Share{}, nil); err != nil || problems != nil {
		t.Fatalf("verify: %v, %v", problems, err)
	}
	return got
}

// undisturbed returns the hashes of a lake of n nights.
func undisturbed(t *testing.T, n int) []string {
	t.Helper()
	l, _ := openTest(t)
	for range n {
		if err := night(t.Context(), l, t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	return hashes(t, l)
}

func TestStopAtEveryStep(t *testing.T) {
	want := undisturbed(t, 3)
	for n := 1; ; n++ {
		dir := t.TempDir()
		stopped := stopAtStep(t, dir, n)
		l, err := Open(t.Context(), dir, Config{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		for len(hashes(t, l)) < len(want) {
			if err := night(t.Context(), l, t.TempDir()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, hashes(t, l)); diff != "" {
			t.Errorf("stop at step %d: want - got +\n%s", n, diff)
		}
		l.Close()
		if !stopped {
			if n < 8 {
				t.Errorf("only %d steps in two nights, want 8", n-1)
			}
			return
		}
	}
}

// stopAtStep runs two nights that panic at the n-th step. It reports whether they did.
func stopAtStep(t *testing.T, dir string, n int) (stopped bool) {
	left := n
	l, err := Open(t.Context(), dir, Config{Create: true, Step: func(string) {
		if left--; left == 0 {
			panic("stopped")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer func() { stopped = recover() != nil }()
	for range 2 {
		if err := night(t.Context(), l, t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	return false
}

var errInjected = errors.New("injected")

// A faulty bucket fails its n-th operation: before it takes effect, after it, or after it with the
// outcome said to be unknown.
type faulty struct {
	Bucket
	left int
	how  string // before, after, unknown
}

func (f *faulty) hit() bool { f.left--; return f.left == 0 }

func (f *faulty) Create(ctx context.Context, name string, r io.ReadSeeker) error {
	hit := f.hit()
	if hit && f.how == "before" {
		return errInjected
	}
	err := f.Bucket.Create(ctx, name, r)
	if !hit {
		return err
	}
	if f.how == "unknown" {
		return fmt.Errorf("%w: %w", ErrUnknown, errInjected)
	}
	return errInjected
}

func (f *faulty) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if f.hit() {
		return nil, errInjected
	}
	return f.Bucket.Open(ctx, name)
}

func (f *faulty) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if f.hit() {
		return func(yield func(string, error) bool) { yield("", errInjected) }
	}
	return f.Bucket.List(ctx, prefix)
}

func TestEveryOperationFails(t *testing.T) {
	const nights = 3
	want := undisturbed(t, nights)
	for _, how := range []string{"before", "after", "unknown"} {
		for n := 1; ; n++ {
			dir, err := OpenDir(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			b := &faulty{Bucket: dir, left: n, how: how}
			l := New(b, Config{})
			acknowledged := 0
			for range nights {
				if err := night(t.Context(), l, t.TempDir()); err == nil {
					acknowledged++
				} else if !errors.Is(err, errInjected) {
					t.Fatalf("%s %d: got %v, want the injected error", how, n, err)
				}
			}
			l = New(dir, Config{})
			if got := len(hashes(t, l)); got < acknowledged {
				t.Fatalf("%s %d: %d commits, %d were acknowledged", how, n, got, acknowledged)
			}
			for len(hashes(t, l)) < nights {
				if err := night(t.Context(), l, t.TempDir()); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, hashes(t, l)); diff != "" {
				t.Errorf("%s %d: want - got +\n%s", how, n, diff)
			}
			dir.Close()
			if b.left > 0 && acknowledged == nights { // it was not reached: every operation has been tried
				break
			}
		}
	}
}

func TestAppendIsSettledByReadingBack(t *testing.T) {
	for _, test := range []struct {
		how  string
		want error
	}{{"before", errInjected}, {"after", nil}, {"unknown", nil}} {
		dir, err := OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		l := New(&faulty{Bucket: dir, left: 1, how: test.how}, Config{})
		if err := l.Append(t.Context(), nil, newCommit("r1")); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.how, err, test.want)
		}
		_, err = l.Head(t.Context())
		if stored := err == nil; stored != (test.want == nil) {
			t.Errorf("%s: stored %t", test.how, stored)
		}
		dir.Close()
	}
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	l := New(&deaf{dir}, Config{})
	if err := l.Append(t.Context(), nil, newCommit("r1")); !errors.Is(err, ErrUnknown) {
		t.Errorf("neither written nor readable: got %v, want ErrUnknown", err)
	}
}

// A deaf bucket answers nothing.
type deaf struct{ Bucket }

func (deaf) Create(context.Context, string, io.ReadSeeker) error { return errInjected }
func (deaf) Open(context.Context, string) (io.ReadCloser, error) { return nil, errInjected }

// child runs nights until it is killed, or has made as many as it should.
func child(dir string) {
	l, err := Open(context.Background(), filepath.Join(dir, "lake"), Config{Create: true})
	for n := 1; err == nil; n++ {
		err = night(context.Background(), l, filepath.Join(dir, "spool"))
		if err == nil && os.Getenv(nightsEnv) != "" {
			fmt.Println("committed", n)
			if os.Getenv(nightsEnv) == fmt.Sprint(n) {
				os.Exit(0)
			}
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestKillAnywhere(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	before := 0
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForCommit(t, dir, before)
		time.Sleep(time.Duration(r.IntN(20_000)) * time.Microsecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if out.Len() > 0 {
			t.Fatalf("round %d: the child ended with %s", round, out.String())
		}
		l, err := Open(t.Context(), filepath.Join(dir, "lake"), Config{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		n := len(hashes(t, l))
		if n <= before {
			t.Fatalf("round %d: %d commits, %d before", round, n, before)
		}
		before = n
		l.Close()
	}
	l, err := Open(t.Context(), filepath.Join(dir, "lake"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := hashes(t, l)
	if diff := cmp.Diff(undisturbed(t, len(got)), got); diff != "" {
		t.Errorf("want - got +\n%s", diff)
	}
}

// waitForCommit waits until the lake in dir has more than n commits.
func waitForCommit(t *testing.T, dir string, n int) {
	t.Helper()
	for range 2000 {
		if _, err := os.Stat(filepath.Join(dir, "lake", commitName(int64(n+1)))); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("no commit %d within 10 s", n+1)
}
