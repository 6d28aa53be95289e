package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kycsync/load/lake/gcstest"
)

func openFake(t *testing.T, s *gcstest.Server) *GCS {
	t.Helper()
	g, err := OpenGCS(t.Context(), gcstest.BucketName, "p", Config{GCSOptions: s.Options(), GCSTimeout: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func upload(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/upload/") }

// onUpload spoils the first n upload requests.
func onUpload(f gcstest.Fault, n int32) func(*http.Request) gcstest.Fault {
	var seen atomic.Int32
	return func(r *http.Request) gcstest.Fault {
		if upload(r) && seen.Add(1) <= n {
			return f
		}
		return gcstest.None
	}
}

func TestGCSSettlesFaults(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  gcstest.Fault
		times  int32
		err    error // nil: created
		stored bool
	}{
		{name: "503 before", fault: gcstest.Before, times: 1, stored: true},
		{name: "503 before, twice", fault: gcstest.Before, times: 2, stored: true},
		{name: "503 before, for ever", fault: gcstest.Before, times: 1 << 30, err: ErrUnknown},
		{name: "503 after", fault: gcstest.After, times: 1, stored: true},
		{name: "503 after, for ever", fault: gcstest.After, times: 1 << 30, stored: true},
		{name: "answer lost", fault: gcstest.Drop, times: 1, stored: true},
		{name: "answer lost, for ever", fault: gcstest.Drop, times: 1 << 30, stored: true},
		{name: "a bit flipped", fault: gcstest.Flip, times: 1, stored: true},
		{name: "refused", fault: gcstest.Refuse, times: 1, err: ErrDenied},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := gcstest.Start(t)
			g := openFake(t, server)
			server.Faults = onUpload(test.fault, test.times)
			err := create(t, g, "a.json", strings.Repeat("mine ", 200))
			if !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			server.Faults = nil
			if got := len(server.Objects(t)); (got == 1) != test.stored {
				t.Errorf("%d objects, want stored %t", got, test.stored)
			}
			if test.stored && content(t, g, "a.json") != strings.Repeat("mine ", 200) {
				t.Errorf("the stored bytes are others")
			}
		})
	}
}

func TestGCSFaultsDoNotHideAnotherWritersObject(t *testing.T) {
	for _, fault := range []gcstest.Fault{gcstest.Before, gcstest.After, gcstest.Drop} {
		server := gcstest.Start(t)
		g := openFake(t, server)
		mustCreate(t, g, "a", "theirs")
		server.Faults = onUpload(fault, 1)
		if err := create(t, g, "a", "my own"); !errors.Is(err, ErrExist) {
			t.Errorf("fault %d: got %v, want ErrExist", fault, err)
		}
		if got := content(t, g, "a"); got != "theirs" {
			t.Errorf("fault %d: stored %q, want theirs", fault, got)
		}
	}
}

func TestGCSErrorsSayWhatIsMissing(t *testing.T) {
	server := gcstest.Start(t)
	g := openFake(t, server)
	mustCreate(t, g, "a", "x")
	server.Faults = func(*http.Request) gcstest.Fault { return gcstest.Refuse }
	_, openErr := g.Open(t.Context(), "a")
	var listErr error
	for _, err := range g.List(t.Context(), "") {
		listErr = err
	}
	for want, err := range map[string]error{
		"storage.objects.create": create(t, g, "b", "x"),
		"storage.objects.get":    openErr,
		"storage.objects.list":   listErr,
	} {
		if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrDenied and %q", err, want)
		}
	}
	server.Faults = nil
	missing, err := OpenGCS(t.Context(), "no-such-bucket", "", Config{GCSOptions: server.Options()})
	if err != nil {
		t.Fatal(err)
	}
	defer missing.Close()
	if err := create(t, missing, "b", "x"); !errors.Is(err, ErrDenied) {
		t.Errorf("missing bucket: got %v, want ErrDenied", err)
	}
}

func TestGCSListsManyPages(t *testing.T) {
	if testing.Short() {
		t.Skip("1100 uploads")
	}
	g := openFake(t, gcstest.Start(t))
	for i := range 1100 {
		mustCreate(t, g, fmt.Sprintf("a/%04d", i), "x")
	}
	got := list(t, g, "a/")
	if len(got) != 1100 || got[0] != "a/0000" || got[1099] != "a/1099" {
		t.Errorf("got %d names, want 1100 in order", len(got))
	}
}

func TestGCSReadsEmulatorHost(t *testing.T) {
	server := gcstest.Start(t)
	t.Setenv("STORAGE_EMULATOR_HOST", server.Host())
	l, err := Open(t.Context(), server.URI("lake"), Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Append(t.Context(), nil, newCommit("r1")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Head(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestGCSCancelDuringUploadLeavesNothing(t *testing.T) {
	server := gcstest.Start(t)
	g := openFake(t, server)
	ctx, cancel := context.WithCancel(t.Context())
	server.Faults = func(r *http.Request) gcstest.Fault {
		if upload(r) {
			cancel()
		}
		return gcstest.None
	}
	err := g.Create(ctx, "a", bytes.NewReader(make([]byte, 2*chunkBytes+1)))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want %v and ErrUnknown", err, context.Canceled)
	}
	if got := server.Objects(t); len(got) > 0 {
		t.Errorf("objects %v, want none", got)
	}
}
