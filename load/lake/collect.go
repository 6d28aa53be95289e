package lake

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// minAge is how long a part stays that no commit names: a run may be about to name it. maxWait is how old a
// part may be when it is named, so that it cannot have been collected by then.
const (
	minAge  = 48 * time.Hour
	maxWait = 24 * time.Hour
)

// A Collection is what is collected.
type Collection struct {
	Retain time.Duration // parts that a commit of this time names stay, whatever merged them since. At least 48 hours
	Plan   bool          // only find them
}

// Collected is what a collection found and, unless it only planned, removed.
type Collected struct {
	Parts    int64 `json:"parts"`
	Bytes    int64 `json:"bytes"`
	Kept     int64 `json:"parts_kept"`       // that a retained commit names, or that are too young
	Foreign  int64 `json:"foreign_objects"`  // among the parts, that no kycsync has named: they stay
	Retained int64 `json:"commits_retained"` // whose parts all stay
	Leases   int64 `json:"leases"`           // objects of leases that ended days ago
}

var partRE = regexp.MustCompile(`^tables/[a-z][a-z0-9_]{0,62}/data/[A-Za-z0-9][A-Za-z0-9_-]{0,110}-L[0-9]+\.parquet$`)

// Collect removes the parts that no retained commit names: those that a compaction or a replay has replaced, and
// those that a run has left that died before its commit; and old leases. It changes nothing that a reader may follow: neither the
// newest commit's parts, nor the published one's, nor any commit. A run at work beside it is in no danger, because
// no part is removed that is younger than two days, and none is named that is older than one.
//
// Where the chain of commits is damaged nothing is removed. The error wraps ErrDenied where the account may not
// remove, and ErrUnsuitable where the store cannot.
func (l *Lake) Collect(ctx context.Context, cfg Collection) (out Collected, err error) {
	if cfg.Retain < minAge {
		return out, fmt.Errorf("collect parts: want %v or more, got %v", minAge, cfg.Retain)
	}
	store, ok := l.bucket.(Remover)
	if !ok {
		return out, fmt.Errorf("collect parts of %s: %w: it cannot remove", l.bucket.URI(), ErrUnsuitable)
	}
	now := l.now()
	var found []Object
	err = store.Objects(ctx, "tables/", func(o Object) error {
		switch {
		case !partRE.MatchString(o.Name):
			out.Foreign++
		case now.Sub(o.Created) < minAge:
			out.Kept++
		default:
			found = append(found, o)
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("collect parts: %w", err)
	}
	// What the chain names is read after the parts are listed: a part that is old enough to go now was named by
	// then, or never will be.
	named, err := l.named(ctx, now.Add(-cfg.Retain), &out)
	if err != nil {
		return out, fmt.Errorf("collect parts: %w; nothing was removed", err)
	}
	kept := len(found)
	found = slices.DeleteFunc(found, func(o Object) bool { return named[o.Name] })
	out.Kept += int64(kept - len(found))
	slices.SortFunc(found, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range found {
		if !cfg.Plan {
			if err := store.Remove(ctx, o); err != nil {
				return out, fmt.Errorf("collect parts: %w; the %d removed before it are needed by nobody", err, out.Parts)
			}
			l.step("collect.removed")
		}
		out.Parts, out.Bytes = out.Parts+1, out.Bytes+o.Bytes
	}
	return out, l.collectLeases(ctx, store, cfg, &out)
}

// collectLeases removes the objects of leases that ended days ago.
func (l *Lake) collectLeases(ctx context.Context, store Remover, cfg Collection, out *Collected) error {
	var old []Object
	err := store.Objects(ctx, leasePrefix, func(o Object) error {
		if l.now().Sub(o.Created) >= minAge {
			old = append(old, o)
		}
		return nil
	})
	for _, o := range old {
		if err == nil && !cfg.Plan {
			err = store.Remove(ctx, o)
		}
		if err != nil {
			break
		}
		out.Leases++
	}
	if err != nil {
		return fmt.Errorf("collect leases: %w; nothing depends on those that are left", err)
	}
	return nil
}

// named returns the parts of all retained commits: of those since an instant, of the one before it, which was the
// newest then, of the newest of all and of the published one.
func (l *Lake) named(ctx context.Context, since time.Time, out *Collected) (map[string]bool, error) {
	named := map[string]bool{}
	take := func(c *Commit) {
		out.Retained++
		for _, parts := range c.Tables {
			for name := range parts {
				named[name] = true
			}
		}
	}
	var before, newest *Commit
	for c, err := range l.Commits(ctx, 1) {
		if err != nil {
			return nil, err
		}
		if newest = c; c.CommittedAt.Before(since) {
			before = c
			continue
		}
		take(c)
	}
	if newest == nil {
		return nil, errors.New("the lake has no commit")
	}
	if before != nil {
		take(before)
	}
	if newest.PublishedSeq > 0 {
		published, err := l.must(ctx, newest.PublishedSeq)
		if err != nil {
			return nil, err
		}
		if published.CommittedAt.Before(since) && published.Seq != before.Seq {
			take(published)
		}
	}
	return named, nil
}
