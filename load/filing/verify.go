package filing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kycsync/load/filing/bag"
	"kycsync/load/seal"
)

// A Control is one thing that was looked at in a package, in a plain sentence.
type Control struct {
	Name   string `json:"control"`
	Passed bool   `json:"passed"`
	// Skipped says that it was not looked at, and the sentence says why. It is then not passed, and not failed.
	Skipped  bool   `json:"skipped,omitempty"`
	Sentence string `json:"sentence"`
}

// Checking is how a package is checked.
type Checking struct {
	// Signers are those whose signature counts. Nil: any signature that fits counts, and whose it is must be compared.
	Signers seal.Signers
	// Unsigned lets a package pass that nobody signed.
	Unsigned bool
}

// Verify checks a package without asking anything but the file. It ends early only where nothing can be said of the rest.
// ok: all controls passed. The error is that of reading.
func Verify(ctx context.Context, name string, how Checking) (controls []Control, ok bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	v := &verifier{ctx: ctx, how: how, file: filepath.Base(name)}
	err = v.all(f, info.Size())
	ok = err == nil
	for _, c := range v.controls {
		ok = ok && (c.Passed || c.Skipped)
	}
	return v.controls, ok, err
}

// A verifier looks at one package.
type verifier struct {
	ctx      context.Context
	how      Checking
	file     string
	controls []Control
	stored   *stored
	files    map[string]bag.File
	signed   bool // by somebody whose signature counts
	tables   map[string]*relation
	tallies  map[string]*tally
}

// note adds a control: passed with a sentence, or failed with the error's.
func (v *verifier) note(name, sentence string, err error) bool {
	c := Control{Name: name, Passed: err == nil, Sentence: sentence}
	if err != nil {
		c.Sentence = plainWords(err)
	}
	v.controls = append(v.controls, c)
	return c.Passed
}

func (v *verifier) skip(name, sentence string) {
	v.controls = append(v.controls, Control{Name: name, Skipped: true, Sentence: sentence})
}

// plainWords leaves the program's own words out.
func plainWords(err error) string {
	text := strings.TrimPrefix(err.Error(), bag.ErrRefused.Error()+": ")
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:] + "."
}

// isReading tells an error of reading from what a package is to blame for.
func isReading(err error) bool {
	var pe *os.PathError
	return errors.As(err, &pe) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (v *verifier) all(f *os.File, size int64) error {
	a, err := bag.Open(f, size)
	if isReading(err) {
		return err
	}
	if err == nil {
		if v.files, err = a.Check(); isReading(err) {
			return err
		}
	}
	if !v.note("archive", "The archive holds plain files in one folder and nothing else, and every byte of it is where it must be.", err) {
		return nil
	}
	if !v.note("files", fmt.Sprintf("All %d files are there, none was added, and each has the SHA-256 that the lists have.", len(v.files)), a.CheckFiles(v.files)) {
		return nil
	}
	v.stored, err = open(a)
	if !v.note("description", "The description of the files and the statement of what made them can be read.", err) {
		return nil
	}
	v.checkSignature()
	v.tellTimestamp()
	v.note("statement", fmt.Sprintf("The statement names every file of the content with its SHA-256, and says that kycsync %.40s made them as known at %.40s of commit %d.",
		v.stored.statement.Predicate.Program.Version, v.stored.statement.Predicate.Parameters["Known-At"], v.stored.statement.Predicate.Knowledge.Seq), v.checkStatement())
	v.note("name", fmt.Sprintf("The file, its folder and its description have the same name, %s.", a.Root), v.checkName())
	v.checkTables()
	return v.ctx.Err()
}

// checkSignature asks who signed.
func (v *verifier) checkSignature() {
	const name = "signature"
	if !v.stored.Has(bag.Signature) {
		switch {
		case v.how.Signers != nil:
			v.note(name, "", errors.New("nobody signed the package"))
		case v.how.Unsigned:
			v.skip(name, "Nobody signed the package; that was allowed.")
		default:
			v.note(name, "", errors.New("nobody signed the package: whoever altered it could have altered the lists, too"))
		}
		return
	}
	body, err := v.stored.ReadAll(bag.TagManifest, maxDescriptor)
	var signature []byte
	if err == nil {
		signature, err = v.stored.ReadAll(bag.Signature, 64<<10)
	}
	if err == nil {
		err = seal.Armored(signature)
	}
	if err != nil {
		v.note(name, "", err)
		return
	}
	if v.how.Signers == nil {
		by, err := seal.Signer(Namespace, body, signature)
		v.note(name, fmt.Sprintf("The signature fits everything. It is by the key %s: compare this with the one that you were told, or name an allowed_signers file.", by), err)
		return
	}
	knownAt, err := time.Parse(timeForm, v.stored.statement.Predicate.Parameters["Known-At"])
	by := ""
	if err == nil {
		by, err = v.how.Signers.Check(Namespace, body, signature, knownAt)
	}
	v.signed = v.note(name, fmt.Sprintf("Everything was signed by %s.", by), err)
}

// checkStatement holds the subjects against the files.
func (v *verifier) checkStatement() error {
	s := &v.stored.statement
	if s.Type != statementType || s.PredicateType != predicateType {
		return errors.New("the statement is of another type")
	}
	named := map[string]bool{}
	for _, sub := range s.Subject {
		f, ok := v.files[sub.Name]
		if !ok || named[sub.Name] || sub.Digest["sha256"] != f.SHA256 {
			return fmt.Errorf("the statement names %.80q, which is not there, or twice, or with another SHA-256", sub.Name)
		}
		named[sub.Name] = true
	}
	for name := range v.files {
		if strings.HasPrefix(name, bag.Payload) && name != statementFile && !named[name] {
			return fmt.Errorf("the statement does not name %s", name)
		}
	}
	return nil
}

// checkName holds the names against one another.
func (v *verifier) checkName() error {
	info, err := v.stored.Info()
	if err != nil {
		return err
	}
	root := v.stored.Root
	if d := v.stored.descriptor; d.ID != root || info["External-Identifier"] != root {
		return fmt.Errorf("the folder is %s, and its description is of %.80q", root, d.ID)
	}
	params := v.stored.statement.Predicate.Parameters
	for label, value := range info {
		if word, ok := strings.CutPrefix(label, "Filing-"); ok && params[word] != value {
			return fmt.Errorf("%s says of %s %.80q, and the statement %.80q", bag.InfoFile, word, value, params[word])
		}
	}
	for key, value := range v.stored.descriptor.Filing {
		if info["Filing-"+label(key)] != value {
			return fmt.Errorf("%s says of %.40q %.80q, and %s does not", descriptorFile, key, value, bag.InfoFile)
		}
	}
	if strings.HasSuffix(v.file, ".zip") && v.file != root+".zip" {
		return fmt.Errorf("the file was given another name than its folder has, %s", root)
	}
	return nil
}

// label is a term's name as it stands in bag-info.txt.
func label(key string) string {
	words := strings.Split(key, "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}
