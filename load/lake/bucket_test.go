package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kycsync/load/lake/gcstest"
)

// buckets are the implementations that must pass the contract, each empty.
func buckets(t *testing.T) map[string]Bucket {
	t.Helper()
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Bucket{"dir": dir}
	for name, prefix := range map[string]string{"gcs": "some/prefix", "gcs without prefix": ""} {
		g, err := OpenGCS(t.Context(), gcstest.BucketName, prefix, Config{GCSOptions: gcstest.Start(t).Options()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		out[name] = g
	}
	t.Cleanup(func() { dir.Close() })
	return out
}

func TestContract(t *testing.T) {
	for name, test := range map[string]func(*testing.T, Bucket){
		"what is created opens":               testCreateOpen,
		"a taken name":                        testTaken,
		"a missing object":                    testMissing,
		"racers for one name":                 testRace,
		"list order and prefixes":             testList,
		"an upload that breaks is invisible":  testBroken,
		"an object of several requests":       testBig,
		"bad names":                           testNames,
		"a cancelled context writes nothing":  testCancelled,
		"the source is read from its start":   testRewind,
		"an empty object":                     testEmpty,
		"an object beside its own subfolders": testFolder,
	} {
		t.Run(name, func(t *testing.T) {
			for kind, b := range buckets(t) {
				t.Run(kind, func(t *testing.T) { test(t, b) })
			}
		})
	}
}

func create(t testing.TB, b Bucket, name, content string) error {
	t.Helper()
	return b.Create(context.Background(), name, bytes.NewReader([]byte(content)))
}

func mustCreate(t testing.TB, b Bucket, name, content string) {
	t.Helper()
	if err := create(t, b, name, content); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, b Bucket, name string) string {
	t.Helper()
	r, err := b.Open(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func list(t testing.TB, b Bucket, prefix string) []string {
	t.Helper()
	var names []string
	for name, err := range b.List(context.Background(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func testCreateOpen(t *testing.T, b Bucket) {
	mustCreate(t, b, "a/b/c.json", "hello")
	if got := content(t, b, "a/b/c.json"); got != "hello" {
		t.Errorf("got %q, want hello", got)
	}
}

func testTaken(t *testing.T, b Bucket) {
	mustCreate(t, b, "a", "one")
	mustCreate(t, b, "a", "one") // the same bytes: a lost answer
	for _, other := range []string{"two", "on", "ones", ""} {
		if err := create(t, b, "a", other); !errors.Is(err, ErrExist) {
			t.Errorf("create with bytes %q: got %v, want ErrExist", other, err)
		}
	}
	if got := content(t, b, "a"); got != "one" {
		t.Errorf("got %q, want the first bytes", got)
	}
}

func testMissing(t *testing.T, b Bucket) {
	mustCreate(t, b, "a/b", "x")
	for _, name := range []string{"c", "a/c", "a/b/c", "a"} {
		if _, err := b.Open(context.Background(), name); !errors.Is(err, ErrNotExist) {
			t.Errorf("open %q: got %v, want ErrNotExist", name, err)
		}
	}
}

func testRace(t *testing.T, b Bucket) {
	const racers = 16
	for round := range 5 {
		name := fmt.Sprintf("race/%d", round)
		var won sync.Map
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range racers {
			wg.Go(func() {
				<-start
				err := create(t, b, name, fmt.Sprintf("racer %d", i))
				if err == nil {
					won.Store(i, true)
				} else if !errors.Is(err, ErrExist) {
					t.Errorf("racer %d: got %v, want ErrExist", i, err)
				}
			})
		}
		close(start)
		wg.Wait()
		var winners []int
		won.Range(func(k, _ any) bool { winners = append(winners, k.(int)); return true })
		if len(winners) != 1 {
			t.Fatalf("winners %v, want one", winners)
		}
		if got, want := content(t, b, name), fmt.Sprintf("racer %d", winners[0]); got != want {
			t.Errorf("stored %q, want %q", got, want)
		}
	}
}

func testList(t *testing.T, b Bucket) {
	names := []string{"a-b", "a/b", "a/b-c", "a/b/c", "a/b0", "ab", "b"}
	if _, ok := b.(*Dir); ok {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "a/b" }) // a file cannot also be a folder
	}
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(names)) {
		mustCreate(t, b, names[i], "x")
	}
	for _, prefix := range []string{"", "a", "a/", "a/b", "a/b/", "c", "c/d", "a-b"} {
		var want []string
		for _, name := range names {
			if len(name) >= len(prefix) && name[:len(prefix)] == prefix {
				want = append(want, name)
			}
		}
		if diff := cmp.Diff(want, list(t, b, prefix)); diff != "" {
			t.Errorf("list %q: want - got +\n%s", prefix, diff)
		}
	}
	for range b.List(context.Background(), "a") {
		break // stopping early must not panic
	}
}

// A brokenReader fails half way, but only from the given pass on: a bucket may read it more than
// once.
type brokenReader struct {
	*bytes.Reader
	pass, from int
}

var errBroken = errors.New("the disk broke")

func (b *brokenReader) Seek(off int64, whence int) (int64, error) {
	b.pass++
	return b.Reader.Seek(off, whence)
}

func (b *brokenReader) Read(p []byte) (int, error) {
	if b.pass >= b.from && int64(b.Len()) < b.Size()/2 {
		return 0, errBroken
	}
	return b.Reader.Read(p[:min(len(p), 1000)])
}

func testBroken(t *testing.T, b Bucket) {
	data := bytes.Repeat([]byte("0123456789"), 1000)
	for from := 1; ; from++ {
		name := fmt.Sprintf("broken/%d", from)
		err := b.Create(context.Background(), name, &brokenReader{Reader: bytes.NewReader(data), from: from})
		if err == nil { // read to the end before it broke: every pass has been tried
			break
		}
		if !errors.Is(err, errBroken) {
			t.Fatalf("pass %d: got %v, want %v", from, err, errBroken)
		}
		if got := list(t, b, name); got != nil {
			t.Errorf("pass %d: %v is visible, want nothing", from, got)
		}
	}
}

func testBig(t *testing.T, b Bucket) {
	r := rand.New(rand.NewPCG(3, 4))
	data := make([]byte, 2*chunkBytes+12345)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	for _, size := range []int{chunkBytes - 1, chunkBytes, chunkBytes + 1, len(data), chunkUnit, chunkUnit - 1} {
		name := fmt.Sprintf("big/%d", size)
		mustCreate(t, b, name, string(data[:size]))
		if content(t, b, name) != string(data[:size]) {
			t.Errorf("%d bytes read back differ", size)
		}
		data[0]++
		if err := create(t, b, name, string(data[:size])); !errors.Is(err, ErrExist) {
			t.Errorf("%d other bytes: got %v, want ErrExist", size, err)
		}
		data[0]--
	}
}

func testNames(t *testing.T, b Bucket) {
	for _, name := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "../x", "a/../b", "a/..", "./a", ".hidden", "a/.b",
		`a\b`, "a b", "ä", "a\x00b", "a?b", "a#b", "C:", "_lake/tmp", "_lake/tmp/x", string(bytes.Repeat([]byte("a"), 513))} {
		if err := create(t, b, name, "x"); err == nil {
			t.Errorf("create %q succeeded, want an error", name)
		}
		if r, err := b.Open(context.Background(), name); err == nil {
			r.Close()
			t.Errorf("open %q succeeded, want an error", name)
		}
	}
	if got := list(t, b, ""); got != nil {
		t.Errorf("objects %v, want none", got)
	}
}

func testCancelled(t *testing.T, b Bucket) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Create(ctx, "a", bytes.NewReader([]byte("x"))); !errors.Is(err, context.Canceled) {
		t.Errorf("create: got %v, want %v", err, context.Canceled)
	}
	if got := list(t, b, ""); got != nil {
		t.Errorf("objects %v, want none", got)
	}
	for _, err := range b.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: got %v, want %v", err, context.Canceled)
		}
	}
	mustCreate(t, b, "b", "x")
	if _, err := b.Open(ctx, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("open: got %v, want %v", err, context.Canceled)
	}
}

func testRewind(t *testing.T, b Bucket) {
	r := bytes.NewReader([]byte("hello"))
	_, _ = r.ReadByte()
	if err := b.Create(context.Background(), "a", r); err != nil {
		t.Fatal(err)
	}
	if got := content(t, b, "a"); got != "hello" {
		t.Errorf("got %q, want hello", got)
	}
}

func testEmpty(t *testing.T, b Bucket) {
	mustCreate(t, b, "a", "")
	if got := content(t, b, "a"); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
	mustCreate(t, b, "a", "")
}

func testFolder(t *testing.T, b Bucket) {
	mustCreate(t, b, "a/b/c", "x")
	mustCreate(t, b, "a/b/d", "y")
	if diff := cmp.Diff([]string{"a/b/c", "a/b/d"}, list(t, b, "a/b")); diff != "" {
		t.Errorf("want - got +\n%s", diff)
	}
}
