package lake

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestDirModesDoNotDependOnTheUmask(t *testing.T) {
	for _, mask := range []int{0o077, 0o000} {
		old := syscall.Umask(mask)
		l, root := openTest(t)
		grow(t, l, 1)
		syscall.Umask(old)
		err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			want := fileMode
			if e.IsDir() {
				want = dirMode
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("umask %03o: %s has mode %v, want %v", mask, name, got, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestDirLeavesNoUnfinishedObject(t *testing.T) {
	l, root := openTest(t)
	grow(t, l, 1)
	mustCreate(t, l.Bucket(), "a", "one")
	if err := create(t, l.Bucket(), "a", "two"); !errors.Is(err, ErrExist) {
		t.Fatal(err)
	}
	testBroken(t, l.Bucket())
	temp := filepath.Join(root, tempDir)
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%d unfinished objects, %v, want none", len(left), err)
	}
	for name, age := range map[string]time.Duration{"DEAD": 2 * staleAfter, "ALIVE": staleAfter / 2} {
		file := filepath.Join(temp, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(t.Context(), root, Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 1 || left[0].Name() != "ALIVE" {
		t.Errorf("left %v, %v, want ALIVE", left, err)
	}
	for _, name := range list(t, again.Bucket(), "") {
		if strings.HasPrefix(name, tempDir) {
			t.Errorf("unfinished object %s is listed", name)
		}
	}
}

func TestDirDoesNotLeaveItsRoot(t *testing.T) {
	l, root := openTest(t)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "tables")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bucket().Open(t.Context(), "tables/secret"); err == nil {
		t.Error("opened a file outside through a symbolic link")
	}
	if err := create(t, l.Bucket(), "tables/new", "x"); err == nil {
		t.Error("created a file outside through a symbolic link")
	}
	if left, _ := os.ReadDir(outside); len(left) != 1 {
		t.Errorf("%d files outside, want 1", len(left))
	}
}

func TestDirReadsWithoutWriting(t *testing.T) {
	l, root := openTest(t)
	grow(t, l, 2)
	before := snapshot(t, root)
	reader, err := Open(t.Context(), root, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	head, err := reader.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Verify(t.Context(), head, Share{}, nil); err != nil {
		t.Fatal(err)
	}
	if after := snapshot(t, root); after != before {
		t.Errorf("reading changed the directory:\n%s\n%s", before, after)
	}
}

// snapshot tells names and times of everything below root.
func snapshot(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			b.WriteString(name + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
