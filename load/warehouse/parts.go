package warehouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// A partSet is some verified parts of one table on the local disk, as SQL can read them.
type partSet struct {
	table *schemas.Table
	rows  int64  // that the commit says are in them
	from  string // SQL: a subquery of the table's columns and the hidden _part and _row
	spool string
	files []string
}

// fetch brings parts to the local disk and verifies them. They stand in the order in which they
// were added, so that of two rows the one in the later part, or further down in it, is the newer.
func (b *build) fetch(ctx context.Context, t *schemas.Table, parts []lake.Part) (*partSet, error) {
	return fetch(ctx, b.lake, b.in, t, parts, b.spool, b.cfg.Mask)
}

func fetch(ctx context.Context, l *lake.Lake, in *instance, t *schemas.Table, parts []lake.Part, spool string, mask *Mask) (*partSet, error) {
	lake.Sort(parts)
	set := &partSet{table: t, spool: spool}
	for _, p := range parts {
		name, err := l.Fetch(ctx, p, spool)
		if err == nil {
			name, err = filepath.EvalSymlinks(name)
		}
		if err != nil {
			set.release()
			return nil, fmt.Errorf("warehouse: %w", err)
		}
		set.files, set.rows = append(set.files, name), set.rows+p.Rows
	}
	if mask != nil {
		if err := mask.mask(ctx, t, set.files, spool); err != nil {
			set.release()
			return nil, err
		}
	}
	var err error
	if set.from, err = set.relation(ctx, in); err != nil {
		set.release()
		return nil, err
	}
	return set, nil
}

// release removes the files that were downloaded. Those that lie in the lake stay.
func (s *partSet) release() {
	spool, err := filepath.EvalSymlinks(s.spool)
	if err != nil {
		return // it is gone, and the files in it
	}
	for _, name := range s.files {
		if filepath.Dir(name) == spool {
			os.Remove(name) // what stays is wiped at the next start
		}
	}
}

// relation returns the subquery that reads the files. A column that is younger than all of them is
// null; one younger than some is null in those.
func (s *partSet) relation(ctx context.Context, in *instance) (string, error) {
	if len(s.files) == 0 {
		return s.empty(), nil
	}
	source := fmt.Sprintf("read_parquet(%s, union_by_name = true, hive_partitioning = false)", literals(s.files))
	stored, err := s.storedTypes(ctx, in)
	if err != nil {
		return "", err
	}
	var cols []string
	for _, c := range s.table.Stored() {
		typ, ok := stored[c.Name]
		switch want := parquetType(c.Kind); {
		case !ok:
			cols = append(cols, fmt.Sprintf("CAST(NULL AS %s) AS %s", c.Kind.DuckDB(), ident(c.Name)))
		case typ != want:
			return "", fmt.Errorf("warehouse: parts of %s: column %q is %s, want %s", s.table.Name, c.Name, typ, want)
		case want != c.Kind.DuckDB() && c.Kind == schemas.JSON:
			cols = append(cols, fmt.Sprintf("CAST(%s AS JSON) AS %s", ident(c.Name), ident(c.Name)))
		default:
			cols = append(cols, ident(c.Name))
		}
		delete(stored, c.Name)
	}
	for name := range stored {
		return "", fmt.Errorf("warehouse: parts of %s: there is a column %q that this program does not know: were they written by a newer one?", s.table.Name, name)
	}
	return fmt.Sprintf("(SELECT %s, file_index AS _part, file_row_number AS _row FROM %s)", strings.Join(cols, ", "), source), nil
}

// empty returns the subquery of no rows.
func (s *partSet) empty() string {
	var cols []string
	for _, c := range s.table.Stored() {
		cols = append(cols, fmt.Sprintf("CAST(NULL AS %s) AS %s", c.Kind.DuckDB(), ident(c.Name)))
	}
	return "(SELECT " + strings.Join(cols, ", ") + ", 0 AS _part, 0 AS _row WHERE false)"
}

// last returns the subquery of the last row of each key.
func (s *partSet) last() string {
	return fmt.Sprintf("(SELECT %s FROM %s QUALIFY row_number() OVER (PARTITION BY %s ORDER BY _part DESC, _row DESC) = 1)",
		columns(s.table), s.from, idents(s.table.Key))
}

// parquetType returns the DuckDB type of a kind's column in a part.
func parquetType(k schemas.Kind) string {
	switch k {
	case schemas.Text, schemas.JSON:
		return "VARCHAR"
	case schemas.Time:
		return "TIMESTAMP WITH TIME ZONE"
	case schemas.Int, schemas.Float, schemas.Bool, schemas.Date, schemas.Decimal:
		return k.DuckDB()
	}
	panic(fmt.Sprintf("warehouse: kind %d is not in parts", k))
}

// storedTypes returns the DuckDB types of the columns in the files, by name. Files that disagree
// are an error: read_parquet would convert one into the other without a word.
func (s *partSet) storedTypes(ctx context.Context, in *instance) (map[string]string, error) {
	op := "describe parts of " + s.table.Name
	rows, err := in.conn.QueryContext(ctx, "SELECT DISTINCT name, duckdb_type FROM parquet_schema("+literals(s.files)+") WHERE duckdb_type IS NOT NULL")
	if err != nil {
		return nil, fail(ctx, op, err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return nil, fail(ctx, op, err)
		}
		if other, ok := out[name]; ok {
			return nil, fmt.Errorf("warehouse: parts of %s: column %q is %s in one and %s in another", s.table.Name, name, min(typ, other), max(typ, other))
		}
		out[name] = typ
	}
	return out, fail(ctx, op, rows.Err())
}
