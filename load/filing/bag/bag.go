// Package bag packs files so that whoever receives them can tell, with sha256sum and ssh-keygen alone, that they are all
// there and as they were: a BagIt bag, signed, in a ZIP archive whose bytes depend on the files alone.
//
//	NAME/bagit.txt  bag-info.txt  manifest-sha256.txt       BagIt 1.0
//	NAME/tagmanifest-sha256.txt                             the hashes of these three
//	NAME/tagmanifest-sha256.txt.sig                         its SSH signature, and so that of everything
//	NAME/tagmanifest-sha256.txt.tsr                         a time stamp of it, which may be added to a sealed bag
//	NAME/data/...                                           the payload, whose hashes are in manifest-sha256.txt
//
// A [Builder] makes one and [Open] reads one that may come from anybody. The archive is not compressed: so it has one
// spelling only, which Check can ask for to the last byte, and nothing in it is larger than it seems.
//
// Source: RFC 8493; APPNOTE.TXT of PKWARE.
package bag

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The names of the tag files.
const (
	Declaration = "bagit.txt"
	InfoFile    = "bag-info.txt"
	Manifest    = "manifest-sha256.txt"
	TagManifest = "tagmanifest-sha256.txt"
	Signature   = "tagmanifest-sha256.txt.sig"
	Timestamp   = "tagmanifest-sha256.txt.tsr"
	Payload     = "data/" // what all other names begin with
)

const declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

// A File is what is known of a file of a bag.
type File struct {
	Bytes  int64
	SHA256 string // hex
	crc    uint32
}

// A Field is a line of bag-info.txt. Its value has one line.
type Field struct{ Label, Value string }

// A Builder makes a bag in a directory of its own, which the caller removes. Not safe for concurrent use.
type Builder struct {
	dir   string
	files map[string]File
}

// NewBuilder makes a bag in dir, which is empty and nobody else's.
func NewBuilder(dir string) *Builder { return &Builder{dir: dir, files: map[string]File{}} }

// Names returns the names of the files so far, sorted.
func (b *Builder) Names() []string { return slices.Sorted(maps.Keys(b.files)) }

// File returns what is known of a finished file. It panics where there is none of that name.
func (b *Builder) File(name string) File {
	f, ok := b.files[name]
	if !ok {
		panic("bag: no file " + name)
	}
	return f
}

// Path returns where a file lies until the bag is packed.
func (b *Builder) Path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

// Create starts a file. It is a part of the bag once it was closed without an error.
func (b *Builder) Create(name string) (io.WriteCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if _, ok := b.files[name]; ok {
		return nil, fmt.Errorf("bag: a second file %s", name)
	}
	if err := os.MkdirAll(filepath.Dir(b.Path(name)), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(b.Path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	w := &fileWriter{bag: b, name: name, f: f, sha: sha256.New(), crc: crc32.NewIEEE()}
	w.buf = bufio.NewWriterSize(io.MultiWriter(f, w.sha, w.crc), 256<<10)
	return w, nil
}

// Add makes a file of the bytes.
func (b *Builder) Add(name string, body []byte) error {
	w, err := b.Create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return errors.Join(err, w.Close())
}

type fileWriter struct {
	bag  *Builder
	name string
	f    *os.File
	buf  *bufio.Writer
	n    int64
	sha  hash.Hash
	crc  hash.Hash32
}

func (w *fileWriter) Write(p []byte) (int, error) {
	n, err := w.buf.Write(p)
	w.n += int64(n)
	return n, err
}

func (w *fileWriter) Close() error {
	err := errors.Join(w.buf.Flush(), w.f.Close())
	if err == nil {
		w.bag.files[w.name] = File{w.n, hex.EncodeToString(w.sha.Sum(nil)), w.crc.Sum32()}
	}
	return err
}

// Seal writes the tag files. sign makes the signature of tagmanifest-sha256.txt; nil: there is none. Nothing can be added
// afterwards but a time stamp. It returns the SHA-256 of tagmanifest-sha256.txt, which stands for the whole content.
func (b *Builder) Seal(fields []Field, sign func([]byte) ([]byte, error)) (content string, err error) {
	var info strings.Builder
	for _, f := range append(fields, Field{"Payload-Oxum", oxum(b.files)}) {
		if strings.ContainsAny(f.Value, "\r\n") {
			return "", fmt.Errorf("bag: %s has more than one line", f.Label)
		}
		fmt.Fprintf(&info, "%s: %s\n", f.Label, f.Value)
	}
	for _, add := range []struct {
		name string
		body func() []byte
	}{
		{Declaration, func() []byte { return []byte(declaration) }},
		{InfoFile, func() []byte { return []byte(info.String()) }},
		{Manifest, func() []byte { return manifest(b.files, isPayload) }},
		{TagManifest, func() []byte { return manifest(b.files, func(name string) bool { return !isPayload(name) }) }},
	} {
		if err := b.Add(add.name, add.body()); err != nil {
			return "", err
		}
	}
	content = b.files[TagManifest].SHA256
	if sign == nil {
		return content, nil
	}
	body, err := os.ReadFile(b.Path(TagManifest))
	if err == nil {
		body, err = sign(body)
	}
	if err == nil {
		err = b.Add(Signature, body)
	}
	return content, err
}

func isPayload(name string) bool { return strings.HasPrefix(name, Payload) }

// oxum is the number of bytes and of files of the payload.
func oxum(files map[string]File) string {
	var bytes, n int64
	for name, f := range files {
		if isPayload(name) {
			bytes, n = bytes+f.Bytes, n+1
		}
	}
	return fmt.Sprintf("%d.%d", bytes, n)
}

// manifest is the text that sha256sum -c reads, of some of the files.
func manifest(files map[string]File, of func(string) bool) []byte {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if of(name) {
			fmt.Fprintf(&out, "%s  %s\n", files[name].SHA256, name)
		}
	}
	return []byte(out.String())
}

// maxName is how long a name in an archive may be, in bytes.
const maxName = 250

var nameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*){0,5}$`)

// checkName refuses names that some system would take for another place, or could not store.
func checkName(name string) error {
	if len(name) > maxName || !nameRE.MatchString(name) {
		return fmt.Errorf("bag: a file's name %q: want up to %d bytes of letters, digits and _.- between slashes", name, maxName)
	}
	return nil
}
