package seal

import (
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// Recipients are those who can read what is encrypted to them.
type Recipients struct {
	keys  []age.Recipient
	names []string
}

// ParseRecipients reads public keys: age1..., or a key of OpenSSH of type Ed25519 or RSA.
func ParseRecipients(keys []string) (*Recipients, error) {
	out := &Recipients{}
	for _, text := range keys {
		if key, err := age.ParseX25519Recipient(text); err == nil {
			out.keys, out.names = append(out.keys, key), append(out.names, key.String())
			continue
		}
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			return nil, errors.New("want a public key that begins with age1, ssh-ed25519 or ssh-rsa")
		}
		key, err := agessh.ParseRecipient(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))))
		if err != nil {
			return nil, errors.New("an SSH key that nothing can be encrypted to: want Ed25519 or RSA of 2048 bits or more")
		}
		out.keys, out.names = append(out.keys, key), append(out.names, ssh.FingerprintSHA256(public))
	}
	return out, nil
}

// Fingerprints names the keys: those of SSH as ssh-keygen -l does, the others by themselves.
func (r *Recipients) Fingerprints() []string { return r.names }

// Encrypt returns a writer whose bytes reach w encrypted to all of them. What was written is whole once Close returned
// without an error. The same bytes are encrypted otherwise each time.
func (r *Recipients) Encrypt(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, r.keys...) }
