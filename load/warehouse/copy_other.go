//go:build !linux

package warehouse

import (
	"errors"
	"os"
)

func shareBlocks(_, _ *os.File) bool { return false }

func bypassCache(*os.File, bool) error { return errors.ErrUnsupported }
