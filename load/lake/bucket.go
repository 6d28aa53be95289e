// Package lake keeps the system of record: immutable Parquet parts and numbered commits in an
// object store. A commit is one object, created only if absent, that makes a run's parts visible
// all at once; a part that no commit names does not exist for any reader.
//
// A writer spools each table's rows with [NewPart], uploads the spooled files with [Lake.Put] and
// makes them visible with [Lake.Append]. A reader asks [Lake.Published] for a commit and reads its
// parts with [Lake.Fetch] or [Lake.Rows], which refuse bytes that are not the committed ones.
// Nothing is overwritten or deleted, so a process that dies anywhere leaves either the old
// state or the new one, and two writers cannot both add the same commit. There are two exceptions, for
// which a person asks and which take a permission of their own: [Lake.Collect] removes parts that
// nobody may need any more, and [Lake.Recover] replaces commits that are damaged by stand-ins that
// say so.
package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// The errors that callers decide by. They are wrapped with the operation and the object's name.
var (
	ErrExist      = errors.New("object exists with other bytes")
	ErrNotExist   = errors.New("object does not exist")
	ErrConflict   = errors.New("another writer committed first")
	ErrUnknown    = errors.New("outcome unknown, running again is safe")
	ErrDamaged    = errors.New("stored bytes are damaged")
	ErrDenied     = errors.New("permission missing")
	ErrUnsuitable = errors.New("the store is not fit for a lake")
)

// A Bucket is a flat store of write-once objects. Safe for concurrent use. Names are relative,
// slash-separated ASCII as [ValidName] wants them.
type Bucket interface {
	// Create stores all of r, from its start, as name. It is atomic: on error nothing is visible,
	// unless the error wraps ErrUnknown; then a retry with the same bytes settles it. If name
	// exists with other bytes, the error wraps ErrExist and the old object is untouched; with the
	// same bytes Create succeeds, because a write whose answer was lost must count as done.
	Create(ctx context.Context, name string, r io.ReadSeeker) error
	// Open returns the object, or an error that wraps ErrNotExist. The caller closes it.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// List yields the names that begin with prefix, in ascending order of their bytes.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// URI names the store for people, without credentials.
	URI() string
}

// tempDir is where Dir keeps unfinished objects. No object may have a name below it.
const tempDir = "_lake/tmp"

// ValidName tells why name cannot be an object's name, or returns nil. A name has 1 to 512 bytes:
// slash-separated segments of ASCII letters, digits and the bytes "-_.=", none empty, none that
// begins with a dot.
func ValidName(name string) error {
	if name == "" || len(name) > 512 {
		return fmt.Errorf("object name of %d bytes: want 1 to 512", len(name))
	}
	for seg := range strings.SplitSeq(name, "/") {
		if seg == "" || seg[0] == '.' {
			return fmt.Errorf("object name %q: want segments that are not empty and begin with no dot", name)
		}
		if i := strings.IndexFunc(seg, notNameByte); i >= 0 {
			return fmt.Errorf("object name %q: want ASCII letters, digits and -_.= only", name)
		}
	}
	if strings.HasPrefix(name+"/", tempDir+"/") {
		return fmt.Errorf("object name %q: %s is for unfinished objects", name, tempDir)
	}
	return nil
}

func notNameByte(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("-_.=", r)
}

// sameBytes reports whether a and b hold the same bytes to their ends.
func sameBytes(a, b io.Reader) (bool, error) {
	bufA, bufB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if n != m || string(bufA[:n]) != string(bufB[:m]) {
			return false, firstRealError(errA, errB)
		}
		if errA != nil || errB != nil {
			return true, firstRealError(errA, errB)
		}
	}
}

func firstRealError(errs ...error) error {
	for _, err := range errs {
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
	}
	return nil
}
