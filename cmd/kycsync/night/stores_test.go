package night

import (
	"context"
	"testing"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/lake/gcstest"
	"kycsync/load/warehouse"
)

// Three nights into a directory and into Google Cloud Storage give the same content, which is the
// vendor's own account. KYCSYNC_TEST_SESSIONS sets another size.
func TestTwoStoresHoldTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("two lakes")
	}
	sessions, nights := searched("SESSIONS", 1500), 3
	v, url := newVendor(t, didittest.Options{Seed: 5, Sessions: sessions})
	gcs := gcstest.Start(t)
	houses := []*house{
		newHouse(t, v, url, "", lake.Config{}),
		newHouse(t, v, url, gcs.URI("lake"), lake.Config{GCSOptions: gcs.Options()}),
	}
	var truth oracle
	for n := range nights {
		v.Advance(firstNight.AddDate(0, 0, n))
		for _, h := range houses {
			s := h.night(t)
			if s.Published == 0 || s.Rejects > 0 || s.Drift > 0 || s.Gone > 0 {
				t.Errorf("night %d in %s: got %+v", n+1, h.lake.Bucket().URI(), s)
			}
		}
		truth.watch(v)
	}
	local, cloud := houses[0].content(t), houses[1].content(t)
	for table, c := range local {
		if table != "runs" && (c.Rows != cloud[table].Rows || c.Hash != cloud[table].Hash) {
			t.Errorf("%s: got %d rows %s in a directory, %d rows %s in GCS", table, c.Rows, c.Hash, cloud[table].Rows, cloud[table].Hash)
		}
	}
	for _, h := range houses {
		truth.compare(t, h)
		found, err := warehouse.Verify(context.Background(), h.lake, h.warehouse())
		if err != nil || !found.Equal {
			t.Errorf("verify %s: got %+v, %v", h.lake.Bucket().URI(), found.Reason, err)
		}
	}
}

// A night in which nothing but volatile values changed asks only for what is due, writes no data
// part, and says so.
func TestQuietNight(t *testing.T) {
	v, url := newVendor(t, didittest.Options{Seed: 6, Sessions: 300})
	h := newHouse(t, v, url, "", lake.Config{})
	h.night(t)
	v.SetQuiet(true)
	v.Advance(firstNight.AddDate(0, 0, 1))
	s := h.night(t)
	if due := s.Planned[extract.ReasonDue]; due == 0 || s.Fetched != due || s.Unchanged != due {
		t.Errorf("asked for: got %+v, want what is due alone, all unchanged", s)
	}
	if !s.Quiet() || s.DataParts != 0 || s.Versions != 0 || s.Commits != 1 || s.Published == 0 {
		t.Errorf("stored: got %+v, want one commit without a data part", s)
	}
}

// Workflows give the sessions' workflow ids their names; one that has not changed is not stored
// again.
func TestWorkflowsAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("two nights")
	}
	v, url := newVendor(t, didittest.Options{Seed: 6, Sessions: 40})
	h := newHouse(t, v, url, "", lake.Config{})
	for n := range 2 {
		v.Advance(firstNight.AddDate(0, 0, n))
		h.night(t)
	}
	got := h.rows(t, `SELECT count(*), count(DISTINCT uuid), max(version_seq) FROM workflows_versions`)[0]
	if got[0].(int64) == 0 || got[0] != got[1] || got[2] != int64(1) {
		t.Errorf("got %v workflow versions of %v workflows, the newest from commit %v; want one of each from commit 1", got[0], got[1], got[2])
	}
	if unnamed := h.rows(t, `SELECT count(*) FROM sessions WHERE workflow_id IS NOT NULL
		AND workflow_id NOT IN (SELECT workflow_id FROM workflows)`)[0][0]; unnamed != int64(0) {
		t.Errorf("got %v sessions with a workflow that nobody names", unnamed)
	}
}
