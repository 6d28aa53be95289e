package warehouse

import (
	"context"
	"hash/crc32"
	"io"
	"os"
)

// copyStep is how many bytes are copied before the context is looked at, and copyAlign what places and lengths must be
// multiples of to write past the cache; the memory, too, and that of a large slice begins with a page.
const (
	copyStep  = 4 << 20
	copyAlign = 4096
)

// copyFile copies all of src into dst, which is empty, and returns what sumOf says of it. Where the file system can, the
// two share their blocks until one is written. Otherwise, where it can, the copy goes past the cache of the system, which takes
// less than half the time, and leaves there what readers need.
func copyFile(ctx context.Context, dst, src *os.File) (sum string, err error) {
	if shareBlocks(dst, src) {
		return sumOf(ctx, src.Name())
	}
	w, crc, buf := pastCache{f: dst, direct: bypassCache(dst, true) == nil}, crc32.New(castagnoli), make([]byte, copyStep)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := io.ReadFull(src, buf)
		if err == io.EOF {
			return sumText(crc.Sum32(), w.at), nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return "", err
		}
		crc.Write(buf[:n])
		if err := w.write(buf[:n]); err != nil {
			return "", err
		}
	}
}

// A pastCache writes a file from its start, past the cache of the system as long as that can be.
type pastCache struct {
	f      *os.File
	direct bool
	at     int64 // how much is written
}

func (w *pastCache) write(b []byte) (err error) {
	written := false
	if w.direct && len(b)%copyAlign == 0 {
		_, err = w.f.WriteAt(b, w.at)
		written = err == nil
	}
	if w.direct && !written { // it is the end, or the file system wants other multiples
		if err := bypassCache(w.f, false); err != nil {
			return err
		}
		w.direct = false
	}
	if !written {
		_, err = w.f.WriteAt(b, w.at)
	}
	w.at += int64(len(b))
	return err
}
