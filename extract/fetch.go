package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"sync"
	"sync/atomic"

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
	err := scan(body, func(name string, d *jsontext.Decoder) error {
		if name != "session_id" {
			return d.SkipValue()
		}
		v, err := d.ReadValue()
		got, _ = sessionID(text(v))
		return err
	})
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		f := flaky(fmt.Errorf("%w: the JSON text breaks off", ErrMalformed))
		f.usable = true
		return f
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

// Fetch asks for the decision of every task and yields them in the order of completion, each once.
// An error that satisfies [OfSession] belongs to the task that it comes with, and the sequence goes
// on; any other ends it, and requests under way are abandoned.
func (c *Client) Fetch(ctx context.Context, tasks []Task) iter.Seq2[Fetched, error] {
	return func(yield func(Fetched, error) bool) {
		inner, cancel := context.WithCancel(ctx)
		crew := &crew{client: c, tasks: tasks, good: make(chan outcome), fatal: make(chan outcome, 1), stop: cancel}
		defer crew.wg.Wait()
		defer cancel()
		for range min(c.workers, len(tasks)) {
			crew.wg.Go(func() { crew.work(inner) })
		}
		for range tasks {
			select {
			case o := <-crew.good:
				if !yield(o.Fetched, o.err) {
					return
				}
			case o := <-crew.fatal:
				yield(o.Fetched, o.err)
				return
			case <-ctx.Done():
				yield(Fetched{}, context.Cause(ctx))
				return
			}
		}
	}
}

// An outcome is what became of a task.
type outcome struct {
	Fetched
	err error
}

// A crew works off tasks side by side.
type crew struct {
	client *Client
	tasks  []Task
	next   atomic.Int64
	good   chan outcome
	fatal  chan outcome // holds the first
	stop   func()
	wg     sync.WaitGroup
}

// work takes tasks until there are none or one worker has met a fatal error.
func (w *crew) work(ctx context.Context) {
	for i := w.next.Add(1) - 1; i < int64(len(w.tasks)); i = w.next.Add(1) - 1 {
		doc, err := w.client.Decision(ctx, w.tasks[i].ID)
		o := outcome{Fetched{w.tasks[i], doc}, err}
		if err != nil && !OfSession(err) {
			select {
			case w.fatal <- o:
			default:
			}
			w.stop()
			return
		}
		select {
		case w.good <- o:
		case <-ctx.Done():
			return
		}
	}
}

// Workflows asks for all workflows, for their names. Each comes once.
//
// Source: GET /v3/workflows/.
func (c *Client) Workflows(ctx context.Context) ([]schemas.Document, error) {
	var docs []schemas.Document
	seen := map[string]bool{}
	for offset := 0; ; {
		var env envelope
		limit := int(c.pageSize.Load())
		a := ask{
			what:    fmt.Sprintf("list of workflows, offset %d", offset),
			path:    "/v3/workflows/",
			query:   map[string][]string{"limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(offset)}},
			max:     maxPageBytes,
			counter: func(s *Stats) *int64 { return &s.Workflows },
			check: func(body []byte) (f *fault) {
				env, f = readPage(body, limit, offset)
				return f
			},
		}
		ans, err := c.get(ctx, a)
		if err != nil {
			return nil, err
		}
		for _, v := range env.results {
			id, err := workflowID(v)
			if err != nil {
				return nil, c.giveUp(a, 1, fmt.Errorf("%w: %w", ErrMalformed, err))
			}
			if !seen[id] {
				seen[id] = true
				docs = append(docs, schemas.Document{Kind: schemas.Workflow, ID: id, Body: v, ObservedAt: ans.at})
			}
		}
		if !env.next {
			return docs, nil
		}
		offset += len(env.results)
	}
}

// workflowID is the uuid of a row of the workflow list.
func workflowID(row jsontext.Value) (string, error) {
	var id schemas.SessionID
	err := scan(row, func(name string, d *jsontext.Decoder) error {
		if name != "uuid" {
			return d.SkipValue()
		}
		v, err := d.ReadValue()
		id, _ = sessionID(text(v))
		return err
	})
	if err == nil && id == "" {
		err = errors.New("uuid: want a UUID")
	}
	return string(id), err
}
