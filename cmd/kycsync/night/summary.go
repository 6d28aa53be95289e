package night

import (
	"encoding/json"
	"fmt"
	"time"

	"kycsync/schemas"
	"kycsync/transform"
)

// Summary is what a run did. All counts are of this run.
type Summary struct {
	RunID       string        `json:"run_id"`
	Application string        `json:"application"`
	StartedAt   time.Time     `json:"started_at"`
	FinishedAt  time.Time     `json:"finished_at"`
	Elapsed     time.Duration `json:"elapsed_ns"` // by the machine's clock

	Known       int64 `json:"known"`        // sessions in the lake before
	VendorCount int64 `json:"vendor_count"` // user sessions, by the vendor's own count
	Listed      int64 `json:"listed"`       // distinct sessions seen in the lists
	Pages       int64 `json:"pages"`
	New         int64 `json:"new"`
	Changed     int64 `json:"changed"` // list row differs from the last one seen
	Open        int64 `json:"open"`    // asked for because still being worked on
	StaleAgain  int64 `json:"stale_again"`
	Fetched     int64 `json:"fetched"`
	Unchanged   int64 `json:"unchanged"`
	Gone        int64 `json:"gone"` // listed and then not found
	Versions    int64 `json:"versions"`
	Rejects     int64 `json:"rejects"`
	Drift       int64 `json:"drift"`

	Requests  int64         `json:"requests"`
	Retries   int64         `json:"retries"`
	Throttled int64         `json:"throttled"`
	Waited    time.Duration `json:"waited_ns"`

	Parts     int64 `json:"parts"`
	DataParts int64 `json:"data_parts"`
	PartBytes int64 `json:"part_bytes"`
	Commits   int64 `json:"commits"`

	PublishedBefore   int64 `json:"published_before"` // commit that readers followed before
	Published         int64 `json:"published"`        // commit that readers follow since this run; 0: unchanged
	OutOfTime         bool  `json:"out_of_time"`
	WarehouseRebuilt  bool  `json:"warehouse_rebuilt"`
	WarehouseDeferred bool  `json:"warehouse_deferred"` // committed, but the warehouse is still the old one
}

// Quiet reports whether the run found nothing new to say about any session.
func (s *Summary) Quiet() bool { return s.DataParts == 0 && s.Rejects == 0 }

// Degraded reports whether something was published with parts missing.
func (s *Summary) Degraded() bool { return s.Rejects > 0 || s.WarehouseDeferred }

func (r *run) fillStats() {
	s := r.Client.Stats()
	r.Requests, r.Retries, r.Throttled, r.Waited = s.Requests(), s.Retries, s.Throttled, s.Waited
}

// figures are the counts that stand in a commit.
func (r *run) figures() map[string]int64 {
	r.fillStats()
	return map[string]int64{
		"listed": r.Listed, "new": r.New, "changed": r.Changed, "open": r.Open, "fetched": r.Fetched,
		"unchanged": r.Unchanged, "gone": r.Gone, "versions": r.Versions, "rejects": r.Rejects, "drift": r.Drift,
		"requests": r.Requests, "retries": r.Retries, "throttled": r.Throttled, "pages": r.Pages, "stale": r.StaleAgain,
		"parts": r.Parts, "part_bytes": r.PartBytes, "commits": r.Commits,
	}
}

// record is the run's own row.
func (r *run) record(seq int64) *transform.Rows {
	r.fillStats()
	outcome, note := "published", any(nil)
	switch {
	case len(r.gates) > 0:
		outcome, note = "gate failed", r.gates[0]
	case r.OutOfTime:
		outcome = "time budget ended"
	case r.Rejects > 0:
		outcome, note = "published, degraded", fmt.Sprintf("%d elements could not be read", r.Rejects)
	}
	figures, err := json.Marshal(r.figures())
	if err != nil {
		panic("night: figures that are not JSON: " + err.Error())
	}
	rows := transform.NewRows(schemas.Lookup("runs"))
	rows.Append(map[string]any{
		"run_id": r.RunID, "version_seq": seq, "application": r.Config.Application, "kind": "sync",
		"started_at": r.StartedAt, "finished_at": r.Now().UTC(), "outcome": outcome, "note": note,
		"tool_version": orNull(r.Version), "vendor_count": r.VendorCount, "listed": r.Listed,
		"distinct_sessions": int64(len(r.listing.rows)), "new_sessions": r.New, "changed_sessions": r.Changed,
		"open_sessions": r.Open, "fetched": r.Fetched, "unchanged": r.Unchanged, "versions": r.Versions,
		"rejects": r.Rejects, "drift": r.Drift, "requests": r.Requests, "retries": r.Retries, "throttled": r.Throttled,
		"waited_seconds": r.Waited.Seconds(), "parts": r.Parts, "part_bytes": r.PartBytes,
		"figures": figures,
	})
	return rows
}
