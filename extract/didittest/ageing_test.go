package didittest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const oneDay = 24 * time.Hour

func TestHowTheClockIsMovedDoesNotMatter(t *testing.T) {
	for _, o := range []Options{{Seed: 7, Sessions: 400}, {Seed: 8, Sessions: 50, Restless: 30, Webhook: true}} {
		testHowTheClockIsMoved(t, o)
	}
}

func testHowTheClockIsMoved(t *testing.T, o Options) {
	once, often := newVendor(t, o), newVendor(t, o)
	end := once.Clock().Add(12*oneDay + 7*time.Hour)
	once.Advance(end)
	for n := 0; often.Clock().Before(end); n++ {
		step := time.Duration(n%9*37+1) * 11 * time.Minute
		often.Advance(min2(often.Clock().Add(step), end))
	}
	if diff := cmp.Diff(once.Events(), often.Events()); diff != "" {
		t.Errorf("events (-once +often):\n%s", diff)
	}
	if diff := cmp.Diff(once.Truth(), often.Truth()); diff != "" {
		t.Errorf("truth (-once +often):\n%s", diff)
	}
	if diff := cmp.Diff(once.attempts, often.attempts, cmp.AllowUnexported(attempt{})); diff != "" {
		t.Errorf("deliveries (-once +often):\n%s", diff)
	}
	if diff := cmp.Diff(once.Transactions(), often.Transactions()); diff != "" {
		t.Errorf("transactions (-once +often):\n%s", diff)
	}
	for _, kind := range []string{"user", "business"} {
		if diff := cmp.Diff(once.Entities(kind), often.Entities(kind)); diff != "" {
			t.Errorf("%s entities (-once +often):\n%s", kind, diff)
		}
	}
	id := once.Truth()[3].ID
	a, b := get(t, once, "/v3/session/"+id+"/decision/"), get(t, often, "/v3/session/"+id+"/decision/")
	if !bytes.Equal(a.Body.Bytes(), b.Body.Bytes()) {
		t.Error("the same request number got other bytes")
	}
}

func min2(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	a, b, c := newVendor(t, Options{Seed: 5}), newVendor(t, Options{Seed: 5}), newVendor(t, Options{Seed: 6})
	for _, path := range []string{"/v3/sessions/", "/v3/sessions/?session_kind=all&limit=20&offset=20", "/v3/users/", "/v3/businesses/"} {
		x, y, z := get(t, a, path), get(t, b, path), get(t, c, path)
		if !bytes.Equal(x.Body.Bytes(), y.Body.Bytes()) {
			t.Errorf("%s: the same seed gave other bytes", path)
		}
		if bytes.Equal(x.Body.Bytes(), z.Body.Bytes()) {
			t.Errorf("%s: another seed gave the same bytes", path)
		}
	}
}

// Tests of other packages rest on what a seed means. Whatever is added must roll dice of its own,
// so that what was there before stays.
func TestWhatASeedMeansStays(t *testing.T) {
	v := newVendor(t, Options{Seed: 9, Sessions: 300})
	h := sha256.New()
	for range 8 {
		v.Advance(v.Clock().Add(oneDay))
		h.Write(get(t, v, "/v3/sessions/?limit=1000").Body.Bytes())
		h.Write(get(t, v, "/v3/sessions/?session_kind=business&limit=1000").Body.Bytes())
	}
	for i := range v.sessions {
		id := v.sessions[i].id().String()
		h.Write(get(t, v, "/v3/session/"+id+"/decision/?include=events").Body.Bytes())
		h.Write(get(t, v, "/v3/sessions/"+id+"/reviews/").Body.Bytes())
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != "d42b263a190ba029" {
		t.Errorf("got bytes %s", got)
	}
}

// What changes without meaning anything: the truth that a client's hash is held against.
func meaning(t *testing.T, body []byte) string {
	t.Helper()
	var x any
	if err := json.Unmarshal(body, &x); err != nil {
		t.Fatal(err)
	}
	return canonical(x, "")
}

func canonical(x any, key string) string {
	switch x := x.(type) {
	case map[string]any:
		var parts []string
		for k, y := range x {
			switch k {
			case "age", "ongoing_monitoring_last_check", "next_ongoing_monitoring_bill_date":
				continue
			case "status":
				if _, match := x["verification_date"]; match {
					continue
				}
			}
			parts = append(parts, k+":"+canonical(y, k))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		var parts []string
		for _, y := range x {
			parts = append(parts, canonical(y, key))
		}
		switch key {
		case "hits", "matches", "warnings", "ip_analyses":
			slices.Sort(parts)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case string:
		if strings.Contains(x, "X-Amz-Signature") {
			return "link" + x[strings.LastIndex(x[:strings.Index(x, "?")], "/"):strings.Index(x, "?")]
		}
	}
	return fmt.Sprintf("%q", fmt.Sprint(x))
}

func TestRevisionsCountWhatAClientCanSee(t *testing.T) {
	testRevisions(t, newVendor(t, Options{Sessions: 800}), false)
	testRevisions(t, newVendor(t, Options{Seed: 4, Sessions: 60, Restless: 30}), true)
}

// testRevisions looks once a day. What went there and back meanwhile counts as revisions, yet shows nothing.
func testRevisions(t *testing.T, v *Vendor, back bool) {
	type seen struct {
		row, decision string
		rev, rowRev   int
	}
	look := func() map[string]seen {
		m := map[string]seen{}
		for i := range v.sessions {
			s := &v.sessions[i]
			if s.gone != 0 {
				continue
			}
			x := viewOf(s, -1)
			w := v.newWriter(v.serial.Add(1), 0)
			w.bind(s)
			x.row(w)
			id := s.id().String()
			m[id] = seen{meaning(t, w.b), meaning(t, get(t, v, "/v3/session/"+id+"/decision/").Body.Bytes()), int(s.revision), int(s.rowRevision)}
		}
		return m
	}
	before := look()
	changes, hidden := 0, 0
	for range 3 {
		v.Advance(v.Clock().Add(oneDay))
		after := look()
		for id, b := range before {
			a, there := after[id]
			if !there {
				continue
			}
			if (a.row != b.row) != (a.rowRev != b.rowRev) && !(back && a.row == b.row) {
				t.Errorf("%s: row differs %v, row revision %d then %d\n%s", id, a.row != b.row, b.rowRev, a.rowRev, cmp.Diff(b.row, a.row))
			}
			if differs := a.row != b.row || a.decision != b.decision; differs != (a.rev != b.rev) && !(back && !differs) {
				t.Errorf("%s: body differs %v, revision %d then %d", id, a.decision != b.decision, b.rev, a.rev)
			}
			if a.rev != b.rev {
				changes++
				if a.rowRev == b.rowRev {
					hidden++
				}
			}
		}
		before = after
	}
	if changes == 0 || hidden == 0 {
		t.Errorf("got %d changes, %d invisible in the row; want some of both", changes, hidden)
	}
}

func TestAQuietNightChangesOnlyVolatileValues(t *testing.T) {
	v := newVendor(t, Options{Sessions: 600, Quiet: true})
	first := map[string][2]string{}
	for _, s := range v.Truth() {
		b := get(t, v, "/v3/session/"+s.ID+"/decision/").Body.Bytes()
		first[s.ID] = [2]string{string(b), meaning(t, b)}
	}
	v.Advance(v.Clock().Add(400 * oneDay))
	if n := len(v.Events()); n != 0 {
		t.Fatalf("got %d events in quiet nights", n)
	}
	same := 0
	for id, was := range first {
		b := get(t, v, "/v3/session/"+id+"/decision/").Body.Bytes()
		if meaning(t, b) != was[1] {
			t.Fatalf("%s: a quiet night changed its meaning: %s", id, cmp.Diff(was[1], meaning(t, b)))
		}
		if string(b) == was[0] {
			same++
		}
	}
	if same > len(first)/3 {
		t.Errorf("%d of %d decisions kept every byte", same, len(first))
	}
	v.SetQuiet(false)
	v.Advance(v.Clock().Add(time.Hour * 23))
	if len(v.Events()) == 0 {
		t.Error("nothing happened on the day after")
	}
}

func TestEveryKindOfEventHappens(t *testing.T) {
	v := newVendor(t, Options{Sessions: 6000})
	for range 60 {
		v.Advance(v.Clock().Add(oneDay))
	}
	got := map[string]int{}
	hidden := map[string]int{}
	for _, e := range v.Events() {
		got[e.Kind]++
		if !e.VisibleInRow {
			hidden[e.Kind]++
		}
		if e.Kind == "created" && e.Detail == "migrated" {
			got["imported"]++
		}
		if e.Detail == kycExpired.String() {
			got["kyc expired"]++
		}
	}
	for _, k := range append([]string{"created", "deleted", "imported", "kyc expired"}, whatNames[:]...) {
		if got[k] == 0 {
			t.Errorf("no event %q in 60 days", k)
		}
	}
	for _, k := range []string{"aml_hit_swapped", "aml_rescored", "aml_hit_reviewed", "birthplace_corrected", "company_nature_edited"} {
		if hidden[k] != got[k] {
			t.Errorf("%s: %d of %d are invisible in the row; want all", k, hidden[k], got[k])
		}
	}
	t.Log(got)
}

func TestEarlierRevisionsStayKnown(t *testing.T) {
	v := newVendor(t, Options{Sessions: 800})
	now := map[string]Session{}
	for _, s := range v.Truth() {
		now[s.ID] = s
	}
	v.Advance(v.Clock().Add(10 * oneDay))
	changed := 0
	for _, s := range v.Truth() {
		was, old := now[s.ID]
		if !old {
			continue
		}
		then, ok := v.TruthAt(s.ID, 1)
		then.Deleted, then.DeletedAt = false, time.Time{}
		if !ok || cmp.Diff(was, then) != "" {
			t.Fatalf("%s: revision 1 is remembered otherwise:\n%s", s.ID, cmp.Diff(was, then))
		}
		if s.Revision > 1 {
			changed++
		}
	}
	if changed == 0 {
		t.Error("nothing changed")
	}
}

func TestDistributions(t *testing.T) {
	v := newVendor(t, Options{Sessions: 20000})
	status, business, screened, withHits, warnings := map[string]int{}, 0, 0, 0, 0
	for _, s := range v.Truth() {
		if s.Kind == "business" {
			business++
			continue
		}
		status[s.Status]++
		screened += min(1, s.Counts["aml_screenings"])
		withHits += min(1, s.Counts["aml_hits"])
		warnings += s.Counts["warnings"]
	}
	n := 20000 - business
	share := func(name string, got int, lo, hi float64) {
		if p := float64(got) / float64(n); p < lo || p > hi {
			t.Errorf("%s: got a share of %.3f, want %.3f to %.3f", name, p, lo, hi)
		}
	}
	share("business", business, 0.02, 0.05)
	share("Approved", status["Approved"], 0.64, 0.72)
	share("Declined", status["Declined"], 0.07, 0.11)
	share("In Review", status["In Review"], 0.04, 0.06)
	share("screened", screened, 0.50, 0.70)
	share("with hits", withHits, 0.04, 0.08)
	share("warnings", warnings, 1.0, 1.6)
}
