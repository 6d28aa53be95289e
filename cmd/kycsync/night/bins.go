package night

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"time"

	"kycsync/schemas"
)

// bins bring together on disk what belongs to one version, wherever it comes from: the documents, and
// the row that they were made into. All versions of an entity are in one bin, and one bin at a time is
// in memory.
type bins struct {
	file *os.File
	end  int64
	bins []bin
	page int // bytes of a bin that wait in memory
	pack []byte
}

type bin struct {
	open  []byte
	pages []extent // packed, in the file
	size  int      // of all, unpacked
}

type extent struct {
	at int64
	n  int
}

const (
	maxBins      = 256
	waitingBytes = 32 << 20 // in memory, of all bins
)

func newBins(dir string, n int) (*bins, error) {
	f, err := os.CreateTemp(dir, "bins-")
	if err != nil {
		return nil, fmt.Errorf("sort the documents: %w", err)
	}
	return &bins{file: f, bins: make([]bin, n), page: waitingBytes / n}, nil
}

func (b *bins) close() {
	_ = b.file.Close()
	_ = os.Remove(b.file.Name())
}

// put adds a record.
func (b *bins) put(r *record) error {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(r.application + "\x00" + r.root + "\x00" + r.entity()))
	to := &b.bins[hash.Sum32()%uint32(len(b.bins))]
	waiting := len(to.open)
	to.open = r.append(to.open)
	to.size += len(to.open) - waiting
	if len(to.open) < b.page {
		return nil
	}
	return b.flush(to)
}

func (b *bins) flush(to *bin) error {
	b.pack = packer.EncodeAll(to.open, b.pack[:0])
	if _, err := b.file.WriteAt(b.pack, b.end); err != nil {
		return fmt.Errorf("sort the documents: %w", err)
	}
	to.pages = append(to.pages, extent{b.end, len(b.pack)})
	b.end += int64(len(b.pack))
	to.open = to.open[:0]
	return nil
}

// take returns the records of a bin in the order of their versions, and forgets them. Bodies are valid
// as long as the records are.
func (b *bins) take(i int) ([]record, error) {
	from := &b.bins[i]
	text := make([]byte, 0, from.size)
	for _, p := range from.pages {
		b.pack = slices.Grow(b.pack[:0], p.n)[:p.n]
		if _, err := b.file.ReadAt(b.pack, p.at); err != nil {
			return nil, fmt.Errorf("read the sorted documents: %w", err)
		}
		var err error
		if text, err = unpacker.DecodeAll(b.pack, text); err != nil {
			return nil, fmt.Errorf("read the sorted documents: %w", err)
		}
	}
	text = append(text, from.open...)
	*from = bin{}
	var records []record
	for len(text) > 0 {
		var r record
		text = r.read(text)
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b record) int {
		if c := a.compare(&b); c != 0 {
			return c
		}
		return strings.Compare(string(a.kind), string(b.kind))
	})
	return records, nil
}

// A record is one document of a version, or the row of the entity's own table that was made of it.
type record struct {
	application, id string
	root            string // table of the entity, see schemas.Table.Root
	seq             int64
	kind            schemas.DocumentKind // empty: the row
	at              time.Time            // observed_at
	content         schemas.Digest       // of the document, or of the version
	sessionKind     string               // of a row of sessions
	sessionNumber   int64                // of a row of sessions
	body            []byte
}

// entity is the id in the one spelling of rows and documents.
func (r *record) entity() string { return strings.ToLower(r.id) }

// compare orders records by version.
func (r *record) compare(s *record) int {
	for _, c := range []int{strings.Compare(r.application, s.application), strings.Compare(r.root, s.root), strings.Compare(r.entity(), s.entity())} {
		if c != 0 {
			return c
		}
	}
	return int(min(max(r.seq-s.seq, -1), 1))
}

// append adds the record to text.
func (r *record) append(text []byte) []byte {
	for _, s := range []string{r.application, r.id, r.root, string(r.kind), r.sessionKind} {
		text = append(binary.AppendUvarint(text, uint64(len(s))), s...)
	}
	for _, n := range []int64{r.seq, r.at.UnixMicro(), r.sessionNumber, int64(len(r.body))} {
		text = binary.AppendVarint(text, n)
	}
	return append(append(text, r.content[:]...), r.body...)
}

// read takes the first record from text and returns the rest.
func (r *record) read(text []byte) []byte {
	for _, s := range []*string{&r.application, &r.id, &r.root, (*string)(&r.kind), &r.sessionKind} {
		n, skip := binary.Uvarint(text)
		*s, text = string(text[skip:skip+int(n)]), text[skip+int(n):]
	}
	var at, length int64
	for _, v := range []*int64{&r.seq, &at, &r.sessionNumber, &length} {
		n, skip := binary.Varint(text)
		*v, text = n, text[skip:]
	}
	r.at = time.UnixMicro(at).UTC()
	r.content, text = schemas.Digest(text[:len(r.content)]), text[len(r.content):]
	r.body = text[:length:length]
	return text[length:]
}
