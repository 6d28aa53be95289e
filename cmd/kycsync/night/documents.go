package night

import (
	"context"
	"slices"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/go-json-experiment/json"
)

// storedDocuments are the documents of the newest stored version of a session.
type storedDocuments struct {
	decision, row seenDocument
	origin        map[string]any // what the provenance says of it
}

// stored reads the documents of the newest stored version of each session from the lake.
func (r *run) stored(ctx context.Context, known []schemas.Known) (map[schemas.SessionID]*storedDocuments, error) {
	out := map[schemas.SessionID]*storedDocuments{}
	if len(known) == 0 || r.head == nil {
		return out, nil
	}
	want, seqs := map[schemas.SessionID]int64{}, []int64{}
	for _, k := range known {
		want[k.SessionID] = k.VersionSeq
		if !slices.Contains(seqs, k.VersionSeq) {
			seqs = append(seqs, k.VersionSeq)
		}
	}
	parts := *r.head
	parts.Tables = map[string]map[string]lake.Part{"raw_documents": {}}
	for name, p := range r.head.Tables["raw_documents"] {
		if first, last := p.Span(); slices.ContainsFunc(seqs, func(seq int64) bool { return first <= seq && seq <= last }) {
			parts.Tables["raw_documents"][name] = p
		}
	}
	err := each(ctx, r.Lake, &parts, "raw_documents", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		id := schemas.SessionID(textAt(cell("session_id"), i))
		if seq, ok := want[id]; !ok || seq != intAt(cell("version_seq"), i) || textAt(cell("application"), i) != r.Config.Application {
			return
		}
		d := out[id]
		if d == nil {
			d = &storedDocuments{}
			out[id] = d
		}
		doc := seenDocument{kind: schemas.DocumentKind(textAt(cell("document"), i)), at: timeAt(cell("observed_at"), i), Canonical: transform.Canonical{
			JSON: []byte(textAt(cell("body"), i)), ContentSHA256: digestAt(cell("content_sha256"), i), ReceivedSHA256: digestAt(cell("received_sha256"), i)}}
		switch doc.kind {
		case schemas.Decision:
			d.decision = doc
		case schemas.ListRow:
			d.row = doc
		case schemas.Provenance:
			d.origin = originOf(doc.JSON)
		}
	})
	for id, d := range out {
		if d.decision.JSON == nil || d.row.JSON == nil {
			delete(out, id)
		}
	}
	return out, err
}

// storedRow reads the list row that the newest version of a session was made of; empty if it is not the one
// with that fingerprint.
func (r *run) storedRow(ctx context.Context, k schemas.Known, fingerprint schemas.Digest) (transform.Canonical, error) {
	docs, err := r.stored(ctx, []schemas.Known{k})
	if d := docs[k.SessionID]; d != nil && d.row.ContentSHA256 == fingerprint {
		return d.row.Canonical, err
	}
	return transform.Canonical{}, err
}

// originOf is the part of a provenance that stays when the vendor drops the session.
func originOf(body []byte) map[string]any {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		panic("night: a provenance in the lake: " + err.Error())
	}
	out := map[string]any{}
	for _, name := range []string{"origin", "origin_rule"} {
		if v, ok := members[name]; ok {
			out[name] = v
		}
	}
	return out
}
