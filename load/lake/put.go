package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// Spooled is a finished part that is not yet in the lake.
type Spooled struct {
	Table string
	Path  string // local file, removed by Put
	Part  Part   // without Name and AddedBySeq, until Put
}

// Discard removes the file of a part that will not be put.
func (s *Spooled) Discard() error {
	if err := os.Remove(s.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("discard part of %s: %w", s.Table, err)
	}
	return nil
}

// Put uploads a spooled part, removes its file and returns the part as a commit's Tables want it.
// The object's name holds runID, which must contain time and chance, and a number. After an error
// Put may be called again with the same part; it will use the same name. A part that no commit
// comes to name stays in the store, invisible.
func (l *Lake) Put(ctx context.Context, s *Spooled, runID string) (Part, error) {
	l.step("part.spooled")
	if !runIDRE.MatchString(runID) {
		return Part{}, fmt.Errorf("put part of %s: run id %q, want letters, digits, - and _", s.Table, runID)
	}
	if s.Part.Name == "" {
		s.Part.Name = l.partName(s.Table, runID, s.Part.Level)
	}
	f, err := os.Open(s.Path)
	if err != nil {
		return Part{}, fmt.Errorf("put part of %s: %w", s.Table, fileError(err, "read"))
	}
	defer f.Close()
	if err := l.bucket.Create(ctx, s.Part.Name, &checkedFile{f: f, check: func(d *digest) error { return d.check(s.Part) }}); err != nil {
		return Part{}, fmt.Errorf("put part of %s: %w", s.Table, err)
	}
	l.step("part.created")
	l.mu.Lock()
	l.born[s.Part.Name] = l.now().Round(0) // by the wall: another clock stands still while a machine sleeps
	l.mu.Unlock()
	return s.Part, s.Discard()
}

func (l *Lake) partName(table, runID string, level int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := table + "/" + runID
	n := l.ordinal[key]
	l.ordinal[key]++
	return fmt.Sprintf("%s%s-%03d-L%d.parquet", partPrefix(table), runID, n, level)
}

// A digest counts and hashes what is written to it.
type digest struct {
	n   int64
	sha hash.Hash
	crc hash.Hash32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newDigest() *digest { return &digest{sha: sha256.New(), crc: crc32.New(castagnoli)} }

func (d *digest) Write(p []byte) (int, error) {
	d.n += int64(len(p))
	d.sha.Write(p)
	d.crc.Write(p)
	return len(p), nil
}

func (d *digest) sha256() string { return hex.EncodeToString(d.sha.Sum(nil)) }

// check returns an error that wraps ErrDamaged unless what was written is the part.
func (d *digest) check(want Part) error {
	if err := d.is(want.Bytes, want.SHA256); err != nil {
		return err
	}
	if d.crc.Sum32() != want.CRC32C {
		return fmt.Errorf("%w: CRC32C is %d, want %d", ErrDamaged, d.crc.Sum32(), want.CRC32C)
	}
	return nil
}

// is returns an error that wraps ErrDamaged unless what was written has that length and hash.
func (d *digest) is(bytes int64, sha256 string) error {
	switch {
	case d.n != bytes:
		return fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, d.n, bytes)
	case d.sha256() != sha256:
		return fmt.Errorf("%w: SHA-256 is %.12s…, want %.12s…", ErrDamaged, d.sha256(), sha256)
	}
	return nil
}

// A checkedFile reads a file that must be what it was when it was hashed: at its end it gives an error instead of
// io.EOF when it is not, so that no bucket stores what the disk altered since.
type checkedFile struct {
	f     *os.File
	check func(*digest) error
	sum   *digest
}

func (c *checkedFile) Seek(offset int64, whence int) (int64, error) {
	n, err := c.f.Seek(offset, whence)
	c.sum = nil
	if err == nil && n == 0 {
		c.sum = newDigest()
	}
	return n, err
}

func (c *checkedFile) Read(p []byte) (int, error) {
	n, err := c.f.Read(p)
	if c.sum != nil {
		c.sum.Write(p[:n])
		if err == io.EOF {
			if damage := c.check(c.sum); damage != nil {
				return n, fmt.Errorf("spooled file %s: %w", filepath.Base(c.f.Name()), damage)
			}
		}
	}
	return n, err
}
