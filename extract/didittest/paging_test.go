package didittest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type listed struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []struct {
		ID      string    `json:"session_id"`
		Kind    string    `json:"session_kind"`
		Number  int       `json:"session_number"`
		Status  string    `json:"status"`
		Created time.Time `json:"created_at"`
	} `json:"results"`
}

func list(t *testing.T, v *Vendor, query string) listed {
	t.Helper()
	w := get(t, v, "/v3/sessions/"+query)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: got %d %s", query, w.Code, w.Body)
	}
	var l listed
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNextLeadsThroughTheWholeListNewestFirst(t *testing.T) {
	v := newVendor(t, Options{Sessions: 620})
	l := list(t, v, "")
	if len(l.Results) != 50 || l.Previous != nil {
		t.Fatalf("got %d rows, previous %v; want 50 by default and none", len(l.Results), l.Previous)
	}
	seen, last := 0, 1<<30
	for {
		for _, r := range l.Results {
			if r.Number >= last {
				t.Fatalf("session number %d after %d", r.Number, last)
			}
			last = r.Number
			seen++
		}
		if l.Next == nil {
			break
		}
		query, ok := strings.CutPrefix(*l.Next, "http://vendor.test/v3/sessions/")
		if !ok {
			t.Fatalf("next is %q; want an absolute link", *l.Next)
		}
		l = list(t, v, query)
	}
	if seen != l.Count || seen != len(v.live[0]) {
		t.Errorf("got %d rows, count %d, want %d", seen, l.Count, len(v.live[0]))
	}
	if l.Previous == nil {
		t.Error("the last page has no previous")
	}
}

func TestListQuirks(t *testing.T) {
	v := newVendor(t, Options{Sessions: 8000})
	users, firms := len(v.live[0]), len(v.live[1])
	if firms <= cappedCount {
		t.Fatalf("only %d businesses", firms)
	}
	for _, c := range []struct {
		name, query string
		rows, count int
	}{
		{"page_size and page are ignored", "?page_size=3&page=2&ordering=created_at", 50, users},
		{"limit has no maximum", "?limit=100000", users, users},
		{"the kind is not case-sensitive", "?session_kind=USER&limit=1", 1, users},
		{"the count of businesses is capped", "?session_kind=business&limit=10", 10, 100},
		{"all is one page of each", "?session_kind=all&limit=10", 20, users + 100},
		{"past the end", "?offset=100000", 0, users},
		{"a status of another case matches nothing", "?status=approved", 0, 0},
		{"an unknown status matches nothing", "?status=APPROVED,Lost", 0, 0},
		{"no valid workflow", "?workflow_id=x,y", 0, 0},
	} {
		if l := list(t, v, c.query); len(l.Results) != c.rows || l.Count != c.count {
			t.Errorf("%s: got %d rows, count %d; want %d, %d", c.name, len(l.Results), l.Count, c.rows, c.count)
		}
	}
	if l := list(t, v, "?status=Declined,In%20Review&limit=1000"); len(l.Results) == 0 {
		t.Error("no Declined or In Review")
	} else {
		for _, r := range l.Results {
			if r.Status != "Declined" && r.Status != "In Review" {
				t.Errorf("got status %q", r.Status)
			}
		}
	}
}

func TestDateFiltersAreWholeDaysAndBusinessesDiffer(t *testing.T) {
	v := newVendor(t, Options{Sessions: 8000})
	day := list(t, v, "?session_kind=business&limit=1000&offset=50").Results[0].Created.Format(time.DateOnly)
	next := mustDay(day).AddDate(0, 0, 1).Format(time.DateOnly)
	users := list(t, v, "?limit=1000&date_from="+day+"&date_to="+day)
	if len(users.Results) == 0 {
		t.Errorf("no users on %s", day)
	}
	for _, r := range users.Results {
		if r.Created.Format(time.DateOnly) != day {
			t.Errorf("got %s, want %s", r.Created, day)
		}
	}
	if l := list(t, v, "?session_kind=business&date_from="+day+"&date_to="+day); len(l.Results) != 0 {
		t.Errorf("got %d businesses up to the start of %s, want none", len(l.Results), day)
	}
	if l := list(t, v, "?session_kind=business&date_from="+day+"&date_to="+next); len(l.Results) == 0 {
		t.Errorf("no business on %s", day)
	}
}

func mustDay(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestAnswersThatAreNotData(t *testing.T) {
	v := newVendor(t, Options{})
	known, unknown := v.sessions[0].id().String(), newUUID(9, 9).String()
	firm := v.sessions[v.live[1][0]].id().String()
	for _, c := range []struct {
		name, path, key string
		code            int
		body            string // a part of it
	}{
		{"missing slash", "/v3/sessions?limit=3", "didit-test-key", 301, ""},
		{"missing slash of a decision", "/v3/session/" + known + "/decision", "didit-test-key", 301, ""},
		{"malformed id", "/v3/session/not-an-id/decision/", "didit-test-key", 404, "<!doctype html>"},
		{"unknown route", "/v3/cases/", "didit-test-key", 404, "<!doctype html>"},
		{"unknown session", "/v3/session/" + unknown + "/decision/", "didit-test-key", 404, `{"detail":"Not found."}`},
		{"unknown session, bad key", "/v3/session/" + unknown + "/decision/", "bad", 404, `{"detail":"Not found."}`},
		{"known session, bad key", "/v3/session/" + known + "/decision/", "bad", 403, `{"detail":`},
		{"reviews ask for the key first", "/v3/sessions/" + unknown + "/reviews/", "bad", 403, `{"detail":`},
		{"no reviews of a business", "/v3/sessions/" + firm + "/reviews/", "didit-test-key", 404, "No Session matches the given query."},
		{"no key", "/v3/sessions/", "", 403, `{"detail":`},
		{"no key for users", "/v3/users/", "", 401, `{"detail":`},
		{"bad key for users", "/v3/users/", "bad", 403, `{"detail":`},
		{"health needs none", "/system/healthcheck", "", 200, `"status":"ok"`},
		{"malformed date", "/v3/sessions/?date_to=1.2.2026", "didit-test-key", 400, `{"date_to":["`},
		{"unknown kind", "/v3/sessions/?session_kind=x", "didit-test-key", 400, `{"session_kind":["`},
		{"malformed limit", "/v3/sessions/?limit=ten", "didit-test-key", 400, `{"limit":["`},
		{"malformed user id", "/v3/sessions/?didit_internal_id=7", "didit-test-key", 400, `{"didit_internal_id":["`},
		{"unknown service", "/v3/sessions/?api_service=X", "didit-test-key", 400, `{"api_service":["`},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://vendor.test"+c.path, nil)
		if c.key != "" {
			r.Header.Set("x-api-key", c.key)
		}
		w := httptest.NewRecorder()
		v.ServeHTTP(w, r)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: got %d %s, want %d %s", c.name, w.Code, w.Body, c.code, c.body)
		}
	}
	if to := get(t, v, "/v3/sessions?limit=3").Header().Get("Location"); to != "/v3/sessions/?limit=3" {
		t.Errorf("redirected to %q", to)
	}
}

func TestLinksDifferOnEachCall(t *testing.T) {
	v := newVendor(t, Options{})
	path := fmt.Sprintf("/v3/session/%s/decision/", v.Truth()[len(v.sessions)/2].ID)
	for i := range v.sessions {
		if v.sessions[i].status == approved {
			path = "/v3/session/" + v.sessions[i].id().String() + "/decision/"
			break
		}
	}
	a, b := get(t, v, path).Body.String(), get(t, v, path).Body.String()
	if a == b || !strings.Contains(a, "X-Amz-Signature="+signatureCanary) {
		t.Errorf("two calls gave the same links, or none")
	}
}
