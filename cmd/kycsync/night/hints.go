package night

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
)

// hintsOverlap is how far before the newest night the log of deliveries is read again: a delivery may
// enter the log late.
const hintsOverlap = 24 * time.Hour

// readHints reads the vendor's log of webhook deliveries, whose sessions go to the front of the
// queue. The sync does without where there is no log or the key may not read it. A hint that
// the night has no time for is remembered.
func (r *run) readHints(ctx context.Context) error {
	if r.lastNight.IsZero() {
		return nil // everything is new
	}
	r.announced = map[schemas.SessionID]time.Time{}
	r.hintsSince = r.lastNight.Add(-hintsOverlap)
	deliveries, err := r.Client.Deliveries(ctx, r.hintsSince)
	if errors.Is(err, extract.ErrForbidden) {
		r.HintsRefused = true
		level := slog.LevelInfo
		if r.refusedBefore {
			level = slog.LevelDebug // it was said when it was found out
		}
		r.Log.Log(ctx, level, "the log of webhook deliveries is not read: the key may not; changes are found without it", "application", r.Config.Application)
		return nil
	}
	if err != nil && extract.OfSession(err) {
		r.Log.Warn("the log of webhook deliveries cannot be read; changes are found without it", "error", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	r.hintsRead = len(deliveries) > 0
	for _, d := range deliveries {
		r.announced[d.SessionID] = later(r.announced[d.SessionID], d.CreatedAt)
	}
	r.Deliveries = int64(len(deliveries))
	for id, at := range r.announced {
		k := r.known.Look(id)
		if k == nil || k.Gone() || !at.After(k.LastChecked) || !at.After(k.Hinted) {
			continue
		}
		hinted := *k
		hinted.Hinted = at
		r.remember(hinted)
	}
	return nil
}
