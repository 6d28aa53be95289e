package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kycsync/load/warehouse"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// A finder looks for many values in one pass.
type finder struct {
	head [1 << 16]bool
	by   map[uint32][]string
}

// newFinder wants values of four bytes or more.
func newFinder(values []string) *finder {
	f := &finder{by: map[uint32][]string{}}
	for _, v := range values {
		f.head[binary.LittleEndian.Uint16([]byte(v))] = true
		key := binary.LittleEndian.Uint32([]byte(v))
		f.by[key] = append(f.by[key], v)
	}
	return f
}

// find notes in found each value that stands in b.
func (f *finder) find(b []byte, found map[string]bool) {
	for i := 0; i+4 <= len(b); i++ {
		if !f.head[binary.LittleEndian.Uint16(b[i:])] {
			continue
		}
		for _, v := range f.by[binary.LittleEndian.Uint32(b[i:])] {
			if len(b)-i >= len(v) && string(b[i:i+len(v)]) == v {
				found[v] = true
			}
		}
	}
}

// in returns the values that stand in b, in order.
func (f *finder) in(b []byte) []string {
	found := map[string]bool{}
	f.find(b, found)
	return slices.Sorted(maps.Keys(found))
}

func TestFinder(t *testing.T) {
	f := newFinder([]string{"canary", "canaries", "wxyz"})
	for text, want := range map[string]string{"": "", "can": "", "xcanary": "canary", "canaries, wxyz": "canaries wxyz", "wxycanarwxyz": "wxyz"} {
		if got := strings.Join(f.in([]byte(text)), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// An eavesdropper hears which values a server really sends.
type eavesdropper struct {
	http.Handler
	find  *finder
	mu    sync.Mutex
	heard map[string]bool
}

func (e *eavesdropper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.Handler.ServeHTTP(heardWriter{w, e}, r)
}

type heardWriter struct {
	http.ResponseWriter
	e *eavesdropper
}

func (w heardWriter) Write(b []byte) (int, error) {
	w.e.mu.Lock()
	w.e.find.find(b, w.e.heard)
	w.e.mu.Unlock()
	return w.ResponseWriter.Write(b)
}

// Faults take the connection over.
func (w heardWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func (w heardWriter) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

// names returns the paths of all files and directories below the roots.
func names(t *testing.T, roots ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, root := range roots {
		walk(t, root, func(path string, _ fs.DirEntry) { out.WriteString(path + "\n") })
	}
	return out.Bytes()
}

func walk(t *testing.T, root string, visit func(path string, d fs.DirEntry)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			visit(path, d)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// storedBytes calls look with everything that is stored below dir: the bytes of each file, and what
// compression hides from them: the text of each Parquet column and of each table of each warehouse.
// Of equal files it looks into one: the published warehouse is a copy of the build file.
func storedBytes(t *testing.T, dir string, look func(where string, b []byte)) {
	t.Helper()
	seen := map[[sha256.Size]byte]bool{}
	walk(t, dir, func(path string, d fs.DirEntry) {
		if !d.Type().IsRegular() {
			return
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if seen[sum] {
			return
		}
		seen[sum] = true
		look(path, body)
		switch filepath.Ext(path) {
		case ".parquet":
			storedInPart(t, path, look)
		case ".duckdb":
			storedInWarehouse(t, path, look)
		}
	})
}

func storedInPart(t *testing.T, path string, look func(where string, b []byte)) {
	t.Helper()
	pf, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer pf.Close()
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	table, err := fr.ReadTable(context.Background())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer table.Release()
	for i := range int(table.NumCols()) {
		for _, chunk := range table.Column(i).Data().Chunks() {
			switch a := chunk.(type) {
			case *array.String:
				look(path+" "+table.Column(i).Name(), a.ValueBytes())
			case *array.Binary:
				look(path+" "+table.Column(i).Name(), a.ValueBytes())
			default:
				if !arrow.IsPrimitive(a.DataType().ID()) && !arrow.IsDecimal(a.DataType().ID()) {
					t.Fatalf("%s: column %s is of type %s, which this test does not look into", path, table.Column(i).Name(), a.DataType())
				}
			}
		}
	}
}

func storedInWarehouse(t *testing.T, path string, look func(where string, b []byte)) {
	t.Helper()
	ctx := context.Background()
	r, err := warehouse.OpenReader(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ask := func(query string, each func(row []any)) {
		res, err := r.Query(ctx, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		defer res.Close()
		for res.Next() {
			each(res.Values())
		}
		if err := res.Err(); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	var tables []string
	ask("SELECT format('{}.{}', schema_name, table_name) FROM duckdb_tables() ORDER BY ALL", func(row []any) {
		tables = append(tables, row[0].(string))
	})
	for _, table := range tables {
		ask("SELECT * FROM "+table, func(row []any) {
			for _, v := range row {
				if s, ok := v.(string); ok {
					look(path+" "+table, []byte(s))
				}
			}
		})
	}
}
