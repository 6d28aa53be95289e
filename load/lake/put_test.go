package lake

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"kycsync/load/lake/gcstest"
	"kycsync/schemas"
)

func TestEveryTableMakesAPart(t *testing.T) {
	l, _ := openTest(t)
	c := newCommit("r1")
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		w, err := NewPart(table, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Close()
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.Put(t.Context(), s, "r1")
		if err != nil {
			t.Fatal(err)
		}
		b := readAll(t, l, table, p, t.TempDir())
		if b.NumRows() != 0 || !b.Schema().Equal(table.Arrow()) {
			t.Errorf("table %s: %d rows of %v", table.Name, b.NumRows(), b.Schema())
		}
		c.Tables[table.Name] = map[string]Part{p.Name: p}
	}
	if err := l.Append(t.Context(), nil, c); err != nil {
		t.Error(err)
	}
}

func TestPutRefusesASpoolThatChanged(t *testing.T) {
	server := gcstest.Start(t)
	for kind, uri := range map[string]string{"dir": t.TempDir(), "gcs": server.URI("spool")} {
		l, err := Open(t.Context(), uri, Config{Create: true, GCSOptions: server.Options()})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for _, damage := range []func(*testing.T, string){flip, func(t *testing.T, name string) { truncate(t, name, 1000) }} {
			b := wideBatch(wide(), rand.New(rand.NewPCG(1, 1)), 50)
			s := spool(t, wide(), t.TempDir(), b)
			b.Release()
			damage(t, s.Path)
			if _, err := l.Put(t.Context(), s, "r1"); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: got %v, want ErrDamaged", kind, err)
			}
		}
		if got := list(t, l.Bucket(), "tables/"); got != nil {
			t.Errorf("%s: %v is visible, want nothing", kind, got)
		}
	}
}

func TestPutAgainUsesTheSameName(t *testing.T) {
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	l := New(&faulty{Bucket: dir, left: 1, how: "unknown"}, Config{})
	b := wideBatch(wide(), rand.New(rand.NewPCG(1, 1)), 50)
	defer b.Release()
	s := spool(t, wide(), t.TempDir(), b)
	if _, err := l.Put(t.Context(), s, "r1"); !errors.Is(err, ErrUnknown) {
		t.Fatalf("got %v, want ErrUnknown", err)
	}
	p, err := l.Put(t.Context(), s, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, dir, "tables/"); len(got) != 1 || got[0] != p.Name {
		t.Errorf("objects %v, want %s alone", got, p.Name)
	}
	if _, err := os.Stat(s.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spooled file is still there: %v", err)
	}
	other, err := l.Put(t.Context(), spool(t, wide(), t.TempDir(), b), "r1")
	if err != nil || other.Name == p.Name {
		t.Errorf("second part is named %q, %v, as the first", other.Name, err)
	}
}

func TestCancelledAppendWritesNothing(t *testing.T) {
	l, _ := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Append(ctx, nil, newCommit("r1")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if got := list(t, l.Bucket(), commitPrefix); got != nil {
		t.Errorf("objects %v, want none", got)
	}
	if _, err := put(t, l, "../r", 1, 1); err == nil || !strings.Contains(err.Error(), "run id") {
		t.Errorf("run id that climbs: got %v", err)
	}
}
