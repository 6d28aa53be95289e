package night

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/google/go-cmp/cmp"
)

// TestFeaturesAndCountersOfUsersAreTheVendors works out for each user what the vendor's own list of users says: the
// latest status of each feature, and how many sessions there are in which status. The nights are restless; the last one
// comes a month later, when nothing moves any more and all has been looked at again.
//
// KYCSYNC_TEST_FEATURES=20000 is for 20,000 sessions and thirty nights, KYCSYNC_TEST_FEATURES_SEED for another population.
func TestFeaturesAndCountersOfUsersAreTheVendors(t *testing.T) {
	if testing.Short() {
		t.Skip("three nights of 150 sessions")
	}
	sessions, nights, restless := searched("FEATURES", 150), 3, 8.0
	if sessions >= 20000 {
		nights, restless = 30, 1
	}
	start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	v, err := didittest.New(didittest.Options{Seed: uint64(searched("FEATURES_SEED", 3)), Sessions: sessions, Restless: restless, Start: start, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	h := newHouse(t, v, srv.URL, "", lake.Config{})
	for n := range nights + 1 {
		day := n
		if n == nights {
			v.SetQuiet(true)
			day += 31
		}
		v.Advance(start.AddDate(0, 0, day))
		cfg := h.config(t)
		if n < nights {
			cfg.Warehouse = warehouse.Config{} // the last night makes it
		}
		if _, err := Run(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
	}

	features, counters, sentBack := map[string]string{}, map[string]string{}, 0
	for _, u := range vendorsUsers(t, srv.URL) {
		counters[u.ID] = fmt.Sprint(u.Sessions, u.Approved, u.Declined, u.InReview)
		for name, status := range u.Features {
			features[u.ID+" "+name] = status
			count(&sentBack, status == "Resub Requested")
		}
	}
	ours := map[string]string{} // the vendor's list knows no DOCUMENT_AI
	for _, r := range h.rows(t, `SELECT DISTINCT s.didit_internal_id, f.feature, f.status FROM user_features AS f JOIN sessions AS s USING (application, session_id)
		WHERE f.upstream_state <> 'deleted' AND f.status <> 'Not Finished' AND f.feature <> 'DOCUMENT_AI'`) {
		if id := r[0].(string); counters[id] != "" { // else a user whom the vendor's list does not have any more
			ours[id+" "+r[1].(string)] = r[2].(string)
		}
	}
	counted := map[string]string{}
	for _, r := range h.rows(t, `SELECT didit_internal_id, count(*), count(*) FILTER (status = 'Approved'), count(*) FILTER (status = 'Declined'), count(*) FILTER (status = 'In Review')
		FROM sessions WHERE session_kind = 'user' AND vendor_data_key IS NOT NULL AND upstream_state = 'present' GROUP BY ALL`) {
		if id := r[0].(string); counters[id] != "" {
			counted[id] = fmt.Sprint(r[1:]...)
		}
	}
	if len(counters) == 0 || sentBack == 0 {
		t.Errorf("the vendor has %d users, and sent back %d steps of them: some of each are wanted", len(counters), sentBack)
	}
	if diff := cmp.Diff(features, ours); diff != "" {
		t.Errorf("features of users (-the vendor +user_features):\n%s", diff)
	}
	if diff := cmp.Diff(counters, counted); diff != "" {
		t.Errorf("counters of users (-the vendor +ours):\n%s", diff)
	}
	t.Logf("%d users with %d features are the vendor's", len(counters), len(features))
}

// A vendorsUser is a row of the vendor's list of users.
type vendorsUser struct {
	ID         string            `json:"didit_internal_id"`
	VendorData *string           `json:"vendor_data"`
	Sessions   int               `json:"session_count"`
	Approved   int               `json:"approved_count"`
	Declined   int               `json:"declined_count"`
	InReview   int               `json:"in_review_count"`
	Features   map[string]string `json:"features"`
}

// vendorsUsers reads the vendor's list of users, those with vendor_data.
func vendorsUsers(t *testing.T, url string) (all []vendorsUser) {
	t.Helper()
	for next := url + "/v3/users/?limit=200"; next != ""; {
		req, err := http.NewRequest(http.MethodGet, next, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("x-api-key", "didit-test-key")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Next    string
			Results []vendorsUser
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", next, res.Status, err)
		}
		for _, u := range page.Results {
			if u.VendorData != nil {
				all = append(all, u)
			}
		}
		next = page.Next
	}
	return all
}
