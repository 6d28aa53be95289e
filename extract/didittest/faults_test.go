package didittest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFaultSpecs(t *testing.T) {
	for _, spec := range []string{"", "503:20", "burst503:100:5,reset:50", " slow:9:20 , nomedia"} {
		if _, err := ParseFaults(spec); err != nil {
			t.Errorf("%q: %v", spec, err)
		}
	}
	for _, spec := range []string{"504:20", "503", "503:0", "503:x", "503:1:2:3", "gone404:101"} {
		if _, err := ParseFaults(spec); err == nil {
			t.Errorf("%q: no error", spec)
		}
	}
}

func TestRequestFaultsGoByCount(t *testing.T) {
	for _, c := range []struct {
		spec string
		want string // one letter a request: . 200, 5 503, H 500, 4 429, 3 403, R 301
	}{
		{"503:4", "...5...5...5"},
		{"burst503:5:3", ".....555....."},
		{"html500:3", "..H..H"},
		{"429:3", "..4..4"},
		{"redirect:2", ".R.R"},
		{"revoke:3", "...333"},
	} {
		v := newVendor(t, Options{Faults: c.spec})
		got := ""
		for range len(c.want) {
			got += map[int]string{200: ".", 503: "5", 500: "H", 429: "4", 403: "3", 301: "R"}[get(t, v, "/v3/workflows/").Code]
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.spec, got, c.want)
		}
	}
}

// fetch asks over a real connection and returns the body, or the error of reading it.
func fetch(t *testing.T, url string) (*http.Response, []byte, error) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-api-key", "didit-test-key")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, b, err
}

func TestTransportFaults(t *testing.T) {
	serve := func(spec string) string {
		srv := httptest.NewServer(newVendor(t, Options{Faults: spec}))
		t.Cleanup(srv.Close)
		return srv.URL + "/v3/sessions/"
	}
	if _, _, err := fetch(t, serve("reset:1")); err == nil {
		t.Error("reset: the body was read whole")
	}
	if resp, b, err := fetch(t, serve("truncate:1")); err != nil || resp.ContentLength != -1 || json.Valid(b) {
		t.Errorf("truncate: error %v, length %d, valid %v; want a clean end of broken JSON of unknown length", err, resp.ContentLength, json.Valid(b))
	}
	if resp, b, err := fetch(t, serve("shortpage:1")); err != nil || resp.ContentLength != -1 || !json.Valid(b) || strings.Count(string(b), `"session_kind"`) != 49 {
		t.Errorf("shortpage: error %v, length %d, %d rows; want 49 rows of valid JSON", err, resp.ContentLength, strings.Count(string(b), `"session_kind"`))
	}
	start := time.Now()
	if _, b, err := fetch(t, serve("slow:1:100")); err != nil || !json.Valid(b) || time.Since(start) < 90*time.Millisecond {
		t.Errorf("slow: error %v after %v", err, time.Since(start))
	}
	if _, b, err := fetch(t, serve("gzipbomb:1:3")); err != nil || len(b) < 3<<20 || !json.Valid(b) {
		t.Errorf("gzipbomb: error %v, %d bytes", err, len(b))
	}
	if _, b, _ := fetch(t, serve("badnext:1")); !strings.Contains(string(b), `"next":"https://elsewhere.example/`) {
		t.Error("badnext: next is as always")
	}
}

func TestTheListMovesUnderAPager(t *testing.T) {
	v := newVendor(t, Options{Faults: "insert:2"})
	n := len(v.live[0])
	list(t, v, "")
	list(t, v, "?offset=50")
	if got := len(v.sessions) - v.size; got != 1 {
		t.Errorf("insert: %d sessions more, want 1", got)
	}
	v = newVendor(t, Options{Faults: "delete:2"})
	list(t, v, "")
	list(t, v, "?offset=50")
	if got := len(v.live[0]); got != n-1 {
		t.Errorf("delete: got %d users, want %d", got, n-1)
	}
	if es := v.Events(); len(es) != 1 || es[0].Kind != "deleted" {
		t.Errorf("delete: events %v", es)
	}
}

func TestContentFaultsAreStableAndMany(t *testing.T) {
	clean := newVendor(t, Options{Sessions: 300})
	for _, c := range []struct {
		spec string
		sign func(b string) bool
	}{
		{"null-blocks:3", nil},
		{"unknown-block:3", func(b string) bool { return strings.Contains(b, `"voice_verifications"`) }},
		{"unknown-enum:3", func(b string) bool {
			return strings.Contains(b, "Needs Attention") || strings.Contains(b, "VOICE_PRINT")
		}},
		{"object-block:3", func(b string) bool {
			return strings.Contains(b, `"liveness_checks":{`) || strings.Contains(b, `"phone_verifications":{`) || strings.Contains(b, `"registry_checks":{`)
		}},
		{"badvalue:3", nil},
		{"dupkey:3", func(b string) bool { return strings.HasSuffix(b, `"status":"Approved"}`) }},
		{"badutf8:3", func(b string) bool { return !utf8.ValidString(b) }},
		{"bigbody:3:1", func(b string) bool { return len(b) > 1<<20 }},
		{"deep:3", func(b string) bool { return strings.Contains(b, `"nest":[[[`) }},
		{"trailing:3", func(b string) bool { return strings.HasSuffix(b, "}\n{}") }},
		{"restrict:3", func(b string) bool {
			return strings.Contains(b, `"first_name":null`) || strings.Contains(b, `"method":null`) || strings.Contains(b, `"phone_number":null`)
		}},
		{"nomedia", func(b string) bool { return strings.Contains(b, `"reference_image":null`) }},
	} {
		v := newVendor(t, Options{Sessions: 300, Faults: c.spec})
		struck := 0
		for i := range v.sessions {
			path := "/v3/session/" + v.sessions[i].id().String() + "/decision/"
			a, b := get(t, v, path).Body.String(), get(t, v, path).Body.String()
			if c.sign != nil && c.sign(a) {
				struck++
				if !c.sign(b) {
					t.Errorf("%s: two reads differ", c.spec)
				}
			}
			if c.sign == nil {
				if unsigned(a) != unsigned(b) {
					t.Errorf("%s: two reads differ", c.spec)
				}
				if unsigned(a) != unsigned(get(t, clean, path).Body.String()) {
					struck++
				}
			}
		}
		if struck < 20 || struck > 290 {
			t.Errorf("%s: struck %d of 300", c.spec, struck)
		}
	}
}

// unsigned cuts the signature out of every link.
func unsigned(s string) string {
	parts := strings.Split(s, "X-Amz-Signature=")
	for i := 1; i < len(parts); i++ {
		parts[i] = parts[i][64:]
	}
	return strings.Join(parts, "")
}

func TestCanariesAreInTheBodies(t *testing.T) {
	v := newVendor(t, Options{Sessions: 500})
	var all strings.Builder
	for i := range v.sessions {
		all.Write(get(t, v, "/v3/session/"+v.sessions[i].id().String()+"/decision/").Body.Bytes())
	}
	values := v.PersonalValues(200)
	if len(values) != 200 {
		t.Errorf("got %d personal values, want 200", len(values))
	}
	for _, s := range append(values, v.Secrets()...) {
		if !strings.Contains(all.String(), s) {
			t.Errorf("%q is in no body", s)
		}
	}
}

func TestAdminSurface(t *testing.T) {
	v := newVendor(t, Options{})
	srv := httptest.NewServer(v)
	defer srv.Close()
	post := func(path, body string) int {
		resp, err := http.Post(srv.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if code := post("/_vendor/clock", `{"now":"2026-11-03T02:00:00Z"}`); code != 200 || !v.Clock().Equal(time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("clock: %d, %v", code, v.Clock())
	}
	if post("/_vendor/faults", `{"spec":"nonsense"}`) != 400 || post("/_vendor/faults", `{"spec":"503:1"}`) != 200 {
		t.Error("faults: want 400 for nonsense and 200 otherwise")
	}
	for _, what := range []string{"clock", "events", "truth", "requests", "secrets"} {
		if resp, b, err := fetch(t, srv.URL+"/_vendor/"+what); err != nil || resp.StatusCode != 200 || !json.Valid(b) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
