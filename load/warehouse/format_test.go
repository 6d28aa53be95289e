package warehouse

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each file in testdata/format is a query with its answers in the three formats. In it a carriage
// return is written ␍.
func TestFormats(t *testing.T) {
	w := newWorld(t)
	w.update()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	files, err := filepath.Glob("testdata/format/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			golden, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: golden.Comment}
			for _, format := range []string{"table", "csv", "json"} {
				res, err := r.Query(t.Context(), string(golden.Comment))
				if err != nil {
					t.Fatalf("%v: %s", err, detail(err))
				}
				var out bytes.Buffer
				if err := res.Write(&out, format); err != nil {
					t.Fatalf("%v: %s", err, detail(err))
				}
				if err := res.Close(); err != nil {
					t.Fatal(err)
				}
				got.Files = append(got.Files, txtar.File{Name: format, Data: bytes.ReplaceAll(out.Bytes(), []byte("\r"), []byte("␍"))})
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(golden)), string(txtar.Format(got))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("unknown", func(t *testing.T) {
		res, err := r.Query(t.Context(), "SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Close()
		if err := res.Write(&bytes.Buffer{}, "xml"); err == nil || err.Error() != `format "xml", want table, csv or json` {
			t.Errorf("error %v", err)
		}
	})
}
