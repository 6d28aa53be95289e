package night

import (
	"context"
	"errors"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// fetchWorkflows reads the organisation's workflows, which give the sessions' workflow ids their
// names, and keeps those that changed.
func (r *run) fetchWorkflows(ctx context.Context) error {
	docs, err := r.Client.Workflows(ctx)
	if errors.Is(err, extract.ErrUnauthorized) || errors.Is(err, extract.ErrStatus) || errors.Is(err, extract.ErrMalformed) {
		r.Log.Warn("workflows are not read: the key may not, or the list is not readable; sessions keep their workflow ids", "error", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	for _, d := range docs {
		c, err := transform.Canonicalize(schemas.Workflow, d.Body)
		if err != nil {
			r.reject(rejected{unread(schemas.Workflow, schemas.SessionID(d.ID), err), d.ObservedAt, digestOf(d.Body)})
			continue
		}
		if r.flows[d.ID] == c.ContentSHA256 {
			continue
		}
		r.batch.entities = append(r.batch.entities, r.newVersion(d.ID, d.ObservedAt, c.ContentSHA256, []seenDocument{{schemas.Workflow, c, d.ObservedAt}}))
	}
	return nil
}
