package extract

import (
	"fmt"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// A Secret is a text that no formatter, logger or encoder prints. The zero Secret is empty.
//
// The text stands behind a pointer, because fmt calls no method on an unexported field of a
// struct that it prints, and shows what stands there.
type Secret struct{ text *string }

// NewSecret wraps text without the white space around it, such as the newline of a key file.
func NewSecret(text string) Secret {
	text = strings.TrimSpace(text)
	return Secret{&text}
}

// Empty reports whether there is nothing to hide.
func (s Secret) Empty() bool { return s.reveal() == "" }

func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns a placeholder.
func (s Secret) String() string { return redacted }

// GoString returns a placeholder.
func (s Secret) GoString() string { return redacted }

// Format writes a placeholder, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue returns a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns a placeholder; encoders of JSON and YAML use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
