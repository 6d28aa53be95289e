package didittest

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each status answers as the vendor documents, and each answer is a whole PDF of other bytes.
func TestPDFsOfEachStatus(t *testing.T) {
	v := newVendor(t, Options{Sessions: 700, PerMinute: -1})
	seen := map[string]bool{}
	codes := map[string]int{}
	for i := range v.sessions {
		s := &v.sessions[i]
		if s.gone != 0 {
			continue
		}
		path := "/v3/session/" + s.id().String() + "/generate-pdf/"
		want, name := http.StatusForbidden, "session_"
		if s.business {
			name = "business_"
		}
		switch s.status.String() {
		case "Approved", "Declined", "In Review":
			want = http.StatusOK
		case "Kyc Expired":
			if !s.business {
				want = http.StatusOK
			}
		}
		codes[s.status.String()] = want
		for range 2 {
			w := get(t, v, path)
			if w.Code != want {
				t.Fatalf("%s: got %d, want %d", s.status, w.Code, want)
			}
			body := w.Body.String()
			if want != http.StatusOK {
				if !strings.Contains(body, `"detail"`) {
					t.Errorf("%s: refused with %s", s.status, body)
				}
				continue
			}
			h := w.Header()
			if h.Get("Content-Type") != "application/pdf" || h.Get("Content-Length") != fmt.Sprint(len(body)) || !strings.Contains(h.Get("Content-Disposition"), name+s.id().String()+".pdf") {
				t.Fatalf("%s: headers %v", s.status, h)
			}
			if seen[body] {
				t.Errorf("%s: two answers are the same bytes", s.id())
			}
			seen[body] = true
			checkPDF(t, body)
		}
		if w := get(t, v, strings.Replace(path, s.id().String(), strings.ToUpper(s.id().String()), 1)); w.Code != 404 || w.Header().Get("Content-Type") == "" || strings.Contains(w.Body.String(), "detail") {
			t.Errorf("an id in capitals: got %d %s, want 404 of the router", w.Code, w.Body)
		}
	}
	if len(codes) < 6 || len(v.PDFs()) != len(seen)/2 {
		t.Errorf("met %v, and counted %d sessions of %d", codes, len(v.PDFs()), len(seen)/2)
	}
}

// checkPDF follows the table at the end of a PDF to its objects.
func checkPDF(t *testing.T, body string) {
	t.Helper()
	m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindStringSubmatch(body)
	if !strings.HasPrefix(body, "%PDF-1.4\n") || m == nil {
		t.Fatalf("no PDF: %.20q", body)
	}
	at, _ := strconv.Atoi(m[1])
	for i, line := range regexp.MustCompile(`(?m)^(\d{10}) 00000 n $`).FindAllStringSubmatch(body[at:], -1) {
		begins, _ := strconv.Atoi(line[1])
		if want := fmt.Sprintf("%d 0 obj\n", i+1); !strings.HasPrefix(body[begins:], want) {
			t.Errorf("object %d is not at %d", i+1, begins)
		}
	}
}

func TestFaultsOfPDFs(t *testing.T) {
	v := newVendor(t, Options{Sessions: 100, PerMinute: -1})
	path := ""
	for i := range v.sessions {
		if v.sessions[i].status == approved && v.sessions[i].gone == 0 {
			path = "/v3/session/" + v.sessions[i].id().String() + "/generate-pdf/"
		}
	}
	for _, tc := range []struct {
		spec string
		want int
	}{{"", 200}, {"pdf503:1", 503}, {"503:1", 503}, {"html404:1", 404}, {"badpdf:1", 200}, {"revoke:1", 403}} { // a key is revoked after so many requests
		if err := v.SetFaults(tc.spec); err != nil {
			t.Fatal(err)
		}
		w := get(t, v, path)
		if whole := bytes.Contains(w.Body.Bytes(), []byte("%%EOF")); w.Code != tc.want || whole != (tc.spec == "") {
			t.Errorf("%s: got %d, %.40q", tc.spec, w.Code, w.Body)
		}
	}
	if err := v.SetFaults("pdf503:2"); err != nil {
		t.Fatal(err)
	}
	ok := 0
	for range 10 {
		get(t, v, "/v3/workflows/")
		if get(t, v, path).Code == 200 {
			ok++
		}
	}
	if ok != 5 {
		t.Errorf("%d of 10 PDFs were given out, want every second", ok)
	}
	if err := v.SetScope("no-pdf"); err != nil {
		t.Fatal(err)
	}
	if w := get(t, v, path); w.Code != 403 {
		t.Errorf("a key that may not: got %d", w.Code)
	}
}
