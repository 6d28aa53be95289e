package extract

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"kycsync/schemas"
)

// A feedServer serves an activity feed, oldest row first, that change may alter before a request.
type feedServer struct {
	t        *testing.T
	rows     []string
	count    func(int) int // of the rows there are; nil: exact
	change   func(f *feedServer, request int)
	requests int
}

func feedRow(n int) string {
	return fmt.Sprintf(`{ "uuid":%q,"activity_type":"COMMENT","comment":"no. %d", "x":1.0}`, testID(n), n)
}

func (f *feedServer) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if r.URL.Path != "/v3/sessions/"+string(testID(1))+"/reviews/" || q.Get("ordering") != "created_at" {
		f.t.Errorf("asked for %s", r.URL)
	}
	if f.requests++; f.change != nil {
		f.change(f, f.requests)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	n, next := len(f.rows), "null"
	if offset+limit < n {
		next = `"https://elsewhere.example/"`
	}
	page := f.rows[min(offset, n):min(offset+limit, n)]
	if f.count != nil {
		n = f.count(n)
	}
	return canned(200, fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, n, next, strings.Join(page, ", "))), nil
}

func newFeed(t *testing.T, n int) *feedServer {
	f := &feedServer{t: t}
	for i := range n {
		f.rows = append(f.rows, feedRow(i))
	}
	return f
}

// activity asks for the feed of session 1 in pages of ten.
func (f *feedServer) activity() (schemas.Document, error) {
	c, err := New(Config{BaseURL: "http://localhost", Key: NewSecret("key-of-nobody"), PageSize: 10, Transport: f})
	if err != nil {
		f.t.Fatal(err)
	}
	NoBackoff(c)
	return c.Activity(f.t.Context(), testID(1))
}

func TestActivityIsTheWholeFeedAsReceived(t *testing.T) {
	for n, requests := range map[int]int{0: 1, 1: 1, 10: 1, 11: 2, 60: 9} {
		f := newFeed(t, n)
		doc, err := f.activity()
		want := `{"results":[` + strings.Join(f.rows, ",") + `]}`
		if err != nil || string(doc.Body) != want || doc.Kind != schemas.Activity || doc.ID != string(testID(1)) || doc.ObservedAt.IsZero() {
			t.Errorf("%d rows: got %v, %.200s\nwant %.200s", n, err, doc.Body, want)
		}
		if f.requests != requests {
			t.Errorf("%d rows: %d requests, want %d", n, f.requests, requests)
		}
	}
}

func TestActivityThatChangesWhileItIsRead(t *testing.T) {
	t.Run("rows come", func(t *testing.T) {
		f := newFeed(t, 35)
		f.change = func(f *feedServer, _ int) { f.rows = append(f.rows, feedRow(len(f.rows))) }
		doc, err := f.activity()
		if want := `{"results":[` + strings.Join(f.rows, ",") + `]}`; err != nil || string(doc.Body) != want {
			t.Errorf("got %v, %s\nwant %s", err, doc.Body, want)
		}
	})
	t.Run("rows go", func(t *testing.T) {
		f := newFeed(t, 35)
		f.change = func(f *feedServer, request int) {
			if request == 2 {
				f.rows = f.rows[8:]
			}
		}
		doc, err := f.activity()
		if got := strings.Count(string(doc.Body), "uuid"); err != nil || got != 35 {
			t.Errorf("got %d rows, %v, want the 35 that were there", got, err)
		}
	})
}

func TestRowsOfAFeedAreKeptWhateverTheyAre(t *testing.T) {
	f := &feedServer{t: t, rows: []string{feedRow(1), feedRow(1), `null`, `{"uuid":7}`, `{}`}}
	doc, err := f.activity()
	if want := `{"results":[` + strings.Join(f.rows, ",") + `]}`; err != nil || string(doc.Body) != want {
		t.Errorf("got %s, %v\nwant %s", doc.Body, err, want)
	}
}

func TestActivityThatCannotBeHad(t *testing.T) {
	big := fmt.Sprintf(`{"uuid":%q,"comment":"%s"}`, testID(1), strings.Repeat("x", maxDecisionBytes))
	for _, tc := range []struct {
		name string
		feed *feedServer
		want error
	}{
		{"less rows than the count says", &feedServer{rows: []string{feedRow(1)}, count: func(n int) int { return n + 1 }}, ErrMalformed},
		{"rows in another order each time", &feedServer{rows: newFeed(t, 90).rows, change: func(f *feedServer, n int) { f.rows = newFeed(t, 90*n).rows[90*(n-1):] }}, ErrMalformed},
		{"more than a document may hold", &feedServer{rows: []string{big}}, ErrBodyTooLarge},
	} {
		inBubble(t, tc.name, func(t *testing.T) {
			tc.feed.t = t
			_, err := tc.feed.activity()
			if !errors.Is(err, tc.want) || !OfSession(err) || !strings.Contains(err.Error(), "activity of session "+string(testID(1))) {
				t.Errorf("got %v (of the session: %v), want %v", err, OfSession(err), tc.want)
			}
		})
	}
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sendJSON(w, 404, `{"detail":"No Session matches the given query."}`)
	}))
	if _, err := c.Activity(t.Context(), testID(1)); !errors.Is(err, ErrGone) || !OfSession(err) || c.Stats().Activities != 1 {
		t.Errorf("got %v, want %v", err, ErrGone)
	}
	if _, err := c.Activity(t.Context(), "../users"); err == nil || c.Stats().Activities != 1 {
		t.Errorf("got %v, want an error without a request", err)
	}
}
