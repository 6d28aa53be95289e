package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Below published/ lie lists and metadata for other engines, see package publish: objects with a commit's number,
// and those that lead readers to one of them.
var (
	numberedRE = regexp.MustCompile(`^published/(?:([0-9]{12})/[a-z0-9_]+\.txt|iceberg/[a-z0-9_]+/metadata/(?:v([0-9]{1,12})\.metadata\.json|([0-9]{12})-[a-z]+\.avro))$`)
	hintRE     = regexp.MustCompile(`^published/iceberg/[a-z0-9_]+/metadata/version-hint\.text$`)
)

const currentPublication = PublishedPrefix + "current.json"

// publications are what has been published for other engines.
type publications struct {
	old      map[int64][]Object // by commit, those old enough to be removed
	followed map[int64]bool     // commits that readers are led to, or may be next. Their parts must stay
}

// publications finds them. It reads what leads readers to a commit, and where it cannot it says so: what they follow
// would be unknown.
func (l *Lake) publications(ctx context.Context, store Remover, now time.Time) (out publications, err error) {
	out = publications{map[int64][]Object{}, map[int64]bool{}}
	all, hints := map[int64]bool{}, []string{}
	err = store.Objects(ctx, PublishedPrefix, func(o Object) error {
		if hintRE.MatchString(o.Name) {
			hints = append(hints, o.Name)
		}
		m := numberedRE.FindStringSubmatch(o.Name)
		if m == nil {
			return nil
		}
		seq, err := strconv.ParseInt(m[1]+m[2]+m[3], 10, 64)
		if err != nil {
			return err
		}
		all[seq] = true
		if now.Sub(o.Created) >= minAge {
			out.old[seq] = append(out.old[seq], o)
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return out, err
	}
	newest, err := l.currentPublication(ctx)
	if err != nil {
		return out, err
	}
	for _, name := range hints {
		text, err := l.read(ctx, name, 64)
		if err != nil {
			return out, err
		}
		seq, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err != nil {
			return out, fmt.Errorf("%w: %s is no number; kycsync publish makes it again", ErrDamaged, name)
		}
		out.followed[seq] = true
	}
	for seq := range all {
		if seq >= newest {
			out.followed[seq] = true
		}
	}
	return out, nil
}

// currentPublication is the commit that all readers are led to; 0: a first publication is not finished.
func (l *Lake) currentPublication(ctx context.Context) (int64, error) {
	body, err := l.read(ctx, currentPublication, 16<<20)
	if errors.Is(err, ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var current struct {
		Seq int64 `json:"seq"`
	}
	if err := json.Unmarshal(body, &current); err != nil || current.Seq < 1 {
		return 0, fmt.Errorf("%w: %s names no commit; kycsync publish makes it again", ErrDamaged, currentPublication)
	}
	return current.Seq, nil
}

// collect removes the publications of commits that are neither retained nor followed.
func (p publications) collect(ctx context.Context, l *Lake, store Remover, retained map[int64]bool, plan bool) (n int64, err error) {
	for _, seq := range slices.Sorted(maps.Keys(p.old)) {
		if retained[seq] || p.followed[seq] {
			continue
		}
		for _, o := range p.old[seq] {
			if !plan {
				if err := store.Remove(ctx, o); err != nil {
					return n, fmt.Errorf("%w; the publication of commit %d is no longer whole, and nobody is led to it", err, seq)
				}
				l.step("collect.unpublished")
			}
			n++
		}
	}
	return n, nil
}
