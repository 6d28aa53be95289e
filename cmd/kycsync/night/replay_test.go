package night

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/schemas"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
)

// agedHouse has some nights behind it, in commits of a few versions each, and nothing more to come.
func agedHouse(t *testing.T, o didittest.Options, faults string, nights int) *house {
	t.Helper()
	v, url := newVendor(t, o)
	if err := v.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, v, url, "", lake.Config{})
	for n := range nights {
		v.Advance(firstNight.AddDate(0, 0, n))
		cfg := h.config(t)
		cfg.BatchSize, cfg.Warehouse = 40, warehouse.Config{} // each test makes it where it looks at it
		if _, err := Run(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	v.SetQuiet(true)
	v.Advance(v.Clock().AddDate(0, 0, 1))
	return h
}

// replayConfig has no client: a replay has nobody to ask.
func (h *house) replayConfig(t testing.TB) Config {
	return Config{Lake: h.lake, WorkDir: t.TempDir(), Now: h.vendor.Clock, Version: "test"}
}

func (h *house) replay(t testing.TB) *Replayed {
	t.Helper()
	out, err := Replay(context.Background(), h.replayConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// newest returns the newest commit.
func (h *house) newest(t testing.TB) *lake.Commit {
	t.Helper()
	head, err := h.lake.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// stored is every row of the lake in every column, by table, whatever the order and the parts. What a
// replay says of itself is left out.
func (h *house) stored(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	head := h.newest(t)
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		if table.Name == "runs" || table.Name == "rejects" || table.Name == "drift" {
			continue
		}
		n, sum := 0, uint64(0)
		for _, p := range head.InOrder(table.Name) {
			for rows, err := range h.lake.Rows(context.Background(), table, p, t.TempDir()) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range int(rows.NumRows()) {
					hash := fnv.New64a()
					for _, c := range rows.Columns() {
						fmt.Fprintf(hash, "%v %q,", c.IsNull(i), c.ValueStr(i))
					}
					n, sum = n+1, sum+hash.Sum64()
				}
			}
		}
		out[table.Name] = fmt.Sprintf("%d rows %016x", n, sum)
	}
	return out
}

// history is what a reader sees of all tables that are made from documents: every version, what
// replaced it, and what was known after the first night.
func (h *house) history(t testing.TB) map[string]string {
	t.Helper()
	var asked []string
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		if table.Root() == "" {
			continue
		}
		for _, relation := range []string{table.Name + "_versions", table.Name + "_as_known_at('2026-11-01T12:00:00Z')"} {
			asked = append(asked, fmt.Sprintf("SELECT '%s', count(*) || ' rows ' || sum(hash(x)) FROM %s AS x", strings.ReplaceAll(relation, "'", "''"), relation))
		}
	}
	out := map[string]string{}
	for _, row := range h.rows(t, strings.Join(asked, " UNION ALL ")) {
		out[row[0].(string)] = fmt.Sprint(row[1])
	}
	return out
}

// sameStored fails where two accounts of one lake differ.
func sameStored(t *testing.T, before, after map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("what is stored differs (-before +after):\n%s", diff)
	}
}

// build makes the warehouse from the lake.
func (h *house) build(t testing.TB) {
	t.Helper()
	if _, err := warehouse.Rebuild(context.Background(), h.lake, h.warehouse()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) verified(t *testing.T) {
	t.Helper()
	found, err := warehouse.Verify(context.Background(), h.lake, h.warehouse())
	if err != nil || !found.Equal {
		t.Errorf("verify: got %+v, %v", found.Reason, err)
	}
}

// Where the tables are what they were, a replay changes nothing that a reader can see, now or as of
// any earlier time, and the next night goes on as if there had been none.
func TestReplayChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("three nights, and a replay")
	}
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 60}, "", 3)
	h.build(t)
	before, history, head := h.stored(t), h.history(t), h.newest(t)
	cfg := h.replayConfig(t)
	cfg.Warehouse = h.warehouse()
	out, err := Replay(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if out.Published != head.Seq+1 || out.Rejects > 0 || out.Drift > 0 {
		t.Errorf("got %+v, want commit %d published without a find", out, head.Seq+1)
	}
	for _, table := range out.Tables {
		if table.Before != table.After || len(table.Columns) > 0 {
			t.Errorf("got %+v, want as many rows and values as before", table)
		}
	}
	sameStored(t, before, h.stored(t))
	sameStored(t, history, h.history(t))
	h.verified(t)
	now := h.newest(t)
	for table, parts := range head.Tables {
		made := schemas.Lookup(table).Root() != ""
		for name := range parts {
			if _, kept := now.Tables[table][name]; kept == made {
				t.Errorf("part %s: kept %v, want the parts of tables made from documents replaced and all others kept", name, kept)
			}
		}
	}
	run := h.rows(t, "SELECT kind, application, outcome, version_seq, requests FROM runs ORDER BY started_at DESC LIMIT 1")[0]
	if got := fmt.Sprint(run...); got != fmt.Sprint("replay", "default", "published", now.Seq, int64(0)) {
		t.Errorf("its run is %v", got)
	}
	if s := h.night(t); s.Planned[extract.ReasonNew]+s.Planned[extract.ReasonChanged]+s.EntityVersions != 0 || s.Unchanged+s.SilentNews != s.Fetched {
		t.Errorf("the quiet night after it found %+v, want nothing but what no list tells", s)
	}
	h.verified(t)
}

// A replay of a replay, and one that makes many small parts from documents of two applications that lie
// in any order, give the same rows.
func TestReplayDoesNotDependOnTheLayout(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 40}, "", 2)
	v, url := newVendor(t, didittest.Options{Seed: 9, Sessions: 20})
	v.Advance(h.vendor.Clock())
	second := (&house{v, url, h.lake, h.dir}).config(t)
	second.Application, second.Warehouse = "second", warehouse.Config{}
	if _, err := Run(context.Background(), second); err != nil {
		t.Fatal(err)
	}
	before := h.stored(t)
	h.scatter(t, 3)
	cfg := h.replayConfig(t)
	cfg.defaults()
	rp := newReplay(cfg)
	rp.textLimit, rp.binBytes = 50_000, 10_000
	if err := rp.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	rp.close()
	if n := len(h.newest(t).Tables["sessions"]); n < 2 {
		t.Errorf("got %d parts of sessions, want several", n)
	}
	standing, err := Stand(context.Background(), h.lake, h.newest(t), t.TempDir(), h.vendor.Clock(), 1)
	if err != nil || standing.Runs[0].Kind != "replay" || standing.Runs[0].Application != "default, second" {
		t.Errorf("got %+v, %v, want the replay of both as the newest run", standing, err)
	}
	h.replay(t)
	sameStored(t, before, h.stored(t))
}

// rewrite replaces the parts of tables by others with the same rows, in a commit of its own.
func (h *house) rewrite(t testing.TB, kind lake.CommitKind, tables []string, write func(table *schemas.Table, rows []arrow.RecordBatch) []*lake.PartWriter) {
	t.Helper()
	head := h.newest(t)
	c := &lake.Commit{Kind: kind, RunID: newRunID(h.vendor.Clock()), PublishedSeq: head.Seq + 1, CommittedAt: h.vendor.Clock(), Tables: map[string]map[string]lake.Part{}}
	for name, parts := range head.Tables {
		c.Tables[name] = maps.Clone(parts)
	}
	for _, name := range tables {
		table := schemas.Lookup(name)
		var rows []arrow.RecordBatch
		for _, p := range head.InOrder(name) {
			for b, err := range h.lake.Rows(context.Background(), table, p, t.TempDir()) {
				if err != nil {
					t.Fatal(err)
				}
				b.Retain()
				rows = append(rows, b)
			}
		}
		c.Tables[name] = map[string]lake.Part{}
		for _, w := range write(table, rows) {
			s, err := w.Close()
			if err != nil {
				t.Fatal(err)
			}
			s.Part.Level = 1
			part, err := h.lake.Put(context.Background(), s, c.RunID)
			if err != nil {
				t.Fatal(err)
			}
			c.Tables[name][part.Name] = part
		}
	}
	if err := h.lake.Append(context.Background(), head, c); err != nil {
		t.Fatal(err)
	}
}

func newPart(t testing.TB, table *schemas.Table) *lake.PartWriter {
	t.Helper()
	w, err := lake.NewPart(table, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// scatter deals the documents out to n parts, so that those of one version lie apart.
func (h *house) scatter(t testing.TB, n int) {
	h.rewrite(t, lake.Erase, []string{"raw_documents"}, func(table *schemas.Table, rows []arrow.RecordBatch) (parts []*lake.PartWriter) {
		for range n {
			parts = append(parts, newPart(t, table))
		}
		dealt := 0
		for _, b := range rows {
			for i := range b.NumRows() {
				if err := parts[dealt%n].Write(b.NewSlice(i, i+1)); err != nil {
					t.Fatal(err)
				}
				dealt++
			}
		}
		return parts
	})
}

// forgetColumns makes the lake one that was written when these columns were not known: the members of
// the documents that they read had no place but raw_documents.
func (h *house) forgetColumns(t testing.TB, columns map[string][]string) {
	h.rewrite(t, lake.Erase, slices.Sorted(maps.Keys(columns)), func(table *schemas.Table, rows []arrow.RecordBatch) []*lake.PartWriter {
		older := *table
		older.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(c schemas.Column) bool { return slices.Contains(columns[table.Name], c.Name) })
		w := newPart(t, &older)
		for _, b := range rows {
			var kept []arrow.Array
			for i, f := range b.Schema().Fields() {
				if !slices.Contains(columns[table.Name], f.Name) {
					kept = append(kept, b.Column(i))
				}
			}
			if err := w.Write(array.NewRecordBatch(older.Arrow(), kept, b.NumRows())); err != nil {
				t.Fatal(err)
			}
		}
		return []*lake.PartWriter{w}
	})
}

// What the tables have learned since is there for all history after a replay, and nobody was asked.
func TestReplayFillsWhatTheTablesHaveLearned(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 60}, "", 2)
	before := h.stored(t)
	learned := map[string][]string{
		"sessions": {"email_address", "created_at"}, "id_verifications": {"document_number", "date_of_birth"},
		"users": {"vendor_data"}, "activity": {"actor_email"}, "workflows": {"workflow_label"}, "transactions": {"status"},
	}
	h.forgetColumns(t, learned)
	h.vendor.ForgetReads()
	out := h.replay(t)
	if n := len(h.vendor.Reads()); n > 0 {
		t.Errorf("%d decisions were asked for, want none", n)
	}
	filled := map[string]int64{}
	for _, table := range out.Tables {
		for _, c := range table.Columns {
			if filled[table.Table+"."+c.Column] = c.After; c.Before != 0 {
				t.Errorf("%s.%s: got %d values before, want none", table.Table, c.Column, c.Before)
			}
		}
	}
	for table, columns := range learned {
		for _, c := range columns {
			if filled[table+"."+c] == 0 {
				t.Errorf("%s.%s: got no value", table, c)
			}
		}
	}
	sameStored(t, before, h.stored(t))
}

// A version whose row was withheld once has the row that it should have had, where the program can read
// it now.
func TestReplayMakesRowsThatWereWithheld(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 40}, "", 2)
	before := h.stored(t)
	roots := []string{"sessions", "activity_feeds", "users", "transactions", "workflows"}
	h.rewrite(t, lake.Erase, roots, func(table *schemas.Table, rows []arrow.RecordBatch) []*lake.PartWriter {
		w := newPart(t, table)
		for _, b := range rows {
			for i := int64(1); i < b.NumRows(); i += 2 {
				if err := w.Write(b.NewSlice(i, i+1)); err != nil {
					t.Fatal(err)
				}
			}
		}
		return []*lake.PartWriter{w}
	})
	for _, table := range h.replay(t).Tables {
		if slices.Contains(roots, table.Table) && table.After <= table.Before {
			t.Errorf("%s: got %d rows after %d, want those that were withheld too", table.Table, table.After, table.Before)
		}
	}
	sameStored(t, before, h.stored(t))
}

// Where another run commits first, a replay gives up and that run's commit stands.
func TestReplayLosesToARun(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 10}, "", 1)
	cfg := h.replayConfig(t)
	var theirs *lake.Commit
	cfg.Step = func(step string) {
		if step == "replay.commit" {
			theirs = findingCommit(t, h.lake, h.vendor.Clock(), false, lake.Sync)
		}
	}
	if _, err := Replay(context.Background(), cfg); !errors.Is(err, lake.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if now := h.newest(t); now.SHA256 != theirs.SHA256 {
		t.Errorf("got commit %d of run %s, want theirs", now.Seq, now.RunID)
	}
}

// stopped is what a test stops a replay with.
type stopped struct{}

// A replay that ends anywhere before its commit leaves the lake as it was; the next one does it all.
func TestReplayStopsAnywhere(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 30}, "", 2)
	before, head := h.stored(t), h.newest(t)
	stride := 1
	if testing.Short() {
		stride = 9
	}
	for n := 1; ; n += stride {
		cfg := h.replayConfig(t)
		left, last := n, ""
		cfg.Step = func(step string) {
			last = step
			if left--; left == 0 {
				panic(stopped{})
			}
		}
		err := stopping(func() error { _, err := Replay(context.Background(), cfg); return err })
		if err != nil {
			t.Fatal(err)
		}
		if left > 0 || last == "replay.committed" {
			if n < 20 {
				t.Errorf("it has %d steps, want one for each part and the commit", n)
			}
			break
		}
		if now := h.newest(t); now.SHA256 != head.SHA256 {
			t.Fatalf("stopped at step %d, %s: the newest commit is %d, want %d as before", n, last, now.Seq, head.Seq)
		}
	}
	if now := h.newest(t); now.Seq != head.Seq+1 {
		t.Errorf("got commit %d, want %d", now.Seq, head.Seq+1)
	}
	sameStored(t, before, h.stored(t))
}

func stopping(run func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if _, mine := v.(stopped); !mine {
				panic(v)
			}
		}
	}()
	return run()
}

// A replay whose context ends stores nothing and cleans up behind itself.
func TestReplayEndsWithItsContext(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 30}, "", 1)
	head := h.newest(t)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := h.replayConfig(t)
	cfg.Step = func(step string) {
		if step == "replay.commit" {
			cancel()
		}
	}
	if _, err := Replay(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
	if now := h.newest(t); now.SHA256 != head.SHA256 {
		t.Errorf("got commit %d, want %d as before", now.Seq, head.Seq)
	}
	if left, err := os.ReadDir(cfg.WorkDir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What no gate has judged is not published by a replay.
func TestReplayRefusesWhatIsNotPublished(t *testing.T) {
	v, url := newVendor(t, didittest.Options{Seed: 5, Sessions: 60})
	h := newHouse(t, v, url, "", lake.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	cfg := h.config(t)
	cfg.BatchSize = 5
	cfg.Step = func(step string) {
		if step == "committed" {
			cancel()
		}
	}
	if _, err := Run(ctx, cfg); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("the night ended with %v, want that it was interrupted", err)
	}
	head := h.newest(t)
	if head.PublishedSeq == head.Seq {
		t.Fatal("the night left nothing unpublished")
	}
	if _, err := Replay(context.Background(), h.replayConfig(t)); !errors.Is(err, ErrStaged) {
		t.Errorf("got %v, want ErrStaged", err)
	}
	if _, err := PlanReplay(context.Background(), h.lake); !errors.Is(err, ErrStaged) {
		t.Errorf("plan: got %v, want ErrStaged", err)
	}
	if now := h.newest(t); now.SHA256 != head.SHA256 {
		t.Errorf("got commit %d, want %d as before", now.Seq, head.Seq)
	}
}

// A version whose documents are gone from the lake is not dropped behind anybody's back.
func TestReplayRefusesToLoseAVersion(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 30}, "", 1)
	h.rewrite(t, lake.Erase, []string{"raw_documents"}, func(table *schemas.Table, rows []arrow.RecordBatch) []*lake.PartWriter {
		w := newPart(t, table)
		lost := array.NewSlice(rows[0].Column(2), 0, 1).(*array.String).Value(0)
		for _, b := range rows {
			ids := b.Column(2).(*array.String)
			for i := range b.NumRows() {
				if ids.Value(int(i)) == lost {
					continue
				}
				if err := w.Write(b.NewSlice(i, i+1)); err != nil {
					t.Fatal(err)
				}
			}
		}
		return []*lake.PartWriter{w}
	})
	head := h.newest(t)
	if _, err := Replay(context.Background(), h.replayConfig(t)); !errors.Is(err, lake.ErrDamaged) || !strings.Contains(err.Error(), "no document of it is in the lake") {
		t.Errorf("got %v, want ErrDamaged with the version that has no document", err)
	}
	if now := h.newest(t); now.SHA256 != head.SHA256 {
		t.Errorf("got commit %d, want %d as before", now.Seq, head.Seq)
	}
}

// What cannot be read is found again, with the version it belongs to, and the rest is as it was.
func TestReplayFindsRejectsAndDriftAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 150}, "badvalue:20,unknown-block:4,unknown-enum:4", 2)
	before := h.stored(t)
	out := h.replay(t)
	sameStored(t, before, h.stored(t))
	h.build(t)
	const rejects = `SELECT session_id, document, table_name, scope, path, reason, shape FROM rejects WHERE (run_id = '%s') = %v ORDER BY ALL`
	old, again := h.rows(t, fmt.Sprintf(rejects, out.RunID, false)), h.rows(t, fmt.Sprintf(rejects, out.RunID, true))
	if diff := cmp.Diff(old, again); diff != "" || len(old) == 0 || int64(len(again)) != out.Rejects {
		t.Errorf("got %d rejects, and the replay says %d; they differ (-night +replay):\n%s", len(again), out.Rejects, diff)
	}
	const drift = `SELECT document, path, kind, CASE kind WHEN 'unknown_value' THEN example END AS e, sum(count)::BIGINT FROM drift WHERE (run_id = '%s') = %v GROUP BY ALL ORDER BY ALL`
	old, again = h.rows(t, fmt.Sprintf(drift, out.RunID, false)), h.rows(t, fmt.Sprintf(drift, out.RunID, true))
	if diff := cmp.Diff(old, again); diff != "" || len(old) == 0 {
		t.Errorf("drift differs (-night +replay):\n%s", diff)
	}
}

// A plan says what would be replaced and writes nothing.
func TestReplayPlan(t *testing.T) {
	h := agedHouse(t, didittest.Options{Seed: 5, Sessions: 40}, "", 2)
	head := h.newest(t)
	plan, err := PlanReplay(context.Background(), h.lake)
	if err != nil {
		t.Fatal(err)
	}
	if n := plan.Versions["sessions"]; n < 40 || plan.Documents < 3*n || plan.Newest != head.Seq {
		t.Errorf("got %+v, want the versions of 40 sessions with three documents each", plan)
	}
	for _, p := range plan.Tables {
		if p.Table == "runs" || p.Rows == 0 || p.Parts == 0 || p.Bytes == 0 {
			t.Errorf("got %+v, want tables made from documents alone", p)
		}
	}
	if now := h.newest(t); now.SHA256 != head.SHA256 {
		t.Errorf("got commit %d, want %d as before", now.Seq, head.Seq)
	}
	empty := newHouse(t, h.vendor, h.url, "", lake.Config{})
	if out := empty.replay(t); out.Published != 0 {
		t.Errorf("an empty lake: got %+v, want nothing done", out)
	}
}
