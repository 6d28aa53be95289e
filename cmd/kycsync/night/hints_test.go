package night

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kycsync/extract/didittest"
)

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

// secondNight returns what changed before the second night of a vendor and what that night made of it,
// with promises that are far away.
func secondNight(t *testing.T, o didittest.Options) (d *desk, s *Summary, changes []happening, seen map[string]int) {
	t.Helper()
	d = newDesk(t, o)
	far := func(c *Config) { c.Promises = promisesOf(farAway) }
	d.night(t, 0, far)
	diary := openDiary(d.vendor)
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	d.vendor.ForgetReads()
	s = d.night(t, 1, far)
	return d, s, diary.changes(), revisionsRead(d.vendor)
}

// An edit of an AML hit leaves the list row as it was. With a log of webhook deliveries it is in the
// lake the next night, however far away the promise is; without one it waits for the promise.
func TestTheLogTellsWhatTheListDoesNot(t *testing.T) {
	options := didittest.Options{Seed: 3, Sessions: 150, Restless: 20, Webhook: true}
	logged, s, changes, seen := secondNight(t, options)
	hidden := slices.DeleteFunc(changes, func(c happening) bool { return !c.announced || c.inRow || c.same })
	if s.HintedNews != int64(len(hidden)) || s.Deliveries == 0 || len(hidden) < 3 {
		t.Errorf("the log alone told of %d changes in %d deliveries; want %d", s.HintedNews, s.Deliveries, len(hidden))
	}
	for _, c := range hidden {
		if seen[c.session.ID] != c.session.Revision {
			t.Errorf("session %s is at revision %d, and the night has read %d", c.session.ID, c.session.Revision, seen[c.session.ID])
		}
	}
	logged.sameHits(t, hidden)

	options.Webhook = false
	_, s, _, seen = secondNight(t, options)
	unseen := countWhere(hidden, func(c happening) bool { return seen[c.session.ID] == 0 })
	if unseen == 0 || s.Deliveries+s.HintedNews+s.Unannounced != 0 || s.HintsRefused {
		t.Errorf("without a destination %d of %d hidden changes were not seen, and the run counts %+v; want some, and no deliveries", unseen, len(hidden), s)
	}
}

// sameHits compares the hits of the sessions that had one edited with what the vendor shows.
func (d *desk) sameHits(t *testing.T, hidden []happening) {
	t.Helper()
	edited, compared := map[string]bool{}, 0
	for _, e := range d.vendor.Events() {
		edited[e.SessionID] = edited[e.SessionID] || e.Kind == "aml_hit_reviewed" && !e.VisibleInRow
	}
	stored := ofLatest(d.rows(t, "aml_hits"), "session_id", latest(d.rows(t, "sessions"), "session_id"))
	for _, c := range hidden {
		if !edited[c.session.ID] {
			continue
		}
		compared++
		var got []string
		for _, r := range stored[c.session.ID] {
			got = append(got, r["review_status"])
		}
		want := reviewStatuses(t, d.vendor, c.session.ID)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("hits of %s by review: got %q, want %q", c.session.ID, got, want)
		}
	}
	if compared == 0 {
		t.Error("no AML hit was edited: another seed shows it")
	}
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
