package main

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kycsync/extract/didittest"
)

// TestPublishedHoldsNoValue looks into every byte that is written for other engines, for what is known of people, for
// secrets, and for the ids of sessions. That the parts hold them proves that they would be found.
func TestPublishedHoldsNoValue(t *testing.T) {
	t.Parallel()
	v, err := didittest.New(didittest.Options{Seed: 21, Sessions: 60, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	dir := t.TempDir()
	out, err := command(dir, []string{"KYCSYNC_NOW=2026-11-01T02:00:00Z"}, "sync", "--api-url", srv.URL, "--rate", "0", "--publish").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ids, err := command(dir, nil, "query", "--format", "csv", "SELECT session_id FROM sessions UNION ALL SELECT user_id FROM users UNION ALL SELECT content_hash FROM sessions").Output()
	if err != nil {
		t.Fatal(err)
	}
	values := append(v.PersonalValues(50), v.Secrets()...)
	for id := range strings.Lines(string(ids)) {
		if id = strings.TrimSpace(id); len(id) >= 32 {
			values = append(values, id)
		}
	}
	if len(values) < 150 {
		t.Fatalf("got %d values to look for", len(values))
	}
	canaries, files := newFinder(values), 0
	published := filepath.Join(dir, "kyc-lake", "published")
	walk(t, published, func(path string, d fs.DirEntry) {
		if !d.Type().IsRegular() {
			return
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files++
		for _, found := range canaries.in(append([]byte(path+"\n"), body...)) {
			t.Errorf("%q stands in %s", found, path)
		}
	})
	if files < 300 {
		t.Errorf("%d files are published, want 300 or more", files)
	}
	seen := map[string]bool{}
	parts, err := filepath.Glob(filepath.Join(dir, "kyc-lake", "tables", "*", "data", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range parts {
		storedInPart(t, path, func(_ string, b []byte) { canaries.find(b, seen) })
	}
	if len(seen) < 120 {
		t.Errorf("%d of %d values are stored: the search does not see what is there", len(seen), len(values))
	}
}
