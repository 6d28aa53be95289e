package didittest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// hurt is what the transport does to one response. The zero value does nothing.
type hurt struct {
	reset, truncate, shorten, stray bool
	slow                            time.Duration
	bomb                            int // bytes
}

func (f *Faults) harm(t turn) hurt {
	h := hurt{reset: f.due("reset", t.n), truncate: f.due("truncate", t.n), shorten: f.due("shortpage", t.list), stray: f.due("badnext", t.list)}
	if f.due("slow", t.n) {
		h.slow = time.Duration(f.figure("slow", 500)) * time.Millisecond
	}
	if f.due("gzipbomb", t.n) {
		h.bomb = int(f.figure("gzipbomb", 64)) << 20
	}
	return h
}

// send writes the reply.
func (h hurt) send(rw http.ResponseWriter, r *http.Request, rp reply) {
	kind := rp.kind
	if kind == "" {
		kind = "application/json"
	}
	rw.Header().Set("Content-Type", kind)
	for k, s := range rp.header {
		rw.Header().Set(k, s)
	}
	if h.stray {
		rp.body = bytes.Replace(rp.body, []byte(`"next":"http`), []byte(`"next":"https://elsewhere.example/?to=http`), 1)
	}
	switch {
	case h.reset:
		cut(rw, rp, kind, len(rp.body), rp.body[:len(rp.body)/2], true)
	case h.truncate:
		cut(rw, rp, kind, -1, rp.body[:len(rp.body)/2], false)
	case h.shorten && rp.code == http.StatusOK:
		cut(rw, rp, kind, -1, dropLastRow(rp.body), false)
	case h.bomb > 0:
		rw.Header().Set("Content-Encoding", "gzip")
		bomb(rw, rp, h.bomb)
	default:
		rw.Header().Set("Content-Length", strconv.Itoa(len(rp.body)))
		rw.WriteHeader(rp.code)
		if r.Method != http.MethodHead {
			drip(rw, r, rp.body, h.slow)
		}
	}
}

// drip writes the body in twenty pieces over the given time.
func drip(rw http.ResponseWriter, r *http.Request, body []byte, over time.Duration) {
	const pieces = 20
	for n := pieces; over > 0 && n > 1; n-- {
		k := len(body) / n
		rw.Write(body[:k])
		body = body[k:]
		if f, ok := rw.(http.Flusher); ok {
			f.Flush()
		}
		if !sleep(r, over/pieces) {
			return
		}
	}
	rw.Write(body)
}

// cut takes the connection over, writes part of a response and ends it: by a reset, or by a
// clean close that a client cannot tell from the end of a body of undeclared length.
func cut(rw http.ResponseWriter, rp reply, kind string, declared int, part []byte, reset bool) {
	hj, ok := rw.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, buf, err := hj.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	fmt.Fprintf(buf, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\n", rp.code, http.StatusText(rp.code), kind)
	if declared >= 0 {
		fmt.Fprintf(buf, "Content-Length: %d\r\n", declared)
	}
	io.WriteString(buf, "\r\n")
	buf.Write(part)
	buf.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0)
	}
}

// dropLastRow removes the last element of results and leaves valid JSON.
func dropLastRow(body []byte) []byte {
	at := bytes.LastIndex(body, []byte(`,{"session_id":`))
	if at < 0 {
		return body
	}
	return append(bytes.Clone(body[:at]), "]}"...)
}

// bomb writes JSON of the given length, which compresses a thousandfold.
func bomb(rw http.ResponseWriter, rp reply, size int) {
	rw.WriteHeader(rp.code)
	z, _ := gzip.NewWriterLevel(rw, gzip.BestSpeed)
	z.Write(bytes.TrimSuffix(rp.body, []byte("}")))
	io.WriteString(z, `,"padding":"`)
	block := bytes.Repeat([]byte("x"), 1<<16)
	for n := 0; n < size; n += len(block) {
		if _, err := z.Write(block); err != nil {
			return
		}
	}
	io.WriteString(z, `"}`)
	z.Close()
}

// sleep waits, or returns false when the client went away.
func sleep(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
