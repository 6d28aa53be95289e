package night

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// A Drifted is one path or value that no column expects, over all runs.
type Drifted struct {
	Document string    `json:"document"`
	Path     string    `json:"path"`
	Kind     string    `json:"kind"`              // unknown_field, unknown_value or type
	Example  string    `json:"example,omitempty"` // JSON type of the value, or the code
	Count    int64     `json:"count"`             // in the stored documents
	First    time.Time `json:"first_seen"`
	Last     time.Time `json:"last_seen"`
	Session  string    `json:"first_session_id,omitempty"` // or id of another entity

	Accepted *Accepted `json:"accepted,omitempty"`
}

// Accepted is what a person said of a drift.
type Accepted struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"decided_at"`
}

// compare orders by document, path, kind and example.
func (d *Drifted) compare(e *Drifted) int {
	return cmp.Or(cmp.Compare(d.Document, e.Document), cmp.Compare(d.Path, e.Path), cmp.Compare(d.Kind, e.Kind), cmp.Compare(d.Example, e.Example))
}

// driftedKey is what makes two drifts one. Of the example only a word that no vocabulary has counts: which
// form of an unknown member is met first is chance.
type driftedKey struct{ document, path, kind, example string }

// driftedAt reads what drift and drift_decisions have in common.
func driftedAt(cell func(string) arrow.Array, i int) (key driftedKey, example string) {
	key = driftedKey{document: wordAt(cell("document"), i), path: textAt(cell("path"), i), kind: wordAt(cell("kind"), i)}
	if example = textAt(cell("example"), i); key.kind == transform.DriftValue {
		key.example = example
	}
	return key, example
}

// Drift returns what no column expects in the documents of a commit, in order of document, path, kind
// and example. What a column reads since the last replay is not among it.
func Drift(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string) ([]Drifted, error) {
	ch, err := readChronicle(ctx, l, c, dir)
	if err != nil {
		return nil, err
	}
	found, again := map[driftedKey]*Drifted{}, map[driftedKey]time.Time{}
	var failed error
	err = each(ctx, l, c, "drift", dir, func(cell func(string) arrow.Array, i int) {
		run, seq := textAt(cell("run_id"), i), intAt(cell("version_seq"), i)
		key, example := driftedAt(cell, i)
		d := found[key]
		if d == nil {
			d = &Drifted{Document: key.document, Path: key.path, Kind: key.kind, Example: example, Session: textAt(cell("first_session_id"), i)}
			found[key] = d
		}
		if ch.counts(seq) {
			d.Count += intAt(cell("count"), i)
		}
		at, err := ch.when(ctx, run, seq)
		failed = errors.Join(failed, err)
		if ch.replays[run] {
			again[key] = at // it looked once more at what a night had seen
			return
		}
		if d.First.IsZero() || at.Before(d.First) {
			d.First = at
		}
		d.Last = later(d.Last, at)
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	err = each(ctx, l, c, "drift_decisions", dir, func(cell func(string) arrow.Array, i int) {
		key, _ := driftedAt(cell, i)
		if d := found[key]; d != nil {
			d.Accepted = &Accepted{textAt(cell("reason"), i), timeAt(cell("decided_at"), i)}
		}
	})
	out := []Drifted{}
	for key, d := range found {
		if d.First.IsZero() {
			d.First, d.Last = again[key], again[key]
		}
		if d.Count > 0 {
			out = append(out, *d)
		}
	}
	slices.SortFunc(out, func(a, b Drifted) int { return a.compare(&b) })
	return out, err
}

// An Acceptance says which drifts a person has looked at. Empty members stand for all.
type Acceptance struct {
	Path, Document, Kind, Example string
	Reason                        string
}

func (a *Acceptance) covers(d *Drifted) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(a.Path, d.Path) && is(a.Document, d.Document) && is(a.Kind, d.Kind) && is(a.Example, d.Example)
}

// UnknownDrift is the error of an acceptance that covers nothing.
type UnknownDrift struct{ Closest []Drifted }

func (u *UnknownDrift) Error() string { return "no such drift is known" }

// AcceptDrift notes that a person has looked at the drifts that a covers, in a commit of its own, and
// returns those that were not accepted before. Where there are none, nothing is committed.
//
// Of cfg the fields Lake, Warehouse, WorkDir, Now and Step count. Errors: *UnknownDrift, ErrDeferred,
// and those of package lake; ErrConflict says that others kept committing first.
func AcceptDrift(ctx context.Context, cfg Config, a Acceptance) (fresh []Drifted, err error) {
	cfg.defaults()
	err = tell(ctx, cfg, func(head *lake.Commit) (*told, error) {
		if head == nil {
			return nil, &UnknownDrift{}
		}
		var err error
		if fresh, err = uncovered(ctx, cfg, head, &a); err != nil || len(fresh) == 0 {
			return nil, err
		}
		return &told{what: "note what was accepted", step: "decision.commit", figures: map[string]int64{"drift_accepted": int64(len(fresh))},
			rows: func(c *lake.Commit, write func(*transform.Rows) error) error {
				rows := transform.NewRows(schemas.Lookup("drift_decisions"))
				for _, d := range fresh {
					rows.Append(map[string]any{"run_id": c.RunID, "version_seq": c.Seq, "document": d.Document, "path": d.Path, "kind": d.Kind,
						"example": orNull(d.Example), "reason": a.Reason, "decided_at": c.CommittedAt})
				}
				return write(rows)
			}}, nil
	})
	return fresh, err
}

// uncovered returns the drifts that a covers and nobody has accepted.
func uncovered(ctx context.Context, cfg Config, head *lake.Commit, a *Acceptance) ([]Drifted, error) {
	all, err := Drift(ctx, cfg.Lake, head, cfg.WorkDir)
	if err != nil {
		return nil, err
	}
	var fresh []Drifted
	covered := false
	for _, d := range all {
		if a.covers(&d) {
			covered = true
			if d.Accepted == nil {
				fresh = append(fresh, d)
			}
		}
	}
	if !covered {
		return nil, &UnknownDrift{closest(all, a)}
	}
	return fresh, nil
}

// closest returns the few known drifts that are most like what was asked for.
func closest(all []Drifted, a *Acceptance) []Drifted {
	unlike := func(d *Drifted) int {
		n := distance(a.Path, d.Path)
		if a.Document != "" {
			n += distance(a.Document, d.Document)
		}
		return n
	}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(x, y Drifted) int { return cmp.Compare(unlike(&x), unlike(&y)) })
	out = slices.CompactFunc(out, func(x, y Drifted) bool { return x.Document == y.Document && x.Path == y.Path })
	return out[:min(3, len(out))]
}

// distance is how many letters must be typed, deleted or replaced to make a into b; nothing, where
// one is the end of the other.
func distance(a, b string) int {
	if strings.HasSuffix(b, a) || strings.HasSuffix(a, b) {
		return 0
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			change := corner
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(above+1, row[j]+1, change)
			corner = above
		}
	}
	return row[len(b)]
}
