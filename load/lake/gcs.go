package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
)

const defaultGCSTimeout = 2 * time.Minute

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
	chunk   int64 // the most that one upload request carries, a multiple of chunkUnit
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
	g := &GCS{client: client, handle: client.Bucket(bucket), bucket: bucket, prefix: prefix, timeout: cfg.GCSTimeout, chunk: chunkBytes}
	if g.timeout == 0 {
		g.timeout = defaultGCSTimeout
	}
	return g, nil
}

func (g *GCS) object(name string) *storage.ObjectHandle { return g.handle.Object(g.prefix + name) }

// Open implements Bucket. A read that makes no progress for the timeout fails.
func (g *GCS) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ValidName(name); err != nil {
		return nil, fmt.Errorf("open %q in %s: %w", name, g.URI(), err)
	}
	ctx, stall, cancel := g.patience(ctx)
	r, err := g.object(name).NewReader(ctx)
	if err != nil {
		stall.Stop()
		err = because(ctx, err)
		cancel(nil)
		return nil, fmt.Errorf("open %q in %s: %w", name, g.URI(), gcsError(err, "storage.objects.get"))
	}
	return &gcsReader{Reader: r, ctx: ctx, cancel: cancel, stall: stall, timeout: g.timeout}, nil
}

// patience returns a context that ends when stall, which may be set back, has run for the timeout.
func (g *GCS) patience(ctx context.Context) (_ context.Context, stall *time.Timer, cancel context.CancelCauseFunc) {
	ctx, cancel = context.WithCancelCause(ctx)
	stall = time.AfterFunc(g.timeout, func() {
		cancel(fmt.Errorf("no progress for %v: %w", g.timeout, context.DeadlineExceeded))
	})
	return ctx, stall, cancel
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
		err := g.list(ctx, prefix, []string{"Name"}, func(name string, _ *storage.ObjectAttrs) bool { return yield(name, nil) })
		if err != nil {
			yield("", err)
		}
	}
}

// list calls use with each object whose name begins with prefix until it returns false.
func (g *GCS) list(ctx context.Context, prefix string, attributes []string, use func(name string, a *storage.ObjectAttrs) bool) error {
	fail := func(err error) error { return fmt.Errorf("list %q in %s: %w", prefix, g.URI(), err) }
	q := &storage.Query{Prefix: g.prefix + prefix, Projection: storage.ProjectionNoACL}
	if err := q.SetAttrSelection(attributes); err != nil {
		return fail(err)
	}
	ctx, stall, cancel := g.patience(ctx)
	defer cancel(nil)
	defer stall.Stop()
	objects := g.handle.Objects(ctx, q)
	for {
		stall.Reset(g.timeout)
		a, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return fail(gcsError(because(ctx, err), "storage.objects.list"))
		}
		stall.Stop()
		if name := strings.TrimPrefix(a.Name, g.prefix); ValidName(name) == nil && !use(name, a) {
			return nil
		}
	}
}

// URI implements Bucket.
func (g *GCS) URI() string { return "gs://" + g.bucket + "/" + strings.TrimSuffix(g.prefix, "/") }

// Close releases the client's connections.
func (g *GCS) Close() error { return g.client.Close() }

// gcsError makes the sentinels of this package out of the client's errors. permission is what the
// failed call needs.
func gcsError(err error, permission string) error {
	if isAbsent(err) {
		return fmt.Errorf("%w: %w", ErrNotExist, err)
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

// isAbsent reports whether err is the store's word that there is no such object. Where the bucket itself is gone, or may
// not be seen any more, the client says that of every object.
func isAbsent(err error) bool {
	if !errors.Is(err, storage.ErrObjectNotExist) {
		return false
	}
	var api *googleapi.Error
	return !errors.As(err, &api) || !strings.Contains(api.Message+api.Body, "bucket does not exist")
}
