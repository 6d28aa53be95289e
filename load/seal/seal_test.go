package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

const ns = Namespace("kycsync-test@v1")

var (
	message = []byte("2026-11-20T02:31:05Z lake ABC commit 42 sha256 00\n")
	signed  = time.Date(2026, 11, 20, 2, 31, 5, 0, time.UTC)
)

// newKey writes a key pair and returns the name of the private one.
func newKey(t *testing.T) (file string, private ed25519.PrivateKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "key")
	write(t, file, pem.EncodeToMemory(block))
	write(t, file+".pub", ssh.MarshalAuthorizedKey(public))
	return file, private
}

func write(t *testing.T, file string, body []byte) {
	t.Helper()
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, file string) *Key {
	t.Helper()
	k, err := OpenKey(file, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t *testing.T, k *Key) []byte {
	t.Helper()
	sig, err := k.Sign(ns, message)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// allowed is a line of an allowed_signers file.
func allowed(t *testing.T, before, file string) string {
	t.Helper()
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return before + " " + string(public)
}

func TestSignaturesThatCount(t *testing.T) {
	file, _ := newKey(t)
	k := open(t, file)
	sig := sign(t, k)
	for _, before := range []string{
		"night@acme", "night@acme,audit@acme", `night@acme namespaces="kycsync-*@v1"`, `night@acme namespaces="file,kycsync-test@v?"`,
		`night@acme valid-after="20261120"`, `night@acme Valid-After="20261120023105Z",valid-before="202611200232Z"`,
	} {
		s, err := ParseSigners([]byte("# who may\n\n" + allowed(t, before, file)))
		if err != nil {
			t.Errorf("%s: %v", before, err)
			continue
		}
		by, err := s.Check(ns, message, sig, signed)
		if want := strings.Fields(before)[0] + " " + k.Fingerprint(); err != nil || by != want {
			t.Errorf("%s: got %q, %v, want %q", before, by, err, want)
		}
	}
}

func TestSignaturesThatDoNotCount(t *testing.T) {
	file, _ := newKey(t)
	other, _ := newKey(t)
	sig := sign(t, open(t, file))
	altered := bytes.Replace(sig, []byte("\nU1NIU0lH"), []byte("\nU1NIU0lI"), 1)
	for _, tt := range []struct {
		name, before, file string
		ns                 Namespace
		message, signature []byte
		err                string
	}{
		{name: "another message", message: []byte("x"), err: "is of other bytes, or was altered"},
		{name: "another key", file: other, err: "is of a key that is not allowed"},
		{name: "for something else", ns: "file", err: `the signature is for "kycsync-test@v1", want "file"`},
		{name: "nothing", signature: []byte{}, err: "this is no SSH signature"},
		{name: "altered", signature: altered, err: "cannot be read"},
		{name: "words before it", signature: append([]byte("x\n"), sig...), err: "this is no SSH signature"},
		{name: "words after it", signature: append(bytes.Clone(sig), 'x'), err: "this is no SSH signature"},
		{name: "key is for something else", before: `a namespaces="file"`, err: "not allowed to sign for"},
		{name: "key is for all else", before: `a namespaces="*,!kycsync-*"`, err: "not allowed to sign for"},
		{name: "key was too old", before: `a valid-before="20261120Z"`, err: "not valid at 2026-11-20T02:31:05Z"},
		{name: "key was too young", before: `a valid-after="20261121Z"`, err: "not valid at"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			who, of, what := tt.before, tt.file, tt.ns
			if who == "" {
				who = "a"
			}
			if of == "" {
				of = file
			}
			if what == "" {
				what = ns
			}
			m, s := message, sig
			if tt.message != nil {
				m = tt.message
			}
			if tt.signature != nil {
				s = tt.signature
			}
			signers, err := ParseSigners([]byte(allowed(t, who, of)))
			if err != nil {
				t.Fatal(err)
			}
			if by, err := signers.Check(what, m, s, signed); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q, %v, want %q", by, err, tt.err)
			}
		})
	}
}

// Wherever one byte of a signature or of its message is another one, it does not count.
func TestEveryByteOfASignatureCounts(t *testing.T) {
	file, _ := newKey(t)
	k := open(t, file)
	sig := sign(t, k)
	for i := range sig {
		if sig[i] == '\n' {
			continue // white space within the armor means nothing
		}
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if err := k.Check(ns, message, bad); err == nil {
			t.Errorf("byte %d altered, and the signature counts:\n%s", i, bad)
		}
	}
	for i := range message {
		bad := bytes.Clone(message)
		bad[i] ^= 1
		if err := k.Check(ns, bad, sig); err == nil {
			t.Errorf("byte %d of the message altered, and the signature counts", i)
		}
	}
}

func TestSignersThatAreNotUnderstood(t *testing.T) {
	file, _ := newKey(t)
	for before, want := range map[string]string{
		"a cert-authority":                 "option cert-authority is not understood",
		"a verify-required":                "option verify-required is not understood",
		`a valid-after="yesterday"`:        `time "yesterday": want YYYYMMDD`,
		`a valid-after="2026112"`:          "want YYYYMMDD",
		`a namespaces=""`:                  "namespaces: want one or more",
		`"a`:                               "without quotes",
		"#":                                "nobody stands in it",
		"a ssh-ed25519-cert-v01@x AAAA\nb": "line 1: want a public key",
	} {
		if _, err := ParseSigners([]byte(allowed(t, before, file))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", before, err, want)
		}
	}
	if _, err := ParseSigners([]byte("a\n")); err == nil {
		t.Error("a name alone was taken for a signer")
	}
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	file, private := newKey(t)
	dir := t.TempDir()
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/locked", pem.EncodeToMemory(locked))
	write(t, dir+"/words", []byte("PRIVATE words"))
	write(t, dir+"/words.pub", []byte("PRIVATE words"))
	for name, want := range map[string]string{
		dir + "/none": "no such file", dir + "/locked": "has a passphrase", dir + "/words": "holds no private key", dir + "/words.pub": "holds no public key",
		file + ".pub": "SSH_AUTH_SOCK names none",
	} {
		_, err := OpenKey(name, "")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

// An agent signs for a key that is in no file.
func TestAgent(t *testing.T) {
	file, private := newKey(t)
	other, _ := newKey(t)
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			go func() { _ = agent.ServeAgent(ring, conn); conn.Close() }()
		}
	}()
	k, err := OpenKey(file+".pub", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := open(t, file).Check(ns, message, sign(t, k)); err != nil {
		t.Error(err)
	}
	if _, err := OpenKey(other+".pub", socket); err == nil || !strings.Contains(err.Error(), "does not have the key") {
		t.Errorf("a key that the agent does not have: %v", err)
	}
	if _, err := OpenKey(file+".pub", socket+"x"); err == nil {
		t.Error("no agent, and no error")
	}
}

// OpenSSH agrees in both directions, for each type of key.
func TestOpenSSH(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed: nothing was compared with OpenSSH")
	}
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			file, list := dir+"/key", dir+"/allowed"
			ask := func(in []byte, args ...string) string {
				cmd := exec.Command(keygen, args...)
				cmd.Stdin = bytes.NewReader(in)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("ssh-keygen %q: %v\n%s", args, err, out)
				}
				return string(out)
			}
			ask(nil, "-q", "-t", kind, "-N", "", "-f", file)
			k := open(t, file)
			line := allowed(t, `night@acme namespaces="kycsync-*@v1"`, file)
			write(t, list, []byte(line))
			write(t, dir+"/sig", sign(t, k))
			if out := ask(message, "-Y", "verify", "-f", list, "-I", "night@acme", "-n", string(ns), "-s", dir+"/sig"); !strings.Contains(out, "Good") || !strings.Contains(out, k.Fingerprint()) {
				t.Errorf("ssh-keygen says %s", out)
			}
			write(t, dir+"/message", message)
			ask(nil, "-q", "-Y", "sign", "-f", file, "-n", string(ns), dir+"/message")
			sig, err := os.ReadFile(dir + "/message.sig")
			if err != nil {
				t.Fatal(err)
			}
			signers, err := ParseSigners([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := signers.Check(ns, message, sig, signed); err != nil {
				t.Errorf("a signature of ssh-keygen: %v", err)
			}
		})
	}
}
