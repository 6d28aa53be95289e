package extract

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kycsync/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const canary = "canary-key-4711"

// dial returns a client of a server on loopback that has no limit and loses no time between
// attempts. What it logs and every error that the test hands to clean must not hold the key.
func dial(t *testing.T, h http.Handler) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	var logged bytes.Buffer
	c, err := New(Config{BaseURL: srv.URL, Key: NewSecret(canary), Log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	c.backoff = func(int) time.Duration { return 0 }
	t.Cleanup(func() {
		c.Close()
		srv.Close()
		clean(t, logged.String())
	})
	return c, srv
}

func clean(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{canary, "Nobody"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands in %q", secret, text)
		}
	}
}

// anyone is a decision with a person in it who must not turn up in an error.
func anyone(id schemas.SessionID) string {
	return fmt.Sprintf(`{"session_id":%q,"id_verifications":[{"first_name":"Nobody"}]}`, id)
}

func sendJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// wantError asks for the decision of session 1 and holds the error against what is wanted.
func wantError(t *testing.T, c *Client, want error, attempts int64, ofSession bool) error {
	t.Helper()
	_, err := c.Decision(t.Context(), testID(1))
	if !errors.Is(err, want) || OfSession(err) != ofSession {
		t.Errorf("got %v (of the session: %v), want %v (%v)", err, OfSession(err), want, ofSession)
	}
	if got := c.Stats().Decisions; got != attempts {
		t.Errorf("got %d attempts, want %d", got, attempts)
	}
	if err != nil {
		clean(t, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	return err
}

func TestKeyDoesNotFollowRedirectsAndLinks(t *testing.T) {
	var stolen atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stolen.Add(1)
		sendJSON(w, 200, anyone(testID(1)))
	}))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, thief.URL+"/path?token=x", status)
			}))
			err := wantError(t, c, ErrRedirect, 1, false)
			if host := strings.TrimPrefix(thief.URL, "http://"); !strings.HasSuffix(err.Error(), host+" (attempt 1)") {
				t.Errorf("got %v, want the target's host %s and no more of it", err, host)
			}
		})
	}
	t.Run("next", func(t *testing.T) {
		var paths []string
		c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.String())
			next := fmt.Sprintf("%q", thief.URL+"/v3/sessions/?offset=1")
			if len(paths) > 1 {
				next = "null"
			}
			sendJSON(w, 200, fmt.Sprintf(`{"count":2,"next":%s,"results":[{"uuid":%q},{"uuid":%q}]}`, next, testID(1), testID(len(paths))))
		}))
		docs, err := c.Workflows(t.Context())
		if err != nil || len(docs) != 2 {
			t.Errorf("got %d workflows, %v, want 2", len(docs), err)
		}
		if want := "[/v3/workflows/?limit=200&offset=0 /v3/workflows/?limit=200&offset=2]"; fmt.Sprint(paths) != want {
			t.Errorf("got %v, want %s", paths, want)
		}
	})
	if n := stolen.Load(); n != 0 {
		t.Errorf("another host got %d requests, want none", n)
	}
}

func TestPinRefusesOtherHosts(t *testing.T) {
	c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent to %s with key %q", r.URL, r.Header.Get("X-Api-Key"))
		return nil, io.EOF
	}), 0)
	for _, url := range []string{"http://127.0.0.1:2/", "https://127.0.0.1:1/", "http://example.org/", "http://u@127.0.0.1:1/", "http://127.0.0.1:1.example.org/"} {
		req, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			continue
		}
		if _, err := c.pin.RoundTrip(req); !errors.Is(err, ErrRedirect) {
			t.Errorf("%s: got %v, want %v", url, err, ErrRedirect)
		}
	}
}

func TestRefusedKeyEndsTheRunAtOnce(t *testing.T) {
	for _, status := range []int{401, 403} {
		for good := range 5 {
			t.Run(fmt.Sprintf("%d after %d", status, good), func(t *testing.T) {
				var n atomic.Int64
				c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1) > int64(good) {
						sendJSON(w, status, `{"detail":"You do not have permission."}`)
						return
					}
					sendJSON(w, 200, `{}`)
				}))
				c.workers = 1
				fetched := 0
				var last error
				for _, err := range c.Fetch(t.Context(), testTasks(100)) {
					if last = err; err == nil {
						fetched++
					}
				}
				if fetched != good || !errors.Is(last, ErrUnauthorized) || n.Load() != int64(good)+1 {
					t.Errorf("got %d fetched, %v after %d requests, want %d fetched and an end", fetched, last, n.Load(), good)
				}
				want := fmt.Sprintf("decision of session %s: the vendor refused the key (%d) (request %d of this run)", testID(good), status, good+1)
				if last.Error() != want {
					t.Errorf("got %q\nwant %q", last, want)
				}
			})
		}
	}
}

func TestFaultsOfTheWire(t *testing.T) {
	id := testID(1)
	zeros := bytes.Repeat([]byte{' '}, 1<<20)
	raw := func(w http.ResponseWriter, text string, reset bool) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, text)
		if reset {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		_ = conn.Close()
	}
	for _, tc := range []struct {
		name      string
		serve     http.HandlerFunc
		want      error
		attempts  int64
		ofSession bool
	}{
		{"reset in the middle of a body", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"+anyone(id), true)
		}, ErrUnavailable, 6, false},
		{"body shorter than announced", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"+anyone(id), false)
		}, ErrUnavailable, 6, false},
		{"body that ends with the connection", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"+anyone(id), false)
		}, ErrUnknownLength, 6, false},
		{"HTTP/1.0", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"+anyone(id), false)
		}, ErrUnknownLength, 6, false},
		{"chunks that break off", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false)
		}, ErrUnavailable, 6, false},
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, ErrUnavailable, 6, false},
		{"500 with a page", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "<html>Nobody</html>")
		}, ErrUnavailable, 6, false},
		{"200 with a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>Nobody</html>")
		}, ErrUnavailable, 6, false},
		{"404 in JSON", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 404, `{"detail":"Session not found."}`) }, ErrGone, 1, true},
		{"404 with a page", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
		}, ErrStatus, 1, true},
		{"404 that says JSON and is none", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 404, `<html>`) }, ErrStatus, 1, true},
		{"400", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 400, `{"name":["Nobody"]}`) }, ErrStatus, 1, true},
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, ErrStatus, 1, true},
		{"another session", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 200, anyone(testID(2))) }, ErrMalformed, 1, true},
		{"body over 8 MiB", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 9 {
				_, _ = w.Write(zeros)
			}
		}, ErrBodyTooLarge, 1, true},
		{"gzip bomb of 256 MiB", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 256 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			_ = z.Close()
		}, ErrBodyTooLarge, 1, true},
		{"gzip that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, anyone(id))
			_ = z.Close()
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(b.Bytes()[:b.Len()-9])
		}, ErrUnavailable, 6, false},
		{"unknown encoding", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			sendJSON(w, 200, `{}`)
		}, ErrUnavailable, 6, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := dial(t, tc.serve)
			t.Log(wantError(t, c, tc.want, tc.attempts, tc.ofSession))
		})
	}
}

func TestGoodAnswers(t *testing.T) {
	want := anyone(testID(1))
	for name, serve := range map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 200, want) },
		"charset": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, want)
		},
		"chunked": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, want[:10])
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, want[10:])
		},
		"gzip": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				panic("gzip was not asked for")
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, want)
			_ = z.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := dial(t, serve)
			for range 2 { // the second meets a used gzip reader and connection
				doc, err := c.Decision(t.Context(), testID(1))
				if err != nil || string(doc.Body) != want || doc.ID != string(testID(1)) || doc.Kind != schemas.Decision || doc.ObservedAt.Location() != time.UTC {
					t.Errorf("got %+v, %v, want the body as sent", doc, err)
				}
			}
		})
	}
}

func TestRetryUntilGood(t *testing.T) {
	var n atomic.Int64
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			w.WriteHeader(502)
		case 2:
			sendJSON(w, 200, anyone(testID(1))[:40])
		case 3:
			panic(http.ErrAbortHandler)
		default:
			sendJSON(w, 200, anyone(testID(1)))
		}
	}))
	doc, err := c.Decision(t.Context(), testID(1))
	if err != nil || string(doc.Body) != anyone(testID(1)) {
		t.Errorf("got %q, %v, want the whole body", doc.Body, err)
	}
	if got := c.Stats().Retries; got < 2 || got > 3 { // Go's transport may hide the third
		t.Errorf("got %d retries, want 2 or 3", got)
	}
}

// A body that never becomes JSON is the reader's to refuse, so that one bad document does not end
// the night.
func TestBodyThatStaysBrokenIsHandedOn(t *testing.T) {
	cut := anyone(testID(1))[:60]
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sendJSON(w, 200, cut) }))
	doc, err := c.Decision(t.Context(), testID(1))
	if err != nil || string(doc.Body) != cut || c.Stats().Decisions != maxAttempts {
		t.Errorf("got %q, %v after %d attempts, want what was sent, after 6", doc.Body, err, c.Stats().Decisions)
	}
}

func TestSessionThatNeverAnswersIsSetAside(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, string(testID(3))):
			w.WriteHeader(500)
		case r.URL.Path == "/v3/sessions/":
			sendJSON(w, 200, `{"count":0,"next":null,"results":[]}`)
		default:
			sendJSON(w, 200, `{}`)
		}
	}))
	good := 0
	for f, err := range c.Fetch(t.Context(), testTasks(4)) {
		if err == nil {
			good++
		} else if !errors.Is(err, ErrNoAnswer) || !OfSession(err) || f.Task.ID != testID(3) {
			t.Errorf("%s: got %v, want %v for the last", f.Task.ID, err, ErrNoAnswer)
		}
	}
	if s := c.Stats(); good != 3 || s.Decisions != 3+maxAttempts || s.Pages != 1 {
		t.Errorf("got %d good and %+v, want 3, six attempts at the last and one look at the list", good, s)
	}
}

func TestRetriesOfARunAreBounded(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }))
	for i := range 30 {
		if _, err := c.Decision(t.Context(), testID(i)); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("got %v, want %v", err, ErrUnavailable)
		}
	}
	if s := c.Stats(); s.Retries != minRetries || s.Decisions != 30+minRetries {
		t.Errorf("got %d retries of %d requests, want 100 and one request each", s.Retries, s.Decisions)
	}
}

func TestCertificates(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	defer srv.Close()
	c, err := New(Config{BaseURL: srv.URL, Key: NewSecret(canary)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Log(wantError(t, c, ErrTLS, 1, false))
	if tr := newTransport(1); tr.Proxy != nil || tr.TLSClientConfig.MinVersion < 0x0303 {
		t.Error("want no proxy from the environment, and TLS 1.2 or newer")
	}
}

// A connection that breaks before the answer makes Go's transport send the request again by
// itself. The vendor counts both, so the window must.
func TestResentRequestsFillTheWindow(t *testing.T) {
	var seen, answered atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := seen.Add(1); n%2 == 0 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		answered.Add(1)
		sendJSON(w, 200, `{}`)
	}))
	defer srv.Close()
	c, err := New(Config{BaseURL: srv.URL, Key: NewSecret(canary), PerMinute: 60_000})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.backoff = func(int) time.Duration { return 0 }
	for i := range 10 {
		if _, err := c.Decision(t.Context(), testID(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(c.pace.cooling); got != int(seen.Load()) || c.Stats().Decisions >= seen.Load() {
		t.Errorf("the window holds %d requests, the server saw %d (%d by the client's count), want equal and some resent", got, seen.Load(), c.Stats().Decisions)
	}
}

func TestFetchStopsWithItsReader(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sendJSON(w, 200, `{}`) }))
	n := 0
	for range c.Fetch(t.Context(), testTasks(1000)) {
		if n++; n == 10 {
			break
		}
	}
	if got := c.Stats().Decisions; got > 10+2*int64(c.workers) {
		t.Errorf("%d requests for 10 that were read", got)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	var last error
	defer cancel(nil)
	stop := errors.New("stop")
	for _, err := range c.Fetch(ctx, testTasks(1000)) {
		cancel(stop)
		last = err
	}
	if !errors.Is(last, stop) {
		t.Errorf("got %v, want the cause of the cancellation", last)
	}
}

func TestFetchGoesOnAfterWhatConcernsOneSession(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "3-") {
			sendJSON(w, 404, `{"detail":"Not found."}`)
			return
		}
		sendJSON(w, 200, `{}`)
	}))
	var good, gone int
	for f, err := range c.Fetch(t.Context(), testTasks(64)) {
		switch {
		case errors.Is(err, ErrGone) && strings.Contains(string(f.Task.ID), "3-"):
			gone++
		case err == nil && f.Document.ID == string(f.Task.ID):
			good++
		default:
			t.Errorf("%+v: %v", f.Task, err)
		}
	}
	if good != 60 || gone != 4 {
		t.Errorf("got %d good and %d gone, want 60 and 4", good, gone)
	}
}
