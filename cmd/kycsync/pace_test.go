package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"kycsync/load/lake"
)

// What a run knows of the minute before it: nothing was sent, or when the last request left, or
// that somebody may be sending still.
func TestLastRequest(t *testing.T) {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	for _, c := range []struct {
		name   string
		file   *paceState   // nil: none
		commit *lake.Commit // nil: none
		want   time.Duration
	}{
		{"first run", nil, nil, 0},
		{"ended 30 s ago", &paceState{Last: ago(30 * time.Second)}, nil, 30 * time.Second},
		{"ended long ago", &paceState{Last: ago(2 * time.Minute)}, nil, 0},
		{"killed", &paceState{Last: ago(time.Hour), Running: true}, nil, time.Nanosecond},
		{"another machine ended 20 s ago", nil, &lake.Commit{CommittedAt: ago(20 * time.Second), PublishedSeq: 1}, 20 * time.Second},
		{"another machine ended long ago", nil, &lake.Commit{CommittedAt: ago(time.Hour), PublishedSeq: 1}, 0},
		{"another machine left a commit unpublished", nil, &lake.Commit{CommittedAt: ago(time.Hour)}, time.Nanosecond},
		{"our own commit is unpublished", &paceState{Last: ago(time.Hour)}, &lake.Commit{CommittedAt: ago(time.Hour)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := lake.Open(context.Background(), filepath.Join(t.TempDir(), "lake"), lake.Config{Create: true})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if c.commit != nil {
				c.commit.Kind, c.commit.RunID = lake.Sync, "run"
				if err := l.Append(context.Background(), nil, c.commit); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(t.TempDir(), "requests.json")
			if c.file != nil {
				if err := (&paceFile{path: path, paceState: *c.file}).write(); err != nil {
					t.Fatal(err)
				}
			}
			got, err := openPaceFile(path).lastRequest(context.Background(), l, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			if c.want == 0 != got.IsZero() {
				t.Fatalf("got %v, want %v ago", got, c.want)
			}
			if since := time.Since(got); c.want != 0 && (since < c.want || since > c.want+10*time.Second) {
				t.Errorf("got %v ago, want %v", since, c.want)
			}
		})
	}
}
