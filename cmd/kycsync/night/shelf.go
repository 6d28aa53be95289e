package night

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"

	"kycsync/schemas"
	"kycsync/transform"

	"github.com/klauspost/compress/zstd"
)

// A shelf keeps canonical documents in a file until they are needed, packed page by page.
type shelf struct {
	place map[string]place
	file  *os.File
	ends  []int64 // of the packed pages in the file
	open  int     // page that text holds
	text  []byte
	spare []byte
	n     int32
}

type place struct {
	page       int32 // -1: on none
	start, end int32 // in the unpacked page, behind the two hashes
	n          int32 // how many documents were put before
}

// A filed is one document for the shelf; an empty one takes a number and no room.
type filed struct {
	id  string
	doc transform.Canonical
}

// Each page is packed alone, since any of them may be asked for.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
)

func newShelf(dir string) (*shelf, error) {
	f, err := os.CreateTemp(dir, "listing-")
	if err != nil {
		return nil, fmt.Errorf("keep the list: %w", err)
	}
	return &shelf{place: map[string]place{}, file: f, open: -1}, nil
}

func (s *shelf) close() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}

// put stores a page. A document under an id that is there takes the place of the older one.
func (s *shelf) put(docs []filed) error {
	var page []byte
	for _, d := range docs {
		if d.doc.JSON == nil {
			s.place[d.id] = place{page: -1, n: s.n}
			s.n++
			continue
		}
		page = append(append(page, d.doc.ContentSHA256[:]...), d.doc.ReceivedSHA256[:]...)
		p := place{page: int32(len(s.ends)), start: int32(len(page)), n: s.n}
		page = append(page, d.doc.JSON...)
		p.end = int32(len(page))
		s.place[d.id] = p
		s.n++
	}
	if len(page) == 0 {
		return nil
	}
	s.spare = packer.EncodeAll(page, s.spare[:0])
	if _, err := s.file.Write(s.spare); err != nil {
		return fmt.Errorf("keep the list: %w", err)
	}
	s.ends = append(s.ends, s.start(len(s.ends))+int64(len(s.spare)))
	return nil
}

func (s *shelf) start(page int) int64 {
	if page == 0 {
		return 0
	}
	return s.ends[page-1]
}

// get returns the document of an id that was put.
func (s *shelf) get(id string) (transform.Canonical, error) {
	p, ok := s.place[id]
	if !ok {
		panic("night: a task that was not listed")
	}
	if p.page < 0 {
		return transform.Canonical{}, nil
	}
	if s.open != int(p.page) {
		if err := s.unpack(int(p.page)); err != nil {
			return transform.Canonical{}, fmt.Errorf("read the list again: %w", err)
		}
	}
	hashes := s.text[p.start-2*sha256.Size : p.start]
	return transform.Canonical{
		JSON:           bytes.Clone(s.text[p.start:p.end]),
		ContentSHA256:  schemas.Digest(hashes[:sha256.Size]),
		ReceivedSHA256: schemas.Digest(hashes[sha256.Size:]),
	}, nil
}

func (s *shelf) unpack(page int) error {
	s.spare = slices.Grow(s.spare[:0], int(s.ends[page]-s.start(page)))[:s.ends[page]-s.start(page)]
	if _, err := s.file.ReadAt(s.spare, s.start(page)); err != nil {
		return err
	}
	text, err := unpacker.DecodeAll(s.spare, s.text[:0])
	if err != nil {
		return err
	}
	s.text, s.open = text, page
	return nil
}
