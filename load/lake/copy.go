package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
)

// A Copied is what a copy took.
type Copied struct {
	Commits int64 `json:"commits"`
	Parts   int64 `json:"parts"`
	Bytes   int64 `json:"bytes"` // of the parts

	PDFs     int64 `json:"pdfs"`
	PDFBytes int64 `json:"pdf_bytes"`
}

// Copy copies the lake's identity, all its commits, and the parts that the newest and the published commit name, with the
// PDFs that their rows name, to another store. Each is read through the checks that every reader makes. It stops at the first that is damaged,
// with an error that wraps ErrDamaged. dir is for downloads.
//
// The copy is a lake of the same name, but only if there was no error: the commits come last, one by one. Nothing
// but a reader may work on it.
func (l *Lake) Copy(ctx context.Context, to Bucket, dir string) (out Copied, err error) {
	var head *Commit
	var hashes []string
	for c, err := range l.Commits(ctx, 1) {
		if err != nil {
			return out, fmt.Errorf("copy lake: %w", err)
		}
		head, hashes = c, append(hashes, c.SHA256)
	}
	if head == nil {
		return out, fmt.Errorf("copy lake: it has no commit: %w", ErrNotExist)
	}
	live := []*Commit{head}
	if head.PublishedSeq > 0 && head.PublishedSeq != head.Seq {
		c, err := l.must(ctx, head.PublishedSeq)
		if err != nil {
			return out, fmt.Errorf("copy lake: %w", err)
		}
		live = append(live, c)
	}
	done := map[string]bool{}
	for _, c := range live {
		for _, table := range sortedKeys(c.Tables) {
			for _, p := range c.InOrder(table) {
				if done[p.Name] {
					continue
				}
				done[p.Name] = true
				if err := l.copyPart(ctx, p, to, dir); err != nil {
					return out, fmt.Errorf("copy lake: %w", err)
				}
				out.Parts, out.Bytes = out.Parts+1, out.Bytes+p.Bytes
			}
		}
	}
	if err := l.copyPDFs(ctx, head, to, dir, &out); err != nil { // rows are only added: it has those of the published one
		return out, fmt.Errorf("copy lake: %w", err)
	}
	if err := l.copyObject(ctx, formatName, "", to); err != nil {
		return out, fmt.Errorf("copy lake: %w", err)
	}
	for i, sum := range hashes {
		if err := l.copyObject(ctx, commitName(int64(i+1)), sum, to); err != nil {
			return out, fmt.Errorf("copy lake: %w", err)
		}
		out.Commits++
	}
	return out, nil
}

// copyObject copies a small object, which must have a hash if one is given.
func (l *Lake) copyObject(ctx context.Context, name, sum string, to Bucket) error {
	data, err := l.read(ctx, name, maxCommitBytes)
	if err != nil {
		return err
	}
	if got := sha256.Sum256(data); sum != "" && hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("%w: %q is not what it was a moment ago", ErrDamaged, name)
	}
	return to.Create(ctx, name, bytes.NewReader(data))
}

func (l *Lake) copyPart(ctx context.Context, p Part, to Bucket, dir string) (err error) {
	name, downloaded, err := l.fetch(ctx, p, dir)
	if err != nil {
		return err
	}
	if downloaded {
		defer os.Remove(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return fileError(err, "read")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return to.Create(ctx, p.Name, f)
}
