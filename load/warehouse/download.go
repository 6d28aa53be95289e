package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"kycsync/load/lake"
)

// ErrNewer means that the warehouse that is there shows a later commit.
var ErrNewer = errors.New("the warehouse that is there is newer")

// ErrNoAnchor means that no anchor says anything of the warehouse that was to be fetched.
var ErrNoAnchor = errors.New("no anchor is of this lake, and of a commit up to this one")

// Wanted says which generation a download brings.
type Wanted struct {
	Seq     int64         // of its newest commit; 0: the newest there is
	Anchors []lake.Anchor // with which its commits must agree; those of other lakes are passed over. None: it need not
}

// Fetched says what a download did.
type Fetched struct {
	Generation
	New     bool `json:"new"`               // false: the file was there already
	Anchors int  `json:"anchors,omitempty"` // that agreed
}

// Download brings a generation from a store, as Upload put it there, and publishes it as a build does. Length and
// hash are compared while it is read; then it is opened, and must show the commit that it was said to show. A
// download that breaks off leaves nothing, and the next one begins anew.
//
// On error the published file is the one from before. Errors: ErrBusy, ErrNoAnchor, ErrNewer where the published file
// shows a later commit and none was asked for by number, ErrAudience where it is for others, ErrForeign where it is of another lake, ErrMismatch, and
// those of package lake: ErrNotExist where there is no such generation, ErrDamaged where what is there is not what
// was put there or an anchor says otherwise.
func Download(ctx context.Context, store lake.Bucket, cfg Config, want Wanted) (got Fetched, err error) {
	cfg, err = cfg.withDefaults()
	if err != nil {
		return got, err
	}
	fail := func(err error) (Fetched, error) {
		return got, fmt.Errorf("fetch the warehouse from %s: %w", store.URI(), err)
	}
	b, err := openBuild(cfg, nil)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if got.Generation, err = find(ctx, store, want.Seq); err != nil {
		return fail(err)
	}
	if there, err := b.holdsFile(ctx, got.Generation); err != nil || there {
		if err == nil {
			got.Anchors, err = b.accept(ctx, b.cfg.Path, got.Generation, want)
		}
		if err != nil {
			return fail(err)
		}
		return got, nil
	}
	next, err := b.download(ctx, store, got.Generation)
	if err != nil {
		return fail(err)
	}
	defer os.Remove(next) // when it was not renamed
	b.cfg.Step(stepCopied)
	if got.Anchors, err = b.accept(ctx, next, got.Generation, want); err != nil {
		return fail(err)
	}
	b.cfg.Step(stepProved)
	if err := ctx.Err(); err != nil {
		return fail(context.Cause(ctx))
	}
	sum, err := sumOf(ctx, next)
	if err != nil {
		return fail(err)
	}
	if err := b.replace(ctx, next, sum, got.Seq); err != nil {
		return fail(err)
	}
	got.New = true
	return got, nil
}

// find returns the newest generation of a commit; of the newest one for 0.
func find(ctx context.Context, store lake.Bucket, seq int64) (g Generation, err error) {
	all, err := pointers(ctx, store)
	if err != nil {
		return g, err
	}
	if len(all) == 0 {
		return g, fmt.Errorf("there is none: %w", lake.ErrNotExist)
	}
	p := all[len(all)-1]
	for _, q := range all {
		if q.seq == seq {
			p = q
		}
	}
	if seq != 0 && p.seq != seq {
		return g, fmt.Errorf("there is none of commit %d; the oldest is of %d, the newest of %d: %w", seq, all[0].seq, p.seq, lake.ErrNotExist)
	}
	return p.read(ctx, store)
}

// holdsFile reports whether the published file is the generation's, byte for byte.
func (b *build) holdsFile(ctx context.Context, g Generation) (bool, error) {
	f, err := os.Open(b.cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != g.Bytes {
		return false, err
	}
	_, sum, err := measure(ctx, f)
	return sum == g.SHA256, err
}

// download copies the file beside the published one, compares it and syncs it.
func (b *build) download(ctx context.Context, store lake.Bucket, g Generation) (name string, err error) {
	src, err := store.Open(ctx, g.File)
	if errors.Is(err, lake.ErrNotExist) {
		return "", fmt.Errorf("%w: %q was published and is not there any more", lake.ErrDamaged, g.File)
	}
	if err != nil {
		return "", err
	}
	defer src.Close()
	dst, err := b.createNext()
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, dst.Close())
		if err != nil {
			os.Remove(dst.Name())
		}
	}()
	h := sha256.New()
	n, err := copyAll(ctx, io.MultiWriter(dst, h), io.LimitReader(src, g.Bytes+1)) // one more is enough to see that it is too long
	switch sum := hex.EncodeToString(h.Sum(nil)); {
	case err != nil:
		return "", err
	case n != g.Bytes:
		return "", fmt.Errorf("%w: %q has another length than the %d bytes that were published", lake.ErrDamaged, g.File, g.Bytes)
	case sum != g.SHA256:
		return "", fmt.Errorf("%w: %q: SHA-256 is %.12s…, want %.12s…", lake.ErrDamaged, g.File, sum, g.SHA256)
	}
	return dst.Name(), errors.Join(dst.Chmod(publishedMode), dst.Sync())
}

// accept opens a file as a reader would. It must show the generation's commit, agree with the anchors and with the
// published file, and not be older than that unless it was asked for by number. It returns how many anchors agreed.
func (b *build) accept(ctx context.Context, path string, g Generation, want Wanted) (anchors int, err error) {
	in, err := openInstance(ctx, path, true, limits{memoryMB: b.cfg.MemoryMB, threads: b.cfg.Threads})
	if err != nil {
		return 0, unfit(ctx, err)
	}
	defer func() { err = errors.Join(err, in.close()) }()
	var format int
	if err := in.row(ctx, "read the file's facts", "SELECT format FROM "+factsTable, &format); err != nil {
		return 0, unfit(ctx, err)
	}
	if format != formatNumber {
		return 0, fmt.Errorf("%w: it has format %d, and this program reads %d: it was built by another version", ErrMismatch, format, formatNumber)
	}
	e, err := in.ledger(ctx)
	if err != nil {
		return 0, unfit(ctx, err)
	}
	if e.seq != g.Seq || e.sha256 != g.Commit {
		return 0, fmt.Errorf("%w: it shows commit %d, and was said to show %d, or that is another one", ErrMismatch, e.seq, g.Seq)
	}
	for _, a := range want.Anchors {
		if a.LakeID != g.LakeID || a.Seq > g.Seq {
			continue
		}
		sum, err := in.entered(ctx, a.Seq)
		if err != nil {
			return 0, err
		}
		if sum != a.SHA256 {
			return 0, fmt.Errorf("%w: commit %d was anchored with sha256 %s, and has %s there: history was rewritten", lake.ErrDamaged, a.Seq, a.SHA256, sum)
		}
		anchors++
	}
	if anchors == 0 && len(want.Anchors) > 0 {
		return 0, fmt.Errorf("lake %s, commit %d: %w", g.LakeID, g.Seq, ErrNoAnchor)
	}
	return anchors, b.follows(ctx, in, e, want)
}

// unfit says that a file cannot be opened as a warehouse, unless the context has ended.
func unfit(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, ErrMismatch) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMismatch, err)
}

// entered returns the hash of a commit in the ledger, "" if it is not there.
func (in *instance) entered(ctx context.Context, seq int64) (sum string, err error) {
	err = in.row(ctx, "read the ledger", fmt.Sprintf("SELECT coalesce(max(sha256), '') FROM %s WHERE seq = %d", ledgerTable, seq), &sum)
	return sum, err
}

// follows refuses a file that the published one must not be replaced by. A published file that cannot be read may be.
func (b *build) follows(ctx context.Context, next *instance, e *ledgerEntry, want Wanted) error {
	if _, err := os.Stat(b.cfg.Path); err != nil {
		return nil
	}
	now, err := readShown(ctx, b.cfg, false)
	if err != nil || now.seq == 0 {
		return ctx.Err()
	}
	its, err := next.audience(ctx)
	if err != nil {
		return err
	}
	if now.audience.name != its.name {
		return fmt.Errorf("%w: the warehouse at %q is %s, and what was published is %s; name another path", ErrAudience, b.cfg.Path, now.audience, its)
	}
	if now.seq > e.seq && want.Seq == 0 {
		return fmt.Errorf("%w: it shows commit %d, and the newest that was published is %d; ask for that by its number to have it all the same", ErrNewer, now.seq, e.seq)
	}
	if now.seq <= e.seq {
		sum, err := next.entered(ctx, now.seq)
		if err == nil && sum != now.sha256 {
			err = fmt.Errorf("%w: the warehouse at %q has another commit %d; name another path", ErrForeign, b.cfg.Path, now.seq)
		}
		return err
	}
	return nil
}
