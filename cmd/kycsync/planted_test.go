package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kycsync/extract/didittest"
)

// Members of the vendor's documents that tell who somebody is, or what nobody but an officer shall read of him.
var tellingMembers = strings.Fields(`first_name last_name full_name document_number personal_number identification_number place_of_birth
	address formatted_address street_1 street_2 postal_code city name_on_document email phone_number number full_number vendor_data callback
	ip_address device_fingerprint isp organization ip_city device_model user_agent mrz_string mrz_key optional_data comment actor_name
	actor_email actor_display author_name added_by_name added_by_email caption summary headline url source_url rca_name pep_position
	designation original_filename creator producer software nationality country_of_birth region gender marital_status
	surname poa_address poa_formatted_address publisher position ip_state publication_date pep_source sender_name time_zone document_subtype place_of_issue mother_name os_family browser_family
	extra_fields value text answer reason matched_value matched_name thumbnail`)

// Members that no version of the program has ever heard of.
var unheardMembers = []string{"voice_print", "nickname_of_mother", "tattoo"}

// A planter is a server between the vendor and the program, which puts words that are found again into what tells who
// somebody is.
type planter struct {
	http.Handler
	mu      sync.Mutex
	planted map[string]bool
}

func token(member string) string { return "Qzplant" + strings.ReplaceAll(member, "_", "") + "Xk" }

// twins are two people whose identity documents have the same number.
const twins = "QZ-PLANT 777 001"

func (p *planter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Del("Accept-Encoding")
	rec := httptest.NewRecorder()
	p.Handler.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc any
	if strings.Contains(rec.Header().Get("Content-Type"), "json") && d.Decode(&doc) == nil && strings.Contains(r.URL.Path, "/session") {
		p.plant(doc, strings.Contains(r.URL.Path, "/decision"))
		body, _ = json.Marshal(doc)
	}
	maps.Copy(w.Header(), rec.Header())
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// plant replaces the texts of an object and of all in it. What a list is found by stays as it is.
func (p *planter) plant(doc any, isDecision bool) {
	switch doc := doc.(type) {
	case []any:
		for _, item := range doc {
			p.plant(item, isDecision)
		}
	case map[string]any:
		for member, value := range doc {
			text, isText := value.(string)
			switch {
			case !isText:
				p.plant(value, isDecision)
			case !isDecision || text == "" || member == "vendor_data" || !slices.Contains(tellingMembers, member):
			default:
				doc[member] = p.note(member)
			}
		}
		if _, isDocument := doc["document_number"].(string); isDocument && isDecision {
			doc["document_number"] = twins
		}
		if isDecision {
			for _, member := range unheardMembers {
				doc[member] = p.note(member)
			}
		}
	}
}

func (p *planter) note(member string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.planted[token(member)] = true
	return token(member)
}

// TestWhoSomebodyIsStaysHere plants words in everything that tells who somebody is, and in members that nobody has heard of,
// and looks for them in all that analysts and auditors get.
func TestWhoSomebodyIsStaysHere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a night and four packages")
	}
	v, err := didittest.New(didittest.Options{Seed: 21, Sessions: 60, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	p := &planter{Handler: v, planted: map[string]bool{twins: true}}
	srv := httptest.NewServer(p)
	defer srv.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), bytes.Repeat([]byte("k"), 40), 0o600); err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) string {
		out, err := command(dir, []string{"KYCSYNC_NOW=2026-11-01T02:00:00Z", "KYCSYNC_API_URL=" + srv.URL}, args...).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "Published") { // what was planted is drift, and some of it is no value of its kind
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	do("sync", "--rate", "0")
	if len(p.planted) < 60 {
		t.Fatalf("%d words were planted, want 60: %q", len(p.planted), slices.Sorted(maps.Keys(p.planted)))
	}
	words := append(slices.Collect(maps.Keys(p.planted)), v.PersonalValues(50)...)
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < 5 })
	canaries := newFinder(words)

	seen := map[string]bool{}
	storedInWarehouse(t, filepath.Join(dir, "kyc.duckdb"), func(_ string, b []byte) { canaries.find(b, seen) })
	if len(seen) < 60 {
		t.Fatalf("%d of the words are in the warehouse, so that looking for them proves little", len(seen))
	}

	shown := filepath.Join(dir, "shown")
	do("warehouse", "--audience", "analyst", "--pseudonym-key-file", "key", "--to", filepath.Join(shown, "analyst.duckdb"))
	for template, audiences := range offered(do("filing", "templates")) {
		for _, audience := range []string{"auditor", "analyst"} {
			if !strings.Contains(audiences, audience) || strings.HasPrefix(template, "person-file") {
				continue
			}
			args := []string{"filing", "create", template, "--period", "2026-10", "--audience", audience, "--pseudonym-key-file", "key", "--to", filepath.Join(shown, audience)}
			if template == "kyc-population" {
				args = append(args, "--sample", "20", "--seed", "1")
			}
			do(args...)
		}
	}
	zips, err := filepath.Glob(filepath.Join(shown, "*", "*.zip"))
	if err != nil || len(zips) < 6 {
		t.Fatalf("%d packages, %v", len(zips), err)
	}
	for _, name := range zips {
		unzip(t, name)
	}
	storedBytes(t, shown, func(where string, b []byte) {
		for _, found := range canaries.in(append([]byte(where+"\n"), b...)) {
			t.Errorf("%q stands in %s", found, strings.TrimPrefix(where, shown))
		}
	})
	theSameDocument(t, dir, shown)
}

// offered returns for whom each template of filing templates is.
func offered(listed string) map[string]string {
	out := map[string]string{}
	name := ""
	for line := range strings.Lines(listed) {
		line = strings.TrimSuffix(line, "\n")
		switch _, audiences, isFor := strings.Cut(line, "; for "); {
		case !strings.HasPrefix(line, " "):
			name = line
		case isFor:
			out[name] = audiences
		}
	}
	return out
}

// unzip unpacks a package beside itself.
func unzip(t *testing.T, name string) {
	t.Helper()
	r, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, f := range r.File {
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(filepath.Dir(name), f.Name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// theSameDocument: all people have a document with the same number, which each copy shows by one pseudonym; those of two
// copies have nothing in common.
func theSameDocument(t *testing.T, dir, shown string) {
	t.Helper()
	numbers := map[string]string{}
	for _, audience := range []string{"auditor", "analyst"} {
		tables, err := filepath.Glob(filepath.Join(shown, audience, "*_kyc-population_*", "data", "tables", "population.csv"))
		if err != nil || len(tables) != 1 {
			t.Fatalf("%s: %d tables, %v", audience, len(tables), err)
		}
		f, err := os.Open(tables[0])
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		number, user := slices.Index(rows[0], "document_number"), slices.Index(rows[0], "vendor_data")
		users := map[string]bool{}
		for _, row := range rows[1:] {
			if row[number] != "" {
				numbers[audience], users[row[user]] = row[number], true
			}
		}
		if len(users) < 2 {
			t.Errorf("%s: a document of %d users, want several", audience, len(users))
		}
		for _, row := range rows[1:] {
			if row[number] != "" && row[number] != numbers[audience] {
				t.Errorf("%s: the same document is %s and %s", audience, row[number], numbers[audience])
			}
		}
	}
	if numbers["auditor"] == numbers["analyst"] || numbers["auditor"] == "" {
		t.Errorf("the auditor's copy has %q and the analyst's %q", numbers["auditor"], numbers["analyst"])
	}
	out, err := command(dir, nil, "query", "--warehouse", filepath.Join(shown, "analyst.duckdb"), "--format", "csv",
		"SELECT document_number, count(DISTINCT vendor_data) > 1 AS several FROM id_verifications JOIN sessions USING (application, session_id) WHERE document_number IS NOT NULL GROUP BY ALL").Output()
	if want := "document_number,several\r\n" + numbers["analyst"] + ",true\r\n"; err != nil || string(out) != want {
		t.Errorf("the analyst's warehouse says %q, %v, want %q", out, err, want)
	}
}
