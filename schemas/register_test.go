package schemas

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A Register does what a map does, and keeps the order of the keys.
func TestRegister(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, m := NewRegister[string, int](rapid.Int64Range(0, 3).Draw(t, "room")), map[string]int{}
		var order []string
		for i := range rapid.IntRange(0, 30).Draw(t, "puts") {
			key := rapid.StringMatching("[a-e]").Draw(t, "key")
			if _, ok := m[key]; !ok {
				order = append(order, key)
			}
			m[key] = i
			r.Put(key, i)
		}
		if r.Len() != len(m) {
			t.Fatalf("got %d keys, want %d", r.Len(), len(m))
		}
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			want, ok := m[key]
			if got := r.Get(key); got != want {
				t.Errorf("%s: got %d, want %d", key, got, want)
			}
			if got := r.Look(key); (got != nil) != ok || ok && *got != want {
				t.Errorf("%s: looked at %v, want %d, %v", key, got, want, ok)
			}
		}
		var got, want []string
		for v := range r.All() {
			got = append(got, fmt.Sprint(*v))
		}
		for _, key := range order {
			want = append(want, fmt.Sprint(m[key]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in order (-want +got):\n%s", diff)
		}
	})
}

func TestNoRegister(t *testing.T) {
	var r *Sessions
	if r.Len() != 0 || r.Look("a") != nil || r.Get("a") != (Known{}) {
		t.Error("a nil register is not empty")
	}
	for range r.All() {
		t.Error("a nil register has values")
	}
}
