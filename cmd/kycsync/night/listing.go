package night

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"unique"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/klauspost/compress/zstd"
)

// A listing is what the sweeps saw: of each session the few members that the plan needs, and the
// canonical row, packed page by page so that a million rows fit in little memory.
type listing struct {
	rows  []extract.Row // Body is nil; the fingerprint is set
	place map[schemas.SessionID]place
	pages [][]byte
	open  int // page that unpacked holds
	text  []byte
}

type place struct {
	page       int32
	start, end int32 // in the unpacked page, where the hash of the received row stands before it
	row        int32
}

var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
)

// add stores the readable rows of one page and returns a reject for each of the others.
func (l *listing) add(rows []extract.Row) []transform.Reject {
	if l.place == nil {
		l.place = map[schemas.SessionID]place{}
	}
	var rejects []transform.Reject
	var page []byte
	for _, row := range rows {
		doc, err := transform.Canonicalize(schemas.ListRow, row.Body)
		if err != nil {
			rejects = append(rejects, transform.Reject{SessionID: row.ID, Document: schemas.ListRow,
				Scope: transform.ScopeDocument, Reason: err.Error()})
			continue
		}
		row.Fingerprint, row.Body, row.Status = doc.ContentSHA256, nil, unique.Make(row.Status).Value()
		page = append(page, doc.ReceivedSHA256[:]...)
		p := place{page: int32(len(l.pages)), start: int32(len(page)), row: int32(len(l.rows))}
		page = append(page, doc.JSON...)
		p.end = int32(len(page))
		l.place[row.ID] = p
		l.rows = append(l.rows, row)
	}
	if len(page) > 0 {
		l.pages = append(l.pages, packer.EncodeAll(page, nil))
	}
	return rejects
}

// row returns the listed row, its canonical text, and the SHA-256 of the row as received.
func (l *listing) row(id schemas.SessionID) (row extract.Row, text []byte, received schemas.Digest, ok bool) {
	p, ok := l.place[id]
	if !ok {
		return extract.Row{}, nil, schemas.Digest{}, false
	}
	if l.text == nil || l.open != int(p.page) {
		text, err := unpacker.DecodeAll(l.pages[p.page], l.text[:0])
		if err != nil {
			panic("night: a page packed in this process cannot be unpacked: " + err.Error())
		}
		l.text, l.open = text, int(p.page)
	}
	received = schemas.Digest(l.text[p.start-sha256.Size : p.start])
	return l.rows[p.row], bytes.Clone(l.text[p.start:p.end]), received, true
}

// sweep lists all sessions of both kinds.
func (r *run) sweep(ctx context.Context) error {
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		s, err := r.Client.Sweep(ctx, kind, func(p extract.Page) error {
			rejects := r.listing.add(p.Rows)
			r.rejectAll(rejects)
			for _, b := range p.Bad {
				r.rejectAll([]transform.Reject{{SessionID: b.ID, Document: schemas.ListRow, Scope: transform.ScopeDocument, Reason: b.Reason}})
			}
			r.Progress("list", len(r.listing.rows), max(p.Count, len(r.listing.rows)))
			return nil
		})
		if err != nil {
			return err
		}
		r.Step("sweep")
		r.Pages += int64(s.Pages)
		r.Listed += int64(s.Distinct)
		if kind == schemas.UserSession {
			r.VendorCount = int64(s.CountAfter)
		}
		if !s.Complete {
			r.gates = append(r.gates, fmt.Sprintf("%s sessions do not add up: %s", kind, s.Explanation))
		}
	}
	return r.ownSessions()
}

// ownSessions refuses a key that belongs to another application: one that lists sessions, but none
// of those that the lake has.
func (r *run) ownSessions() error {
	if len(r.known) == 0 || len(r.listing.rows) == 0 {
		return nil
	}
	for _, row := range r.listing.rows {
		if _, ok := r.known[row.ID]; ok {
			return nil
		}
	}
	return fmt.Errorf("application %q: %w; nothing was written", r.Config.Application, ErrForeignKey)
}

// plan decides what to fetch.
func (r *run) plan() []extract.Task {
	tasks := extract.Plan(r.listing.rows, r.known, r.StartedAt, extract.Budget{})
	for _, t := range tasks {
		switch t.Reason {
		case extract.ReasonNew:
			r.New++
		case extract.ReasonChanged:
			r.Changed++
		case extract.ReasonOpen:
			r.Open++
		case extract.ReasonStale:
			r.StaleAgain++
		}
	}
	return tasks
}
