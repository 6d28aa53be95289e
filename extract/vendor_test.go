package extract_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/schemas"
)

const vendorKey = "canary-key-of-the-vendor"

// inMemory carries requests to a handler without a network, so that a test can run in virtual
// time. Answers have a length.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, errors.New("connection reset")
		}
	}()
	rec := httptest.NewRecorder()
	m.ServeHTTP(rec, req)
	resp = rec.Result()
	resp.ContentLength = int64(rec.Body.Len())
	return resp, nil
}

func vendor(t *testing.T, o didittest.Options) *didittest.Vendor {
	t.Helper()
	o.APIKey = vendorKey
	v, err := didittest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func client(t *testing.T, cfg extract.Config) *extract.Client {
	t.Helper()
	cfg.Key = extract.NewSecret(vendorKey)
	c, err := extract.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sweep lists both kinds and returns the rows.
func sweep(t *testing.T, c *extract.Client) (rows []extract.Row) {
	t.Helper()
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		sw, err := c.Sweep(t.Context(), kind, func(p extract.Page) error {
			rows = append(rows, p.Rows...)
			return nil
		})
		if err != nil || !sw.Complete || len(sw.Bad) > 0 {
			t.Fatalf("%+v, %v", sw, err)
		}
	}
	return rows
}

// One night against the whole vendor, at its limit, with faults of the wire now and then: all
// sessions listed, all decisions fetched, no request refused.
func TestNightAtTheVendor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vendor(t, didittest.Options{Sessions: 3000, CountRefused: true, Faults: "503:97,html500:131",
			Latency: func() time.Duration { return 200 * time.Millisecond }})
		var logged bytes.Buffer
		c := client(t, extract.Config{BaseURL: "http://localhost", PerMinute: 600, Transport: inMemory{v},
			Log: slog.New(slog.NewTextHandler(&logged, nil))})
		rows := sweep(t, c)
		tasks := extract.Plan(rows, nil, time.Now(), extract.Budget{})
		if len(tasks) != 3000 {
			t.Fatalf("%d tasks, want 3000", len(tasks))
		}
		start, fetched := time.Now(), 0
		for f, err := range c.Fetch(t.Context(), tasks) {
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(f.Document.Body, []byte(f.Task.ID)) {
				t.Errorf("the decision of %s does not name it", f.Task.ID)
			}
			fetched++
		}
		s := c.Stats()
		t.Logf("%d decisions in %v, %+v", fetched, time.Since(start), s)
		if fetched != 3000 || s.Throttled != 0 || s.Retries == 0 {
			t.Errorf("got %d decisions, %d refusals, %d retries, want all, none and some", fetched, s.Throttled, s.Retries)
		}
		if strings.Contains(logged.String(), vendorKey) {
			t.Error("the key was logged")
		}
	})
}

// Sessions are created and deleted before every second list page. Those that exist throughout are
// listed, once, as the vendor knows them.
func TestSweepOfAVendorThatChanges(t *testing.T) {
	for seed := range uint64(30) {
		v := vendor(t, didittest.Options{Seed: seed + 1, Sessions: 400, PerMinute: -1, Faults: "insert:2,delete:2"})
		c := client(t, extract.Config{BaseURL: "http://localhost", PageSize: 10 + int(seed), Transport: inMemory{v}})
		before := v.Truth()
		listed := map[string]extract.Row{}
		for _, r := range sweep(t, c) {
			if _, twice := listed[string(r.ID)]; twice {
				t.Errorf("seed %d: %s came twice", seed, r.ID)
			}
			listed[string(r.ID)] = r
		}
		after := v.Truth()
		deleted := 0
		for i, s := range after {
			r, ok := listed[s.ID]
			switch {
			case s.Deleted:
				deleted++
			case i < len(before) && !ok:
				t.Errorf("seed %d: %s session %d existed throughout and was missed", seed, s.Kind, s.Number)
			case ok && (r.Number != int64(s.Number) || string(r.Kind) != s.Kind || r.Status != s.Status || !r.CreatedAt.Equal(s.CreatedAt)):
				t.Errorf("seed %d: got %+v, want %+v", seed, r, s)
			}
		}
		if deleted == 0 || len(after) == len(before) {
			t.Errorf("seed %d: nothing changed while the list was read", seed)
		}
	}
}

func TestWorkflowsOfTheVendor(t *testing.T) {
	c := client(t, extract.Config{BaseURL: "http://localhost", Transport: inMemory{vendor(t, didittest.Options{})}})
	docs, err := c.Workflows(t.Context())
	if err != nil || len(docs) == 0 {
		t.Fatalf("got %d workflows, %v", len(docs), err)
	}
	for _, d := range docs {
		if d.Kind != schemas.Workflow || !bytes.Contains(d.Body, []byte(d.ID)) {
			t.Errorf("got %+v", d)
		}
	}
}

// Over a real connection with every fault of the wire: everything arrives, nothing shows the key.
func TestFaultsOfTheVendor(t *testing.T) {
	for _, tc := range []struct {
		faults string
		want   error // nil: all arrives
	}{
		{"reset:41", nil},
		{"truncate:37", nil},
		{"shortpage:3", nil},
		{"slow:53:30", nil},
		{"gzipbomb:100:16", extract.ErrBodyTooLarge},
		{"redirect:50", extract.ErrRedirect},
		{"revoke:60", extract.ErrUnauthorized},
		{"503:1", extract.ErrUnavailable},
	} {
		t.Run(tc.faults, func(t *testing.T) {
			t.Parallel()
			v := vendor(t, didittest.Options{Sessions: 120, PerMinute: -1, Faults: tc.faults})
			srv := httptest.NewServer(v)
			defer srv.Close()
			var logged bytes.Buffer
			c := client(t, extract.Config{BaseURL: srv.URL, PageSize: 25, Log: slog.New(slog.NewTextHandler(&logged, nil))})
			defer c.Close()
			extract.NoBackoff(c)
			var rows []extract.Row
			_, err := c.Sweep(t.Context(), schemas.UserSession, func(p extract.Page) error {
				rows = append(rows, p.Rows...)
				return nil
			})
			got := 0
			if err == nil {
				for _, ferr := range c.Fetch(t.Context(), extract.Plan(rows, nil, time.Now(), extract.Budget{})) {
					if ferr == nil {
						got++
					} else {
						err = ferr
					}
				}
			}
			if !errors.Is(err, tc.want) || tc.want == nil && got != len(rows) {
				t.Errorf("got %d of %d decisions and %v, want %v", got, len(rows), err, tc.want)
			}
			if err != nil {
				logged.WriteString(err.Error())
			}
			if strings.Contains(logged.String(), vendorKey) {
				t.Error("the key was shown")
			}
		})
	}
}
