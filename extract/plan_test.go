package extract

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kycsync/schemas"
)

var night = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

func TestPlan(t *testing.T) {
	hour := func(n int) time.Time { return night.Add(time.Duration(n-100) * time.Hour) }
	row := func(n int, status, fingerprint string) Row {
		return Row{ID: testID(n), Kind: schemas.UserSession, Number: int64(n), Status: status, CreatedAt: hour(n), Fingerprint: digest(fingerprint)}
	}
	known := map[schemas.SessionID]schemas.Known{}
	know := func(n int, k schemas.Known) { known[testID(n)] = k }
	know(1, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("same"), LastChecked: hour(90)})
	know(2, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("old")})
	know(3, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("same"), LastChecked: hour(80)})
	know(4, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("same"), LastChecked: hour(70)})
	know(5, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("same"), Stale: true})
	know(6, schemas.Known{Fingerprint: digest("same")})
	know(7, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("old")})
	know(90, schemas.Known{ContentHash: digest("c"), Fingerprint: digest("same"), Status: "In Review"})
	listed := []Row{
		row(9, "Approved", "new"),
		row(8, "In Progress", "new"),
		row(7, "In Review", "same"),
		row(6, "Approved", "same"),
		row(5, "Approved", "same"),
		row(4, "Some Word", "same"),
		row(3, "In Review", "same"),
		row(2, "Declined", "same"),
		row(1, "Approved", "same"),
	}
	task := func(n int, r Reason, since time.Time) Task {
		return Task{testID(n), schemas.UserSession, int64(n), r, since}
	}
	want := []Task{
		task(6, ReasonNew, hour(6)), task(8, ReasonNew, hour(8)), task(9, ReasonNew, hour(9)),
		task(2, ReasonChanged, hour(2)), task(7, ReasonChanged, hour(7)),
		task(5, ReasonStale, time.Time{}),
		task(4, ReasonOpen, hour(70)), task(3, ReasonOpen, hour(80)),
	}
	if diff := cmp.Diff(want, Plan(listed, known, night, Budget{})); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}

	for _, tc := range []struct {
		name string
		b    Budget
		want int
	}{
		{"requests", Budget{MaxRequests: 3}, 3},
		{"more requests than tasks", Budget{MaxRequests: 300}, 8},
		{"half a second at ten a second", Budget{Until: night.Add(500 * time.Millisecond), PerMinute: 600}, 4},
		{"time and requests", Budget{Until: night.Add(time.Second), PerMinute: 600, MaxRequests: 2}, 2},
		{"no time left", Budget{Until: night.Add(-time.Second), PerMinute: 600}, 0},
		{"no time left, no limit", Budget{Until: night}, 0},
		{"time and no limit", Budget{Until: night.Add(time.Second)}, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(want[:tc.want], Plan(listed, known, night, tc.b)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}

	e := EstimateOf(want, 600)
	if e.Requests != 8 || e.Duration != time.Second || e.ByReason[ReasonNew] != 3 || e.ByReason[ReasonOpen] != 2 {
		t.Errorf("got estimate %+v", e)
	}
	if got := EstimateOf(make([]Task, 100_000), 600).Duration; got < 167*time.Minute || got > 168*time.Minute {
		t.Errorf("100,000 decisions are estimated at %v, want 2 h 47 min", got)
	}
}

// For any list: each listed session has at most one task; a session without one is known, read,
// unchanged and decided; the order of the list does not matter; a smaller budget cuts the tail.
func TestPlanProperties(t *testing.T) {
	statuses := []string{"Approved", "Declined", "In Review", "Expired", "Kyc Expired", "Not Started", "", "Unheard Of"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		var listed []Row
		known := map[schemas.SessionID]schemas.Known{}
		for i := range n {
			id := testID(i)
			listed = append(listed, Row{ID: id, Number: int64(i), Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				Fingerprint: digest(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "fingerprint")), CreatedAt: night.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "age")) * time.Hour)})
			if rapid.Bool().Draw(t, "known") {
				known[id] = schemas.Known{Fingerprint: digest("a"), ContentHash: digest(rapid.SampledFrom([]string{"", "c"}).Draw(t, "hash")),
					Stale: rapid.Bool().Draw(t, "stale"), LastChecked: night.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "checked")) * time.Hour)}
			}
		}
		all := Plan(listed, known, night, Budget{})
		planned := map[schemas.SessionID]Reason{}
		for _, task := range all {
			if planned[task.ID] != "" {
				t.Fatalf("session %s stands in the plan twice", task.ID)
			}
			planned[task.ID] = task.Reason
		}
		for _, r := range listed {
			k, ok := known[r.ID]
			settled := ok && k.ContentHash != (schemas.Digest{}) && k.Fingerprint == r.Fingerprint && !k.Stale && !schemas.Open(r.Status)
			if settled == (planned[r.ID] != "") {
				t.Fatalf("session %s: settled %v, planned %q", r.ID, settled, planned[r.ID])
			}
		}
		shuffled := slices.Clone(listed)
		rand.New(rand.NewPCG(uint64(n), 0)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(all, Plan(shuffled, known, night, Budget{})); diff != "" {
			t.Fatalf("the order of the list matters:\n%s", diff)
		}
		most := rapid.IntRange(1, 40).Draw(t, "most")
		if diff := cmp.Diff(all[:min(most, len(all))], Plan(listed, known, night, Budget{MaxRequests: most})); diff != "" {
			t.Fatalf("a budget does more than cut the tail:\n%s", diff)
		}
	})
}

// digest is a hash that a word stands for; that of the empty word is none.
func digest(word string) (d schemas.Digest) {
	copy(d[:], word)
	return d
}
