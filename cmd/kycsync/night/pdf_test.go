package night

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
)

// noPauses is a run's config whose client loses no time between attempts.
func (h *house) noPauses(t *testing.T) Config {
	t.Helper()
	cfg := h.config(t)
	c, err := extract.New(extract.Config{BaseURL: h.url, Key: extract.NewSecret("didit-test-key"), Now: h.vendor.Clock, Backoff: func(int) time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cfg.Client = c
	return cfg
}

var allFinal = PDFScope{Statuses: FinalStatuses}

// archive runs the job for PDFs alone and expects no error but want.
func (h *house) archive(t *testing.T, cfg Config, want error) *PDFSummary {
	t.Helper()
	s, err := Archive(t.Context(), cfg, allFinal, time.Now())
	if !errors.Is(err, want) {
		t.Fatalf("archive of %s: got %v, want %v", h.vendor.Clock().Format(time.DateOnly), err, want)
	}
	h.checkPDFs(t)
	return s
}

// pdfRows lets the warehouse follow, and asks it.
func (h *house) pdfRows(t *testing.T, query string) [][]any {
	t.Helper()
	if err := CatchUp(t.Context(), h.config(t)); err != nil {
		t.Fatal(err)
	}
	return h.rows(t, query)
}

// checkPDFs holds what is archived against the vendor: each version has one PDF at most, each row its object, with the
// session in it, and nothing was rendered in vain but for want of a commit.
func (h *house) checkPDFs(t *testing.T) (archived map[string]int) {
	t.Helper()
	head, err := h.lake.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	archived, versions := map[string]int{}, map[string]bool{}
	for p, err := range h.lake.PDFs(t.Context(), head, t.TempDir()) {
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(p.SessionID, " ", p.SessionSeq)
		if versions[key] {
			t.Errorf("version %s has two PDFs", key)
		}
		versions[key] = true
		archived[string(p.SessionID)]++
		r, err := h.lake.OpenPDF(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil || !strings.Contains(string(body), "Session "+string(p.SessionID)) {
			t.Errorf("PDF of %s: %v, %d bytes", key, err, len(body))
		}
		_ = r.Close()
	}
	return archived
}

// Over nights in which sessions are decided, decided again and sent back, each final version gets one PDF, the vendor is
// asked for no more than that, and what was archived stays.
func TestEachFinalVersionHasOnePDF(t *testing.T) {
	if testing.Short() {
		t.Skip("four nights")
	}
	v, url := newVendor(t, didittest.Options{Seed: 5, Sessions: 40, Restless: 30})
	h := newHouse(t, v, url, "", lake.Config{})
	before := map[string]int{}
	for range 4 {
		h.night(t)
		h.archive(t, h.config(t), nil)
		archived := h.checkPDFs(t)
		rendered := v.PDFs()
		for id, n := range archived {
			if rendered[id] != n || n < before[id] {
				t.Errorf("session %s: %d PDFs archived, %d rendered, %d before", id, n, rendered[id], before[id])
			}
		}
		if len(rendered) != len(archived) {
			t.Errorf("PDFs of %d sessions were rendered, and of %d archived", len(rendered), len(archived))
		}
		for _, s := range v.Truth() {
			if final := slices.Contains(FinalStatuses, s.Status) && s.Kind == "user"; final && !s.Deleted && archived[s.ID] == 0 {
				t.Errorf("session %s is %s and has no PDF", s.ID, s.Status)
			}
		}
		before = archived
		v.Advance(v.Clock().AddDate(0, 0, 1))
	}
	most := 0
	for _, n := range before {
		most = max(most, n)
	}
	if most < 2 {
		t.Error("no session had two final versions")
	}
	if got := h.pdfRows(t, `SELECT count(*) FROM pdf_reports p JOIN sessions_versions s ON s.session_id = p.session_id AND s.version_seq = p.session_version_seq AND s.status = p.status`)[0][0]; got == int64(0) || got != h.pdfRows(t, `SELECT count(*) FROM pdf_reports`)[0][0] {
		t.Errorf("%v rows are of a version with that status, and not all", got)
	}
}

// What changes between the list and the PDF is told by the vendor's refusal, and that version is not asked for again.
func TestPDFsOfSessionsThatMoveOnMeanwhile(t *testing.T) {
	if testing.Short() {
		t.Skip("nights with PDFs")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 150, Restless: 60})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	cfg := h.config(t)
	cfg.Step = func(name string) {
		if name == "pdf.planned" {
			v.Advance(v.Clock().AddDate(0, 0, 3))
		}
	}
	s := h.archive(t, cfg, nil)
	got := h.pdfRows(t, `SELECT outcome, reason, count(*), count(sha256), count(object), count(bytes) FROM pdf_reports GROUP BY ALL ORDER BY outcome`)
	if len(got) != 3 || got[0][0] != "archived" || got[0][1] != nil || got[0][2] != got[0][5] || got[1][0] != "gone" || got[1][3] != int64(0) || got[2][0] != "not_eligible" ||
		got[2][1] != "the vendor makes no PDF of it, because its status has changed since then" {
		t.Fatalf("got %v", got)
	}
	if s.Left != 0 || s.Failed != 0 || len(s.Skipped) != 2 || s.Wanted != s.Archived+got[1][2].(int64)+got[2][2].(int64) {
		t.Errorf("got %+v", s)
	}
	asked := v.Requests().Route("pdf") // what is not there may be out of the key's scope tonight: it is asked for again
	if s := h.archive(t, h.config(t), nil); s.Wanted != got[1][2] || v.Requests().Route("pdf")-asked != int(s.Wanted) || s.Left != 0 {
		t.Errorf("asked again: %+v", s)
	}
	cfg = h.config(t)
	cfg.Accept = map[string]string{"missing": "they were deleted, all of them"}
	if _, err := Run(t.Context(), cfg); err != nil { // those that came back since then have new versions
		t.Fatal(err)
	}
	if s := h.archive(t, h.config(t), nil); s.Archived == 0 {
		t.Errorf("got %+v", s)
	}
}

// What fails is asked for again on another night, after those that were never asked for, and a version that has one is
// left alone for good.
func TestPDFsThatFail(t *testing.T) {
	if testing.Short() {
		t.Skip("nights with PDFs")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 30})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	for _, tc := range []struct {
		faults, reason string
		archived       bool // some
	}{
		{"html404:3", "unexpected status 404", true},
		{"badpdf:1", "the vendor answers other requests but not this one: malformed answer: the end of the PDF is missing", false},
		{"pdf503:1", "the vendor answers other requests but not this one: answered 503", false},
	} {
		if err := v.SetFaults(tc.faults); err != nil {
			t.Fatal(err)
		}
		s := h.archive(t, h.noPauses(t), ErrPDFs)
		if s.Failed == 0 || s.Left != s.Failed && s.Stopped == "" || (s.Archived > 0) != tc.archived || s.Failed+s.Archived > s.Wanted {
			t.Errorf("%s: got %+v", tc.faults, s)
		}
		if got := h.pdfRows(t, `SELECT DISTINCT reason FROM pdf_reports WHERE outcome = 'failed' AND version_seq = (SELECT max(version_seq) FROM pdf_reports)`); len(got) != 1 || got[0][0] != tc.reason {
			t.Errorf("%s: failed because of %v", tc.faults, got)
		}
	}
	if err := v.SetFaults(""); err != nil {
		t.Fatal(err)
	}
	if s := h.archive(t, h.config(t), nil); s.Archived == 0 || s.Left != 0 {
		t.Errorf("got %+v", s)
	}
	if got := h.pdfRows(t, `SELECT count(*) FROM pdf_reports WHERE outcome <> 'archived'`)[0][0]; got != int64(0) {
		t.Errorf("%v versions have no PDF", got)
	}
	if got := h.pdfRows(t, `SELECT count(*) FROM (SELECT session_id, session_version_seq FROM pdf_reports_versions GROUP BY ALL HAVING count(*) FILTER (outcome = 'archived') <> 1)`)[0][0]; got != int64(0) {
		t.Errorf("%v versions were archived twice, or not", got)
	}
}

// A key that is refused, or that may not read PDFs, ends the archive, and nothing else.
func TestPDFsWithoutPermission(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 40})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	if err := v.SetScope("no-pdf"); err != nil {
		t.Fatal(err)
	}
	s := h.archive(t, h.config(t), ErrPDFs)
	if s.Failed < fewRefused || s.Failed > 3*fewRefused || !strings.Contains(s.Stopped, "give the key the permission") {
		t.Errorf("got %+v", s)
	}
	if err := errors.Join(v.SetScope(""), v.SetFaults("revoke:1")); err != nil {
		t.Fatal(err)
	}
	s = h.archive(t, h.config(t), extract.ErrUnauthorized)
	if s.Archived != 0 || !strings.Contains(s.Stopped, "the vendor refused the key") || s.Left != s.Wanted {
		t.Errorf("got %+v", s)
	}
}

// The time and the requests of the night are kept, and what they do not suffice for is left.
func TestPDFsWithinABudget(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 40})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	cfg := h.config(t)
	cfg.MaxRequests, cfg.BatchSize = 7, 3
	s := h.archive(t, cfg, nil)
	if s.Archived == 0 || s.Archived > 7 || s.Left != s.Wanted-s.Archived || s.Commits < 2 || cfg.Client.Stats().Requests() > 7 {
		t.Errorf("got %+v after %d requests", s, cfg.Client.Stats().Requests())
	}
	if s := h.archive(t, cfg, nil); s.Archived != 0 || cfg.Client.Stats().Requests() > 7 {
		t.Errorf("without requests: got %+v", s)
	}
	cfg = h.config(t)
	cfg.MaxDuration = time.Hour
	s, err := Archive(t.Context(), cfg, allFinal, time.Now().Add(-2*time.Hour))
	if err != nil || s.Archived != 0 || s.Left != s.Wanted || s.Left == 0 {
		t.Errorf("without time: got %+v, %v", s, err)
	}
	cfg = h.config(t)
	if s, err := Archive(t.Context(), cfg, PDFScope{Statuses: FinalStatuses, Since: v.Clock().AddDate(1, 0, 0)}, time.Now()); err != nil || s.Wanted != 0 {
		t.Errorf("of sessions to come: got %+v, %v", s, err)
	}
	if s := h.archive(t, h.config(t), nil); s.Left != 0 || s.Archived == 0 {
		t.Errorf("got %+v", s)
	}
}

// A run that is told to end keeps what it has fetched.
func TestPDFsOfARunThatIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("nights with PDFs")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 40})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg, n := h.config(t), 0
	cfg.Step = func(name string) {
		if name == "pdf" {
			if n++; n == 5 {
				cancel()
			}
		}
	}
	s, err := Archive(ctx, cfg, allFinal, time.Now())
	if !errors.Is(err, errPDFsStopped) || s.Archived < 5 || s.Commits != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	if kept := h.checkPDFs(t); int64(len(kept)) != s.Archived {
		t.Errorf("%d are kept of %d", len(kept), s.Archived)
	}
	h.archive(t, h.config(t), nil)
}

// Two at once: of each version one PDF is named. The other is an object that no row names.
func TestTwoRunsArchivePDFs(t *testing.T) {
	if testing.Short() {
		t.Skip("nights with PDFs")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 60})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	var wg sync.WaitGroup
	summaries, errs := make([]*PDFSummary, 2), make([]error, 2)
	for i := range 2 {
		cfg := h.config(t)
		cfg.BatchSize = 4 + i
		wg.Go(func() { summaries[i], errs[i] = Archive(t.Context(), cfg, allFinal, time.Now()) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("run %d: %v", i, err)
		}
	}
	archived := h.checkPDFs(t)
	rendered := 0
	for _, n := range v.PDFs() {
		rendered += n
	}
	t.Logf("%d PDFs archived, %d rendered", len(archived), rendered)
	for i, s := range summaries {
		if s.Archived+s.Left != s.Wanted {
			t.Errorf("run %d: got %+v", i, s)
		}
	}
	if got := summaries[0].Archived + summaries[1].Archived; got != int64(len(archived)) {
		t.Errorf("the runs say that they archived %d, and there are %d", got, len(archived))
	}
	h.archive(t, h.config(t), nil)
}

// One that archives the declined sessions while the other has the approved ones behind it: what that one comes to later
// it knows to be there.
func TestAnotherRunArchivesWhatIsStillToCome(t *testing.T) {
	if testing.Short() {
		t.Skip("nights with PDFs")
	}
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 60})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	cfg, theirs := h.config(t), int64(0)
	cfg.BatchSize = 1
	cfg.Step = func(name string) {
		if name == "pdf" && theirs == 0 {
			s, err := Archive(t.Context(), h.config(t), PDFScope{Statuses: []string{"Declined"}}, time.Now())
			if err != nil || s.Archived < 2 {
				t.Errorf("got %+v, %v", s, err)
			}
			theirs = s.Archived
		}
	}
	s := h.archive(t, cfg, nil)
	if archived := h.checkPDFs(t); int64(len(archived)) != s.Wanted || s.Archived != s.Wanted-theirs {
		t.Errorf("%d are archived, %d of them by the other run: got %+v", len(archived), theirs, s)
	}
}
