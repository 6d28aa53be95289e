package extract

import (
	"context"
	"fmt"

	"kycsync/schemas"
)

// Workflows asks for all workflows, for their names. Each comes once.
//
// Source: GET /v3/workflows/.
func (c *Client) Workflows(ctx context.Context) ([]schemas.Document, error) {
	l := list{what: "list of workflows", path: "/v3/workflows/", id: "uuid", counter: func(s *Stats) *int64 { return &s.Workflows }}
	var docs []schemas.Document
	seen := map[string]bool{}
	for offset := 0; ; {
		s, err := c.sheet(ctx, l, offset)
		if err != nil {
			return nil, err
		}
		for _, e := range s.results {
			if e.id == "" {
				return nil, c.giveUp(l.ask(0, offset), 1, fmt.Errorf("%w: uuid: want a UUID", ErrMalformed))
			}
			if !seen[e.id] {
				seen[e.id] = true
				docs = append(docs, schemas.Document{Kind: schemas.Workflow, ID: e.id, Body: e.body, ObservedAt: s.at})
			}
		}
		if !s.next {
			return docs, nil
		}
		offset += len(s.results)
	}
}
