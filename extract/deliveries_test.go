package extract

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A webhookLog serves two destinations; the first has rows, newest first.
type webhookLog struct {
	t    *testing.T
	rows []string
	grow func() string // a row that is new before each request; nil: none
	asks []string
}

func (l *webhookLog) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	l.asks = append(l.asks, fmt.Sprintf("%s from %s", r.URL.Path, q.Get("date_from")))
	switch r.URL.Path {
	case "/v3/webhook/destinations/":
		return canned(200, fmt.Sprintf(`[{"uuid":%q,"enabled":false},{"uuid":%q,"enabled":true},{"uuid":"x"}]`, testID(1), testID(2))), nil
	case "/v3/webhook/destinations/" + string(testID(2)) + "/deliveries/":
		return canned(200, `{"count":0,"next":null,"previous":null,"results":[]}`), nil
	case "/v3/webhook/destinations/" + string(testID(1)) + "/deliveries/":
	default:
		l.t.Errorf("asked for %s", r.URL)
	}
	if l.grow != nil {
		l.rows = append([]string{l.grow()}, l.rows...)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	n, next := len(l.rows), "null"
	if offset+limit < n {
		next = `"https://elsewhere.example/"`
	}
	page := l.rows[min(offset, n):min(offset+limit, n)]
	return canned(200, fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, min(n, boundedCount), next, strings.Join(page, ","))), nil
}

var logStart = time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)

// logRow is a delivery n minutes after logStart.
func logRow(n int, session, kind, response string) string {
	return fmt.Sprintf(`{"uuid":%q,"session_id":%s,"request_url":"https://example.org/","response_status":%s,"status":"x","webhook_type":%q,"created_at":%q}`,
		testID(1_000_000+n), session, response, kind, logStart.Add(time.Duration(n)*time.Minute).Format("2006-01-02T15:04:05.000000Z"))
}

func quoted(n int) string { return strconv.Quote(string(testID(n))) }

func (l *webhookLog) client() *Client {
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: 10, Transport: l})
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func TestDeliveriesSinceAnInstant(t *testing.T) {
	l := &webhookLog{t: t, rows: []string{
		logRow(12, quoted(3), "status.updated", "200"), // sent again by hand
		logRow(10, quoted(3), "status.updated", "503"), // retry
		logRow(10, quoted(3), "status.updated", "503"), // the same attempt
		logRow(9, "null", "transaction.created", "200"),
		logRow(8, `"Nobody"`, "user.data.updated", "200"),
		logRow(7, strings.ToUpper(quoted(4)), "data.updated", "null"),
		`null`,
		logRow(6, quoted(3), "status.updated", `"204"`),
		logRow(4, quoted(5), "status.updated", "299"),
		logRow(3, quoted(6), "status.updated", "200"),
	}}
	at := func(n int) time.Time { return logStart.Add(time.Duration(n) * time.Minute) }
	got, err := l.client().Deliveries(t.Context(), at(4).In(time.FixedZone("", -7200)))
	want := []Delivery{
		{testID(3), "status.updated", at(12), true},
		{testID(3), "status.updated", at(10), false},
		{testID(4), "data.updated", at(7), false},
		{testID(3), "status.updated", at(6), false},
		{testID(5), "status.updated", at(4), true},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, deliveries (-want +got):\n%s", err, diff)
	}
	wantAsks := []string{
		"/v3/webhook/destinations/ from ",
		"/v3/webhook/destinations/" + string(testID(1)) + "/deliveries/ from 2026-11-20",
		"/v3/webhook/destinations/" + string(testID(2)) + "/deliveries/ from 2026-11-20",
	}
	if diff := cmp.Diff(wantAsks, l.asks); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// The log grows while it is read, and is longer than the vendor counts. Each row comes once, and the
// rows before the instant are not read to their end.
func TestDeliveriesOfALogThatGrows(t *testing.T) {
	l := &webhookLog{t: t}
	for n := range 1000 {
		l.rows = append([]string{logRow(n, quoted(n), "status.updated", "200")}, l.rows...)
	}
	l.grow = func() string { return logRow(len(l.rows), quoted(len(l.rows)), "status.updated", "200") }
	got, err := l.client().Deliveries(t.Context(), logStart.Add(800*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for _, d := range got {
		seen[int(d.CreatedAt.Sub(logStart)/time.Minute)]++
	}
	for n := 800; n < 1000; n++ {
		if seen[n] != 1 {
			t.Errorf("delivery %d came %d times", n, seen[n])
		}
	}
	if len(l.asks) > 40 || seen[799] > 0 {
		t.Errorf("%d requests for 200 deliveries of 1000, before the instant %d", len(l.asks), seen[799])
	}
	whole, err := (&webhookLog{t: t, rows: l.rows}).client().Deliveries(t.Context(), time.Time{})
	if err != nil || len(whole) != len(l.rows) {
		t.Errorf("got %d, %v, want all %d", len(whole), err, len(l.rows))
	}
}

func TestLogThatTheKeyMayNotRead(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		for _, path := range []string{"/v3/webhook/destinations/", "/v3/webhook/destinations/" + string(testID(1)) + "/deliveries/"} {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == path {
					sendJSON(w, status, `{"detail":"You do not have permission."}`)
					return
				}
				sendJSON(w, 200, fmt.Sprintf(`[{"uuid":%q}]`, testID(1)))
			}))
			got, err := c.Deliveries(t.Context(), logStart)
			if got != nil || !errors.Is(err, ErrForbidden) || errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrGone) || OfSession(err) {
				t.Errorf("%d at %s: got %v, %v, want %v", status, path, got, err, ErrForbidden)
			}
		}
	}
}

func TestNoDestinationIsNoDelivery(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sendJSON(w, 200, ` [ ] `) }))
	if got, err := c.Deliveries(t.Context(), logStart); got != nil || err != nil || c.Stats().Deliveries != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	c, _ = dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sendJSON(w, 200, `{"results":[]}`) }))
	if _, err := c.Deliveries(t.Context(), logStart); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want %v", err, ErrMalformed)
	}
}
