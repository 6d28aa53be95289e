package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kycsync/extract/didittest"

	"github.com/google/go-cmp/cmp"
)

// A slowVendor answers the first decisions at once and the others only when it is let go, so that a
// run can be met in the middle.
type slowVendor struct {
	*didittest.Vendor
	mu   sync.Mutex
	left int           // decisions to answer at once
	met  chan struct{} // closed when a request waits
	free chan struct{} // closed to let all go
}

func newSlowVendor(t *testing.T, after int) (*slowVendor, string) {
	t.Helper()
	v, err := didittest.New(didittest.Options{Seed: 11, Sessions: 60, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	s := &slowVendor{Vendor: v, left: after, met: make(chan struct{}), free: make(chan struct{})}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return s, srv.URL
}

func (s *slowVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/decision/") {
		s.mu.Lock()
		if s.left--; s.left == -1 {
			close(s.met)
		}
		wait := s.left < 0
		s.mu.Unlock()
		if wait {
			select {
			case <-s.free:
			case <-r.Context().Done():
				return
			}
		}
	}
	s.Vendor.ServeHTTP(w, r)
}

const processNow = "2026-11-01T02:00:00Z"

func startSync(t *testing.T, dir, url string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := command(dir, []string{"KYCSYNC_NOW=" + processNow, "KYCSYNC_TEST_BATCH=20"}, "sync", "--api-url", url, "--rate", "0")
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, &stderr
}

// A run that a signal ends keeps what it has fetched, publishes nothing, and the next one goes on.
func TestSignals(t *testing.T) {
	if testing.Short() {
		t.Skip("three processes")
	}
	dir := t.TempDir()
	_, url := newSlowVendor(t, 1000)
	mustRun(t, nightly{dir: dir, url: url, now: processNow})
	undisturbed := contentOf(t, dir)
	for _, tc := range []struct {
		signal syscall.Signal
		exit   int
	}{{syscall.SIGTERM, 143}, {syscall.SIGINT, 130}} {
		t.Run(tc.signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			v, url := newSlowVendor(t, 30)
			cmd, stderr := startSync(t, dir, url)
			<-v.met
			sent := time.Now()
			if err := cmd.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if got, took := cmd.ProcessState.ExitCode(), time.Since(sent); got != tc.exit || took > 10*time.Second {
				t.Errorf("got exit %d after %s, want %d within 10s:\n%s", got, took, tc.exit, stderr)
			}
			if !strings.Contains(stderr.String(), "what was fetched is committed") {
				t.Errorf("got %q, want to read what was kept", stderr)
			}
			v.mu.Lock()
			close(v.free)
			v.mu.Unlock()
			h := faultyHouse{dir: dir}
			if published := h.published(t); published != 0 {
				t.Errorf("published is commit %d, want none", published)
			}
			before := v.Requests().Route("decision")
			mustRun(t, nightly{dir: dir, url: url, now: processNow})
			if n := v.Requests().Route("decision") - before; n > 40 {
				t.Errorf("the next run asked for %d of 60 decisions again", n)
			}
			if diff := cmp.Diff(undisturbed, contentOf(t, dir)); diff != "" {
				t.Errorf("content differs (-undisturbed +signalled):\n%s", diff)
			}
		})
	}
}

// The second of two runs ends at once, asks the vendor nothing, and does not disturb the first: on the same
// machine, and on another one that has the lake alone in common. After a kill the same machine goes on at once.
func TestOverlap(t *testing.T) {
	for name, elsewhere := range map[string]bool{"one machine": false, "two machines": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			other := dir
			if elsewhere {
				other = t.TempDir()
			}
			v, url := newSlowVendor(t, 5)
			first, stderr := startSync(t, dir, url)
			<-v.met
			lists, begun := v.Requests().Route("sessions"), time.Now()
			second := command(other, []string{"KYCSYNC_NOW=" + processNow, "KYCSYNC_LAKE=" + filepath.Join(dir, "kyc-lake")}, "sync", "--api-url", url, "--rate", "0")
			words, _ := second.CombinedOutput()
			if got, took := second.ProcessState.ExitCode(), time.Since(begun); got != exitAgain || took > 20*time.Second {
				t.Errorf("second run: got exit %d after %s, want 5 within 20s:\n%s", got, took, words)
			}
			if !strings.Contains(string(words), "another run is at work") {
				t.Errorf("second run: got %q, want to read why", words)
			}
			if n := v.Requests().Route("sessions") - lists; n > 0 {
				t.Errorf("second run sent %d requests for lists, want none", n)
			}
			if elsewhere {
				_ = first.Process.Kill()
				_ = first.Wait()
				close(v.free)
				mustRun(t, nightly{dir: dir, url: url, now: processNow})
			} else {
				close(v.free)
				if err := first.Wait(); err != nil {
					t.Errorf("first run: %v\n%s", err, stderr)
				}
			}
			contentOf(t, dir)
		})
	}
}

// The fake vendor serves from a process of its own, until it is told to stop.
func TestSimulate(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the other tests serve the same vendor from their own process")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "kycsync", "simulate", "--listen", "127.0.0.1:0", "--sessions", "40", "--seed", "3",
		"--rate-limit", "0", "--clock", processNow, "--faults", "503:20")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	dir := t.TempDir()
	mustRun(t, nightly{dir: dir, url: url, now: processNow})
	h := faultyHouse{dir: dir}
	if n := h.ask(t, "SELECT count(*) AS n FROM sessions")[0]["n"]; n != 40.0 {
		t.Errorf("got %v sessions, want 40", n)
	}
	resp, err := http.Get(url + "/_vendor/requests")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !bytes.Contains(body, []byte(`"503"`)) {
		t.Errorf("got requests %s, error %v, want some answered 503", body, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 143 {
		t.Errorf("got exit %d, want 143", got)
	}
}
