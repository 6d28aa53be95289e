package night

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unique"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// each calls use with every row of a table in order, as a reader of its columns by name.
func each(ctx context.Context, l *lake.Lake, c *lake.Commit, table, dir string, use func(cell func(column string) arrow.Array, i int)) error {
	t := schemas.Lookup(table)
	for _, p := range c.InOrder(table) {
		for rows, err := range l.Rows(ctx, t, p, dir) {
			if err != nil {
				return fmt.Errorf("read %s: %w", p.Name, err)
			}
			columns := newColumns(rows)
			for i := range int(rows.NumRows()) {
				columns.next = 0
				use(columns.named, i)
			}
		}
	}
	return nil
}

// columns finds the columns of a batch by name. Rows are mostly read in one manner, so that each lookup of a row is
// what it was in the row before.
type columns struct {
	byName map[string]arrow.Array
	asked  []struct {
		name  string
		array arrow.Array
	}
	next int
}

func newColumns(rows arrow.RecordBatch) *columns {
	c := &columns{byName: make(map[string]arrow.Array, rows.NumCols())}
	for i := range int(rows.NumCols()) {
		c.byName[rows.ColumnName(i)] = rows.Column(i)
	}
	return c
}

func (c *columns) named(name string) arrow.Array {
	if c.next == len(c.asked) {
		c.asked = append(c.asked, struct {
			name  string
			array arrow.Array
		}{name, c.byName[name]})
	}
	a := &c.asked[c.next]
	if c.next++; a.name != name {
		a.name, a.array = name, c.byName[name]
	}
	return a.array
}

// roomFor is how many things a table of state is about, at most: it may have many rows of each, but there is
// none without a version.
func roomFor(c *lake.Commit, state string, versions ...string) int64 {
	n := int64(0)
	for _, table := range versions {
		n += rowsOf(c, table)
	}
	return min(n, rowsOf(c, state))
}

// rowsOf is how many rows the live parts of a table have.
func rowsOf(c *lake.Commit, table string) (n int64) {
	for _, p := range c.Tables[table] {
		n += p.Rows
	}
	return n
}

// halves splits the live parts of a table into those that readers see and those that they do not see yet.
func halves(c *lake.Commit, table string) (published, staged *lake.Commit) {
	of := func(seen bool) *lake.Commit {
		half, parts := *c, map[string]lake.Part{}
		for name, p := range c.Tables[table] {
			if _, last := p.Span(); (last <= c.PublishedSeq) == seen {
				parts[name] = p
			}
		}
		half.Tables = map[string]map[string]lake.Part{table: parts}
		return &half
	}
	return of(true), of(false)
}

// readState returns what the lake knows about each session of the application, and of those that were
// looked at since the last publication what readers see.
func readState(ctx context.Context, l *lake.Lake, c *lake.Commit, application, dir string) (known *schemas.Sessions, staged map[schemas.SessionID]schemas.Fullness, err error) {
	known, staged = schemas.NewSessions(roomFor(c, "session_state", "sessions")), map[schemas.SessionID]schemas.Fullness{}
	published, rest := halves(c, "session_state")
	for _, half := range []*lake.Commit{published, rest} {
		err = each(ctx, l, half, "session_state", dir, func(cell func(string) arrow.Array, i int) {
			if lentAt(cell("application"), i) != application {
				return
			}
			k := knownAt(cell, i)
			if _, twice := staged[k.SessionID]; half == rest && !twice {
				staged[schemas.SessionID(strings.Clone(string(k.SessionID)))] = known.Get(k.SessionID).Fullness
			}
			known.Put(k.SessionID, k)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return known, staged, nil
}

// knownAt reads one row of session_state. Its strings are those of the batch: who keeps them must copy them.
func knownAt(cell func(string) arrow.Array, i int) schemas.Known {
	return schemas.Known{
		Application: lentAt(cell("application"), i), SessionID: schemas.SessionID(lentAt(cell("session_id"), i)),
		SessionKind: schemas.SessionKind(lentAt(cell("session_kind"), i)), SessionNumber: intAt(cell("session_number"), i),
		CreatedAt: timeAt(cell("created_at"), i), Status: lentAt(cell("status"), i), Fingerprint: digestAt(cell("fingerprint"), i),
		Gist: digestAt(cell("row_gist"), i), ContentHash: digestAt(cell("content_hash"), i), VersionSeq: intAt(cell("version_seq"), i),
		LastChecked: timeAt(cell("last_checked"), i), Stale: cell("stale").(*array.Boolean).Value(i),
		Workflow: lentAt(cell("workflow_id"), i), StatusSince: timeAt(cell("status_since"), i), Monitored: boolAt(cell("is_monitored"), i),
		DocumentExpires: timeAt(cell("document_expires"), i), Hinted: timeAt(cell("hinted_at"), i),
		Activity: digestAt(cell("activity_hash"), i), ActivityChecked: timeAt(cell("activity_checked"), i), ActivityDue: boolAt(cell("is_activity_due"), i),
		Upstream: schemas.Upstream(lentAt(cell("upstream_state"), i)), AbsentSince: timeAt(cell("absent_since"), i), GoneSince: timeAt(cell("gone_since"), i),
		Fullness: schemas.Fullness{Identities: int32(intAt(cell("identities"), i)), Numbered: int32(intAt(cell("identities_numbered"), i)), Pictured: int32(intAt(cell("identities_pictured"), i))},
	}
}

// lastNight returns when the newest night of the application began, among the runs of the lake.
func lastNight(ctx context.Context, l *lake.Lake, c *lake.Commit, application, dir string) (at time.Time, err error) {
	parts := c.InOrder("runs")
	for i := len(parts) - 1; i >= 0 && at.IsZero(); i-- {
		one := *c
		one.Tables = map[string]map[string]lake.Part{"runs": {parts[i].Name: parts[i]}}
		err := each(ctx, l, &one, "runs", dir, func(cell func(string) arrow.Array, i int) {
			if textAt(cell("application"), i) == application && textAt(cell("kind"), i) == "sync" {
				at = later(at, timeAt(cell("started_at"), i))
			}
		})
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

// readEntities returns what the lake knows about each entity of the application.
func readEntities(ctx context.Context, l *lake.Lake, c *lake.Commit, application, dir string) (*schemas.Register[thing, schemas.KnownEntity], error) {
	known := schemas.NewRegister[thing, schemas.KnownEntity](roomFor(c, "entity_state", "users", "businesses", "transactions"))
	err := each(ctx, l, c, "entity_state", dir, func(cell func(string) arrow.Array, i int) {
		if textAt(cell("application"), i) != application {
			return
		}
		k := schemas.KnownEntity{
			Application: application, Document: schemas.DocumentKind(wordAt(cell("document"), i)), ID: textAt(cell("entity_id"), i),
			Fingerprint: digestAt(cell("fingerprint"), i), Gist: digestAt(cell("row_gist"), i), ContentHash: digestAt(cell("content_hash"), i), VersionSeq: intAt(cell("version_seq"), i),
			LastChecked: timeAt(cell("last_checked"), i), AbsentSince: timeAt(cell("absent_since"), i),
		}
		known.Put(thing{k.Document, k.ID}, k)
	})
	return known, err
}

// readWorkflows returns the content hash of the newest stored version of each workflow.
func readWorkflows(ctx context.Context, l *lake.Lake, c *lake.Commit, application, dir string) (map[string]schemas.Digest, error) {
	flows := map[string]schemas.Digest{}
	err := each(ctx, l, c, "workflows", dir, func(cell func(string) arrow.Array, i int) {
		if textAt(cell("application"), i) == application {
			flows[textAt(cell("uuid"), i)] = digestAt(cell("content_hash"), i)
		}
	})
	return flows, err
}

// digestAt panics on what is no digest: the part was verified, and no other program wrote it.
func digestAt(a arrow.Array, i int) schemas.Digest {
	if a.IsNull(i) {
		return schemas.Digest{}
	}
	d, err := schemas.ParseDigest(a.(*array.String).Value(i))
	if err != nil {
		panic("night: a digest in the lake: " + err.Error())
	}
	return d
}

// wordAt is textAt for a column of few words, each of which it keeps once.
func wordAt(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	return unique.Make(a.(*array.String).Value(i)).Value()
}

// textAt returns a copy: the batch is gone after the call. Null is empty.
func textAt(a arrow.Array, i int) string { return strings.Clone(lentAt(a, i)) }

// lentAt is textAt without the copy.
func lentAt(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	return a.(*array.String).Value(i)
}

func boolAt(a arrow.Array, i int) bool { return a.IsValid(i) && a.(*array.Boolean).Value(i) }

func intAt(a arrow.Array, i int) int64 {
	if a.IsNull(i) {
		return 0
	}
	return a.(*array.Int64).Value(i)
}

// appendState adds one row of session_state.
func appendState(rows *transform.Rows, k schemas.Known) {
	values := map[string]any{
		"application": k.Application, "session_id": string(k.SessionID), "session_kind": string(k.SessionKind),
		"session_number": k.SessionNumber, "created_at": orNoTime(k.CreatedAt), "status": orNull(k.Status),
		"fingerprint": k.Fingerprint.String(), "row_gist": orNull(k.Gist.String()), "content_hash": orNull(k.ContentHash.String()),
		"last_checked": orNoTime(k.LastChecked), "stale": k.Stale,
		"workflow_id": orNull(k.Workflow), "status_since": orNoTime(k.StatusSince), "is_monitored": k.Monitored, "document_expires": orNoTime(k.DocumentExpires),
		"hinted_at": orNoTime(k.Hinted), "activity_hash": orNull(k.Activity.String()), "activity_checked": orNoTime(k.ActivityChecked),
		"is_activity_due": k.ActivityDue, "upstream_state": orNull(string(k.Upstream)),
		"absent_since": orNoTime(k.AbsentSince), "gone_since": orNoTime(k.GoneSince),
		"identities": int64(k.Fullness.Identities), "identities_numbered": int64(k.Fullness.Numbered), "identities_pictured": int64(k.Fullness.Pictured),
	}
	if k.VersionSeq > 0 {
		values["version_seq"] = k.VersionSeq
	}
	rows.Append(values)
}

// appendEntityState adds one row of entity_state.
func appendEntityState(rows *transform.Rows, k schemas.KnownEntity) {
	values := map[string]any{
		"application": k.Application, "document": string(k.Document), "entity_id": k.ID, "fingerprint": k.Fingerprint.String(), "row_gist": orNull(k.Gist.String()),
		"content_hash": orNull(k.ContentHash.String()), "last_checked": orNoTime(k.LastChecked), "absent_since": orNoTime(k.AbsentSince),
	}
	if k.VersionSeq > 0 {
		values["version_seq"] = k.VersionSeq
	}
	rows.Append(values)
}
