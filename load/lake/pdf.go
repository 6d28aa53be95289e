package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kycsync/schemas"
)

// PDFs lie beside the parts, each an object of its own. A commit does not name them: rows of pdf_reports do, and they
// are put before the part that has these rows. What no row names does not exist for any reader, and is collected in the
// end.

// A PDF is the vendor's report of one version of a session, as a row of pdf_reports says that it is archived.
type PDF struct {
	Application string
	SessionID   schemas.SessionID
	SessionSeq  int64  // session_version_seq
	Object      string // name in the store
	SHA256      string // hex
	Bytes       int64

	put time.Time // of one that no row names yet
}

const pdfPrefix = "data/pdf/"

var pdfRE = regexp.MustCompile(`^data/pdf/[0-9a-f]{2}/[0-9a-f]{64}-[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.pdf$`)

// pdfName holds the hash and the run, so that no name is used twice: what Collect is about to remove, no other run can
// come to name.
func pdfName(sha256, runID string) string {
	return pdfPrefix + sha256[:2] + "/" + sha256 + "-" + runID + ".pdf"
}

// PutPDF stores a local file, which must have that length and hash, and returns it with the object's name. It removes
// the file. What no row comes to name stays in the store, invisible.
func (l *Lake) PutPDF(ctx context.Context, path string, bytes int64, sha256, runID string) (PDF, error) {
	p := PDF{SHA256: sha256, Bytes: bytes}
	if !runIDRE.MatchString(runID) || !isSHA256(sha256) {
		return p, fmt.Errorf("put PDF: run id %q, sha256 %q, want letters, digits, - and _, and 64 hex digits", runID, sha256)
	}
	f, err := os.Open(path)
	if err != nil {
		return p, fmt.Errorf("put PDF: %w", fileError(err, "read"))
	}
	defer f.Close()
	p.Object = pdfName(sha256, runID)
	if err := l.bucket.Create(ctx, p.Object, &checkedFile{f: f, check: func(d *digest) error { return d.is(bytes, sha256) }}); err != nil {
		return p, fmt.Errorf("put PDF: %w", err)
	}
	l.step("pdf.created")
	p.put = l.now().Round(0)
	return p, fileError(os.Remove(path), "write")
}

// MayName reports whether a PDF that was put a while ago may still be named: it cannot have been collected by the time
// that the part which names it is too old itself.
func (l *Lake) MayName(p PDF) bool { return l.now().Round(0).Sub(p.put) <= (minAge-maxWait)/2 }

// OpenPDF returns the bytes of a PDF. Their length and hash are compared while they are read: at the end stands io.EOF,
// or an error that wraps ErrDamaged, and only then is it known which. The error wraps ErrDamaged also where the object
// is missing. Of p the fields Object, SHA256 and Bytes count.
func (l *Lake) OpenPDF(ctx context.Context, p PDF) (io.ReadCloser, error) {
	r, err := l.bucket.Open(ctx, p.Object)
	if errors.Is(err, ErrNotExist) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	// One byte more than wanted is enough to see that the object is too long.
	return &checkedObject{from: io.LimitReader(contextReader{ctx, r}, p.Bytes+1), Closer: r, want: p, sum: newDigest()}, nil
}

// A checkedObject is an object that must be a PDF.
type checkedObject struct {
	io.Closer
	from io.Reader
	want PDF
	sum  *digest
}

func (c *checkedObject) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.sum.Write(b[:n])
	if err == io.EOF {
		if damage := c.sum.is(c.want.Bytes, c.want.SHA256); damage != nil {
			return n, fmt.Errorf("object %q: %w", c.want.Object, damage)
		}
	}
	return n, err
}

// checkPDF reads a PDF to its end.
func (l *Lake) checkPDF(ctx context.Context, p PDF) error {
	r, err := l.OpenPDF(ctx, p)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// PDFs yields what the rows of a commit say is archived, in the order in which it came to the lake. dir is for downloads.
// It ends at the first error.
func (l *Lake) PDFs(ctx context.Context, c *Commit, dir string) iter.Seq2[PDF, error] {
	return func(yield func(PDF, error) bool) {
		for _, part := range c.InOrder(pdfTable) {
			for p, err := range l.pdfsOf(ctx, part, dir) {
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

const pdfTable = "pdf_reports"

func (l *Lake) pdfsOf(ctx context.Context, part Part, dir string) iter.Seq2[PDF, error] {
	return func(yield func(PDF, error) bool) {
		t := schemas.Lookup(pdfTable)
		for rows, err := range l.Rows(ctx, t, part, dir) {
			if err != nil {
				yield(PDF{}, err)
				return
			}
			for _, p := range archived(t, rows) {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// archived are the rows of a batch that name an object.
func archived(t *schemas.Table, rows arrow.RecordBatch) (out []PDF) {
	cells := map[string]arrow.Array{}
	for i, c := range t.Stored() {
		cells[c.Name] = rows.Column(i)
	}
	text := func(name string, i int) string {
		if cells[name].IsNull(i) {
			return ""
		}
		return strings.Clone(cells[name].(*array.String).Value(i))
	}
	number := func(name string, i int) int64 { return cells[name].(*array.Int64).Value(i) }
	for i := range int(rows.NumRows()) {
		if cells["object"].IsNull(i) {
			continue
		}
		out = append(out, PDF{Application: text("application", i), SessionID: schemas.SessionID(text("session_id", i)), SessionSeq: number("session_version_seq", i),
			Object: text("object", i), SHA256: text("sha256", i), Bytes: number("bytes", i)})
	}
	return out
}

// A PDFProblem is a PDF that is not as its row says, or a part of such rows that cannot be read.
type PDFProblem struct {
	PDF  PDF
	Part Part // of which the rows cannot be read; PDF is empty
	Err  error
}

// VerifyPDFs reads the PDFs that the rows of a commit name, or a share of them, and compares length and hash. dir is for
// downloads. progress, if not nil, is called after each. The problems are those found until the error; an error means
// that the rest was not looked at.
func (l *Lake) VerifyPDFs(ctx context.Context, c *Commit, share Share, dir string, progress func(PDF)) ([]PDFProblem, error) {
	var found []PDFProblem
	for _, part := range c.InOrder(pdfTable) {
		for p, err := range l.pdfsOf(ctx, part, dir) {
			switch {
			case errors.Is(err, ErrDamaged):
				found = append(found, PDFProblem{Part: part, Err: err})
				continue
			case err != nil:
				return found, fmt.Errorf("verify PDFs: %w", err)
			case !share.has(p.Object):
				continue
			}
			damage := l.checkPDF(ctx, p)
			switch {
			case errors.Is(damage, ErrDamaged):
				found = append(found, PDFProblem{PDF: p, Err: fmt.Errorf("PDF of session %s: %w; bring it back from a copy", p.SessionID, damage)})
			case damage != nil:
				return found, fmt.Errorf("verify PDF of session %s: %w", p.SessionID, damage)
			}
			if progress != nil {
				progress(p)
			}
		}
	}
	return found, nil
}

// copyPDFs copies what the rows of a commit name.
func (l *Lake) copyPDFs(ctx context.Context, c *Commit, to Bucket, dir string, out *Copied) error {
	for p, err := range l.PDFs(ctx, c, dir) {
		if err != nil {
			return err
		}
		if err := l.copyPDF(ctx, p, to, dir); err != nil {
			return fmt.Errorf("PDF of session %s: %w", p.SessionID, err)
		}
		out.PDFs, out.PDFBytes = out.PDFs+1, out.PDFBytes+p.Bytes
	}
	return nil
}

func (l *Lake) copyPDF(ctx context.Context, p PDF, to Bucket, dir string) (err error) {
	r, err := l.OpenPDF(ctx, p)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.CreateTemp(dir, "pdf-*")
	if err != nil {
		return fileError(err, "create")
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return to.Create(ctx, p.Object, f)
}
