package night

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kycsync/load/lake"
)

// mergeBudget bounds how many bytes a night that stored some reads to merge: the rest is left for the next one. A row is
// merged some three times in its life, so that four times what is stored catches up with whatever was left, and no
// night after a large one pays for it alone.
func mergeBudget(stored int64) int64 { return min(32<<20+4*stored, 1<<30) }

// ErrMerge says that what a run found was published, and that a part which it then read to merge it is damaged.
var ErrMerge = errors.New("published, but small parts could not be merged")

// compact merges small parts of what was published. A night that cannot do so is none the worse, unless what
// is stored is damaged.
func (r *run) compact(ctx context.Context) error {
	if r.Merge < 0 || r.Published == 0 || r.MaxDuration > 0 && time.Since(r.started) > r.MaxDuration {
		return nil
	}
	done, err := compact(ctx, r.Config, mergeBudget(r.PartBytes))
	if done.Commit != nil {
		r.Merged, r.MergedInto, r.MergedSeq = done.PartsBefore, done.PartsAfter, done.Commit.Seq
	}
	switch {
	case errors.Is(err, lake.ErrDamaged):
		return fmt.Errorf("%w: %w", ErrMerge, err)
	case err != nil:
		r.Log.Warn("small parts are not all merged tonight; nothing else is the worse for it", "error", err.Error())
	}
	return nil
}

// Compact merges small parts until none is left to merge, and makes the warehouse follow what is published. Of cfg
// the fields Lake, Warehouse, WorkDir, Now, Merge and Step count. What was done before an error is done. Errors are
// those of [lake.Lake.Compact], and ErrDeferred.
func Compact(ctx context.Context, cfg Config) (all []lake.Compacted, err error) {
	cfg.defaults()
	for more := true; more; {
		var done lake.Compacted
		done, err = compact(ctx, cfg, 0)
		if more = done.Commit != nil && err == nil; done.Commit != nil {
			all = append(all, done)
		}
	}
	_, deferred := publishWarehouse(ctx, cfg)
	return all, errors.Join(err, deferred)
}

func compact(ctx context.Context, cfg Config, most int64) (lake.Compacted, error) {
	c := lake.Compaction{Dir: cfg.WorkDir, RunID: newRunID(cfg.Now().UTC()), Parts: cfg.Merge, MaxBytes: most, Step: func(table string) {
		if table == "" {
			cfg.Step("compact.commit")
		} else {
			cfg.Step("compact.part")
		}
	}}
	done, err := cfg.Lake.Compact(ctx, c)
	if done.Commit != nil {
		cfg.Step("compacted")
		cfg.Log.Info("small parts were merged", "commit", done.Commit.Seq, "tables", done.Tables, "parts", done.PartsBefore, "into", done.PartsAfter,
			"bytes", done.BytesBefore, "into_bytes", done.BytesAfter)
	}
	if err != nil {
		return done, fmt.Errorf("merge small parts: %w", err)
	}
	return done, nil
}
