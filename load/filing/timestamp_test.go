package filing

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stampOf is an answer with the shape of an authority's. The story timestamp.txtar has one of openssl.
func stampOf(t *testing.T, status int, of []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(of)
	type info struct{ Status int }
	token := struct {
		Info  info
		Token []byte
	}{info{status}, append([]byte("a time, and the hash "), sum[:]...)}
	out, err := asn1.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A time stamp changes neither what a filing is nor whether it is the same when it is made again.
func TestATimestampStandsOutside(t *testing.T) {
	key, signers := testKey(t)
	p, _ := packed(t, crowd, func(o *Order) { o.Key = key })
	before, err := p.Entry()
	if err != nil {
		t.Fatal(err)
	}
	body, err := p.TagManifest()
	if err == nil {
		err = p.Stamp(stampOf(t, 0, body))
	}
	if err != nil {
		t.Fatal(err)
	}
	after, err := p.Entry()
	if err != nil || after.Content != before.Content || len(after.Files) != len(before.Files)+1 {
		t.Errorf("got %v, content %s, %d files; before %s, %d", err, after.Content, len(after.Files), before.Content, len(before.Files))
	}
	name := filepath.Join(t.TempDir(), p.ID+".zip")
	var out bytes.Buffer
	if err := p.WriteZip(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	failed, all := verified(t, name, Checking{Signers: signers})
	if len(failed) > 0 || !strings.Contains(all["time stamp"], "openssl ts -verify -data tagmanifest-sha256.txt -in tagmanifest-sha256.txt.tsr") {
		t.Errorf("failed %q\n%v", failed, all)
	}
	again, _ := packed(t, crowd, func(o *Order) { o.Key = key })
	if differences, explained, err := again.Differences(after); err != nil || len(differences) > 0 || !explained {
		t.Errorf("made again: got %v, %t, %v, want no difference", differences, explained, err)
	}
	if differences, _, err := p.Differences(before); err != nil || len(differences) > 0 {
		t.Errorf("with a time stamp: got %v, %v, want no difference", differences, err)
	}
}

func TestTimestampsThatAreNone(t *testing.T) {
	p, _ := packed(t, crowd, nil)
	body, err := p.TagManifest()
	if err != nil {
		t.Fatal(err)
	}
	good := stampOf(t, 1, body)
	for _, tt := range []struct {
		name  string
		token []byte
		err   string
	}{
		{"nothing", nil, "no answer"},
		{"a page", []byte("<html>"), "no answer"},
		{"cut", good[:len(good)-1], "no answer"},
		{"something behind", append(bytes.Clone(good), 0), "no answer"},
		{"a refusal", stampOf(t, 2, body), "refused, with status 2"},
		{"of another file", stampOf(t, 0, []byte("x")), "of another file"},
	} {
		if err := p.Stamp(tt.token); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.err)
		}
	}
	if err := p.Stamp(good); err != nil {
		t.Errorf("a good one: %v", err)
	}
}
