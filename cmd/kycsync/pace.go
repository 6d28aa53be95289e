package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"kycsync/load/lake"
)

// A paceFile remembers when this machine last sent a request with the key, so that the next run
// knows whether the vendor's window of a minute is empty. Times are of the machine's own clock.
type paceFile struct {
	path  string
	found bool
	paceState
}

type paceState struct {
	Last    time.Time `json:"last_request"`
	Running bool      `json:"running"` // a run began and did not say when it sent its last request
}

// openPaceFile reads the file. One that is missing or torn is no knowledge.
func openPaceFile(path string) *paceFile {
	f := &paceFile{path: path}
	body, err := os.ReadFile(path)
	f.found = err == nil && json.Unmarshal(body, &f.paceState) == nil
	return f
}

// lastRequest is the latest instant at which a request may have left; zero when none did within
// the last minute. What this machine does not know the lake may: a run of another machine that
// ended tells by its commit when it did, and one that left a commit which is not published may be
// at work still.
func (f *paceFile) lastRequest(ctx context.Context, l *lake.Lake, log *slog.Logger) (time.Time, error) {
	last, now := f.Last, time.Now()
	if l != nil {
		head, err := l.Head(ctx)
		switch {
		case errors.Is(err, lake.ErrNotExist):
		case err != nil:
			return last, fmt.Errorf("read the newest commit: %w", err)
		case !f.found && head.PublishedSeq != head.Seq:
			f.Running = true
		case head.CommittedAt.After(last) && head.CommittedAt.Before(now):
			last = head.CommittedAt
		}
	}
	if f.Running {
		last = now
		log.Info("the last run was interrupted; the vendor may still count its requests", "wait_at_most", time.Minute)
	}
	if now.Sub(last) > time.Minute {
		return time.Time{}, nil
	}
	return last, nil
}

func (f *paceFile) begin() error {
	f.Running = true
	return f.write()
}

// end notes the last request. Where it cannot, the next run waits a minute.
func (f *paceFile) end(last time.Time) {
	f.Running = false
	if !last.IsZero() {
		f.Last = last
	}
	_ = f.write()
}

func (f *paceFile) write() error {
	body, err := json.Marshal(f.paceState)
	if err != nil {
		return err
	}
	tmp := f.path + ".next"
	if err := os.WriteFile(tmp, body, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, f.path)
}
