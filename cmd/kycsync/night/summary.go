package night

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// Summary is what a run did. All counts are of this run.
type Summary struct {
	RunID       string        `json:"run_id"`
	Application string        `json:"application"`
	Kind        string        `json:"kind"` // sync, backfill or reconcile
	StartedAt   time.Time     `json:"started_at"`
	FinishedAt  time.Time     `json:"finished_at"`
	Elapsed     time.Duration `json:"elapsed_ns"` // by the machine's clock

	Known          int64                          `json:"known"`        // sessions in the lake before
	VendorCount    int64                          `json:"vendor_count"` // user sessions, by the vendor's own count
	Listed         int64                          `json:"listed"`       // distinct sessions seen in the lists
	Pages          int64                          `json:"pages"`
	Planned        map[extract.Reason]int64       `json:"planned"` // decisions to fetch, by reason
	NotDue         int64                          `json:"not_due"` // of those that are due, what the budget left for other nights
	Fetched        int64                          `json:"fetched"`
	Unchanged      int64                          `json:"unchanged"`
	Gone           int64                          `json:"gone"` // listed and then not found
	Feeds          int64                          `json:"feeds"`
	Details        int64                          `json:"details"` // of users, businesses and transactions
	Versions       int64                          `json:"versions"`
	Rejects        int64                          `json:"rejects"`
	Withheld       int64                          `json:"withheld"`   // of the rejects, rows and values
	NewStored      int64                          `json:"new_stored"` // first versions
	Drift          int64                          `json:"drift"`
	Entities       map[schemas.DocumentKind]int64 `json:"entities"` // listed users, businesses, transactions
	EntityVersions int64                          `json:"entity_versions"`
	UserMismatches int64                          `json:"user_mismatches"` // counters of users that disagree

	Absent        int64 `json:"absent"`         // known and not listed
	AbsentNoted   int64 `json:"absent_noted"`   // of them, answered 404: the first proof
	AbsentUnclear int64 `json:"absent_unclear"` // of them, answered 404, and a key that was narrowed could be the reason
	Unlisted      int64 `json:"unlisted"`       // of them, answered as ever
	Deleted       int64 `json:"deleted"`        // of them, proven gone in this run
	OutOfScope    int64 `json:"out_of_scope"`

	Deliveries   int64 `json:"deliveries"`    // in the webhook log since the run before
	HintsRefused bool  `json:"hints_refused"` // the key may not read the log
	HintedNews   int64 `json:"hinted_news"`   // changes that only the log told of
	SilentNews   int64 `json:"silent_news"`   // changes that only looking again told of
	Unannounced  int64 `json:"unannounced"`   // changes that no delivery had announced

	Totals    map[string]int64   `json:"totals"` // control totals by state
	Unequal   []Unequal          `json:"figures_not_equal,omitempty"`
	Standings []extract.Standing `json:"standings"` // of the promises
	Failed    map[string]string  `json:"gates_failed,omitempty"`
	Accepted  []string           `json:"gates_accepted,omitempty"`
	Staged    bool               `json:"staged"`              // a night must publish it, together with what other runs left
	Grouped   bool               `json:"grouped"`             // the last run of the group publishes for all
	WaitsFor  []string           `json:"waits_for,omitempty"` // applications whose gates must pass first

	NightsLeft int64 `json:"nights_left"` // until all that is new or changed is read, at this budget; extract.Never: it does not suffice

	Requests  int64         `json:"requests"`
	Retries   int64         `json:"retries"`
	Throttled int64         `json:"throttled"`
	Waited    time.Duration `json:"waited_ns"`

	Parts     int64 `json:"parts"`
	DataParts int64 `json:"data_parts"`
	PartBytes int64 `json:"part_bytes"`
	Commits   int64 `json:"commits"`

	Merged     int   `json:"merged_parts"` // small ones that became larger ones
	MergedInto int   `json:"merged_into"`
	MergedSeq  int64 `json:"merged_seq"` // commit that did so; 0: none was due

	PublishedBefore   int64 `json:"published_before"` // commit that readers followed before
	Published         int64 `json:"published"`        // commit that readers follow since this run; 0: unchanged
	OutOfBudget       bool  `json:"out_of_budget"`
	WarehouseRebuilt  bool  `json:"warehouse_rebuilt"`
	WarehouseDeferred bool  `json:"warehouse_deferred"` // committed, but the warehouse is still the old one
	EnginesSeq        int64 `json:"engines_seq"`        // commit that other engines are led to; 0: the run did not ask for it
	EnginesBehind     bool  `json:"engines_behind"`     // it did, and they still have an older one

	PDFs *PDFSummary `json:"pdfs,omitempty"` // absent: none was asked for
}

// Quiet reports whether the run found nothing new to say about any session.
func (s *Summary) Quiet() bool { return s.DataParts == 0 && s.Rejects == 0 }

// Degraded reports whether something was published with parts missing.
func (s *Summary) Degraded() bool { return s.Rejects > 0 || s.WarehouseDeferred || s.EnginesBehind }

func (r *run) fillStats() {
	s := r.Client.Stats()
	r.Requests, r.Retries, r.Throttled, r.Waited = s.Requests(), s.Retries, s.Throttled, s.Waited
}

// figures are the counts that stand in a commit. Those of the run so far: its newest commit has
// them all.
func (r *run) figures() map[string]int64 {
	r.fillStats()
	f := map[string]int64{
		"listed": r.Listed, "not_due": r.NotDue, "fetched": r.Fetched, "unchanged": r.Unchanged, "gone": r.Gone, "feeds": r.Feeds, "details": r.Details,
		"versions": r.Versions, "entity_versions": r.EntityVersions, "rejects": r.Rejects, "withheld": r.Withheld, "new_stored": r.NewStored, "drift": r.Drift,
		"absent": r.Absent, "absent_noted": r.AbsentNoted, "absent_unclear": r.AbsentUnclear, "unlisted": r.Unlisted, "deleted": r.Deleted, "out_of_scope": r.OutOfScope,
		"deliveries": r.Deliveries, "hinted_news": r.HintedNews, "silent_news": r.SilentNews, "unannounced": r.Unannounced,
		"identities": r.fullness.identities, "identities_numbered": r.fullness.numbered, "identities_pictured": r.fullness.pictured,
		"requests": r.Requests, "retries": r.Retries, "throttled": r.Throttled, "pages": r.Pages,
		"parts": r.Parts, "part_bytes": r.PartBytes, "commits": r.Commits, "user_mismatches": r.UserMismatches,
	}
	for _, reason := range extract.Reasons() {
		f[string(reason)] = r.Planned[reason]
	}
	for state, n := range r.Totals {
		f["totals_"+state] = n
	}
	if r.HintsRefused {
		f["hints_refused"] = 1
	}
	return f
}

// The outcomes of a run, as its record has them.
const (
	outcomePublished = "published"
	outcomeDegraded  = "published, degraded"
	outcomeGate      = "gate failed"
	outcomeBudget    = "budget ended"
	outcomeWaits     = "waits for another application"
	outcomeStaged    = "waits for a night"
)

// outcome is how the run ends, and why in a sentence.
func (r *run) outcome() (outcome, note string) {
	switch {
	case len(r.gates) > 0:
		return outcomeGate, r.gates[0].sentence
	case r.OutOfBudget:
		note = fmt.Sprintf("%d sessions and about %d feeds and details of users are left", r.left.sessions, r.left.others)
		if r.NightsLeft != extract.Never {
			note += fmt.Sprintf(" for about %d more nights", r.NightsLeft)
		}
		return outcomeBudget, note
	case len(r.WaitsFor) > 0:
		return outcomeWaits, strings.Join(r.WaitsFor, ", ")
	case r.Staged:
		return outcomeStaged, ""
	case r.Rejects > 0:
		return outcomeDegraded, fmt.Sprintf("%d elements could not be read", r.Rejects)
	}
	return outcomePublished, ""
}

// record is the run's own row.
func (r *run) record(seq int64) *transform.Rows {
	r.fillStats()
	r.Failed = map[string]string{}
	for _, g := range r.gates {
		r.Failed[g.name] = g.sentence
	}
	outcome, note := r.outcome()
	rows := transform.NewRows(schemas.Lookup("runs"))
	rows.Append(map[string]any{
		"run_id": r.RunID, "version_seq": seq, "application": r.Config.Application, "kind": r.Kind,
		"started_at": r.StartedAt, "finished_at": r.Now().UTC(), "outcome": outcome, "note": orNull(note),
		"tool_version": orNull(r.Version), "vendor_count": r.VendorCount, "listed": r.Listed,
		"distinct_sessions": int64(len(r.listing.place)), "new_sessions": r.Planned[extract.ReasonNew], "changed_sessions": r.Planned[extract.ReasonChanged],
		"open_sessions": int64(r.checked[extract.ClassOpen] + r.checked[extract.ClassInReview]), "fetched": r.Fetched, "unchanged": r.Unchanged, "versions": r.Versions,
		"rejects": r.Rejects, "drift": r.Drift, "requests": r.Requests, "retries": r.Retries, "throttled": r.Throttled,
		"waited_seconds": r.Waited.Seconds(), "parts": r.Parts, "part_bytes": r.PartBytes,
		"figures": jsonOf(r.figures()), "gates": jsonOrNull(r.Failed), "accepted": jsonOrNull(r.acceptedReasons()), "nights_left": orNever(r.NightsLeft),
	})
	return rows
}

func (r *run) kind() string {
	switch {
	case r.Reconcile:
		return "reconcile"
	case r.ranged():
		return "backfill"
	}
	return "sync"
}

// acceptedReasons are the gates that failed and were accepted, with what they saw and the reason given.
func (r *run) acceptedReasons() map[string]string {
	out := map[string]string{}
	for _, a := range r.Accepted {
		gate, _, _ := strings.Cut(a, ":")
		reason := r.Accept[gate]
		if reason == "" {
			reason = r.Accept[gateScope]
		}
		out[gate] = a + "; accepted: " + reason
	}
	return out
}

func orNever(nights int64) any {
	if nights == extract.Never {
		return nil
	}
	return nights
}

func jsonOrNull(m map[string]string) any {
	if len(m) == 0 {
		return nil
	}
	return jsonOf(m)
}

func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("night: a figure that is not JSON: " + err.Error())
	}
	return b
}
