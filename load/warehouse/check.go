package warehouse

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"kycsync/schemas"
)

// A fingerprint says how many rows a relation has and what is in them, whatever their order. It is
// DuckDB's own fast hash, for comparisons within one process.
type fingerprint struct {
	rows int64
	sum  *big.Int // of the hashes of the rows
}

// fingerprint reads all of t's columns in relation.
func (in *instance) fingerprint(ctx context.Context, t *schemas.Table, relation string) (fingerprint, error) {
	var f fingerprint
	err := in.row(ctx, "hash "+t.Name, fmt.Sprintf("SELECT count(*), coalesce(sum(hash(%s)), 0) FROM %s", hashed(t), relation), &f.rows, &f.sum)
	return f, err
}

// hashed are the columns of a row for DuckDB's hash.
func hashed(t *schemas.Table) string {
	var cols []string
	for _, c := range t.Stored() {
		if c.Kind == schemas.JSON {
			cols = append(cols, "CAST("+ident(c.Name)+" AS VARCHAR)")
		} else {
			cols = append(cols, ident(c.Name))
		}
	}
	return strings.Join(cols, ", ")
}

// mismatch returns an error that wraps ErrMismatch unless got is want.
func mismatch(table string, got, want fingerprint) error {
	switch {
	case got.rows != want.rows:
		return fmt.Errorf("warehouse: read %s back: %w: %d rows, want %d", table, ErrMismatch, got.rows, want.rows)
	case got.sum.Cmp(want.sum) != 0:
		return fmt.Errorf("warehouse: read %s back: %w: %d rows, and their hashes differ", table, ErrMismatch, got.rows)
	}
	return nil
}

// agree holds what was read back against the parts and against what the commit says of them, and adds it to what is noted
// of the table.
func (b *build) agree(ctx context.Context, set *partSet, got fingerprint) error {
	want, err := b.in.fingerprint(ctx, set.table, set.from)
	if err != nil {
		return err
	}
	if want.rows != set.rows {
		return fmt.Errorf("warehouse: read %s: %w: %d rows in the parts, the commit says %d", set.table.Name, ErrMismatch, want.rows, set.rows)
	}
	if err := mismatch(set.table.Name, got, want); err != nil {
		return err
	}
	return b.in.exec(ctx, "note "+set.table.Name, fmt.Sprintf("UPDATE %s SET hash_sum = hash_sum + %d WHERE table_name = ?", tallyTable, got.sum), set.table.Name)
}

// unique checks that the key of t identifies a row among those in loaded. A log has no key in that sense.
func (b *build) unique(ctx context.Context, t *schemas.Table, loaded string, rows int64) error {
	key := t.RowKey()
	if key == nil {
		return nil
	}
	op := "check the key of " + t.Name
	id, parts := ident(idOf(t)), rows/b.cfg.heldAtOnce+1
	for part := range parts {
		of := fmt.Sprintf("(FROM %s) WHERE hash(%s) %% %d = %d", loaded, id, parts, part)
		// Distinct hashes are cheap to count. They tell apart what differs but for one chance in
		// millions, and then the second, exact question settles it.
		var same bool
		err := b.in.row(ctx, op, fmt.Sprintf("SELECT count(*) = count(DISTINCT hash(%s)) FROM %s", idents(key), of), &same)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		var twice int64
		err = b.in.row(ctx, op, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s GROUP BY %s HAVING count(*) > 1)", of, idents(key)), &twice)
		if err != nil {
			return err
		}
		if twice > 0 {
			return fmt.Errorf("warehouse: check %s: %w: %d keys (%s) stand for more than one row", t.Name, ErrMismatch, twice, strings.Join(key, ", "))
		}
	}
	return nil
}
