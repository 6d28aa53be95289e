package extract

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"kycsync/schemas"
)

// Got is the outcome of one item. The document is empty if there was an error.
type Got[T any] struct {
	Item     T
	Document schemas.Document
}

// Each calls get for every item, as many side by side as the client has workers, and yields the
// outcomes in the order of completion, each once. An error that satisfies [OfSession] belongs to the
// item that it comes with, and the sequence goes on; any other ends it, and requests under way are
// abandoned.
func Each[T any](ctx context.Context, c *Client, items []T, get func(context.Context, T) (schemas.Document, error)) iter.Seq2[Got[T], error] {
	return func(yield func(Got[T], error) bool) {
		inner, cancel := context.WithCancel(ctx)
		crew := &crew[T]{items: items, get: get, good: make(chan outcome[T]), fatal: make(chan outcome[T], 1), stop: cancel}
		defer crew.wg.Wait()
		defer cancel()
		for range min(c.workers, len(items)) {
			crew.wg.Go(func() { crew.work(inner) })
		}
		for range items {
			select {
			case o := <-crew.good:
				if !yield(o.Got, o.err) {
					return
				}
			case o := <-crew.fatal:
				if o.defect != nil {
					panic(o.defect)
				}
				yield(o.Got, o.err)
				return
			case <-ctx.Done():
				yield(Got[T]{}, context.Cause(ctx))
				return
			}
		}
	}
}

// An outcome is what became of an item.
type outcome[T any] struct {
	Got[T]
	err    error
	defect *Defect
}

// A crew works off items side by side.
type crew[T any] struct {
	items []T
	get   func(context.Context, T) (schemas.Document, error)
	next  atomic.Int64
	good  chan outcome[T]
	fatal chan outcome[T] // holds the first
	stop  func()
	wg    sync.WaitGroup
}

// work takes items until there are none or one worker has met a fatal error.
func (w *crew[T]) work(ctx context.Context) {
	for i := w.next.Add(1) - 1; i < int64(len(w.items)); i = w.next.Add(1) - 1 {
		o := outcome[T]{Got: Got[T]{Item: w.items[i]}}
		o.defect = Caught(func() { o.Document, o.err = w.get(ctx, w.items[i]) })
		if o.defect != nil || o.err != nil && !OfSession(o.err) {
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
