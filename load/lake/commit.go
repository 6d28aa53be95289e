package lake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// commitFormat is the version of the commit's JSON form. A change that an older program would
// misread raises it.
const commitFormat = 1

// maxCommitBytes bounds what is read of a commit: some 800,000 parts.
const maxCommitBytes = 256 << 20

// CommitKind tells why a commit was made.
type CommitKind string

// The commit kinds.
const (
	Sync    CommitKind = "sync"
	Compact CommitKind = "compact"
	Replay  CommitKind = "replay"
	Erase   CommitKind = "erase"
	Recover CommitKind = "recover"  // went back to an older commit, see Lake.Recover
	StandIn CommitKind = "stand-in" // has the number of a commit that was lost
)

// A Part is one immutable Parquet file of one table, as a commit names it.
type Part struct {
	Name       string `json:"-"` // object name; the key in Commit.Tables
	Rows       int64  `json:"rows"`
	Bytes      int64  `json:"bytes"`
	SHA256     string `json:"sha256"` // hex
	CRC32C     uint32 `json:"crc32c"`
	Level      int    `json:"level"` // 0 as written by a run, 1 and up by compaction
	AddedBySeq int64  `json:"added_by_seq"`
	FirstSeq   int64  `json:"first_seq,omitzero"` // of a compacted part: the commits that brought its rows, see Span
	LastSeq    int64  `json:"last_seq,omitzero"`
}

// A Commit makes parts visible. Its JSON form is the object _lake/commits/<seq>.json. It holds the
// full live file set, so that any commit can be read alone. No personal value and no session id
// stands in it.
type Commit struct {
	Format       int        `json:"format"` // 1
	Seq          int64      `json:"seq"`    // 1, 2, 3, without gaps
	ParentSHA256 string     `json:"parent_sha256"`
	Kind         CommitKind `json:"kind"`
	RunID        string     `json:"run_id"`
	Application  string     `json:"application,omitempty"` // of a run that asked the vendor
	CommittedAt  time.Time  `json:"committed_at"`          // UTC, whole microseconds, after the parent's; a stand-in may have its parent's
	PublishedSeq int64      `json:"published_seq"`         // newest commit that passed the gates, this one or older; 0: none yet

	// Tables maps table to object name to part: every live part, not only the new ones.
	Tables map[string]map[string]Part `json:"tables"`
	// Figures are the run's counts, for people and status. None is negative.
	Figures map[string]int64 `json:"figures,omitempty"`
	// Note says in a sentence what is special about the commit, for example the gate that failed.
	Note string `json:"note,omitempty"`
	// Recovery and Lost are what an explicit recovery says of itself: of kind recover and stand-in alone.
	Recovery *Recovery   `json:"recovery,omitempty"`
	Lost     *LostCommit `json:"lost,omitempty"`

	SHA256 string `json:"-"` // of the object's bytes, set when read or written
}

// commitName returns the object name of a commit. Twelve digits, so that names sort as numbers.
func commitName(seq int64) string { return fmt.Sprintf("%s%012d.json", commitPrefix, seq) }

const commitPrefix = "_lake/commits/"

var (
	commitNameRE = regexp.MustCompile(`^_lake/commits/([0-9]{12})\.json$`)
	tableNameRE  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	runIDRE      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
)

// marshal returns the one JSON form of c: object members in a fixed order, a newline at the end.
func (c *Commit) marshal() ([]byte, error) {
	b, err := json.Marshal(c, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// parseCommit reads a commit's JSON form. It is strict, because a commit that is misread loses
// data: unknown, missing and repeated members, trailing bytes, numbers and times in another
// spelling, and everything that check refuses, are errors that wrap ErrDamaged. Only white space,
// the order of members and escapes in strings may differ from what marshal writes.
func parseCommit(data []byte) (*Commit, error) {
	c := new(Commit)
	if err := json.Unmarshal(data, c, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if c.Format != commitFormat {
		return nil, fmt.Errorf("%w: format %d, want %d: written by a newer program?", ErrDamaged, c.Format, commitFormat)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	again, err := c.marshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if !sameJSON(data, again) {
		return nil, fmt.Errorf("%w: a member is missing or spelled as it never is", ErrDamaged)
	}
	for _, parts := range c.Tables {
		for name, p := range parts {
			p.Name = name
			parts[name] = p
		}
	}
	c.SHA256 = hexSHA256(data)
	return c, nil
}

// sameJSON reports whether a and b are the same but for white space, order of members and escapes.
// Numbers must be spelled alike.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var out [2]jsontext.Value
	for i, data := range [][]byte{a, b} {
		out[i] = bytes.Clone(data)
		if err := out[i].Format(jsontext.ReorderRawObjects(true)); err != nil {
			return false
		}
	}
	return bytes.Equal(out[0], out[1])
}

// check returns what is wrong with a commit that is looked at alone, or nil.
func (c *Commit) check() error {
	switch {
	case c.Seq < 1:
		return fmt.Errorf("seq %d, want 1 or more", c.Seq)
	case c.Seq == 1 && c.ParentSHA256 != "":
		return fmt.Errorf("commit 1 names a parent")
	case c.Seq > 1 && !isSHA256(c.ParentSHA256):
		return fmt.Errorf("parent_sha256 is not 64 hex digits")
	case !slices.Contains([]CommitKind{Sync, Compact, Replay, Erase, Recover, StandIn}, c.Kind):
		return fmt.Errorf("unknown kind %q", c.Kind)
	case !runIDRE.MatchString(c.RunID):
		return fmt.Errorf("run_id %q, want letters, digits, - and _", c.RunID)
	case c.CommittedAt.IsZero() || c.CommittedAt.Location() != time.UTC || !c.CommittedAt.Equal(c.CommittedAt.Truncate(time.Microsecond)):
		return fmt.Errorf("committed_at is not in UTC and whole microseconds")
	case c.PublishedSeq < 0 || c.PublishedSeq > c.Seq:
		return fmt.Errorf("published_seq %d, want 0 to %d", c.PublishedSeq, c.Seq)
	}
	if err := c.checkRecovery(); err != nil {
		return err
	}
	for name, n := range c.Figures {
		if n < 0 {
			return fmt.Errorf("figure %q is %d, want 0 or more", name, n)
		}
	}
	for table, parts := range c.Tables {
		if !tableNameRE.MatchString(table) {
			return fmt.Errorf("table name %q, want a-z, 0-9 and _", table)
		}
		for name, p := range parts {
			if err := p.check(table, name, c.Seq); err != nil {
				return fmt.Errorf("part %q: %w", name, err)
			}
		}
	}
	return nil
}

func (p Part) check(table, name string, seq int64) error {
	if err := ValidName(name); err != nil {
		return err
	}
	switch {
	case !strings.HasPrefix(name, partPrefix(table)) || !strings.HasSuffix(name, ".parquet"):
		return fmt.Errorf("want %s….parquet", partPrefix(table))
	case p.Rows < 0 || p.Bytes < 1 || p.Level < 0:
		return fmt.Errorf("%d rows, %d bytes, level %d: want none negative", p.Rows, p.Bytes, p.Level)
	case !isSHA256(p.SHA256):
		return fmt.Errorf("sha256 is not 64 hex digits")
	case p.AddedBySeq < 1 || p.AddedBySeq > seq:
		return fmt.Errorf("added_by_seq %d, want 1 to %d", p.AddedBySeq, seq)
	case (p.FirstSeq != 0 || p.LastSeq != 0) && (p.Level == 0 || p.FirstSeq < 1 || p.LastSeq < p.FirstSeq || p.LastSeq >= p.AddedBySeq):
		return fmt.Errorf("first_seq %d and last_seq %d of level %d, want none or 1 to %d", p.FirstSeq, p.LastSeq, p.Level, p.AddedBySeq-1)
	}
	return nil
}

// isSHA256 reports whether text is a hash as commits hold them.
func isSHA256(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

func partPrefix(table string) string { return "tables/" + table + "/data/" }

// follows returns what keeps c from being the commit after parent, or nil. parent is nil for the
// first commit.
func (c *Commit) follows(parent *Commit) error {
	if parent == nil {
		parent = new(Commit)
	}
	switch {
	case c.Seq != parent.Seq+1:
		return fmt.Errorf("seq %d, want %d", c.Seq, parent.Seq+1)
	case c.ParentSHA256 != parent.SHA256 && !parent.standsForParentOf(c):
		return fmt.Errorf("hash chain broken: parent_sha256 is %.12s, commit %d has %.12s", c.ParentSHA256, parent.Seq, parent.SHA256)
	case c.CommittedAt.Before(parent.CommittedAt):
		return fmt.Errorf("committed_at lies before that of commit %d", parent.Seq)
	}
	return c.liveSetFollows(parent)
}

// liveSetFollows compares the live file sets: a part is the parent's, unchanged, or is new with
// this commit's number. A sync only adds. What a commit did that was lost is not known: what follows it may bring
// that one's parts, and lack others.
func (c *Commit) liveSetFollows(parent *Commit) error {
	oldest := c.Seq
	switch {
	case c.Kind == Recover:
		oldest = 1 // and Lake.link looks where they are from
	case parent.Kind == StandIn && (c.Kind != StandIn || parent.standsForParentOf(c)):
		oldest = parent.Lost.Since + 1
	}
	for table, parts := range c.Tables {
		for name, p := range parts {
			old, kept := parent.Tables[table][name]
			old.Name, p.Name = "", ""
			if kept && old != p {
				return fmt.Errorf("part %q differs from the same part in commit %d", name, parent.Seq)
			}
			if !kept && p.AddedBySeq < oldest {
				return fmt.Errorf("part %q is not in commit %d, yet says that commit %d added it", name, parent.Seq, p.AddedBySeq)
			}
		}
	}
	switch {
	case c.Kind == StandIn && !parent.standsForParentOf(c): // else it was lost later than the one after it
		return c.addsNothingTo(parent)
	case parent.Kind == StandIn:
		return nil
	case c.Kind == Compact:
		return c.holdsRowsOf(parent)
	case c.Kind != Sync:
		return nil
	}
	for table, parts := range parent.Tables {
		for name := range parts {
			if _, kept := c.Tables[table][name]; !kept {
				return fmt.Errorf("part %q of commit %d is gone, and a sync removes nothing", name, parent.Seq)
			}
		}
	}
	return nil
}

func hexSHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
