package warehouse

import (
	"context"
	"fmt"

	"kycsync/schemas"
)

// Each row of a table with versions is stored once: in T as long as its version is the newest of its entity, and from
// then on in T_replaced, with the version that took its place.

// load inserts the rows of set: those of the versions in ended among the ones that were replaced, the others among the
// current ones. It returns how many these are.
func (in *instance) load(ctx context.Context, set *partSet, ended string, f *family) (current int64, err error) {
	t, op := set.table, "load "+set.table.Name
	var some bool
	if err := in.row(ctx, op, fmt.Sprintf("SELECT EXISTS (FROM %s)", ended), &some); err != nil {
		return 0, err
	}
	if !some {
		return in.change(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s", ident(t.Name), columns(t), set.from))
	}
	on := equal("p", "e", f.version())
	current, err = in.change(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s AS p ANTI JOIN %s AS e ON %s", ident(t.Name), columns(t), set.from, ended, on))
	if err != nil {
		return 0, err
	}
	return current, in.exec(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s, e.%s FROM %s AS p JOIN %s AS e ON %s",
		ident(t.Name+replaced), prefixed("p", names(t)), nextSeq, set.from, ended, on))
}

// move moves rows of T to those that were replaced: the ones that a row of by stands for, in the columns on. Its
// column next is the version that replaced them.
func (in *instance) move(ctx context.Context, t *schemas.Table, by, next string, on []string) (moved int64, err error) {
	op := "load " + t.Name
	moved, err = in.change(ctx, op, fmt.Sprintf("INSERT INTO %s SELECT %s, a.%s FROM %s AS v JOIN %s AS a ON %s",
		ident(t.Name+replaced), prefixed("v", names(t)), next, ident(t.Name), by, equal("v", "a", on)))
	if err != nil || moved == 0 {
		return 0, err
	}
	gone, err := in.change(ctx, op, fmt.Sprintf("DELETE FROM %s AS v USING %s AS a WHERE %s", ident(t.Name), by, equal("v", "a", on)))
	if err == nil && gone != moved {
		err = fmt.Errorf("warehouse: load %s: %w: %d rows were replaced, and %d went", t.Name, ErrMismatch, moved, gone)
	}
	return moved, err
}
