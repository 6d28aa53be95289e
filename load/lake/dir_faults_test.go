package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kycsync/schemas"
)

// A frail directory fails its nth operation, or each from the nth on, with an error of the system.
type frail struct {
	tree
	only  string // operation that counts; empty: all
	left  int    // until the nth
	ever  bool
	after bool // it fails what it has done
	errno syscall.Errno
	done  map[string]int // operations, by name
}

// try does an operation, unless it is its turn to fail.
func (f *frail) try(op string, do func() error) error {
	if f.only != "" && f.only != op {
		return do()
	}
	f.left--
	f.done[op]++
	fails := f.left == 0 || f.ever && f.left < 0
	if fails && !f.after {
		return &fs.PathError{Op: op, Path: "x", Err: f.errno}
	}
	err := do()
	if fails && err == nil {
		err = &fs.PathError{Op: op, Path: "x", Err: f.errno}
	}
	return err
}

func (f *frail) open(op string, open func() (handle, error)) (handle, error) {
	var h handle
	err := f.try(op, func() (err error) { h, err = open(); return err })
	if err != nil {
		if h != nil {
			h.Close()
		}
		return nil, err
	}
	return frailHandle{h, f}, nil
}

func (f *frail) Open(name string) (handle, error) {
	return f.open("open", func() (handle, error) { return f.tree.Open(name) })
}

func (f *frail) OpenFile(name string, flag int, perm fs.FileMode) (handle, error) {
	return f.open("create", func() (handle, error) { return f.tree.OpenFile(name, flag, perm) })
}

func (f *frail) Mkdir(name string, perm fs.FileMode) error {
	return f.try("mkdir", func() error { return f.tree.Mkdir(name, perm) })
}

func (f *frail) Chmod(name string, mode fs.FileMode) error {
	return f.try("chmod", func() error { return f.tree.Chmod(name, mode) })
}

func (f *frail) Link(old, new string) error {
	return f.try("link", func() error { return f.tree.Link(old, new) })
}

func (f *frail) Rename(old, new string) error {
	return f.try("rename", func() error { return f.tree.Rename(old, new) })
}

func (f *frail) Remove(name string) error {
	return f.try("remove", func() error { return f.tree.Remove(name) })
}

func (f *frail) FS() fs.FS { return frailFS{f.tree.FS(), f} }

type frailFS struct {
	fs.FS
	f *frail
}

func (s frailFS) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = s.f.try("readdir", func() (err error) { entries, err = fs.ReadDir(s.FS, name); return err })
	return entries, err
}

type frailHandle struct {
	handle
	f *frail
}

func (h frailHandle) Read(p []byte) (n int, err error) {
	end := false
	failed := h.f.try("read", func() error {
		n, err = h.handle.Read(p)
		end = err != nil
		return err
	})
	if end {
		return n, err
	}
	return n, failed
}

func (h frailHandle) Write(p []byte) (n int, err error) {
	err = h.f.try("write", func() (err error) { n, err = h.handle.Write(p); return err })
	return n, err
}

func (h frailHandle) Sync() error { return h.f.try("sync", h.handle.Sync) }

func (h frailHandle) Close() error { return h.f.try("close", h.handle.Close) }

// A chore is all that the program asks of a directory: commits of several parts, a compaction, a collection.
type chore struct {
	t     *testing.T
	spool string
	clock time.Time
	seen  int64 // the newest commit of which a success was told
}

const choreNights = 5

// rest does what is left to do, to the end or to the first error.
func (c *chore) rest(d *Dir) error {
	ctx := c.t.Context()
	l := New(d, Config{Now: func() time.Time { return c.clock }})
	for {
		head, err := l.Head(ctx)
		if err != nil && !errors.Is(err, ErrNotExist) {
			return err
		}
		nights, merged := 0, false
		for commit, err := range l.Commits(ctx, 1) {
			if err != nil {
				return err
			}
			merged = merged || commit.Kind == Compact
			if commit.Kind == Sync && commit.Figures[fenceFigure] == 0 {
				nights++
			}
		}
		switch {
		case nights == choreNights-1 && !merged:
			done, err := l.Compact(ctx, Compaction{Dir: c.spool, RunID: fmt.Sprintf("c%d", head.Seq+1), Parts: 3})
			if err != nil {
				return err
			}
			c.told(done.Commit)
		case nights == choreNights:
			_, err := l.Collect(ctx, Collection{Retain: minAge})
			return err
		default:
			if nights == choreNights-1 {
				c.clock = c.clock.Add(40 * oneDay)
			}
			if err := c.night(ctx, l, head, nights); err != nil {
				return err
			}
		}
	}
}

func (c *chore) told(commit *Commit) {
	if commit != nil {
		c.seen = commit.Seq
	}
}

// night commits a part of each table, with rows that depend on the number of the night alone.
func (c *chore) night(ctx context.Context, l *Lake, head *Commit, number int) error {
	run := fmt.Sprintf("n%d-%d", number, time.Now().UnixNano())
	commit := newCommit(run)
	if head != nil {
		commit = next(head, run)
	}
	for i, name := range grownTables {
		table := schemas.Lookup(name)
		b := rapid.Custom(func(rt *rapid.T) arrow.RecordBatch { return drawBatch(rt, table, 4) }).Example(10*number + i)
		p, err := l.Put(ctx, spool(c.t, table, c.spool, b), run)
		b.Release()
		if err != nil {
			return err
		}
		commit.Tables[name] = maps.Clone(commit.Tables[name])
		if commit.Tables[name] == nil {
			commit.Tables[name] = map[string]Part{}
		}
		commit.Tables[name][p.Name] = p
	}
	commit.CommittedAt = c.clock
	commit.PublishedSeq = 1
	if head != nil {
		commit.PublishedSeq = head.Seq + 1
	}
	err := l.Append(ctx, head, commit)
	if err == nil {
		c.told(commit)
	}
	return err
}

// found checks the lake in a directory and returns the rows of its newest commit, in no order.
func (c *chore) found(dir string) map[string][]string {
	c.t.Helper()
	l, err := Open(c.t.Context(), dir, Config{Now: func() time.Time { return c.clock }})
	if err != nil {
		c.t.Fatal(err)
	}
	defer l.Close()
	var head *Commit
	for commit, err := range l.Commits(c.t.Context(), 1) {
		if err != nil {
			c.t.Fatal(err)
		}
		head = commit
	}
	if head.Seq < c.seen {
		c.t.Fatalf("the newest commit is %d, and commit %d was said to be there", head.Seq, c.seen)
	}
	if problems, err := l.Verify(c.t.Context(), head, Share{}, nil); err != nil || len(problems) > 0 {
		c.t.Fatalf("verify: %v %v", problems, err)
	}
	rows := map[string][]string{}
	for name, parts := range head.Tables {
		for _, p := range parts {
			p.AddedBySeq = 1
			for b, err := range l.Rows(c.t.Context(), schemas.Lookup(name), p, c.t.TempDir()) {
				if err != nil {
					c.t.Fatal(err)
				}
				rows[name] = append(rows[name], rowTexts(b)...)
			}
		}
		slices.Sort(rows[name])
	}
	return rows
}

// TestEveryOperationOnADirectoryFails fails each operation of the file system in turn, before or after it is done, once
// or with all that follow. Then the lake is as it was before or after what was under way, and verifies; the error is
// the system's; and the same work done again comes to the same end. KYCSYNC_TEST_STRIDE is how many operations are passed
// over after each that fails, and one.
func TestEveryOperationOnADirectoryFails(t *testing.T) {
	stride := 17
	if testing.Short() {
		stride = 43
	}
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_STRIDE")); err == nil {
		stride = n
	}
	base := t.TempDir()
	begun := time.Now()
	start := func(t *testing.T, dir string) *Dir {
		if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
		d, err := OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if l, err := Open(t.Context(), base, Config{Create: true}); err != nil {
		t.Fatal(err)
	} else {
		c := &chore{t: t, spool: t.TempDir(), clock: begun}
		for n := range 2 {
			head, _ := l.Head(t.Context())
			if err := c.night(t.Context(), l, head, n); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
	}
	quiet := filepath.Join(t.TempDir(), "quiet")
	undisturbed := &chore{t: t, spool: t.TempDir(), clock: begun}
	d := start(t, quiet)
	if err := undisturbed.rest(d); err != nil {
		t.Fatal(err)
	}
	d.Close()
	want := undisturbed.found(quiet)
	errnos := []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EACCES}
	tried := map[string]int{}
	for _, how := range []struct{ after, ever bool }{{false, false}, {true, false}, {false, true}} {
		for n := 1; ; n += stride {
			dir := filepath.Join(t.TempDir(), "lake")
			d := start(t, dir)
			f := &frail{tree: d.root, left: n, after: how.after, ever: how.ever, errno: errnos[n/stride%3], done: map[string]int{}}
			d.root = f
			c := &chore{t: t, spool: t.TempDir(), clock: begun}
			err := c.rest(d)
			d.Close()
			what := fmt.Sprintf("operation %d, after %t, for ever %t, %v", n, how.after, how.ever, f.errno)
			denied := errors.Is(err, ErrDenied) || errors.Is(err, fs.ErrPermission)
			if err != nil && (f.left > 0 || !errors.Is(err, f.errno) || denied != (f.errno == syscall.EACCES) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotExist)) {
				t.Errorf("%s: got %v", what, err)
			}
			c.found(dir)
			if f.left > 0 { // there are no more operations
				break
			}
			whole, openErr := OpenDir(dir)
			if openErr != nil {
				t.Fatal(openErr)
			}
			if again := c.rest(whole); again != nil {
				t.Fatalf("%s: again: %v", what, again)
			}
			whole.Close()
			if diff := cmp.Diff(want, c.found(dir)); diff != "" {
				t.Fatalf("%s: want - got +\n%s", what, diff)
			}
			for op, n := range f.done {
				tried[op] = max(tried[op], n)
			}
		}
	}
	t.Logf("operations: %v", tried)
}

// A commit whose bytes, or whose name, did not reach the disk is not told of as stored, though it can be read back.
func TestCommitThatIsNotOnDiskIsNotTold(t *testing.T) {
	for n := 1; ; n++ {
		d, err := OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		f := &frail{tree: d.root, only: "sync", left: n, errno: syscall.EIO, done: map[string]int{}}
		d.root = f
		err = New(d, Config{}).Append(t.Context(), nil, newCommit("r1"))
		_, readErr := d.Open(t.Context(), commitName(1))
		d.Close()
		if f.left > 0 {
			if err != nil || n < 5 {
				t.Errorf("%d syncs, want 5 or more, and no error; got %v", n-1, err)
			}
			return
		}
		if !errors.Is(err, syscall.EIO) || errors.Is(err, ErrUnknown) != (readErr == nil) {
			t.Errorf("sync %d failed: got %v, and %v from reading back", n, err, readErr)
		}
	}
}
