package night

import (
	"context"
	"sync"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// aboutRuns are the tables that have rows of each run, whatever it found.
var aboutRuns = map[string]bool{"runs": true, "control_totals": true, "promises": true}

// Two runs at once on one lake lose nothing and double nothing, whoever commits first.
func TestTwoRunsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("six nights")
	}
	v, url := newVendor(t, didittest.Options{Seed: 8, Sessions: 80})
	alone := newHouse(t, v, url, "", lake.Config{})
	first := newHouse(t, v, url, "", lake.Config{})
	second := &house{v, url, first.lake, t.TempDir()}
	for n := range 2 {
		v.Advance(firstNight.AddDate(0, 0, n))
		alone.night(t)
		var wg sync.WaitGroup
		for _, h := range []*house{first, second} {
			wg.Go(func() {
				cfg := h.config(t)
				cfg.BatchSize = 10
				if s, err := Run(context.Background(), cfg); err != nil {
					t.Errorf("night %d: %v after %+v", n+1, err, s)
				}
			})
		}
		wg.Wait()
	}
	want, got := alone.content(t), first.content(t)
	for table, c := range want {
		if !aboutRuns[table] && (got[table].Rows != c.Rows || got[table].Hash != c.Hash) {
			t.Errorf("%s: got %d rows %s, want %d rows %s", table, got[table].Rows, got[table].Hash, c.Rows, c.Hash)
		}
	}
}

// A run that commits late does not put what it saw over what another has seen since.
func TestLateRunDoesNotUndoANewerOne(t *testing.T) {
	if testing.Short() {
		t.Skip("three nights")
	}
	v, url := newVendor(t, didittest.Options{Seed: 8, Sessions: 120})
	first := newHouse(t, v, url, "", lake.Config{})
	second := &house{v, url, first.lake, t.TempDir()}
	var truth oracle
	first.night(t)
	v.Advance(firstNight.AddDate(0, 0, 1))
	cfg, once := first.config(t), sync.Once{}
	cfg.Step = func(step string) {
		if step == "flatten" {
			once.Do(func() {
				v.Advance(firstNight.AddDate(0, 0, 3))
				second.night(t)
			})
		}
	}
	if _, err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	truth.watch(v)
	truth.compare(t, first)
	if n := first.rows(t, `SELECT count(*) FROM session_state s JOIN sessions USING (application, session_id)
		WHERE s.content_hash <> sessions.content_hash`)[0][0]; n != int64(0) {
		t.Errorf("%v sessions whose state is not that of their newest version", n)
	}
}

// Another run that sees changes and commits between this one's list and its plan does not make this one
// take its own older rows for news.
func TestARunBetweenListAndPlanIsNotUndone(t *testing.T) {
	if testing.Short() {
		t.Skip("three nights")
	}
	v, url := newVendor(t, didittest.Options{Seed: 8, Sessions: 120})
	first := newHouse(t, v, url, "", lake.Config{})
	second := &house{v, url, first.lake, t.TempDir()}
	first.night(t)
	v.Advance(firstNight.Add(time.Minute))
	cfg, once := first.config(t), sync.Once{}
	cfg.BatchSize = 1 // commits among the transactions, before the plan
	cfg.Step = func(step string) {
		if step == "proved" {
			once.Do(func() {
				v.Advance(firstNight.AddDate(0, 0, 3))
				second.night(t)
			})
		}
	}
	if _, err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	hashesHold(t, first.lake)
	v.SetQuiet(true)
	v.Advance(firstNight.AddDate(0, 0, 4))
	first.night(t)
	hashesHold(t, first.lake)
	var truth oracle
	truth.watch(v)
	truth.compare(t, first)
}

// hashesHold compares the content hash of each version of a session with its documents, and finds versions
// that have the same documents as the one before.
func hashesHold(t *testing.T, l *lake.Lake) {
	t.Helper()
	head, err := l.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	type version struct {
		id  string
		seq int64
	}
	docs, last := map[version]map[schemas.DocumentKind]schemas.Digest{}, map[string]schemas.Digest{}
	err = each(context.Background(), l, head, "raw_documents", t.TempDir(), func(cell func(string) arrow.Array, i int) {
		v, kind := version{textAt(cell("session_id"), i), intAt(cell("version_seq"), i)}, schemas.DocumentKind(textAt(cell("document"), i))
		if kind == schemas.ListRow || kind == schemas.Decision || kind == schemas.Provenance {
			if docs[v] == nil {
				docs[v] = map[schemas.DocumentKind]schemas.Digest{}
			}
			docs[v][kind] = digestAt(cell("content_sha256"), i)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	err = each(context.Background(), l, head, "sessions", t.TempDir(), func(cell func(string) arrow.Array, i int) {
		v := version{textAt(cell("session_id"), i), intAt(cell("version_seq"), i)}
		hash := transform.ContentHash(docs[v])
		if hash != digestAt(cell("content_hash"), i) || len(docs[v]) != 3 {
			t.Errorf("session %s, version %d: the content hash is not that of its %d documents", v.id, v.seq, len(docs[v]))
		}
		if last[v.id] == hash {
			t.Errorf("session %s: version %d has the documents of the one before", v.id, v.seq)
		}
		last[v.id] = hash
	})
	if err != nil {
		t.Fatal(err)
	}
}
