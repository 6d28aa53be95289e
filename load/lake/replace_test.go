package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kycsync/load/lake/gcstest"
)

func replace(b Bucket, name, text string) error {
	return b.(Replacer).Replace(context.Background(), name, strings.NewReader(text))
}

func TestReplace(t *testing.T) {
	for kind, b := range buckets(t) {
		t.Run(kind, func(t *testing.T) {
			for _, text := range []string{"one", "two and more", "two and more", ""} {
				if err := replace(b, "published/a/b.txt", text); err != nil {
					t.Fatal(err)
				}
				if got := content(t, b, "published/a/b.txt"); got != text {
					t.Errorf("got %q, want %q", got, text)
				}
			}
			if got := list(t, b, ""); len(got) != 1 {
				t.Errorf("objects %q, want the one", got)
			}
			mustCreate(t, b, "tables/t/data/x.parquet", "the record")
			mustCreate(t, b, "publishedx", "the record")
			for _, name := range []string{"tables/t/data/x.parquet", "_lake/commits/000000000001.json", "publishedx", "published", "published/../tables/x", "published/", ""} {
				if replace(b, name, "mine") == nil {
					t.Errorf("%q was overwritten", name)
				}
			}
			for _, name := range []string{"tables/t/data/x.parquet", "publishedx"} {
				if got := content(t, b, name); got != "the record" {
					t.Errorf("%s: got %q, want the record", name, got)
				}
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if err := b.(Replacer).Replace(ended, "published/a/b.txt", strings.NewReader("late")); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
			if got := content(t, b, "published/a/b.txt"); got != "" {
				t.Errorf("got %q after a cancelled call, want nothing", got)
			}
		})
	}
}

// Whoever reads while others write sees one of what they wrote, whole.
func TestReplaceIsNeverTorn(t *testing.T) {
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	text := func(i int) string { return strings.Repeat(fmt.Sprintf("%d", i), 100_000) }
	if err := replace(dir, "published/x", text(9)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			for range 20 {
				if err := replace(dir, "published/x", text(i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 100 {
		got, err := os.ReadFile(dir.LocalPath("published/x"))
		if err != nil || len(got) != 100_000 || bytes.Count(got, got[:1]) != len(got) {
			t.Errorf("%d bytes, %v: want one writer's", len(got), err)
		}
	}
	wg.Wait()
}

func TestGCSReplaceSettlesFaults(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault gcstest.Fault
		times int32
		err   string // "": replaced
	}{
		{name: "503 before", fault: gcstest.Before, times: 2},
		{name: "503 before, for ever", fault: gcstest.Before, times: 1 << 30, err: "deadline exceeded"},
		{name: "503 after", fault: gcstest.After, times: 1},
		{name: "answer lost", fault: gcstest.Drop, times: 1},
		{name: "a bit flipped", fault: gcstest.Flip, times: 1},
		{name: "refused", fault: gcstest.Refuse, times: 1, err: "storage.objects.delete below published/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := gcstest.Start(t)
			g, err := OpenGCS(t.Context(), gcstest.BucketName, "p", Config{GCSOptions: server.Options(), GCSTimeout: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			mustCreate(t, g, "published/x", "the old")
			server.Faults = onUpload(test.fault, test.times)
			want := strings.Repeat("the new ", 200)
			err = replace(g, "published/x", want)
			if test.err == "" && err != nil {
				t.Error(err)
			}
			if test.err != "" {
				want = "the old"
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want %q", err, test.err)
				}
			}
			server.Faults = func(*http.Request) gcstest.Fault { return gcstest.None }
			if got := content(t, g, "published/x"); got != want {
				t.Errorf("got %.20q, want %.20q", got, want)
			}
		})
	}
}
