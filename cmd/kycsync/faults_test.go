package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kycsync/extract/didittest"

	"github.com/google/go-cmp/cmp"
)

// A faultRun is what faults of the vendor make of a night.
type faultRun struct {
	faults string
	flags  []string // of sync
	exit   int
	again  int      // exit code of a second run with the same faults, -1: there is none
	says   []string // on stderr, in the first run
}

// A hardLife is a lake from its first night on: everything goes wrong in some nights, and then nothing in one.
type hardLife struct {
	name  string
	all   bool // left out unless everything is tried
	runs  []faultRun
	heals bool                               // the good night makes up for everything
	check func(t *testing.T, h *faultyHouse) // after the first night
}

var lenient = []string{"--gate", "stale=0.2,rejects=9"}

// hardLives have every fault that the fake vendor knows. The lists take a dozen requests, the rest are decisions.
var hardLives = []hardLife{
	{name: "values cannot be read", check: valuesRejected, runs: []faultRun{
		{faults: "badvalue:20", flags: lenient, exit: exitDegraded, again: exitOK, says: []string{"could not be read"}}}},
	{name: "documents cannot be read", heals: true,
		check: documentsRejected("duplicate member name", "invalid UTF-8", "nested deeper than 64", "bytes after the end", "body too large"), runs: []faultRun{
			{faults: "dupkey:90,badutf8:90,deep:90,trailing:90,bigbody:60", flags: lenient, exit: exitDegraded, again: exitDegraded, says: []string{"could not be read"}}}},
	{name: "bodies are bombs", all: true, heals: true, check: documentsRejected("body too large"), runs: []faultRun{
		{faults: "gzipbomb:60", flags: lenient, exit: exitDegraded, again: -1, says: []string{"could not be read"}}}},
	{name: "pages stand in for answers", all: true, heals: true, check: documentsRejected("unexpected status 404"), runs: []faultRun{
		{faults: "html404:90", flags: lenient, exit: exitDegraded, again: exitOK, says: []string{"could not be read"}}}},
	{name: "the vendor errs", heals: true, runs: []faultRun{
		{faults: "503:61,html500:71", says: []string{"answered 500", "answered 503"}}}},
	{name: "the vendor errs several times on end", all: true, heals: true, runs: []faultRun{
		{faults: "burst503:90:3", says: []string{"answered 503"}}}},
	{name: "connections break off", all: true, heals: true, runs: []faultRun{
		{faults: "reset:61,truncate:71", says: []string{"body of unknown length"}}}},
	{name: "pages of the list are short", all: true, heals: true, runs: []faultRun{
		{faults: "shortpage:3,badnext:1,slow:61:300", says: []string{"body of unknown length"}}}},
	{name: "the vendor refuses too much", all: true, heals: true, runs: []faultRun{
		{faults: "429:40:60", flags: []string{"--max-duration", "4s"}, exit: exitAgain, again: -1, says: []string{"the budget ended"}},
		{faults: "429:90", says: []string{"all requests pause"}}}},
	{name: "the list cannot be had", heals: true, runs: []faultRun{
		{faults: "redirect:100", exit: exitFailed, again: exitFailed, says: []string{`unexpected redirect \(301\) to elsewhere\.example`}},
		{faults: "revoke:2", exit: exitCredentials, again: exitCredentials, says: []string{`the vendor refused the key \(403\)`}},
		{faults: "gzipbomb:2", exit: exitFailed, again: exitFailed, says: []string{"body too large: over 16 MiB"}},
		{faults: "miscount:1", exit: exitGate, again: exitGate, says: []string{"user sessions, .*: the vendor counts"}}}},
	{name: "the key is revoked", all: true, heals: true, runs: []faultRun{
		{faults: "revoke:100", exit: exitCredentials, again: exitCredentials, says: []string{`the vendor refused the key \(403\)`}}}},
	{name: "much is hidden that the list names", heals: true, runs: []faultRun{
		{faults: "hide:10", exit: exitGate, again: exitGate, says: []string{"sessions that the list names answer 404"}}}},
	{name: "much is gone that the list names", all: true, heals: true, runs: []faultRun{
		{faults: "gone404:30", exit: exitGate, again: exitGate, says: []string{"sessions that the list names answer 404"}}}},
	{name: "a little is hidden", all: true, heals: true, check: nothingRejected, runs: []faultRun{{faults: "hide:100"}}},
	{name: "a little is not listed", all: true, heals: true, check: nothingRejected, runs: []faultRun{{faults: "unlisted:20"}}},
	{name: "a little seems gone", all: true, heals: true, check: nothingRejected, runs: []faultRun{{faults: "lost:20"}}},
	{name: "the list moves", all: true, check: nothingRejected, runs: []faultRun{{faults: "insert:30,delete:40,pull:3,miscounted_users:5"}}},
	{name: "blocks are others", check: drifted, runs: []faultRun{{faults: "null-blocks:4,object-block:4,restrict:5,nomedia,unknown-block:4,unknown-enum:4"}}},
	{name: "PDFs fail", check: pdfsArchived, runs: []faultRun{
		{faults: "pdf503:20,badpdf:7", flags: []string{"--archive-pdf", "--pdf-rate", "0"}, says: []string{"answered 503|the end of the PDF is missing"}}}},
	{name: "the vendor is unavailable", all: true, heals: true, runs: []faultRun{ // waits the longest
		{faults: "503:1", exit: exitFailed, again: -1, says: []string{`the vendor is unavailable: answered 503 \(attempt 6\)`}}}},
}

const (
	canaryKey   = "canary-key-5d0c2f71"
	faultySeed  = 5
	faultyCount = 280
	faultyNow   = "2026-11-01T02:00:00Z"
)

// TestCanary lets everything go wrong that the fake vendor can do, and looks for the API key, for
// values about people and for secrets: no word that leaves the program, no file name and no log
// line at any level may hold one, and no stored byte may hold a secret. It also holds each fault to
// its exit code, to publish nothing when it failed, and to be made up for by one run after it ends. Most of the lives
// wait for KYCSYNC_TEST_ALL.
func TestCanary(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many processes")
	}
	known := map[string]bool{}
	for _, l := range hardLives {
		for _, r := range l.runs {
			for item := range strings.SplitSeq(r.faults, ",") {
				name, _, _ := strings.Cut(item, ":")
				known[name] = true
			}
		}
	}
	for _, name := range didittest.FaultNames() {
		if !known[name] {
			t.Errorf("no run has the fault %s", name)
		}
	}
	undisturbed := newFaultyHouse(t)
	undisturbed.run(t, "sync")
	want := contentOf(t, undisturbed.dir)
	for i, l := range hardLives {
		if l.all && !everything() {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			h := newFaultyHouse(t)
			for _, r := range l.runs {
				h.suffer(t, r, l.check, i%2 == 1)
			}
			h.question(t)
			h.recover(t, l, want)
			h.search(t)
		})
	}
}

// A faultyHouse is a lake with its warehouse, filled by a vendor who fails.
type faultyHouse struct {
	dir, tmp, url string
	vendor        *didittest.Vendor
	ear           *eavesdropper
	said          bytes.Buffer // all that left the program
}

func newFaultyHouse(t *testing.T) *faultyHouse {
	t.Helper()
	v, err := didittest.New(didittest.Options{Seed: faultySeed, Sessions: faultyCount, Start: simulationStart, APIKey: canaryKey, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	h := &faultyHouse{dir: t.TempDir(), tmp: t.TempDir(), vendor: v}
	h.ear = &eavesdropper{Handler: v, find: newFinder(v.Secrets()), heard: map[string]bool{}}
	srv := httptest.NewServer(h.ear)
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

// run runs the program, keeps what it says, and returns its exit code and stderr.
func (h *faultyHouse) run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := command(h.dir, []string{"KYCSYNC_API_KEY=" + canaryKey, "KYCSYNC_API_URL=" + h.url, "KYCSYNC_RATE=0",
		"KYCSYNC_NOW=" + faultyNow, "KYCSYNC_LOG_LEVEL=debug", "KYCSYNC_TEST_BATCH=50", "TMPDIR=" + h.tmp}, args...)
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&h.said, "%s\n%s\n%s\n", args, stdout, stderr.Bytes())
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// suffer runs a night in which things go wrong, and as a rule a second one.
func (h *faultyHouse) suffer(t *testing.T, r faultRun, check func(*testing.T, *faultyHouse), jsonFirst bool) {
	t.Helper()
	if err := h.vendor.SetFaults(r.faults); err != nil {
		t.Fatal(err)
	}
	formats := []string{"text", "json"}
	if jsonFirst {
		slices.Reverse(formats)
	}
	sync := slices.Concat([]string{"sync"}, r.flags, []string{"--log-format"})
	code, stderr := h.run(t, append(sync, formats[0])...)
	if code != r.exit {
		t.Errorf("%s: got exit %d, want %d:\n%s", r.faults, code, r.exit, stderr)
	}
	for _, words := range r.says {
		if !regexp.MustCompile(words).MatchString(stderr) {
			t.Errorf("%s: stderr does not say %q:\n%s", r.faults, words, stderr)
		}
	}
	if published := h.published(t); (published > 0) != (r.exit == exitOK || r.exit == exitDegraded) {
		t.Errorf("%s: exit %d, and published is commit %d", r.faults, code, published)
	}
	if check != nil {
		check(t, h)
	}
	if r.again >= 0 {
		if code, stderr := h.run(t, append(sync, formats[1])...); code != r.again {
			t.Errorf("%s, second run: got exit %d, want %d:\n%s", r.faults, code, r.again, stderr)
		}
	}
}

// question runs other commands, in both forms of the log.
func (h *faultyHouse) question(t *testing.T) {
	t.Helper()
	for _, format := range []string{"text", "json"} {
		h.run(t, "status", "--json", "--log-format", format)
	}
	h.run(t, "status")
	h.run(t, "verify")
	h.run(t, "show", "--user", "nobody")
	// A statement is answered in DuckDB's words, which hold data, but not in a log.
	h.run(t, "query", "--log-format", "json", "SELECT CAST(full_name AS INTEGER) FROM id_verifications")
}

func (h *faultyHouse) published(t *testing.T) int64 {
	t.Helper()
	out, err := command(h.dir, nil, "status", "--json").Output()
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	var s status
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatal(err)
	}
	if s.WarehouseSeq != s.Published {
		t.Errorf("published is commit %d, and the warehouse shows %d", s.Published, s.WarehouseSeq)
	}
	return s.Published
}

// recover runs one night without faults.
func (h *faultyHouse) recover(t *testing.T, l hardLife, want map[string]string) {
	t.Helper()
	if err := h.vendor.SetFaults(""); err != nil {
		t.Fatal(err)
	}
	if code, stderr := h.run(t, "sync"); code != exitOK {
		t.Errorf("after the faults: got exit %d, want 0:\n%s", code, stderr)
	}
	if l.check != nil {
		if code, stderr := h.run(t, "rebuild"); code != exitOK {
			t.Errorf("rebuild: got exit %d, want 0:\n%s", code, stderr)
		}
	}
	got := contentOf(t, h.dir)
	if diff := cmp.Diff(want, got); l.heals && diff != "" {
		t.Errorf("content differs (-undisturbed +healed):\n%s", diff)
	}
}

// search looks for what must not be there. What must be there proves that it would be found.
func (h *faultyHouse) search(t *testing.T) {
	personal, secrets := h.vendor.PersonalValues(200), h.vendor.Secrets()
	if len(personal) < 200 {
		t.Fatalf("got %d personal values, want 200", len(personal))
	}
	canaries := newFinder(append(slices.Concat(personal, secrets), canaryKey))
	for _, found := range canaries.in(h.said.Bytes()) {
		t.Errorf("%q was said:\n%s", found, linesWith(h.said.String(), found))
	}
	for _, found := range canaries.in(names(t, h.dir, h.tmp)) {
		t.Errorf("%q stands in the name of a file", found)
	}
	if left, err := os.ReadDir(h.tmp); err != nil || len(left) > 0 {
		t.Errorf("left in the directory for temporary files: %v %v", left, err)
	}

	forbidden, kept := newFinder(append(secrets, canaryKey)), newFinder(personal)
	seen := map[string]bool{}
	storedBytes(t, h.dir, func(where string, b []byte) {
		for _, found := range forbidden.in(b) {
			t.Errorf("%q is stored in %s", found, where)
		}
		kept.find(b, seen)
	})
	if len(seen) < 190 { // sessions that were deleted or hidden lack some
		t.Errorf("%d of %d personal values are stored: the search does not see what is there", len(seen), len(personal))
	}
	if n := len(h.ear.heard); n < len(secrets)*9/10 {
		t.Errorf("the vendor sent %d of %d secrets: the search proves nothing", n, len(secrets))
	}
}

func linesWith(text, value string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, value) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
