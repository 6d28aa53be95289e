package bag

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxTag is how long a tag file may be, in bytes.
const maxTag = 4 << 20

// A sum hashes what is read through it.
type sum struct {
	r   io.Reader
	n   int64
	sha hash.Hash
}

func newSum(r io.Reader) *sum { return &sum{r: r, sha: sha256.New()} }

func (s *sum) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.sha.Write(p[:n])
	return n, err
}

func (s *sum) file() File { return File{Bytes: s.n, SHA256: hex.EncodeToString(s.sha.Sum(nil))} }

// CheckFiles tells why an archive's files are not those of a BagIt bag that is complete: a file that is missing, one that
// is too many, one with another hash. files are those that Check returned.
func (a *Archive) CheckFiles(files map[string]File) error {
	tags := []string{Declaration, InfoFile, Manifest, TagManifest}
	for _, name := range tags {
		if !a.Has(name) {
			return refusef("there is no %s", name)
		}
	}
	for name := range files {
		if !isPayload(name) && name != Signature && name != Timestamp && !slices.Contains(tags, name) {
			return refusef("%s does not belong to it", name)
		}
	}
	if got, err := a.ReadAll(Declaration, maxTag); err != nil || string(got) != declaration {
		return refusef("%s is not that of a BagIt bag 1.0", Declaration)
	}
	for _, m := range []struct {
		name string
		of   func(string) bool
	}{{TagManifest, func(name string) bool { return slices.Contains(tags[:3], name) }}, {Manifest, isPayload}} {
		body, err := a.ReadAll(m.name, maxTag)
		if err != nil {
			return err
		}
		if want := manifest(files, m.of); !bytes.Equal(body, want) {
			return refusef("%s", firstDifference(m.name, string(body), files, m.of))
		}
	}
	fields, err := a.Info()
	if err == nil && fields["Payload-Oxum"] != oxum(files) {
		err = refusef("%s says that the payload has %.40q bytes and files, and it has %s", InfoFile, fields["Payload-Oxum"], oxum(files))
	}
	return err
}

// firstDifference says in words why a manifest is not that of the files.
func firstDifference(name, text string, files map[string]File, of func(string) bool) string {
	listed := map[string]string{}
	for line := range strings.Lines(text) {
		sum, file, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if ok {
			listed[file] = sum
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if !of(file) {
			continue
		}
		switch sum, ok := listed[file]; {
		case !ok:
			return fmt.Sprintf("%s is not listed in %s", file, name)
		case sum != files[file].SHA256:
			return fmt.Sprintf("%s was altered: its SHA-256 is not the one in %s", file, name)
		}
		delete(listed, file)
	}
	for _, file := range slices.Sorted(maps.Keys(listed)) {
		return fmt.Sprintf("%.80q is listed in %s and is not there", file, name)
	}
	return name + " is not in order, or has lines that mean nothing"
}

// Info returns the fields of bag-info.txt.
func (a *Archive) Info() (map[string]string, error) {
	body, err := a.ReadAll(InfoFile, maxTag)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for line := range strings.Lines(string(body)) {
		label, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if _, twice := fields[label]; !ok || twice {
			return nil, refusef("%s: want lines such as Label: value, each label once", InfoFile)
		}
		fields[label] = value
	}
	return fields, nil
}
