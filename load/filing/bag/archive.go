package bag

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// What an archive may have at most.
const (
	maxEntries   = 4096
	maxDirectory = maxEntries * (46 + maxName + 28) // bytes of its central directory
)

// ErrRefused means that an archive is not one that a Builder wrote, and was not looked at any further.
var ErrRefused = errors.New("refused")

func refusef(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// WriteZip writes the sealed bag to w as an archive with everything in the folder root.
func (b *Builder) WriteZip(w io.Writer, root string) error {
	zw := zip.NewWriter(w)
	for _, name := range b.Names() {
		if err := checkName(root + "/" + name); err != nil {
			return err
		}
		f, err := os.Open(b.Path(name))
		if err != nil {
			return err
		}
		err = addEntry(zw, root+"/"+name, b.files[name].Bytes, b.files[name].crc, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return zw.Close()
}

// addEntry adds a file in the only spelling: stored, of no time and no rights, its sizes before its bytes.
func addEntry(zw *zip.Writer, name string, size int64, crc uint32, body io.Reader) error {
	h := &zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc, CompressedSize64: uint64(size), UncompressedSize64: uint64(size), CreatorVersion: 20, ReaderVersion: 20}
	//lint:ignore SA1019 the field that stands for it would add an extra field to each entry
	h.ModifiedDate = 1<<5 | 1 // the first day that there is, 1980-01-01
	w, err := zw.CreateRaw(h)
	if err != nil {
		return err
	}
	n, err := io.Copy(w, body)
	if err == nil && n != size {
		err = fmt.Errorf("%s has %d bytes, want %d", name, n, size)
	}
	return err
}

// An Archive is one that somebody gave us. Nothing of it is written anywhere.
type Archive struct {
	Root    string // the folder that everything is in
	entries []*zip.File
	byName  map[string]*zip.File // without the folder
	raw     *source
}

// A source is where an archive is read from. It remembers an error of reading, so that every other error is the
// archive's own fault.
type source struct {
	raw  io.ReaderAt
	size int64
	err  error
}

// ReadAt implements io.ReaderAt. What lies outside is not asked for.
func (s *source) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at >= s.size {
		return 0, io.EOF
	}
	n, err := s.raw.ReadAt(p, at)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// blame is the error that was met with something in the archive.
func (s *source) blame(name string, err error) error {
	if s.err != nil {
		return s.err
	}
	if errors.Is(err, ErrRefused) {
		return err
	}
	return refusef("%s is not as it was packed: bytes were altered, added or taken away", name)
}

// Open reads the directory of an archive of size bytes. It refuses what a Builder does not write: names that lead
// elsewhere, names that are there twice or differ in case alone, links, folders, encryption, compression, and more than a
// filing has. The error wraps ErrRefused, or is that of raw.
func Open(raw io.ReaderAt, size int64) (*Archive, error) {
	if err := checkEnd(raw, size); err != nil {
		return nil, err
	}
	from := &source{raw: raw, size: size}
	zr, err := zip.NewReader(from, size)
	if err != nil {
		return nil, from.blame("the archive", err)
	}
	a := &Archive{entries: zr.File, byName: map[string]*zip.File{}, raw: from}
	folded := map[string]bool{}
	for _, f := range zr.File {
		if err := a.admit(f, folded); err != nil {
			return nil, err
		}
	}
	if len(zr.File) == 0 {
		return nil, refusef("there is nothing in it")
	}
	return a, nil
}

// encrypted is what a file begins with that age wrote.
const encrypted = "age-encryption.org/v1\n"

// checkEnd looks at the end of the archive before anything is made of it: a directory of millions of entries takes
// memory many times its size.
func checkEnd(raw io.ReaderAt, size int64) error {
	head := make([]byte, len(encrypted))
	if n, _ := raw.ReadAt(head, 0); n == len(head) && string(head) == encrypted {
		return refusef("it is encrypted: age -d -i KEY opens it")
	}
	const end, end64 = 22, 22 + 20 + 56 // lengths of the records; what is longer has a comment
	tail := make([]byte, min(size, end64))
	if _, err := raw.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	if len(tail) < end || string(tail[len(tail)-end:][:4]) != "PK\x05\x06" {
		return refusef("it is no ZIP archive, or something follows it")
	}
	last := tail[len(tail)-end:]
	entries, bytes := uint64(binary.LittleEndian.Uint16(last[10:])), uint64(binary.LittleEndian.Uint32(last[12:]))
	if len(tail) == end64 && string(tail[:4]) == "PK\x06\x06" {
		entries, bytes = binary.LittleEndian.Uint64(tail[32:]), binary.LittleEndian.Uint64(tail[40:])
	}
	if entries > maxEntries || bytes > maxDirectory {
		return refusef("it says that it has %d entries and %d bytes of their names, want at most %d and %d", entries, bytes, maxEntries, maxDirectory)
	}
	return nil
}

// admit takes an entry that is a plain file.
func (a *Archive) admit(f *zip.File, folded map[string]bool) error {
	if err := checkName(f.Name); err != nil {
		return refusef("an entry has the name %.80q, which could lead elsewhere", f.Name)
	}
	root, name, ok := strings.Cut(f.Name, "/")
	if a.Root == "" {
		a.Root = root
	}
	lower := strings.ToLower(name)
	switch {
	case !ok || root != a.Root:
		return refusef("%s is not in the folder %s", f.Name, a.Root)
	case folded[lower]:
		return refusef("%s is there twice, or differs from another name in upper and lower case alone", f.Name)
	case !f.Mode().IsRegular():
		return refusef("%s is a link, or no plain file", f.Name)
	case f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64:
		return refusef("%s is compressed, which could be a bomb", f.Name)
	case f.Flags != 0:
		return refusef("%s is encrypted, or in another way not plain", f.Name)
	case f.UncompressedSize64 > uint64(a.raw.size):
		return refusef("%s is said to be larger than the archive", f.Name)
	}
	folded[lower], a.byName[name] = true, f
	return nil
}

// Check holds the archive, byte by byte, against the one that a Builder writes of these files: no byte of it is without
// a meaning. It returns what is in it. The error wraps ErrRefused, or is that of reading.
func (a *Archive) Check() (map[string]File, error) {
	same := &comparer{raw: a.raw}
	zw := zip.NewWriter(same)
	files := map[string]File{}
	last := ""
	for _, f := range a.entries {
		if f.Name <= last {
			return nil, refusef("%s does not stand where it would if the names were in order", f.Name)
		}
		last = f.Name
		body, err := f.Open()
		if err != nil {
			return nil, a.raw.blame(f.Name, err)
		}
		sum := newSum(body)
		err = addEntry(zw, f.Name, int64(f.UncompressedSize64), f.CRC32, sum)
		if err := errors.Join(err, body.Close()); err != nil {
			return nil, a.raw.blame(f.Name, err)
		}
		files[strings.TrimPrefix(f.Name, a.Root+"/")] = sum.file()
	}
	if err := errors.Join(zw.Close(), same.done()); err != nil {
		return nil, a.raw.blame("the archive", err)
	}
	return files, nil
}

var errOther = errors.New("other bytes")

// A comparer takes bytes that must be those of the archive.
type comparer struct {
	raw *source
	at  int64
	buf []byte
}

func (c *comparer) Write(p []byte) (int, error) {
	if c.buf == nil {
		c.buf = make([]byte, 64<<10)
	}
	for rest := p; len(rest) > 0; {
		got := c.buf[:min(len(rest), len(c.buf))]
		if n, _ := c.raw.ReadAt(got, c.at); n < len(got) || string(got) != string(rest[:len(got)]) { // blame knows why
			return 0, errOther
		}
		c.at, rest = c.at+int64(len(got)), rest[len(got):]
	}
	return len(p), nil
}

// done tells whether there is something behind.
func (c *comparer) done() error {
	if c.at != c.raw.size {
		return errOther
	}
	return nil
}

// Has reports whether there is a file of that name.
func (a *Archive) Has(name string) bool { return a.byName[name] != nil }

// Read opens a file. The caller closes it. The error wraps ErrRefused where there is none.
func (a *Archive) Read(name string) (io.ReadCloser, error) {
	f := a.byName[name]
	if f == nil {
		return nil, refusef("there is no %s", name)
	}
	return f.Open()
}

// ReadAll returns a file of at most max bytes.
func (a *Archive) ReadAll(name string, max int64) ([]byte, error) {
	if f := a.byName[name]; f != nil && f.UncompressedSize64 > uint64(max) {
		return nil, refusef("%s has %d bytes, want at most %d", name, f.UncompressedSize64, max)
	}
	r, err := a.Read(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
