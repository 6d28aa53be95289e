package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"cloud.google.com/go/storage"
)

// PublishedPrefix is where everything lies that may be overwritten and made again: what other engines read.
const PublishedPrefix = "published/"

// A Replacer is a Bucket that can overwrite what lies below PublishedPrefix, if its account may. The record
// itself is out of its reach.
type Replacer interface {
	Bucket
	// Replace stores all of r as name, whatever is there. A reader sees the old bytes or the new ones, never a
	// mixture. After an error either may be there, and the same call may be made again.
	Replace(ctx context.Context, name string, r io.ReadSeeker) error
}

var (
	_ Replacer = (*Dir)(nil)
	_ Replacer = (*GCS)(nil)
)

// replaceable tells why name must not be overwritten, or returns nil.
func replaceable(name string) error {
	if err := ValidName(name); err != nil {
		return err
	}
	if !strings.HasPrefix(name, PublishedPrefix) {
		return fmt.Errorf("only what lies below %s may be overwritten", PublishedPrefix)
	}
	return nil
}

// Replace implements Replacer.
func (d *Dir) Replace(ctx context.Context, name string, r io.ReadSeeker) error {
	if err := d.replace(ctx, name, r); err != nil {
		return fmt.Errorf("replace %q in %s: %w", name, d.path, err)
	}
	return nil
}

func (d *Dir) replace(ctx context.Context, name string, r io.ReadSeeker) error {
	if err := replaceable(name); err != nil {
		return err
	}
	return d.overwrite(ctx, name, r)
}

// overwrite stores all of r as name, whatever was there.
func (d *Dir) overwrite(ctx context.Context, name string, r io.ReadSeeker) error {
	temp, err := d.spool(ctx, r)
	if err != nil {
		return err
	}
	defer d.root.Remove(temp) // gone already, unless the rename failed
	if err := d.makeDirs(path.Dir(name)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.root.Rename(temp, name); err != nil {
		return fileError(err, "write")
	}
	if err := d.syncDir(path.Dir(name)); err != nil {
		return fmt.Errorf("%w: visible, but perhaps not on disk: %w", ErrUnknown, err)
	}
	return nil
}

// Replace implements Replacer. Sending the same bytes again changes nothing, so that, unlike a create, it is
// simply repeated.
func (g *GCS) Replace(ctx context.Context, name string, r io.ReadSeeker) error {
	err := replaceable(name)
	if err == nil {
		err = g.replace(ctx, name, r)
	}
	if err != nil {
		return fmt.Errorf("replace %q in %s: %w", name, g.URI(), err)
	}
	return nil
}

func (g *GCS) replace(ctx context.Context, name string, r io.ReadSeeker) error {
	size, crc, err := measure(r)
	if err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, g.timeout+time.Duration(size>>20)*time.Second)
	defer cancel()
	object := g.object(name).Retryer(storage.WithPolicy(storage.RetryAlways))
	for try := 1; ; try++ {
		cause := g.upload(limit, object, r, size, crc)
		if cause == nil || errors.Is(cause, ErrDamaged) {
			return cause
		}
		if limit.Err() != nil || final(cause) || try == createTries {
			return gcsError(cause, "storage.objects.create and, to overwrite, storage.objects.delete below "+PublishedPrefix)
		}
		wait(limit, time.Duration(try)*200*time.Millisecond)
	}
}
