package warehouse

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What the published files were, the newest two, stands in a file of the private directory: the one that a build
// replaced, and its own. So it is right before and after the rename. It tells damage, not forgery: that is for the
// comparison of the rows. DuckDB finds damage only in what it reads, and not in what it leaves free.

func writtenFile(path string) string { return filepath.Join(path+".build", "published") }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumOf is what is kept of a file: its CRC32C and its length.
func sumOf(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := crc32.New(castagnoli)
	total, buf := int64(0), make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		sum.Write(buf[:n])
		total += int64(n)
		if err == io.EOF {
			return sumText(sum.Sum32(), total), nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return "", err
		}
	}
}

func sumText(crc uint32, length int64) string { return fmt.Sprintf("%08x-%d", crc, length) }

// noteWritten keeps the sum of the file that is about to be the published one.
func noteWritten(sum, path string) error {
	if err := privateDir(path + ".build"); err != nil {
		return err
	}
	kept := []string{sum}
	if old, err := readWritten(path); err == nil && len(old) > 0 && old[0] != sum {
		kept = append(kept, old[0])
	}
	name := writtenFile(path)
	f, err := os.OpenFile(name+".next", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(kept, "\n") + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".next", name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name)) // a power cut must not leave the new file and the old note
}

func readWritten(path string) ([]string, error) {
	data, err := os.ReadFile(writtenFile(path))
	return strings.Fields(string(data)), err
}

// asWritten returns what tells that the published file is not as it was written. Empty: it is, or nobody kept what it
// was.
func asWritten(ctx context.Context, path string) (reason string, err error) {
	kept, err := readWritten(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read what the warehouse was: %w", err)
	}
	sum, err := sumOf(ctx, path)
	if err != nil {
		return "", fmt.Errorf("read the warehouse: %w", err)
	}
	if len(kept) > 0 && !slices.Contains(kept, sum) {
		return "the warehouse holds what the lake holds, but its file is not as it was written: bytes of it are damaged that it does not use, or somebody wrote to it", nil
	}
	return "", nil
}
