package lake

import "time"

// CommitKind tells why a commit was made.
type CommitKind string

// The commit kinds.
const (
	Sync    CommitKind = "sync"
	Compact CommitKind = "compact"
	Replay  CommitKind = "replay"
	Erase   CommitKind = "erase"
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
	CommittedAt  time.Time  `json:"committed_at"`  // UTC
	PublishedSeq int64      `json:"published_seq"` // newest commit that passed the gates, this one or older; 0: none yet

	// Tables maps table to object name to part: every live part, not only the new ones.
	Tables map[string]map[string]Part `json:"tables"`
	// Figures are the run's counts, for people and status.
	Figures map[string]int64 `json:"figures,omitempty"`
	// Note says in a sentence what is special about the commit, for example the gate that failed.
	Note string `json:"note,omitempty"`

	SHA256 string `json:"-"` // of the object's bytes, set when read or written
}
