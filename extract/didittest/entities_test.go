package didittest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type entityBody struct {
	ID          string            `json:"didit_internal_id"`
	VendorData  *string           `json:"vendor_data"`
	DisplayName *string           `json:"display_name"`
	Status      string            `json:"status"`
	Sessions    int               `json:"session_count"`
	Approved    int               `json:"approved_count"`
	Tags        []json.RawMessage `json:"tags"`
	Metadata    map[string]any    `json:"metadata"`
	Features    map[string]string `json:"features"`
	Activity    time.Time         `json:"last_activity_at"`
	Updated     time.Time         `json:"updated_at"`
	Created     time.Time         `json:"created_at"`
	Comments    []struct {
		Type   string    `json:"comment_type"`
		Before *string   `json:"previous_status"`
		After  *string   `json:"new_status"`
		At     time.Time `json:"created_at"`
	} `json:"comments"`
}

func entityList(t *testing.T, v *Vendor, kind string) []entityBody {
	t.Helper()
	return decode[struct{ Results []entityBody }](t, get(t, v, "/v3/"+kind+"/?limit=10000").Body.Bytes()).Results
}

func TestUsersAreEditedFromDayToDay(t *testing.T) {
	v := newVendor(t, Options{Seed: 2, Sessions: 60, Restless: 20})
	look := func() map[string]entityBody {
		m := map[string]entityBody{}
		for _, u := range entityList(t, v, "users") {
			if u.VendorData != nil {
				m[u.ID] = decode[entityBody](t, get(t, v, "/v3/users/"+url.PathEscape(*u.VendorData)+"/").Body.Bytes())
			}
		}
		return m
	}
	before, moved, quietly := look(), map[string]int{}, 0
	for range 12 {
		v.Advance(v.Clock().Add(oneDay))
		after := look()
		for id, b := range before {
			a, there := after[id]
			if !there {
				continue
			}
			var what []string
			for _, c := range a.Comments[:len(a.Comments)-len(b.Comments)] { // newest first
				what = append(what, c.Type)
				moved[c.Type]++
				if c.At.After(a.Updated) || c.At.Before(a.Created) || (c.Type == "STATUS_CHANGED") != (c.After != nil && c.Before != nil && *c.After != *c.Before) {
					t.Errorf("comment %+v of a user created %s, updated %s", c, a.Created, a.Updated)
				}
			}
			if len(what) > 0 && !a.Updated.After(b.Updated) {
				t.Errorf("%v, and updated_at stays at %s", what, a.Updated)
			}
			if a.Status != b.Status && !slices.Contains(what, "STATUS_CHANGED") || len(a.Tags) != len(b.Tags) && !slices.ContainsFunc(what, func(s string) bool { return strings.HasPrefix(s, "TAG_") }) {
				t.Errorf("status %s then %s, %d tags then %d, by %v", b.Status, a.Status, len(b.Tags), len(a.Tags), what)
			}
			if a.Updated.After(b.Updated) && a.Activity.Equal(b.Activity) {
				quietly++
			}
		}
		before = after
	}
	for _, k := range editNames {
		if moved[k] == 0 {
			t.Errorf("no %s in 12 days", k)
		}
	}
	if quietly == 0 {
		t.Error("no user was updated without activity")
	}
}

func TestFeaturesOfAUserAreThoseOfTheNewestSessionThatHasThem(t *testing.T) {
	v := newVendor(t, Options{Seed: 5, Sessions: 2000, Restless: 4})
	v.Advance(v.Clock().Add(5 * oneDay))
	type row struct {
		User     string `json:"didit_internal_id"`
		Features []struct{ Feature, Status string }
	}
	want := map[string]map[string]string{}
	rows := decode[struct{ Results []row }](t, get(t, v, "/v3/sessions/?session_kind=user&limit=10000").Body.Bytes()).Results
	for _, r := range rows { // newest first
		for _, f := range r.Features {
			if want[r.User] == nil {
				want[r.User] = map[string]string{}
			}
			if _, newer := want[r.User][f.Feature]; !newer && f.Status != "Not Finished" {
				want[r.User][f.Feature] = f.Status
			}
		}
	}
	sentBack := 0
	for _, u := range entityList(t, v, "users") {
		for f, status := range u.Features {
			if status == "Expired" { // a list row has no word for it
				delete(u.Features, f)
				delete(want[u.ID], f)
			}
			if status == "Resub Requested" {
				sentBack++
			}
		}
		if diff := cmp.Diff(want[u.ID], u.Features, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("features of user %s (-list of sessions +list of users):\n%s", u.ID, diff)
		}
	}
	if sentBack == 0 {
		t.Error("no step was sent back")
	}
}

func TestSoftDeletion(t *testing.T) {
	v := newVendor(t, Options{Seed: 1, Sessions: 600, Restless: 15})
	for range 4 {
		v.Advance(v.Clock().Add(oneDay))
	}
	for _, c := range []struct {
		kind, path string
		code       int
	}{{"user", "users", http.StatusOK}, {"business", "businesses", http.StatusNotFound}} {
		listed := map[string]bool{}
		for _, e := range entityList(t, v, c.path) {
			listed[e.ID] = true
		}
		deleted := 0
		for _, e := range v.Entities(c.kind) {
			if e.Deleted == listed[e.ID] {
				t.Errorf("%s %s: deleted %v, listed %v", c.kind, e.ID, e.Deleted, listed[e.ID])
			}
			if e.VendorData == "" {
				continue
			}
			want := http.StatusOK
			if e.Deleted {
				deleted++
				want = c.code
			}
			if got := get(t, v, "/v3/"+c.path+"/"+url.PathEscape(e.VendorData)+"/").Code; got != want {
				t.Errorf("%s, deleted %v: got %d, want %d", c.kind, e.Deleted, got, want)
			}
		}
		if deleted == 0 || deleted > len(listed)/5 {
			t.Errorf("%d of %d %s entities are deleted", deleted, len(listed), c.kind)
		}
	}
}

func TestUsersAreAskedForByAnyText(t *testing.T) {
	v := newVendor(t, Options{Sessions: 800})
	without, odd := 0, 0
	for _, u := range entityList(t, v, "users") {
		if u.VendorData == nil {
			without++
			continue
		}
		if strings.ContainsAny(*u.VendorData, "/ ñ") {
			odd++
		}
		got := get(t, v, "/v3/users/"+url.PathEscape(*u.VendorData)+"/")
		if got.Code != 200 || decode[entityBody](t, got.Body.Bytes()).ID != u.ID {
			t.Errorf("%q: got %d, another user, or none", *u.VendorData, got.Code)
		}
	}
	if without == 0 || odd == 0 {
		t.Errorf("%d users without vendor_data, %d with one that needs escaping; want some of both", without, odd)
	}
	if got := get(t, v, "/v3/users//").Code; got != 404 {
		t.Errorf("no text: got %d", got)
	}
}

func TestSomeUsersAreMiscounted(t *testing.T) {
	v := newVendor(t, Options{Sessions: 500})
	if err := v.SetFaults("miscounted_users:10"); err != nil {
		t.Fatal(err)
	}
	users := entityList(t, v, "users")
	lied := 0
	for i, e := range v.Entities("user")[:len(users)] {
		approved := 0
		for _, id := range e.Sessions {
			if s, _ := v.TruthAt(id, len(v.History(id))); s.Status == "Approved" {
				approved++
			}
		}
		more := users[i].Sessions - len(e.Sessions)
		if more != 0 {
			lied++
		}
		if users[i].ID != e.ID || more < 0 || more > 1 || users[i].Approved-approved != more {
			t.Errorf("user %d counts %d and %d, has %d and %d", i, users[i].Sessions, users[i].Approved, len(e.Sessions), approved)
		}
	}
	if lied < 20 || lied > 100 {
		t.Errorf("%d of %d users are miscounted, want a tenth", lied, len(users))
	}
}

func TestAUserKeepsItsDatesWhenSessionsGo(t *testing.T) {
	v := newVendor(t, Options{Seed: 6, Sessions: 60, Restless: 20, Retention: 30 * oneDay})
	was := map[string]Entity{}
	lost := 0
	for range 15 {
		for _, e := range v.Entities("user") {
			if old, ok := was[e.ID]; ok {
				if e.UpdatedAt.Before(old.UpdatedAt) {
					t.Errorf("updated_at went back from %s to %s", old.UpdatedAt, e.UpdatedAt)
				}
				if len(e.Sessions) < len(old.Sessions) {
					lost++
				}
			}
			was[e.ID] = e
		}
		v.Advance(v.Clock().Add(oneDay))
	}
	if lost == 0 {
		t.Error("no user lost a session")
	}
}

func TestQuietNightsLeaveUsersAndTransactionsAlone(t *testing.T) {
	v := newVendor(t, Options{Sessions: 200, Restless: 20, Quiet: true})
	was, list, paid := v.Entities("user"), entityList(t, v, "users"), v.Transactions()
	v.Advance(v.Clock().Add(9 * oneDay))
	if diff := cmp.Diff(was, v.Entities("user")) + cmp.Diff(list, entityList(t, v, "users")) + cmp.Diff(paid, v.Transactions()); diff != "" {
		t.Error(diff)
	}
}
