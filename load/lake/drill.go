package lake

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/go-json-experiment/json"
)

// drillPrefix is where the records of drills are, named by their times.
const drillPrefix = "_lake/drills/"

// A Drill is the record that the lake was restored into a scratch place, and what came of it.
type Drill struct {
	At         time.Time `json:"at"`
	Seq        int64     `json:"seq"` // newest commit
	HeadSHA256 string    `json:"head_sha256"`
	Published  int64     `json:"published_seq"`
	Copied
	Tables    int     `json:"tables"`
	Rows      int64   `json:"rows"`
	Seconds   float64 `json:"seconds"`
	Equal     bool    `json:"equal"`
	Different string  `json:"different,omitempty"` // the first difference
	Note      string  `json:"note,omitempty"`      // why it was not compared with the warehouse that analysts read
	Version   string  `json:"version"`             // of the program
}

// RecordDrill stores the record of a drill.
func (l *Lake) RecordDrill(ctx context.Context, d Drill) error {
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("record the drill: %w", err)
	}
	name := drillPrefix + d.At.UTC().Format(drillTime) + ".json"
	if err := l.bucket.Create(ctx, name, bytes.NewReader(append(data, '\n'))); err != nil {
		return fmt.Errorf("record the drill: %w", err)
	}
	return nil
}

var drillRE = regexp.MustCompile(`^_lake/drills/([0-9]{8}T[0-9]{6}\.[0-9]{9}Z)\.json$`)

const (
	drillTime   = "20060102T150405.000000000Z"
	clocksApart = time.Hour // two machines may disagree by that much
)

// LastDrill returns the newest record of a drill; nil if there is none. Those of a clock that was far ahead
// wait for their time.
func (l *Lake) LastDrill(ctx context.Context) (*Drill, error) {
	newest := ""
	for name, err := range l.bucket.List(ctx, drillPrefix) {
		if err != nil {
			return nil, fmt.Errorf("read the last drill: %w", err)
		}
		m := drillRE.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		if at, err := time.Parse(drillTime, m[1]); err == nil && !at.After(l.now().Add(clocksApart)) {
			newest = name
		}
	}
	if newest == "" {
		return nil, nil
	}
	data, err := l.read(ctx, newest, 1<<16)
	if err != nil {
		return nil, fmt.Errorf("read the last drill: %w", err)
	}
	d := new(Drill)
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("read the last drill: %w: %s: %w", ErrDamaged, newest, err)
	}
	return d, nil
}
