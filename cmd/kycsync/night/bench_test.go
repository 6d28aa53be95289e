package night

import (
	"bufio"
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
)

// corpusSize is how many decisions the benchmarks turn into Parquet.
const corpusSize = 20_000

// corpus writes decisions as received, one a line, once for all benchmarks of a process.
var corpus = sync.OnceValues(func() (string, error) {
	v, err := didittest.New(didittest.Options{Seed: 3, Sessions: corpusSize, Start: firstNight, PerMinute: -1})
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "kycsync-bench-")
	if err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(dir, "decisions.ndjson"))
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for _, s := range v.Truth() {
		req := httptest.NewRequest("GET", "/v3/session/"+s.ID+"/decision/", nil)
		req.Header.Set("x-api-key", "didit-test-key")
		rec := httptest.NewRecorder()
		v.ServeHTTP(rec, req)
		_, _ = w.Write(bytes.TrimSpace(rec.Body.Bytes()))
		_ = w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
})

func BenchmarkFlatten(b *testing.B) {
	name, err := corpus()
	if err != nil {
		b.Fatal(err)
	}
	body, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	b.SetBytes(int64(len(body)))
	for _, mode := range []string{"canon", "flatten", "parquet"} {
		b.Run(mode, func(b *testing.B) {
			canon := lines
			if mode != "canon" {
				canon = make([][]byte, len(lines))
				for i, line := range lines {
					c, _ := transform.Canonicalize(schemas.Decision, line)
					canon[i] = c.JSON
				}
			}
			b.SetBytes(int64(len(body)))
			b.ResetTimer()
			for range b.N {
				f := transform.NewFlattener()
				w := &partSet{dir: b.TempDir(), open: map[string]*lake.PartWriter{}}
				for i, line := range canon {
					if mode == "canon" {
						transform.Canonicalize(schemas.Decision, line)
						continue
					}
					f.Add(transform.Version{Application: "a", SessionID: "s", VersionSeq: 1, Documents: []schemas.Document{{Kind: schemas.Decision, Body: line}}})
					if i%1000 == 999 {
						use := w.write
						if mode == "flatten" {
							use = func(*schemas.Table, arrow.RecordBatch) error { return nil }
						}
						if err := f.Take(use); err != nil {
							b.Fatal(err)
						}
					}
				}
				for _, p := range w.open {
					if _, err := p.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(lines)), "µs/decision")
		})
	}
}
