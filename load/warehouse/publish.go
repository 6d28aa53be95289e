package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kycsync/load/lake"
)

// publishedMode lets the owner and the group read. Nobody writes, the owner neither: DuckDB would
// open a writable file for writing when it is not told otherwise.
const publishedMode = 0o440

// publish makes the published file show what the build file holds, unless it does so already.
// Where a check holds it back the error is a *Held.
func (b *build) publish(ctx context.Context, target *lake.Commit, rep Report) error {
	if err := b.defineViews(ctx); err != nil {
		return err
	}
	e, err := b.in.ledger(ctx)
	if err != nil {
		return err
	}
	if !rep.Rebuilt && rep.FromSeq == rep.ToSeq && b.isPublished(ctx, e) {
		return b.shut()
	}
	b.cfg.Step(stepViews)
	if err := b.vouch(ctx, target, rep); err != nil {
		return doubt(ctx, err)
	}
	b.cfg.Step(stepChecked)
	if err := b.in.exec(ctx, "checkpoint", "CHECKPOINT"); err != nil {
		return err
	}
	if err := b.shut(); err != nil {
		return fmt.Errorf("warehouse: close the build file: %w", err)
	}
	for _, suffix := range logSuffixes {
		if _, err := os.Stat(b.file() + suffix); !errors.Is(err, fs.ErrNotExist) {
			return &doubtError{reason: "the build file still has a write-ahead log after its checkpoint", bad: true} // of before a power cut
		}
	}
	b.cfg.Step(stepCheckpoint)
	next, sum, err := b.copyOut(ctx)
	if err != nil {
		return fmt.Errorf("warehouse: publish: %w", err)
	}
	defer os.Remove(next) // when it was not renamed
	b.cfg.Step(stepCopied)
	if err := b.proof(ctx, next, e); err != nil {
		return fmt.Errorf("warehouse: publish: the copy: %w", err)
	}
	b.cfg.Step(stepProved)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("warehouse: publish: %w", err)
	}
	if err := b.replace(ctx, next, sum, e.seq); err != nil {
		return fmt.Errorf("warehouse: publish: %w", err)
	}
	return nil
}

// isPublished reports whether the published file opens and stands at e.
func (b *build) isPublished(ctx context.Context, e *ledgerEntry) bool {
	if _, err := os.Stat(b.cfg.Path); err != nil {
		return false
	}
	return b.proof(ctx, b.cfg.Path, e) == nil
}

// proof opens a file as a reader would and checks that it is this program's and stands at e.
func (b *build) proof(ctx context.Context, path string, e *ledgerEntry) (err error) {
	in, err := openInstance(ctx, path, true, limits{memoryMB: b.cfg.MemoryMB, threads: b.cfg.Threads})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	var same bool
	err = in.row(ctx, "read the file's facts", fmt.Sprintf("SELECT coalesce(ddl_sha256 = %s AND views_sha256 = %s, false) FROM %s", literal(ddlSHA256()), literal(viewsSHA256()), factsTable), &same)
	if err != nil {
		return err
	}
	got, err := in.ledger(ctx)
	if err == nil && (*got != *e || !same) {
		err = fmt.Errorf("%w: it stands at commit %d, want %d with the present definitions", ErrMismatch, got.seq, e.seq)
	}
	return err
}

// copyOut copies the build file, which is closed, beside the published one and syncs it. It returns what sumOf says of it.
func (b *build) copyOut(ctx context.Context) (name, sum string, err error) {
	src, err := os.Open(b.file())
	if err != nil {
		return "", "", err
	}
	defer src.Close()
	dst, err := b.createNext()
	if err != nil {
		return "", "", err
	}
	defer func() {
		err = errors.Join(err, dst.Close())
		if err != nil {
			os.Remove(dst.Name())
		}
	}()
	if sum, err = copyFile(ctx, dst, src); err != nil {
		return "", "", err
	}
	return dst.Name(), sum, errors.Join(dst.Chmod(publishedMode), dst.Sync())
}

// createNext makes the file that will replace the published one, and removes those of processes that were killed:
// the lock is ours.
func (b *build) createNext() (*os.File, error) {
	stale, err := filepath.Glob(globQuote(b.cfg.Path) + ".next-*")
	if err != nil {
		return nil, err
	}
	for _, name := range stale {
		os.Remove(name)
	}
	return os.CreateTemp(filepath.Dir(b.cfg.Path), filepath.Base(b.cfg.Path)+".next-*")
}

// replace renames a finished file, of which sumOf says sum, over the published one and makes the rename durable. A log that
// lies beside the old file must not meet the new one, not after a power cut either: DuckDB would take it for its own.
func replace(next, sum, path string) error {
	removed := false
	for _, suffix := range logSuffixes {
		err := os.Remove(path + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		removed = removed || err == nil
	}
	dir := filepath.Dir(path)
	if removed {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	if err := noteWritten(sum, path); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(dir)
}

// globQuote quotes what filepath.Glob would take for a pattern.
func globQuote(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}
