package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/schemas"

	"github.com/urfave/cli/v2"
)

// pdfFlags say of which sessions a night keeps the vendor's PDF.
func pdfFlags() []cli.Flag {
	return []cli.Flag{
		toggle("archive-pdf", "once the night is published, keep the vendor's PDF of each final version of a session, in the time and requests that are left"),
		text("pdf-statuses", strings.Join(night.FinalStatuses, ","), "of sessions in these `STATUSES`; Abandoned and Expired are final, too, and the vendor makes none of them"),
		text("pdf-since", "", "of sessions created from this `DAY` on"),
		number("pdf-rate", extract.DefaultPDFPerMinute, "PDFs a minute (`N`) that the key may ask for; 0: no limit on this machine, 50 elsewhere"),
	}
}

// readPDFScope reads them; nil: no PDF is kept.
func readPDFScope(c *cli.Context) (*night.PDFScope, error) {
	if !c.Bool("archive-pdf") {
		return nil, nil
	}
	scope := &night.PDFScope{}
	for text := range strings.SplitSeq(c.String("pdf-statuses"), ",") {
		status, known := schemas.StatusWord(strings.TrimSpace(text))
		if !known || schemas.Open(status) {
			return nil, usagef("--pdf-statuses %s: want statuses in which a session ends: %s, Abandoned or Expired", text, strings.Join(night.FinalStatuses, ", "))
		}
		if !slices.Contains(scope.Statuses, status) {
			scope.Statuses = append(scope.Statuses, status)
		}
	}
	var err error
	if day := c.String("pdf-since"); day != "" {
		if scope.Since, err = time.Parse(time.DateOnly, day); err != nil {
			return nil, usagef("--pdf-since %s: want a day such as 2026-11-24, in UTC", day)
		}
	}
	return scope, nil
}

// archivePDFs keeps the PDFs of the applications whose night ended well, and lets readers follow. What fails here undoes
// nothing of the night.
func (p *program) archivePDFs(ctx context.Context, job *job, summaries []*night.Summary, errs []error) {
	if job.pdfs == nil {
		return
	}
	published := slices.ContainsFunc(summaries, func(s *night.Summary) bool { return s != nil && s.Published > 0 })
	defects := make([]*extract.Defect, len(job.configs))
	var wg sync.WaitGroup
	for i, cfg := range job.configs {
		if !published || errs[i] != nil {
			summaries[i].PDFs = &night.PDFSummary{Stopped: "the night itself comes first"}
			continue
		}
		wg.Go(func() {
			defects[i] = extract.Caught(func() { summaries[i].PDFs, errs[i] = night.Archive(ctx, cfg, *job.pdfs, job.begun) })
		})
	}
	wg.Wait()
	raise(defects)
	followed := false
	for i, s := range summaries {
		if s == nil || s.PDFs == nil || s.PDFs.Commits == 0 || followed || ctx.Err() != nil {
			continue
		}
		followed = true // once is enough: all applications are in one warehouse
		if err := night.CatchUp(ctx, job.configs[i]); err != nil {
			s.WarehouseDeferred, s.EnginesBehind = errors.Is(err, night.ErrDeferred), errors.Is(err, night.ErrUnlisted)
			errs[i] = errors.Join(errs[i], err)
		}
	}
}
