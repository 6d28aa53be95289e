package lake

import (
	"context"
	"errors"
	"fmt"
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

// A Remover is a Bucket that can remove objects, if its account may. Only collection does.
type Remover interface {
	Bucket
	// Objects calls use with each object whose name begins with prefix, in no order.
	Objects(ctx context.Context, prefix string, use func(Object) error) error
	// Remove removes an object that Objects told of. One that is gone already is no error.
	Remove(ctx context.Context, o Object) error
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
