package extract

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// pin is the only place that knows the key. It adds the key to requests for one scheme and host
// and refuses all others, so that neither a redirect nor a link in a body can carry it away. The
// client calls it without an http.Client, which would follow redirects and, being Go's, take
// x-api-key along to another host.
type pin struct {
	next  http.RoundTripper
	base  *url.URL
	key   Secret
	agent string
}

var _ http.RoundTripper = (*pin)(nil)

// RoundTrip sends req with the key to the pinned host.
func (p *pin) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != p.base.Scheme || req.URL.Host != p.base.Host || req.URL.User != nil ||
		(req.Host != "" && req.Host != p.base.Host) {
		return nil, fmt.Errorf("request for another host than %s: %w", p.base.Host, ErrRedirect)
	}
	req = req.Clone(req.Context())
	req.Header.Set("X-Api-Key", p.key.reveal())
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", p.agent)
	return p.next.RoundTrip(req)
}

// newTransport dials directly: a proxy from the environment would see which sessions are asked
// for. Bodies are decompressed by readBody, which also sees whether their length was known.
func newTransport(conns int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConns:           conns,
		MaxIdleConnsPerHost:    conns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// parseBase returns the vendor's URL without a trailing slash. It wants https, except for a
// loopback host, and neither user, query nor fragment.
func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the API URL is not a URL")
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("the API URL must not hold a user or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "":
		return nil, fmt.Errorf("the API URL must not hold a query or a fragment")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the API URL must name a host")
	case u.Port() != "" && !validPort(u.Port()):
		return nil, fmt.Errorf("the API URL must name a port from 1 to 65535, got %s", u.Port())
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u)):
		return nil, fmt.Errorf("the API URL must begin with https:// (http:// is for loopback hosts only), got %s://%s", u.Scheme, u.Host)
	}
	for len(u.Path) > 0 && u.Path[len(u.Path)-1] == '/' {
		u.Path = u.Path[:len(u.Path)-1]
	}
	u.RawPath = ""
	return u, nil
}

func validPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}
