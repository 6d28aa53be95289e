package night

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kycsync/load/lake"

	"github.com/apache/arrow-go/v18/arrow"
)

// past is what earlier runs of the application say of what is usual.
type past struct {
	nights      int // that were published and left nothing urgent, as far as they were looked at
	fresh       int64
	last        time.Time // end of the newest of them
	fullness    fullness
	refused     bool             // the newest of them might not read the log of webhook deliveries
	unpublished map[string]int64 // figures of the runs since the last publication
}

// pastNights is how many nights tell what is usual.
const pastNights = 14

// past reads what is usual, and what is not yet published.
func (r *run) past(ctx context.Context) (*past, error) {
	p := &past{unpublished: map[string]int64{}}
	if r.head == nil {
		return p, nil
	}
	if err := p.readNights(ctx, r); err != nil {
		return nil, fmt.Errorf("read what was usual: %w", err)
	}
	if err := p.readUnpublished(ctx, r); err != nil {
		return nil, fmt.Errorf("read what is not yet published: %w", err)
	}
	return p, nil
}

// A nightRecord is what the past takes of one row of runs.
type nightRecord struct {
	finished time.Time
	figures  map[string]int64
	whole    bool // it left nothing for another night
}

// readNights reads the records of the newest nights. What is new in a night that left some for another
// is not what is usual, nor is that of the first one that did not.
func (p *past) readNights(ctx context.Context, r *run) error {
	published, _ := halves(r.head, "runs")
	parts := published.InOrder("runs")
	read := 0
	var first map[string]int64
	for i := len(parts) - 1; i >= 0 && read <= pastNights; i-- {
		nights, err := r.nightsIn(ctx, published, parts[i])
		if err != nil {
			return err
		}
		for len(nights) > 0 && read <= pastNights {
			n := nights[len(nights)-1]
			nights = nights[:len(nights)-1]
			if read++; read == 1 {
				p.refused = n.figures["hints_refused"] > 0
			}
			p.last = later(p.last, n.finished)
			p.fullness.add(n.figures)
			if n.whole {
				p.nights++
				p.fresh += n.figures["new"]
				first = n.figures
			}
		}
	}
	if first != nil && read <= pastNights {
		p.nights--
		p.fresh -= first["new"]
	}
	return nil
}

// nightsIn returns the records of the application's nights in one part, the oldest first.
func (r *run) nightsIn(ctx context.Context, c *lake.Commit, p lake.Part) (nights []nightRecord, err error) {
	one := *c
	one.Tables = map[string]map[string]lake.Part{"runs": {p.Name: p}}
	var unreadable error
	err = each(ctx, r.Lake, &one, "runs", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		if textAt(cell("application"), i) != r.Config.Application || textAt(cell("kind"), i) != "sync" {
			return
		}
		n := nightRecord{finished: timeAt(cell("finished_at"), i), figures: map[string]int64{}}
		if err := json.Unmarshal([]byte(textAt(cell("figures"), i)), &n.figures); err != nil {
			unreadable = err
		}
		left := cell("nights_left")
		n.whole = !left.IsNull(i) && intAt(left, i) == 0
		nights = append(nights, n)
	})
	return nights, errors.Join(err, unreadable)
}

// readUnpublished adds up what was committed since the last publication. Of each run its newest
// commit counts.
func (p *past) readUnpublished(ctx context.Context, r *run) error {
	if r.head.Seq == r.head.PublishedSeq {
		return nil
	}
	runs := map[string]map[string]int64{}
	for c, err := range r.Lake.Commits(ctx, r.head.PublishedSeq+1) {
		if err != nil {
			return err
		}
		if c.Seq > r.head.Seq {
			break
		}
		if c.Application == r.Config.Application && c.RunID != r.RunID {
			runs[c.RunID] = c.Figures
		}
	}
	for _, figures := range runs {
		for _, name := range []string{"withheld", "versions", "new_stored"} {
			p.unpublished[name] += figures[name]
		}
	}
	return nil
}

// newPerNight is the mean of the nights looked at; 0 if there was none.
func (p *past) newPerNight() float64 { return float64(p.fresh) / max(1, float64(p.nights)) }

// nightsUntil is how many nights have passed since the newest of them, at least one.
func (p *past) nightsUntil(now time.Time) float64 { return max(1, now.Sub(p.last).Hours()/24) }
