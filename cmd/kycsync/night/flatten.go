package night

import (
	"runtime"
	"sync"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// chunkSize is how many versions become rows at a time, by one worker.
const chunkSize = 250

// A chunk is the rows of some versions, and their documents.
type chunk struct {
	rows      *transform.Flattener
	documents *transform.Rows
	defect    *extract.Defect // that was met while it was filled
}

func newChunk() *chunk {
	return &chunk{rows: transform.NewFlattener(), documents: transform.NewRows(schemas.Lookup("raw_documents"))}
}

// fill makes the rows of versions under a number.
func (c *chunk) fill(versions []pending, seq int64) {
	for _, p := range versions {
		p.VersionSeq = seq
		c.rows.Add(p.Version)
		for i, d := range p.Documents {
			c.documents.Append(map[string]any{
				"application": p.Application, "document": string(d.Kind), "session_id": d.ID, "version_seq": seq,
				"observed_at": d.ObservedAt, "content_sha256": p.raw[i].content.String(), "received_sha256": p.raw[i].received.String(), "body": d.Body,
			})
		}
	}
}

// flatten makes rows of versions on all CPUs and calls use with them, chunk by chunk, in the
// order of the versions. A chunk is valid only during the call.
//
// A worker takes a free chunk first and then the next number, so the one that use waits for is
// always being filled, and no more chunks exist than there are workers and one.
func flatten(versions []pending, seq int64, use func(*chunk) error) error {
	n := (len(versions) + chunkSize - 1) / chunkSize
	workers := min(runtime.GOMAXPROCS(0), n)
	free := make(chan *chunk, workers+1)
	for range workers + 1 {
		free <- nil
	}
	filled := make([]chan *chunk, n)
	for i := range filled {
		filled[i] = make(chan *chunk, 1)
	}
	next, stop := make(chan int), make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		defer close(next)
		for i := range n {
			select {
			case next <- i:
			case <-stop:
				return
			}
		}
	})
	for range workers {
		wg.Go(func() {
			for {
				var c *chunk
				select {
				case c = <-free:
				case <-stop:
					return
				}
				i, more := <-next
				if !more {
					return
				}
				if c == nil {
					c = newChunk()
				}
				c.defect = extract.Caught(func() { c.fill(versions[i*chunkSize:min(len(versions), (i+1)*chunkSize)], seq) })
				filled[i] <- c
			}
		})
	}
	for i := range n {
		c := <-filled[i]
		if c.defect != nil {
			panic(c.defect)
		}
		if err := use(c); err != nil {
			return err
		}
		free <- c
	}
	return nil
}
