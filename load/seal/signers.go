package seal

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Signers are those whose signatures count, as an allowed_signers file of OpenSSH lists them.
type Signers []signer

// A signer is a line of the file.
type signer struct {
	principals    string // patterns, as they stand there
	key           ssh.PublicKey
	namespaces    string    // patterns; empty: any
	after, before time.Time // zero: no bound
}

// ParseSigners reads an allowed_signers file: lines of principals, options, key type and key. Certificates are not
// understood, and what is not understood is an error, which says the line.
func ParseSigners(data []byte) (Signers, error) {
	var all Signers
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s, err := parseSigner(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("nobody stands in it")
	}
	return all, nil
}

func parseSigner(line string) (signer, error) {
	end := strings.IndexAny(line, " \t")
	if end < 0 || line[0] == '"' {
		return signer{}, fmt.Errorf("want principals without quotes, options, key type and key")
	}
	s := signer{principals: line[:end]}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(line[end:]))
	if err != nil {
		return signer{}, fmt.Errorf("want a public key after the principals and options")
	}
	if _, ok := key.(*ssh.Certificate); ok {
		return signer{}, fmt.Errorf("a certificate is not understood, want a key")
	}
	s.key = key
	for _, option := range options {
		if err := s.option(option); err != nil {
			return signer{}, err
		}
	}
	return s, nil
}

// option reads one option.
func (s *signer) option(text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
	switch strings.ToLower(name) {
	case "namespaces":
		if s.namespaces = value; value == "" {
			err = fmt.Errorf("namespaces: want one or more")
		}
	case "valid-after":
		s.after, err = instant(value)
	case "valid-before":
		s.before, err = instant(value)
	default:
		err = fmt.Errorf("option %s is not understood, want namespaces, valid-after or valid-before", name)
	}
	return err
}

// instant reads a time as OpenSSH writes it, without Z in the time zone of this machine.
func instant(text string) (time.Time, error) {
	place, digits := time.Local, text
	if strings.HasSuffix(text, "Z") {
		place, digits = time.UTC, text[:len(text)-1]
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if at, err := time.ParseInLocation(layout, digits, place); err == nil && len(digits) == len(layout) {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: want YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, perhaps with Z", text)
}

// Check returns who made a signature of a message: the principals and the fingerprint of the key. at is when that was,
// as far as is known, for keys whose time is bounded. The error says why the signature does not count.
func (all Signers) Check(ns Namespace, message, signature []byte, at time.Time) (by string, err error) {
	sig, err := read(signature)
	if err != nil {
		return "", err
	}
	if err := check(ns, message, sig); err != nil {
		return "", err
	}
	print := ssh.FingerprintSHA256(sig.PublicKey)
	err = fmt.Errorf("the signature is of a key that is not allowed, %s", print)
	for _, s := range all {
		if !same(s.key, sig.PublicKey) {
			continue
		}
		if err = s.allows(ns, at); err == nil {
			return s.principals + " " + print, nil
		}
	}
	return "", err
}

// allows tells why this line does not allow a signature that its key made.
func (s signer) allows(ns Namespace, at time.Time) error {
	switch {
	case s.namespaces != "" && !matchesAny(s.namespaces, string(ns)):
		return fmt.Errorf("the key of %s is not allowed to sign for %q", s.principals, ns)
	case !s.after.IsZero() && at.Before(s.after), !s.before.IsZero() && at.After(s.before):
		return fmt.Errorf("the key of %s was not valid at %s", s.principals, at.UTC().Format(time.RFC3339))
	}
	return nil
}

// matchesAny holds a word against patterns as OpenSSH does: with commas between them, and one that begins with ! and
// matches decides against it.
func matchesAny(patterns, word string) (found bool) {
	for p := range strings.SplitSeq(patterns, ",") {
		not := strings.HasPrefix(p, "!")
		if matches(strings.TrimPrefix(p, "!"), word) {
			if not {
				return false
			}
			found = true
		}
	}
	return found
}

// matches knows * for any bytes and ? for one.
func matches(pattern, word string) bool {
	if pattern == "" {
		return word == ""
	}
	switch pattern[0] {
	case '*':
		return matches(pattern[1:], word) || word != "" && matches(pattern, word[1:])
	case '?':
		return word != "" && matches(pattern[1:], word[1:])
	}
	return word != "" && word[0] == pattern[0] && matches(pattern[1:], word[1:])
}
