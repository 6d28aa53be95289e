package schemas

import "slices"

// History says how the rows of a table follow one another.
type History uint8

// The histories. The rows of the first three belong to versions: each version of an entity has a set
// of rows of its own in each of the entity's tables, and current are those of its newest version.
const (
	BySession History = iota + 1 // the entity is a session
	ByKey                        // one row per version: the table is the entity's own, and Key names it
	ByOwner                      // the entity is that of the table that Owner names
	Log                          // rows stand for themselves and are only ever added
	State                        // the last row of a key is the one that counts; no history
)

// Root returns the name of the table that is the entity's own, or "" where rows have no versions.
func (t *Table) Root() string {
	switch t.History {
	case BySession:
		return sessions.Name
	case ByKey:
		return t.Name
	case ByOwner:
		return t.Owner
	}
	return ""
}

// FromDocuments reports whether the versions are made of the vendor's documents, so that a replay makes them again.
// Those that the organisation has told stand in no document.
func (t *Table) FromDocuments() bool {
	root := Lookup(t.Root())
	return root != nil && len(root.Sources) > 0
}

// EntityKey returns the columns that tell apart the entities to whose versions the rows belong: the
// same in all tables of one Root. It is nil where rows have no versions.
func (t *Table) EntityKey() []string {
	switch t.History {
	case BySession:
		return []string{"application", "session_id"}
	case ByKey:
		return t.Key
	case ByOwner:
		return Lookup(t.Owner).Key
	}
	return nil
}

// RowKey returns the columns that identify a row of the whole table, every version. It is nil for a
// Log, whose rows nothing need tell apart.
func (t *Table) RowKey() []string {
	switch t.History {
	case BySession, ByOwner:
		return slices.Concat(t.EntityKey(), []string{"version_seq"}, t.Key)
	case ByKey:
		return slices.Concat(t.Key, []string{"version_seq"})
	case State:
		return t.Key
	}
	return nil
}
