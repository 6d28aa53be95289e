package seal

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

func TestOnlyRecipientsRead(t *testing.T) {
	file, _ := newKey(t)
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	private, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bySSH, err := agessh.ParseIdentity(private)
	if err != nil {
		t.Fatal(err)
	}
	byAge, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := ParseRecipients([]string{byAge.Recipient().String(), string(public)})
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := to.Encrypt(&sealed)
	if err == nil {
		_, err = w.Write(message)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]age.Identity{"SSH": bySSH, "age": byAge} {
		r, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), who)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, message) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), stranger); err == nil || bytes.Contains(sealed.Bytes(), message) {
		t.Errorf("a stranger reads it: %v", err)
	}
	if names := to.Fingerprints(); len(names) != 2 || !strings.HasPrefix(names[0], "age1") || !strings.HasPrefix(names[1], "SHA256:") {
		t.Errorf("got the names %q", names)
	}
	for _, bad := range []string{"", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"} {
		if _, err := ParseRecipients([]string{bad}); err == nil || len(bad) > 5 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
