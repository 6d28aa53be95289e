package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kycsync/load/lake/gcstest"
)

// An operation is one that the program asks of a store in Google Cloud Storage.
type operation struct {
	name       string
	permission string            // that it needs
	objects    map[string]string // that are there before
	bytes      string            // of the object "made"; empty: it makes none
	chunks     bool              // it makes the object in several requests
	removes    bool              // the object "old"
	do         func(context.Context, *GCS) error
}

var (
	smallObject = strings.Repeat("mine ", 200)
	bigObject   = strings.Repeat("0123456789abcdef", (2*chunkUnit+4096)/16) // of three chunks
)

// made creates the object of the operation.
func made(content string) func(context.Context, *GCS) error {
	return func(ctx context.Context, g *GCS) error { return g.Create(ctx, "made", strings.NewReader(content)) }
}

// operations are all there are. Each tells of a success only if what it says is true.
var operations = []operation{
	{name: "create", permission: "storage.objects.create", bytes: smallObject, do: made(smallObject)},
	{name: "create in chunks", chunks: true, permission: "storage.objects.create", bytes: bigObject, do: made(bigObject)},
	{name: "open", permission: "storage.objects.get", objects: map[string]string{"old": bigObject}, do: func(ctx context.Context, g *GCS) error {
		r, err := g.Open(ctx, "old")
		if err != nil {
			return err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		if err == nil && string(data) != bigObject {
			err = errUntrue
		}
		return err
	}},
	{name: "list", permission: "storage.objects.list", objects: map[string]string{"b/1": "x", "a/2": "y", "a/1": "z"}, do: func(ctx context.Context, g *GCS) error {
		var names []string
		for name, err := range g.List(ctx, "a/") {
			if err != nil {
				return err
			}
			names = append(names, name)
		}
		if !slices.Equal(names, []string{"a/1", "a/2"}) {
			return errUntrue
		}
		return nil
	}},
	{name: "remove", removes: true, permission: "storage.objects.", objects: map[string]string{"old": "x", "kept": "y"}, do: func(ctx context.Context, g *GCS) error {
		return g.Objects(ctx, "old", func(o Object) error { return g.Remove(ctx, o) })
	}},
	{name: "settings", permission: "storage.buckets.get", do: func(ctx context.Context, g *GCS) error {
		s, err := g.Settings(ctx)
		if err == nil && s.Location != gcstest.Location {
			err = fmt.Errorf("%w: %+v", errUntrue, s)
		}
		return err
	}},
}

// passing faults are over when the store is asked again.
var passing = []gcstest.Fault{gcstest.Before, gcstest.After, gcstest.Drop, gcstest.Reset, gcstest.Limit}

var errUntrue = errors.New("told of what is not so")

// TestEveryOperationMeetsEveryFault spoils each request of each operation once, and each with all that follow, by each
// fault. What an operation says it has done is done; there is never an object with other bytes under a name, nor one
// that nobody asked for; the error is the one that callers decide by; every operation ends at its deadline; and after
// the fault it does its work. Time is that of a bubble: the deadlines are those of the product.
func TestEveryOperationMeetsEveryFault(t *testing.T) {
	for _, op := range operations {
		for _, fault := range gcstest.Faults() {
			for _, ever := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, for ever %t", op.name, fault, ever), func(t *testing.T) {
					for nth := int32(1); ; nth++ {
						hit := false
						synctest.Test(t, func(t *testing.T) { hit = op.meet(t, fault, nth, ever) })
						if !hit || t.Failed() || ever && testing.Short() { // every request has been spoilt
							return
						}
					}
				})
			}
		}
	}
}

// meet does the operation while its nth request is spoilt, and those after it if ever says so, and reports whether
// there was one.
func (op operation) meet(t *testing.T, fault gcstest.Fault, nth int32, ever bool) bool {
	server := gcstest.StartInside(t)
	server.Lag = 100 * time.Millisecond
	g, err := OpenGCS(t.Context(), gcstest.BucketName, "p", Config{GCSOptions: server.Options()})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	g.chunk = chunkUnit
	for name, content := range op.objects {
		mustCreate(t, g, name, content)
	}
	var seen atomic.Int32
	server.Faults = func(*http.Request) gcstest.Fault {
		if n := seen.Add(1); n == nth || ever && n > nth {
			return fault
		}
		return gcstest.None
	}
	begun := time.Now()
	err = op.do(t.Context(), g)
	took, hit := time.Since(begun), seen.Load() >= nth
	server.Faults = nil
	if took > defaultGCSTimeout+10*time.Second {
		t.Errorf("request %d: it took %v", nth, took)
	}
	if errors.Is(err, errUntrue) || !op.expects(fault, ever, hit, err) {
		t.Errorf("request %d: got %v", nth, err)
	}
	op.compare(t, server, err)
	if op.bytes != "" && errors.Is(err, ErrDamaged) {
		return hit // those bytes stay, and no commit names them
	}
	if err := op.do(t.Context(), g); err != nil {
		t.Errorf("request %d: after the fault: got %v", nth, err)
	}
	op.compare(t, server, nil)
	return hit
}

// expects reports whether the operation may end like this.
func (op operation) expects(fault gcstest.Fault, ever, hit bool, err error) bool {
	switch {
	case !hit:
		return err == nil
	case !ever && slices.Contains(passing, fault):
		again := op.chunks && fault == gcstest.After && errors.Is(err, ErrDamaged) // the fake appends a chunk that is sent again
		return err == nil || again
	case fault == gcstest.Refuse, fault == gcstest.NoBucket:
		if err == nil {
			return op.bytes != "" // only the look back was refused, which others did not need
		}
		return errors.Is(err, ErrDenied) && !errors.Is(err, ErrNotExist) && (fault == gcstest.NoBucket || strings.Contains(err.Error(), op.permission))
	case op.bytes != "" && err != nil:
		return errors.Is(err, ErrUnknown) != errors.Is(err, ErrDamaged) || fault == gcstest.Flip && !errors.Is(err, ErrExist)
	case fault == gcstest.Hang, fault == gcstest.HangAfter, fault == gcstest.Stall:
		return err == nil || errors.Is(err, context.DeadlineExceeded)
	case fault == gcstest.FlipBack, fault == gcstest.Flip, fault == gcstest.Cut:
		return true // an answer may be spoilt so that it is another one; what is said is compared
	}
	return err != nil
}

// compare holds what the store has against what the operation says.
func (op operation) compare(t *testing.T, server *gcstest.Server, err error) {
	t.Helper()
	want, got := map[string]string{}, server.Contents(t)
	for name, content := range op.objects {
		want["p/"+name] = content
	}
	if _, there := got["p/old"]; op.removes && (err == nil || !there) {
		delete(want, "p/old")
	}
	if held, there := got["p/made"]; op.bytes != "" && (there || err == nil) {
		want["p/made"] = op.bytes
		if errors.Is(err, ErrDamaged) {
			want["p/made"] = held // as the error says
		} else if err != nil && !errors.Is(err, ErrUnknown) {
			t.Errorf("it is there, in spite of %v", err)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the store has %q, want %q, each with its bytes", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}
