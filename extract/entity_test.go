package extract

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kycsync/schemas"
)

// hostileNames are what customers, or their users, may have called somebody.
var hostileNames = []string{
	"user-17", "ada@example.org", "a+b", "a/b", "../businesses/x", "..%2f", "/", "//", "a//b", "?limit=1", "a?b#c", "#", "%", "%2e%2e", "100%",
	" ", "a b", "\x00", "a\x00b", "line\r\nX-Api-Key: x", "cliente/ñ", "日本", "\U0001F600", "\xff\xfe", `"`, `\`, "...", "a;b,c:d&e=f", "[x]", "~", strings.Repeat("x", 4000),
}

func TestFreeTextIsOneSegmentOfThePath(t *testing.T) {
	for _, base := range []string{"", "/didit"} {
		var asked *http.Request
		_, srv := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r
			sendJSON(w, 200, fmt.Sprintf(`{"didit_internal_id":%q}`, testID(1)))
		}))
		c, err := New(Config{BaseURL: srv.URL + base, Key: NewSecret(canary)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, name := range hostileNames {
			doc, err := c.User(t.Context(), name)
			if err != nil || doc.ID != string(testID(1)) || doc.Kind != schemas.User {
				t.Errorf("%q: got %+v, %v", name, doc, err)
				continue
			}
			segment, ok := strings.CutPrefix(asked.RequestURI, base+"/v3/users/")
			segment, end := strings.CutSuffix(segment, "/")
			got, err := url.PathUnescape(segment)
			if !ok || !end || err != nil || got != name || strings.ContainsAny(segment, "/?#") {
				t.Errorf("%q was asked for as %q", name, asked.RequestURI)
			}
		}
	}
}

func TestWhatNoPathCanNameIsNotAskedFor(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) }))
	for _, name := range []string{"", ".", ".."} {
		_, userErr := c.User(t.Context(), name)
		_, businessErr := c.Business(t.Context(), name)
		_, transactionErr := c.Transaction(t.Context(), name)
		for what, err := range map[string]error{"user": userErr, "business": businessErr, "transaction": transactionErr} {
			if !errors.Is(err, ErrUnaddressable) || !OfSession(err) || err.Error() != what+": no path can name it" {
				t.Errorf("%q: got %v, want %v", name, err, ErrUnaddressable)
			}
		}
	}
	if _, err := c.Transaction(t.Context(), "../users/ada"); !errors.Is(err, ErrUnaddressable) {
		t.Errorf("got %v, want %v", err, ErrUnaddressable)
	}
}

func TestDetailsAndWhatMayBeWrongWithThem(t *testing.T) {
	id := string(testID(1))
	for _, tc := range []struct {
		name, asked string
		status      int
		body        string
		want        error // nil: the body is handed on
	}{
		{"good", "Nobody", 200, `{"didit_internal_id":"` + id + `","vendor_data":"Nobody"}`, nil},
		{"another case", "Nobody ", 200, `{"didit_internal_id":"` + strings.ToUpper(id) + `","vendor_data":"nobody"}`, nil},
		{"nothing to compare", "Nobody", 200, `{"didit_internal_id":"` + id + `"}`, nil},
		{"broken off behind the id", "Nobody", 200, `{"didit_internal_id":"` + id + `","vendor_data":"Nobo`, nil},
		{"another user", "Nobody/../x", 200, `{"didit_internal_id":"` + id + `","vendor_data":"x"}`, ErrMalformed},
		{"no id", "Nobody", 200, `{"vendor_data":"Nobody"}`, ErrMalformed},
		{"id twice", "Nobody", 200, `{"didit_internal_id":"` + id + `","didit_internal_id":"` + id + `"}`, ErrMalformed},
		{"an array", "Nobody", 200, `[]`, ErrMalformed},
		{"broken off", "Nobody", 200, `{"vendor_data":"Nobody"`, ErrMalformed},
		{"unknown", "Nobody", 404, `{"detail":"Not found."}`, ErrGone},
		{"unknown to the router", "Nobody", 404, `<html>`, ErrStatus},
		{"a route of its own", "delete", 405, `{"detail":"Method \"GET\" not allowed."}`, ErrStatus},
		{"too long", "Nobody", 414, ``, ErrStatus},
		{"never an answer", "Nobody", 500, ``, ErrNoAnswer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v3/sessions/" {
					sendJSON(w, 200, `{"count":0,"next":null,"results":[]}`)
					return
				}
				sendJSON(w, tc.status, tc.body)
			}))
			for _, ask := range []func() (schemas.Document, error){
				func() (schemas.Document, error) { return c.User(t.Context(), tc.asked) },
				func() (schemas.Document, error) { return c.Business(t.Context(), tc.asked) },
			} {
				doc, err := ask()
				if !errors.Is(err, tc.want) || tc.want != nil && !OfSession(err) {
					t.Errorf("got %v (of the user: %v), want %v", err, OfSession(err), tc.want)
				}
				if err == nil && (doc.ID != id || string(doc.Body) != tc.body || doc.ObservedAt.IsZero()) {
					t.Errorf("got %+v, want the body as sent", doc)
				}
				if err != nil {
					clean(t, fmt.Sprintf("%v %+v %#v", err, err, err))
				}
			}
		})
	}
}

func TestTransaction(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v3/transactions/"+string(testID(10))+"/" {
			sendJSON(w, 200, fmt.Sprintf(`{"uuid":%q}`, testID(10)))
			return
		}
		sendJSON(w, 200, fmt.Sprintf(`{"parties":[{"uuid":"x"}],"uuid":%q}`, testID(10)))
	}))
	doc, err := c.Transaction(t.Context(), strings.ToUpper(string(testID(10))))
	if err != nil || doc.ID != string(testID(10)) || doc.Kind != schemas.Transaction {
		t.Errorf("got %+v, %v", doc, err)
	}
	if _, err := c.Transaction(t.Context(), string(testID(11))); !errors.Is(err, ErrMalformed) || !OfSession(err) {
		t.Errorf("got %v, want that it is another", err)
	}
}

// A firewall that takes a free text for an attack, or a router that would tidy it, answers like a
// vendor that refuses the key or has moved. If the key is good for the list, it is the text.
func TestRefusedTextIsNoRefusedKey(t *testing.T) {
	for _, tc := range []struct {
		name, asked string
		answer      http.HandlerFunc
		keyIsGood   bool
		want        error
	}{
		{"firewall", "<script>", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 403, `{}`) }, true, ErrNoAnswer},
		{"router", "a//b", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v3/users/a/b/", http.StatusMovedPermanently)
		}, true, ErrNoAnswer},
		{"key", "<script>", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 403, `{}`) }, false, ErrUnauthorized},
		{"key, and a text that needs no escapes", "user-17", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, 403, `{}`) }, true, ErrUnauthorized},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path != "/v3/sessions/":
					tc.answer(w, r)
				case tc.keyIsGood:
					sendJSON(w, 200, `{"count":0,"next":null,"results":[]}`)
				default:
					sendJSON(w, 403, `{}`)
				}
			}))
			_, err := c.User(t.Context(), tc.asked)
			if !errors.Is(err, tc.want) || OfSession(err) != (tc.want == ErrNoAnswer) || errors.Is(err, ErrUnauthorized) != (tc.want == ErrUnauthorized) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if strings.Contains(err.Error(), tc.asked) {
				t.Errorf("the text stands in %q", err)
			}
		})
	}
}

// Whatever the name, the request goes to one segment below the list, which says the name again.
func FuzzNameInAPath(f *testing.F) {
	for _, name := range append(hostileNames, "", ".", "..") {
		f.Add(name)
	}
	base, err := parseBase("https://vendor.example/didit")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		a := businesses.ask(name)
		if a.path == "" {
			if name != "" && name != "." && name != ".." {
				t.Fatalf("%q is not asked for", name)
			}
			return
		}
		u, err := url.Parse(a.on(base))
		if err != nil {
			t.Fatal(err)
		}
		segments := strings.Split(u.EscapedPath(), "/")
		if u.Host != base.Host || u.RawQuery != "" || u.Fragment != "" || len(segments) != 6 || strings.Join(segments[:4], "/") != "/didit/v3/businesses" || segments[5] != "" {
			t.Fatalf("%q leads to %s", name, u)
		}
		if got, err := url.PathUnescape(segments[4]); err != nil || got != name {
			t.Fatalf("%q is asked for as %q", name, segments[4])
		}
	})
}
