package extract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

const (
	maxPDFBytes = 64 << 20
	pdfDeadline = 60 * time.Second // of an attempt: the vendor renders for several seconds
	pdfTail     = 1024             // bytes at the end, in which the mark of the end stands
)

// A PDF is a report of the vendor's in a file of its own, which the caller removes.
type PDF struct {
	Path       string
	Bytes      int64
	SHA256     schemas.Digest
	ObservedAt time.Time // when the last byte had arrived, UTC
}

// HasPDF reports whether the vendor makes a report of a session in that status.
//
// Source: GET /v3/session/{id}/generate-pdf/.
func HasPDF(kind schemas.SessionKind, status string) bool {
	switch status {
	case "Approved", "Declined", "In Review":
		return true
	case "Kyc Expired":
		return kind == schemas.UserSession
	}
	return false
}

// PDF asks for the report of a session and writes it to a new file in dir. The vendor renders it anew each time, with
// other bytes. Errors that concern only this session satisfy [OfSession]: those of Decision, ErrIneligible where its
// present status has no report, and ErrForbidden where it has and is refused all the same.
//
// Source: GET /v3/session/{id}/generate-pdf/.
func (c *Client) PDF(ctx context.Context, id schemas.SessionID, kind schemas.SessionKind, dir string) (_ PDF, err error) {
	if canonical, ok := sessionID(string(id)); !ok || canonical != id { // the route knows no other spelling
		return PDF{}, errors.New("pdf: the session id is not a UUID in lower case")
	}
	f, err := os.CreateTemp(dir, "pdf-*")
	if err != nil {
		return PDF{}, fmt.Errorf("pdf: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	p := PDF{Path: f.Name()}
	a := ask{
		what:     "pdf",
		session:  id,
		alone:    true,
		ofStatus: true,
		path:     "/v3/session/" + string(id) + "/generate-pdf/",
		accept:   "application/pdf, application/json", // the latter for refusals
		pace:     c.pdfPace,
		deadline: pdfDeadline,
		counter:  func(s *Stats) *int64 { return &s.PDFs },
		save:     func(resp *http.Response) (n int64, err error) { return p.save(resp, f) },
	}
	ans, err := c.get(ctx, a)
	if errors.Is(err, ErrForbidden) {
		return PDF{}, c.whyRefused(ctx, a, kind, err)
	}
	p.ObservedAt = ans.at
	return p, err
}

// save writes a body to f, from its start, and says what keeps it from being a whole PDF.
func (p *PDF) save(resp *http.Response, f *os.File) (n int64, err error) {
	defer resp.Body.Close()
	r, done, err := bodyOf(resp)
	if err != nil {
		return 0, err
	}
	defer done()
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/pdf" {
		return 0, fmt.Errorf("%w: the content type is not PDF", ErrMalformed)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, &localError{err}
	}
	if err := f.Truncate(0); err != nil {
		return 0, &localError{err}
	}
	sum := sha256.New()
	n, err = io.Copy(io.MultiWriter(localWriter{f}, sum), io.LimitReader(r, maxPDFBytes+1))
	switch {
	case err != nil:
		return n, fmt.Errorf("body: %w", err)
	case n > maxPDFBytes:
		return n, fmt.Errorf("%w: over %d MiB", ErrBodyTooLarge, maxPDFBytes>>20)
	case resp.ContentLength >= 0 && resp.Header.Get("Content-Encoding") == "" && n != resp.ContentLength:
		return n, fmt.Errorf("%w: %d bytes, want %d", ErrMalformed, n, resp.ContentLength)
	}
	p.Bytes, p.SHA256 = n, schemas.Digest(sum.Sum(nil))
	return n, wholePDF(f, n)
}

// wholePDF looks at both ends of a file. What stands between is the vendor's affair.
func wholePDF(f io.ReaderAt, size int64) error {
	head, tail := make([]byte, 5), make([]byte, min(size, pdfTail))
	if size < int64(len(head)) {
		return fmt.Errorf("%w: %d bytes are no PDF", ErrMalformed, size)
	}
	if _, err := f.ReadAt(head, 0); err != nil {
		return &localError{err}
	}
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return &localError{err}
	}
	switch {
	case string(head) != "%PDF-":
		return fmt.Errorf("%w: it does not begin as a PDF", ErrMalformed)
	case !bytes.Contains(tail, []byte("%%EOF")):
		return fmt.Errorf("%w: the end of the PDF is missing", ErrMalformed)
	}
	return nil
}

// A localError is ours, not the vendor's: asking again is in vain.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

type localWriter struct{ io.Writer }

func (w localWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		err = &localError{err}
	}
	return n, err
}

// whyRefused asks for the decision, which tells what the status is by now, and whether the key is good at all.
func (c *Client) whyRefused(ctx context.Context, a ask, kind schemas.SessionKind, refused error) error {
	doc, err := c.Decision(ctx, a.session)
	switch {
	case err != nil && (!OfSession(err) || errors.Is(err, ErrGone)):
		return err
	case err != nil:
		return refused
	}
	status := ""
	_ = scan(doc.Body, func(name []byte, d *jsontext.Decoder) error {
		if string(name) != "status" {
			return d.SkipValue()
		}
		v, err := d.ReadValue()
		status, _ = schemas.StatusWord(text(v))
		return err
	})
	if status == "" || HasPDF(kind, status) {
		return refused
	}
	return c.giveUp(a, 1, fmt.Errorf("%w (403)", ErrIneligible))
}

// A PDFTask is one session of which the report is wanted.
type PDFTask struct {
	ID   schemas.SessionID
	Kind schemas.SessionKind
	PDF  PDF // of what was asked for without an error
}

// PDFs asks for the report of every task and yields the tasks in the order of completion, each once, under the rules of
// [Each]. A file that was not yielded stays in dir.
func (c *Client) PDFs(ctx context.Context, tasks []PDFTask, dir string) iter.Seq2[*PDFTask, error] {
	return func(yield func(*PDFTask, error) bool) {
		all := make([]*PDFTask, len(tasks))
		for i := range tasks {
			all[i] = &tasks[i]
		}
		get := func(ctx context.Context, t *PDFTask) (_ schemas.Document, err error) {
			t.PDF, err = c.PDF(ctx, t.ID, t.Kind, dir)
			return schemas.Document{}, err
		}
		for g, err := range Each(ctx, c, all, get) {
			if !yield(g.Item, err) {
				return
			}
		}
	}
}
