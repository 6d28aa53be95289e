package night

import (
	"context"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A Standing is what the lake says about the job at its newest commit.
type Standing struct {
	Runs    []PastRun          `json:"runs"`    // newest first
	Waiting map[string]Waiting `json:"waiting"` // by application
}

// A PastRun is the record of one run.
type PastRun struct {
	RunID       string    `json:"run_id"`
	Application string    `json:"application"`
	StartedAt   time.Time `json:"started_at"`
	FinishedAt  time.Time `json:"finished_at"`
	Outcome     string    `json:"outcome"`
	Note        string    `json:"note,omitempty"`
	New         int64     `json:"new"`
	Changed     int64     `json:"changed"`
	Fetched     int64     `json:"fetched"`
	Versions    int64     `json:"versions"`
	Rejects     int64     `json:"rejects"`
	Requests    int64     `json:"requests"`
	Throttled   int64     `json:"throttled"`
}

// Waiting counts the sessions that the next run will ask for again.
type Waiting struct {
	Sessions    int64     `json:"sessions"`     // known
	Open        int64     `json:"open"`         // still being worked on
	Stale       int64     `json:"stale"`        // newest document could not be read
	OldestCheck time.Time `json:"oldest_check"` // when the session looked at longest ago was looked at
}

// Stand reads the standing. At most limit runs are returned.
func Stand(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string, limit int) (*Standing, error) {
	s := &Standing{Waiting: map[string]Waiting{}, Runs: []PastRun{}}
	err := each(ctx, l, c, "runs", dir, func(cell func(string) arrow.Array, i int) {
		s.Runs = append(s.Runs, PastRun{
			RunID: textAt(cell("run_id"), i), Application: textAt(cell("application"), i),
			StartedAt: timeAt(cell("started_at"), i), FinishedAt: timeAt(cell("finished_at"), i),
			Outcome: textAt(cell("outcome"), i), Note: textAt(cell("note"), i), New: intAt(cell("new_sessions"), i),
			Changed: intAt(cell("changed_sessions"), i), Fetched: intAt(cell("fetched"), i), Versions: intAt(cell("versions"), i),
			Rejects: intAt(cell("rejects"), i), Requests: intAt(cell("requests"), i), Throttled: intAt(cell("throttled"), i),
		})
	})
	if err != nil {
		return nil, err
	}
	for i, j := 0, len(s.Runs)-1; i < j; i, j = i+1, j-1 {
		s.Runs[i], s.Runs[j] = s.Runs[j], s.Runs[i]
	}
	s.Runs = s.Runs[:min(limit, len(s.Runs))]
	type key struct {
		application string
		id          schemas.SessionID
	}
	known := map[key]schemas.Known{}
	err = each(ctx, l, c, "session_state", dir, func(cell func(string) arrow.Array, i int) {
		k := knownAt(cell, i)
		known[key{k.Application, k.SessionID}] = k
	})
	for _, k := range known {
		w := s.Waiting[k.Application]
		w.Sessions++
		if schemas.Open(k.Status) {
			w.Open++
		}
		if k.Stale {
			w.Stale++
		}
		if w.OldestCheck.IsZero() || k.LastChecked.Before(w.OldestCheck) {
			w.OldestCheck = k.LastChecked
		}
		s.Waiting[k.Application] = w
	}
	return s, err
}

func timeAt(a arrow.Array, i int) time.Time {
	if a.IsNull(i) {
		return time.Time{}
	}
	return a.(*array.Timestamp).Value(i).ToTime(arrow.Microsecond)
}
