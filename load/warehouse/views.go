package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"kycsync/sql"
)

// viewsSHA256 identifies the views: a file with others gets them anew.
var viewsSHA256 = sync.OnceValue(func() string {
	h := sha256.New()
	for _, v := range sql.Views {
		fmt.Fprintf(h, "%s;\n", strings.Join(viewDDL(&v), ";\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
})

// viewDDL returns the statements that make a view and say in the catalogue what it is.
func viewDDL(v *sql.View) []string {
	kind := "VIEW"
	if v.Macro {
		kind = "MACRO TABLE"
	}
	doc := v.Doc
	for _, p := range v.Params {
		doc += "\n" + p.Name + ": " + p.Doc
	}
	if v.Example != "" {
		doc += "\nExample: " + v.Example
	}
	out := []string{v.SQL, comment(kind, v.Name, doc)}
	for _, c := range v.Columns {
		if !v.Macro && c.Doc != "" {
			out = append(out, comment("COLUMN", v.Name+"."+c.Name, c.Doc))
		}
	}
	return out
}

// defineViews makes the views, unless the file has them.
func (b *build) defineViews(ctx context.Context) error {
	var same bool
	if err := b.in.row(ctx, "read the file's facts", "SELECT views_sha256 IS NOT DISTINCT FROM "+literal(viewsSHA256())+" FROM "+factsTable, &same); err != nil || same {
		return err
	}
	views := sql.Views
	if b.cfg.bare {
		views = nil
	}
	return b.in.transaction(ctx, func() error {
		if err := b.in.dropOldViews(ctx); err != nil {
			return err
		}
		for _, v := range views {
			for _, stmt := range viewDDL(&v) {
				if err := b.in.exec(ctx, "define view "+v.Name, stmt); err != nil {
					return err
				}
			}
		}
		return b.in.exec(ctx, "define views", "UPDATE "+factsTable+" SET views_sha256 = ?", viewsSHA256())
	})
}

// dropOldViews removes the views and macros that an older program made and that there are no more, and those that
// have become the other.
func (in *instance) dropOldViews(ctx context.Context) error {
	var keep []string
	for _, t := range tables() {
		keep = append(keep, t.Name+versions, t.Name+asKnownAt)
	}
	const found = `SELECT coalesce(list(DISTINCT name), []) FROM (
		SELECT view_name AS name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'
		UNION ALL SELECT function_name FROM duckdb_functions() WHERE NOT internal AND schema_name = 'main' AND function_type LIKE '%%macro')
		WHERE name NOT IN (SELECT unnest(%s))`
	var old []any
	if err := in.row(ctx, "list the views", fmt.Sprintf(found, literals(keep)), &old); err != nil {
		return err
	}
	for _, name := range old {
		n, _ := name.(string)
		if v := sql.Lookup(n); v != nil && !slices.Contains(keep, n) {
			continue // made anew
		}
		for _, kind := range []string{"VIEW", "MACRO TABLE"} {
			if err := in.exec(ctx, "drop an old view", fmt.Sprintf("DROP %s IF EXISTS %s", kind, ident(n))); err != nil {
				return err
			}
		}
	}
	return nil
}
