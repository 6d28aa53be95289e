package night

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/schemas"
	"kycsync/transform"
)

// A corpus is the decisions of a population as files, one document a line, in one order.
type corpus struct {
	dir       string
	received  string // as the vendor sent them
	canonical string // as raw_documents keeps them
	sessions  string // which session each line is of
	decisions int
	bytes     int64 // as received
}

// A lineOf says of which session a line of the other files is. A night has it from the list.
type lineOf struct {
	ID     schemas.SessionID
	Kind   schemas.SessionKind
	Number int64
}

func openCorpus(dir string) corpus {
	in := func(name string) string { return filepath.Join(dir, name) }
	return corpus{dir: dir, received: in("received.ndjson"), canonical: in("canonical.ndjson"), sessions: in("sessions.ndjson")}
}

// newCorpus asks a fake vendor for the decisions of all its sessions.
func newCorpus(tb testing.TB, sessions int) corpus {
	tb.Helper()
	v, err := didittest.New(didittest.Options{Seed: 3, Sessions: sessions, Start: firstNight, PerMinute: -1})
	if err != nil {
		tb.Fatal(err)
	}
	c := openCorpus(tb.TempDir())
	var files [3]*bufio.Writer
	for i, name := range []string{c.received, c.canonical, c.sessions} {
		f, err := os.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		files[i] = bufio.NewWriterSize(f, 1<<20)
		defer func() {
			if err := errors.Join(files[i].Flush(), f.Close()); err != nil {
				tb.Fatal(err)
			}
		}()
	}
	for _, s := range v.Truth() {
		c.decisions++
		line, err := json.Marshal(lineOf{schemas.SessionID(s.ID), schemas.SessionKind(s.Kind), int64(s.Number)})
		if err != nil {
			tb.Fatal(err)
		}
		body := decisionOf(v, s.ID)
		canonical, err := transform.Canonicalize(schemas.Decision, body)
		if err != nil {
			tb.Fatal(err)
		}
		c.bytes += int64(len(body))
		for i, text := range [][]byte{body, canonical.JSON, line} {
			fmt.Fprintf(files[i], "%s\n", text)
		}
	}
	return c
}

func decisionOf(v *didittest.Vendor, id string) []byte {
	req := httptest.NewRequest("GET", "/v3/session/"+id+"/decision/", nil)
	req.Header.Set("x-api-key", "didit-test-key")
	rec := httptest.NewRecorder()
	v.ServeHTTP(rec, req)
	return bytes.TrimSpace(rec.Body.Bytes())
}

// lines calls use with the lines of a file, n at a time. The lines are use's to keep.
func lines(name string, n int, use func([][]byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<20), 16<<20)
	var batch [][]byte
	for sc.Scan() {
		if batch = append(batch, bytes.Clone(sc.Bytes())); len(batch) == n {
			if err := use(batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	if len(batch) == 0 {
		return sc.Err()
	}
	return errors.Join(sc.Err(), use(batch))
}
