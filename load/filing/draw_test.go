package filing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kycsync/schemas"
)

// listed is a table of rows of application, session_id and status.
func listed(rows [][]string) *relation {
	s := sheet{columns: []string{"application", "session_id", "status"}, rows: rows}
	rel := &relation{name: "population", key: []int{0, 1}, paths: []string{"x"},
		open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(s.bytes()))), nil }}
	for _, name := range s.columns {
		rel.columns = append(rel.columns, column{Column: schemas.Column{Name: name, Kind: schemas.Text}})
	}
	return rel
}

// populations are rows of sessions, each there once, of a few statuses.
func populations(t *rapid.T) [][]string {
	status := rapid.SampledFrom([]string{"", "Approved", "Declined", "In Review", "Kyc Expired", "a,\"b\""})
	ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]{1,6}`), 0, 200, rapid.ID).Draw(t, "ids")
	rows := make([][]string, len(ids))
	for i, id := range ids {
		rows[i] = []string{"default", id, status.Draw(t, "status")}
	}
	return rows
}

// A draw is the same in whatever order the rows come, is that of the rule, and is proportional; what is added to other strata
// alters nothing of who comes first in one.
func TestADrawDependsOnTheRowsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := populations(t)
		s := &Sample{Size: rapid.IntRange(1, 60).Draw(t, "size"), Seed: rapid.Int64Range(0, 9).Draw(t, "seed"), By: rapid.SampledFrom([]string{"", "status"}).Draw(t, "by")}
		draw := func(rows [][]string) *draw {
			d, err := drawFrom(context.Background(), listed(rows), s)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := draw(rows)
		if got, want := d.sampled(), int64(min(s.Size, len(rows))); got != want || d.population != int64(len(rows)) {
			t.Fatalf("%d of %d were drawn, want %d of %d", got, d.population, want, len(rows))
		}
		other := rapid.Permutation(rows).Draw(t, "in another order")
		if a, b := fmt.Sprint(d.sampleRows(), d.strataRows()), fmt.Sprint(draw(other).sampleRows(), draw(other).strataRows()); a != b {
			t.Fatalf("in another order: got %s, want %s", b, a)
		}
		for _, of := range d.strata {
			if want := first(rows, s, of); !slices.Equal(sessionsIn(d, of.value), want) {
				t.Fatalf("stratum %q: got %q, want %q", of.value, sessionsIn(d, of.value), want)
			}
		}
	})
}

// first are the sessions of a stratum that the rule names, in order of their ids.
func first(rows [][]string, s *Sample, of *stratum) (out []string) {
	var all []string
	for _, row := range rows {
		if s.By == "" || row[2] == of.value {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d,%s,%s", s.Seed, row[0], row[1]))
			all = append(all, hex.EncodeToString(sum[:])+row[1])
		}
	}
	slices.Sort(all)
	for _, text := range all[:of.sampled] {
		out = append(out, text[64:])
	}
	slices.Sort(out)
	return out
}

func sessionsIn(d *draw, value string) (out []string) {
	for _, row := range d.sampleRows() {
		if row[4] == value {
			out = append(out, row[1])
		}
	}
	return out
}

func TestShares(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sizes []int64
		n     int64
		want  []int64
	}{
		{"nobody", nil, 25, nil},
		{"one stratum", []int64{1204}, 25, []int64{25}},
		{"in proportion", []int64{600, 300, 100}, 10, []int64{6, 3, 1}},
		{"the largest remainder", []int64{5, 3, 1}, 4, []int64{2, 1, 1}},
		{"of equal remainders the first", []int64{1, 1, 1}, 2, []int64{1, 1, 0}},
		{"each has one", []int64{1000, 1, 1}, 5, []int64{3, 1, 1}},
		{"too few for each", []int64{1000, 1, 1}, 2, []int64{2, 0, 0}},
		{"more than there is", []int64{2, 1}, 10, []int64{2, 1}},
	} {
		if got := shares(tt.sizes, tt.n); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Shares are proportional to less than one, but for those that get one though they are too small for it.
func TestSharesAreProportional(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.Int64Range(1, 5000), 1, 40).Draw(t, "sizes")
		n := rapid.Int64Range(1, 200).Draw(t, "n")
		var all, given, small int64
		for _, size := range sizes {
			all += size
		}
		n = min(n, all)
		for _, size := range sizes {
			if n*size < all {
				small++
			}
		}
		for i, got := range shares(sizes, n) {
			given += got
			exact := float64(n) * float64(sizes[i]) / float64(all)
			if float64(got) >= exact+1 && got > 1 || float64(got) <= exact-1-float64(small) || got > sizes[i] || got == 0 && n >= int64(len(sizes)) {
				t.Fatalf("stratum %d of %d: got %d, exact %f", i, sizes[i], got, exact)
			}
		}
		if given != n {
			t.Fatalf("%d were given, want %d", given, n)
		}
	})
}

func TestTooManyStrata(t *testing.T) {
	var rows [][]string
	for i := range maxStrata + 1 {
		rows = append(rows, []string{"default", fmt.Sprint(i), fmt.Sprint(i)})
	}
	if _, err := drawFrom(context.Background(), listed(rows), &Sample{Size: 1, By: "status"}); err == nil || !strings.Contains(err.Error(), "make no strata") {
		t.Errorf("got %v, want a refusal", err)
	}
}
