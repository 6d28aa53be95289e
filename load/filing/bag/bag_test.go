package bag

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pack makes an archive of the payload.
func pack(t testing.TB, dir string, payload map[string]string) []byte {
	t.Helper()
	b := NewBuilder(filepath.Join(dir, "bag"))
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		if err := b.Add("data/"+name, []byte(payload[name])); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Seal([]Field{{"Source-Organization", "acme"}}, func(body []byte) ([]byte, error) { return append([]byte("signed "), body...), nil }); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := b.WriteZip(&out, "acme_x"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var payload = map[string]string{"README.html": "<p>", "tables/a.csv": "a,b\r\n1,2\r\n", "tables/b.csv": ""}

// examine is what is done with an archive of somebody else's.
func examine(body []byte) (*Archive, map[string]File, error) {
	a, err := Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, nil, err
	}
	files, err := a.Check()
	if err == nil {
		err = a.CheckFiles(files)
	}
	return a, files, err
}

func TestAnArchiveIsReadAsItWasMade(t *testing.T) {
	body := pack(t, t.TempDir(), payload)
	if again := pack(t, t.TempDir(), payload); !bytes.Equal(body, again) {
		t.Error("the same files give other bytes")
	}
	a, files, err := examine(body)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range payload {
		if got, err := a.ReadAll("data/"+name, 100); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if len(files) != len(payload)+5 {
		t.Errorf("got %d files", len(files))
	}
	if _, err := a.ReadAll("data/tables/a.csv", 3); !errors.Is(err, ErrRefused) {
		t.Errorf("a file that is too long: %v", err)
	}
}

// TestStockTools unpacks an archive with unzip and checks it with sha256sum.
func TestStockTools(t *testing.T) {
	for _, tool := range []string{"unzip", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: nothing was compared with it", tool)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/x.zip", pack(t, t.TempDir(), payload), 0o600); err != nil {
		t.Fatal(err)
	}
	script := "unzip -q x.zip && cd acme_x && sha256sum -c --strict tagmanifest-sha256.txt && sha256sum -c --strict manifest-sha256.txt"
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "data/tables/a.csv: OK") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Wherever one byte is another one, the archive is refused, or one of its files has another hash, which the lists tell.
// The signature, which no list has, is for who checks it.
func TestEveryByteOfAnArchiveCounts(t *testing.T) {
	body := pack(t, t.TempDir(), payload)
	at := bytes.Index(body, []byte("signed "))
	end := at + bytes.Index(body[at:], []byte("PK\x01\x02"))
	for i := range body {
		bad := bytes.Clone(body)
		bad[i] ^= 1 << rand.IntN(8)
		if i >= at && i < end {
			continue
		}
		if _, _, err := examine(bad); !errors.Is(err, ErrRefused) {
			t.Errorf("byte %d of %d altered: %v", i, len(body), err)
		}
	}
	for n := range body {
		if _, _, err := examine(body[:n]); !errors.Is(err, ErrRefused) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

// zipOf is an archive as somebody else may make it.
func zipOf(t testing.TB, entries ...*zip.FileHeader) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, h := range entries {
		if h.Method == zip.Store && h.Extra == nil && h.ExternalAttrs == 0 && !strings.HasSuffix(h.Name, "/") {
			if err := addEntry(w, h.Name, 1, crc32.ChecksumIEEE([]byte("x")), strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := w.CreateHeader(h)
		if err == nil && !strings.HasSuffix(h.Name, "/") {
			_, err = f.Write([]byte("x"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHostileArchives(t *testing.T) {
	named := func(names ...string) []byte {
		var all []*zip.FileHeader
		for _, n := range names {
			all = append(all, &zip.FileHeader{Name: n})
		}
		return zipOf(t, all...)
	}
	link := &zip.FileHeader{Name: "a/b"}
	link.SetMode(os.ModeSymlink | 0o777)
	good := pack(t, t.TempDir(), payload)
	many := bytes.Clone(good)
	binary.LittleEndian.PutUint16(many[len(many)-22+10:], 0xfffe)
	large := bytes.Clone(good)
	binary.LittleEndian.PutUint32(large[len(large)-22+12:], 0x7fffffff)
	for _, tt := range []struct {
		name string
		body []byte
		err  string
	}{
		{"nothing", nil, "no ZIP archive"},
		{"words", []byte(strings.Repeat("words ", 100)), "no ZIP archive"},
		{"an empty archive", zipOf(t), "there is nothing in it"},
		{"a name that leads up", named("a/../../etc/passwd"), "could lead elsewhere"},
		{"a name that leads up by backslashes", named(`a\..\b`), "could lead elsewhere"},
		{"an absolute name", named("/etc/passwd"), "could lead elsewhere"},
		{"a drive", named("C:/x"), "could lead elsewhere"},
		{"a hidden file", named("a/.ssh/authorized_keys"), "could lead elsewhere"},
		{"a name with a line end", named("a/b\nc"), "could lead elsewhere"},
		{"a name in another script", named("a/\u202egnp.exe"), "could lead elsewhere"},
		{"a folder", named("a/"), "could lead elsewhere"},
		{"a name without an end", named("a/" + strings.Repeat("b", 300)), "could lead elsewhere"},
		{"a file outside of the folder", named("a/b", "c/d"), "is not in the folder a"},
		{"a file without a folder", named("a"), "is not in the folder"},
		{"the same name twice", named("a/b", "a/b"), "is there twice"},
		{"names that differ in case", named("a/b", "a/B"), "is there twice"},
		{"a link", zipOf(t, link), "is a link"},
		{"a compressed file", zipOf(t, &zip.FileHeader{Name: "a/b", Method: zip.Deflate}), "is compressed"},
		{"extra fields", zipOf(t, &zip.FileHeader{Name: "a/b", Extra: []byte{1, 2, 0, 0}}), "in another way not plain"},
		{"more entries than it can have", many, "want at most"},
		{"a directory larger than it can be", large, "want at most"},
		{"bytes before it", append([]byte("#!/bin/sh\n"), good...), "not as it was packed"},
		{"bytes behind it", append(bytes.Clone(good), 0), "no ZIP archive"},
		{"another archive behind it", append(bytes.Clone(good), named("a/b")...), ""},
	} {
		_, _, err := examine(tt.body)
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.err)
		}
	}
}

func TestBagsThatAreNotWhole(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(b *Builder, files map[string]File)
		err  string
	}{
		{"a file too many", func(b *Builder, _ map[string]File) { _ = b.Add("data/more.csv", nil) }, "data/more.csv is not listed in manifest-sha256.txt"},
		{"a file beside the content", func(b *Builder, _ map[string]File) { _ = b.Add("run.sh", nil) }, "run.sh does not belong to it"},
		{"a file is missing", func(_ *Builder, files map[string]File) { delete(files, "data/README.html") }, `"data/README.html" is listed in manifest-sha256.txt and is not there`},
		{"no list", func(_ *Builder, files map[string]File) { delete(files, Manifest) }, "there is no manifest-sha256.txt"},
	} {
		b := NewBuilder(t.TempDir())
		for name, text := range payload {
			if err := b.Add("data/"+name, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Seal(nil, nil); err != nil {
			t.Fatal(err)
		}
		tt.do(b, b.files)
		var out bytes.Buffer
		if err := b.WriteZip(&out, "a"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := examine(out.Bytes()); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.err)
		}
	}
}

func TestNamesThatNoBagHas(t *testing.T) {
	b := NewBuilder(t.TempDir())
	for _, name := range []string{"", "/a", "../a", "a//b", "a/.b", "a b", "a/b/c/d/e/f/g", "ä"} {
		if err := b.Add(name, nil); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	if err := errors.Join(b.Add("data/a", nil), b.Add("data/a", nil)); err == nil {
		t.Error("a second file of the same name was taken")
	}
	if _, err := b.Seal([]Field{{"A", "b\nc"}}, nil); err == nil {
		t.Error("a value of two lines was taken")
	}
}

// Any files come back, and an archive of other files has other bytes.
func TestArchivesOfAnyFiles(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		files := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,3}\.csv`), rapid.String(), 0, 6).Draw(rt, "files")
		n++
		body := pack(t, filepath.Join(dir, fmt.Sprint(n)), files)
		a, _, err := examine(body)
		if err != nil {
			rt.Fatal(err)
		}
		for name, want := range files {
			if got, err := a.ReadAll("data/"+name, 1<<20); err != nil || string(got) != want {
				rt.Fatalf("%s: got %q, %v, want %q", name, got, err, want)
			}
		}
	})
}

// FuzzArchive: whatever is not refused has safe names, and packing its files again gives the same bytes.
func FuzzArchive(f *testing.F) {
	good := pack(f, f.TempDir(), payload)
	f.Add(good)
	f.Add(good[:len(good)-22])
	f.Add(zipOf(f, &zip.FileHeader{Name: "a/../b"}))
	f.Add(zipOf(f, &zip.FileHeader{Name: "a/b", Method: zip.Deflate}))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, files, err := examine(body)
		if err != nil {
			if !errors.Is(err, ErrRefused) {
				t.Fatalf("got %v, want a refusal", err)
			}
			return
		}
		b := NewBuilder(t.TempDir())
		for name := range files {
			text, err := a.ReadAll(name, int64(len(body)))
			if err == nil {
				err = b.Add(name, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		var again bytes.Buffer
		if err := b.WriteZip(&again, a.Root); err != nil || !bytes.Equal(again.Bytes(), body) {
			t.Fatalf("packed again it has other bytes: %v", err)
		}
	})
}
