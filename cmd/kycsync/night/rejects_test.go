package night

import (
	"context"
	"slices"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/transform"

	"github.com/google/go-cmp/cmp"
)

func (h *house) rejects(t *testing.T, id string) *Rejected {
	t.Helper()
	found, err := Rejects(context.Background(), h.lake, h.newest(t), t.TempDir(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (h *house) nightWith(t *testing.T, faults string, day int) {
	t.Helper()
	if err := h.vendor.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
	h.vendor.Advance(firstNight.AddDate(0, 0, day))
	cfg := h.config(t)
	cfg.Warehouse.Path = ""
	if _, err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
}

// states counts rejects by scope and by how they stand.
func states(rejects []StoredReject) map[string]int {
	out := map[string]int{}
	for _, r := range rejects {
		out[r.Scope+" "+r.State]++
	}
	return out
}

// A document is unread until a later one is read; a row is withheld until a newer version has it. A
// replay that finds them again changes neither.
func TestRejectsStandAsTheyAreNow(t *testing.T) {
	v, url := newVendor(t, didittest.Options{Seed: 7, Sessions: 60})
	h := newHouse(t, v, url, "", lake.Config{})
	v.SetQuiet(true)
	h.nightWith(t, "dupkey:12,badvalue:9", 0)
	first := h.rejects(t, "")
	now := states(first.Rejects)
	withheld := now["row "+RejectWithheld] + now["value "+RejectWithheld]
	if now["document "+RejectUnread] == 0 || withheld == 0 || withheld+now["document "+RejectUnread] != len(first.Rejects) {
		t.Fatalf("got %v, want documents unread and rows or values withheld", now)
	}

	h.replay(t)
	if again := states(h.rejects(t, "").Rejects); cmp.Diff(now, again) != "" {
		t.Errorf("after a replay: got %v, want %v", again, now)
	}
	row := first.Rejects[slices.IndexFunc(first.Rejects, func(r StoredReject) bool { return r.Scope != transform.ScopeDocument })]
	one := states(h.rejects(t, row.ID).Rejects)
	if one[row.Scope+" "+RejectRead] == 0 || one[row.Scope+" "+RejectWithheld] == 0 {
		t.Errorf("of %s: got %v, want what the night found and, in its place, what the replay found", row.ID, one)
	}

	h.nightWith(t, "badvalue:9", 1)
	after := states(h.rejects(t, "").Rejects)
	if after["document "+RejectUnread] != 0 || after["document "+RejectRead] != now["document "+RejectUnread] {
		t.Errorf("mended documents: got %v, want all of them read", after)
	}
	doc := first.Rejects[slices.IndexFunc(first.Rejects, func(r StoredReject) bool { return r.Scope == transform.ScopeDocument })]
	if got := h.rejects(t, doc.ID); got.Stale || len(got.Newest) != 1 || got.Newest[0].Table != "sessions" || got.Newest[0].Seq != h.newest(t).Seq {
		t.Errorf("of %s: got %+v, want its first version from the newest commit", doc.ID, got)
	}
}

// Rejects with a cause in common are one group, however many sessions and offsets they have.
func TestGroupRejects(t *testing.T) {
	at := firstNight
	list := []StoredReject{
		{Reason: "want date", Path: "dob", Table: "id_verifications", Scope: "row", ID: "e", Seen: at, State: RejectWithheld},
		{Reason: "duplicate", Path: "offset 7", Document: "decision", Scope: "document", ID: "a", Seen: at.AddDate(0, 0, 1), State: RejectUnread},
		{Reason: "duplicate", Path: "offset 9", Document: "decision", Scope: "document", ID: "a", Seen: at, State: RejectRead},
		{Reason: "duplicate", Path: "offset 9", Document: "decision", Scope: "document", ID: "b", Seen: at, State: RejectUnread},
		{Reason: "duplicate", Path: "offset 9", Document: "decision", Scope: "document", ID: "c", Seen: at, State: RejectUnread},
		{Reason: "duplicate", Path: "offset 9", Document: "decision", Scope: "document", ID: "d", Seen: at, State: RejectUnread},
	}
	want := []RejectGroup{
		{Reason: "duplicate", Document: "decision", Scope: "document", Count: 5, Unread: 4, Last: at.AddDate(0, 0, 1), Sessions: []string{"a", "b", "c"}},
		{Reason: "want date", Path: "dob", Table: "id_verifications", Scope: "row", Count: 1, Withheld: 1, Last: at, Sessions: []string{"e"}},
	}
	if diff := cmp.Diff(want, GroupRejects(list)); diff != "" {
		t.Errorf("groups differ (-want +got):\n%s", diff)
	}
}

// A listed row without an id cannot be looked up: it counts as unread until a night lists none.
func TestRejectWithoutIDStandsUntilTheNextNight(t *testing.T) {
	r := StoredReject{RunID: "first", Application: "default", Document: "list_row", Scope: transform.ScopeDocument}
	for newest, want := range map[string]string{"first": RejectUnread, "second": RejectRead} {
		ch := &chronicle{nights: map[string]string{"default": newest, "other": "third"}}
		if got := (&rejectStanding{}).state(&r, ch); got != want {
			t.Errorf("newest night %s: got %s, want %s", newest, got, want)
		}
	}
}
