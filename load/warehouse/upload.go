package warehouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	"kycsync/load/lake"
)

// ErrNothing means that there is no warehouse to hand out: none is there, or it shows no commit.
var ErrNothing = errors.New("there is no warehouse with a published commit")

// Upload puts the published file into a store from which Download fetches it, if it is the lake's: its newest
// commit must be that of the lake. New is false where the store's newest generation is this file already or is of a
// later commit; that one is returned. A generation is seen by others once it is there as a whole.
//
// Errors: ErrNothing, ErrAudience for a store with generations for others, ErrForeign for a store with generations of another lake, ErrMismatch for a warehouse that is
// not the lake's, and those of package lake, of which ErrDamaged says that the store has generations of a
// history that the lake does not have.
func Upload(ctx context.Context, l *lake.Lake, store lake.Bucket, cfg Config) (g Generation, isNew bool, err error) {
	fail := func(err error) (Generation, bool, error) {
		return g, false, fmt.Errorf("publish the warehouse to %s: %w", store.URI(), err)
	}
	cfg, err = cfg.withDefaults()
	if err != nil {
		return fail(err)
	}
	f, there, err := openPublished(ctx, cfg)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	if reason, err := asWritten(ctx, cfg.Path); err != nil || reason != "" {
		return fail(cmp.Or(err, fmt.Errorf("%w: %s", ErrMismatch, reason)))
	}
	c, err := l.At(ctx, there.seq)
	switch {
	case errors.Is(err, lake.ErrNotExist), err == nil && c.SHA256 != there.sha256:
		return fail(fmt.Errorf("%w: it shows commit %d, which is another one there or none", ErrMismatch, there.seq))
	case err != nil:
		return fail(err)
	}
	g = Generation{LakeID: l.ID(), Seq: c.Seq, Commit: c.SHA256, BuiltAt: there.builtAt, Anchor: l.Anchor(c).String(), Audience: there.audience.name}
	if g.Bytes, g.SHA256, err = measure(ctx, f); err != nil {
		return fail(err)
	}
	g.File = fileName(g.Seq, g.SHA256)
	stored := false
	for { // until no other process takes the pointer's name
		p, newest, err := newestOf(ctx, l, store)
		if err != nil {
			return fail(err)
		}
		if newest != nil && newest.Audience != g.Audience {
			return fail(fmt.Errorf("%w: what is there is %s, and this is %s; name another place", ErrAudience, audience{name: newest.Audience}, there.audience))
		}
		if newest != nil && (newest.Seq > g.Seq || newest.SHA256 == g.SHA256) {
			g = *newest
			return g, false, nil
		}
		if !stored {
			if err := store.Create(ctx, g.File, &provenFile{f: f, want: g.SHA256}); err != nil {
				return fail(err)
			}
			stored = true
			cfg.Step("upload.stored")
		}
		if p.seq != g.Seq {
			p = newPointer(g.Seq, 0)
		}
		if p.nth == maxNth {
			return fail(fmt.Errorf("commit %d is there %d times already; publish the next one", g.Seq, maxNth))
		}
		if err := p.next().write(ctx, store, g); !errors.Is(err, lake.ErrExist) {
			if err != nil {
				return fail(err)
			}
			return g, true, nil
		}
	}
}

// newestOf returns the newest generation in a store, nil if there is none, after a check that it is of the lake.
func newestOf(ctx context.Context, l *lake.Lake, store lake.Bucket) (p pointer, g *Generation, err error) {
	all, err := pointers(ctx, store)
	if err != nil || len(all) == 0 {
		return p, nil, err
	}
	p = all[len(all)-1]
	newest, err := p.read(ctx, store)
	if err != nil {
		return p, nil, err
	}
	a, err := lake.ParseAnchor(newest.Anchor)
	if err != nil {
		return p, nil, err
	}
	if a.LakeID != l.ID() {
		return p, nil, fmt.Errorf("%w: what is there is of lake %s, and this is %s; name another place", ErrForeign, a.LakeID, l.ID())
	}
	return p, &newest, l.Holds(ctx, a)
}

// openPublished opens the published file, reads it through, and says which commit it shows, and when that was loaded.
// DuckDB reads the file by its name, under which another one may have come to lie; then it is done again.
func openPublished(ctx context.Context, cfg Config) (f *os.File, s shown, err error) {
	for {
		if f, err = os.Open(cfg.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, s, fmt.Errorf("%w: %q does not exist", ErrNothing, cfg.Path)
		} else if err != nil {
			return nil, s, err
		}
		s, err = readShown(ctx, cfg, true)
		same := false
		if err == nil {
			same, err = isFile(cfg.Path, f)
		}
		switch {
		case err != nil:
			return nil, s, errors.Join(err, f.Close())
		case same && s.seq == 0:
			return nil, s, errors.Join(fmt.Errorf("%w: %q shows none", ErrNothing, cfg.Path), f.Close())
		case same:
			return f, s, nil
		}
		f.Close()
	}
}

func isFile(path string, f *os.File) (bool, error) {
	now, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	opened, err := f.Stat()
	return err == nil && os.SameFile(now, opened), err
}

// A shown is what a file says of itself.
type shown struct {
	ledgerEntry
	builtAt  time.Time // when its newest commit was loaded, UTC
	audience audience
}

// readShown says which commit the published file shows. If the whole is asked for, every row is read too: DuckDB
// notices a block that is not as it was written when it reads it, and not before.
func readShown(ctx context.Context, cfg Config, whole bool) (s shown, err error) {
	in, err := openInstance(ctx, cfg.Path, true, limits{memoryMB: cfg.MemoryMB, threads: cfg.Threads})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	e, err := in.ledger(ctx)
	if err == nil {
		s.ledgerEntry = *e
		s.audience, err = in.audience(ctx)
	}
	if err == nil {
		err = in.row(ctx, "read the ledger", "SELECT coalesce(max(applied_at), to_timestamp(0)) FROM "+ledgerTable, &s.builtAt)
	}
	for _, t := range tables() {
		if err == nil && whole {
			_, err = in.fingerprint(ctx, t, ident(history(t)))
		}
	}
	for _, f := range families() {
		if err == nil && whole {
			err = in.follow(ctx, &f)
		}
	}
	s.builtAt = s.builtAt.UTC()
	return s, err
}

// measure reads a file from its start and returns its length and SHA-256.
func measure(ctx context.Context, f *os.File) (int64, string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, "", err
	}
	h := sha256.New()
	n, err := copyAll(ctx, h, f)
	return n, hex.EncodeToString(h.Sum(nil)), err
}

// copyAll is io.Copy that ends with the context.
func copyAll(ctx context.Context, dst io.Writer, src io.Reader) (n int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return n, context.Cause(ctx)
		}
		step, err := io.CopyN(dst, src, copyStep)
		if n += step; err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// A provenFile gives an error instead of its end when what was read from the start is not what was measured, so
// that no store keeps what a disk has altered meanwhile.
type provenFile struct {
	f    *os.File
	want string
	sum  hash.Hash
}

func (p *provenFile) Seek(offset int64, whence int) (int64, error) {
	n, err := p.f.Seek(offset, whence)
	p.sum = nil
	if err == nil && n == 0 {
		p.sum = sha256.New()
	}
	return n, err
}

func (p *provenFile) Read(b []byte) (int, error) {
	n, err := p.f.Read(b)
	if p.sum != nil {
		p.sum.Write(b[:n])
		if err == io.EOF && hex.EncodeToString(p.sum.Sum(nil)) != p.want {
			return n, fmt.Errorf("%w: the warehouse was altered while it was read", ErrMismatch)
		}
	}
	return n, err
}
