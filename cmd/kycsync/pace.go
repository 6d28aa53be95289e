package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"time"
)

// A paceFile remembers when this machine last sent a request with the key, so that the next run
// knows whether the vendor's window of a minute is empty. Times are of the machine's own clock.
type paceFile struct {
	path string
	paceState
}

type paceState struct {
	Last    time.Time `json:"last_request"`
	Running bool      `json:"running"` // a run began and did not say when it sent its last request
}

// openPaceFile reads the file. One that is missing or torn is no knowledge: nothing was sent from
// here, or it does not matter, because a 429 slows a run down by itself.
func openPaceFile(path string) *paceFile {
	f := &paceFile{path: path}
	body, err := os.ReadFile(path)
	if err == nil {
		_ = json.Unmarshal(body, &f.paceState)
	}
	return f
}

// lastRequest is the latest instant at which a request may have left; zero when none did within
// the last minute.
func (f *paceFile) lastRequest(log *slog.Logger) time.Time {
	last := f.Last
	if f.Running {
		last = time.Now()
		log.Info("the last run was interrupted; the vendor may still count its requests", "wait_at_most", time.Minute)
	}
	if last.IsZero() || time.Since(last) > time.Minute {
		return time.Time{}
	}
	return last
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
