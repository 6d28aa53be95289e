package night

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"kycsync/schemas"

	"github.com/google/go-cmp/cmp"
)

// Whatever order records come in, each comes out once, in the order of its version, and all versions of
// an entity come out of one bin.
func TestBins(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	var all []record
	for i := range 400 {
		all = append(all, record{application: fmt.Sprint("app", i%2), id: fmt.Sprint("id", i%37), root: []string{"sessions", "users"}[i%2], seq: int64(i),
			kind: schemas.DocumentKind([]string{"", "decision", "list_row"}[i%3]), at: time.UnixMicro(int64(i) * 1e9).UTC(), content: schemas.Digest{byte(i)},
			sessionKind: "user", sessionNumber: -int64(i), body: bytes.Repeat([]byte{'x'}, dice.IntN(600))})
	}
	dir := t.TempDir()
	b, err := newBins(dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	b.page = 3_000
	for _, i := range dice.Perm(len(all)) {
		if err := b.put(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	var got []record
	bin := map[string]int{}
	for i := range b.bins {
		records, err := b.take(i)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(records, func(a, b record) int { return a.compare(&b) }) {
			t.Errorf("bin %d is not in order of versions", i)
		}
		for _, r := range records {
			entity := r.application + r.root + r.id
			if at, ok := bin[entity]; ok && at != i {
				t.Errorf("%s is in bins %d and %d", entity, at, i)
			}
			bin[entity] = i
		}
		got = append(got, records...)
	}
	slices.SortFunc(got, func(a, b record) int { return int(a.seq - b.seq) })
	if diff := cmp.Diff(all, got, cmp.AllowUnexported(record{})); diff != "" {
		t.Errorf("records differ (-put +taken):\n%s", diff)
	}
	b.close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
