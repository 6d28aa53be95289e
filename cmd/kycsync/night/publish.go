package night

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"kycsync/load/publish"
	"kycsync/load/warehouse"
)

// publish makes the run's last commit, which is the one that readers follow, and the warehouse.
func (r *run) publish(ctx context.Context) error {
	r.Grouped = r.Group.members > 1
	failed := false
	if r.Grouped { // of the rows that cannot be read the gates know once they are made
		if err := r.commit(ctx, false); err != nil {
			return err
		}
		var err error
		if failed, err = r.foresee(ctx); err != nil {
			return err
		}
	}
	r.arrived = true
	r.Group.arrive(r.Config.Application, failed)
	if err := r.commit(ctx, true); err != nil {
		return err
	}
	if r.head.PublishedSeq == 0 || !r.Group.last() {
		return r.verdict() // readers have seen nothing yet, or another run of the group publishes
	}
	r.forget()
	return errors.Join(r.compact(ctx), r.buildWarehouse(ctx), r.leadEngines(ctx))
}

// leadEngines lets other engines follow, if they are to. What fails here undoes nothing of the night.
func (r *run) leadEngines(ctx context.Context) error {
	if !r.Engines {
		return nil
	}
	r.Step("engines")
	got, err := publish.Run(ctx, r.Lake, publish.Config{Step: r.Step})
	if err != nil {
		r.EnginesBehind = true
		return fmt.Errorf("%w: %w", ErrUnlisted, err)
	}
	r.EnginesSeq = got.Seq
	return nil
}

// buildWarehouse makes the warehouse follow, and returns how the run ends.
func (r *run) buildWarehouse(ctx context.Context) error {
	if r.Warehouse.Path == "" {
		return r.verdict()
	}
	r.Step("warehouse")
	rebuilt, err := publishWarehouse(ctx, r.Config)
	if err != nil {
		r.WarehouseDeferred = true
		return errors.Join(r.verdict(), err)
	}
	r.WarehouseRebuilt = rebuilt
	r.Step("publish")
	return r.verdict()
}

// heldBack says that the lake has what was committed, and that a check keeps it from the warehouse's readers.
type heldBack struct{ *warehouse.Held }

func (h heldBack) Unwrap() error { return h.Held }

func (h heldBack) Is(target error) bool { return target == ErrDeferred || target == ErrGate }

// publishWarehouse brings the warehouse to the newest published commit, if there is to be one. Where a check holds it
// back the error is both ErrDeferred and ErrGate, with the *warehouse.Held.
func publishWarehouse(ctx context.Context, cfg Config) (rebuilt bool, err error) {
	if cfg.Warehouse.Path == "" {
		return false, nil
	}
	debug.FreeOSMemory() // what was held until now is DuckDB's to use
	rep, err := warehouse.Update(ctx, cfg.Lake, cfg.Warehouse)
	var held *warehouse.Held
	if errors.As(err, &held) {
		return rep.Rebuilt, heldBack{held}
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrDeferred, err)
	}
	return rep.Rebuilt, nil
}
