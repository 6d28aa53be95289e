package gcstest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"
)

// A Fault is what becomes of one request.
type Fault int

// The faults. Those of an answer leave a request without a body in it as it is.
const (
	None      Fault = iota
	Before          // 503, and the store never sees the request
	After           // the store does what was asked, then 503
	Drop            // the store does what was asked, and the connection breaks before the answer
	Reset           // the connection is reset, and the store never sees the request
	Hang            // no answer until the client gives up, and the store never sees the request
	HangAfter       // the store does what was asked, and there is no answer until the client gives up
	Limit           // 429, and the store never sees the request
	Refuse          // 403, and the store never sees the request
	NoBucket        // 404, the bucket is gone, and the store never sees the request
	Flip            // one bit of the body is flipped on its way to the store
	FlipBack        // one bit of the answer's body is flipped on its way to the client
	Cut             // the connection is reset in the middle of the answer's body
	Stall           // the second half of the answer's body does not come until the client gives up
)

var names = [...]string{"none", "503 before", "503 after", "answer lost", "reset", "hang", "hang after", "429", "403", "no bucket",
	"a bit flipped on the way there", "a bit flipped on the way back", "answer cut", "answer stalls"}

// String names the fault.
func (f Fault) String() string { return names[f] }

// Faults returns all faults.
func Faults() (all []Fault) {
	for f := Before; int(f) < len(names); f++ {
		all = append(all, f)
	}
	return all
}

// transport is the network between client and store.
type transport struct{ s *Server }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	fault := None
	if t.s.Faults != nil {
		fault = t.s.Faults(r)
	}
	time.Sleep(t.s.Lag)
	if resp, err := instead(r, fault); resp != nil || err != nil {
		return resp, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err // a network would not get through, either
	}
	if fault == Flip && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		flipped(body)
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := t.s.base.RoundTrip(r)
	if err != nil || fault == None || fault == Flip {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	return answered(r, resp, body, fault)
}

// instead is what a client gets of a request that the store never sees; nil, nil: it does see it.
func instead(r *http.Request, fault Fault) (*http.Response, error) {
	switch fault {
	case Before, Limit, Refuse, NoBucket, Reset, Hang:
		discard(r)
	}
	switch fault {
	case Before:
		return answer(r, http.StatusServiceUnavailable, ""), nil
	case Limit:
		return answer(r, http.StatusTooManyRequests, ""), nil
	case Refuse:
		return answer(r, http.StatusForbidden, ""), nil
	case NoBucket:
		return answer(r, http.StatusNotFound, "The specified bucket does not exist."), nil
	case Reset:
		return nil, errReset
	case Hang:
		return nil, endOf(r.Context())
	}
	return nil, nil
}

// answered is what a client gets of a request that the store has done.
func answered(r *http.Request, resp *http.Response, body []byte, fault Fault) (*http.Response, error) {
	half := bytes.NewReader(body[:len(body)/2])
	switch fault {
	case After:
		return answer(r, http.StatusServiceUnavailable, ""), nil
	case Drop:
		return nil, io.EOF
	case HangAfter:
		return nil, endOf(r.Context())
	case FlipBack:
		flipped(body)
		resp.Body = io.NopCloser(bytes.NewReader(body))
	case Cut:
		resp.Body = io.NopCloser(io.MultiReader(half, ending(func() error { return errReset })))
	case Stall:
		resp.Body = io.NopCloser(io.MultiReader(half, ending(func() error { return endOf(r.Context()) })))
	}
	return resp, nil
}

var errReset = os.NewSyscallError("read", syscall.ECONNRESET)

// endOf waits for the end of a context.
func endOf(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// An ending has no bytes, only an error.
type ending func() error

func (e ending) Read([]byte) (int, error) { return 0, e() }

func flipped(body []byte) {
	if len(body) > 0 {
		body[len(body)/2] ^= 1
	}
}

func discard(r *http.Request) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}

// answer is an answer of the store with a reason in the form of the real one; empty: without.
func answer(r *http.Request, status int, reason string) *http.Response {
	body := ""
	if reason != "" {
		body = fmt.Sprintf(`{"error":{"code":%d,"message":%q}}`, status, reason)
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r,
	}
}
