package night

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/transform"
)

var firstNight = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// A house is a lake and its warehouse, with the vendor that they are filled from.
type house struct {
	vendor *didittest.Vendor
	url    string
	lake   *lake.Lake
	dir    string
}

func newVendor(t testing.TB, o didittest.Options) (*didittest.Vendor, string) {
	t.Helper()
	o.Start, o.PerMinute = firstNight, -1
	v, err := didittest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	return v, srv.URL
}

// newHouse opens an empty lake at uri; empty: in a directory of the test.
func newHouse(t testing.TB, v *didittest.Vendor, url, uri string, cfg lake.Config) *house {
	t.Helper()
	dir := t.TempDir()
	if uri == "" {
		uri = filepath.Join(dir, "lake")
	}
	cfg.Create, cfg.Now = true, v.Clock
	l, err := lake.Open(context.Background(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &house{v, url, l, dir}
}

func (h *house) warehouse() warehouse.Config {
	return warehouse.Config{Path: filepath.Join(h.dir, "kyc.duckdb")}
}

// config is a run's, with a client of its own.
func (h *house) config(t testing.TB) Config {
	t.Helper()
	c, err := extract.New(extract.Config{BaseURL: h.url, Key: extract.NewSecret("didit-test-key"), Now: h.vendor.Clock, Gist: transform.Gist})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return Config{Client: c, Lake: h.lake, Warehouse: h.warehouse(), WorkDir: t.TempDir(), Now: h.vendor.Clock}
}

// night runs the job once and expects it to publish.
func (h *house) night(t testing.TB) *Summary {
	t.Helper()
	s, err := Run(context.Background(), h.config(t))
	if err != nil {
		t.Fatalf("night of %s: %v", h.vendor.Clock().Format(time.DateOnly), err)
	}
	return s
}

// content is the logical content of the lake, by table.
func (h *house) content(t testing.TB) map[string]warehouse.TableContent {
	t.Helper()
	c, err := h.lake.Published(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	content, err := warehouse.Content(context.Background(), h.lake, c)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// rows asks the warehouse.
func (h *house) rows(t testing.TB, query string) [][]any {
	t.Helper()
	r, err := warehouse.OpenReader(context.Background(), h.warehouse().Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	res, err := r.Query(context.Background(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer res.Close()
	var out [][]any
	for res.Next() {
		out = append(out, append([]any(nil), res.Values()...))
	}
	if err := res.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
