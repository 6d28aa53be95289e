package didittest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// The vendor's published values of these fields contradict its published schema: they are
// times without a zone. The fake sends them as the vendor does, and the test gives them a zone
// before it asks the schema.
var naiveFields = []string{"first_seen", "last_seen", "publication_date", "not_valid_after", "not_valid_before"}

var naiveTime = regexp.MustCompile(`"(` + strings.Join(naiveFields, "|") + `)":"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)"`)

// With include=events the features are objects; the schema describes the answer without it.
var plainFeatures = regexp.MustCompile(`\{"feature":"([A-Z_]+)","node_id":"[a-z_0-9]+"\}`)

// contractFile finds the vendor's schema, which is not part of this repository.
func contractFile(t *testing.T) string {
	if name := os.Getenv("KYCSYNC_CONTRACT"); name != "" {
		return name
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, "..", "shared", "contract", "didit-openapi.json")
	if _, err := os.Stat(name); err != nil {
		t.Skipf("the vendor's schema is not here: set KYCSYNC_CONTRACT to its file (tried %s)", name)
	}
	return name
}

func TestResponsesFollowTheVendorsSchema(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(contractFile(t))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC4122))
	openapi3.DefineStringFormatValidator("email", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForEmail))
	openapi3.DefineIPv4Format()
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	v := newVendor(t, Options{Sessions: 700})
	for range 20 {
		v.Advance(v.Clock().Add(24 * time.Hour))
	}
	paths := []string{
		"/system/healthcheck", "/v3/billing/balance/", "/v3/webhook/destinations/", "/v3/workflows/",
		"/v3/sessions/?limit=500", "/v3/sessions/?limit=500&offset=500", "/v3/sessions/?session_kind=business&limit=200", "/v3/sessions/?session_kind=all",
		"/v3/users/?limit=200", "/v3/businesses/?limit=200", "/v3/transactions/?limit=200",
		"/v3/transactions/" + v.transactionID(5).String() + "/",
		"/v3/transactions/" + newUUID(1, 2, 3).String() + "/", "/v3/users/nobody/", "/v3/businesses/nobody/",
		"/v3/session/" + newUUID(1, 2, 3).String() + "/decision/", "/v3/sessions/" + newUUID(1, 2, 3).String() + "/reviews/",
		"/v3/sessions/?date_from=01-02-2026", "/v3/sessions/?limit=0", "/v3/sessions/?session_kind=firm",
	}
	for i := range v.sessions {
		s := &v.sessions[i]
		if s.gone != 0 {
			continue
		}
		id := s.id().String()
		paths = append(paths, "/v3/session/"+id+"/decision/", "/v3/session/"+id+"/decision/?include=events")
		if !s.business {
			paths = append(paths, "/v3/sessions/"+id+"/reviews/")
			if p := newPerson(s.person); i%20 == 0 && strings.HasPrefix(p.vendorData, "user-") {
				paths = append(paths, "/v3/users/"+p.vendorData+"/")
			}
		} else {
			paths = append(paths, "/v3/businesses/"+newCompany(s.person).vendorData+"/")
		}
		if i%100 == 0 {
			paths = append(paths, "/v3/session/"+id+"/generate-pdf/")
		}
	}
	seen := map[int]int{}
	check := func(path string, key string) {
		r := httptest.NewRequest(http.MethodGet, "http://vendor.test"+path, nil)
		r.Header.Set("x-api-key", key)
		w := httptest.NewRecorder()
		v.ServeHTTP(w, r)
		seen[w.Code]++
		route, params, err := router.FindRoute(r)
		if err != nil {
			t.Fatalf("%s: the schema has no such route: %v", path, err)
		}
		in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
		if strings.Contains(path, "include=events") {
			w.Body = bytes.NewBuffer(plainFeatures.ReplaceAll(w.Body.Bytes(), []byte(`"$1"`)))
		}
		body := naiveTime.ReplaceAll(w.Body.Bytes(), []byte(`"$1":"${2}T${3}Z"`))
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(body)), Options: in.Options}
		if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
			t.Errorf("%s: %d: %.600v", path, w.Code, err)
		}
	}
	for _, p := range paths {
		check(p, v.opts.APIKey)
	}
	plain := v
	v = newVendor(t, Options{Sessions: 60, Restless: 20, Webhook: true})
	check("/v3/webhook/destinations/", v.opts.APIKey)
	v.Advance(v.Clock().Add(5 * oneDay))
	for _, path := range livelyPaths(v) {
		check(path, v.opts.APIKey)
	}
	v = plain
	check("/v3/sessions/", "wrong")
	check("/v3/users/", "")
	check("/v3/workflows/", "wrong")
	v.opts.PerMinute = 1
	check("/v3/session/"+v.sessions[len(v.sessions)-1].id().String()+"/decision/", v.opts.APIKey)
	check("/v3/session/"+v.sessions[len(v.sessions)-1].id().String()+"/decision/", v.opts.APIKey)
	for _, code := range []int{200, 400, 401, 403, 404, 429} {
		if seen[code] == 0 {
			t.Errorf("no response had status %d", code)
		}
	}
}

// livelyPaths are those whose answers show what happens beside sessions.
func livelyPaths(v *Vendor) []string {
	paths := []string{"/v3/webhook/destinations/", "/v3/users/?limit=200", "/v3/businesses/?limit=200", "/v3/transactions/?limit=500"}
	for kind, name := range map[string]string{"user": "users", "business": "businesses"} {
		for _, e := range v.Entities(kind) {
			if e.VendorData != "" && url.PathEscape(e.VendorData) == e.VendorData {
				paths = append(paths, "/v3/"+name+"/"+e.VendorData+"/")
			}
		}
	}
	for _, t := range v.Transactions() {
		paths = append(paths, "/v3/transactions/"+t.ID+"/")
	}
	return paths
}

// Every field that the schema names occurs in some decision.
func TestDecisionsShowEveryFieldOfTheSchema(t *testing.T) {
	raw, err := os.ReadFile(contractFile(t))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Paths.Value("/v3/session/{sessionId}/decision/").Get.Responses.Value("200").Value.Content["application/json"].Schema
	want := map[string]bool{}
	var collect func(path string, s *openapi3.SchemaRef)
	collect = func(path string, s *openapi3.SchemaRef) {
		if s == nil || s.Value == nil {
			return
		}
		for name, p := range s.Value.Properties {
			want[path+"."+name] = true
			collect(path+"."+name, p)
		}
		collect(path+"[]", s.Value.Items)
	}
	collect("", schema)
	v := newVendor(t, Options{Sessions: 2000})
	for range 5 {
		v.Advance(v.Clock().Add(24 * time.Hour))
	}
	have := map[string]bool{}
	var walk func(path string, x any)
	walk = func(path string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, y := range x {
				have[path+"."+k] = true
				walk(path+"."+k, y)
			}
		case []any:
			for _, y := range x {
				walk(path+"[]", y)
			}
		}
	}
	for i := range v.sessions {
		if v.sessions[i].gone == 0 {
			var x any
			if err := json.Unmarshal(get(t, v, "/v3/session/"+v.sessions[i].id().String()+"/decision/").Body.Bytes(), &x); err != nil {
				t.Fatal(err)
			}
			walk("", x)
		}
	}
	var missing []string
	for p := range want {
		if !have[p] {
			missing = append(missing, p)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("%d of %d fields never occur:\n%s", len(missing), len(want), strings.Join(missing, "\n"))
	}
}
