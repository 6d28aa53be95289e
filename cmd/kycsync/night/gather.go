package night

import (
	"context"
	"fmt"
	"strings"

	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// gather sorts the documents by the version they belong to, with the row that each version has now,
// and counts what is stored.
func (rp *replay) gather(ctx context.Context) (err error) {
	for c, err := range rp.Lake.Commits(ctx, 1) {
		if err != nil {
			return fmt.Errorf("replay: read the chain of commits: %w", err)
		}
		rp.chain[c.Seq] = c.RunID
	}
	bytes := int64(0)
	for _, p := range rp.head.Tables["raw_documents"] {
		bytes += p.Bytes
	}
	if rp.bins, err = newBins(rp.WorkDir, min(maxBins, 1+int(bytes/rp.binBytes))); err != nil {
		return err
	}
	if err := rp.gatherDocuments(ctx); err != nil {
		return err
	}
	for i := range schemas.Tables {
		if t := &schemas.Tables[i]; t.FromDocuments() {
			if err := rp.gatherRows(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (rp *replay) gatherDocuments(ctx context.Context) error {
	t, roots := schemas.Lookup("raw_documents"), describes()
	total := 0
	for _, p := range rp.head.Tables[t.Name] {
		total += int(p.Rows)
	}
	return rp.each(ctx, t, func(rows arrow.RecordBatch) error {
		column := func(name string) arrow.Array { return rows.Column(rows.Schema().FieldIndices(name)[0]) }
		application, document, id, seq := column("application"), column("document"), column("session_id"), column("version_seq")
		at, content, body := column("observed_at"), column("content_sha256"), column("body").(*array.String)
		for i := range int(rows.NumRows()) {
			r := record{application: wordAt(application, i), id: textAt(id, i), kind: schemas.DocumentKind(wordAt(document, i)), seq: intAt(seq, i),
				at: timeAt(at, i), content: digestAt(content, i), body: []byte(body.Value(i))}
			if r.root = roots[r.kind]; r.root == "" {
				return fmt.Errorf("replay: the lake has a document of kind %q that this program does not know: was it written by a newer one?", r.kind)
			}
			if err := rp.bins.put(&r); err != nil {
				return err
			}
			rp.out.Documents++
			rp.out.TextBytes += int64(len(r.body))
		}
		rp.Progress("documents", int(rp.out.Documents), total)
		return nil
	})
}

// describes returns the table of the entity that each kind of document describes, by the sources and
// paths of all tables.
func describes() map[schemas.DocumentKind]string {
	out := map[schemas.DocumentKind]string{}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		if t.Root() == "" {
			continue
		}
		for _, s := range t.Sources {
			out[s.Document] = t.Root()
		}
		for _, c := range t.Columns {
			for path := range strings.SplitSeq(c.Path, "|") {
				if kind, _, other := strings.Cut(path, ":"); other {
					out[schemas.DocumentKind(kind)] = t.Root()
				}
			}
		}
	}
	return out
}

// gatherRows counts the rows of a table and, where it is an entity's own, keeps what its versions are
// known by. A value that stands in no document would be lost: then there is no replay.
func (rp *replay) gatherRows(ctx context.Context, t *schemas.Table) error {
	err := rp.each(ctx, t, func(rows arrow.RecordBatch) error {
		rp.before.take(t, rows)
		if t.Root() != t.Name {
			return nil
		}
		return rp.gatherVersions(t, rows)
	})
	if err != nil {
		return err
	}
	for i, c := range t.Stored() {
		if n := rp.before.values(t, i); c.Path == schemas.EnvCode && n > 0 {
			return fmt.Errorf("replay: %w: %d values of %s.%s stand in no document", ErrFewer, n, t.Name, c.Name)
		}
	}
	return nil
}

func (rp *replay) gatherVersions(t *schemas.Table, rows arrow.RecordBatch) error {
	key := t.EntityKey()
	var id, application, kind, number, seq, at, hash arrow.Array
	for i, c := range t.Stored() {
		switch {
		case c.Name == key[1]:
			id = rows.Column(i)
		case c.Path == schemas.EnvApplication:
			application = rows.Column(i)
		case c.Path == schemas.EnvSessionKind:
			kind = rows.Column(i)
		case c.Path == schemas.EnvSessionNumber:
			number = rows.Column(i)
		case c.Path == schemas.EnvVersionSeq:
			seq = rows.Column(i)
		case c.Path == schemas.EnvObservedAt:
			at = rows.Column(i)
		case c.Path == schemas.EnvContentHash:
			hash = rows.Column(i)
		}
	}
	for i := range int(rows.NumRows()) {
		r := record{root: t.Name, application: wordAt(application, i), id: textAt(id, i), seq: intAt(seq, i), at: timeAt(at, i), content: digestAt(hash, i)}
		if kind != nil {
			r.sessionKind, r.sessionNumber = wordAt(kind, i), intAt(number, i)
		}
		if err := rp.bins.put(&r); err != nil {
			return err
		}
	}
	return nil
}

// each calls use with the rows of a table, batch by batch.
func (rp *replay) each(ctx context.Context, t *schemas.Table, use func(arrow.RecordBatch) error) error {
	for _, p := range rp.head.InOrder(t.Name) {
		for rows, err := range rp.Lake.Rows(ctx, t, p, rp.WorkDir) {
			if err != nil {
				return fmt.Errorf("replay: read %s: %w", p.Name, err)
			}
			if err := use(rows); err != nil {
				return err
			}
		}
	}
	return nil
}
