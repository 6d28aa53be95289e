package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"kycsync/load/lake"
)

// A Generation is a published warehouse file in a store from which analysts fetch it. Two objects make
// it: the file, and after it a small pointer that says what the file is. Neither is ever overwritten, so that the
// account that puts them there needs no right to delete; the newest pointer is the last by name.
//
//	warehouse/kyc-000000000042-0a1b2c3d4e5f.duckdb     commit 42, and the first digits of the file's SHA-256
//	warehouse/LATEST-000000000042-0001.json            and how often commit 42 was put there until then
type Generation struct {
	LakeID  string    `json:"lake_id"`
	Seq     int64     `json:"seq"`           // newest commit in the file
	Commit  string    `json:"commit_sha256"` // of that commit
	File    string    `json:"file"`          // name of the object
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`   // of the file, hex
	BuiltAt time.Time `json:"built_at"` // when that commit was loaded, UTC
	Anchor  string    `json:"anchor"`   // of that commit, as lake.Anchor writes it
	// Audience is for whom it was made; empty: it is the full one.
	Audience string `json:"audience,omitempty"`
}

// ErrForeign means that what is there was made of another lake.
var ErrForeign = errors.New("it is of another lake")

const (
	filePrefix      = "warehouse/kyc-"
	pointerPrefix   = "warehouse/LATEST-"
	maxPointerBytes = 4096
	maxNth          = 9999 // as many digits as a name has for it
)

var (
	pointerRE = regexp.MustCompile(`^` + pointerPrefix + `([0-9]{12})-([0-9]{4})\.json$`)
	fileRE    = regexp.MustCompile(`^` + filePrefix + `([0-9]{12})-([0-9a-f]{12})\.duckdb$`)
	sha256RE  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func fileName(seq int64, sha256 string) string {
	return fmt.Sprintf("%s%012d-%.12s.duckdb", filePrefix, seq, sha256)
}

// A pointer is the name of an object that says what a generation is.
type pointer struct {
	name string
	seq  int64
	nth  int // of this commit, from 1
}

func (p pointer) next() pointer { return newPointer(p.seq, p.nth+1) }

func newPointer(seq int64, nth int) pointer {
	return pointer{fmt.Sprintf("%s%012d-%04d.json", pointerPrefix, seq, nth), seq, nth}
}

// pointers returns all pointers in a store, the newest last. Other objects are passed over.
func pointers(ctx context.Context, store lake.Bucket) (all []pointer, err error) {
	for name, err := range store.List(ctx, pointerPrefix) {
		if err != nil {
			return nil, err
		}
		if m := pointerRE.FindStringSubmatch(name); m != nil {
			seq, _ := strconv.ParseInt(m[1], 10, 64) // digits
			nth, _ := strconv.Atoi(m[2])
			all = append(all, pointer{name, seq, nth})
		}
	}
	return all, nil
}

// read returns what a pointer says. The error wraps lake.ErrDamaged where that cannot be.
func (p pointer) read(ctx context.Context, store lake.Bucket) (g Generation, err error) {
	r, err := store.Open(ctx, p.name)
	if err != nil {
		return g, err
	}
	data, err := io.ReadAll(io.LimitReader(r, maxPointerBytes+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return g, fmt.Errorf("read %q: %w", p.name, err)
	}
	if len(data) > maxPointerBytes {
		return g, fmt.Errorf("%w: %q is longer than %d bytes", lake.ErrDamaged, p.name, maxPointerBytes)
	}
	if json.Unmarshal(data, &g, json.RejectUnknownMembers(true)) != nil {
		return g, fmt.Errorf("%w: %q is no description of a warehouse, or one of a newer program", lake.ErrDamaged, p.name)
	}
	if err := g.check(); err != nil || g.Seq != p.seq {
		return Generation{}, fmt.Errorf("%w: %q does not describe a warehouse of commit %d", lake.ErrDamaged, p.name, p.seq)
	}
	return g, nil
}

// check looks for what contradicts itself.
func (g Generation) check() error {
	a, err := lake.ParseAnchor(g.Anchor)
	switch {
	case err != nil:
		return err
	case a.LakeID != g.LakeID, a.Seq != g.Seq, a.SHA256 != g.Commit:
		return errors.New("the anchor is of another commit")
	case !sha256RE.MatchString(g.SHA256), g.Bytes <= 0, g.File != fileName(g.Seq, g.SHA256):
		return errors.New("want a file with its length and hash")
	}
	return nil
}

// write puts the pointer there. The error wraps lake.ErrExist where another generation took the name.
func (p pointer) write(ctx context.Context, store lake.Bucket, g Generation) error {
	data, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return store.Create(ctx, p.name, bytes.NewReader(append(data, '\n')))
}

// Prune removes from a store the generations before the newest keep ones: first their pointers, then the files that
// no pointer names and that are older than two days, because a younger one may be on its way. It returns how many
// files it removed. It needs an account that may delete.
func Prune(ctx context.Context, store lake.Bucket, keep int) (removed int, err error) {
	may, ok := store.(lake.Remover)
	if !ok || keep < 1 {
		return 0, fmt.Errorf("remove old warehouses from %s: want a store that can, and one that stays, got %d", store.URI(), keep)
	}
	all, err := pointers(ctx, store)
	if err != nil {
		return 0, err
	}
	old, named := map[string]bool{}, map[string]bool{}
	for i, p := range all {
		if i < len(all)-keep {
			old[p.name] = true
			continue
		}
		g, err := p.read(ctx, store)
		if err != nil {
			return 0, fmt.Errorf("remove old warehouses from %s: %w", store.URI(), err)
		}
		named[g.File] = true
	}
	err = removeObjects(ctx, may, pointerPrefix, func(o lake.Object) bool { return old[o.Name] }, new(int))
	if err == nil {
		err = removeObjects(ctx, may, filePrefix, func(o lake.Object) bool {
			return fileRE.MatchString(o.Name) && !named[o.Name] && time.Since(o.Created) > pruneAfter
		}, &removed)
	}
	return removed, err
}

// pruneAfter is how long a file may be without a pointer.
const pruneAfter = 48 * time.Hour

func removeObjects(ctx context.Context, store lake.Remover, prefix string, which func(lake.Object) bool, removed *int) error {
	var found []lake.Object
	err := store.Objects(ctx, prefix, func(o lake.Object) error {
		if which(o) {
			found = append(found, o)
		}
		return nil
	})
	for _, o := range found {
		if err == nil {
			if err = store.Remove(ctx, o); err == nil {
				*removed++
			}
		}
	}
	return err
}
