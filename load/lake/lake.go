package lake

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"google.golang.org/api/option"
)

// Config is how a lake is opened. The zero value opens an existing one.
type Config struct {
	// Create makes the lake when there is none, and a local directory is made ready for writing, see
	// Dir.Prepare. Defaults to false: an error that wraps ErrNotExist where there is no lake.
	Create bool
	// Step is called with the name of each step of a write: "part.spooled", "part.created",
	// "commit.before", "commit.created", "collect.removed", "recover.kept", "recover.replaced". Tests stop there. Defaults to nothing.
	Step func(name string)
	// Now is the clock that dates commits. Defaults to time.Now.
	Now func() time.Time
	// GCSOptions are passed to the client of gs:// lakes. Defaults to the client's own search for
	// credentials, and to STORAGE_EMULATOR_HOST where that is set.
	GCSOptions []option.ClientOption
	// GCSTimeout bounds one operation on a gs:// lake, retries included; an upload has one second
	// more per MiB. Defaults to two minutes.
	GCSTimeout time.Duration
}

// A Lake is parts and commits in a Bucket. Safe for concurrent use.
type Lake struct {
	bucket Bucket
	step   func(string)
	now    func() time.Time
	id     string

	mu      sync.Mutex
	ordinal map[string]int       // parts named so far, by table and run
	born    map[string]time.Time // when parts were put that no commit names yet
}

const formatName = "_lake/format.json"

// formatAnew is what to do about a format that is damaged.
const formatAnew = `bring it back from a copy, or write it anew: the line {"format":1,"lake_id":"..."} with the lake that an anchor names`

// lakeFormat is the object that makes a place a lake.
type lakeFormat struct {
	Format int    `json:"format"` // 1
	LakeID string `json:"lake_id"`
}

func (f lakeFormat) marshal() ([]byte, error) {
	data, err := json.Marshal(f)
	return append(data, '\n'), err
}

// Open opens the lake at uri: a directory, "file:///directory" or "gs://bucket/prefix". Errors
// wrap ErrNotExist, ErrDenied, ErrDamaged or ErrUnsuitable where these apply.
func Open(ctx context.Context, uri string, cfg Config) (*Lake, error) {
	b, err := OpenBucket(ctx, uri, cfg)
	if err != nil {
		return nil, err
	}
	l := New(b, cfg)
	if err := l.readFormat(ctx, cfg.Create); err != nil {
		return nil, errors.Join(fmt.Errorf("open lake %s: %w", b.URI(), err), l.Close())
	}
	return l, nil
}

// New returns the lake in b without looking at it.
func New(b Bucket, cfg Config) *Lake {
	l := &Lake{bucket: b, step: cfg.Step, now: cfg.Now, ordinal: map[string]int{}, born: map[string]time.Time{}}
	if l.step == nil {
		l.step = func(string) {}
	}
	if l.now == nil {
		l.now = time.Now
	}
	return l
}

// Bucket returns the store that the lake lives in.
func (l *Lake) Bucket() Bucket { return l.bucket }

// ID returns the random name that the lake got when it was made. Empty after New.
func (l *Lake) ID() string { return l.id }

// Close releases the store's handles and connections.
func (l *Lake) Close() error {
	if c, ok := l.bucket.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// OpenBucket opens the store at uri, which need not hold a lake. A local directory is made if Create says so, and
// made ready for writing.
func OpenBucket(ctx context.Context, uri string, cfg Config) (Bucket, error) {
	scheme, rest, found := strings.Cut(uri, "://")
	if !found {
		return openDir(uri, cfg.Create)
	}
	switch scheme {
	case "file":
		u, err := url.Parse(uri)
		if err != nil || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || !strings.HasPrefix(u.Path, "/") {
			return nil, fmt.Errorf("lake %q: want file:///directory", uri)
		}
		return openDir(u.Path, cfg.Create)
	case "gs":
		bucket, prefix, _ := strings.Cut(rest, "/")
		g, err := OpenGCS(ctx, bucket, strings.TrimSuffix(prefix, "/"), cfg)
		if err != nil {
			return nil, err
		}
		return g, nil
	}
	return nil, fmt.Errorf("lake %q: want a directory, file:///directory or gs://bucket/prefix", uri)
}

func openDir(dir string, create bool) (Bucket, error) {
	if dir == "" {
		return nil, errors.New("lake: want a directory, file:///directory or gs://bucket/prefix, got nothing")
	}
	if create {
		if err := makeRoot(dir); err != nil {
			return nil, fmt.Errorf("create lake directory %q: %w", dir, err)
		}
	}
	d, err := OpenDir(dir)
	if err != nil {
		return nil, err
	}
	if create {
		if err := d.Prepare(); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// makeRoot makes a directory for a new lake. It refuses one that holds other files, because a
// mistyped path must not fill somebody's home directory.
func makeRoot(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return fileError(makeDurable(dir), "create")
	}
	if err != nil {
		return fileError(err, "read")
	}
	for _, e := range entries {
		if e.Name() == "_lake" {
			return nil
		}
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			return fmt.Errorf("it holds other files and is not a lake")
		}
	}
	return nil
}

// makeDurable makes dir and its missing parents and syncs what they are entered in.
func makeDurable(dir string) error {
	parent := filepath.Dir(filepath.Clean(dir))
	if _, err := os.Stat(parent); errors.Is(err, os.ErrNotExist) {
		if err := makeDurable(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := os.Chmod(dir, dirMode); err != nil {
		return err
	}
	f, err := os.Open(parent)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// readFormat reads the lake's id, and makes the lake first when there is none and create is set.
func (l *Lake) readFormat(ctx context.Context, create bool) error {
	data, err := l.read(ctx, formatName, 4096)
	if errors.Is(err, ErrNotExist) {
		for name, listErr := range l.bucket.List(ctx, commitPrefix) {
			if listErr != nil {
				return listErr
			}
			return fmt.Errorf("%w: %s is missing, yet %s is there; %s", ErrDamaged, formatName, name, formatAnew)
		}
		if !create {
			return fmt.Errorf("there is no lake: %w", err)
		}
		if err := l.writeFormat(ctx); err != nil {
			return err
		}
		data, err = l.read(ctx, formatName, 4096)
	}
	if err != nil {
		return err
	}
	var f lakeFormat
	if err := json.Unmarshal(data, &f, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: %s: %w; %s", ErrDamaged, formatName, err, formatAnew)
	}
	if f.Format != 1 || f.LakeID == "" {
		return fmt.Errorf("%w: %s: format %d, want 1 and a lake_id: written by a newer program?", ErrDamaged, formatName, f.Format)
	}
	if one, err := f.marshal(); err != nil || !bytes.Equal(data, one) {
		return fmt.Errorf("%w: %s: it is not as it was written; %s", ErrDamaged, formatName, formatAnew)
	}
	l.id = f.LakeID
	return nil
}

// writeFormat makes the lake, unless another process is faster.
func (l *Lake) writeFormat(ctx context.Context) error {
	data, err := lakeFormat{Format: 1, LakeID: rand.Text()}.marshal()
	if err != nil {
		return err
	}
	err = l.bucket.Create(ctx, formatName, bytes.NewReader(data))
	if errors.Is(err, ErrExist) {
		return nil
	}
	return err
}

// read returns the whole of an object of at most max bytes.
func (l *Lake) read(ctx context.Context, name string, max int64) ([]byte, error) {
	r, err := l.bucket.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", name, err)
	}
	if int64(len(data)) > max {
		return nil, fmt.Errorf("%w: %q is longer than %d bytes", ErrDamaged, name, max)
	}
	return data, nil
}
