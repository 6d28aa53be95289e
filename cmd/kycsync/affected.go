package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/schemas"

	"github.com/urfave/cli/v2"
)

// affected is whose rows stand in a damaged part, as the warehouse knows it.
type affected struct {
	Part  string   `json:"part"`
	Table string   `json:"table"`
	Kind  string   `json:"kind"` // "session_id", or what else tells the table's entities apart
	IDs   []string `json:"ids"`
}

// String names the first few.
func (a affected) String() string {
	const most = 5
	text := strings.Join(a.IDs[:min(len(a.IDs), most)], ", ")
	if more := len(a.IDs) - most; more > 0 {
		text += andMore(more)
	}
	return fmt.Sprintf("%s: %d of %s: %s", a.Table, len(a.IDs), a.Kind, text)
}

// affected asks the warehouse whose versions were stored by the commits that a damaged part has rows of. Without
// a warehouse nobody can tell, and nothing is said.
func (p *program) affected(c *cli.Context, damaged []lake.Problem) (all []affected) {
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		p.log.Warn("whom the damage affects is not known without a warehouse", "error", err.Error())
		return nil
	}
	defer r.Close()
	for _, problem := range damaged {
		t := schemas.Lookup(problem.Table)
		if t == nil {
			continue
		}
		if t.Name == "raw_documents" { // it is in the lake alone; the sessions are most of it
			t = schemas.Lookup("sessions")
		}
		if t.Root() == "" {
			continue // what stands there is about runs, and can be made again
		}
		key := slices.DeleteFunc(slices.Clone(t.EntityKey()), func(name string) bool { return name == "application" })
		a := affected{Part: problem.Part.Name, Table: problem.Table, Kind: strings.Join(key, ", ")}
		if a.IDs, err = storedBy(c.Context, r, t, key, problem.Part); err != nil {
			p.log.Warn("whom the damage affects cannot be told", "part", problem.Part.Name, "error", err.Error())
			continue
		}
		all = append(all, a)
	}
	return all
}

// storedBy returns the entities with a version of the commits that a part has rows of.
func storedBy(ctx context.Context, r *warehouse.Reader, t *schemas.Table, key []string, part lake.Part) (ids []string, err error) {
	first, last := part.Span()
	res, err := r.Query(ctx, fmt.Sprintf(`SELECT DISTINCT concat_ws('/', %s) AS id FROM %s_versions WHERE version_seq BETWEEN ? AND ? ORDER BY id`, strings.Join(key, ", "), t.Name), first, last)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	for res.Next() {
		ids = append(ids, fmt.Sprint(res.Values()[0]))
	}
	return ids, res.Err()
}
