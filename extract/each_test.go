package extract

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"kycsync/schemas"
)

// Each hands out items of any type, each once, and goes on after what concerns one alone.
func TestEachGoesOnUntilAnErrorConcernsAll(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	names := []string{"a", "b", "", "c", "..", "d", "e"}
	own := &RequestError{What: "user", Alone: true, Err: ErrGone}
	ask := func(_ context.Context, name string) (schemas.Document, error) {
		if name == "" || name == ".." {
			return schemas.Document{}, own
		}
		return schemas.Document{ID: name}, nil
	}
	seen := map[string]int{}
	for got, err := range Each(t.Context(), c, names, ask) {
		seen[got.Item]++
		if bad := got.Item == "" || got.Item == ".."; bad != (err != nil) || !bad && got.Document.ID != got.Item {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if len(seen) != len(names) {
		t.Errorf("got %v, want each of %q once", seen, names)
	}

	all := errors.New("for all")
	n, last := 0, error(nil)
	for _, err := range Each(t.Context(), c, make([]int, 1000), func(context.Context, int) (schemas.Document, error) {
		return schemas.Document{}, all
	}) {
		n, last = n+1, err
	}
	if n != 1 || last != all {
		t.Errorf("got %d outcomes and %v, want the error alone", n, last)
	}
	for range Each(t.Context(), c, nil, ask) {
		t.Error("something came of nothing")
	}
}

func TestEachRunsAsManyAsThereAreWorkers(t *testing.T) {
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	c.workers = 3
	together := make(chan struct{}) // closed when three run at once
	arrived := make(chan struct{}, 3)
	go func() {
		for range 3 {
			<-arrived
		}
		close(together)
	}()
	for _, err := range Each(t.Context(), c, make([]int, 3), func(ctx context.Context, _ int) (schemas.Document, error) {
		arrived <- struct{}{}
		select {
		case <-together:
			return schemas.Document{}, nil
		case <-ctx.Done():
			return schemas.Document{}, ctx.Err()
		}
	}) {
		if err != nil {
			t.Error(err)
		}
	}
}
