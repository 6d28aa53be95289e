package extract

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// How much of a body is read, after decompression.
const (
	maxPageBytes     = 16 << 20
	maxDecisionBytes = 8 << 20
	maxErrorBytes    = 64 << 10
)

// bodies are read into memory that many have been read into, and kept in no more than they need.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// bodyOf returns what the body is read from, after decompression, and what is to be called when it was.
//
// A body that ends with the connection looks complete wherever the connection breaks, so HTTP/1
// must give its length or send it in chunks; HTTP/2 marks the end of a stream itself.
func bodyOf(resp *http.Response) (r io.Reader, done func(), err error) {
	if resp.ProtoMajor < 2 && resp.ContentLength < 0 && !slices.Contains(resp.TransferEncoding, "chunked") {
		return nil, nil, ErrUnknownLength
	}
	switch resp.Header.Get("Content-Encoding") {
	case "", "identity":
		return resp.Body, func() {}, nil
	case "gzip":
		z := gzipReaders.Get().(*gzip.Reader)
		if err := z.Reset(resp.Body); err != nil {
			gzipReaders.Put(z)
			return nil, nil, fmt.Errorf("gzip header: %w", err)
		}
		return z, func() { gzipReaders.Put(z) }, nil
	}
	return nil, nil, fmt.Errorf("%w: content encoding that was not asked for", ErrMalformed)
}

// readBody reads the whole body, at most max bytes of it after decompression, and closes it.
func readBody(resp *http.Response, max int64) ([]byte, error) {
	defer resp.Body.Close()
	r, done, err := bodyOf(resp)
	if err != nil {
		return nil, err
	}
	defer done()
	body := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(body)
	body.Reset()
	if _, err := body.ReadFrom(io.LimitReader(r, max+1)); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if int64(body.Len()) > max {
		return nil, fmt.Errorf("%w: over %d MiB", ErrBodyTooLarge, max>>20)
	}
	return bytes.Clone(body.Bytes()), nil
}

// isJSON looks at the content type alone.
func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}
