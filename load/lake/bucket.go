// Package lake keeps the system of record: immutable Parquet parts and numbered commits in an
// object store. A commit is one object, created only if absent, that makes a run's parts visible
// all at once; a part that no commit names does not exist for any reader.
package lake

import (
	"context"
	"errors"
	"io"
	"iter"
)

// ErrExist and ErrNotExist are what a Bucket's methods wrap when a name is taken or free.
var (
	ErrExist    = errors.New("object exists")
	ErrNotExist = errors.New("object does not exist")
)

// A Bucket is a flat store of write-once objects. Safe for concurrent use. Names are relative,
// slash-separated, ASCII.
type Bucket interface {
	// Create stores r as name. It is atomic: on error either nothing is visible, or the outcome is
	// unknown and a retry settles it. If name exists with other bytes, the error wraps ErrExist and
	// the old object is untouched; with the same bytes Create succeeds, because a write whose
	// answer was lost must count as done.
	Create(ctx context.Context, name string, r io.ReadSeeker) error
	// Open returns the object, or an error that wraps ErrNotExist. The caller closes it.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// List yields the names that begin with prefix, in ascending order.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// URI names the store for people, without credentials.
	URI() string
}
