package night

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// How things stand with a reject.
const (
	RejectUnread   = "unread"   // the document was never stored; a sync fetches it again
	RejectWithheld = "withheld" // the newest version lacks the row or the value
	RejectRead     = "read"     // a newer version, or a replay, could read it
)

// A StoredReject is one element that could not be read, and how things stand with it.
type StoredReject struct {
	RunID       string    `json:"run_id"`
	Seen        time.Time `json:"seen_at"` // of the document, or of the version
	Application string    `json:"application"`
	ID          string    `json:"session_id,omitempty"` // or id of another entity; empty: the element did not say
	Document    string    `json:"document,omitempty"`
	Table       string    `json:"table,omitempty"` // that lacks the row
	Scope       string    `json:"scope"`           // document, row or value
	Path        string    `json:"path,omitempty"`
	Reason      string    `json:"reason"`
	Shape       string    `json:"shape,omitempty"`
	State       string    `json:"state"`

	seq int64
}

// A Newest is the newest version of what rejects are about.
type Newest struct {
	Table string    `json:"table"` // of the entity
	Seq   int64     `json:"version_seq"`
	At    time.Time `json:"observed_at"`
}

// Rejected is what could not be read, and what has been read since.
type Rejected struct {
	Rejects     []StoredReject `json:"rejects"` // newest first
	Newest      []Newest       `json:"newest_versions"`
	Stale       bool           `json:"stale"`                 // of the session asked for: its newest document could not be read
	LastChecked time.Time      `json:"last_checked,omitzero"` // when the session, user, business or transaction was asked for last
}

// Rejects returns the rejects of one entity, or of all where id is empty, with the findings of earlier
// runs left out that a replay has made again. What is beside the rejects is filled in for one entity
// alone, with all that was ever found in it.
func Rejects(ctx context.Context, l *lake.Lake, c *lake.Commit, dir, id string) (*Rejected, error) {
	ch, err := readChronicle(ctx, l, c, dir)
	if err != nil {
		return nil, err
	}
	out := &Rejected{Rejects: []StoredReject{}, Newest: []Newest{}}
	err = each(ctx, l, c, "rejects", dir, func(cell func(string) arrow.Array, i int) {
		r := rejectAt(cell, i)
		if id != "" && r.ID != id {
			return
		}
		if r.Scope == transform.ScopeDocument || ch.counts(r.seq) || id != "" {
			out.Rejects = append(out.Rejects, r)
		}
	})
	if err != nil {
		return nil, err
	}
	st, err := readStanding(ctx, l, c, dir, out.Rejects)
	if err != nil {
		return nil, err
	}
	for i := range out.Rejects {
		r := &out.Rejects[i]
		if r.Seen.IsZero() {
			if r.Seen, err = ch.when(ctx, r.RunID, r.seq); err != nil {
				return nil, err
			}
		}
		r.State = st.state(r, ch)
	}
	slices.SortStableFunc(out.Rejects, func(a, b StoredReject) int { return b.Seen.Compare(a.Seen) })
	if id != "" {
		for key, v := range st.newest {
			out.Newest = append(out.Newest, Newest{key.root, v.seq, v.at})
		}
		slices.SortFunc(out.Newest, func(a, b Newest) int { return strings.Compare(a.Table, b.Table) })
		for _, k := range st.sessions {
			out.Stale, out.LastChecked = out.Stale || k.Stale, later(out.LastChecked, k.LastChecked)
		}
		for _, k := range st.entities {
			out.LastChecked = later(out.LastChecked, k.LastChecked)
		}
	}
	return out, nil
}

func rejectAt(cell func(string) arrow.Array, i int) StoredReject {
	return StoredReject{
		RunID: textAt(cell("run_id"), i), seq: intAt(cell("version_seq"), i), Application: wordAt(cell("application"), i),
		ID: textAt(cell("session_id"), i), Document: wordAt(cell("document"), i), Table: wordAt(cell("table_name"), i),
		Scope: wordAt(cell("scope"), i), Path: textAt(cell("path"), i), Reason: textAt(cell("reason"), i),
		Shape: textAt(cell("shape"), i), Seen: timeAt(cell("observed_at"), i),
	}
}

// rejectStanding is what is known now of what rejects are about.
type rejectStanding struct {
	roots    map[schemas.DocumentKind]string
	newest   map[versionOf]storedAs
	sessions map[versionOf]schemas.Known
	entities map[versionOf]schemas.KnownEntity
}

// versionOf names an entity. root is empty where the table does not matter.
type versionOf struct{ application, root, id string }

type storedAs struct {
	seq int64
	at  time.Time
}

// readStanding reads what the lake knows of the entities that the rejects name.
func readStanding(ctx context.Context, l *lake.Lake, c *lake.Commit, dir string, rejects []StoredReject) (*rejectStanding, error) {
	st := &rejectStanding{roots: describes(), newest: map[versionOf]storedAs{}, sessions: map[versionOf]schemas.Known{}, entities: map[versionOf]schemas.KnownEntity{}}
	named, roots := map[versionOf]bool{}, map[string]bool{}
	for _, r := range rejects {
		named[versionOf{r.Application, "", r.ID}] = true
		roots[st.roots[schemas.DocumentKind(r.Document)]] = true
	}
	if len(named) == 0 {
		return st, nil
	}
	for root := range roots {
		t := schemas.Lookup(root)
		if t == nil {
			continue // the document is unknown
		}
		err := each(ctx, l, c, root, dir, func(cell func(string) arrow.Array, i int) {
			application, id := wordAt(cell("application"), i), textAt(cell(t.EntityKey()[1]), i)
			if !named[versionOf{application, "", id}] {
				return
			}
			key, seq := versionOf{application, root, id}, intAt(cell("version_seq"), i)
			if seq >= st.newest[key].seq {
				st.newest[key] = storedAs{seq, timeAt(cell("observed_at"), i)}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	err := each(ctx, l, c, "session_state", dir, func(cell func(string) arrow.Array, i int) {
		if key := (versionOf{wordAt(cell("application"), i), "", textAt(cell("session_id"), i)}); named[key] {
			st.sessions[key] = schemas.Known{Stale: boolAt(cell("stale"), i), LastChecked: timeAt(cell("last_checked"), i), ActivityChecked: timeAt(cell("activity_checked"), i)}
		}
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, l, c, "entity_state", dir, func(cell func(string) arrow.Array, i int) {
		if key := (versionOf{wordAt(cell("application"), i), "", textAt(cell("entity_id"), i)}); named[key] {
			st.entities[key] = schemas.KnownEntity{LastChecked: timeAt(cell("last_checked"), i)}
		}
	})
	return st, err
}

// state tells how things stand with a reject.
func (st *rejectStanding) state(r *StoredReject, ch *chronicle) string {
	key := versionOf{r.Application, "", r.ID}
	root := st.roots[schemas.DocumentKind(r.Document)]
	newest := st.newest[versionOf{r.Application, root, r.ID}]
	if r.Scope == transform.ScopeDocument {
		if r.ID == "" && ch.nights[r.Application] != r.RunID {
			return RejectRead // no row without an id has been listed since
		}
		return st.documentState(r, key, newest)
	}
	ofNewest := r.seq == newest.seq
	if ch.replays[r.RunID] {
		ofNewest = r.Seen.Equal(newest.at) // its number is that of the replay
	}
	if ch.counts(r.seq) && (ofNewest || newest.seq == 0) {
		return RejectWithheld
	}
	return RejectRead
}

// documentState tells whether a document that could not be read has been read since.
func (st *rejectStanding) documentState(r *StoredReject, key versionOf, newest storedAs) string {
	read := false
	switch kind := schemas.DocumentKind(r.Document); kind {
	case schemas.Decision, schemas.ListRow:
		k, known := st.sessions[key]
		read = known && !k.Stale
	case schemas.Activity:
		read = st.sessions[key].ActivityChecked.After(r.Seen)
	case schemas.Workflow:
		read = newest.at.After(r.Seen)
	default:
		read = st.entities[key].LastChecked.After(r.Seen)
	}
	if read {
		return RejectRead
	}
	return RejectUnread
}

// A RejectGroup is the rejects that have a cause in common.
type RejectGroup struct {
	Reason   string    `json:"reason"`
	Document string    `json:"document,omitempty"`
	Table    string    `json:"table,omitempty"`
	Scope    string    `json:"scope"`
	Path     string    `json:"path,omitempty"`
	Count    int64     `json:"count"`
	Unread   int64     `json:"unread"`   // of them
	Withheld int64     `json:"withheld"` // of them
	Last     time.Time `json:"last_seen"`
	Sessions []string  `json:"examples"` // the newest ids, at most three
}

const maxExamples = 3

// A cause is what makes a group.
type cause struct{ reason, document, table, scope, path string }

// GroupRejects groups rejects, newest first, by what was wrong where. The place of a mistake in an
// unreadable document is not told apart: it is another one each time.
func GroupRejects(rejects []StoredReject) []RejectGroup {
	out := []RejectGroup{}
	at := map[cause]int{}
	for _, r := range rejects {
		key := cause{r.Reason, r.Document, r.Table, r.Scope, r.Path}
		if r.Scope == transform.ScopeDocument {
			key.path = ""
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, RejectGroup{Reason: key.reason, Document: key.document, Table: key.table, Scope: key.scope, Path: key.path, Last: r.Seen, Sessions: []string{}})
		}
		g := &out[i]
		g.Count++
		switch r.State {
		case RejectUnread:
			g.Unread++
		case RejectWithheld:
			g.Withheld++
		}
		if r.ID != "" && len(g.Sessions) < maxExamples && !slices.Contains(g.Sessions, r.ID) {
			g.Sessions = append(g.Sessions, r.ID)
		}
	}
	slices.SortStableFunc(out, func(a, b RejectGroup) int { return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(b.Count, a.Count)) })
	return out
}
