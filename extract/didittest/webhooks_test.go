package didittest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type deliveryRow struct {
	UUID      string    `json:"uuid"`
	SessionID string    `json:"session_id"`
	URL       string    `json:"request_url"`
	Code      *int      `json:"response_status"`
	Millis    int       `json:"response_time_ms"`
	Status    string    `json:"status"`
	Type      string    `json:"webhook_type"`
	At        time.Time `json:"created_at"`
	Header    string    `json:"request_header"`
	Body      string    `json:"request_body"`
}

type sentBody struct {
	EventID   string `json:"event_id"`
	Type      string `json:"webhook_type"`
	Timestamp int64  `json:"timestamp"`
	CreatedAt int64  `json:"created_at"`
	SessionID string `json:"session_id"`
	Kind      string `json:"session_kind"`
	Status    string `json:"status"`
	Trigger   string `json:"trigger"`
	Resubmit  *struct {
		Nodes []struct{ Feature string } `json:"nodes_to_resubmit"`
	} `json:"resubmit_info"`
	Decision *struct {
		SessionID string `json:"session_id"`
		Status    string `json:"status"`
	} `json:"decision"`
}

func decode[T any](t *testing.T, b []byte) (x T) {
	t.Helper()
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatalf("%v: %.200s", err, b)
	}
	return x
}

func deliveriesPath(t *testing.T, v *Vendor) string {
	t.Helper()
	ds := decode[[]struct{ UUID string }](t, get(t, v, "/v3/webhook/destinations/").Body.Bytes())
	if len(ds) != 1 {
		t.Fatalf("%d destinations, want 1", len(ds))
	}
	return "/v3/webhook/destinations/" + ds[0].UUID + "/deliveries/"
}

// deliveries follows next through the log.
func deliveries(t *testing.T, v *Vendor, query string) (rows []deliveryRow) {
	t.Helper()
	for path := deliveriesPath(t, v) + query; ; {
		page := decode[struct {
			Count   int
			Next    *string
			Results []deliveryRow
		}](t, get(t, v, path).Body.Bytes())
		if rows = append(rows, page.Results...); page.Next == nil {
			if page.Count != min(len(rows), 100) {
				t.Errorf("count %d of %d rows", page.Count, len(rows))
			}
			return rows
		}
		path = strings.TrimPrefix(*page.Next, "http://vendor.test")
	}
}

func restlessWithWebhook(t *testing.T) *Vendor {
	v := newVendor(t, Options{Seed: 3, Sessions: 50, Restless: 20, Webhook: true})
	v.Advance(v.Clock().Add(8 * oneDay))
	return v
}

func TestTheDeliveryLogTellsOfWhatHasAnEvent(t *testing.T) {
	v := restlessWithWebhook(t)
	type instant struct {
		session string
		second  int64
	}
	got := map[instant]map[string]bool{}
	for _, row := range deliveries(t, v, "?limit=500") {
		full := decode[deliveryRow](t, get(t, v, deliveriesPath(t, v)+row.UUID+"/").Body.Bytes())
		b := decode[sentBody](t, []byte(full.Body))
		if row.UUID != full.UUID || b.SessionID != row.SessionID || b.Type != row.Type || b.Timestamp != row.At.Unix() {
			t.Fatalf("row %+v, body %+v", row, b)
		}
		embedded := map[string]bool{"Approved": true, "Declined": true, "In Review": true, "Abandoned": true}[b.Status]
		if embedded != (b.Decision != nil) || embedded && (b.Decision.SessionID != b.SessionID || b.Decision.Status != b.Status) {
			t.Errorf("status %s, decision %+v", b.Status, b.Decision)
		}
		if (b.Status == "Resubmitted" && b.Type == "status.updated") != (b.Resubmit != nil) || b.Resubmit != nil && len(b.Resubmit.Nodes) == 0 {
			t.Errorf("status %s, resubmit_info %+v", b.Status, b.Resubmit)
		}
		k := instant{b.SessionID, b.CreatedAt}
		if got[k] == nil {
			got[k] = map[string]bool{}
		}
		got[k][strings.TrimSpace(b.Type+" "+b.Trigger)] = true
	}
	announced := map[string]int{}
	for _, e := range v.Events() {
		k := instant{e.SessionID, e.At.Unix()}
		want := wantMessages(v, e)
		if diff := cmp.Diff(want, got[k], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.Kind, diff)
		}
		if len(want) > 0 {
			announced[e.SessionID]++
		}
		delete(got, k)
	}
	if len(got) > 0 {
		t.Errorf("deliveries without an event: %v", got)
	}
	for _, s := range v.Truth() {
		if v.Announced(s.ID) != announced[s.ID] {
			t.Errorf("%s: %d changes announced, want %d", s.ID, v.Announced(s.ID), announced[s.ID])
		}
	}
}

// wantMessages are the type and trigger of what an event sends, as the vendor documents it.
func wantMessages(v *Vendor, e Event) map[string]bool {
	after, _ := v.TruthAt(e.SessionID, e.Revision)
	switch e.Kind {
	case "created", "deleted", "aml_rescored":
		return nil
	case "moved", "reviewed", "resubmit", "redone":
		return map[string]bool{"status.updated": true}
	case "company_renamed", "company_nature_edited":
		return map[string]bool{"data.updated console_registry_edit": true}
	case "aml_hit_added", "aml_hit_dropped", "aml_hit_swapped":
		want := map[string]bool{}
		if before, _ := v.TruthAt(e.SessionID, e.Revision-1); before.Status != after.Status {
			want["status.updated"] = true
		}
		if after.Kind == "user" {
			want["data.updated ongoing_monitoring"] = true
		}
		return want
	}
	return map[string]bool{"data.updated manual_review": true}
}

func TestAFailedDeliveryIsTriedAgain(t *testing.T) {
	v := restlessWithWebhook(t)
	rows := deliveries(t, v, "")
	for n := 1; n < len(rows); n++ {
		if rows[n].At.After(rows[n-1].At) {
			t.Fatalf("row %d is newer than the one before", n)
		}
	}
	tries := map[string][]deliveryRow{}
	for n := len(rows) - 1; n >= 0; n-- {
		b := decode[sentBody](t, []byte(decode[deliveryRow](t, get(t, v, deliveriesPath(t, v)+rows[n].UUID+"/").Body.Bytes()).Body))
		tries[b.EventID] = append(tries[b.EventID], rows[n])
	}
	again, dropped, timeouts := 0, 0, 0
	for id, rs := range tries {
		for n, r := range rs {
			code := 0
			if r.Code == nil {
				timeouts++
			} else {
				code = *r.Code
			}
			if (r.Status == "success") != (code == 200) || r.URL == "" || (code == 0) != (r.Millis == 5000) {
				t.Errorf("odd row %+v", r)
			}
			passing := code >= 500 || code == 404 || code == 0
			if n < len(rs)-1 && !passing {
				t.Errorf("%s: tried again after %d", id, code)
			}
			if n > 0 {
				wait := r.At.Sub(rs[0].At)
				if want := []time.Duration{0, time.Minute, 4 * time.Minute}[n]; wait < want || wait > want+20*time.Second {
					t.Errorf("%s: try %d after %v", id, n, wait)
				}
				again++
			}
			if n == 2 && code != 200 {
				dropped++
			}
		}
	}
	if again < 20 || dropped < 2 || timeouts == 0 {
		t.Errorf("of %d messages: %d further tries, %d dropped, %d timeouts", len(tries), again, dropped, timeouts)
	}
	if len(rows) == len(tries) {
		t.Error("an attempt should be a row of its own")
	}
}

func TestDeliveryPagesAndDays(t *testing.T) {
	v := restlessWithWebhook(t)
	all := deliveries(t, v, "?limit=1000")
	if small := deliveries(t, v, "?limit=7"); len(small) != len(all) || len(all) <= 100 {
		t.Errorf("%d rows in pages of 7, %d in one", len(small), len(all))
	}
	want := 0
	for _, r := range all {
		if d := r.At.Format(time.DateOnly); d >= "2026-11-03" && d <= "2026-11-04" {
			want++
		}
	}
	if got := len(deliveries(t, v, "?date_from=2026-11-03&date_to=2026-11-04")); got != want || want == 0 {
		t.Errorf("got %d rows of two days, want %d", got, want)
	}
	for _, q := range []string{"?date_from=3.11.2026", "?date_to=2026-11-31", "?limit=0", "?offset=x"} {
		if w := get(t, v, deliveriesPath(t, v)+q); w.Code != http.StatusBadRequest {
			t.Errorf("%s: got %d", q, w.Code)
		}
	}
	v.Advance(v.Clock().Add(2 * time.Second))
	for _, r := range deliveries(t, v, "") {
		if r.At.After(v.Clock()) {
			t.Errorf("a delivery of %s at %s", r.At, v.Clock())
		}
	}
}

func TestADeliveryIsKeptAsItWasSent(t *testing.T) {
	v := restlessWithWebhook(t)
	path := deliveriesPath(t, v)
	secret := decode[struct {
		Key     string         `json:"secret_shared_key"`
		Summary map[string]any `json:"summary"`
	}](t, get(t, v, strings.TrimSuffix(path, "deliveries/")).Body.Bytes())
	if len(secret.Key) != 43 || secret.Summary["total_deliveries"] == nil {
		t.Errorf("destination: %+v", secret)
	}
	was := map[string]string{}
	for _, r := range deliveries(t, v, "?limit=60") {
		was[r.UUID] = get(t, v, path+r.UUID+"/").Body.String()
	}
	v.Advance(v.Clock().Add(5 * oneDay))
	for id, b := range was {
		if now := get(t, v, path+id+"/").Body.String(); now != b {
			t.Fatalf("%s differs five days later", id)
		}
		full := decode[deliveryRow](t, []byte(b))
		h := decode[map[string]string](t, []byte(full.Header))
		m := hmac.New(sha256.New, []byte(secret.Key))
		m.Write([]byte(full.Body))
		if got, err := hex.DecodeString(h["X-Signature"]); err != nil || !bytes.Equal(got, m.Sum(nil)) {
			t.Errorf("%s: the signature does not fit", id)
		}
	}
}

func TestWhoMayReadDeliveries(t *testing.T) {
	off := newVendor(t, Options{Sessions: 20})
	if b := get(t, off, "/v3/webhook/destinations/").Body.String(); b != "[]" {
		t.Errorf("without a webhook: %s", b)
	}
	v := restlessWithWebhook(t)
	path := deliveriesPath(t, v)
	for _, c := range []struct {
		name, scope, path string
		v                 *Vendor
		code              int
		body              string
	}{
		{"full key", "", path, v, 200, `"results":[{"uuid"`},
		{"approved key", "approved", path, v, 403, `{"detail":`},
		{"workflow key", "workflow:1", path + newUUID(1).String() + "/", v, 403, `{"detail":`},
		{"without media", "no-media", path, v, 200, `"results":[{"uuid"`},
		{"unknown delivery", "", path + newUUID(1).String() + "/", v, 404, `{"detail":`},
		{"malformed delivery", "", path + "x/", v, 404, "<!doctype html>"},
		{"unknown destination", "", "/v3/webhook/destinations/" + newUUID(1).String() + "/deliveries/", v, 404, `{"detail":`},
		{"no destination at all", "", path, off, 404, `{"detail":`},
		{"missing slash", "", strings.TrimSuffix(path, "/"), v, 301, ""},
	} {
		if err := c.v.SetScope(c.scope); err != nil {
			t.Fatal(err)
		}
		if w := get(t, c.v, c.path); w.Code != c.code || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: got %d %.80s, want %d %s", c.name, w.Code, w.Body, c.code, c.body)
		}
	}
}
