package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"cloud.google.com/go/storage"
)

// An Object is what a store knows of an object without reading it.
type Object struct {
	Name       string
	Bytes      int64
	Created    time.Time
	generation int64 // of the bytes under that name, in Google Cloud Storage
}

// A Remover is a Bucket that can remove objects and replace them, if its account may. Only collection does the one,
// and only recovery the other.
type Remover interface {
	Bucket
	// Objects calls use with each object whose name begins with prefix, in no order.
	Objects(ctx context.Context, prefix string, use func(Object) error) error
	// Remove removes an object that Objects told of. One that is gone already is no error.
	Remove(ctx context.Context, o Object) error
	// Exchange stores all of r, from its start, in the place of an object that Objects told of. It is atomic: readers
	// find the old bytes or the new. On error the old ones are there, unless it wraps ErrUnknown.
	Exchange(ctx context.Context, o Object, r io.ReadSeeker) error
}

var (
	_ Remover = (*Dir)(nil)
	_ Remover = (*GCS)(nil)
)

// Objects implements Remover.
func (d *Dir) Objects(ctx context.Context, prefix string, use func(Object) error) error {
	err := d.walk(ctx, prefix, func(name string, e fs.DirEntry) error {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return use(Object{Name: name, Bytes: info.Size(), Created: info.ModTime()})
	})
	if err != nil {
		return fmt.Errorf("list %q in %s: %w", prefix, d.path, fileError(err, "read"))
	}
	return nil
}

// Remove implements Remover.
func (d *Dir) Remove(ctx context.Context, o Object) error {
	err := errors.Join(ValidName(o.Name), ctx.Err())
	if err == nil {
		err = d.root.Remove(o.Name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q in %s: %w", o.Name, d.path, fileError(err, "write"))
	}
	return nil
}

// Exchange implements Remover.
func (d *Dir) Exchange(ctx context.Context, o Object, r io.ReadSeeker) error {
	err := ValidName(o.Name)
	if err == nil {
		err = d.overwrite(ctx, o.Name, r)
	}
	if err != nil {
		return fmt.Errorf("replace %q in %s: %w", o.Name, d.path, err)
	}
	return nil
}

// Objects implements Remover.
func (g *GCS) Objects(ctx context.Context, prefix string, use func(Object) error) (err error) {
	listed := g.list(ctx, prefix, []string{"Name", "Size", "Created", "Generation"}, func(name string, a *storage.ObjectAttrs) bool {
		err = use(Object{Name: name, Bytes: a.Size, Created: a.Created, generation: a.Generation})
		return err == nil
	})
	return errors.Join(err, listed)
}

// Remove implements Remover.
func (g *GCS) Remove(ctx context.Context, o Object) error {
	err := ValidName(o.Name)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, g.timeout)
		defer cancel()
		err = g.object(o.Name).If(storage.Conditions{GenerationMatch: o.generation}).Delete(ctx)
	}
	if err != nil && !isAbsent(err) {
		return fmt.Errorf("remove %q in %s: %w", o.Name, g.URI(), gcsError(err, "storage.objects.delete"))
	}
	return nil
}

// Exchange implements Remover. The store does it only while the object is the one that Objects told of. It takes the
// right to delete.
func (g *GCS) Exchange(ctx context.Context, o Object, r io.ReadSeeker) error {
	err := ValidName(o.Name)
	if err == nil {
		err = g.exchange(ctx, o, r)
	}
	if err != nil {
		return fmt.Errorf("replace %q in %s: %w", o.Name, g.URI(), err)
	}
	return nil
}

func (g *GCS) exchange(ctx context.Context, o Object, r io.ReadSeeker) error {
	size, crc, err := measure(r)
	if err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, g.timeout+time.Duration(size>>20)*time.Second)
	defer cancel()
	cause := g.upload(limit, g.object(o.Name).If(storage.Conditions{GenerationMatch: o.generation}), r, size, crc)
	if cause == nil {
		return nil
	}
	state, err := g.look(ctx, o.Name, r, size, crc)
	switch {
	case state == ours:
		return nil
	case err != nil, !definite(cause) && !errors.Is(cause, ErrDamaged):
		return fmt.Errorf("%w: %w", ErrUnknown, gcsError(cause, "storage.objects.delete"))
	}
	return gcsError(cause, "storage.objects.delete")
}
