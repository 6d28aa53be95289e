package night

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
)

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

// restlessDays runs some nights of a restless vendor, with everything looked at in each.
func restlessDays(t *testing.T, seed uint64, nights int) *desk {
	t.Helper()
	d := newDesk(t, didittest.Options{Seed: seed, Sessions: 60, Restless: 20})
	for n := range nights {
		d.night(t, n, nil)
	}
	return d
}

// After some restless days users, businesses and transactions are in the lake as in the vendor's own
// account, with their tags, comments and rules.
func TestEntitiesAreAsTheVendorSays(t *testing.T) {
	d := restlessDays(t, 21, 6)
	for _, kind := range []struct{ name, table, id string }{{"user", "users", "user_id"}, {"business", "businesses", "business_id"}} {
		stored := latest(d.rows(t, kind.table), kind.id)
		tags := ofLatest(d.rows(t, kind.name+"_tags"), kind.id, stored)
		got, want := map[string]string{}, map[string]string{}
		comments := map[string][]values{}
		if kind.name == "user" {
			comments = ofLatest(d.rows(t, "user_comments"), kind.id, stored)
		}
		account := map[string]didittest.Entity{}
		edited := 0
		for _, e := range d.vendor.Entities(kind.name) {
			if account[e.ID] = e; !e.Deleted {
				edited += len(e.Tags) + e.Comments
				shown := e.Comments
				if e.VendorData == "" {
					shown = 0 // they stand in a detail that nobody can ask for
				}
				want[e.ID] = fmt.Sprintf("%s %s %d sessions, tags %q, %d comments", e.VendorData, e.Status, len(e.Sessions), slices.Sorted(slices.Values(e.Tags)), shown)
			}
		}
		for id, r := range stored {
			if e, ok := account[id]; !ok || e.Deleted {
				continue // it keeps the last that was seen of it
			}
			var names []string
			for _, tag := range tags[id] {
				names = append(names, tag["name"])
			}
			slices.Sort(names)
			got[id] = fmt.Sprintf("%s %s %s sessions, tags %q, %d comments", strings.Replace(r["vendor_data"], "(null)", "", 1), r["status_raw"], r["session_count"], names, len(comments[id]))
		}
		if len(want) < 5 || edited == 0 {
			t.Fatalf("%d of kind %s with %d tags and comments: another seed has more", len(want), kind.name, edited)
		}
		report(t, kind.table, got, want)
		for _, r := range latest(d.rows(t, "entity_state"), "entity_id") {
			if _, listed := want[r["entity_id"]]; r["document"] == kind.name && listed != (r["absent_since"] == "(null)") {
				t.Errorf("%s %s is listed: %v, and absent since %s", kind.name, r["entity_id"], listed, r["absent_since"])
			}
		}
	}
}

// The proven addresses and numbers of users are those that the vendor lists.
func TestContactsAreAsTheVendorLists(t *testing.T) {
	d := restlessDays(t, 21, 3)
	var list struct {
		Results []struct {
			ID     string   `json:"didit_internal_id"`
			Emails []string `json:"approved_emails"`
			Phones []string `json:"approved_phones"`
		} `json:"results"`
	}
	askVendor(t, d.vendor, "/v3/users/?limit=500", &list)
	want, got, contacts := map[string]string{}, map[string]string{}, 0
	for _, u := range list.Results {
		want[u.ID] = fmt.Sprintf("%q %q", slices.Sorted(slices.Values(u.Emails)), slices.Sorted(slices.Values(u.Phones)))
		contacts += len(u.Emails) + len(u.Phones)
	}
	stored := latest(d.rows(t, "users"), "user_id")
	rows := ofLatest(d.rows(t, "user_contacts"), "user_id", stored)
	for id := range want {
		of := map[string][]string{}
		for _, r := range rows[id] {
			of[r["kind"]] = append(of[r["kind"]], r["contact"])
		}
		got[id] = fmt.Sprintf("%q %q", slices.Sorted(slices.Values(of["email"])), slices.Sorted(slices.Values(of["phone"])))
	}
	if len(want) < 20 || contacts < 10 {
		t.Fatalf("%d contacts of %d users: another seed has more", contacts, len(want))
	}
	report(t, "user_contacts", got, want)
}

func TestTransactionsAreAsTheVendorSays(t *testing.T) {
	d := restlessDays(t, 22, 4)
	stored := latest(d.rows(t, "transactions"), "transaction_id")
	rules := ofLatest(d.rows(t, "transaction_rules"), "transaction_id", stored)
	want, got := map[string]string{}, map[string]string{}
	ruled := 0
	for _, x := range d.vendor.Transactions() {
		var detail struct {
			Rules []struct {
				Title   string `json:"rule_title"`
				Matched bool   `json:"matched"`
			} `json:"rule_runs"`
		}
		askVendor(t, d.vendor, "/v3/transactions/"+x.ID+"/", &detail)
		var ran []string
		for _, r := range detail.Rules {
			ran = append(ran, fmt.Sprint(r.Title, " ", r.Matched))
		}
		ruled += x.Rulings
		slices.Sort(ran)
		want[x.ID] = fmt.Sprintf("%d %s, session %q, rules %q", x.Number, x.Status, x.SessionID, ran)
	}
	for id, r := range stored {
		var ran []string
		for _, rule := range rules[id] {
			ran = append(ran, rule["rule_title"]+" "+rule["is_matched"])
		}
		slices.Sort(ran)
		got[id] = fmt.Sprintf("%s %s, session %q, rules %q", r["transaction_number"], r["status_raw"], strings.Replace(r["remediation_session_id"], "(null)", "", 1), ran)
	}
	if ruled < 5 {
		t.Fatalf("%d rulings: another seed has more", ruled)
	}
	report(t, "transactions", got, want)
}

// Details are asked for where the list row differs, and for few others.
func TestDetailsAreAskedForWhereRowsDiffer(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 23, Sessions: 120, Restless: 3})
	usual := func(c *Config) { c.Promises = nil }
	d.night(t, 0, usual)
	for n := 1; n <= 3; n++ {
		before, nameless := d.userRows(t), 0
		d.vendor.Advance(firstNight.AddDate(0, 0, n))
		after, changed := d.userRows(t), 0
		for id, row := range after {
			if before[id] != row {
				changed++
			}
		}
		for _, e := range d.vendor.Entities("user") {
			if e.VendorData == "" {
				nameless++
			}
		}
		asked := d.vendor.Requests().Route("user")
		d.night(t, n, usual)
		asked = d.vendor.Requests().Route("user") - asked
		if changed == 0 || asked < changed-nameless || asked > changed+len(after)/10 {
			t.Errorf("night %d: %d details were asked for, with %d of %d rows changed; want those and few others", n, asked, changed, len(after))
		}
	}
}

// Where nothing changes, each user is asked for once in the nights of the promise, a share each night.
func TestTheShareOfANightGoesRound(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 23, Sessions: 60, Quiet: true})
	usual := func(c *Config) { c.Promises = nil }
	d.night(t, 0, usual)
	users, most, start := 0, 0, d.vendor.Requests().Route("user")
	for _, e := range d.vendor.Entities("user") {
		if e.VendorData != "" && !e.Deleted {
			users++
		}
	}
	last := start
	const nights = 29 // of a promise of 30 days, one being late
	for n := 1; n <= nights; n++ {
		if s := d.night(t, n, usual); s.EntityVersions > 0 {
			t.Errorf("night %d: %d versions of users that have not changed", n, s.EntityVersions)
		}
		now := d.vendor.Requests().Route("user")
		most, last = max(most, now-last), now
	}
	if asked := last - start; asked < users || asked > users+users/10 || most > users/4 {
		t.Errorf("%d requests for %d users in %d nights, up to %d in one; want each once, and a share in each night", asked, users, nights, most)
	}
	for _, r := range latest(d.rows(t, "entity_state"), "entity_id") {
		if r["document"] == "user" && strings.HasPrefix(r["last_checked"], firstNight.Format(time.DateOnly)) {
			t.Errorf("user %s was not looked at since the first night", r["entity_id"])
		}
	}
}

// userRows are the list rows of users as the vendor shows them now, without what differs when nothing
// but a moment has passed.
func (d *desk) userRows(t *testing.T) map[string]string {
	t.Helper()
	var list struct {
		Results []map[string]any `json:"results"`
	}
	askVendor(t, d.vendor, "/v3/users/?limit=1000", &list)
	out := map[string]string{}
	for _, r := range list.Results {
		delete(r, "last_activity_at")
		r["portrait_image_url"] = r["portrait_image_url"] == nil
		var text []string
		for _, k := range slices.Sorted(maps.Keys(r)) {
			text = append(text, fmt.Sprint(k, "=", r[k]))
		}
		out[r["didit_internal_id"].(string)] = strings.Join(text, " ")
	}
	return out
}

// A user who has no name of the organisation's own cannot be asked for: the list row is all there is.
func TestAUserWithoutANameOfOursHasTheListRow(t *testing.T) {
	d := restlessDays(t, 27, 1)
	documents := map[string][]string{}
	for _, r := range d.rows(t, "raw_documents") {
		documents[r["session_id"]] = append(documents[r["session_id"]], r["document"])
	}
	users, nameless, slashed := latest(d.rows(t, "users"), "user_id"), 0, 0
	for _, e := range d.vendor.Entities("user") {
		switch docs := slices.Sorted(slices.Values(documents[e.ID])); {
		case e.Deleted:
		case e.VendorData == "":
			if nameless++; !slices.Equal(docs, []string{"user_row"}) || users[e.ID]["status_raw"] != e.Status || users[e.ID]["updated_at"] != "(null)" {
				t.Errorf("user %s without vendor_data: documents %v, stored %v", e.ID, docs, users[e.ID])
			}
		case !slices.Equal(docs, []string{"user", "user_row"}) || users[e.ID]["updated_at"] == "(null)":
			t.Errorf("user %s, vendor_data with a slash %v: documents %v", e.ID, strings.Contains(e.VendorData, "/"), docs)
		case strings.Contains(e.VendorData, "/"):
			slashed++
		}
	}
	if nameless == 0 || slashed == 0 {
		t.Errorf("%d users without vendor_data and %d with a slash in it: another seed has some", nameless, slashed)
	}
}

// A counter of the vendor's that our sessions contradict is named with its age, until the vendor
// corrects it.
func TestMiscountedUsersAreNamedWithTheirAge(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 25, Sessions: 60, Restless: 5})
	d.night(t, 0, nil)
	if rows := d.rows(t, "user_count_mismatches"); len(rows) > 0 {
		t.Fatalf("an honest vendor: got %v", rows)
	}
	faults("miscounted_users:6")(t, d)
	ages := map[string]string{} // by user and counter
	for n := 1; n <= 3; n++ {
		s := d.night(t, n, nil)
		now := d.lastRun(t, "user_count_mismatches")
		if s.UserMismatches != int64(len(now)) || len(now) < 4 || s.Totals[stateDiffers] > 0 {
			t.Errorf("night %d: %d rows, %d in the summary, totals %v", n, len(now), s.UserMismatches, s.Totals)
		}
		counters := map[string]int{}
		for _, r := range now {
			counters[r["counter"]]++
			key := r["user_id"] + " " + r["counter"]
			if ages[key] == "" {
				ages[key] = r["since"]
			}
			if r["since"] != ages[key] || fmt.Sprint(atoi(t, r["lake_count"])+1) != r["vendor_count"] {
				t.Errorf("night %d: got %v, want it since %s and one too high", n, r, ages[key])
			}
		}
		if counters["sessions"] != counters["approved"] || len(counters) != 2 {
			t.Errorf("night %d: got %v, want sessions and approved of each user", n, counters)
		}
	}
	faults("")(t, d)
	if s := d.night(t, 4, nil); s.UserMismatches != 0 || len(d.lastRun(t, "user_count_mismatches")) > 0 {
		t.Errorf("corrected: got %d mismatches", s.UserMismatches)
	}
}

// A mismatch that comes back after it was corrected is a new one.
func TestAMismatchThatComesBackIsNew(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 25, Sessions: 60})
	for n, spec := range []string{"miscounted_users:6", "", "miscounted_users:6"} {
		faults(spec)(t, d)
		d.night(t, n, nil)
	}
	back, old := d.lastRun(t, "user_count_mismatches"), 0
	for _, r := range back {
		if !strings.HasPrefix(r["since"], firstNight.AddDate(0, 0, 2).Format(time.DateOnly)) {
			old++
		}
	}
	if old > 0 || len(back) == 0 {
		t.Errorf("%d of %d mismatches have the age from before they were corrected", old, len(back))
	}
}

// lastRun returns the rows of a table that the newest run wrote.
func (d *desk) lastRun(t *testing.T, table string) []values {
	t.Helper()
	runs := d.rows(t, "runs")
	return slices.DeleteFunc(d.rows(t, table), func(r values) bool { return r["run_id"] != runs[len(runs)-1]["run_id"] })
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n := 0
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The lake tells how sessions came about, as far as list and transactions tell.
func TestOrigins(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 26, Sessions: 60, Restless: 20})
	d.night(t, 0, nil)
	want := map[string]map[string]bool{}
	origin := func(is, id string) {
		if want[is] == nil {
			want[is] = map[string]bool{}
		}
		want[is][id] = true
	}
	checked := map[string]int{}
	for n := 1; n <= 4; n++ {
		known := latest(d.rows(t, "sessions"), "session_id")
		d.night(t, n, nil)
		clear(want)
		for _, e := range d.vendor.Events() {
			if e.Kind == "created" && e.Detail == "migrated" {
				origin("imported", e.SessionID)
			}
		}
		for _, x := range d.vendor.Transactions() {
			origin("remediation", x.SessionID)
		}
		approved := map[string]bool{}
		for s := range d.vendor.All() {
			approved[s.ID] = !s.Deleted && (s.Status == "Approved" || s.Status == "Kyc Expired")
		}
		for _, e := range d.vendor.Entities("user") {
			for i, id := range e.Sessions {
				if slices.ContainsFunc(e.Sessions[:i], func(id string) bool { return approved[id] }) {
					origin("re-verification", id)
				}
			}
		}
		for id, r := range latest(d.rows(t, "sessions"), "session_id") {
			if r["version_seq"] == known[id]["version_seq"] || r["upstream_state"] != "present" || r["session_kind"] != "user" {
				continue // the origin is that of the night that stored the version
			}
			is := "first or resubmission"
			for _, o := range []string{"re-verification", "imported", "remediation"} {
				if want[o][id] {
					is = o
				}
			}
			checked[is]++
			if r["origin"] != is && !(is == "first or resubmission" && (r["origin"] == "first" || r["origin"] == "resubmission")) {
				t.Errorf("night %d: session %s: got %s (%s), want %s", n, id, r["origin"], r["origin_rule"], is)
			}
		}
	}
	if len(checked) < 4 {
		t.Errorf("only %v were seen: another seed has all", checked)
	}
}

type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) { return a(req) }

// A list of users that is empty where there were many fails a gate, and nothing is noted of them.
func TestAnEmptyListOfUsersFailsAGate(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 5, Sessions: 60})
	d.night(t, 0, nil)
	d.between = func(rt http.RoundTripper) http.RoundTripper {
		return answering(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path != "/v3/users/" {
				return rt.RoundTrip(req)
			}
			const empty = `{"count":0,"next":null,"previous":null,"results":[]}`
			rec := httptest.NewRecorder()
			rec.Header().Set("Content-Type", "application/json")
			rec.Header().Set("Content-Length", strconv.Itoa(len(empty)))
			_, _ = rec.WriteString(empty)
			return rec.Result(), nil
		})
	}
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	if s, err := d.run(t, nil); !errors.Is(err, ErrGate) || !strings.Contains(s.Failed[gateEmpty], "the list of each user has none of the") {
		t.Errorf("got %v, gates %v", err, s.Failed)
	}
	d.between = nil
	d.night(t, 2, nil)
	head, err := d.lake.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	absent := 0
	err = each(t.Context(), d.lake, head, "entity_state", t.TempDir(), func(cell func(string) arrow.Array, i int) {
		if !timeAt(cell("absent_since"), i).IsZero() {
			absent++
		}
	})
	if err != nil || absent > 2 {
		t.Errorf("%d entities were noted as absent, %v", absent, err)
	}
}
