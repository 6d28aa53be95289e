package night

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kycsync/load/lake"
)

// ErrNothing means that the lake has no commit yet.
var ErrNothing = errors.New("the lake has no commit yet")

// A Waiver is a person's decision that a check may fail for a while.
type Waiver struct {
	Check  string
	Reason string
	Until  time.Time // from then on the check counts again
}

// Waive notes a waiver, in a commit of its own, and builds the warehouse, which the check may have held back.
//
// Of cfg the fields Lake, Warehouse, WorkDir, Now and Step count. Errors: ErrNothing where the lake has no commit yet,
// those of the warehouse as ErrDeferred, and those of package lake; ErrConflict says that others kept committing first.
func Waive(ctx context.Context, cfg Config, w Waiver) error {
	cfg.defaults()
	for race := 1; ; race++ {
		head, err := cfg.Lake.Head(ctx)
		if errors.Is(err, lake.ErrNotExist) {
			return ErrNothing
		} else if err != nil {
			return fmt.Errorf("read the newest commit of %s: %w", cfg.Lake.Bucket().URI(), err)
		}
		rows := func(c *lake.Commit) []map[string]any {
			return []map[string]any{{"run_id": c.RunID, "version_seq": c.Seq, "check_name": w.Check, "reason": w.Reason, "waived_at": c.CommittedAt, "expires_at": w.Until.UTC()}}
		}
		c, err := appendRows(ctx, cfg, head, "check_waivers", rows, map[string]int64{"checks_waived": 1})
		if errors.Is(err, lake.ErrConflict) && race < maxRaces {
			continue
		}
		if err != nil {
			return err
		}
		if c.PublishedSeq != c.Seq {
			return nil // readers see it with the next night
		}
		_, err = publishWarehouse(ctx, cfg)
		return err
	}
}
