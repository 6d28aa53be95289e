package lake

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
)

const (
	defaultGCSTimeout = 2 * time.Minute
	// chunkBytes is the most that one upload request carries. Not 0: then the client neither
	// retries nor checks. A smaller object is sent in one request.
	chunkBytes = 16 << 20
	// chunkUnit is what the store wants chunks to be a multiple of.
	chunkUnit = 256 << 10
	// createTries bounds how often Create starts again after an error of which the store shows no
	// trace; within a try the client retries 429 and 5xx by itself.
	createTries = 4
)

// A GCS is a Bucket in Google Cloud Storage, below a prefix. It needs storage.objects.create, get
// and list, and never delete: objects are created under the precondition that there is none.
//
// The answer to a create may be lost, and the client's own retry then meets the object it has just
// made and reports "precondition failed". So after any error the store is asked what it holds.
type GCS struct {
	client  *storage.Client
	handle  *storage.BucketHandle
	bucket  string
	prefix  string // "" or ends with a slash
	timeout time.Duration
}

var _ Bucket = (*GCS)(nil)

// OpenGCS returns the store below prefix in bucket. It makes no request.
func OpenGCS(ctx context.Context, bucket, prefix string, cfg Config) (*GCS, error) {
	if bucket == "" {
		return nil, errors.New("open gs://: want gs://bucket/prefix")
	}
	if prefix != "" {
		if err := ValidName(prefix); err != nil {
			return nil, fmt.Errorf("open gs://%s/%s: %w", bucket, prefix, err)
		}
		prefix += "/"
	}
	opts := append(cfg.GCSOptions[:len(cfg.GCSOptions):len(cfg.GCSOptions)], storage.WithJSONReads())
	client, err := storage.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("open gs://%s/%s: %w: %w", bucket, prefix, ErrDenied, err)
	}
	g := &GCS{client: client, handle: client.Bucket(bucket), bucket: bucket, prefix: prefix, timeout: cfg.GCSTimeout}
	if g.timeout == 0 {
		g.timeout = defaultGCSTimeout
	}
	return g, nil
}

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
		cause := g.upload(limit, name, r, size, crc)
		if cause == nil {
			return nil
		}
		if errors.Is(cause, ErrDamaged) {
			return cause
		}
		state, err := g.look(ctx, name, r, size, crc)
		switch {
		case state == ours:
			return nil
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
func (g *GCS) upload(ctx context.Context, name string, r io.ReadSeeker, size int64, crc uint32) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := g.object(name).If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	w.ChunkSize = int(min(chunkBytes, (size/chunkUnit+1)*chunkUnit)) // the client allocates it
	w.ContentType = contentType(name)
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

// look asks the store whether name is there and holds what r holds. It does so even when ctx has
// ended, for a few seconds, because the answer decides whether anything was written.
func (g *GCS) look(ctx context.Context, name string, r io.ReadSeeker, size int64, crc uint32) (holding, error) {
	limit := g.timeout
	if ctx.Err() != nil {
		limit = min(limit, 5*time.Second)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	a, err := g.object(name).Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
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

func (g *GCS) object(name string) *storage.ObjectHandle { return g.handle.Object(g.prefix + name) }

// Open implements Bucket. A read that makes no progress for the timeout fails.
func (g *GCS) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ValidName(name); err != nil {
		return nil, fmt.Errorf("open %q in %s: %w", name, g.URI(), err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(g.timeout, func() {
		cancel(fmt.Errorf("no progress for %v: %w", g.timeout, context.DeadlineExceeded))
	})
	r, err := g.object(name).NewReader(ctx)
	if err != nil {
		stall.Stop()
		err = because(ctx, err)
		cancel(nil)
		return nil, fmt.Errorf("open %q in %s: %w", name, g.URI(), gcsError(err, "storage.objects.get"))
	}
	return &gcsReader{Reader: r, ctx: ctx, cancel: cancel, stall: stall, timeout: g.timeout}, nil
}

type gcsReader struct {
	*storage.Reader
	ctx     context.Context
	cancel  context.CancelCauseFunc
	stall   *time.Timer
	timeout time.Duration
}

func (r *gcsReader) Read(p []byte) (int, error) {
	r.stall.Reset(r.timeout)
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = because(r.ctx, err)
	}
	return n, err
}

func (r *gcsReader) Close() error {
	r.stall.Stop()
	defer r.cancel(nil)
	return r.Reader.Close()
}

// because puts the reason why ctx ended in the place of err.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// List implements Bucket. Each page has the timeout for itself.
func (g *GCS) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		q := &storage.Query{Prefix: g.prefix + prefix, Projection: storage.ProjectionNoACL}
		if err := q.SetAttrSelection([]string{"Name"}); err != nil {
			yield("", fmt.Errorf("list %q in %s: %w", prefix, g.URI(), err))
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stall := time.AfterFunc(g.timeout, cancel)
		defer stall.Stop()
		objects := g.handle.Objects(ctx, q)
		for {
			stall.Reset(g.timeout)
			a, err := objects.Next()
			if errors.Is(err, iterator.Done) {
				return
			}
			if err != nil {
				yield("", fmt.Errorf("list %q in %s: %w", prefix, g.URI(), gcsError(err, "storage.objects.list")))
				return
			}
			stall.Stop()
			if name := strings.TrimPrefix(a.Name, g.prefix); ValidName(name) == nil && !yield(name, nil) {
				return
			}
		}
	}
}

// URI implements Bucket.
func (g *GCS) URI() string { return "gs://" + g.bucket + "/" + strings.TrimSuffix(g.prefix, "/") }

// Close releases the client's connections.
func (g *GCS) Close() error { return g.client.Close() }

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

// gcsError makes the sentinels of this package out of the client's errors. permission is what the
// failed call needs.
func gcsError(err error, permission string) error {
	if errors.Is(err, storage.ErrObjectNotExist) {
		return fmt.Errorf("%w: %w", ErrNotExist, err)
	}
	if errors.Is(err, storage.ErrBucketNotExist) {
		return fmt.Errorf("%w: the bucket does not exist or may not be seen: %w", ErrDenied, err)
	}
	var api *googleapi.Error
	if errors.As(err, &api) {
		switch api.Code {
		case http.StatusUnauthorized, http.StatusForbidden:
			return fmt.Errorf("%w: %s: %w", ErrDenied, permission, err)
		case http.StatusNotFound:
			return fmt.Errorf("%w: the bucket does not exist or may not be seen: %w", ErrDenied, err)
		}
	}
	return err
}
