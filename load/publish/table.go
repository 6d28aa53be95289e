package publish

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// A table is one table of a publication.
type table struct {
	def         *schemas.Table
	commit      *lake.Commit
	lakeID      string
	root        string // URI of the store, without a slash at its end
	parts       []lake.Part
	rows, bytes int64
	oldest      int64 // the commit that added the oldest of the parts; 0: there is none

	published *described // by another version of the program; nil: what this one says
}

// A described is what metadata say of a table in words and columns, which another version of the program may have said
// in another way. A hash of it stands beside it: the commit does not know these words, so that nothing else tells
// damage from another version's.
type described struct {
	columns  []iceField
	comment  string
	lastID   int  // of the columns that the table has or had
	unsealed bool // the hash is missing: the first versions wrote none
}

// sealName is the name of that hash, in metadata and manifests.
const sealName = "kycsync.description-sha256"

func newTable(def *schemas.Table, c *lake.Commit, lakeID, root string) *table {
	t := &table{def: def, commit: c, lakeID: lakeID, root: root, parts: c.InOrder(def.Name)}
	for _, p := range t.parts {
		t.rows, t.bytes = t.rows+p.Rows, t.bytes+p.Bytes
		if t.oldest == 0 || p.AddedBySeq < t.oldest {
			t.oldest = p.AddedBySeq
		}
	}
	return t
}

// The names of a table's objects.
func (t *table) listName() string {
	return fmt.Sprintf("%s%012d/%s.txt", prefix, t.commit.Seq, t.def.Name)
}
func (t *table) home() string { return prefix + "iceberg/" + t.def.Name }
func (t *table) metadataName() string {
	return fmt.Sprintf("%s/metadata/v%d.metadata.json", t.home(), t.commit.Seq)
}
func (t *table) manifestListName() string { return t.avroName("manifests") }
func (t *table) manifestName() string     { return t.avroName("parts") }
func (t *table) hintName() string         { return t.home() + "/metadata/version-hint.text" }

func (t *table) avroName(what string) string {
	return fmt.Sprintf("%s/metadata/%012d-%s.avro", t.home(), t.commit.Seq, what)
}

func (t *table) uri(name string) string { return t.root + "/" + name }

// uuid tells the table from all others. It is that of the lake's table whenever and by whom it is published.
func (t *table) uuid() string {
	b := sha256.Sum256([]byte(t.lakeID + "\x00" + t.def.Name))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8, made in a way of our own
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// list returns the URIs of the parts, a line each; nothing where there are no parts.
func (t *table) list() []byte {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(t.uri(p.Name) + "\n")
	}
	return []byte(b.String())
}

// checkList compares a stored list with the commit: each part once, and nothing else.
func (t *table) checkList(stored []byte) error {
	text, found := string(stored), map[string]bool{}
	for line := range strings.Lines(text) {
		if found[line] {
			return fmt.Errorf("it names a part twice")
		}
		found[line] = true
	}
	for _, p := range t.parts {
		if !found[t.uri(p.Name)+"\n"] {
			return fmt.Errorf("it lacks %s", p.Name)
		}
	}
	if len(found) != len(t.parts) {
		return fmt.Errorf("it names %d parts, want %d", len(found), len(t.parts))
	}
	return sameBytes(stored, t.list(), nil)
}

// with is the table as another version of the program published it.
func (t *table) with(d described) *table {
	other := *t
	other.published = &d
	return &other
}

// described is what is said of the table.
func (t *table) described() described {
	if t.published != nil {
		return *t.published
	}
	d := described{columns: t.fields(), comment: t.def.Doc}
	for _, c := range t.def.Columns {
		d.lastID = max(d.lastID, c.ID)
	}
	return d
}

// seal is the hash of some words, as JSON.
func seal(words ...any) string {
	text, err := json.Marshal(words, json.Deterministic(true))
	if err != nil {
		panic(err) // they are texts and numbers
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// sameBytes is the last of the comparisons, after those that can say what is wrong: whatever else stands there, readers
// might make something of it.
func sameBytes(stored, want []byte, err error) error {
	if err == nil && !bytes.Equal(stored, want) {
		err = errors.New("it is not as kycsync writes it")
	}
	return err
}
