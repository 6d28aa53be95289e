package transform

import (
	"strings"
	"unicode"
)

const maxShape = 40 // runes

// Shape is the form of a text, to tell people what was received without showing it: digits are 9,
// letters a, other printable ASCII stays, everything else is ?.
func Shape(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxShape {
			b.WriteString("...")
			break
		}
		n++
		switch {
		case unicode.IsDigit(r):
			b.WriteByte('9')
		case unicode.IsLetter(r):
			b.WriteByte('a')
		case r > ' ' && r < unicode.MaxASCII || r == ' ':
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// safePath returns a path of member names as it may be shown: a name that is not plain is
// replaced by its shape, since some maps have people's words as names.
func safePath(path string) string {
	for _, r := range path {
		if !(r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-[]$", r))) {
			return Shape(path)
		}
	}
	if len(path) > 120 {
		return path[:120] + "..."
	}
	return path
}
