package schemas

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"
)

// Whatever is known of a session is known again, each field of it.
func TestSessionsKeepAll(t *testing.T) {
	s, want := NewSessions(0), map[SessionID]Known{}
	rng := rand.New(rand.NewPCG(5, 5))
	for range 1000 {
		k := Known{}
		fill(t, reflect.ValueOf(&k).Elem(), rng)
		id := SessionID([]string{"a", "b", "c", "d"}[rng.IntN(4)])
		s.Put(id, k)
		want[id] = k
		if got := s.Get(id); got != k || *s.Look(id) != k {
			t.Fatalf("got %+v\nwant %+v", got, k)
		}
	}
	n := 0
	for k := range s.All() {
		if n++; n > len(want) {
			break
		}
		found := false
		for _, w := range want {
			found = found || w == *k
		}
		if !found {
			t.Errorf("nobody put %+v", *k)
		}
	}
	if n != len(want) || s.Len() != n {
		t.Errorf("%d are kept, want %d", n, len(want))
	}
	if s.Has("e") || s.Look("e") != nil || s.Get("e") != (Known{}) {
		t.Error("e is known")
	}
	if none := (*Sessions)(nil); none.Has("a") || none.Len() != 0 || none.Look("a") != nil || none.Get("a") != (Known{}) {
		t.Error("a nil one is not empty")
	}
}

// An id comes out as it went in, and is not taken for another one, whatever it looks like.
func TestSessionsKeepIDs(t *testing.T) {
	const id = "7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d"
	ids := []SessionID{id, "7D3B5C3E-5A0C-4B8E-9A3E-0D8F3A1B2C4D", "7d3b5c3e5a0c4b8e9a3e0d8f3a1b2c4d", "{" + id + "}", "urn:uuid:" + id, id + " ", "",
		"7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4g", "7d3b5c3e05a0c-4b8e-9a3e-0d8f3a1b2c4-", "------------------------------------", "7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4e"}
	s := NewSessions(0)
	for i, id := range ids {
		if s.Has(id) {
			t.Errorf("%q is known before it is put", id)
		}
		s.Put(id, Known{SessionID: id, SessionNumber: int64(i)})
	}
	for i, id := range ids {
		if got := s.Get(id); got.SessionID != id || got.SessionNumber != int64(i) {
			t.Errorf("%q: got %q, number %d", id, got.SessionID, got.SessionNumber)
		}
	}
	var all []SessionID
	for k := range s.All() {
		all = append(all, k.SessionID)
	}
	if !slices.Equal(all, ids) {
		t.Errorf("got %q\nwant %q", all, ids)
	}
}

// What is put may be of a batch that is overwritten afterwards.
func TestSessionsKeepCopies(t *testing.T) {
	s, buf := NewSessions(0), []byte("oddApproved")
	lent := func(from, to int) string { return unsafe.String(&buf[from], to-from) }
	s.Put(SessionID(lent(0, 3)), Known{SessionID: SessionID(lent(0, 3)), Status: lent(3, 11)})
	clear(buf)
	want := Known{SessionID: "odd", Status: "Approved"}
	if got := s.Get("odd"); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	s.Put("other", Known{SessionID: "other", Status: "Approved"})
	if got := s.Get("other"); got.Status != "Approved" {
		t.Errorf("got %+v", got)
	}
}

// fill sets every field, one in four to nothing. One of a kind that it does not know fails the test.
func fill(t *testing.T, v reflect.Value, rng *rand.Rand) {
	if rng.IntN(4) == 0 {
		return
	}
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Unix(rng.Int64N(1<<40)-1<<38, rng.Int64N(1e9)).UTC()
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"one", "two", "three", "four"}[rng.IntN(4)])
	case reflect.Int64, reflect.Int32:
		v.SetInt(rng.Int64N(1 << 30))
	case reflect.Uint8:
		v.SetUint(rng.Uint64N(256))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), rng)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), rng)
		}
	default:
		t.Fatalf("a field is %s", v.Kind())
	}
}

func BenchmarkSessionsAll(b *testing.B) {
	s := NewSessions(100_000)
	for i := range 100_000 {
		s.Put(SessionID(rune(i)), Known{})
	}
	for b.Loop() {
		for range s.All() {
		}
	}
}
