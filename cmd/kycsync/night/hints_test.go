package night

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

// A desk is a lake without a warehouse and the vendor that fills it, who answers without a network.
type desk struct {
	vendor      *didittest.Vendor
	lake        *lake.Lake
	dir         string
	application string
	between     func(http.RoundTripper) http.RoundTripper // changes what the vendor answers; nil: nothing
}

func newDesk(t testing.TB, o didittest.Options) *desk {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = firstNight
	}
	o.PerMinute = -1
	v, err := didittest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return deskOf(t, v)
}

// deskOf opens an empty lake of a vendor.
func deskOf(t testing.TB, v *didittest.Vendor) *desk {
	t.Helper()
	d := &desk{vendor: v, dir: t.TempDir(), application: "default"}
	var err error
	if d.lake, err = lake.Open(context.Background(), filepath.Join(d.dir, "lake"), lake.Config{Create: true, Now: v.Clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.lake.Close() })
	return d
}

// config is a run's, with a client of its own and promises that ask for everything every night.
func (d *desk) config(t testing.TB) Config {
	t.Helper()
	var transport http.RoundTripper = inProcess{d.vendor}
	if d.between != nil {
		transport = d.between(transport)
	}
	c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("didit-test-key"), Now: d.vendor.Clock,
		Transport: transport, Backoff: func(int) time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Application: d.application, Client: c, Lake: d.lake, WorkDir: t.TempDir(), Now: d.vendor.Clock, Promises: promisesOf(24 * time.Hour)}
}

// promisesOf makes the same promise to every class.
func promisesOf(d time.Duration) extract.Promises {
	p := extract.Promises{}
	for _, c := range extract.Classes() {
		p[c] = d
	}
	return p
}

// farAway is a promise that asks for one session of a class in a night.
const farAway = 10 * 365 * 24 * time.Hour

// run runs the job once.
func (d *desk) run(t testing.TB, change func(*Config)) (*Summary, error) {
	t.Helper()
	cfg := d.config(t)
	if change != nil {
		change(&cfg)
	}
	return Run(context.Background(), cfg)
}

// night moves the vendor to the n-th night, from 0, runs the job once and expects it to publish.
func (d *desk) night(t testing.TB, n int, change func(*Config)) *Summary {
	t.Helper()
	d.vendor.Advance(firstNight.AddDate(0, 0, n))
	cfg := d.config(t)
	if change != nil {
		change(&cfg)
	}
	return d.nightOf(t, cfg)
}

// nightOf runs the job once and expects it to publish.
func (d *desk) nightOf(t testing.TB, cfg Config) *Summary {
	t.Helper()
	s, err := Run(context.Background(), cfg)
	if err != nil || s.Published == 0 {
		t.Fatalf("night of %s: %v; gates %v, published %d", s.StartedAt.Format(time.DateOnly), err, s.Failed, s.Published)
	}
	return s
}

// values are a row of a table, by column; null is "(null)".
type values map[string]string

// head returns the newest commit, published or not.
func (d *desk) head(t testing.TB) *lake.Commit {
	t.Helper()
	c, err := d.lake.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rows returns the rows of a table as of the newest commit, oldest commit first.
func (d *desk) rows(t testing.TB, table string) []values {
	t.Helper()
	return d.rowsAt(t, d.head(t), table)
}

func (d *desk) rowsAt(t testing.TB, c *lake.Commit, table string) (all []values) {
	t.Helper()
	columns := schemas.Lookup(table).Stored()
	err := each(context.Background(), d.lake, c, table, d.dir, func(cell func(string) arrow.Array, i int) {
		r := values{}
		for _, c := range columns {
			r[c.Name] = strings.Clone(cell(c.Name).ValueStr(i))
		}
		if r["application"] == d.application {
			all = append(all, r)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// latest returns of each id the last row.
func latest(rows []values, id string) map[string]values {
	out := map[string]values{}
	for _, r := range rows {
		out[r[id]] = r
	}
	return out
}

// ofLatest returns, by id, the rows that belong to the versions given.
func ofLatest(rows []values, id string, to map[string]values) map[string][]values {
	out := map[string][]values{}
	for _, r := range rows {
		if r["version_seq"] == to[r[id]]["version_seq"] {
			out[r[id]] = append(out[r[id]], r)
		}
	}
	return out
}

// altering changes the JSON objects that the vendor answers on some paths.
func altering(next http.RoundTripper, path func(string) bool, change func(path string, body map[string]any)) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err != nil || !path(req.URL.Path) || resp.StatusCode != http.StatusOK {
			return resp, err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		var object map[string]any
		if err := json.Unmarshal(body, &object); err != nil {
			return nil, err
		}
		change(req.URL.Path, object)
		if body, err = json.Marshal(object); err != nil {
			return nil, err
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return resp, nil
	})
}

// A happening is what changed to a session between two nights, by the vendor's own account.
type happening struct {
	session   didittest.Session
	inRow     bool // at any time in between
	announced bool // in the log of deliveries
	same      bool // in the end it looks as before
}

// A diary tells what has changed since it was begun.
type diary struct {
	vendor    *didittest.Vendor
	sessions  map[string]didittest.Session
	announced map[string]int
}

func openDiary(v *didittest.Vendor) *diary {
	d := &diary{v, map[string]didittest.Session{}, map[string]int{}}
	for s := range v.All() {
		if !s.Deleted {
			d.sessions[s.ID], d.announced[s.ID] = s, v.Announced(s.ID)
		}
	}
	return d
}

// changes returns the sessions that were there, still are and have had a change.
func (d *diary) changes() (all []happening) {
	for s := range d.vendor.All() {
		before, ok := d.sessions[s.ID]
		if ok && !s.Deleted && s.Revision != before.Revision {
			all = append(all, happening{s, s.RowRevision != before.RowRevision, d.vendor.Announced(s.ID) > d.announced[s.ID],
				d.vendor.Looks(s.ID, s.Revision) == d.vendor.Looks(s.ID, before.Revision)})
		}
	}
	return all
}

// revisionsRead returns the revisions of the sessions that were asked for since ForgetReads.
func revisionsRead(v *didittest.Vendor) map[string]int {
	out := map[string]int{}
	for _, r := range v.Reads() {
		if r.Status == http.StatusOK {
			out[r.SessionID] = r.Revision
		}
	}
	return out
}

func countWhere(all []happening, is func(happening) bool) (n int64) {
	for _, c := range all {
		if is(c) {
			n++
		}
	}
	return n
}

// An edit of an AML hit leaves the list row as it was. With a log of webhook deliveries it is in the
// lake the next night, however far away the promise is; without one it waits for the promise.
func TestTheLogTellsWhatTheListDoesNot(t *testing.T) {
	options := didittest.Options{Seed: 3, Sessions: 150, Restless: 20, Webhook: true}
	logged := newDesk(t, options)
	options.Webhook = false
	silent := newDesk(t, options)
	var hidden []happening
	for _, d := range []*desk{logged, silent} {
		far := func(c *Config) { c.Promises = promisesOf(farAway) }
		d.night(t, 0, far)
		diary := openDiary(d.vendor)
		d.vendor.Advance(firstNight.AddDate(0, 0, 1))
		changes := diary.changes()
		d.vendor.ForgetReads()
		s := d.night(t, 1, far)
		seen := revisionsRead(d.vendor)
		if d == silent {
			unseen := countWhere(hidden, func(c happening) bool { return seen[c.session.ID] == 0 })
			if unseen == 0 || s.Deliveries+s.HintedNews+s.Unannounced != 0 || s.HintsRefused {
				t.Errorf("without a destination %d of %d hidden changes were not seen, and the run counts %+v; want some, and no deliveries", unseen, len(hidden), s)
			}
			continue
		}
		for _, c := range changes {
			if c.announced && !c.inRow && !c.same {
				hidden = append(hidden, c)
			}
		}
		if s.HintedNews != int64(len(hidden)) || s.Deliveries == 0 || len(hidden) < 3 {
			t.Errorf("the log alone told of %d changes in %d deliveries; want %d", s.HintedNews, s.Deliveries, len(hidden))
		}
		for _, c := range hidden {
			if seen[c.session.ID] != c.session.Revision {
				t.Errorf("session %s is at revision %d, and the night has read %d", c.session.ID, c.session.Revision, seen[c.session.ID])
			}
		}
	}
	edited := map[string]bool{}
	for _, e := range logged.vendor.Events() {
		edited[e.SessionID] = edited[e.SessionID] || e.Kind == "aml_hit_reviewed" && !e.VisibleInRow
	}
	sessions, hits := latest(logged.rows(t, "sessions"), "session_id"), 0
	stored := ofLatest(logged.rows(t, "aml_hits"), "session_id", sessions)
	for _, c := range hidden {
		if edited[c.session.ID] {
			hits++
			want, got := map[string]int{}, map[string]int{}
			for _, status := range reviewStatuses(t, logged.vendor, c.session.ID) {
				want[status]++
			}
			for _, r := range stored[c.session.ID] {
				got[r["review_status"]]++
			}
			if !equalCounts(got, want) {
				t.Errorf("hits of %s by review: got %v, want %v", c.session.ID, got, want)
			}
		}
	}
	if hits == 0 {
		t.Error("no AML hit was edited: another seed shows it")
	}
}

func equalCounts(a, b map[string]int) bool {
	for k := range b {
		if a[k] != b[k] {
			return false
		}
	}
	return len(a) == len(b)
}

// reviewStatuses are those of the AML hits of a session as the vendor shows them now.
func reviewStatuses(t *testing.T, v *didittest.Vendor, id string) (all []string) {
	t.Helper()
	var decision struct {
		Screenings []struct {
			Hits []struct {
				Status string `json:"review_status"`
			} `json:"hits"`
		} `json:"aml_screenings"`
	}
	askVendor(t, v, "/v3/session/"+id+"/decision/", &decision)
	for _, s := range decision.Screenings {
		for _, h := range s.Hits {
			all = append(all, h.Status)
		}
	}
	return all
}

// askVendor asks the vendor past the program.
func askVendor(t testing.TB, v *didittest.Vendor, path string, into any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-api-key", "didit-test-key")
	resp, err := inProcess{v}.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("ask for %s: %v, %v", path, resp, err)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// What the log does not tell of is counted: the vendor announces no rescan that only scores hits anew,
// and a log may lose rows.
func TestChangesThatTheLogLeftOutAreCounted(t *testing.T) {
	whole := newDesk(t, didittest.Options{Seed: 4, Sessions: 150, Restless: 15, Webhook: true})
	lossy := deskOf(t, whole.vendor)
	lost := map[string]bool{}
	lossy.between = func(next http.RoundTripper) http.RoundTripper {
		return altering(next, func(path string) bool { return strings.HasSuffix(path, "/deliveries/") }, func(_ string, page map[string]any) {
			var left []any
			for _, r := range page["results"].([]any) {
				if !lost[r.(map[string]any)["session_id"].(string)] {
					left = append(left, r)
				}
			}
			page["results"] = left
		})
	}
	whole.night(t, 0, nil)
	lossy.night(t, 0, nil)
	diary := openDiary(whole.vendor)
	whole.vendor.Advance(firstNight.AddDate(0, 0, 1))
	changes := diary.changes()
	for _, c := range changes {
		if c.announced && !c.same && len(lost) < 3 {
			lost[c.session.ID] = true
		}
	}
	silent := countWhere(changes, func(c happening) bool { return !c.announced && !c.same })
	if silent == 0 || len(lost) < 3 {
		t.Fatalf("the vendor announced all of %d changes, or too few: another seed shows some", len(changes))
	}
	if s := whole.night(t, 1, nil); s.Unannounced != silent {
		t.Errorf("got %d changes that nothing announced, want %d", s.Unannounced, silent)
	}
	if s := lossy.night(t, 1, nil); s.Unannounced != silent+int64(len(lost)) {
		t.Errorf("with a log that lost %d sessions: got %d changes that nothing announced, want %d", len(lost), s.Unannounced, silent+int64(len(lost)))
	}
}

// A key that may not read the log does without it, and the run says so.
func TestAKeyWithoutTheLogDoesWithout(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 80, Webhook: true})
	if err := d.vendor.SetScope("approved"); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	listen := func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&said, nil)) }
	d.night(t, 0, listen)
	if said.Len() > 0 && strings.Contains(said.String(), "webhook") {
		t.Errorf("the first night, which has nothing to be told of, says %s", said.String())
	}
	s := d.night(t, 1, listen)
	if !s.HintsRefused || s.Deliveries != 0 || s.HintedNews != 0 || s.Unannounced != 0 {
		t.Errorf("got %+v, want the log refused and nothing counted", s)
	}
	if !strings.Contains(said.String(), "webhook deliveries is not read: the key may not") {
		t.Errorf("the run says %q, want that the key may not read the log", said.String())
	}
	if s.Fetched == 0 || s.Absent > 5 {
		t.Errorf("got %d decisions, %d sessions absent; want a night like any other", s.Fetched, s.Absent)
	}
}

// A hint that a night had no requests left for is not lost, even when the log that a later night
// reads does not go back so far.
func TestAHintOutlastsTheBudget(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 3, Sessions: 150, Restless: 20, Webhook: true})
	far := func(c *Config) { c.Promises = promisesOf(farAway) }
	lists := func(c *Config) { far(c); c.MaxRequests = 1 }
	d.night(t, 0, far)
	diary := openDiary(d.vendor)
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	d.vendor.SetQuiet(true)
	hinted := countWhere(diary.changes(), func(c happening) bool { return c.announced && !c.inRow && !c.same })
	for n := 1; n <= 2; n++ {
		d.vendor.Advance(firstNight.AddDate(0, 0, n))
		if s, err := d.run(t, lists); !errors.Is(err, ErrBudget) || s.HintedNews != 0 || s.Fetched != 0 || s.Published != 0 {
			t.Fatalf("night %d with requests for the lists alone: got %+v, %v", n, s, err)
		}
	}
	waiting := int64(0)
	for _, r := range latest(d.rows(t, "session_state"), "session_id") {
		if r["hinted_at"] != "(null)" {
			waiting++
		}
	}
	s := d.night(t, 3, far)
	if s.HintedNews != hinted || hinted == 0 || waiting < hinted {
		t.Errorf("got %d changes by hints, with %d hints remembered; want %d", s.HintedNews, waiting, hinted)
	}
	if s.Deliveries != 0 {
		t.Errorf("the log of that night has %d deliveries: it would have told without remembering", s.Deliveries)
	}
	for _, r := range latest(d.rows(t, "session_state"), "session_id") {
		if r["hinted_at"] != "(null)" && r["absent_since"] == "(null)" {
			t.Errorf("session %s still waits for a look at what was announced at %s", r["session_id"], r["hinted_at"])
		}
	}
}
