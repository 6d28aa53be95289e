package night

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// ErrPDFs says that a night was published as ever, and that PDFs which it was to archive are missing.
var ErrPDFs = errors.New("published, but PDFs are missing; the next run asks for them again")

var errPDFsStopped = errors.New("interrupted while PDFs were archived; those that came are kept, and the next run asks for the others")

// FinalStatuses are those of sessions whose PDF is archived if nobody says otherwise.
var FinalStatuses = []string{"Approved", "Declined", "Kyc Expired"}

// A PDFScope says of which sessions the PDF is archived.
type PDFScope struct {
	Statuses []string  // that are not open
	Since    time.Time // created from then on; zero: all
}

func (s PDFScope) has(status string, created time.Time) bool {
	return slices.Contains(s.Statuses, status) && !created.Before(s.Since)
}

// PDFSummary is what became of the PDFs of a run.
type PDFSummary struct {
	Wanted   int64            `json:"wanted"` // final versions in scope of which nothing is settled yet
	Archived int64            `json:"archived"`
	Bytes    int64            `json:"bytes"`
	Skipped  map[string]int64 `json:"skipped,omitempty"` // by reason
	Failed   int64            `json:"failed"`
	Left     int64            `json:"left"` // for another night, those that failed included
	Commits  int64            `json:"commits"`
	Stopped  string           `json:"stopped,omitempty"` // why the rest was not asked for
}

// An archive is the PDFs of one run. It is used once.
type archive struct {
	Config
	PDFSummary
	scope   PDFScope
	begun   time.Time
	runID   string
	head    *lake.Commit
	wanted  map[schemas.SessionID]wantedPDF
	pending []pdfRow                         // no commit has them yet
	theirs  map[schemas.SessionID]settledPDF // as of the last time that another run had committed; nil: none has
	saved   time.Time
	refused int // though their status has a PDF
}

// A wantedPDF is one final version.
type wantedPDF struct {
	kind   schemas.SessionKind
	number int64
	seq    int64 // of the version
	status string
	tried  bool // before, in vain
}

// A pdfRow is a row of pdf_reports in the making. pdf is empty where nothing is archived.
type pdfRow struct {
	id schemas.SessionID
	wantedPDF
	at      time.Time
	outcome string
	reason  string
	pdf     lake.PDF
}

// Archive asks for the PDF of each final version in scope of which none is archived, puts it into the lake and commits
// the rows that name it, a few minutes' worth at a time: what a kill leaves between the two is an object that no row
// names. The warehouse does not follow, see [CatchUp]. The PDFSummary is filled as far as it came, also on error.
//
// Of cfg the fields Application, Client, Lake, WorkDir, Now, MaxDuration, MaxRequests, BatchSize, BatchTime, Log, Progress
// and Step count; the duration since begun, the requests since the client was made. That they are spent is no error:
// Left tells. Errors: ErrPDFs, with the cause, and the context's.
func Archive(ctx context.Context, cfg Config, scope PDFScope, begun time.Time) (*PDFSummary, error) {
	cfg.defaults()
	a := &archive{Config: cfg, scope: scope, begun: begun, runID: newRunID(cfg.Now().UTC()), saved: time.Now(), PDFSummary: PDFSummary{Skipped: map[string]int64{}}}
	err := a.run(ctx)
	a.Left = a.Wanted - a.Archived
	for _, n := range a.Skipped {
		a.Left -= n
	}
	switch {
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", errPDFsStopped, err)
	case err != nil:
		a.Stopped = err.Error()
		err = fmt.Errorf("%w: %w", ErrPDFs, err)
	case a.Failed > 0:
		err = fmt.Errorf("%w: %d could not be had; SELECT * FROM pdf_reports WHERE outcome = 'failed' tells which and why", ErrPDFs, a.Failed)
	}
	return &a.PDFSummary, err
}

func (a *archive) run(ctx context.Context) (err error) {
	if a.head, err = a.Lake.Head(ctx); err != nil {
		return fmt.Errorf("read the newest commit of %s: %w", a.Lake.Bucket().URI(), err)
	}
	tasks, err := a.plan(ctx)
	if err != nil {
		return err
	}
	a.Step("pdf.planned")
	dir, err := os.MkdirTemp(a.WorkDir, "pdf-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	err = a.fetch(ctx, tasks, dir)
	if ctx.Err() == nil {
		return errors.Join(err, a.commit(ctx))
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second) // what a host gives before it kills
	defer cancel()
	return errors.Join(err, a.commit(last))
}

// plan finds the final versions of which nothing is settled: those that were never asked for, the oldest version first,
// and then those that failed, or that the vendor did not know although it lists them.
func (a *archive) plan(ctx context.Context) (tasks []extract.PDFTask, err error) {
	settled, err := a.settled(ctx, a.head)
	if err != nil {
		return nil, err
	}
	known, _, err := readState(ctx, a.Lake, a.head, a.Application, a.WorkDir)
	if err != nil {
		return nil, err
	}
	a.wanted = map[schemas.SessionID]wantedPDF{}
	for k := range known.All() {
		status, _ := schemas.StatusWord(k.Status)
		if k.VersionSeq == 0 || k.Stale || k.Gone() || !k.AbsentSince.IsZero() || !a.scope.has(status, k.CreatedAt) {
			continue
		}
		was := settled[k.SessionID]
		if was.seq == k.VersionSeq && (was.outcome == schemas.PDFArchived || was.outcome == schemas.PDFNotEligible) {
			continue
		}
		w := wantedPDF{k.SessionKind, k.SessionNumber, k.VersionSeq, status, was.seq == k.VersionSeq}
		a.Wanted++
		if !extract.HasPDF(w.kind, status) {
			a.skip(k.SessionID, w, fmt.Sprintf("the vendor makes no PDF of a %s session that is %s", w.kind, status))
			continue
		}
		a.wanted[k.SessionID] = w
		tasks = append(tasks, extract.PDFTask{ID: k.SessionID, Kind: w.kind})
	}
	slices.SortFunc(tasks, func(x, y extract.PDFTask) int {
		p, q := a.wanted[x.ID], a.wanted[y.ID]
		return cmp.Or(falseFirst(p.tried, q.tried), cmp.Compare(p.seq, q.seq), cmp.Compare(p.number, q.number), cmp.Compare(x.ID, y.ID))
	})
	return tasks, nil
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// A settledPDF is what the rows say of the newest version of a session that was looked at.
type settledPDF struct {
	seq     int64
	outcome string
}

func (a *archive) settled(ctx context.Context, head *lake.Commit) (map[schemas.SessionID]settledPDF, error) {
	out := map[schemas.SessionID]settledPDF{}
	err := each(ctx, a.Lake, head, "pdf_reports", a.WorkDir, func(cell func(string) arrow.Array, i int) {
		if wordAt(cell("application"), i) != a.Application {
			return
		}
		id, now := schemas.SessionID(textAt(cell("session_id"), i)), settledPDF{intAt(cell("session_version_seq"), i), wordAt(cell("outcome"), i)}
		if was := out[id]; now.seq > was.seq || now.seq == was.seq && was.outcome != schemas.PDFArchived {
			out[id] = now
		}
	})
	return out, err
}

// fetch asks for the PDFs while the budget lasts.
func (a *archive) fetch(ctx context.Context, tasks []extract.PDFTask, dir string) error {
	limited := ctx
	if a.MaxDuration > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithDeadline(ctx, a.begun.Add(a.MaxDuration))
		defer stop()
	}
	done := 0
	for t, err := range a.Client.PDFs(limited, tasks[:a.affordable(len(tasks))], dir) {
		if err != nil && !extract.OfSession(err) {
			if limited.Err() != nil && ctx.Err() == nil {
				return nil // the time is spent
			}
			return err
		}
		if err := a.take(ctx, t, err); err != nil {
			return err
		}
		done++
		a.Progress("PDFs", done, len(tasks))
		if len(a.pending) >= a.BatchSize || time.Since(a.saved) >= a.BatchTime {
			if err := a.commit(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// affordable is how many of so many PDFs the requests that are left suffice for.
func (a *archive) affordable(n int) int {
	if a.MaxRequests == 0 {
		return n
	}
	return min(n, max(0, a.MaxRequests-int(a.Client.Stats().Requests())))
}

// fewRefused is how many sessions must be refused whose status has a PDF, and none be given, until it is the key.
const fewRefused = 5

// take looks at one answer. failed is an error that concerns this session alone.
func (a *archive) take(ctx context.Context, t *extract.PDFTask, failed error) error {
	w := a.wanted[t.ID]
	switch {
	case errors.Is(failed, extract.ErrIneligible):
		a.skip(t.ID, w, "the vendor makes no PDF of it, because its status has changed since then")
		return nil
	case errors.Is(failed, extract.ErrGone):
		a.add(pdfRow{id: t.ID, wantedPDF: w, outcome: schemas.PDFGone, reason: extract.ErrGone.Error()})
		return nil
	case failed != nil:
		a.add(pdfRow{id: t.ID, wantedPDF: w, outcome: schemas.PDFFailed, reason: why(failed)})
		if errors.Is(failed, extract.ErrForbidden) {
			a.refused++
		}
		if a.refused >= fewRefused && a.Archived == 0 {
			return fmt.Errorf("the vendor refuses the PDFs of %d sessions whose status has one: give the key the permission to read reports", a.refused)
		}
		return nil
	}
	pdf, err := a.Lake.PutPDF(ctx, t.PDF.Path, t.PDF.Bytes, t.PDF.SHA256.String(), a.runID)
	if err != nil {
		return fmt.Errorf("PDF of session %s: %w", t.ID, err)
	}
	a.add(pdfRow{id: t.ID, wantedPDF: w, at: t.PDF.ObservedAt, outcome: schemas.PDFArchived, pdf: pdf})
	a.Step("pdf")
	return nil
}

// why is the cause of a failure, the same for the same mistake.
func why(failed error) string {
	var request *extract.RequestError
	if errors.As(failed, &request) {
		return request.Err.Error()
	}
	return failed.Error()
}

func (a *archive) skip(id schemas.SessionID, w wantedPDF, reason string) {
	a.add(pdfRow{id: id, wantedPDF: w, outcome: schemas.PDFNotEligible, reason: reason})
}

// add counts a row and lets it wait for the next commit.
func (a *archive) add(row pdfRow) {
	if row.at.IsZero() {
		row.at = a.Now().UTC()
	}
	switch row.outcome {
	case schemas.PDFArchived:
		a.Archived, a.Bytes = a.Archived+1, a.Bytes+row.pdf.Bytes
	case schemas.PDFFailed:
		a.Failed++
	default:
		a.Skipped[row.reason]++
	}
	a.pending = append(a.pending, row)
}

// commit stores the rows that wait.
func (a *archive) commit(ctx context.Context) error {
	a.saved = time.Now()
	c, err := store(ctx, a.Config, func(head *lake.Commit) (*told, error) {
		if err := a.drop(ctx, head); err != nil || len(a.pending) == 0 {
			return nil, err
		}
		return &told{what: "name the PDFs that were archived", step: "pdf.commit", rows: a.rows, figures: a.figures()}, nil
	})
	if err != nil || c == nil {
		return err
	}
	a.head, a.pending = c, nil
	a.Commits++
	a.Step("pdf.committed")
	return nil
}

// drop gives up rows that may not be committed: of PDFs that another run has archived meanwhile, and of those that were
// put so long ago that they may be gone. These are asked for again.
func (a *archive) drop(ctx context.Context, head *lake.Commit) error {
	if head.Seq != a.head.Seq {
		now, err := a.settled(ctx, head)
		if err != nil {
			return err
		}
		a.theirs, a.head = now, head // for all that is asked for from now on, too
	}
	a.pending = slices.DeleteFunc(a.pending, func(row pdfRow) bool {
		was, archived := a.theirs[row.id], row.outcome == schemas.PDFArchived
		gone := was.seq > row.seq || was.seq == row.seq && was.outcome == schemas.PDFArchived || archived && !a.Lake.MayName(row.pdf)
		if gone && archived {
			a.Archived, a.Bytes = a.Archived-1, a.Bytes-row.pdf.Bytes
		}
		return gone
	})
	return nil
}

func (a *archive) rows(c *lake.Commit, write func(*transform.Rows) error) error {
	slices.SortFunc(a.pending, func(x, y pdfRow) int { return cmp.Compare(x.id, y.id) })
	rows := transform.NewRows(schemas.Lookup("pdf_reports"))
	for _, p := range a.pending {
		values := map[string]any{
			"application": a.Application, "session_id": string(p.id), "session_version_seq": p.seq, "version_seq": c.Seq, "observed_at": p.at, "run_id": a.runID,
			"session_kind": string(p.kind), "status": p.status, "outcome": p.outcome, "reason": orNull(p.reason),
			"sha256": orNull(p.pdf.SHA256), "object": orNull(p.pdf.Object),
		}
		if p.outcome == schemas.PDFArchived {
			values["bytes"] = p.pdf.Bytes
		}
		rows.Append(values)
	}
	return write(rows)
}

// figures count the rows that wait.
func (a *archive) figures() map[string]int64 {
	f := map[string]int64{}
	for _, p := range a.pending {
		f["pdfs_"+p.outcome]++
		f["pdf_bytes"] += p.pdf.Bytes
	}
	return f
}

// CatchUp lets the warehouse, and other engines if they are to, follow what was committed after the night. Of cfg the
// fields Lake, Warehouse and Engines count. Errors: ErrDeferred, ErrUnlisted.
func CatchUp(ctx context.Context, cfg Config) error {
	cfg.defaults()
	_, err := publishWarehouse(ctx, cfg)
	r := &run{Config: cfg}
	return errors.Join(err, r.leadEngines(ctx))
}
