package extract_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/schemas"
)

// wanted are all sessions of the vendor.
func wanted(t *testing.T, c *extract.Client) (tasks []extract.PDFTask) {
	t.Helper()
	for _, r := range sweep(t, c) {
		tasks = append(tasks, extract.PDFTask{ID: r.ID, Kind: r.Kind})
	}
	return tasks
}

// Of all sessions those have a PDF whose status says so. Each rendering is another one.
func TestPDFsOfTheVendor(t *testing.T) {
	v := vendor(t, didittest.Options{Sessions: 300, PerMinute: -1})
	c := client(t, extract.Config{BaseURL: "http://localhost", Transport: inMemory{v}})
	tasks := wanted(t, c)
	status := map[schemas.SessionID]string{}
	for _, s := range v.Truth() {
		status[schemas.SessionID(s.ID)] = s.Status
	}
	seen, refused := map[schemas.Digest]bool{}, 0
	for range 2 {
		for task, err := range c.PDFs(t.Context(), tasks, t.TempDir()) {
			if !extract.HasPDF(task.Kind, status[task.ID]) {
				if refused++; !errors.Is(err, extract.ErrIneligible) {
					t.Errorf("%s session that is %s: got %v, want %v", task.Kind, status[task.ID], err, extract.ErrIneligible)
				}
				continue
			}
			body, readErr := os.ReadFile(task.PDF.Path)
			if err != nil || readErr != nil || !bytes.Contains(body, []byte(task.ID)) || seen[task.PDF.SHA256] {
				t.Errorf("%s session that is %s: got %v, %v, a PDF of another session or one that was there before", task.Kind, status[task.ID], err, readErr)
			}
			seen[task.PDF.SHA256] = true
		}
	}
	if len(seen) < 200 || refused < 20 || len(seen)+refused != 2*len(tasks) {
		t.Errorf("got %d PDFs and %d refusals of %d sessions", len(seen), refused, len(tasks))
	}
	if err := v.SetScope("no-pdf"); err != nil {
		t.Fatal(err)
	}
	for task, err := range c.PDFs(t.Context(), tasks[:1], t.TempDir()) {
		want := extract.ErrForbidden
		if !extract.HasPDF(task.Kind, status[task.ID]) {
			want = extract.ErrIneligible
		}
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// Fifty in any minute and no more, though six hundred of all requests are permitted.
func TestPDFsKeepTheirOwnPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vendor(t, didittest.Options{Sessions: 300, CountRefused: true, Latency: func() time.Duration { return 4 * time.Second }})
		c := client(t, extract.Config{BaseURL: "http://localhost", PerMinute: 600, PDFPerMinute: 50, Transport: inMemory{v}})
		tasks := wanted(t, c)
		n := 240
		start := time.Now()
		for _, err := range c.PDFs(t.Context(), tasks[:n], t.TempDir()) {
			if err != nil && !errors.Is(err, extract.ErrIneligible) {
				t.Fatal(err)
			}
		}
		took, s := time.Since(start), c.Stats()
		// A slot is held for the 4 s of an answer and for a minute more.
		if want := time.Duration(float64(n) / 50 * float64(64*time.Second)); took < want*95/100 || took > want*105/100 {
			t.Errorf("%d PDFs took %v, want about %v", n, took, want)
		}
		if s.Throttled != 0 || s.PDFs != int64(n) || s.Decisions == 0 {
			t.Errorf("got %+v, want no refusal", s)
		}
	})
}

// Where somebody else uses up the limit, PDFs wait as long as the vendor says, and nothing else does.
func TestRefusedPDFsSlowDownNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vendor(t, didittest.Options{Sessions: 80})
		var logged bytes.Buffer
		c := client(t, extract.Config{BaseURL: "http://localhost", PerMinute: 600, PDFPerMinute: 50, Transport: inMemory{v}, Log: slog.New(slog.NewTextHandler(&logged, nil))})
		other := client(t, extract.Config{BaseURL: "http://localhost", Transport: inMemory{v}})
		tasks := wanted(t, c)
		for _, err := range other.PDFs(t.Context(), tasks[:50], t.TempDir()) {
			if err != nil && !errors.Is(err, extract.ErrIneligible) {
				t.Fatal(err)
			}
		}
		start := time.Now()
		if _, err := c.PDF(t.Context(), tasks[0].ID, tasks[0].Kind, t.TempDir()); err != nil && !errors.Is(err, extract.ErrIneligible) {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 30*time.Second || took > 2*time.Minute || c.Stats().Throttled == 0 {
			t.Errorf("took %v, %+v", took, c.Stats())
		}
		if !bytes.Contains(logged.Bytes(), []byte("those for PDFs pause")) {
			t.Errorf("logged %s", logged.Bytes())
		}
		start = time.Now()
		for range 50 {
			if _, _, err := c.Count(t.Context(), extract.Query{Kind: schemas.UserSession}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took > 7*time.Second {
			t.Errorf("50 other requests took %v", took)
		}
	})
}
