package seal

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// read reads an armored signature, with nothing before it and after it. Only white space may be other than it was written:
// base64 has bits at its end that a decoder passes over.
func read(armored []byte) (*sshsig.Signature, error) {
	block, _ := pem.Decode(armored)
	if block == nil || block.Type != sshsig.PEMType || len(block.Headers) > 0 || !bytes.Equal(bare(armored), bare(pem.EncodeToMemory(block))) {
		return nil, errors.New("this is no SSH signature")
	}
	sig, err := sshsig.ParseSignature(block.Bytes)
	if err != nil {
		return nil, errors.New("the SSH signature cannot be read")
	}
	return sig, nil
}

// Armored tells why a signature is not written in the way in which Sign writes one, to the last byte. Others can be good,
// too: ssh-keygen breaks its lines elsewhere.
func Armored(signature []byte) error {
	block, _ := pem.Decode(signature)
	if block == nil || block.Type != sshsig.PEMType {
		return errors.New("this is no SSH signature")
	}
	sig, err := sshsig.ParseSignature(block.Bytes)
	if err != nil {
		return errors.New("the SSH signature cannot be read")
	}
	if !bytes.Equal(signature, sshsig.Armor(sig)) {
		return errors.New("the SSH signature was written again by another hand")
	}
	return nil
}

// Signer returns the fingerprint of the key that signed a message, whoever's that is. The error says why the signature
// does not fit.
func Signer(ns Namespace, message, signature []byte) (fingerprint string, err error) {
	sig, err := read(signature)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(sig.PublicKey), check(ns, message, sig)
}

// bare returns text without its white space.
func bare(text []byte) []byte { return bytes.Join(bytes.Fields(text), nil) }

// check tells why a signature is none of the message by the key that it names.
func check(ns Namespace, message []byte, sig *sshsig.Signature) error {
	err := sshsig.Verify(bytes.NewReader(message), sig, sig.PublicKey, sig.HashAlgorithm, string(ns))
	switch {
	case errors.Is(err, sshsig.ErrNamespaceMismatch):
		return fmt.Errorf("the signature is for %q, want %q", sig.Namespace, ns)
	case err != nil:
		return fmt.Errorf("the signature by %s is of other bytes, or was altered", ssh.FingerprintSHA256(sig.PublicKey))
	}
	return nil
}
