package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kycsync/extract/didittest"
)

// A run that is killed while it archives PDFs, and another one after it, leave objects that no row names, and nothing
// else: in the end each final version has one PDF, and what was committed before the kill was not asked for again.
func TestKilledWhileArchiving(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("processes")
	}
	v, err := didittest.New(didittest.Options{Seed: 11, Sessions: 16, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	known := filepath.Join(t.TempDir(), "known")
	mustRun(t, nightly{dir: known, url: srv.URL, now: "2026-11-01T02:00:00Z"})
	renders := func() (n int) {
		for _, times := range v.PDFs() {
			n += times
		}
		return n
	}
	for _, kill := range []string{"pdf.planned:1", "pdf.created:6", "pdf.commit:1", "commit.before:3", "commit.created:3", "pdf.committed:1"} {
		t.Run(kill, func(t *testing.T) {
			before := renders()
			night := nightly{dir: startingPoint(t, false, known), url: srv.URL, now: "2026-11-01T02:10:00Z", batch: 4, pdfs: true, kill: kill}
			if killed, hits := attempt(t, night); !killed {
				t.Fatalf("the run never came to %s, but to %v", kill, hits)
			}
			named := pdfRows(t, night.dir)
			night.kill = ""
			mustRun(t, night)
			wanted, archived := pdfRows(t, night.dir, "SELECT count(*) FROM sessions WHERE status IN ('Approved', 'Declined', 'Kyc Expired')"), pdfRows(t, night.dir)
			if archived != wanted || archived == 0 {
				t.Errorf("%d versions have a PDF, want %d", archived, wanted)
			}
			if twice := pdfRows(t, night.dir, "SELECT count(*) FROM (SELECT session_id, session_version_seq FROM pdf_reports_versions GROUP BY ALL HAVING count(*) > 1)"); twice != 0 {
				t.Errorf("%d versions have several rows", twice)
			}
			objects, err := filepath.Glob(filepath.Join(night.dir, "kyc-lake/data/pdf/*/*.pdf"))
			if err != nil {
				t.Fatal(err)
			}
			rendered := renders() - before
			t.Logf("%d rows, of which %d when it was killed; %d objects, %d rendered", archived, named, len(objects), rendered)
			if len(objects) < archived || len(objects) > rendered || rendered > archived+4+16 { // a batch, and what was under way
				t.Errorf("%d objects, %d rendered, for %d rows", len(objects), rendered, archived)
			}
			contentOf(t, night.dir)
			if left, _ := os.ReadDir(filepath.Join(night.dir, "kyc.duckdb.build/run")); len(left) > 0 {
				t.Errorf("%d files stay in the private directory", len(left))
			}
		})
	}
}

// pdfRows counts the archived PDFs that the newest commit names, or asks the warehouse.
func pdfRows(t *testing.T, dir string, query ...string) (n int) {
	t.Helper()
	if len(query) == 0 {
		out, err := command(dir, nil, "verify", "--subset", "100%", "--json").Output()
		if err != nil {
			t.Fatalf("verify: %v\n%s", err, out)
		}
		_, rest, _ := strings.Cut(string(out), `"pdfs": `)
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatalf("verify says %s", out)
		}
		return n
	}
	out, err := command(dir, nil, "query", "--format", "csv", query[0]).Output()
	if err != nil {
		t.Fatalf("query: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	if _, err := fmt.Sscan(strings.Split(string(out), "\n")[1], &n); err != nil {
		t.Fatal(err)
	}
	return n
}
