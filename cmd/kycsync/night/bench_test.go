package night

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// corpusSize is how many decisions the benchmarks turn into Parquet.
const corpusSize = 20_000

// rounds is how often each contender runs for one iteration, in turn with the others: what else
// the machine does then hits all of them.
const rounds = 5

// BenchmarkParquet makes Parquet files of decisions, one per table, from one file of 20,000
// decisions: by this program as at night, canonical form and hashes included (ours); by its
// flattener and Parquet writer alone, from the same bytes (ours-rows) and from canonical documents,
// as when rows are made again (ours-canonical); and by DuckDB with the type of every value given,
// and with types that it finds. DuckDB is spared the normalised columns, unknown members and
// rejects.
//
// Each contender runs alone, in a process of its own, with two threads. The metrics are medians:
// seconds, CPU seconds, peak resident memory, and how many times as fast as DuckDB each of ours is.
func BenchmarkParquet(b *testing.B) {
	c := newCorpus(b, corpusSize)
	names := []string{"ours", "ours-rows", "ours-canonical", "duckdb-explicit", "duckdb-auto"}
	out := func(name string) string { return filepath.Join(b.TempDir(), name) }
	results := map[string][]result{}
	b.ResetTimer()
	for n := range b.N {
		for round := range rounds {
			made := map[string]string{}
			for _, name := range names {
				made[name] = out(name)
				results[name] = append(results[name], c.run(b, name, made[name]))
			}
			if n+round == 0 {
				b.StopTimer()
				verifyRound(b, made)
				b.StartTimer()
			}
			for _, dir := range made {
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	median := func(name string, of func(result) float64) float64 {
		var all []float64
		for _, r := range results[name] {
			all = append(all, of(r))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	wall := func(r result) float64 { return r.Wall.Seconds() }
	cpu := func(r result) float64 { return r.CPU.Seconds() }
	b.Logf("%d decisions, %.1f KB each; load %s", c.decisions, float64(c.bytes)/float64(c.decisions)/1e3, load())
	for _, name := range names {
		s, cpuS := median(name, wall), median(name, cpu)
		peak, size := median(name, func(r result) float64 { return r.PeakMB }), median(name, func(r result) float64 { return r.OutMB })
		best := slices.MinFunc(results[name], func(x, y result) int { return cmp.Compare(x.Wall, y.Wall) })
		b.Logf("%-16s %6.2f s (best %.2f)  %6.2f s CPU  %5.0f MB peak  %5.1f MB out  %4.0f µs CPU per decision", name, s, best.Wall.Seconds(), cpuS, peak, size, cpuS*1e6/float64(c.decisions))
		b.ReportMetric(s, name+"-s")
		b.ReportMetric(cpuS, name+"-cpu-s")
		b.ReportMetric(peak, name+"-peak-MB")
	}
	for _, us := range names[:3] {
		for _, them := range names[3:] {
			b.ReportMetric(median(them, wall)/median(us, wall), us+"-x-"+them)
		}
	}
	b.ReportMetric(float64(c.bytes)/1e6/median("ours", wall), "MB/s")
	b.ReportMetric(0, "ns/op")
}

// verifyRound holds the contenders' rows against ours. What DuckDB finds for itself may differ: it
// takes texts for times and writes them in its own form.
func verifyRound(b *testing.B, made map[string]string) {
	seen, differ := compare(b, made["ours"], made["duckdb-explicit"], false)
	if len(differ) > 0 {
		b.Errorf("ours and duckdb-explicit: %s", strings.Join(differ, "; "))
	}
	same(b, made["ours"], made["ours-canonical"])
	if _, differ := compare(b, made["ours"], made["ours-rows"], false); len(differ) > 0 {
		b.Errorf("ours and ours-rows: %s", strings.Join(differ, "; "))
	}
	_, auto := compare(b, made["ours"], made["duckdb-auto"], false)
	b.Logf("rows equal to ours: duckdb-explicit in %s; duckdb-auto except for %q", seen, auto)
}

// load is the machine's load average, where the system tells.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// BenchmarkStages is what each stage costs on one core, on a tenth of the decisions.
func BenchmarkStages(b *testing.B) {
	c := newCorpus(b, corpusSize/10)
	read := func(name string) (all [][]byte) {
		if err := lines(name, 1, func(line [][]byte) error { all = append(all, line...); return nil }); err != nil {
			b.Fatal(err)
		}
		return all
	}
	received, canonical := read(c.received), read(c.canonical)
	flatten := func(b *testing.B, use func(*schemas.Table, arrow.RecordBatch) error) {
		f := transform.NewFlattener()
		for part := range slices.Chunk(canonical, chunkSize) {
			for _, body := range part {
				f.Add(transform.Version{Application: benchApplication, SessionID: "s", VersionSeq: 1, ObservedAt: benchObserved,
					Documents: []schemas.Document{{Kind: schemas.Decision, Body: body}}})
			}
			if err := f.Take(use); err != nil {
				b.Fatal(err)
			}
		}
	}
	stages := map[string]func(b *testing.B){
		"canonicalize": func(b *testing.B) {
			for _, body := range received {
				if _, err := transform.Canonicalize(schemas.Decision, body); err != nil {
					b.Fatal(err)
				}
			}
		},
		"flatten": func(b *testing.B) { flatten(b, func(*schemas.Table, arrow.RecordBatch) error { return nil }) },
		"flatten+parquet": func(b *testing.B) {
			parts := &partSet{dir: b.TempDir(), open: map[string]*lake.PartWriter{}}
			defer parts.abort()
			flatten(b, parts.write)
			for _, p := range parts.open {
				if _, err := p.Close(); err != nil {
					b.Fatal(err)
				}
			}
		},
	}
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		b.Run(name, func(b *testing.B) {
			cpu := cpuTime()
			for range b.N {
				stages[name](b)
			}
			b.ReportMetric(float64((cpuTime()-cpu)/time.Microsecond)/float64(b.N*len(canonical)), "cpu-µs/decision")
			b.SetBytes(c.bytes)
		})
	}
}
