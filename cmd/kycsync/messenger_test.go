package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A program that does not end is ended, with what it started, and what it prints is in no error.
func TestMessengerEnds(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho told >&2\n\"$@\"\nexit 7\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, does, err string }{
		{"it does not end", "sleep 30", "script: not done after 500ms"},
		{"it fails", "true", "script: exit status 7"},
	} {
		m, err := newMessenger("anchor-command", script+"  "+tt.does)
		if err != nil {
			t.Fatal(err)
		}
		m.timeout = 500 * time.Millisecond
		begun := time.Now()
		err = m.send(t.Context(), []byte("anchor\n"))
		if err == nil || !strings.HasSuffix(err.Error(), tt.err) || strings.Contains(err.Error(), "told") {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.err)
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("%s: after %v", tt.name, took)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(signalled{os.Interrupt})
	m, _ := newMessenger("anchor-command", "true")
	if err := m.send(ctx, nil); err == nil || err.Error() != "ended by signal interrupt" {
		t.Errorf("under a signal: got %v", err)
	}
}
