package lake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Create implements Bucket.
func (d *Dir) Create(ctx context.Context, name string, r io.ReadSeeker) error {
	if err := d.create(ctx, name, r); err != nil {
		return fmt.Errorf("create %q in %s: %w", name, d.path, err)
	}
	return nil
}

func (d *Dir) create(ctx context.Context, name string, r io.ReadSeeker) error {
	if err := ValidName(name); err != nil {
		return err
	}
	temp, err := d.spool(ctx, r)
	if err != nil {
		return err
	}
	defer d.root.Remove(temp)
	if err := d.makeDirs(path.Dir(name)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.root.Link(temp, name); err != nil {
		if err := d.settle(name, r, err); err != nil {
			return fileError(err, "create")
		}
	}
	if err := d.syncDir(path.Dir(name)); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrUnknown, errNotDurable, fileError(err, "read"))
	}
	return nil
}

// errNotDurable says that an object can be read and may yet be gone after a power cut, so that reading it back
// proves nothing.
var errNotDurable = errors.New("visible, but perhaps not on disk")

// settle finds out what became of a link that returned cause: over a network it may be there all the same.
func (d *Dir) settle(name string, r io.ReadSeeker, cause error) error {
	err := d.compare(name, r)
	switch {
	case err == nil, errors.Is(err, ErrExist), errors.Is(cause, fs.ErrExist):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return cause
	}
	return fmt.Errorf("%w: %w; then: %w", ErrUnknown, cause, err)
}

// spool writes r to a new file whose bytes are on disk when it returns.
func (d *Dir) spool(ctx context.Context, r io.ReadSeeker) (_ string, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if err := d.makeDirs(tempDir); err != nil {
		return "", err
	}
	f, temp, err := d.temp()
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			d.root.Remove(temp)
		}
	}()
	if _, err := io.Copy(f, contextReader{ctx, r}); err != nil {
		return "", fileError(err, "write")
	}
	if err := f.Sync(); err != nil {
		return "", fileError(err, "write")
	}
	return temp, fileError(f.Close(), "write")
}

func (d *Dir) temp() (handle, string, error) {
	name := path.Join(tempDir, rand.Text())
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, "", fileError(err, "create")
	}
	if err := f.Chmod(fileMode); err != nil {
		f.Close()
		d.root.Remove(name)
		return nil, "", fileError(err, "chmod")
	}
	return f, name, nil
}

// compare returns nil when the object holds what r holds, ErrExist when it does not.
func (d *Dir) compare(name string, r io.ReadSeeker) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	same, err := sameBytes(f, r)
	if err == nil && !same {
		err = ErrExist
	}
	return err
}

// makeDirs makes dir and its parents, each durable before the next. It also syncs what is there
// already, once per process: whoever made it may have died before doing so.
func (d *Dir) makeDirs(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.synced[dir] {
		return nil
	}
	parent := "."
	for seg := range strings.SplitSeq(dir, "/") {
		child := path.Join(parent, seg)
		if !d.synced[child] {
			err := d.root.Mkdir(child, dirMode)
			if err == nil {
				err = d.root.Chmod(child, dirMode)
			} else if errors.Is(err, fs.ErrExist) {
				err = nil
			}
			if err == nil {
				err = d.syncDir(parent)
			}
			if err != nil {
				return fileError(err, "create")
			}
			d.synced[child] = true
		}
		parent = child
	}
	return nil
}

func (d *Dir) syncDir(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// A contextReader ends with the context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
