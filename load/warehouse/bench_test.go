package warehouse

import (
	"fmt"
	"maps"
	"testing"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// benchSessions is the size of the benchmarks' lake; with their children some twelve rows a session.
const benchSessions = 100_000

// bulk makes a world whose first commit holds many sessions.
func bulk(b *testing.B) *world {
	b.Helper()
	l, err := lake.Open(b.Context(), b.TempDir(), lake.Config{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	w := &world{lake: l, cfg: Config{Path: b.TempDir() + "/kyc.duckdb", unchecked: true}}
	if err := w.night(b, 0, benchSessions); err != nil {
		b.Fatal(err)
	}
	return w
}

// night appends a commit with a version of each of the sessions from, from+1 ... to-1.
func (w *world) night(b testing.TB, from, to int) error {
	seq := w.nextSeq()
	c := &lake.Commit{Kind: lake.Sync, RunID: fmt.Sprint("run-", seq), CommittedAt: committedAt(seq), PublishedSeq: seq, Tables: map[string]map[string]lake.Part{}}
	if w.head != nil {
		for table, parts := range w.head.Tables {
			c.Tables[table] = maps.Clone(parts)
		}
	}
	each := map[string]int{"sessions": 1, "session_features": 5, "id_verifications": 1, "liveness_checks": 1, "face_matches": 1,
		"aml_screenings": 1, "aml_hits": 1, "ip_analyses": 1, "session_state": 1}
	for table, n := range each {
		t := schemas.Lookup(table)
		pw, err := lake.NewPart(t, b.TempDir())
		if err != nil {
			return err
		}
		for s := from; s < to; s += 1000 {
			var rows []row
			for i := s; i < min(s+1000, to); i++ {
				for k := range n {
					rows = append(rows, row{"session_id": fmt.Sprintf("%08x-0000-4000-8000-%012x", i*2654435761%(1<<32), i), "session_number": i,
						"status": "Approved", "content_hash": fmt.Sprintf("%064x", i), "fingerprint": fmt.Sprintf("%064x", i+int(seq)), "session_kind": "user",
						"vendor_data": fmt.Sprint("user-", i), "vendor_data_key": fmt.Sprint("user-", i), "created_at": start, "block_ordinal": k, "source": "list_row",
						"block": "features", "feature": fmt.Sprint("F", k), "full_name": fmt.Sprint("Name ", i%5000), "extra_json": `{"a":1}`})
				}
			}
			batch := batch(t, seq, rows)
			if err := pw.Write(batch); err != nil {
				return err
			}
			batch.Release()
		}
		spooled, err := pw.Close()
		if err != nil {
			return err
		}
		p, err := w.lake.Put(b.Context(), spooled, c.RunID)
		if err != nil {
			return err
		}
		if c.Tables[table] == nil {
			c.Tables[table] = map[string]lake.Part{}
		}
		c.Tables[table][p.Name] = p
	}
	err := w.lake.Append(b.Context(), w.head, c)
	w.head = c
	return err
}

func BenchmarkRebuild(b *testing.B) {
	w := bulk(b)
	for b.Loop() {
		if _, err := Rebuild(b.Context(), w.lake, w.cfg); err != nil {
			b.Fatal(err, detail(err))
		}
	}
}

// A night with 5,000 changed sessions.
func BenchmarkUpdate(b *testing.B) {
	w := bulk(b)
	if _, err := Rebuild(b.Context(), w.lake, w.cfg); err != nil {
		b.Fatal(err, detail(err))
	}
	for b.Loop() {
		b.StopTimer()
		if err := w.night(b, 0, 5000); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if rep, err := Update(b.Context(), w.lake, w.cfg); err != nil || rep.Rebuilt {
			b.Fatal(rep.Reason, err, detail(err))
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	w := bulk(b)
	if _, err := Rebuild(b.Context(), w.lake, w.cfg); err != nil {
		b.Fatal(err, detail(err))
	}
	for b.Loop() {
		if v, err := Verify(b.Context(), w.lake, w.cfg); err != nil || !v.Equal {
			b.Fatal(v.Reason, err, detail(err))
		}
	}
}
