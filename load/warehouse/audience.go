package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kycsync/schemas"
)

// ErrAudience means that a warehouse is for another audience than the one that is asked for: what a build would put in its
// place would show people who may not see it more, or others less.
var ErrAudience = errors.New("the warehouse is for another audience")

// A Mask makes a warehouse that an audience may have. The full one has none.
type Mask struct {
	Audience string
	ID       string                       // another one makes another warehouse of the same rows
	Notes    map[string]map[string]string // by table and column, what was done to the values
	// File writes the rows of a part as they may be seen to a new file in dir, and returns its name.
	File func(ctx context.Context, t *schemas.Table, from, dir string) (string, error)
}

// audienceTable is only in a warehouse that is not the full one. It has one row.
const audienceTable = "_audience"

// An audience is for whom a file is; empty: it is the full one.
type audience struct{ name, mask string }

func (cfg *Config) audience() audience {
	if cfg.Mask == nil {
		return audience{}
	}
	return audience{cfg.Mask.Audience, cfg.Mask.ID}
}

// audience reads for whom a file is.
func (in *instance) audience(ctx context.Context) (a audience, err error) {
	var there bool
	err = in.row(ctx, "read for whom the file is", "SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = "+literal(catalog)+" AND table_name = "+literal(audienceTable), &there)
	if err != nil || !there {
		return a, err
	}
	return a, in.row(ctx, "read for whom the file is", "SELECT audience, mask FROM "+audienceTable, &a.name, &a.mask)
}

// Audience returns for whom the file was made; empty: it is the full one.
func (r *Reader) Audience(ctx context.Context) (string, error) {
	a, err := r.in.audience(ctx)
	return a.name, err
}

// dedicate notes in a new file for whom it is, and at each column what was done to its values.
func (b *build) dedicate(ctx context.Context) error {
	if b.cfg.Mask == nil {
		return nil
	}
	a := b.cfg.audience()
	stmts := []string{
		"CREATE TABLE " + audienceTable + " AS SELECT " + literal(a.name) + " AS audience, " + literal(a.mask) + " AS mask",
		comment("TABLE", audienceTable, "For whom this file was made: it has no more than they may see. mask tells of the policy and the key of the pseudonyms."),
	}
	for _, t := range tables() {
		for _, c := range t.Stored() {
			if note := b.cfg.Mask.Notes[t.Name][c.Name]; note != "" {
				stmts = append(stmts, comment("COLUMN", ident(t.Name)+"."+ident(c.Name), c.Class.String()+": "+c.Doc+" ("+note+")"))
			}
		}
	}
	for _, stmt := range stmts {
		if err := b.in.exec(ctx, "note for whom the file is", stmt); err != nil {
			return err
		}
	}
	return nil
}

// sameAudience refuses to replace a published file by one for others. One that does not open says nothing of it, and its
// build file does.
func (b *build) sameAudience(ctx context.Context) error {
	for _, path := range []string{b.cfg.Path, b.file()} {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		in, err := openInstance(ctx, path, true, limits{memoryMB: b.cfg.MemoryMB, threads: 1})
		if err != nil {
			continue // it is replaced
		}
		there, err := in.audience(ctx)
		if err = errors.Join(err, in.close()); err != nil {
			continue
		}
		if there.name != b.cfg.audience().name {
			return fmt.Errorf("%w: %q is %s, and it would become %s; name another file", ErrAudience, b.cfg.Path, there, b.cfg.audience())
		}
		return nil
	}
	return nil
}

func (a audience) String() string {
	if a.name == "" {
		return "the full one"
	}
	return "for the audience " + a.name
}

// mask replaces the files of a set by what may be seen of them. Those that were downloaded are removed.
func (m *Mask) mask(ctx context.Context, t *schemas.Table, names []string, spool string) error {
	spool, err := filepath.EvalSymlinks(spool)
	if err != nil {
		return fmt.Errorf("warehouse: %w", err)
	}
	for i, name := range names {
		masked, err := m.File(ctx, t, name, spool)
		if filepath.Dir(name) == spool {
			err = errors.Join(err, os.Remove(name))
		}
		if err != nil {
			return fmt.Errorf("warehouse: %s for the audience %s: %w", t.Name, m.Audience, err)
		}
		names[i] = masked
	}
	return nil
}

// full refuses a file that has less than the lake.
func (r *Reader) full(ctx context.Context) error {
	a, err := r.in.audience(ctx)
	if err == nil && a.name != "" {
		err = fmt.Errorf("%w: it is %s, and has less than the lake", ErrAudience, a)
	}
	return err
}
