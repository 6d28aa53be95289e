package lake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
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
	Dir    string        // for downloads
}

// Collected is what a collection found and, unless it only planned, removed.
type Collected struct {
	Parts    int64 `json:"parts"`
	Bytes    int64 `json:"bytes"`
	Kept     int64 `json:"parts_kept"`        // that a retained commit names, or that are too young
	Foreign  int64 `json:"foreign_objects"`   // among the parts, that no kycsync has named: they stay
	Retained int64 `json:"commits_retained"`  // whose parts all stay
	Lists    int64 `json:"published_objects"` // lists and metadata for other engines, of commits that are not retained
	PDFs     int64 `json:"pdfs"`              // that no row names: a run died before its commit
	PDFBytes int64 `json:"pdf_bytes"`         // of Bytes
	Leases   int64 `json:"leases"`            // objects of leases that ended days ago
	Fence    int64 `json:"fence"`             // number of the commit made before anything was removed; 0: nothing was
}

var partRE = regexp.MustCompile(`^tables/[a-z][a-z0-9_]{0,62}/data/[A-Za-z0-9][A-Za-z0-9_-]{0,110}-L[0-9]+\.parquet$`)

// Collect removes the parts that no retained commit names: those that a compaction or a replay has replaced, and
// those that a run has left that died before its commit; PDFs of such a run, that no row names; what was published for other engines of commits that are
// not retained; and old leases. A commit that other engines are led to is retained, however old. It changes nothing that a reader may follow: neither the
// newest commit's parts, nor the published one's, nor any commit. A run at work beside it is in no danger: no part is
// removed that is younger than two days, none is named that is older than one, and see unnamed.
//
// Where the chain of commits is damaged nothing is removed, nor any part for as long as a commit that got lost would be
// retained: nobody knows what it named. The error wraps ErrDenied where the account may not
// remove, and ErrUnsuitable where the store cannot.
func (l *Lake) Collect(ctx context.Context, cfg Collection) (out Collected, err error) {
	if cfg.Retain < minAge {
		return out, fmt.Errorf("collect parts: want %v or more, got %v", minAge, cfg.Retain)
	}
	store, ok := l.bucket.(Remover)
	if !ok {
		return out, fmt.Errorf("collect parts of %s: %w: it cannot remove", l.bucket.URI(), ErrUnsuitable)
	}
	now, err := l.sureAge(ctx)
	if err != nil {
		return out, fmt.Errorf("collect parts: %w; nothing was removed", err)
	}
	var found []Object
	for prefix, ours := range map[string]*regexp.Regexp{"tables/": partRE, pdfPrefix: pdfRE} {
		err = store.Objects(ctx, prefix, func(o Object) error {
			switch {
			case !ours.MatchString(o.Name):
				out.Foreign++
			case now.Sub(o.Created) >= minAge:
				found = append(found, o)
			case prefix != pdfPrefix:
				out.Kept++
			}
			return nil
		})
		if err != nil {
			return out, fmt.Errorf("collect parts: %w", err)
		}
	}
	lists, err := l.publications(ctx, store, now)
	if err != nil {
		return out, fmt.Errorf("collect publications: %w; nothing was removed", err)
	}
	found, retained, err := l.unnamed(ctx, now.Add(-cfg.Retain), found, lists.followed, cfg, &out)
	if err != nil {
		return out, fmt.Errorf("collect parts: %w; nothing was removed", err)
	}
	// Lists go before the parts that they name.
	if out.Lists, err = lists.collect(ctx, l, store, retained, cfg.Plan); err != nil {
		return out, fmt.Errorf("collect publications: %w", err)
	}
	slices.SortFunc(found, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range found {
		if !cfg.Plan {
			if err := store.Remove(ctx, o); err != nil {
				return out, fmt.Errorf("collect parts: %w; the %d removed before it are needed by nobody", err, out.Parts+out.PDFs)
			}
			l.step("collect.removed")
		}
		if out.Bytes += o.Bytes; isPDF(o) {
			out.PDFs, out.PDFBytes = out.PDFs+1, out.PDFBytes+o.Bytes
		} else {
			out.Parts++
		}
	}
	out.Leases, err = l.collectOld(ctx, store, leasePrefix, now, cfg.Plan)
	if err != nil {
		return out, err
	}
	_, err = l.collectOld(ctx, store, trialPrefix, now, cfg.Plan)
	return out, err
}

// sureAge is the time against which the age of parts and of commits is measured: that of the newest commit, unless it
// lies ahead. So a clock that is wrong, or a newest commit that got lost, makes nothing look old.
func (l *Lake) sureAge(ctx context.Context) (time.Time, error) {
	head, err := l.Head(ctx)
	if errors.Is(err, ErrNotExist) {
		return time.Time{}, errors.New("the lake has no commit")
	}
	if err != nil {
		return time.Time{}, err
	}
	if now := l.now(); now.Before(head.CommittedAt) {
		return now, nil
	}
	return head.CommittedAt, nil
}

// fenceFigure marks the commit of a collection. Whoever meets it gives up parts that were made before.
const fenceFigure = "fence"

// unnamed returns the parts that no retained commit names, and the retained commits, after it has fenced off all that
// could come to name them: it makes a commit of its own, which takes the number of any that is under way, however late
// that one arrives. Whoever commits after it has read it, and then refuses parts that are as old as these.
func (l *Lake) unnamed(ctx context.Context, since time.Time, old []Object, shown map[int64]bool, cfg Collection, out *Collected) (found []Object, retained map[int64]bool, err error) {
	const tries = 12
	for range tries {
		keep, err := l.named(ctx, since, shown)
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(old, isPDF) {
			if err := l.nameRows(ctx, &keep, cfg.Dir); err != nil {
				return nil, nil, err
			}
		}
		out.Retained = int64(len(keep.commits))
		found := slices.DeleteFunc(slices.Clone(old), func(o Object) bool { return keep.lost || keep.parts[o.Name] || keep.unread && isPDF(o) })
		if cfg.Plan || len(found) == 0 {
			out.Kept += parts(old) - parts(found)
			return found, keep.commits, nil
		}
		fence, _ := keep.newest.with(nil, l.now().UTC().Format("20060102T150405Z")+"-"+rand.Text()[:8])
		fence.Figures = map[string]int64{fenceFigure: 1}
		if err := l.Append(ctx, keep.newest, fence); errors.Is(err, ErrConflict) {
			continue
		} else if err != nil {
			return nil, nil, err
		}
		out.Kept, out.Fence = out.Kept+parts(old)-parts(found), fence.Seq
		return found, keep.commits, nil
	}
	return nil, nil, fmt.Errorf("%w %d times", ErrConflict, tries)
}

func isPDF(o Object) bool { return strings.HasPrefix(o.Name, pdfPrefix) }

// parts counts the parts among objects.
func parts(all []Object) (n int64) {
	for _, o := range all {
		if !isPDF(o) {
			n++
		}
	}
	return n
}

// nameRows adds what the rows of the retained commits name.
func (l *Lake) nameRows(ctx context.Context, keep *retention, dir string) error {
	for _, part := range keep.rows {
		for p, err := range l.pdfsOf(ctx, part, dir) {
			if errors.Is(err, ErrDamaged) {
				keep.unread = true
				break
			}
			if err != nil {
				return err
			}
			keep.parts[p.Object] = true
		}
	}
	return nil
}

// collectOld removes what is below a prefix and days old: leases that ended, and what examinations left.
func (l *Lake) collectOld(ctx context.Context, store Remover, prefix string, now time.Time, plan bool) (n int64, err error) {
	var old []Object
	err = store.Objects(ctx, prefix, func(o Object) error {
		if now.Sub(o.Created) >= minAge {
			old = append(old, o)
		}
		return nil
	})
	for _, o := range old {
		if err == nil && !plan {
			err = store.Remove(ctx, o)
		}
		if err != nil {
			break
		}
		n++
	}
	if err != nil {
		return n, fmt.Errorf("collect %s: %w; nothing depends on those that are left", prefix, err)
	}
	return n, nil
}

// A retention is what stays.
type retention struct {
	newest  *Commit
	commits map[int64]bool
	parts   map[string]bool // that these name, and the PDFs that their rows name
	rows    map[string]Part // those of pdf_reports among them
	unread  bool            // one of these cannot be read: nobody knows which PDFs its rows name
	lost    bool            // one of them is a stand-in: nobody knows which parts the lost commit named, and readers have followed it
}

// named returns the newest commit and the numbers and the parts of all retained ones: of those since an instant, of
// those before it that may have been the newest then, of those that readers followed meanwhile, and of those that are
// shown to other engines.
//
// A commit is dated before it is stored, and a machine that sleeps in between stores it days later: until then its
// parent was the newest, whatever the dates say. What comes after it was begun when it was there. So a commit had a
// successor at the date of the second one after it, and not surely at that of the first. A stand-in has the date of
// another, and proves nothing.
func (l *Lake) named(ctx context.Context, since time.Time, shown map[int64]bool) (keep retention, err error) {
	keep.commits, keep.parts, keep.rows = map[int64]bool{}, map[string]bool{}, map[string]Part{}
	followed := map[int64]bool{}
	maps.Copy(followed, shown)
	take := func(c *Commit) {
		keep.commits[c.Seq], followed[c.PublishedSeq] = true, true
		keep.lost = keep.lost || c.Kind == StandIn
		for _, parts := range c.Tables {
			for name := range parts {
				keep.parts[name] = true
			}
		}
		for _, p := range c.InOrder(pdfTable) {
			keep.rows[p.Name] = p
		}
	}
	var before []*Commit // those that may have been the newest at that instant, and the last before it
	for c, err := range l.Commits(ctx, 1) {
		if err != nil {
			return keep, err
		}
		if keep.newest = c; c.CommittedAt.Before(since) {
			if c.Kind != StandIn && len(before) > 1 {
				before = before[len(before)-1:]
			}
			before = append(before, c)
			continue
		}
		take(c)
	}
	if keep.newest == nil {
		return keep, errors.New("the lake has no commit")
	}
	for _, c := range before {
		take(c)
	}
	for seq := range followed {
		if seq == 0 || keep.commits[seq] || seq > keep.newest.Seq { // a number beyond was published from another copy of the lake
			continue
		}
		c, err := l.must(ctx, seq)
		if err != nil {
			return keep, err
		}
		take(c)
	}
	return keep, nil
}
