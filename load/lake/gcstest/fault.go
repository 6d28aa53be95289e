package gcstest

import (
	"bytes"
	"io"
	"net/http"
)

// A Fault is what becomes of one request.
type Fault int

// The faults.
const (
	None   Fault = iota
	Before       // 503, and the store never sees the request
	After        // the store does what was asked, then 503
	Drop         // the store does what was asked, and the connection breaks before the answer
	Refuse       // 403, and the store never sees the request
	Flip         // one bit of the body is flipped on its way to the store
)

// transport is the network between client and store.
type transport struct{ s *Server }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	fault := None
	if t.s.Faults != nil {
		fault = t.s.Faults(r)
	}
	switch fault {
	case Before:
		discard(r)
		return answer(r, http.StatusServiceUnavailable), nil
	case Refuse:
		discard(r)
		return answer(r, http.StatusForbidden), nil
	case Flip:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body[len(body)/2] ^= 1
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := t.s.base.RoundTrip(r)
	if err != nil || fault == None || fault == Flip {
		return resp, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	switch {
	case err != nil:
		return nil, err
	case fault == Drop:
		return nil, io.EOF
	}
	return answer(r, http.StatusServiceUnavailable), nil
}

func discard(r *http.Request) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}

func answer(r *http.Request, status int) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}
}
