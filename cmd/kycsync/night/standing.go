package night

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A Standing is what the lake says about the job at its newest commit.
type Standing struct {
	Runs     []PastRun                     `json:"runs"`     // newest first
	Waiting  map[string]Waiting            `json:"waiting"`  // by application
	Promises map[string][]extract.Standing `json:"promises"` // by application, as they stand now
}

// A PastRun is the record of one run.
type PastRun struct {
	RunID       string            `json:"run_id"`
	Application string            `json:"application"`
	Kind        string            `json:"kind"` // sync, backfill, reconcile, replay
	StartedAt   time.Time         `json:"started_at"`
	FinishedAt  time.Time         `json:"finished_at"`
	Outcome     string            `json:"outcome"`
	Note        string            `json:"note,omitempty"`
	New         int64             `json:"new"`
	Changed     int64             `json:"changed"`
	Fetched     int64             `json:"fetched"`
	Versions    int64             `json:"versions"`
	Rejects     int64             `json:"rejects"`
	Requests    int64             `json:"requests"`
	Throttled   int64             `json:"throttled"`
	NightsLeft  int64             `json:"nights_left"` // until all that is new or changed is read; extract.Never: at that budget never
	Figures     map[string]int64  `json:"figures"`
	Gates       map[string]string `json:"gates_failed"`
	Accepted    map[string]string `json:"gates_accepted"`
}

// Waiting counts the sessions that the next run will ask for again.
type Waiting struct {
	Sessions    int64     `json:"sessions"`     // known, and not proven gone
	Open        int64     `json:"open"`         // still being worked on
	Stale       int64     `json:"stale"`        // newest document could not be read
	Absent      int64     `json:"absent"`       // not listed, and not proven gone
	Deleted     int64     `json:"deleted"`      // proven gone
	OutOfScope  int64     `json:"out_of_scope"` // the key no longer sees them
	OldestCheck time.Time `json:"oldest_check"` // when the session looked at longest ago was looked at
}

// Stand reads the standing as of now. At most limit runs are returned.
func Stand(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string, now time.Time, limit int) (*Standing, error) {
	s := &Standing{Waiting: map[string]Waiting{}, Promises: map[string][]extract.Standing{}}
	var err error
	if s.Runs, err = pastRuns(ctx, l, c, dir, limit); err != nil {
		return nil, err
	}
	promised, err := lastPromises(ctx, l, c, dir)
	if err != nil {
		return nil, err
	}
	known, room := map[string]*schemas.Sessions{}, roomFor(c, "session_state", "sessions")
	err = each(ctx, l, c, "session_state", dir, func(cell func(string) arrow.Array, i int) {
		k := knownAt(cell, i)
		of := known[k.Application]
		if of == nil {
			of = schemas.NewSessions(room) // most lakes have one application
			room = 0
			known[strings.Clone(k.Application)] = of
		}
		of.Put(k.SessionID, k)
	})
	for application, sessions := range known {
		s.Waiting[application] = waiting(sessions)
		s.Promises[application] = promised[application].stand(sessions, now)
	}
	return s, err
}

func waiting(known *schemas.Sessions) (w Waiting) {
	for k := range known.All() {
		switch k.Upstream {
		case schemas.Deleted:
			w.Deleted++
			continue
		case schemas.OutOfScope:
			w.OutOfScope++
			continue
		}
		w.Sessions++
		if schemas.Open(k.Status) {
			w.Open++
		}
		if k.Stale {
			w.Stale++
		}
		if !k.AbsentSince.IsZero() {
			w.Absent++
		}
		if w.OldestCheck.IsZero() || k.LastChecked.Before(w.OldestCheck) {
			w.OldestCheck = k.LastChecked
		}
	}
	return w
}

// pastRuns returns the records of the newest runs.
func pastRuns(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string, limit int) ([]PastRun, error) {
	runs := []PastRun{}
	err := each(ctx, l, c, "runs", dir, func(cell func(string) arrow.Array, i int) {
		p := PastRun{
			RunID: textAt(cell("run_id"), i), Application: textAt(cell("application"), i), Kind: textAt(cell("kind"), i),
			StartedAt: timeAt(cell("started_at"), i), FinishedAt: timeAt(cell("finished_at"), i),
			Outcome: textAt(cell("outcome"), i), Note: textAt(cell("note"), i), New: intAt(cell("new_sessions"), i),
			Changed: intAt(cell("changed_sessions"), i), Fetched: intAt(cell("fetched"), i), Versions: intAt(cell("versions"), i),
			Rejects: intAt(cell("rejects"), i), Requests: intAt(cell("requests"), i), Throttled: intAt(cell("throttled"), i),
			NightsLeft: intAt(cell("nights_left"), i),
			Figures:    map[string]int64{}, Gates: map[string]string{}, Accepted: map[string]string{},
		}
		if cell("nights_left").IsNull(i) {
			p.NightsLeft = extract.Never
		}
		for column, into := range map[string]any{"figures": &p.Figures, "gates": &p.Gates, "accepted": &p.Accepted} {
			if text := textAt(cell(column), i); text != "" {
				if err := json.Unmarshal([]byte(text), into); err != nil {
					panic("night: a run record in the lake: " + err.Error())
				}
			}
		}
		runs = append(runs, p)
	})
	slices.Reverse(runs)
	return runs[:min(limit, len(runs))], err
}

// promised is what the newest run of an application said of its promises.
type promised struct {
	run      string
	promises extract.Promises
	recorded map[extract.Class]extract.Standing
}

// lastPromises returns what the newest runs said, by application.
func lastPromises(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string) (map[string]promised, error) {
	out := map[string]promised{}
	err := each(ctx, l, c, "promises", dir, func(cell func(string) arrow.Array, i int) {
		application, run := textAt(cell("application"), i), textAt(cell("run_id"), i)
		p := out[application]
		if p.run != run {
			p = promised{run, extract.Promises{}, map[extract.Class]extract.Standing{}}
			out[application] = p
		}
		s := extract.Standing{Class: extract.Class(textAt(cell("class"), i)), Promise: time.Duration(intAt(cell("promise_seconds"), i)) * time.Second,
			Sessions: int(intAt(cell("sessions"), i)), Checked: int(intAt(cell("checked"), i)),
			Oldest: time.Duration(intAt(cell("oldest_seconds"), i)) * time.Second, Beyond: int(intAt(cell("beyond"), i)), Nights: extract.Never}
		if cell("nights").IsValid(i) {
			s.Nights = int(intAt(cell("nights"), i))
		}
		p.promises[s.Class], p.recorded[s.Class] = s.Promise, s
	})
	return out, err
}

// stand tells how the promises stand now. What is not about sessions is as the run left it.
func (p promised) stand(known *schemas.Sessions, now time.Time) []extract.Standing {
	all := extract.With(p.promises).Stand(known, now)
	for i := range all {
		all[i].Checked, all[i].Nights = p.recorded[all[i].Class].Checked, p.recorded[all[i].Class].Nights
	}
	if users, ok := p.recorded[extract.ClassUsers]; ok {
		all = append(all, users)
	}
	return all
}

func timeAt(a arrow.Array, i int) time.Time {
	if a.IsNull(i) {
		return time.Time{}
	}
	return a.(*array.Timestamp).Value(i).ToTime(arrow.Microsecond)
}
