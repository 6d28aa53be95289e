package extract

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// minute is the vendor's window.
const minute = time.Minute

// A pacer decides when the next request may leave. All requests made with one key share it,
// retries included.
//
// Two rules hold together. The window guard: a request holds one of N slots from before it is sent
// until its answer is a minute old. The server counts a request at some instant between the two,
// so the requests that it counts in any minute all hold slots at the end of that minute, and there
// are N; latency, jitter and stalls cannot change that. The limiter: at 99.5 % of the rate and burst 1 it
// spreads the requests, because the guard alone would send N at once and then rest.
//
// A refusal (429) stops everybody until the vendor's term is over and halves the pace, which then
// comes back by a twentieth of the full pace a minute.
type pacer struct {
	turn    chan struct{} // held by the request that is next in line
	landed  chan struct{} // told that a request has got its answer
	limiter *rate.Limiter // nil: no limit

	mu       sync.Mutex
	slots    int         // N; 0: no limit
	flying   int         // requests without an answer yet
	cooling  []time.Time // when the slots of answered requests come free, ascending
	until    time.Time   // nobody sends before
	ceiling  rate.Limit  // full pace
	lowered  time.Time   // when the pace was last halved
	raised   time.Time   // when it was last changed
	refusals int         // halvings in a row
	queued   int         // requests that wait
	queuedAt time.Time   // when queued or waited was last changed
	waited   time.Duration
	last     time.Time // when the last request was sent
}

const (
	paceShare     = 0.995 // of the limit
	paceFloor     = 32    // the pace never falls below this fraction of the full pace
	paceRecovery  = 20    // a minute without refusal gives back this fraction
	firstPause    = 5 * time.Second
	maxRetryAfter = 2 * time.Minute
)

// newPacer starts with an empty window, or, if a request was sent at lastRequest and is not known
// to be a minute old, with a full one.
func newPacer(perMinute int, lastRequest time.Time) *pacer {
	p := &pacer{turn: make(chan struct{}, 1), landed: make(chan struct{}, 1), slots: perMinute}
	if perMinute == 0 {
		return p
	}
	p.ceiling = pace(perMinute)
	p.limiter = rate.NewLimiter(p.ceiling, 1)
	if !lastRequest.IsZero() {
		now := time.Now()
		p.until = lastRequest.Add(minute)
		if latest := now.Add(minute); p.until.After(latest) { // a clock was wrong
			p.until = latest
		}
	}
	return p
}

func pace(perMinute int) rate.Limit {
	return rate.Limit(paceShare * float64(perMinute) / minute.Seconds())
}

// wait returns when a request may leave; the caller calls land when it has its answer or has given
// up. The only error is the context's.
//
// Many wait for the limiter at the same time, one at a time for a slot. So the limiter runs on
// while the guard holds back, and what it granted meanwhile leaves as soon as slots come free.
// (If the limiter were asked by one at a time, a stall of a second every 47 would cost half a per cent.)
func (p *pacer) wait(ctx context.Context) error {
	p.queue(+1)
	defer p.queue(-1)
	for {
		p.regain(time.Now())
		if p.limiter != nil {
			r := p.limiter.Reserve()
			if err := sleep(ctx, r.Delay()); err != nil {
				r.Cancel()
				return err
			}
		}
		paused, err := p.slot(ctx, time.Now())
		if err != nil || !paused {
			return err
		}
	}
}

// slot waits for a slot. It reports true, and has none, if there was a pause since the limiter's
// grant: the limiter must be asked again, or all who waited would leave together at its end.
func (p *pacer) slot(ctx context.Context, granted time.Time) (paused bool, err error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	for {
		if until := p.pausedUntil(); until.After(granted) {
			return true, sleep(ctx, time.Until(until))
		}
		delay, ok := p.take(time.Now())
		if ok {
			return false, nil
		}
		if err := p.rest(ctx, delay); err != nil {
			return false, err
		}
	}
}

// queue counts who waits, and the time in which anybody does.
func (p *pacer) queue(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.queued > 0 {
		p.waited += now.Sub(p.queuedAt)
	}
	p.queued += n
	p.queuedAt = now
}

func (p *pacer) pausedUntil() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// take takes a slot, or says how long to rest before trying again.
func (p *pacer) take(now time.Time) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.cooling) > 0 && !p.cooling[0].After(now) {
		p.cooling = p.cooling[1:]
	}
	if p.slots > 0 && p.flying+len(p.cooling) >= p.slots {
		if len(p.cooling) == 0 {
			return math.MaxInt64, false // all are flying
		}
		return p.cooling[0].Sub(now), false
	}
	p.flying++
	p.last = now
	return 0, true
}

// rest ends after d or when a request has landed.
func (p *pacer) rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.landed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// land gives back the slot of a request, a minute from now. The transport may have sent it more
// than once, when an idle connection broke under it; each time counts.
func (p *pacer) land(sent int) {
	p.mu.Lock()
	p.flying--
	if p.slots > 0 {
		free := time.Now().Add(minute)
		for range max(sent, 1) {
			p.cooling = append(p.cooling, free)
		}
	}
	p.mu.Unlock()
	select {
	case p.landed <- struct{}{}:
	default:
	}
}

// accepted notes that a request was answered with something else than a refusal.
func (p *pacer) accepted(sentAt time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sentAt.After(p.lowered) {
		p.refusals = 0
	}
}

// refused stops everybody: for the vendor's term if it gave one, else for 5, 10, 20 ... seconds,
// at most two minutes. The first of the requests that flew together also halves the pace. limit is the
// vendor's own figure, 0 if it gave none; a smaller one than ours replaces ours for the run. It
// returns the pause and the pace that follows, in requests a minute, 0 if there is no limit.
func (p *pacer) refused(sentAt time.Time, term time.Duration, given bool, limit int) (pause time.Duration, perMinute int, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	first = sentAt.After(p.lowered)
	if first {
		p.refusals++
		p.lowered, p.raised = now, now
	}
	if !given {
		term = min(firstPause<<min(p.refusals-1, 8), maxRetryAfter)
	}
	if until := now.Add(term); until.After(p.until) {
		p.until = until
	}
	if p.limiter == nil {
		return term, 0, first
	}
	if limit > 0 && limit < p.slots {
		p.slots = limit
		p.ceiling = pace(limit)
	}
	if first {
		p.limiter.SetLimit(max(min(p.limiter.Limit()/2, p.ceiling), p.ceiling/paceFloor))
	}
	return term, int(float64(p.limiter.Limit()) * minute.Seconds()), first
}

// regain raises the pace by one step if it has been left alone for a minute.
func (p *pacer) regain(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limiter == nil || p.limiter.Limit() >= p.ceiling || now.Before(p.until) || now.Sub(p.raised) < minute {
		return
	}
	p.limiter.SetLimit(min(p.limiter.Limit()+p.ceiling/paceRecovery, p.ceiling))
	p.raised = now
}

// sleep ends after d or with the context.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
