package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"

	"kycsync/schemas"
)

// Decision asks for the decision of a session. Errors that concern only this session satisfy
// [OfSession]: ErrGone, ErrNoAnswer, ErrBodyTooLarge, ErrMalformed (the answer is about another
// session), ErrStatus. A body that is no JSON text is handed on after the attempts are spent: to refuse it
// is the reader's part.
//
// Source: GET /v3/session/{id}/decision/.
func (c *Client) Decision(ctx context.Context, id schemas.SessionID) (schemas.Document, error) {
	if _, ok := sessionID(string(id)); !ok {
		return schemas.Document{}, errors.New("decision: the session id is not a UUID")
	}
	ans, err := c.get(ctx, ask{
		what:    "decision",
		session: id,
		alone:   true,
		path:    "/v3/session/" + string(id) + "/decision/",
		max:     maxDecisionBytes,
		counter: func(s *Stats) *int64 { return &s.Decisions },
		check:   func(body []byte) *fault { return checkDecision(body, id) },
	})
	if err != nil {
		return schemas.Document{}, err
	}
	return schemas.Document{Kind: schemas.Decision, ID: string(id), Body: ans.body, ObservedAt: ans.at}, nil
}

// checkDecision finds bodies that broke off, and answers about another session.
func checkDecision(body []byte, want schemas.SessionID) *fault {
	var got schemas.SessionID
	err := scan(body, func(name []byte, d *jsontext.Decoder) error {
		if string(name) != "session_id" {
			return d.SkipValue()
		}
		v, err := d.ReadValue()
		got, _ = sessionID(text(v))
		return err
	})
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return brokenOff()
	case got != "" && got != want:
		return final(fmt.Errorf("%w: it is about another session", ErrMalformed))
	}
	return nil
}

// Fetched is the outcome of one task. The document is empty if there was an error.
type Fetched struct {
	Task     Task
	Document schemas.Document
}

// Fetch asks for the decision of every task and yields them in the order of completion, each once,
// under the rules of [Each].
func (c *Client) Fetch(ctx context.Context, tasks []Task) iter.Seq2[Fetched, error] {
	return func(yield func(Fetched, error) bool) {
		decision := func(ctx context.Context, t Task) (schemas.Document, error) { return c.Decision(ctx, t.ID) }
		for g, err := range Each(ctx, c, tasks, decision) {
			if !yield(Fetched{g.Item, g.Document}, err) {
				return
			}
		}
	}
}
