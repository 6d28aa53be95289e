package night

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"

	"github.com/google/go-cmp/cmp"
)

// What was known on a day is, after many nights with compactions, what a copy of the lake that was stopped on that
// day says. KYCSYNC_TEST_NIGHTS is for more nights: 730 are two years.
func TestWhatWasKnownSurvivesCompaction(t *testing.T) {
	if testing.Short() {
		t.Skip("ten nights")
	}
	nights, stopped := 10, 3
	nights = searched("NIGHTS", nights)
	v, url := newVendor(t, didittest.Options{Seed: 31, Sessions: 30, Restless: 20})
	h := newHouse(t, v, url, "", lake.Config{})
	copied := newHouse(t, v, url, "", lake.Config{})
	merged := 0
	for n := range nights {
		v.Advance(firstNight.AddDate(0, 0, n))
		cfg := h.config(t)
		cfg.Warehouse.Path, cfg.Merge = "", 3
		cfg.Accept = map[string]string{gateMissing: "a test"} // years of deletions in a small account
		s, err := Run(context.Background(), cfg)
		if err != nil {
			t.Fatalf("night %d: %v", n, err)
		}
		merged += s.Merged
		if n == stopped {
			copied.lake.Close()
			dir := filepath.Join(copied.dir, "copy")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(h.dir, "lake"))); err != nil {
				t.Fatal(err)
			}
			if copied.lake, err = lake.Open(context.Background(), dir, lake.Config{Now: v.Clock}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = copied.lake.Close() })
		}
	}
	if merged < 100 {
		t.Errorf("%d parts were merged, which proves nothing", merged)
	}
	h.build(t)
	copied.build(t)
	at := firstNight.AddDate(0, 0, stopped).Add(12 * time.Hour)
	if diff := cmp.Diff(copied.knownAt(t, at), h.knownAt(t, at)); diff != "" {
		t.Errorf("stopped on that day - asked in the end +\n%s", diff)
	}
}

// knownAt is what readers knew of all that is made from documents.
func (h *house) knownAt(t *testing.T, at time.Time) map[string]string {
	t.Helper()
	var asked []string
	for i := range schemas.Tables {
		if table := &schemas.Tables[i]; table.Root() != "" {
			asked = append(asked, fmt.Sprintf("SELECT '%[1]s', count(*) || ' rows ' || sum(hash(x)) FROM %[1]s_as_known_at('%[2]s') AS x", table.Name, at.Format(time.RFC3339)))
		}
	}
	out := map[string]string{}
	for _, row := range h.rows(t, strings.Join(asked, " UNION ALL ")) {
		out[row[0].(string)] = fmt.Sprint(row[1])
	}
	if out["sessions"] == "" || strings.HasPrefix(out["sessions"], "0 ") {
		t.Errorf("sessions: %q", out["sessions"])
	}
	return out
}
