package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// What was published before can be kept, in the directory Path + ".d":
//
//	kyc-000000000041.duckdb     the warehouse that showed commit 41
//
// It is the file itself under a second name, given before the first one goes to the next file, so that nothing is
// copied and readers notice nothing. The oldest beyond Config.Keep are removed; a file with any other name never
// is, which is how one is pinned: give it another name.
var keptRE = regexp.MustCompile(`^kyc-[0-9]{12}\.duckdb$`)

func (b *build) keptDir() string { return b.cfg.Path + ".d" }

// replace puts a finished file that shows a commit in the place of the published one, which is kept if that is asked
// for. That it could not be kept is no reason to leave readers with it.
func (b *build) replace(ctx context.Context, next, sum string, seq int64) error {
	if b.cfg.Keep > 0 {
		if err := b.keep(ctx, seq); err != nil {
			b.cfg.Log.Warn("the warehouse that is replaced could not be kept", "directory", b.keptDir(), "error", err.Error())
		}
	}
	if err := replace(next, sum, b.cfg.Path); err != nil {
		return err
	}
	b.cfg.Step(stepRenamed)
	if b.cfg.Keep > 0 {
		if err := b.removeOldest(); err != nil {
			b.cfg.Log.Warn("an old warehouse could not be removed", "directory", b.keptDir(), "error", err.Error())
		}
	}
	return nil
}

// keep gives the published file its second name. One that cannot be read is not worth it, and one of the same commit as
// the next file holds nothing else than that.
func (b *build) keep(ctx context.Context, next int64) error {
	if _, err := os.Stat(b.cfg.Path); err != nil {
		return nil
	}
	e, err := readShown(ctx, b.cfg, false)
	if err != nil || e.seq == 0 || e.seq == next {
		return ctx.Err()
	}
	if err := os.Mkdir(b.keptDir(), 0o750); err == nil {
		err = os.Chmod(b.keptDir(), 0o750) // as the file, for the owner and the group
		if err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	name := filepath.Join(b.keptDir(), fmt.Sprintf("kyc-%012d.duckdb", e.seq))
	err = os.Link(b.cfg.Path, name)
	if errors.Is(err, fs.ErrExist) {
		err = b.keepInstead(name)
	}
	if err != nil {
		return err
	}
	return syncDir(b.keptDir())
}

// keepInstead keeps the published file in the place of one of the same number, unless it is that one: a build that
// died here has kept it already.
func (b *build) keepInstead(name string) error {
	old, err := os.Stat(name)
	if err != nil {
		return err
	}
	now, err := os.Stat(b.cfg.Path)
	if err != nil || os.SameFile(old, now) {
		return err
	}
	temp := name + ".next"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(b.cfg.Path, temp); err != nil {
		return err
	}
	return os.Rename(temp, name)
}

// removeOldest removes what is kept beyond the number that is asked for.
func (b *build) removeOldest() error {
	entries, err := os.ReadDir(b.keptDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && keptRE.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-b.cfg.Keep)] {
		err = errors.Join(err, os.Remove(filepath.Join(b.keptDir(), name)))
	}
	return err
}

func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
