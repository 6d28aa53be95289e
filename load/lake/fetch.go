package lake

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Fetch returns a local file that holds part p, after its length and its hashes have been compared.
// The error wraps ErrDamaged when they differ and when the object is missing. In a local lake the
// file is the object itself, which must not be altered; otherwise it is a download in dir, named
// by its hash, that the caller removes. A download that is there already is used again.
func (l *Lake) Fetch(ctx context.Context, p Part, dir string) (string, error) {
	name, _, err := l.fetch(ctx, p, dir)
	return name, err
}

func (l *Lake) fetch(ctx context.Context, p Part, dir string) (name string, downloaded bool, err error) {
	if d, ok := l.bucket.(interface{ LocalPath(string) string }); ok {
		if err := l.check(ctx, p); err != nil {
			return "", false, fmt.Errorf("fetch part %q: %w", p.Name, err)
		}
		return d.LocalPath(p.Name), false, nil
	}
	name = filepath.Join(dir, p.SHA256+".parquet")
	if err := checkFile(ctx, p, name); err == nil {
		return name, true, nil
	}
	if err := l.download(ctx, p, name); err != nil {
		return "", false, fmt.Errorf("fetch part %q: %w", p.Name, err)
	}
	return name, true, nil
}

// check reads the object of p and compares it with p.
func (l *Lake) check(ctx context.Context, p Part) error {
	return l.copyTo(ctx, p, io.Discard)
}

// copyTo copies the object of p to w. Its error wraps ErrDamaged when the object is not p.
func (l *Lake) copyTo(ctx context.Context, p Part, w io.Writer) error {
	r, err := l.bucket.Open(ctx, p.Name)
	if errors.Is(err, ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	sum := newDigest()
	// One byte more than wanted is enough to see that the object is too long.
	src := io.LimitReader(contextReader{ctx, r}, p.Bytes+1)
	if _, err := io.Copy(io.MultiWriter(w, sum), src); err != nil {
		return err
	}
	return sum.check(p)
}

func (l *Lake) download(ctx context.Context, p Part, name string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "fetch-*")
	if err != nil {
		return fileError(err, "create")
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := l.copyTo(ctx, p, f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func checkFile(ctx context.Context, p Part, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := newDigest()
	if _, err := io.Copy(sum, contextReader{ctx, f}); err != nil {
		return err
	}
	return sum.check(p)
}

// A Problem is one part that is not as its commit says.
type Problem struct {
	Table string
	Part  Part
	Err   error // wraps ErrDamaged; ErrNotExist too where the object is missing
}

// A Share is which of the parts are read: those whose turn it is today, so that all had theirs after Of days. The
// zero value is all.
type Share struct {
	Of  int // every so manieth
	Day int // counts days
}

func (s Share) has(name string) bool {
	return s.Of < 2 || int(crc32.ChecksumIEEE([]byte(name))%uint32(s.Of)) == s.Day%s.Of
}

// Verify reads the live parts of commit c, or a share of them, and compares length and hashes, tables and names
// in ascending order. progress, if not nil, is called after each part. The problems are those found
// until the error; an error means that the rest was not looked at.
func (l *Lake) Verify(ctx context.Context, c *Commit, share Share, progress func(Part)) ([]Problem, error) {
	var found []Problem
	for _, table := range sortedKeys(c.Tables) {
		for _, name := range sortedKeys(c.Tables[table]) {
			if !share.has(name) {
				continue
			}
			p := c.Tables[table][name]
			p.Name = name
			err := l.check(ctx, p)
			switch {
			case errors.Is(err, ErrDamaged):
				found = append(found, Problem{Table: table, Part: p, Err: fmt.Errorf("part %q: %w", name, err)})
			case err != nil:
				return found, fmt.Errorf("verify part %q: %w", name, err)
			}
			if progress != nil {
				progress(p)
			}
		}
	}
	return found, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
