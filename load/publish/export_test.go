package publish

import "kycsync/schemas"

// Only publishes these tables alone: the others are no different, and each costs a dozen files on disk.
func (c Config) Only(tables ...string) Config {
	for _, name := range tables {
		c.tables = append(c.tables, schemas.Lookup(name))
	}
	return c
}
