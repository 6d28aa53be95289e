package night

import (
	"context"
	"errors"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"
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
	return tell(ctx, cfg, func(head *lake.Commit) (*told, error) {
		if head == nil {
			return nil, ErrNothing
		}
		return &told{what: "note the waiver", step: "decision.commit", figures: map[string]int64{"checks_waived": 1},
			rows: func(c *lake.Commit, write func(*transform.Rows) error) error {
				rows := transform.NewRows(schemas.Lookup("check_waivers"))
				rows.Append(map[string]any{"run_id": c.RunID, "version_seq": c.Seq, "check_name": w.Check, "reason": w.Reason,
					"waived_at": c.CommittedAt, "expires_at": w.Until.UTC()})
				return write(rows)
			}}, nil
	})
}
