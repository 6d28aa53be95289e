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
		r.batch.flows = append(r.batch.flows, pending{
			Version: transform.Version{Application: r.Config.Application, SessionID: schemas.SessionID(d.ID),
				ObservedAt: d.ObservedAt, RunID: r.RunID, ContentHash: c.ContentSHA256,
				Documents: []schemas.Document{{Kind: schemas.Workflow, ID: d.ID, Body: c.JSON, ObservedAt: d.ObservedAt}}},
			raw: []raw{{c.ContentSHA256, c.ReceivedSHA256}},
		})
	}
	return nil
}
