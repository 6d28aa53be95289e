package lake

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
)

const (
	// chunkBytes is the most that one upload request carries. Not 0: then the client neither
	// retries nor checks. A smaller object is sent in one request.
	chunkBytes = 16 << 20
	// chunkUnit is what the store wants chunks to be a multiple of.
	chunkUnit = 256 << 10
	// createTries bounds how often Create starts again after an error of which the store shows no
	// trace; within a try the client retries 429 and 5xx by itself.
	createTries = 4
)

// Create implements Bucket.
func (g *GCS) Create(ctx context.Context, name string, r io.ReadSeeker) error {
	err := ValidName(name)
	if err == nil {
		err = g.create(ctx, name, r)
	}
	if err != nil {
		return fmt.Errorf("create %q in %s: %w", name, g.URI(), err)
	}
	return nil
}

func (g *GCS) create(ctx context.Context, name string, r io.ReadSeeker) error {
	size, crc, err := measure(r)
	if err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, g.timeout+time.Duration(size>>20)*time.Second)
	defer cancel()
	unknown := false // an attempt may still take effect
	for try := 1; ; try++ {
		if err := limit.Err(); err != nil {
			return settled(unknown, err)
		}
		cause := g.upload(limit, g.object(name).If(storage.Conditions{DoesNotExist: true}), r, size, crc)
		if cause == nil {
			return nil
		}
		state, err := g.look(limit, name, r, size, crc)
		switch {
		case state == ours:
			return nil
		case errors.Is(cause, ErrDamaged):
			return cause
		case state == theirs:
			return ErrExist
		case err != nil && (unknown || !final(cause)):
			return fmt.Errorf("%w: %w; then: %w", ErrUnknown, cause, err)
		}
		unknown = unknown || !definite(cause)
		if final(cause) || try == createTries {
			return settled(unknown, gcsError(cause, "storage.objects.create"))
		}
		wait(limit, time.Duration(try)*200*time.Millisecond)
	}
}

// settled is the error of a create of which the store shows no trace.
func settled(unknown bool, err error) error {
	if unknown {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return err
}

// upload makes one attempt. The stored size and checksum are compared, because not every store
// checks those of an upload in several requests.
func (g *GCS) upload(ctx context.Context, object *storage.ObjectHandle, r io.ReadSeeker, size int64, crc uint32) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := object.NewWriter(ctx)
	w.ChunkSize = int(min(g.chunk, (size/chunkUnit+1)*chunkUnit)) // the client allocates it
	w.ContentType = contentType(object.ObjectName())
	w.CRC32C, w.SendCRC32C = crc, true
	if _, err := io.Copy(w, r); err != nil {
		cancel() // Close would commit what was sent so far
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if a := w.Attrs(); a.Size != size || a.CRC32C != crc {
		return fmt.Errorf("%w: %d bytes with CRC32C %d are stored, want %d and %d", ErrDamaged, a.Size, a.CRC32C, size, crc)
	}
	return nil
}

// What the store holds under a name.
type holding int

const (
	absent holding = iota
	ours
	theirs
)

// look asks the store whether name is there and holds what r holds. It goes on for a few seconds when ctx has
// ended, because the answer decides whether anything was written.
func (g *GCS) look(ctx context.Context, name string, r io.ReadSeeker, size int64, crc uint32) (holding, error) {
	ctx, cancel := outlive(ctx, settleTime)
	defer cancel()
	a, err := g.object(name).Attrs(ctx)
	if isAbsent(err) {
		return absent, nil
	}
	if err != nil {
		return absent, gcsError(err, "storage.objects.get")
	}
	if a.Size != size || a.CRC32C != crc {
		return theirs, nil
	}
	stored, err := g.object(name).NewReader(ctx)
	if err != nil {
		return absent, gcsError(err, "storage.objects.get")
	}
	defer stored.Close()
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return absent, err
	}
	same, err := sameBytes(stored, r)
	switch {
	case err != nil:
		return absent, err
	case same:
		return ours, nil
	}
	return theirs, nil
}

// settleTime is how long the store may take to say what became of a write, when there is no time left for it.
const settleTime = 5 * time.Second

// outlive returns a context that ends so much later than ctx.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return longer, func() { stop(); cancel() }
}

// measure reads r to its end and returns its length and CRC32C.
func measure(r io.ReadSeeker) (int64, uint32, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, 0, err
	}
	crc := crc32.New(castagnoli)
	n, err := io.Copy(crc, r)
	return n, crc.Sum32(), err
}

func contentType(name string) string {
	switch {
	case strings.HasSuffix(name, ".json"):
		return "application/json"
	case strings.HasSuffix(name, ".parquet"):
		return "application/vnd.apache.parquet"
	case strings.HasSuffix(name, ".txt"), strings.HasSuffix(name, ".text"):
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// definite reports whether err is the store's own word that it did not do what was asked. 412 is
// not: it may be the answer to the client's retry of what was done.
func definite(err error) bool {
	var api *googleapi.Error
	return errors.As(err, &api) && api.Code >= 400 && api.Code < 500 &&
		api.Code != http.StatusRequestTimeout && api.Code != http.StatusPreconditionFailed
}

// final reports whether asking again is in vain.
func final(err error) bool {
	var api *googleapi.Error
	if !errors.As(err, &api) {
		return false
	}
	return api.Code == http.StatusUnauthorized || api.Code == http.StatusForbidden || api.Code == http.StatusNotFound
}
