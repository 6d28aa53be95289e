package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kycsync/load/filing"
	"kycsync/load/lake"
	"kycsync/load/seal"
)

// A delivery is how a filing leaves: into a directory or a store, perhaps encrypted.
type delivery struct {
	place      string
	recipients *seal.Recipients // nil: it is not encrypted
}

// name is that of the file.
func (d *delivery) name(made *filing.Package) string {
	if d.recipients != nil {
		return made.ID + ".zip.age"
	}
	return made.ID + ".zip"
}

// where names the place and the file for people.
func (d *delivery) where(made *filing.Package) string {
	if d.inStore() {
		return strings.TrimSuffix(d.place, "/") + "/" + d.name(made)
	}
	return filepath.Join(d.place, d.name(made))
}

func (d *delivery) inStore() bool { return strings.HasPrefix(d.place, "gs://") }

// send writes the package, whole or not at all, and its hash beside it. A file that is there with the same bytes counts as
// done; one with other bytes stays. record is called with the hash of the package before the file has its name: what
// leaves the house is in the ledger.
func (d *delivery) send(ctx context.Context, made *filing.Package, record func(sum string) error) (sum string, err error) {
	dir := d.place
	if d.inStore() {
		dir = "" // that of temporary files
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("write %s: %w", d.where(made), cause(err))
	}
	f, err := os.CreateTemp(dir, "."+made.ID+".*")
	if err != nil {
		return "", fmt.Errorf("write %s: %w", d.where(made), cause(err))
	}
	defer os.Remove(f.Name())
	sum, outer, err := d.pack(f, made)
	if err = errors.Join(err, f.Chmod(0o440), f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("write %s: %w", d.where(made), cause(err))
	}
	if !d.inStore() {
		if err := taken(d.where(made), outer); err != nil {
			return "", err
		}
	}
	if err := record(sum); err != nil {
		return "", err
	}
	line := fmt.Sprintf("%s  %s\n", outer, d.name(made))
	if d.inStore() {
		return sum, d.store(ctx, f.Name(), made, line)
	}
	if err := os.Link(f.Name(), d.where(made)); err != nil {
		if taken := taken(d.where(made), outer); taken != nil || !errors.Is(err, os.ErrExist) {
			return "", errors.Join(taken, fmt.Errorf("write %s: %w", d.where(made), cause(err)))
		}
	}
	return sum, writeFile(d.where(made)+".sha256", func(w io.Writer) error {
		_, err := io.WriteString(w, line)
		return err
	})
}

// pack writes the package, encrypted if it shall be. outer is the hash of what was written.
func (d *delivery) pack(f *os.File, made *filing.Package) (sum, outer string, err error) {
	whole, inner := sha256.New(), sha256.New()
	to := io.MultiWriter(f, whole)
	if d.recipients == nil {
		err = made.WriteZip(io.MultiWriter(to, inner))
	} else {
		var w io.WriteCloser
		if w, err = d.recipients.Encrypt(to); err == nil {
			err = errors.Join(made.WriteZip(io.MultiWriter(w, inner)), w.Close())
		}
	}
	return hex.EncodeToString(inner.Sum(nil)), hex.EncodeToString(whole.Sum(nil)), err
}

// taken tells of a file that is there with other bytes.
func taken(name, sum string) error {
	there, err := hashFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && there == sum:
		return nil
	case err != nil:
		return fmt.Errorf("write %s: %w", name, cause(err))
	}
	return fmt.Errorf("write %s: a file with other bytes is there, SHA-256 %s, and stays; this one has %s", name, there, sum)
}

// store puts the file and its hash into a store, in which nothing is overwritten.
func (d *delivery) store(ctx context.Context, file string, made *filing.Package, line string) error {
	b, err := lake.OpenBucket(ctx, d.place, lake.Config{})
	if err != nil {
		return fmt.Errorf("open %s: %w", d.place, err)
	}
	if c, ok := b.(io.Closer); ok {
		defer c.Close()
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	err = b.Create(ctx, d.name(made), f)
	if err == nil {
		err = b.Create(ctx, d.name(made)+".sha256", strings.NewReader(line))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", d.where(made), err)
	}
	return nil
}
