package night

import (
	"context"
	"fmt"
	"time"

	"kycsync/load/lake"

	"github.com/apache/arrow-go/v18/arrow"
)

// A chronicle says when runs were at work, and which of their findings still count: a replay looks at
// all stored documents again, and what earlier runs found in them is then history.
type chronicle struct {
	lake    *lake.Lake
	started map[string]time.Time // by run, of those that came to their end
	replays map[string]bool      // runs that were replays
	nights  map[string]string    // the newest night of each application, by its run
	last    int64                // number of the newest replay's commit, 0: there was none
	dated   map[int64]time.Time  // commits whose time was asked for
}

func readChronicle(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string) (*chronicle, error) {
	ch := &chronicle{lake: l, started: map[string]time.Time{}, replays: map[string]bool{}, nights: map[string]string{}, dated: map[int64]time.Time{}}
	err := each(ctx, l, c, "runs", dir, func(cell func(string) arrow.Array, i int) {
		run := textAt(cell("run_id"), i)
		ch.started[run] = timeAt(cell("started_at"), i)
		switch wordAt(cell("kind"), i) {
		case string(lake.Replay):
			ch.replays[run] = true
			ch.last = max(ch.last, intAt(cell("version_seq"), i))
		case string(lake.Sync):
			ch.nights[textAt(cell("application"), i)] = run
		}
	})
	return ch, err
}

// counts reports whether a finding in a stored document still stands: it was made by the newest
// replay, or after it.
func (ch *chronicle) counts(seq int64) bool { return seq >= ch.last }

// when is the time of a finding: when its run began or, of a run that did not come to its end, when the
// commit was made.
func (ch *chronicle) when(ctx context.Context, run string, seq int64) (time.Time, error) {
	if at, ok := ch.started[run]; ok {
		return at, nil
	}
	if at, ok := ch.dated[seq]; ok {
		return at, nil
	}
	c, err := ch.lake.At(ctx, seq)
	if err != nil {
		return time.Time{}, fmt.Errorf("date the findings of run %s: %w", run, err)
	}
	ch.dated[seq] = c.CommittedAt
	return c.CommittedAt, nil
}
