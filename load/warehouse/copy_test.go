package warehouse

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A copy has the bytes of the file, whatever its length, on a disk and in memory.
func TestCopyFile(t *testing.T) {
	dice := rand.NewChaCha8([32]byte{4})
	for place, dir := range map[string]string{"disk": t.TempDir(), "memory": "/dev/shm"} {
		for _, size := range []int{0, 1, copyAlign, copyStep, copyStep + 1, 2*copyStep + 3*copyAlign} {
			dst, err := os.CreateTemp(dir, "kycsync-copy-*")
			if err != nil && place == "memory" {
				t.Logf("not tried in memory: %v", err)
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			defer os.Remove(dst.Name())
			body := make([]byte, size)
			dice.Read(body)
			name := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(name, body, 0o600); err != nil {
				t.Fatal(err)
			}
			src, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			sum, err := copyFile(t.Context(), dst, src)
			if err := errors.Join(err, dst.Close(), src.Close()); err != nil {
				t.Fatalf("%d bytes to %s: %v", size, place, err)
			}
			got, err := os.ReadFile(dst.Name())
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes to %s: the copy has %d bytes, or others; %v", size, place, len(got), err)
			}
			if want, err := sumOf(t.Context(), dst.Name()); err != nil || sum != want {
				t.Errorf("%d bytes to %s: sum %s, want %s; %v", size, place, sum, want, err)
			}
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	dst, err := os.Create(filepath.Join(t.TempDir(), "dst"))
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	src, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if _, err := copyFile(gone, dst, src); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a build that was stopped", err)
	}
}
