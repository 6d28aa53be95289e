package didittest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// get asks the vendor as a client with the right key would.
func get(t testing.TB, v *Vendor, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://vendor.test"+path, nil)
	r.Header.Set("x-api-key", v.opts.APIKey)
	w := httptest.NewRecorder()
	v.ServeHTTP(w, r)
	return w
}

func newVendor(t testing.TB, o Options) *Vendor {
	t.Helper()
	if o.PerMinute == 0 {
		o.PerMinute = -1
	}
	v, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryDecisionIsJSON(t *testing.T) {
	v := newVendor(t, Options{Sessions: 3000})
	total, least, most := 0, 1<<30, 0
	start := time.Now()
	bodies := make([][]byte, 0, 3000)
	for i := range v.sessions {
		w := get(t, v, "/v3/session/"+v.sessions[i].id().String()+"/decision/")
		if w.Code != 200 {
			t.Fatalf("decision: got %d", w.Code)
		}
		bodies = append(bodies, w.Body.Bytes())
	}
	took := time.Since(start)
	for _, b := range bodies {
		if !json.Valid(b) {
			t.Fatalf("not JSON: %s", b)
		}
		total, least, most = total+len(b), min(least, len(b)), max(most, len(b))
	}
	t.Logf("decisions: mean %d bytes, least %d, most %d; %v each", total/len(bodies), least, most, took/time.Duration(len(bodies)))
}
