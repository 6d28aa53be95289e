package extract_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/schemas"
)

// recorded keeps every request that a client sends.
type recorded struct {
	next http.RoundTripper
	mu   sync.Mutex
	all  []*http.Request
}

func (r *recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.all = append(r.all, req.Clone(context.Background()))
	r.mu.Unlock()
	return r.next.RoundTrip(req)
}

// Every request of the client is one that the vendor's published schema describes: path, method,
// key, and parameters by name and type.
func TestRequestsFollowTheVendorsSchema(t *testing.T) {
	name := os.Getenv("KYCSYNC_CONTRACT")
	if name == "" {
		name = filepath.Join("..", "..", "shared", "contract", "didit-openapi.json")
		if _, err := os.Stat(name); err != nil {
			t.Skip("the vendor's schema is not here: set KYCSYNC_CONTRACT to its file")
		}
	}
	doc, err := openapi3.NewLoader().LoadFromFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	wire := &recorded{next: inMemory{vendor(t, didittest.Options{Sessions: 300, PerMinute: -1, Faults: "shortpage:5", Webhook: true})}}
	askForEverything(t, wire)
	asked := map[string]int{}
	for _, r := range wire.all {
		if r.Method != http.MethodGet || r.Header.Get("x-api-key") != vendorKey {
			t.Errorf("%s %s: want GET with the key", r.Method, r.URL)
		}
		if newer := deliveriesPath.MatchString(r.URL.Path); newer {
			asked["deliveries"]++
			checkDeliveries(t, r.URL.Query())
			continue
		}
		r.URL.Path, r.URL.RawPath = r.URL.EscapedPath(), "" // the router looks at the path without escapes
		route, params, err := router.FindRoute(r)
		if err != nil {
			t.Fatalf("%s: the schema has no such route: %v", r.URL.Path, err)
		}
		asked[route.Path]++
		in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			t.Errorf("%s: %v", r.URL, err)
		}
		for parameter := range r.URL.Query() {
			if route.Operation.Parameters.GetByInAndName("query", parameter) == nil {
				t.Errorf("%s: the schema knows no parameter %s", r.URL, parameter)
			}
		}
	}
	if len(asked) != 13 {
		t.Errorf("asked %v, want sessions, decisions, activity, PDFs, workflows, three lists and their details, destinations and deliveries", asked)
	}
}

// The deliveries of a destination are documented, but came later than the published schema.
var deliveriesPath = regexp.MustCompile(`^/v3/webhook/destinations/[0-9a-f-]{36}/deliveries/$`)

func checkDeliveries(t *testing.T, q url.Values) {
	t.Helper()
	for name, form := range map[string]string{"limit": `^[1-9]\d*$`, "offset": `^\d+$`, "date_from": `^\d{4}-\d\d-\d\d$`} {
		if !regexp.MustCompile(form).MatchString(q.Get(name)) {
			t.Errorf("deliveries: %s is %q", name, q.Get(name))
		}
		q.Del(name)
	}
	if len(q) > 0 {
		t.Errorf("deliveries: no parameters %v are documented", q)
	}
}

// askForEverything makes the client use each of its requests.
func askForEverything(t *testing.T, wire http.RoundTripper) {
	t.Helper()
	c, err := extract.New(extract.Config{BaseURL: "http://127.0.0.1", Key: extract.NewSecret(vendorKey), Transport: wire})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := context.Background()
	day := time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)
	var first schemas.SessionID
	for _, kind := range []schemas.SessionKind{schemas.UserSession, schemas.BusinessSession} {
		if _, err := c.Sweep(ctx, kind, func(p extract.Page) error {
			if first == "" && len(p.Rows) > 0 {
				first = p.Rows[0].ID
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		days := extract.Query{Kind: kind, DateFrom: day, DateTo: day, Limit: 10}
		if _, err := c.Page(ctx, days); err != nil {
			t.Fatal(err)
		}
		days.Status = []string{"Approved", "In Review"}
		if _, _, err := c.Count(ctx, days); err != nil {
			t.Fatal(err)
		}
		if _, err := c.SweepDays(ctx, kind, day, day.AddDate(0, 0, 3), func(extract.Page) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Decision(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Activity(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PDF(ctx, first, schemas.UserSession, t.TempDir()); err != nil && !extract.OfSession(err) {
		t.Fatal(err)
	}
	if _, err := c.Workflows(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Deliveries(ctx, day); err != nil {
		t.Fatal(err)
	}
	askForEntities(t, c)
}

// askForEntities lists them and asks for the details of one of each, and of those with hard names.
func askForEntities(t *testing.T, c *extract.Client) {
	t.Helper()
	ctx := context.Background()
	var items []extract.Item
	keep := func(page []extract.Item) error {
		items = append(items, page...)
		return nil
	}
	last := func(_ extract.Listing, err error) extract.Item {
		t.Helper()
		if err != nil || len(items) == 0 {
			t.Fatalf("got %d, %v", len(items), err)
		}
		return items[len(items)-1]
	}
	if _, err := c.Transaction(ctx, last(c.Transactions(ctx, keep)).ID); err != nil {
		t.Error(err)
	}
	if _, err := c.Business(ctx, last(c.Businesses(ctx, keep)).VendorData); err != nil {
		t.Error(err)
	}
	last(c.Users(ctx, keep))
	for _, name := range []string{"user-1", "a/b", "../x", "?#%", "a b", "\x00", "ñ"} {
		if _, err := c.User(ctx, name); !extract.OfSession(err) {
			t.Errorf("%q: got %v, want that nobody is called so", name, err)
		}
	}
}
