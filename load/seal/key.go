// Package seal signs what leaves the house, and checks such signatures, so that whoever receives it needs no more
// than OpenSSH:
//
//	ssh-keygen -Y verify -f ALLOWED -I NAME -n NAMESPACE -s FILE.sig < FILE
//
// A [Key] signs, and [Signers] say whose signature counts.
//
// Source: PROTOCOL.sshsig of OpenSSH, and ALLOWED SIGNERS in ssh-keygen(1).
package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// A Namespace says what a signature is for, so that one made for a file of one kind is none for another kind.
type Namespace string

// A Key signs. Its private half is in no error and no log.
type Key struct {
	signer ssh.Signer
	conn   io.Closer // to the agent; nil: the key is in memory
}

// OpenKey reads a private key in the form of OpenSSH. If file ends with .pub, it is the public half of one that the
// ssh-agent at the socket has. The caller closes the key.
func OpenKey(file, socket string) (*Key, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".pub") {
		return agentKey(body, socket)
	}
	signer, err := ssh.ParsePrivateKey(body)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, errors.New("the key has a passphrase: add it to an ssh-agent, and name its .pub file")
	case err != nil:
		return nil, errors.New("it holds no private key in the form of OpenSSH") // err may say what stands there
	}
	return &Key{signer: signer}, nil
}

func agentKey(public []byte, socket string) (*Key, error) {
	want, _, _, _, err := ssh.ParseAuthorizedKey(public)
	if err != nil {
		return nil, errors.New("it holds no public key in the form of OpenSSH")
	}
	if socket == "" {
		return nil, errors.New("a public key needs an ssh-agent, and SSH_AUTH_SOCK names none")
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("ask the ssh-agent: %w", err)
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask the ssh-agent: %w", err), conn.Close())
	}
	for _, s := range signers {
		if same(s.PublicKey(), want) {
			return &Key{s, conn}, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("the ssh-agent does not have the key %s", ssh.FingerprintSHA256(want)), conn.Close())
}

// Close lets go of the agent.
func (k *Key) Close() error {
	if k.conn == nil {
		return nil
	}
	return k.conn.Close()
}

// Fingerprint names the key as ssh-keygen -l does.
func (k *Key) Fingerprint() string { return ssh.FingerprintSHA256(k.signer.PublicKey()) }

// Repeats reports whether the key gives the same signature for the same message each time.
func (k *Key) Repeats() bool {
	kind := k.signer.PublicKey().Type()
	return kind == ssh.KeyAlgoED25519 || kind == ssh.KeyAlgoRSA
}

// Sign returns the armored signature of a message, after it has checked it.
func (k *Key) Sign(ns Namespace, message []byte) ([]byte, error) {
	sig, err := sshsig.Sign(bytes.NewReader(message), k.signer, sshsig.HashSHA512, string(ns))
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.Fingerprint(), err)
	}
	armored := sshsig.Armor(sig)
	return armored, k.Check(ns, message, armored)
}

// Check tells why a signature is not one of this key for the message, or returns nil.
func (k *Key) Check(ns Namespace, message, signature []byte) error {
	sig, err := read(signature)
	if err != nil {
		return err
	}
	if !same(sig.PublicKey, k.signer.PublicKey()) {
		return fmt.Errorf("the signature is of another key, %s", ssh.FingerprintSHA256(sig.PublicKey))
	}
	return check(ns, message, sig)
}

func same(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
