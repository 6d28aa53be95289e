package didittest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAKeySeesWhatIsInItsScopeOnly(t *testing.T) {
	v := newVendor(t, Options{Sessions: 800})
	for _, c := range []struct {
		scope string
		in    func(s *session) bool
	}{
		{"", func(s *session) bool { return true }},
		{"approved", func(s *session) bool { return s.status == approved }},
		{"workflow:3", func(s *session) bool { return s.workflow == 2 }},
		{"workflow:8", func(s *session) bool { return s.workflow == 7 }},
		{"approved, workflow:2", func(s *session) bool { return s.status == approved && s.workflow == 1 }},
	} {
		if err := v.SetScope(c.scope); err != nil {
			t.Fatal(err)
		}
		want := [2]int{}
		for i := range v.sessions {
			s := &v.sessions[i]
			id := s.id().String()
			code := http.StatusNotFound
			if c.in(s) {
				code = http.StatusOK
				want[kindOf(s.business)]++
			}
			if w := get(t, v, "/v3/session/"+id+"/decision/"); w.Code != code || code == 404 && w.Body.String() != `{"detail":"Not found."}` {
				t.Fatalf("%q: a decision answers %d %.60s, want %d", c.scope, w.Code, w.Body, code)
			}
			if w := get(t, v, "/v3/sessions/"+id+"/reviews/"); !s.business && w.Code != code {
				t.Fatalf("%q: reviews answer %d, want %d", c.scope, w.Code, code)
			}
		}
		for kind, name := range []string{"user", "business"} {
			l := list(t, v, "?limit=1000&session_kind="+name)
			if l.Count != want[kind] || len(l.Results) != want[kind] {
				t.Errorf("%q: %d %s sessions listed, count %d, want %d", c.scope, len(l.Results), name, l.Count, want[kind])
			}
		}
		if n := v.Tally("user", time.Time{}, time.Time{}, ""); n != len(v.live[0]) {
			t.Errorf("%q: the truth became %d", c.scope, n)
		}
	}
}

func TestASessionThatLeavesTheScopeLooksDeleted(t *testing.T) {
	v := newVendor(t, Options{Sessions: 60, Restless: 20})
	if err := v.SetScope("approved"); err != nil {
		t.Fatal(err)
	}
	was := list(t, v, "?limit=1000").Results
	v.Advance(v.Clock().Add(3 * oneDay))
	left := 0
	for _, r := range was {
		h := v.History(r.ID)
		if get(t, v, "/v3/session/"+r.ID+"/decision/").Code == 404 && h[len(h)-1].To.IsZero() {
			left++
		}
	}
	if left == 0 {
		t.Error("no session left the scope while it lived")
	}
}

func TestAKeyWithoutMediaGetsNoLink(t *testing.T) {
	v := newVendor(t, Options{Sessions: 200})
	paths := []string{"/v3/sessions/?limit=500", "/v3/users/?limit=500"}
	for i := range v.sessions {
		paths = append(paths, "/v3/session/"+v.sessions[i].id().String()+"/decision/")
	}
	links := func() (n int) {
		for _, p := range paths {
			n += strings.Count(get(t, v, p).Body.String(), "X-Amz-Signature")
		}
		return n
	}
	if links() == 0 {
		t.Fatal("no links with a full key")
	}
	if err := v.SetScope("no-media"); err != nil {
		t.Fatal(err)
	}
	if n := links(); n != 0 {
		t.Errorf("%d links", n)
	}
}

func TestRestrictedAttributesAreNullInEverySession(t *testing.T) {
	v := newVendor(t, Options{Sessions: 200})
	if err := v.SetScope("restricted"); err != nil {
		t.Fatal(err)
	}
	items := 0
	for i := range v.sessions {
		var d map[string]json.RawMessage
		if err := json.Unmarshal(get(t, v, "/v3/session/"+v.sessions[i].id().String()+"/decision/").Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		for _, b := range blockTable {
			var elements []map[string]any
			if raw := d[b.key]; raw != nil {
				if err := json.Unmarshal(raw, &elements); err != nil {
					t.Fatal(err)
				}
			}
			for _, e := range elements {
				items++
				if e["status"] == nil || e["node_id"] == nil || e["warnings"] == nil {
					t.Errorf("%s: no status, node or warnings: %v", b.key, e)
				}
				for k, x := range e {
					if x != nil && k != "status" && k != "node_id" && k != "warnings" {
						t.Errorf("%s.%s is not null", b.key, k)
					}
				}
			}
		}
	}
	if items < 400 {
		t.Errorf("only %d elements", items)
	}
	if rows := get(t, v, "/v3/sessions/?limit=500").Body.String(); strings.Contains(rows, "total_hits") {
		t.Error("rows still have details")
	}
}

func TestScopeSpecs(t *testing.T) {
	v := newVendor(t, Options{Sessions: 100})
	for _, spec := range []string{"Approved", "workflow", "workflow:0", "workflow:10", "workflow:x", "approved:2", "none"} {
		if err := v.SetScope(spec); err == nil {
			t.Errorf("%q: no error", spec)
		}
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	for spec, want := range map[string]int{"nonsense": 400, "approved,no-media": 200} {
		resp, err := http.Post(srv.URL+"/_vendor/scope", "application/json", strings.NewReader(`{"spec":"`+spec+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %d, want %d", spec, resp.StatusCode, want)
		}
	}
	if n := list(t, v, "").Count; n != v.Tally("user", time.Time{}, time.Time{}, "Approved") {
		t.Errorf("got a count of %d over HTTP", n)
	}
}
