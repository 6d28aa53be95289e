package night

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
)

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

// A listedAct is a row of an activity feed as the vendor gives it out.
type listedAct struct {
	Type     string `json:"activity_type"`
	From     string `json:"previous_status"`
	To       string `json:"new_status"`
	At       string `json:"created_at"`
	Metadata *struct {
		Event string `json:"system_event"`
	} `json:"metadata"`
}

// feedOf returns what the vendor says was done to a session, oldest first, and how often its page was
// viewed.
func feedOf(t *testing.T, v *didittest.Vendor, id string) (acts []string, views int) {
	t.Helper()
	var page struct {
		Results []listedAct `json:"results"`
	}
	askVendor(t, v, "/v3/sessions/"+id+"/reviews/?ordering=created_at&limit=500", &page)
	for _, a := range page.Results {
		if a.Metadata != nil && a.Metadata.Event == "DETAIL_VIEWED" {
			views++
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, a.At)
		if err != nil {
			t.Fatal(err)
		}
		acts = append(acts, fmt.Sprintf("%s %s: %s to %s", at.UTC().Format(time.RFC3339Nano), a.Type, a.From, a.To))
	}
	return acts, views
}

// storedActs returns the rows of the newest feeds in their order.
func (d *desk) storedActs(t *testing.T) (acts map[string][]string, feeds map[string]values) {
	t.Helper()
	feeds, acts = latest(d.rows(t, "activity_feeds"), "session_id"), map[string][]string{}
	for id, rows := range ofLatest(d.rows(t, "activity"), "session_id", feeds) {
		for i, r := range rows {
			if r["block_ordinal"] != fmt.Sprint(i) {
				t.Errorf("session %s: row %d of the feed is number %s", id, i, r["block_ordinal"])
			}
			acts[id] = append(acts[id], fmt.Sprintf("%s %s: %s to %s", r["created_at"], r["activity_type"], none(r["previous_status_raw"]), none(r["new_status_raw"])))
		}
	}
	return acts, feeds
}

func none(text string) string { return strings.TrimSuffix(text, "(null)") }

// The newest feed of each user session is the vendor's, row by row; views of its page are counted and
// are no rows; a business session has none.
func TestFeedsAreAsTheVendorSays(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 31, Sessions: 80, Restless: 15})
	for n := range 4 {
		d.night(t, n, nil)
	}
	acts, feeds := d.storedActs(t)
	got, want := map[string]string{}, map[string]string{}
	views, rows, businesses := 0, 0, 0
	for s := range d.vendor.All() {
		switch _, has := feeds[s.ID]; {
		case s.Kind == "business":
			if businesses++; has {
				t.Errorf("business session %s has a feed", s.ID)
			}
		case !s.Deleted:
			done, viewed := feedOf(t, d.vendor, s.ID)
			views, rows = views+viewed, rows+len(done)
			want[s.ID] = fmt.Sprintf("%d views; %s", viewed, strings.Join(done, "; "))
			got[s.ID] = fmt.Sprintf("%s views; %s", feeds[s.ID]["page_views"], strings.Join(acts[s.ID], "; "))
		}
	}
	if views < 5 || rows < 50 || businesses < 5 {
		t.Fatalf("%d views, %d rows, %d business sessions: another seed has more", views, rows, businesses)
	}
	report(t, "activity", got, want)
	for _, r := range d.rows(t, "activity") {
		if strings.Contains(r["metadata"], "DETAIL_VIEWED") {
			t.Errorf("a view of the page of session %s is a row", r["session_id"])
		}
	}
}

// A comment on a session under review changes neither its row nor its decision. It is in the lake the
// next night, however far away the promise is.
func TestACommentUnderReviewIsSeenTheNextNight(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 32, Sessions: 80, Quiet: true})
	inReview, settled := "", ""
	for s := range d.vendor.All() {
		switch {
		case s.Kind == "user" && s.Status == "In Review":
			inReview = s.ID
		case s.Kind == "user" && s.Status == "Approved":
			settled = s.ID
		}
	}
	usual := func(c *Config) { c.Promises = nil }
	d.night(t, 0, usual)
	before := latest(d.rows(t, "sessions"), "session_id")
	d.between = func(next http.RoundTripper) http.RoundTripper {
		return altering(next, func(path string) bool { return strings.HasSuffix(path, inReview+"/reviews/") }, func(_ string, page map[string]any) {
			page["count"] = page["count"].(float64) + 1
			page["results"] = append(page["results"].([]any), map[string]any{
				"uuid": "0e1f7a55-0000-4000-8000-000000000001", "activity_type": "COMMENT", "actor_display": "Analyst 1", "actor_email": nil,
				"actor_type": "CONSOLE_USER", "new_status": nil, "previous_status": nil, "comment": "asked the applicant for a payslip",
				"mentioned_emails": []any{}, "previous_value": nil, "new_value": nil, "changed_fields": []any{}, "metadata": nil,
				"created_at": "2026-11-01T15:04:05.000000Z",
			})
		})
	}
	asked := d.vendor.Requests().Route("reviews")
	s := d.night(t, 1, usual)
	asked = d.vendor.Requests().Route("reviews") - asked
	acts, feeds := d.storedActs(t)
	if n := len(acts[inReview]); n == 0 || acts[inReview][n-1] != "2026-11-01T15:04:05Z COMMENT:  to " || feeds[inReview]["version_seq"] == "1" {
		t.Errorf("the feed under review says %q", acts[inReview])
	}
	if after := latest(d.rows(t, "sessions"), "session_id"); after[inReview]["version_seq"] != before[inReview]["version_seq"] || s.Versions > 0 {
		t.Errorf("a comment made %d versions of sessions", s.Versions)
	}
	if feeds[settled]["version_seq"] != "1" || asked > 20 || s.Feeds != int64(asked) {
		t.Errorf("%d feeds were asked for; want those under review and of what changed", asked)
	}
	d.night(t, 2, usual)
	if again, _ := d.storedActs(t); len(again[inReview]) != len(acts[inReview]) || latest(d.rows(t, "activity_feeds"), "session_id")[inReview]["version_seq"] != feeds[inReview]["version_seq"] {
		t.Error("a feed that has not changed since is stored again")
	}
}

// A look at a session's page alone is no version of its feed.
func TestAViewAloneIsNoVersion(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 32, Sessions: 60, Quiet: true})
	usual := func(c *Config) { c.Promises = nil }
	d.night(t, 0, usual)
	d.between = func(next http.RoundTripper) http.RoundTripper {
		return altering(next, func(path string) bool { return strings.HasSuffix(path, "/reviews/") }, func(_ string, page map[string]any) {
			page["count"] = page["count"].(float64) + 1
			page["results"] = append(page["results"].([]any), map[string]any{"uuid": "0e1f7a55-0000-4000-8000-000000000002", "activity_type": "COMMENT",
				"comment": "Session detail viewed", "metadata": map[string]any{"system_event": "DETAIL_VIEWED"}, "created_at": "2026-11-01T15:04:05.000000Z"})
		})
	}
	if s := d.night(t, 1, usual); s.Feeds == 0 || s.DataParts > 0 {
		t.Errorf("got %d feeds read and %d parts with news; want no news", s.Feeds, s.DataParts)
	}
}

// A feed that cannot be read is told of and asked for again, and what is stored of it stays.
func TestAFeedThatCannotBeReadStaysDue(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 33, Sessions: 60, Restless: 15})
	d.night(t, 0, nil)
	before, _ := d.storedActs(t)
	d.between = func(next http.RoundTripper) http.RoundTripper {
		some := func(path string) bool {
			return strings.HasSuffix(path, "/reviews/") && path[len("/v3/sessions/")] < '4'
		}
		return altering(next, some, func(_ string, page map[string]any) {
			page["results"] = append(page["results"].([]any), "not a row")
		})
	}
	s := d.night(t, 1, nil)
	broken, _ := d.storedActs(t)
	if s.Rejects == 0 || len(broken) < len(before) {
		t.Errorf("got %d rejects and %d feeds with rows, want some and the %d there were", s.Rejects, len(broken), len(before))
	}
	d.between = nil
	d.vendor.SetQuiet(true)
	d.night(t, 2, func(c *Config) { c.Promises = promisesOf(farAway) })
	acts, _ := d.storedActs(t)
	got, want := map[string]string{}, map[string]string{}
	for s := range d.vendor.All() {
		if s.Kind == "user" && !s.Deleted {
			done, _ := feedOf(t, d.vendor, s.ID)
			want[s.ID], got[s.ID] = strings.Join(done, "; "), strings.Join(acts[s.ID], "; ")
		}
	}
	report(t, "activity", got, want)
}

// What was changed and changed back within a day leaves row and decision as they were, and rows in the
// feed. The log of webhook deliveries tells of it.
func TestAChangeThereAndBackIsInTheFeed(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 18, Sessions: 60, Restless: 30, Webhook: true})
	got, want := map[string]string{}, map[string]string{}
	for n := range 3 {
		diary := openDiary(d.vendor)
		d.night(t, n, nil)
		acts, _ := d.storedActs(t)
		for _, c := range diary.changes() {
			if n > 0 && c.same && c.announced && c.session.Kind == "user" {
				done, _ := feedOf(t, d.vendor, c.session.ID)
				want[c.session.ID], got[c.session.ID] = strings.Join(done, "; "), strings.Join(acts[c.session.ID], "; ")
			}
		}
	}
	if len(want) == 0 {
		t.Fatal("nothing was changed there and back: another seed shows it")
	}
	report(t, "activity", got, want)
}
