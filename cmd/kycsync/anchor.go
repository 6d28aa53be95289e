package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

// An anchorPlace keeps anchors where the lake's administrators should not be able to write.
type anchorPlace interface {
	all(ctx context.Context) ([]lake.Anchor, error) // the newest last
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
		return nil, usagef("--anchor %s: want a file or gs://bucket/prefix", place)
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
	all, err := kept.all(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("read the anchors: %w", err)
	}
	ours := slices.DeleteFunc(slices.Clone(all), func(a lake.Anchor) bool { return a.LakeID != l.ID() })
	if len(ours) == 0 {
		return 0, len(all) > 0, nil
	}
	newest := slices.MaxFunc(ours, func(a, b lake.Anchor) int { return cmp.Compare(a.Seq, b.Seq) })
	return newest.Seq, false, l.Holds(ctx, newest)
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
	if err := kept.put(ctx, a); err != nil {
		return fmt.Errorf("%w: %w", errNoAnchor, err)
	}
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

func (b anchorBucket) all(ctx context.Context) (all []lake.Anchor, err error) {
	for name, err := range b.List(ctx, "anchors/") {
		if err != nil {
			return nil, err
		}
		r, err := b.Open(ctx, name)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(r, 4096))
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		some, err := parseAnchors(name, data)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (b anchorBucket) put(ctx context.Context, a lake.Anchor) error {
	return b.Create(ctx, fmt.Sprintf("anchors/%s/%012d.txt", a.LakeID, a.Seq), strings.NewReader(a.String()+"\n"))
}
