package warehouse

import (
	"slices"

	"kycsync/schemas"
)

// A family is an entity's tables: those whose rows belong to its versions, such as a user's and its
// contacts. A version replaces the one before in all of them, also in those where it has no rows: a
// child that vanished leaves nothing behind. And what has a row in any of them is a version, so that
// one whose row in the first was rejected still ends the version before.
type family struct {
	root   string   // name of the table that is the entity's own
	key    []string // columns that tell the entities apart
	tables []*schemas.Table
}

// families returns them in the order of the dictionary.
func families() []family {
	var out []family
	at := map[string]int{}
	for _, t := range tables() {
		root := t.Root()
		if root == "" {
			continue
		}
		i, ok := at[root]
		if !ok {
			i = len(out)
			at[root] = i
			out = append(out, family{root: root, key: t.EntityKey()})
		}
		out[i].tables = append(out[i].tables, t)
	}
	return out
}

// version returns the columns that tell one version from all others.
func (f *family) version() []string { return slices.Concat(f.key, []string{versionSeq}) }
