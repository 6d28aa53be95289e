// Package extract asks the vendor: it lists sessions, plans which decisions a night must fetch,
// and fetches them at the pace that the vendor permits.
//
// A [Client] belongs to one key. [Client.Sweep] lists all sessions of a kind and proves that none
// was missed, [Client.SweepDays] those of some days, and [Client.Count] counts them; [Plan] compares the
// list with what the lake knows; [Client.Fetch] asks for the decisions of the plan, and [Each] for
// whatever else there is of many things: [Client.Activity], or the details of users, businesses and
// transactions, which have lists of their own. [Client.Deliveries] tells of which sessions the vendor
// announced a change, and [Client.PDFs] asks for the vendor's reports of sessions. All requests of a client,
// whatever they ask for, pass one pacer (pacer.go), those for PDFs another one before it, and one transport
// that knows the key (transport.go). The bytes are handed on as received: only what is
// needed to list and to plan is read here.
package extract

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"kycsync/schemas"
)

// A Client asks the vendor with one key. It is safe for concurrent use.
type Client struct {
	pin      *pin
	pace     *pacer
	pdfPace  *pacer // of PDFs, which count twice: here, and among all
	log      *slog.Logger
	now      func() time.Time
	workers  int
	backoff  func(attempt int) time.Duration
	gist     func(schemas.DocumentKind, []schemas.Member) schemas.Digest
	pageSize atomic.Int64 // falls when the server grants less

	mu       sync.Mutex
	stats    Stats
	accepted time.Time // last answer that was no refusal
}

// New returns a client that has not asked anything yet.
func New(cfg Config) (*Client, error) {
	cfg, base, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	next := cfg.Transport
	if next == nil {
		next = newTransport(cfg.Workers)
	}
	c := &Client{
		pin:     &pin{next: next, base: base, key: cfg.Key, agent: cfg.UserAgent},
		pace:    newPacer(cfg.PerMinute, cfg.EmptySince),
		pdfPace: newPacer(cfg.PDFPerMinute, cfg.EmptySince),
		log:     cfg.Log,
		now:     cfg.Now,
		workers: cfg.Workers,
		backoff: cfg.Backoff,
		gist:    cfg.Gist,
	}
	c.pageSize.Store(int64(cfg.PageSize))
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() {
	if t, ok := c.pin.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// ahead is how many pages of a list are under way at the same time.
func (c *Client) ahead() int { return min(c.workers, maxAhead) }

// Stats are the client's counts so far.
type Stats struct {
	// Requests by what they asked for, repeated ones included; of users, businesses and
	// transactions the lists and the details.
	Pages, Counts, Decisions, Activities, Workflows int64
	Users, Businesses, Transactions, Deliveries     int64
	PDFs                                            int64

	Retries     int64 // requests repeated after a fault
	Throttled   int64 // requests that the vendor refused as one too many
	Bytes       int64 // of bodies, after decompression
	Waited      time.Duration
	LastRequest time.Time // when the last request left, by the machine's clock; zero: none has
}

// Requests is the number of all requests.
func (s Stats) Requests() int64 {
	return s.Pages + s.Counts + s.Decisions + s.Activities + s.Workflows +
		s.Users + s.Businesses + s.Transactions + s.Deliveries + s.PDFs
}

// Stats returns the counts so far. Waited is the time in which at least one request was ready and
// had to wait for the pace of all requests.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	s := c.stats
	c.mu.Unlock()
	c.pace.mu.Lock()
	defer c.pace.mu.Unlock()
	s.Waited, s.LastRequest = c.pace.waited, c.pace.last
	return s
}

// An ask is one thing wanted from the vendor.
type ask struct {
	what     string            // for people; holds nothing of a person
	session  schemas.SessionID // empty: not about one
	alone    bool              // it is about one session, user or the like: a failure says nothing about others
	freeText bool              // the path holds a text that had to be escaped
	optional bool              // a run can do without: 401, 403 and 404 do not speak against the key
	ofStatus bool              // 403 may be about the status of the session, and does not speak against the key
	path     string            // below the base URL, escaped, with slashes at both ends
	query    url.Values
	max      int64 // bytes
	counter  func(*Stats) *int64
	check    func([]byte) *fault // of the body; nil fault: good

	// Of what is no JSON document.
	accept   string                              // content types
	pace     *pacer                              // a limit of its own, beside that of all requests
	deadline time.Duration                       // of an attempt; 0: attemptDeadline
	save     func(*http.Response) (int64, error) // takes the body in place of check and closes it; says how many bytes it had
}

// within is how long an attempt may take.
func (a ask) within() time.Duration { return cmp.Or(a.deadline, attemptDeadline) }

// An answer is a body and the instant at which its last byte had arrived.
type answer struct {
	body []byte
	at   time.Time
}

// attempt sends the request once, at its turn. The returned instant is when it left.
func (c *Client) attempt(ctx context.Context, a ask) (answer, time.Time, *fault) {
	var sent atomic.Int64
	for _, p := range []*pacer{a.pace, c.pace} {
		if p == nil {
			continue
		}
		if err := p.wait(ctx); err != nil {
			return answer{}, time.Time{}, final(err)
		}
		defer func() { p.land(int(sent.Load())) }()
	}
	sentAt := time.Now()
	c.mu.Lock()
	*a.counter(&c.stats)++
	if c.accepted.IsZero() {
		c.accepted = sentAt
	}
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, a.within())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Add(1) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.on(c.pin.base), nil)
	if err != nil {
		return answer{}, sentAt, final(fmt.Errorf("%w: the path cannot be asked for", ErrStatus))
	}
	if a.accept != "" {
		req.Header.Set("Accept", a.accept)
	}
	resp, err := c.pin.RoundTrip(req)
	if err != nil {
		return answer{}, sentAt, a.broken(err)
	}
	if resp.StatusCode != http.StatusTooManyRequests {
		c.pacerOf(a).accepted(sentAt)
		c.mu.Lock()
		c.accepted = time.Now()
		c.mu.Unlock()
	}
	ans, f := c.read(resp, a)
	return ans, sentAt, f
}

// pacerOf is the pacer that a refusal speaks to: the vendor asks the general limit first, and says no by the one of PDFs
// as a rule, because that is far lower.
func (c *Client) pacerOf(a ask) *pacer {
	if a.pace != nil {
		return a.pace
	}
	return c.pace
}

// on is the URL.
func (a ask) on(base *url.URL) string {
	u := base.Scheme + "://" + base.Host + base.EscapedPath() + a.path
	if len(a.query) > 0 {
		u += "?" + a.query.Encode()
	}
	return u
}

// read judges the response and reads its body.
func (c *Client) read(resp *http.Response, a ask) (answer, *fault) {
	if resp.StatusCode != http.StatusOK {
		body, _ := readBody(resp, maxErrorBytes)
		return answer{}, refusal(resp, body, a)
	}
	if a.save != nil {
		n, err := a.save(resp)
		c.mu.Lock()
		c.stats.Bytes += n
		c.mu.Unlock()
		if err != nil {
			return answer{}, a.broken(err)
		}
		return answer{at: c.now().UTC()}, nil
	}
	body, err := readBody(resp, a.max)
	if err != nil {
		return answer{}, a.broken(err)
	}
	ans := answer{body: body, at: c.now().UTC()}
	c.mu.Lock()
	c.stats.Bytes += int64(len(body))
	c.mu.Unlock()
	if !isJSON(resp.Header) {
		return answer{}, flaky(fmt.Errorf("%w: the content type is not JSON", ErrMalformed))
	}
	return ans, a.check(body)
}

// refusal judges a response that is not 200.
func refusal(resp *http.Response, body []byte, a ask) *fault {
	status := resp.StatusCode
	switch {
	case a.optional && (status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound):
		return final(fmt.Errorf("%w (%d)", ErrForbidden, status))
	case a.ofStatus && status == http.StatusForbidden:
		return final(fmt.Errorf("%w (%d)", ErrForbidden, status))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return final(fmt.Errorf("%w (%d)", ErrUnauthorized, status))
	case status == http.StatusTooManyRequests:
		term, given := retryAfter(resp.Header, time.Now())
		return &fault{err: ErrThrottled, throttle: true, term: term, given: given, limit: statedLimit(resp.Header)}
	case status == http.StatusNotFound && a.alone && isJSON(resp.Header) && scan(body, nil) == nil:
		return final(ErrGone)
	case status >= 300 && status < 400:
		return final(fmt.Errorf("%w (%d) to %s", ErrRedirect, status, target(resp)))
	case status == http.StatusRequestTimeout || status >= 500:
		f := flaky(fmt.Errorf("answered %d", status))
		f.term, _ = retryAfter(resp.Header, time.Now())
		return f
	}
	if status == http.StatusBadRequest {
		return final(errBadRequest)
	}
	return final(fmt.Errorf("%w %d", ErrStatus, status))
}

// target names the host of a redirect and nothing else of it.
func target(resp *http.Response) string {
	u, err := resp.Location()
	if err != nil || u.Host == "" {
		return "nowhere"
	}
	return u.Host
}
