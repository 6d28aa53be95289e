package night

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kycsync/schemas"
	"kycsync/transform"
)

// notes gathers what a commit says about the documents themselves: what could not be read, and
// what nobody expected.
type notes struct {
	run     *run
	seq     int64
	rejects *transform.Rows
	drift   map[driftKey]*transform.Drift
	stale   map[schemas.SessionID]bool // sessions of which a whole document could not be read
}

type driftKey struct {
	document            schemas.DocumentKind
	path, kind, example string
}

// take empties a flattener's notes into the commit's.
func (n *notes) take(f *transform.Flattener) {
	for _, rej := range f.Rejects() {
		n.reject(rejected{Reject: rej, at: n.run.Now().UTC()})
	}
	n.takeDrift(f)
}

func (n *notes) reject(rej rejected) {
	n.run.Rejects++
	if rej.Scope != transform.ScopeDocument {
		n.run.Withheld++
	}
	if rej.Scope == transform.ScopeDocument && (rej.Document == schemas.Decision || rej.Document == schemas.ListRow) {
		if n.stale == nil {
			n.stale = map[schemas.SessionID]bool{}
		}
		n.stale[rej.SessionID] = true
	}
	n.rejects.Append(map[string]any{
		"run_id": n.run.RunID, "version_seq": n.seq, "application": n.run.Config.Application,
		"session_id": orNull(string(rej.SessionID)), "document": orNull(string(rej.Document)),
		"table_name": orNull(rej.Table), "scope": rej.Scope, "path": orNull(rej.Path), "reason": rej.Reason,
		"shape": orNull(rej.Shape), "observed_at": orNoTime(rej.at), "received_sha256": orNull(rej.received.String()),
	})
}

func (n *notes) driftRows() *transform.Rows {
	rows := transform.NewRows(schemas.Lookup("drift"))
	keys := slices.SortedFunc(maps.Keys(n.drift), func(a, b driftKey) int {
		return cmp.Or(cmp.Compare(a.document, b.document), cmp.Compare(a.path, b.path), cmp.Compare(a.example, b.example))
	})
	for _, k := range keys {
		d := n.drift[k]
		n.run.Drift += d.Count
		rows.Append(map[string]any{
			"run_id": n.run.RunID, "version_seq": n.seq, "application": n.run.Config.Application,
			"document": string(d.Document), "path": d.Path, "kind": d.Kind, "example": orNull(d.Example),
			"count": d.Count, "first_session_id": orNull(string(d.First)),
		})
	}
	return rows
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNoTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
