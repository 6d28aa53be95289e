package extract

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kycsync/schemas"
)

const page = "%PDF-1.4\n(Nobody) Tj\n%%EOF\n"

func sendPDF(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/pdf")
	_, _ = w.Write([]byte(body))
}

func TestAPDFIsKeptAsReceived(t *testing.T) {
	for _, tc := range []struct {
		name string
		send func(w http.ResponseWriter)
	}{
		{"with its length", func(w http.ResponseWriter) { sendPDF(w, page) }},
		{"in chunks", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/pdf; charset=binary")
			_, _ = w.Write([]byte(page[:9]))
			w.(http.Flusher).Flush()
			_, _ = w.Write([]byte(page[9:]))
		}},
		{"packed", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write([]byte(page))
			_ = z.Close()
		}},
		{"after a failure that was longer", func() func(w http.ResponseWriter) {
			n := 0
			return func(w http.ResponseWriter) {
				if n++; n == 1 {
					sendPDF(w, "%PDF-"+strings.Repeat("x", 4096))
					return
				}
				sendPDF(w, page)
			}
		}()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v3/session/"+string(testID(1))+"/generate-pdf/" || !strings.HasPrefix(r.Header.Get("Accept"), "application/pdf") {
					t.Errorf("asked for %s as %s", r.URL, r.Header.Get("Accept"))
				}
				tc.send(w)
			}))
			p, err := c.PDF(t.Context(), testID(1), schemas.UserSession, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(p.Path)
			if string(got) != page || err != nil || p.Bytes != int64(len(page)) || p.SHA256 != sha256.Sum256([]byte(page)) || p.ObservedAt.IsZero() {
				t.Errorf("got %q, %+v, %v", got, p, err)
			}
			if c.Stats().Bytes < int64(len(page)) {
				t.Errorf("got %d bytes counted", c.Stats().Bytes)
			}
		})
	}
}

// What is no whole PDF is asked for again, and then given up as the affair of this session alone. No file stays.
func TestWhatIsNoPDF(t *testing.T) {
	for _, tc := range []struct {
		name     string
		send     func(w http.ResponseWriter)
		want     error
		attempts int64
	}{
		{"a page of HTML", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>Nobody</html>"))
		}, ErrNoAnswer, maxAttempts},
		{"HTML that says it is PDF", func(w http.ResponseWriter) { sendPDF(w, "<html>Nobody %%EOF</html>") }, ErrNoAnswer, maxAttempts},
		{"nothing", func(w http.ResponseWriter) { sendPDF(w, "") }, ErrNoAnswer, maxAttempts},
		{"without its end", func(w http.ResponseWriter) { sendPDF(w, page[:len(page)/2]) }, ErrNoAnswer, maxAttempts},
		{"with much behind its end", func(w http.ResponseWriter) { sendPDF(w, page+strings.Repeat(" ", pdfTail)) }, ErrNoAnswer, maxAttempts},
		{"shorter than its length", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(page)+1))
			sendPDF(w, page)
		}, ErrNoAnswer, maxAttempts},
		{"of unknown length", func(w http.ResponseWriter) {
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nConnection: close\r\n\r\n" + page)
			_ = buf.Flush()
			_ = conn.Close()
		}, ErrNoAnswer, maxAttempts},
		{"too large", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/pdf")
			for range maxPDFBytes>>20 + 1 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		}, ErrBodyTooLarge, 1},
		{"out of order", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, ErrNoAnswer, maxAttempts},
		{"deleted", func(w http.ResponseWriter) { sendJSON(w, 404, `{"detail":"Not found."}`) }, ErrGone, 1},
		{"unknown to the router", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
		}, ErrStatus, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/generate-pdf/") {
					tc.send(w)
					return
				}
				sendJSON(w, 200, `{"count":0,"next":null,"results":[]}`) // the vendor answers other requests
			}))
			dir := t.TempDir()
			_, err := c.PDF(t.Context(), testID(1), schemas.UserSession, dir)
			if !errors.Is(err, tc.want) || !OfSession(err) || c.Stats().PDFs != tc.attempts {
				t.Errorf("got %v (of the session: %v) after %d attempts, want %v after %d", err, OfSession(err), c.Stats().PDFs, tc.want, tc.attempts)
			}
			if err != nil {
				clean(t, err.Error())
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("%d files stay", len(left))
			}
		})
	}
}

// A refusal is about the status, or about the permission, or about the key: the decision tells.
func TestWhyAPDFIsRefused(t *testing.T) {
	status := func(s string) string { return fmt.Sprintf(`{"session_id":%q,"status":%q,"x":"Nobody"}`, testID(1), s) }
	for _, tc := range []struct {
		name      string
		kind      schemas.SessionKind
		code      int
		decision  string
		want      error
		ofSession bool
	}{
		{"it was sent back to the applicant since", schemas.UserSession, 200, status("Resubmitted"), ErrIneligible, true},
		{"a business that expired", schemas.BusinessSession, 200, status("Kyc Expired"), ErrIneligible, true},
		{"a person who expired", schemas.UserSession, 200, status("Kyc Expired"), ErrForbidden, true},
		{"it is approved, and the key may not", schemas.UserSession, 200, status("Approved"), ErrForbidden, true},
		{"a decision without a status", schemas.UserSession, 200, `{}`, ErrForbidden, true},
		{"the decision is gone meanwhile", schemas.UserSession, 404, `{"detail":"Not found."}`, ErrGone, true},
		{"the key is good for nothing", schemas.UserSession, 403, `{"detail":"Authentication credentials were not provided or are invalid."}`, ErrUnauthorized, false},
		{"the key has ended", schemas.UserSession, 401, `{}`, ErrUnauthorized, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/generate-pdf/") {
					sendJSON(w, 403, `{"detail":"Nobody may say why."}`)
					return
				}
				sendJSON(w, tc.code, tc.decision)
			}))
			_, err := c.PDF(t.Context(), testID(1), tc.kind, t.TempDir())
			if !errors.Is(err, tc.want) || OfSession(err) != tc.ofSession || c.Stats().PDFs != 1 {
				t.Errorf("got %v (of the session: %v), want %v (%v)", err, OfSession(err), tc.want, tc.ofSession)
			}
			clean(t, err.Error())
		})
	}
}

func TestAPDFNeedsAnIDAsTheRouterSpellsIt(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked for") }))
	for _, id := range []schemas.SessionID{"", "../users", schemas.SessionID(strings.ToUpper(string(testID(10))))} {
		if _, err := c.PDF(t.Context(), id, schemas.UserSession, t.TempDir()); err == nil {
			t.Errorf("%q: want an error", id)
		}
	}
}

// A vendor that renders for 50 s is waited for, and one that hangs is not.
func TestAPDFMayTakeItsTime(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		for after, want := range map[time.Duration]error{50 * time.Second: nil, 70 * time.Second: ErrUnavailable} {
			c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				if err := sleep(r.Context(), after); err != nil {
					return nil, r.Context().Err()
				}
				resp := canned(200, page)
				resp.Header.Set("Content-Type", "application/pdf")
				return resp, nil
			}), 0)
			_, err := c.PDF(t.Context(), testID(1), schemas.UserSession, t.TempDir())
			if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), "within 1m0s") {
				t.Errorf("after %v: got %v, want %v", after, err, want)
			}
		}
	})
}
