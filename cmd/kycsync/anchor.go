package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

// An anchorPlace keeps anchors where the lake's administrators should not be able to write.
type anchorPlace interface {
	all(ctx context.Context) ([]lake.Anchor, error)
	// newest returns the newest anchor of a lake, nil if there is none. others: there are some of other lakes.
	newest(ctx context.Context, lakeID string) (a *lake.Anchor, others bool, err error)
	put(ctx context.Context, a lake.Anchor) error
}

func anchorFlag() cli.Flag {
	return text("anchor", "", "keep the hash of each published commit outside of the lake: in a file or gs://bucket/prefix (`PLACE`)")
}

// openAnchors returns the place that a setting names.
func openAnchors(ctx context.Context, place string) (anchorPlace, error) {
	scheme, rest, isURI := strings.Cut(place, "://")
	if !isURI {
		return anchorFile(place), nil
	}
	if scheme != "gs" {
		return nil, usagef("anchors in %s: want a file or gs://bucket/prefix", place)
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	g, err := lake.OpenGCS(ctx, bucket, strings.TrimSuffix(prefix, "/"), lake.Config{})
	if err != nil {
		return nil, err
	}
	return anchorBucket{g}, nil
}

func closeAnchors(kept anchorPlace) {
	if c, ok := kept.(io.Closer); ok {
		_ = c.Close()
	}
}

// holdsAnchor refuses a lake that is not, or no longer, the one whose newest anchor was kept. It returns that
// anchor's number, 0 if there is none. others: there are anchors, and none of this lake.
func holdsAnchor(ctx context.Context, kept anchorPlace, l *lake.Lake) (seq int64, others bool, err error) {
	newest, others, err := kept.newest(ctx, l.ID())
	if err != nil {
		return 0, false, fmt.Errorf("read the anchors: %w", err)
	}
	if newest == nil {
		return 0, others, nil
	}
	return newest.Seq, false, l.Holds(ctx, *newest)
}

// checkAnchor is asked before a run: on a lake whose history is another one nothing must be built.
func (p *program) checkAnchor(ctx context.Context, place string, l *lake.Lake) error {
	if place == "" {
		return nil
	}
	kept, err := openAnchors(ctx, place)
	if err != nil {
		return err
	}
	defer closeAnchors(kept)
	_, others, err := holdsAnchor(ctx, kept, l)
	if others {
		p.log.Warn("there are anchors, and none of this lake: is it the one that it was?", "place", place, "lake_id", l.ID())
	}
	return err
}

// anchor tells the newest commit's hash, and keeps it outside if there is a place for it.
func (p *program) anchor(ctx context.Context, place string, l *lake.Lake) error {
	head, err := l.Head(ctx)
	if err != nil {
		return err
	}
	a := l.Anchor(head)
	if p.jsonLog {
		p.summary = append(p.summary, "anchor", a.String())
	} else {
		fmt.Fprintf(p.stdout, "anchor %s\n", a)
	}
	if place == "" {
		return nil
	}
	kept, err := openAnchors(ctx, place)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoAnchor, err)
	}
	defer closeAnchors(kept)
	if newest, _, err := holdsAnchor(ctx, kept, l); errors.Is(err, lake.ErrDamaged) || err == nil && newest == a.Seq {
		return err
	} else if err != nil {
		return fmt.Errorf("%w: %w", errNoAnchor, err)
	}
	p.at("anchor")
	if err := kept.put(ctx, a); err != nil {
		return fmt.Errorf("%w: %w", errNoAnchor, err)
	}
	p.at("anchored")
	return nil
}

// An anchorFile has one anchor a line.
type anchorFile string

func (f anchorFile) all(context.Context) ([]lake.Anchor, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseAnchors(string(f), data)
}

func (f anchorFile) newest(ctx context.Context, lakeID string) (newest *lake.Anchor, others bool, err error) {
	all, err := f.all(ctx)
	for i, a := range all {
		if a.LakeID == lakeID && (newest == nil || a.Seq > newest.Seq) {
			newest = &all[i]
		}
	}
	return newest, newest == nil && len(all) > 0, err
}

func parseAnchors(name string, data []byte) (all []lake.Anchor, err error) {
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		a, err := lake.ParseAnchor(line)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		all = append(all, a)
	}
	return all, nil
}

func (f anchorFile) put(_ context.Context, a lake.Anchor) (err error) {
	out, err := os.OpenFile(string(f), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := fmt.Fprintln(out, a); err != nil {
		return err
	}
	return out.Sync()
}

// An anchorBucket has one object for each anchor, which its account can create and not overwrite.
type anchorBucket struct{ *lake.GCS }

const anchorPrefix = "anchors/"

func (b anchorBucket) all(ctx context.Context) (all []lake.Anchor, err error) {
	for name, err := range b.List(ctx, anchorPrefix) {
		if err != nil {
			return nil, err
		}
		some, err := b.read(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// newest reads one object alone: there is one of each night.
func (b anchorBucket) newest(ctx context.Context, lakeID string) (newest *lake.Anchor, others bool, err error) {
	last := ""
	for name, err := range b.List(ctx, anchorPrefix) {
		if err != nil {
			return nil, false, err
		}
		if others = true; strings.HasPrefix(name, anchorPrefix+lakeID+"/") {
			last = name // names sort as numbers
		}
	}
	if last == "" {
		return nil, others, nil
	}
	some, err := b.read(ctx, last)
	if err == nil && len(some) == 0 {
		err = fmt.Errorf("%s: no anchor stands in it", last)
	}
	if err != nil {
		return nil, false, err
	}
	return &some[0], false, nil
}

func (b anchorBucket) read(ctx context.Context, name string) ([]lake.Anchor, error) {
	r, err := b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, 4096))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return parseAnchors(name, data)
}

func (b anchorBucket) put(ctx context.Context, a lake.Anchor) error {
	return b.Create(ctx, fmt.Sprintf("%s%s/%012d.txt", anchorPrefix, a.LakeID, a.Seq), strings.NewReader(a.String()+"\n"))
}
