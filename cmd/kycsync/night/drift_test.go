package night

import (
	"context"
	"errors"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"
)

// A finding is a row of drift, as a run writes it.
type finding struct {
	path, kind, example string
	count               int64
}

// findingCommit appends a commit in which a run reports drift. It is published unless it is staged.
func findingCommit(t *testing.T, l *lake.Lake, now time.Time, staged bool, kind lake.CommitKind, found ...finding) *lake.Commit {
	t.Helper()
	head, err := l.Head(context.Background())
	if err != nil && !errors.Is(err, lake.ErrNotExist) {
		t.Fatal(err)
	}
	c := &lake.Commit{Kind: kind, Seq: 1, RunID: newRunID(now), CommittedAt: now, Tables: map[string]map[string]lake.Part{}}
	if head != nil {
		c.Seq, c.PublishedSeq, c.Tables = head.Seq+1, head.PublishedSeq, head.Tables
	}
	if !staged {
		c.PublishedSeq = c.Seq
	}
	runs, drift := transform.NewRows(schemas.Lookup("runs")), transform.NewRows(schemas.Lookup("drift"))
	runs.Append(map[string]any{"run_id": c.RunID, "version_seq": c.Seq, "application": "default", "kind": string(kind), "started_at": now})
	for _, f := range found {
		drift.Append(map[string]any{"run_id": c.RunID, "version_seq": c.Seq, "application": "default", "document": "decision",
			"path": f.path, "kind": f.kind, "example": f.example, "count": f.count})
	}
	w := &partSet{dir: t.TempDir(), open: map[string]*lake.PartWriter{}}
	for _, rows := range []*transform.Rows{runs, drift} {
		if err := rows.Take(w.write); err != nil {
			t.Fatal(err)
		}
	}
	spooled, err := w.close()
	if err != nil {
		t.Fatal(err)
	}
	for table, s := range spooled {
		part, err := l.Put(context.Background(), s, c.RunID)
		if err != nil {
			t.Fatal(err)
		}
		if c.Tables[table] == nil {
			c.Tables[table] = map[string]lake.Part{}
		}
		c.Tables[table][part.Name] = part
	}
	if err := l.Append(context.Background(), head, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func driftOf(t *testing.T, l *lake.Lake) []Drifted {
	t.Helper()
	head, err := l.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	all, err := Drift(context.Background(), l, head, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func openDriftLake(t *testing.T) (*lake.Lake, Config) {
	v, url := newVendor(t, didittest.Options{Seed: 1, Sessions: 1})
	h := newHouse(t, v, url, "", lake.Config{})
	now := firstNight.AddDate(0, 0, 9)
	return h.lake, Config{Lake: h.lake, WorkDir: t.TempDir(), Now: func() time.Time { return now }}
}

// Counts add up over runs; first and last are when the runs began.
func TestDriftAddsUp(t *testing.T) {
	l, _ := openDriftLake(t)
	second := firstNight.AddDate(0, 0, 1)
	findingCommit(t, l, firstNight, false, lake.Sync, finding{"voice", "unknown_field", "list", 3}, finding{"status", "unknown_value", "Paused", 1})
	findingCommit(t, l, second, false, lake.Sync, finding{"voice", "unknown_field", "list", 4})
	all := driftOf(t, l)
	if len(all) != 2 {
		t.Fatalf("got %+v, want two", all)
	}
	if d := all[1]; d.Path != "voice" || d.Count != 7 || !d.First.Equal(firstNight) || !d.Last.Equal(second) {
		t.Errorf("got %+v, want 7 of voice from %v to %v", d, firstNight, second)
	}
	if d := all[0]; d.Count != 1 || !d.First.Equal(firstNight) || !d.Last.Equal(firstNight) {
		t.Errorf("got %+v, want 1 of status, seen in the first night", d)
	}
}

// What a replay does not find any more has a column now. What it finds again is counted once and is as
// old as it was.
func TestDriftAfterReplay(t *testing.T) {
	l, _ := openDriftLake(t)
	second := firstNight.AddDate(0, 0, 1)
	findingCommit(t, l, firstNight, false, lake.Sync, finding{"voice", "unknown_field", "list", 3}, finding{"iris", "unknown_field", "list", 2})
	findingCommit(t, l, second, false, lake.Replay, finding{"voice", "unknown_field", "list", 3}, finding{"gait", "unknown_field", "list", 1})
	all := driftOf(t, l)
	if len(all) != 2 || all[0].Path != "gait" || all[1].Path != "voice" {
		t.Fatalf("got %+v, want gait and voice; iris has a column now", all)
	}
	if d := all[1]; d.Count != 3 || !d.First.Equal(firstNight) || !d.Last.Equal(firstNight) {
		t.Errorf("got %+v, want 3 of voice, seen in the first night", d)
	}
	if d := all[0]; !d.First.Equal(second) {
		t.Errorf("got %+v, want gait first seen by the replay", d)
	}
}

// An accepted drift is another one as soon as it comes with another example.
func TestAcceptedDriftWithAnotherExampleIsNew(t *testing.T) {
	l, cfg := openDriftLake(t)
	findingCommit(t, l, firstNight, false, lake.Sync, finding{"status", "unknown_value", "Paused", 1}, finding{"type", "unknown_value", "Paused", 1})
	accepted, err := AcceptDrift(context.Background(), cfg, Acceptance{Path: "status", Reason: "announced"})
	if err != nil || len(accepted) != 1 || accepted[0].Path != "status" {
		t.Fatalf("got %+v, %v, want status accepted", accepted, err)
	}
	findingCommit(t, l, firstNight.AddDate(0, 0, 10), false, lake.Sync, finding{"status", "unknown_value", "Paused", 1}, finding{"status", "unknown_value", "Lost", 1})
	fresh := map[string]bool{}
	for _, d := range driftOf(t, l) {
		fresh[d.Path+" "+d.Example] = d.Accepted == nil
	}
	if fresh["status Paused"] || !fresh["status Lost"] || !fresh["type Paused"] {
		t.Errorf("new are %v, want what was not accepted: status Lost, type Paused", fresh)
	}
	head, err := l.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	again, err := AcceptDrift(context.Background(), cfg, Acceptance{Path: "status", Example: "Paused", Reason: "again"})
	if now, headErr := l.Head(context.Background()); err != nil || headErr != nil || len(again) > 0 || now.Seq != head.Seq {
		t.Errorf("accepted twice: got %+v, %v, and commit %d after %d, want nothing", again, err, now.Seq, head.Seq)
	}
}

// In which form an unknown member is met first is chance: it stays one drift, and accepted.
func TestUnknownFieldIsOneDriftInAnyForm(t *testing.T) {
	l, cfg := openDriftLake(t)
	findingCommit(t, l, firstNight, false, lake.Sync, finding{"voice", "unknown_field", "list", 3})
	if _, err := AcceptDrift(context.Background(), cfg, Acceptance{Path: "voice", Reason: "known"}); err != nil {
		t.Fatal(err)
	}
	findingCommit(t, l, firstNight.AddDate(0, 0, 10), false, lake.Sync, finding{"voice", "unknown_field", "object", 1})
	all := driftOf(t, l)
	if len(all) != 1 || all[0].Count != 4 || all[0].Accepted == nil || all[0].Accepted.Reason != "known" {
		t.Errorf("got %+v, want one drift, seen 4 times and accepted", all)
	}
}

// An acceptance publishes nothing that no gate has judged.
func TestAcceptanceIsPublishedAsItsParentIs(t *testing.T) {
	for _, staged := range []bool{false, true} {
		l, cfg := openDriftLake(t)
		findingCommit(t, l, firstNight, false, lake.Sync)
		c := findingCommit(t, l, firstNight, staged, lake.Sync, finding{"voice", "unknown_field", "list", 1})
		if _, err := AcceptDrift(context.Background(), cfg, Acceptance{Path: "voice", Reason: "known"}); err != nil {
			t.Fatal(err)
		}
		head, err := l.Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want := head.Seq
		if staged {
			want = c.PublishedSeq
		}
		if head.Seq != c.Seq+1 || head.PublishedSeq != want {
			t.Errorf("staged %v: got commit %d published %d, want %d published %d", staged, head.Seq, head.PublishedSeq, c.Seq+1, want)
		}
	}
}

// Somebody who mistypes a path is told what there is.
func TestUnknownDrift(t *testing.T) {
	l, cfg := openDriftLake(t)
	findingCommit(t, l, firstNight, false, lake.Sync, finding{"voice_verifications", "unknown_field", "list", 1},
		finding{"id_verifications[].glare", "unknown_field", "number", 1}, finding{"zip", "unknown_field", "text", 1}, finding{"iris_checks", "unknown_field", "text", 1})
	for asked, want := range map[string]string{"voice_verification": "voice_verifications", "glare": "id_verifications[].glare", "zap": "zip"} {
		_, err := AcceptDrift(context.Background(), cfg, Acceptance{Path: asked, Reason: "known"})
		var unknown *UnknownDrift
		if !errors.As(err, &unknown) || len(unknown.Closest) != 3 || unknown.Closest[0].Path != want {
			t.Errorf("%s: got %v %+v, want %s as the closest of three", asked, err, unknown, want)
		}
	}
}
