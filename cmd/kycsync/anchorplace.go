package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kycsync/load/lake"
)

// An anchorPlace keeps anchors where the lake's administrators should not be able to write.
type anchorPlace interface {
	all(ctx context.Context) ([]lake.Anchor, error)
	// newest returns the newest anchor of a lake, nil if there is none. others: there are some of other lakes.
	newest(ctx context.Context, lakeID string) (a *lake.Anchor, others bool, err error)
	put(ctx context.Context, a lake.Anchor) error
	// signature returns what lies there as the signature of an anchor, nil if nothing does.
	signature(ctx context.Context, a lake.Anchor) ([]byte, error)
	// putSignature stores the signature of an anchor that has none.
	putSignature(ctx context.Context, a lake.Anchor, signature []byte) error
}

// maxSignature is more than any signature has bytes.
const maxSignature = 16 << 10

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

// signatureName is a file of its own, which ssh-keygen reads as it is.
func (f anchorFile) signatureName(a lake.Anchor) string {
	return filepath.Join(string(f)+".sig", fmt.Sprintf("%s-%012d.sig", a.LakeID, a.Seq))
}

func (f anchorFile) signature(_ context.Context, a lake.Anchor) ([]byte, error) {
	file, err := os.Open(f.signatureName(a))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxSignature))
}

func (f anchorFile) putSignature(_ context.Context, a lake.Anchor, signature []byte) error {
	name := f.signatureName(a)
	// Not those above: where nothing is mounted, nothing must be kept.
	if err := os.Mkdir(filepath.Dir(name), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	temp := name + ".new" // of the one run at a time
	if err := writeSynced(temp, signature); err != nil {
		return err
	}
	return os.Rename(temp, name)
}

func writeSynced(name string, body []byte) (err error) {
	out, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := out.Write(body); err != nil {
		return err
	}
	return out.Sync()
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

const (
	anchorPrefix    = "anchors/"
	signaturePrefix = "signatures/" // beside them, not among them, where each object is an anchor
)

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
	data, err := b.object(ctx, name, 4096)
	if err != nil {
		return nil, err
	}
	return parseAnchors(name, data)
}

func (b anchorBucket) object(ctx context.Context, name string, limit int64) ([]byte, error) {
	r, err := b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, limit))
	return data, errors.Join(err, r.Close())
}

func (b anchorBucket) signatureName(a lake.Anchor) string {
	return fmt.Sprintf("%s%s/%012d.sig", signaturePrefix, a.LakeID, a.Seq)
}

func (b anchorBucket) signature(ctx context.Context, a lake.Anchor) ([]byte, error) {
	data, err := b.object(ctx, b.signatureName(a), maxSignature)
	if errors.Is(err, lake.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

func (b anchorBucket) putSignature(ctx context.Context, a lake.Anchor, signature []byte) error {
	return b.Create(ctx, b.signatureName(a), bytes.NewReader(signature))
}

func (b anchorBucket) put(ctx context.Context, a lake.Anchor) error {
	return b.Create(ctx, fmt.Sprintf("%s%s/%012d.txt", anchorPrefix, a.LakeID, a.Seq), strings.NewReader(a.String()+"\n"))
}
