package sql

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed person
var personFiles embed.FS

// PersonFile is what the templates of everything about one person are called, each with its variant behind.
const PersonFile = "person-file"

// The variants of it, by what they are for.
const (
	ForReport  = "sar"
	ForCourt   = "court"
	ForSubject = "dsar"
)

// FilingSubject is the table of what a file about one person was asked for by.
const FilingSubject = "subject"

// ofSubject is what makes a session one of a file about one person: that it is the person's.
const ofSubject = "sessions_of_the_subject"

// IsAboutOne tells whether the filing is about one person and has no period.
func (f *Filing) IsAboutOne() bool { return f.Basis == ofSubject }

// A List is a statement whose answer the statements behind it ask by its name.
type List struct{ Name, SQL string }

// PersonFiles returns the templates of everything about one person, which have no period. Their statements ask the list
// asked (number, kind, value, folded, nonce), and those of SubjectLists.
func PersonFiles() []Filing {
	return []Filing{personFile(ForCourt), personFile(ForSubject), personFile(ForReport)}
}

// personFile reads one. It panics where it cannot, which only a build can cause.
func personFile(variant string) Filing {
	f := Filing{Name: PersonFile + "-" + variant, Basis: ofSubject, Audiences: []string{"regulator"}}
	dec := yaml.NewDecoder(bytes.NewReader(personText(variant + ".yaml")))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		panic(fmt.Sprintf("sql: %s: %v", f.Name, err))
	}
	for _, name := range personNames("tables") {
		file := "tables/" + name
		if variant == ForSubject && slices.Contains(notForSubject, name) {
			continue
		}
		if variant == ForSubject && slices.Contains(personNames(ForSubject), name) {
			file = ForSubject + "/" + name
		}
		if err := f.add(name, personText(file)); err != nil {
			panic(fmt.Sprintf("sql: %s: %s: %v", f.Name, file, err))
		}
	}
	return f
}

// notForSubject are the tables that the subject's own copy does not have.
var notForSubject = []string{"notes.sql"}

// SubjectLists are the statements that find what belongs to the subject, in the order in which they are asked.
func SubjectLists() (out []List) {
	for _, name := range personNames("lists") {
		_, body := splitHead(string(personText("lists/" + name)))
		_, list, _ := strings.Cut(strings.TrimSuffix(name, filingSuffix), "_") // behind its number
		out = append(out, List{list, statement(body)})
	}
	return out
}

// personNames are the files of a folder, sorted.
func personNames(folder string) (out []string) {
	entries, err := personFiles.ReadDir(path.Join("person", folder))
	if err != nil {
		panic("sql: person: " + err.Error())
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func personText(file string) []byte {
	text, err := personFiles.ReadFile(path.Join("person", file))
	if err != nil {
		panic("sql: person: " + err.Error())
	}
	return text
}
