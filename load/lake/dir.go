package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The modes of what Dir makes, whatever the umask.
const (
	fileMode fs.FileMode = 0o640
	dirMode  fs.FileMode = 0o750
)

// staleAfter is the age at which an unfinished object counts as left behind by a dead process.
// Taking it from a live one does no harm: its link fails and nothing becomes visible.
const staleAfter = time.Hour

// A Dir is a Bucket in a local directory. An object appears under its name by link(2), which fails
// when the name is taken, after its bytes have reached the disk; rename would overwrite.
type Dir struct {
	root tree
	path string // absolute

	mu     sync.Mutex
	synced map[string]bool // directories known to be durable up to the root
}

var _ Bucket = (*Dir)(nil)

// OpenDir opens the existing directory dir. It writes nothing. The error wraps ErrNotExist when
// there is no such directory.
func OpenDir(dir string) (*Dir, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open lake directory %q: %w", dir, err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("open lake directory %q: %w", dir, fileError(err, "search"))
	}
	return &Dir{root: rooted{root}, path: abs, synced: map[string]bool{".": true}}, nil
}

// Prepare makes ready for writing. It proves that hard links work and refuse a taken name, else its
// error wraps ErrUnsuitable, and removes the unfinished objects that processes left which died
// more than an hour ago.
func (d *Dir) Prepare() error {
	if err := d.prepare(); err != nil {
		return fmt.Errorf("prepare lake directory %q: %w", d.path, err)
	}
	return nil
}

func (d *Dir) prepare() error {
	if err := d.makeDirs(tempDir); err != nil {
		return err
	}
	entries, err := fs.ReadDir(d.root.FS(), tempDir)
	if err != nil {
		return fileError(err, "read")
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
			_ = d.root.Remove(path.Join(tempDir, e.Name())) // another process may have been faster
		}
	}
	f, temp, err := d.temp()
	if err != nil {
		return err
	}
	defer d.root.Remove(temp)
	if err := f.Close(); err != nil {
		return err
	}
	probe := temp + ".probe"
	if err := d.root.Link(temp, probe); err != nil {
		return fmt.Errorf("%w: the file system has no hard links: %w", ErrUnsuitable, err)
	}
	defer d.root.Remove(probe)
	if err := d.root.Link(temp, probe); !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: a second link to a taken name gave %v, want %v", ErrUnsuitable, err, fs.ErrExist)
	}
	return nil
}

// Open implements Bucket.
func (d *Dir) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	f, err := d.open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open %q in %s: %w", name, d.path, fileError(err, "read"))
	}
	return f, nil
}

func (d *Dir) open(ctx context.Context, name string) (handle, error) {
	if err := errors.Join(ValidName(name), ctx.Err()); err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// List implements Bucket. It reads the directory below the last slash of prefix as a whole.
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, err := d.names(ctx, prefix)
		if err != nil {
			yield("", fmt.Errorf("list %q in %s: %w", prefix, d.path, fileError(err, "read")))
			return
		}
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}

func (d *Dir) names(ctx context.Context, prefix string) (names []string, err error) {
	err = d.walk(ctx, prefix, func(name string, _ fs.DirEntry) error {
		names = append(names, name)
		return nil
	})
	slices.Sort(names) // the walk puts "a/b" before "a-b"
	return names, err
}

// walk calls use with each object whose name begins with prefix.
func (d *Dir) walk(ctx context.Context, prefix string, use func(name string, e fs.DirEntry) error) error {
	start := "."
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		start = prefix[:i]
	}
	if !fs.ValidPath(start) {
		return fmt.Errorf("prefix %q: want slash-separated segments", prefix)
	}
	return fs.WalkDir(d.root.FS(), start, func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == start:
			return fs.SkipAll
		case err != nil:
			return err
		case name == tempDir:
			return fs.SkipDir
		case e.Type().IsRegular() && strings.HasPrefix(name, prefix):
			return errors.Join(use(name, e), ctx.Err())
		}
		return ctx.Err()
	})
}

// URI implements Bucket: a file URI of the absolute path.
func (d *Dir) URI() string { return "file://" + filepath.ToSlash(d.path) }

// LocalPath returns the file that holds the object, which may not exist.
func (d *Dir) LocalPath(name string) string { return filepath.Join(d.path, filepath.FromSlash(name)) }

// Close releases the directory handle.
func (d *Dir) Close() error { return d.root.Close() }

// fileError makes the sentinels of this package out of those of the file system.
func fileError(err error, permission string) error {
	switch {
	case errors.Is(err, ErrDenied), errors.Is(err, ErrNotExist):
		return err
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %s: %w", ErrDenied, permission, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: %w", ErrNotExist, err)
	}
	return err
}
