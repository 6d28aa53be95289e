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
	"time"

	"kycsync/load/filing"
	"kycsync/load/lake"
	"kycsync/load/seal"
)

// A delivery is how a filing leaves: into a directory or a store, perhaps encrypted.
type delivery struct {
	place      string
	recipients *seal.Recipients // nil: it is not encrypted
}

// name is that of the file of a filing.
func (d *delivery) name(id string) string {
	if d.recipients != nil {
		return id + ".zip.age"
	}
	return id + ".zip"
}

// where names the place and the file for people.
func (d *delivery) where(id string) string {
	if d.inStore() {
		return strings.TrimSuffix(d.place, "/") + "/" + d.name(id)
	}
	return filepath.Join(d.place, d.name(id))
}

func (d *delivery) inStore() bool { return strings.HasPrefix(d.place, "gs://") }

// A parcel is the file of a filing that is ready to leave.
type parcel struct {
	id    string
	file  string // a temporary one, on the disk of the place where that is a directory
	inner string // SHA-256 of the package
	outer string // SHA-256 of the file; without encryption the same
	bytes int64
}

// pack writes the package, encrypted if it shall be. The caller removes the file.
func (d *delivery) pack(made *filing.Package) (_ *parcel, err error) {
	dir := d.place
	if d.inStore() {
		dir = "" // that of temporary files
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("write %s: %w", d.where(made.ID), cause(err))
	}
	f, err := os.CreateTemp(dir, "."+made.ID+".*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", d.where(made.ID), cause(err))
	}
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
	info, failed := f.Stat()
	if err = errors.Join(err, failed, f.Chmod(0o440), f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", d.where(made.ID), cause(err)), os.Remove(f.Name()))
	}
	return &parcel{made.ID, f.Name(), hex.EncodeToString(inner.Sum(nil)), hex.EncodeToString(whole.Sum(nil)), info.Size()}, nil
}

// A counter is how a filing is written down: a line before it leaves, and one when it has arrived.
type counter struct {
	ledger *filing.Ledger
	now    func() time.Time
	step   func(string)
}

// hand puts the file into its place, whole or not at all, and its hash beside it. What leaves the house is in the ledger
// before the file has its name, and that it arrived is written there afterwards. A file that is there with the same bytes,
// or that the ledger knows as one of the same package, counts as arrived; one with other bytes stays, and is an error.
func (d *delivery) hand(ctx context.Context, out *parcel, e filing.Entry, at *counter) (filing.Line, error) {
	there, err := d.there(ctx, out.id)
	if err != nil {
		return filing.Line{}, err
	}
	if there != "" && there != out.outer {
		line, err := at.ledger.Sent(ctx, out.id, e.Content, there)
		if errors.Is(err, lake.ErrNotExist) {
			return line, fmt.Errorf("write %s: a file with other bytes is there, SHA-256 %s, and stays; this one has %s", d.where(out.id), there, out.outer)
		} else if err != nil {
			return line, err
		}
		return at.ledger.Append(ctx, d.receipt(line, at))
	}
	e.SHA256, e.FileSHA256, e.Bytes, e.To = out.inner, out.outer, out.bytes, d.where(out.id)
	line, err := at.ledger.Append(ctx, e)
	at.step("ledger")
	if err != nil {
		return line, err
	}
	if err := d.put(ctx, out); err != nil {
		return line, err
	}
	at.step("delivered")
	return at.ledger.Append(ctx, d.receipt(line, at))
}

// receipt is the line that says that a filing arrived.
func (d *delivery) receipt(line filing.Line, at *counter) filing.Entry {
	return filing.Entry{At: at.now().UTC().Truncate(time.Second), Who: line.Who,
		Receipt: &filing.Receipt{Of: line.N, ID: line.ID, To: line.To, FileSHA256: line.FileSHA256, Bytes: line.Bytes}}
}

// there returns the SHA-256 of the file that has the name already; empty: there is none.
func (d *delivery) there(ctx context.Context, id string) (sum string, err error) {
	if !d.inStore() {
		if sum, err = hashFile(d.where(id)); errors.Is(err, os.ErrNotExist) {
			return "", nil
		}
	} else {
		err = d.withStore(ctx, func(b lake.Bucket) error {
			sum, err = hashObject(ctx, b, d.name(id))
			return err
		})
		if errors.Is(err, lake.ErrNotExist) {
			return "", nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", d.where(id), cause(err))
	}
	return sum, nil
}

// put gives the file its name.
func (d *delivery) put(ctx context.Context, out *parcel) error {
	line := fmt.Sprintf("%s  %s\n", out.outer, d.name(out.id))
	var err error
	if d.inStore() {
		err = d.withStore(ctx, func(b lake.Bucket) error { return putObject(ctx, b, d.name(out.id), out.file, line) })
	} else {
		err = putFile(out.file, d.where(out.id), line)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", d.where(out.id), cause(err))
	}
	return nil
}

// putFile links the file to its name, which is on disk when it returns.
func putFile(file, name, line string) error {
	if err := os.Link(file, name); err != nil && !errors.Is(err, os.ErrExist) { // it has the same bytes
		return err
	}
	err := writeFile(name+".sha256", func(w io.Writer) error {
		_, err := io.WriteString(w, line)
		return err
	})
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// putObject puts the file and its hash into a store, in which nothing is overwritten.
func putObject(ctx context.Context, b lake.Bucket, name, file, line string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := b.Create(ctx, name, f); err != nil {
		return err
	}
	return b.Create(ctx, name+".sha256", strings.NewReader(line))
}

// withStore calls use with the store that the place is in.
func (d *delivery) withStore(ctx context.Context, use func(lake.Bucket) error) error {
	b, err := lake.OpenBucket(ctx, d.place, lake.Config{})
	if err != nil {
		return fmt.Errorf("open %s: %w", d.place, err)
	}
	if c, ok := b.(io.Closer); ok {
		defer c.Close()
	}
	return use(b)
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	return hashAll(f)
}

func hashObject(ctx context.Context, b lake.Bucket, name string) (string, error) {
	r, err := b.Open(ctx, name)
	if err != nil {
		return "", err
	}
	return hashAll(r)
}

// hashAll returns the SHA-256 of what is left of r, and closes it.
func hashAll(r io.ReadCloser) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, r.Close())
}
