package night

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"unique"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/klauspost/compress/zstd"
)

// A listing is what the sweeps saw: of each session the few members that the plan needs in memory,
// and the canonical row in a file, packed page by page.
type listing struct {
	rows  []extract.Row // Body is nil; the fingerprint is set
	place map[schemas.SessionID]place
	file  *os.File
	ends  []int64 // of the packed pages in the file
	open  int     // page that text holds
	text  []byte
	spare []byte
}

type place struct {
	page       int32
	start, end int32 // in the unpacked page, where the hash of the received row stands before it
	row        int32
}

// Each page is packed alone, since any of them may be asked for.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
)

func newListing(dir string) (*listing, error) {
	f, err := os.CreateTemp(dir, "listing-")
	if err != nil {
		return nil, fmt.Errorf("keep the list: %w", err)
	}
	return &listing{place: map[schemas.SessionID]place{}, file: f, open: -1}, nil
}

// forget gives up the list and what is known, which are what a run holds most of.
func (r *run) forget() {
	if r.listing != nil {
		_ = r.listing.file.Close()
		_ = os.Remove(r.listing.file.Name())
	}
	r.listing, r.known = nil, nil
}

// add stores the readable rows of one page and returns a reject for each of the others.
func (l *listing) add(rows []extract.Row) ([]rejected, error) {
	var rejects []rejected
	var page []byte
	for _, row := range rows {
		if _, twice := l.place[row.ID]; twice {
			continue // both lists show it: two tasks would be two versions under one number
		}
		doc, err := transform.Canonicalize(schemas.ListRow, row.Body)
		if err != nil {
			rejects = append(rejects, rejected{unread(schemas.ListRow, row.ID, err), row.ObservedAt, digestOf(row.Body)})
			continue
		}
		row.Fingerprint, row.Body, row.Status = doc.ContentSHA256, nil, unique.Make(row.Status).Value()
		page = append(page, doc.ReceivedSHA256[:]...)
		p := place{page: int32(len(l.ends)), start: int32(len(page)), row: int32(len(l.rows))}
		page = append(page, doc.JSON...)
		p.end = int32(len(page))
		l.place[row.ID] = p
		l.rows = append(l.rows, row)
	}
	if len(page) == 0 {
		return rejects, nil
	}
	l.spare = packer.EncodeAll(page, l.spare[:0])
	if _, err := l.file.Write(l.spare); err != nil {
		return nil, fmt.Errorf("keep the list: %w", err)
	}
	l.ends = append(l.ends, l.start(len(l.ends))+int64(len(l.spare)))
	return rejects, nil
}

func (l *listing) start(page int) int64 {
	if page == 0 {
		return 0
	}
	return l.ends[page-1]
}

// row returns the listed row, its canonical text, and the SHA-256 of the row as received.
func (l *listing) row(id schemas.SessionID) (row extract.Row, text []byte, received schemas.Digest, err error) {
	p, ok := l.place[id]
	if !ok {
		panic("night: a task that was not listed")
	}
	if l.open != int(p.page) {
		if err := l.unpack(int(p.page)); err != nil {
			return row, nil, received, fmt.Errorf("read the list again: %w", err)
		}
	}
	received = schemas.Digest(l.text[p.start-sha256.Size : p.start])
	return l.rows[p.row], bytes.Clone(l.text[p.start:p.end]), received, nil
}

func (l *listing) unpack(page int) error {
	l.spare = slices.Grow(l.spare[:0], int(l.ends[page]-l.start(page)))[:l.ends[page]-l.start(page)]
	if _, err := l.file.ReadAt(l.spare, l.start(page)); err != nil {
		return err
	}
	text, err := unpacker.DecodeAll(l.spare, l.text[:0])
	if err != nil {
		return err
	}
	l.text, l.open = text, page
	return nil
}

// sweep lists all sessions of both kinds.
func (r *run) sweep(ctx context.Context) (err error) {
	if r.listing, err = newListing(r.WorkDir); err != nil {
		return err
	}
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		s, err := r.Client.Sweep(ctx, kind, func(p extract.Page) error {
			rejects, err := r.listing.add(p.Rows)
			if err != nil {
				return err
			}
			for _, b := range p.Bad {
				rejects = append(rejects, rejected{Reject: transform.Reject{SessionID: b.ID, Document: schemas.ListRow,
					Scope: transform.ScopeDocument, Reason: b.Reason}, at: p.ObservedAt})
			}
			for _, rej := range rejects {
				r.reject(rej)
				r.unlisted(rej.SessionID)
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

// unlisted marks a known session whose list row could not be read: what is stored of it may be old,
// and it is asked for as soon as its row can be read again.
func (r *run) unlisted(id schemas.SessionID) {
	if k, ok := r.known[id]; ok {
		k.Stale = true
		r.remember(k)
	}
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
