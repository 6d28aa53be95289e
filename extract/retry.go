package extract

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kycsync/schemas"
)

const (
	maxAttempts     = 6
	attemptDeadline = 30 * time.Second // body included
	firstBackoff    = 2 * time.Second
	lastBackoff     = 40 * time.Second
	minRetries      = 100              // of a run, however few its requests: sixteen workers may fail five times
	retryShare      = 10               // retries are at most this fraction of the requests
	patience        = 15 * time.Minute // of nothing but refusals
)

// A fault is an attempt that did not bring what was asked for.
type fault struct {
	err      error
	again    bool // another attempt may help
	usable   bool // the answer may be handed on if no attempt brings a better one
	tries    int  // how often at most; 0: maxAttempts
	throttle bool // 429: another attempt will help, later
	term     time.Duration
	given    bool // term is the vendor's own
	limit    int  // requests a minute as the vendor states it, 0: not stated
}

// final is a fault that no other attempt mends.
func final(err error) *fault { return &fault{err: err} }

// flaky is a fault that another attempt may mend.
func flaky(err error) *fault { return &fault{err: err, again: true} }

// brokenOff is a fault of a body that is handed on if it stays so.
func brokenOff() *fault {
	f := flaky(fmt.Errorf("%w: the JSON text breaks off", ErrMalformed))
	f.usable = true
	return f
}

// get asks until the answer is good, the fault is final or the budgets are spent. What is
// returned as error is a RequestError or the context's error.
func (c *Client) get(ctx context.Context, a ask) (answer, error) {
	for attempt := 1; ; {
		ans, sentAt, f := c.attempt(ctx, a)
		if err := ctx.Err(); err != nil && (f != nil) {
			return answer{}, context.Cause(ctx)
		}
		switch {
		case f == nil:
			return ans, nil
		case f.throttle:
			if err := c.throttled(a, f, sentAt); err != nil {
				return answer{}, c.giveUp(a, attempt, err)
			}
			continue
		case !f.again:
			return answer{}, c.giveUp(a, attempt, c.acquit(ctx, a, f.err))
		case attempt >= cmp.Or(f.tries, maxAttempts) || !c.mayRetry():
			if f.usable {
				return ans, nil
			}
			return answer{}, c.giveUp(a, attempt, fmt.Errorf("%w: %w", c.blame(ctx, a, attempt), f.err))
		}
		pause := max(c.backoff(attempt), f.term)
		c.log.Warn("request is repeated", "what", a.what, "cause", f.err, "attempt", attempt, "pause", pause)
		if err := sleep(ctx, pause); err != nil {
			return answer{}, err
		}
		attempt++
	}
}

// blame tells whether it is the vendor or only this item that does not answer. An item that the
// vendor always fails at must not end every night.
func (c *Client) blame(ctx context.Context, a ask, attempt int) error {
	if a.alone && attempt >= maxAttempts && c.answers(ctx) {
		return ErrNoAnswer
	}
	return ErrUnavailable
}

// acquit takes a refusal or a redirect for an answer about this item alone if the path holds a
// free text, which a router or a firewall may stumble over, and the key is good for other requests.
func (c *Client) acquit(ctx context.Context, a ask, err error) error {
	if !a.freeText || !errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrRedirect) {
		return err
	}
	switch good := c.answers(ctx); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case good:
		return fmt.Errorf("%w: %v", ErrNoAnswer, err)
	}
	return err
}

// answers asks for one row of the list of sessions. That a request is refused as one too many is
// an answer.
func (c *Client) answers(ctx context.Context) bool {
	q := Query{Kind: schemas.UserSession, Limit: 1}
	a := pageAsk(q, func([]byte) *fault { return nil })
	_, sentAt, f := c.attempt(ctx, a)
	if f != nil && f.throttle {
		_ = c.throttled(a, f, sentAt)
		return true
	}
	return f == nil
}

func (c *Client) giveUp(a ask, attempts int, err error) error {
	return &RequestError{What: a.what, Session: a.session, Alone: a.alone, Attempts: attempts, Requests: c.Stats().Requests(), Err: err}
}

// backoff is a random pause of up to 2, 4, 8, 16, 32, 40 seconds.
func backoff(attempt int) time.Duration {
	return rand.N(min(firstBackoff<<min(attempt-1, 10), lastBackoff))
}

// mayRetry takes one retry from the run's budget.
func (c *Client) mayRetry() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Retries >= max(minRetries, c.stats.Requests()/retryShare) {
		return false
	}
	c.stats.Retries++
	return true
}

// throttled pauses the client. It is an error if nothing but refusals came for a long time.
func (c *Client) throttled(a ask, f *fault, sentAt time.Time) error {
	c.mu.Lock()
	c.stats.Throttled++
	since := c.accepted
	c.mu.Unlock()
	if time.Since(since) > patience {
		return ErrThrottled
	}
	if pause, perMinute, first := c.pacerOf(a).refused(sentAt, f.term, f.given, f.limit); first {
		c.log.Warn("the vendor refused a request as one too many: "+paused(a)+" pause, and the pace is lowered",
			"pause", pause, "requests_per_minute", perMinute)
	}
	return nil
}

// paused are the requests that a refusal stops.
func paused(a ask) string {
	if a.pace != nil {
		return "those for PDFs"
	}
	return "all requests"
}

// broken judges an error of the transport or of reading the body.
func (a ask) broken(err error) *fault {
	var local *localError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &cert), errors.As(err, &record):
		return final(fmt.Errorf("%w: %w", ErrTLS, err))
	case errors.Is(err, ErrRedirect), errors.Is(err, ErrBodyTooLarge), errors.As(err, &local):
		return final(err)
	case errors.Is(err, context.DeadlineExceeded):
		return flaky(errors.New("no complete answer within " + a.within().String()))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return flaky(errors.New("the answer broke off"))
	}
	return flaky(err)
}

// retryAfter reads the vendor's term from a Retry-After header: whole seconds, or a date, which
// counts from the answer's own Date where there is one, because our clock may differ. The term is
// 0 to 2 minutes: longer ones are cut. ok is false if the header is absent or neither.
//
// Source: RFC 9110 §10.2.3.
func retryAfter(h http.Header, now time.Time) (term time.Duration, ok bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil || seconds > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true // too large for the type is also too long
		}
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

// statedLimit reads X-RateLimit-Limit, requests a minute; 0 if it is absent or absurd.
func statedLimit(h http.Header) int {
	n, err := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	if err != nil || n < 10 {
		return 0
	}
	return n
}
