package lake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/load/lake/gcstest"
	"kycsync/schemas"
)

// putPDF stores a PDF as a run does.
func putPDF(t *testing.T, l *Lake, run string, body string) PDF {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pdf")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	p, err := l.PutPDF(t.Context(), path, int64(len(body)), hex.EncodeToString(sum[:]), run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the local file stays: %v", err)
	}
	return p
}

// commitPDFs commits rows of pdf_reports that name PDFs, each of a session of its own, and one that has none.
func commitPDFs(t *testing.T, l *Lake, run string, at time.Time, pdfs ...PDF) (*Commit, Part) {
	t.Helper()
	head, err := l.Head(t.Context())
	if err != nil && !errors.Is(err, ErrNotExist) {
		t.Fatal(err)
	}
	table := schemas.Lookup("pdf_reports")
	w, err := NewPart(table, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer b.Release()
	for i := range len(pdfs) + 1 {
		row := map[string]string{"session_id": fmt.Sprintf("session-%d", i), "outcome": "failed"}
		if i < len(pdfs) {
			row = map[string]string{"session_id": fmt.Sprintf("session-%d", i), "outcome": "archived", "sha256": pdfs[i].SHA256, "object": pdfs[i].Object}
		}
		for k, c := range table.Stored() {
			switch f := b.Field(k).(type) {
			case *array.Int64Builder:
				if c.Name == "bytes" && i < len(pdfs) {
					f.Append(pdfs[i].Bytes)
				} else if c.Null {
					f.AppendNull()
				} else {
					f.Append(7)
				}
			case *array.TimestampBuilder:
				f.AppendTime(at)
			case *array.StringBuilder:
				if text, ok := row[c.Name]; ok || !c.Null {
					f.Append(text)
				} else {
					f.AppendNull()
				}
			default:
				t.Fatalf("column %s: no such builder", c.Name)
			}
		}
	}
	rows := b.NewRecordBatch()
	defer rows.Release()
	if err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	spooled, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	part, err := l.Put(t.Context(), spooled, run)
	if err != nil {
		t.Fatal(err)
	}
	c := next(head, run)
	if c.Tables["pdf_reports"] == nil {
		c.Tables["pdf_reports"] = map[string]Part{}
	}
	c.Tables["pdf_reports"][part.Name], c.CommittedAt = part, at
	if err := l.Append(t.Context(), head, c); err != nil {
		t.Fatal(err)
	}
	return c, part
}

func readPDF(t *testing.T, l *Lake, p PDF) (string, error) {
	t.Helper()
	r, err := l.OpenPDF(t.Context(), p)
	if err != nil {
		return "", err
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	return string(body), err
}

func TestPDFsAreKeptAndFound(t *testing.T) {
	for kind, open := range removers(t) {
		t.Run(kind, func(t *testing.T) {
			clock := time.Now()
			l := open(&clock)
			one, two := putPDF(t, l, "run-1", "%PDF-1 %%EOF"), putPDF(t, l, "run-1", "%PDF-2 %%EOF")
			again := putPDF(t, l, "run-2", "%PDF-1 %%EOF") // the same bytes of another run are another object
			if one.Object == again.Object || !pdfRE.MatchString(one.Object) || ValidName(one.Object) != nil || !strings.Contains(one.Object, one.SHA256) {
				t.Errorf("named %q and %q", one.Object, again.Object)
			}
			c, _ := commitPDFs(t, l, "run-1", clock, one, two)
			var got []PDF
			for p, err := range l.PDFs(t.Context(), c, t.TempDir()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p)
			}
			if len(got) != 2 || got[0].Object != one.Object || got[1].SessionID != "session-1" || got[1].SessionSeq != 7 || got[1].Bytes != two.Bytes {
				t.Fatalf("got %+v", got)
			}
			if body, err := readPDF(t, l, got[0]); body != "%PDF-1 %%EOF" || err != nil {
				t.Errorf("got %q, %v", body, err)
			}
			problems, err := l.VerifyPDFs(t.Context(), c, Share{}, t.TempDir(), nil)
			if err != nil || len(problems) > 0 {
				t.Errorf("got %+v, %v", problems, err)
			}
			seen := 0
			for day := range 3 {
				if _, err := l.VerifyPDFs(t.Context(), c, Share{Of: 3, Day: day}, t.TempDir(), func(PDF) { seen++ }); err != nil {
					t.Fatal(err)
				}
			}
			if seen != 2 {
				t.Errorf("in three shares %d of 2 were read", seen)
			}
		})
	}
}

func TestPDFsThatAreNotWhatTheyWere(t *testing.T) {
	const body = "%PDF- and so on %%EOF"
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T, file string)
	}{
		{"a bit", flip},
		{"cut", func(t *testing.T, file string) { truncate(t, file, 5) }},
		{"empty", func(t *testing.T, file string) { truncate(t, file, 0) }},
		{"longer", func(t *testing.T, file string) {
			if err := os.Chmod(file, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(body+"x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"gone", remove},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, dir := openTest(t)
			p, sound := putPDF(t, l, "run-1", body), putPDF(t, l, "run-1", "%PDF- sound %%EOF")
			c, _ := commitPDFs(t, l, "run-1", time.Now(), p, sound)
			tc.spoil(t, filepath.Join(dir, p.Object))
			problems, err := l.VerifyPDFs(t.Context(), c, Share{}, "", nil)
			if err != nil || len(problems) != 1 || !errors.Is(problems[0].Err, ErrDamaged) || !strings.Contains(problems[0].Err.Error(), "session-0") {
				t.Errorf("got %+v, %v, want the PDF of session-0", problems, err)
			}
			if _, err := readPDF(t, l, p); !errors.Is(err, ErrDamaged) {
				t.Errorf("read: got %v, want %v", err, ErrDamaged)
			}
			to, err := OpenBucket(t.Context(), filepath.Join(t.TempDir(), "copy"), Config{Create: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.Copy(t.Context(), to, t.TempDir()); !errors.Is(err, ErrDamaged) {
				t.Errorf("copy: got %v, want %v", err, ErrDamaged)
			}
		})
	}
}

func TestAPDFThatTheDiskAlteredIsNotStored(t *testing.T) {
	l, dir := openTest(t)
	path := filepath.Join(t.TempDir(), "pdf")
	if err := os.WriteFile(path, []byte("%PDF-x %%EOF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.PutPDF(t.Context(), path, 12, strings.Repeat("a", 64), "run-1"); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, want %v", err, ErrDamaged)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "data/pdf/*/*")); len(found) > 0 {
		t.Errorf("stored %v", found)
	}
}

func TestACopyHasThePDFs(t *testing.T) {
	server := gcstest.Start(t)
	clock := time.Now()
	l := openAt(t, server.URI("a"), &clock, server)
	p := putPDF(t, l, "run-1", "%PDF- %%EOF")
	putPDF(t, l, "run-2", "%PDF- nobody's %%EOF")
	commitPDFs(t, l, "run-1", clock, p)
	dir := t.TempDir()
	to, err := OpenBucket(t.Context(), filepath.Join(dir, "copy"), Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Copy(t.Context(), to, dir)
	if err != nil || got.PDFs != 1 || got.PDFBytes != p.Bytes {
		t.Fatalf("got %+v, %v", got, err)
	}
	copied := New(to, Config{})
	head, err := copied.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if problems, err := copied.VerifyPDFs(t.Context(), head, Share{}, dir, func(PDF) { n++ }); err != nil || len(problems) > 0 || n != 1 {
		t.Errorf("got %+v, %v, %d PDFs", problems, err, n)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "pdf-*")); len(left) > 0 {
		t.Errorf("%v stay", left)
	}
}

// A PDF that no row of a retained commit names goes when it is old; no other does, whatever merged or gave up its row.
func TestCollectionOfPDFs(t *testing.T) {
	for kind, open := range removers(t) {
		t.Run(kind, func(t *testing.T) {
			clock := time.Now()
			l := open(&clock)
			commitPart(t, l, Sync, clock)
			named, orphan := putPDF(t, l, "run-1", "%PDF- named %%EOF"), putPDF(t, l, "run-1", "%PDF- orphan %%EOF")
			c, part := commitPDFs(t, l, "run-1", clock, named)
			if err := l.bucket.Create(t.Context(), "data/pdf/readme.txt", bytes.NewReader([]byte("not ours"))); err != nil {
				t.Fatal(err)
			}
			collect := func(plan bool) Collected {
				got, err := l.Collect(t.Context(), Collection{Retain: 10 * oneDay, Dir: t.TempDir(), Plan: plan})
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			if got := collect(false); got.PDFs != 0 || got.Foreign != 1 {
				t.Errorf("young ones: got %+v", got)
			}
			clock = clock.Add(3 * oneDay)
			commitPart(t, l, Sync, clock)
			if got := collect(true); got.PDFs != 1 || got.Bytes != orphan.Bytes || got.Fence != 0 {
				t.Errorf("planned: got %+v", got)
			}
			if got := collect(false); got.PDFs != 1 || got.PDFBytes != orphan.Bytes || got.Parts != 0 || got.Fence == 0 {
				t.Errorf("got %+v", got)
			}
			if _, err := readPDF(t, l, orphan); !errors.Is(err, ErrNotExist) {
				t.Errorf("the orphan: got %v", err)
			}
			if _, err := readPDF(t, l, named); err != nil {
				t.Errorf("the one that is named: %v", err)
			}

			// A recovery to the commit before gave its row up: for as long as a commit that named it is retained, it stays.
			head, err := l.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			without := next(head, "gave-up")
			delete(without.Tables["pdf_reports"], part.Name)
			without.Kind, without.CommittedAt = Replay, clock
			if err := l.Append(t.Context(), head, without); err != nil {
				t.Fatal(err)
			}
			if got := collect(false); got.PDFs != 0 {
				t.Errorf("of a retained commit: got %+v", got)
			}
			for range 3 {
				clock = clock.Add(20 * oneDay)
				commitPart(t, l, Sync, clock)
			}
			if got := collect(false); got.PDFs != 1 {
				t.Errorf("of a commit that is not retained: got %+v", got)
			}
			if _, ok := c.Tables["pdf_reports"][part.Name]; !ok {
				t.Error("the commit never named it")
			}
		})
	}
}

// Where a part of rows cannot be read, nobody knows which PDFs it names: all stay.
func TestCollectionBesideADamagedPart(t *testing.T) {
	clock := time.Now()
	dir := t.TempDir()
	l := openAt(t, dir, &clock)
	named := putPDF(t, l, "run-1", "%PDF- named %%EOF")
	putPDF(t, l, "run-1", "%PDF- orphan %%EOF")
	_, part := commitPDFs(t, l, "run-1", clock, named)
	clock = clock.Add(3 * oneDay)
	commitPart(t, l, Sync, clock)
	flip(t, filepath.Join(dir, part.Name))
	if got, err := l.Collect(t.Context(), Collection{Retain: 10 * oneDay}); err != nil || got.PDFs != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAPDFThatWaitedTooLongIsNotNamed(t *testing.T) {
	clock := time.Now()
	l := openAt(t, t.TempDir(), &clock)
	p := putPDF(t, l, "run-1", "%PDF- %%EOF")
	for waited, want := range map[time.Duration]bool{time.Minute: true, 11 * time.Hour: true, 13 * time.Hour: false, 5 * oneDay: false} {
		clock = p.put.Add(waited)
		if got := l.MayName(p); got != want {
			t.Errorf("after %v: got %v", waited, got)
		}
	}
}
