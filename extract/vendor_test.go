package extract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
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
		tasks := extract.Plan(extract.View{Listed: rows, Now: time.Now()})
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

// Users, businesses and transactions are listed, and each is found by its own name, whatever
// characters that has.
func TestEntitiesOfTheVendor(t *testing.T) {
	v := vendor(t, didittest.Options{Sessions: 900, PerMinute: -1})
	c := client(t, extract.Config{BaseURL: "http://localhost", PageSize: 40, Transport: inMemory{v}})
	people := map[string]bool{}
	for _, tc := range []struct {
		name   string
		list   func(context.Context, func([]extract.Item) error) (extract.Listing, error)
		detail func(context.Context, extract.Item) (schemas.Document, error)
		kind   schemas.DocumentKind
	}{
		{"users", c.Users, func(ctx context.Context, i extract.Item) (schemas.Document, error) { return c.User(ctx, i.VendorData) }, schemas.User},
		{"businesses", c.Businesses, func(ctx context.Context, i extract.Item) (schemas.Document, error) {
			return c.Business(ctx, i.VendorData)
		}, schemas.Business},
		{"transactions", c.Transactions, func(ctx context.Context, i extract.Item) (schemas.Document, error) { return c.Transaction(ctx, i.ID) }, schemas.Transaction},
	} {
		var all, named []extract.Item
		got, err := tc.list(t.Context(), func(items []extract.Item) error {
			all = append(all, items...)
			return nil
		})
		if err != nil || !got.Complete || got.Bad != 0 || got.Distinct != len(all) || len(all) == 0 || got.Total != -1 && got.Total != len(all) {
			t.Errorf("%s: got %+v, %v", tc.name, got, err)
		}
		escaped := 0
		for _, it := range all {
			if tc.kind == schemas.User {
				people[strings.ReplaceAll(it.ID, "-", "")] = true
			}
			if it.VendorData != "" || tc.kind == schemas.Transaction {
				named = append(named, it)
			}
			if url.PathEscape(it.VendorData) != it.VendorData {
				escaped++
			}
		}
		for f, err := range extract.Each(t.Context(), c, named, tc.detail) {
			if err != nil || f.Document.ID != f.Item.ID || f.Document.Kind != tc.kind || len(f.Document.Body) <= len(f.Item.Body)/2 {
				t.Errorf("%s %s: got the document of %s, %v", tc.name, f.Item.ID, f.Document.ID, err)
			}
		}
		t.Logf("%s: %+v, %d with a name, of which %d need escapes", tc.name, got, len(named), escaped)
		if len(named) == 0 || tc.kind == schemas.User && escaped == 0 {
			t.Errorf("%s: nobody has a name that is hard to ask for", tc.name)
		}
	}
	for _, r := range sweep(t, c) {
		if ofUser := r.Kind == schemas.UserSession; ofUser != (r.User != [16]byte{}) {
			t.Errorf("%s session %s is of user %x", r.Kind, r.ID, r.User)
		}
		delete(people, fmt.Sprintf("%x", r.User))
	}
	if len(people) > 0 {
		t.Errorf("no row names the users %v", people)
	}
	if _, err := c.User(t.Context(), "nobody at all"); !errors.Is(err, extract.ErrGone) || !extract.OfSession(err) {
		t.Errorf("got %v, want %v", err, extract.ErrGone)
	}
}

// No largest page is documented. A vendor that has one, and says no or gives less, is read whole all the same,
// and is not asked for large pages again and again.
func TestVendorOfSmallPages(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request, v *didittest.Vendor){
		"refused": func(w http.ResponseWriter, _ *http.Request, _ *didittest.Vendor) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"limit":["too large"]}`)
		},
		"cut": func(w http.ResponseWriter, r *http.Request, v *didittest.Vendor) {
			q := r.URL.Query()
			q.Set("limit", "60")
			r.URL.RawQuery = q.Encode()
			v.ServeHTTP(w, r)
		},
	} {
		v := vendor(t, didittest.Options{Sessions: 700, PerMinute: -1})
		var asked atomic.Int64 // for large pages
		c := client(t, extract.Config{BaseURL: "http://localhost", Transport: inMemory{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if limit := r.URL.Query().Get("limit"); limit == fmt.Sprint(extract.DefaultPageSize) {
				asked.Add(1)
				answer(w, r, v)
				return
			}
			v.ServeHTTP(w, r)
		})}})
		users := 0
		got, err := c.Users(t.Context(), func(items []extract.Item) error { users += len(items); return nil })
		if err != nil || !got.Complete || users != got.Distinct || users < 2*extract.DefaultPageSize {
			t.Errorf("%s: %d users, %+v, %v", name, users, got, err)
		}
		if rows := sweep(t, c); len(rows) < 700 {
			t.Errorf("%s: %d sessions", name, len(rows))
		}
		large := asked.Load()
		if large == 0 || name == "refused" && large > 1 {
			t.Errorf("%s: asked for %d large pages", name, large)
		}
	}
	c := client(t, extract.Config{BaseURL: "http://localhost", Transport: inMemory{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
	})}})
	if _, err := c.Page(t.Context(), extract.Query{Kind: schemas.UserSession}); !errors.Is(err, extract.ErrStatus) || c.Stats().Requests() != 2 {
		t.Errorf("got %v after %d requests, want %v after 2", err, c.Stats().Requests(), extract.ErrStatus)
	}
}

// The feeds of all sessions, in pages that are smaller than they; a business has none.
func TestActivityOfTheVendor(t *testing.T) {
	v := vendor(t, didittest.Options{Sessions: 60, Restless: 20, PerMinute: -1})
	v.Advance(v.Clock().Add(20 * 24 * time.Hour))
	c := client(t, extract.Config{BaseURL: "http://localhost", PageSize: 10, Transport: inMemory{v}})
	longest := 0
	for f, err := range extract.Each(t.Context(), c, sweep(t, c), func(ctx context.Context, r extract.Row) (schemas.Document, error) { return c.Activity(ctx, r.ID) }) {
		if f.Item.Kind == schemas.BusinessSession {
			if !errors.Is(err, extract.ErrGone) || !extract.OfSession(err) {
				t.Errorf("%s: got %v, want %v", f.Item.ID, err, extract.ErrGone)
			}
			continue
		}
		var feed struct{ Results []struct{ UUID string } }
		if err != nil || json.Unmarshal(f.Document.Body, &feed) != nil || f.Document.ID != string(f.Item.ID) || f.Document.Kind != schemas.Activity {
			t.Errorf("%s: got %.100s, %v", f.Item.ID, f.Document.Body, err)
		}
		longest = max(longest, len(feed.Results))
	}
	if longest <= 10 {
		t.Errorf("the longest feed has %d rows, want one of several pages", longest)
	}
}

// The log of deliveries names each session of which it announced a change, and none from before.
func TestDeliveriesOfTheVendor(t *testing.T) {
	v := vendor(t, didittest.Options{Sessions: 60, Restless: 10, PerMinute: -1, Webhook: true})
	c := client(t, extract.Config{BaseURL: "http://localhost", PageSize: 10, Transport: inMemory{v}})
	for range 10 {
		v.Advance(v.Clock().Add(24 * time.Hour))
	}
	all, err := c.Deliveries(t.Context(), time.Time{})
	if err != nil || len(all) <= 100 {
		t.Fatalf("got %d deliveries, %v, want more than the vendor counts", len(all), err)
	}
	named, delivered := map[schemas.SessionID]bool{}, 0
	for i, d := range all {
		named[d.SessionID] = true
		if d.Delivered {
			delivered++
		}
		if i > 0 && d.CreatedAt.After(all[i-1].CreatedAt) || d.Type != "status.updated" && d.Type != "data.updated" {
			t.Errorf("got %+v after %+v", d, all[max(0, i-1)])
		}
	}
	for _, s := range v.Truth() {
		if told := v.Announced(s.ID) > 0; told != named[schemas.SessionID(s.ID)] {
			t.Errorf("session %s was announced: %v, is in the log: %v", s.ID, told, !told)
		}
	}
	half := all[len(all)/2].CreatedAt
	since, err := c.Deliveries(t.Context(), half)
	if want := slices.IndexFunc(all, func(d extract.Delivery) bool { return d.CreatedAt.Before(half) }); err != nil || len(since) != want {
		t.Errorf("got %d deliveries since the middle, %v, want %d", len(since), err, want)
	}
	if delivered == 0 || delivered == len(all) {
		t.Errorf("%d of %d attempts succeeded, want some", delivered, len(all))
	}
	if err := v.SetScope("approved"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Deliveries(t.Context(), half); !errors.Is(err, extract.ErrForbidden) {
		t.Errorf("got %v, want %v", err, extract.ErrForbidden)
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
				for _, ferr := range c.Fetch(t.Context(), extract.Plan(extract.View{Listed: rows, Now: time.Now()})) {
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
