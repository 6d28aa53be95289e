package publish_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kycsync/load/lake"
	"kycsync/load/lake/gcstest"
	"kycsync/schemas"
)

// canary is the text of every text column in these lakes. It stands for what is known of a person.
const canary = "CANARY"

// A world is a lake that the tests publish.
type world struct {
	*lake.Lake
	t     *testing.T
	clock time.Time
}

// worlds are empty lakes in every kind of store.
func worlds(t *testing.T) map[string]*world {
	t.Helper()
	server := gcstest.Start(t)
	return map[string]*world{"dir": openWorld(t, t.TempDir(), nil), "gcs": openWorld(t, server.URI("some/lake"), server)}
}

func openWorld(t *testing.T, uri string, server *gcstest.Server) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}
	cfg := lake.Config{Create: true, Now: func() time.Time { return w.clock }}
	if server != nil {
		cfg.GCSOptions = server.Options()
	}
	l, err := lake.Open(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w.Lake = l
	return w
}

// commit adds a part of some rows to each of the tables; kind is sync, or replay to put it in the place of the others.
func (w *world) commit(kind lake.CommitKind, tables ...string) *lake.Commit {
	w.t.Helper()
	ctx := w.t.Context()
	head, _ := w.Head(ctx)
	c := &lake.Commit{Kind: kind, RunID: fmt.Sprintf("run-%d", w.clock.Unix()), Tables: map[string]map[string]lake.Part{}, PublishedSeq: 1, CommittedAt: w.clock}
	if head != nil {
		c.PublishedSeq = head.Seq + 1
		for table, parts := range head.Tables {
			c.Tables[table] = map[string]lake.Part{}
			for name, p := range parts {
				c.Tables[table][name] = p
			}
		}
	}
	for i, table := range tables {
		s, err := rows(schemas.Lookup(table), w.t.TempDir(), 3+i)
		if err != nil {
			w.t.Fatal(err)
		}
		p, err := w.Put(ctx, s, c.RunID)
		if err != nil {
			w.t.Fatal(err)
		}
		if c.Tables[table] == nil || kind != lake.Sync {
			c.Tables[table] = map[string]lake.Part{}
		}
		c.Tables[table][p.Name] = p
	}
	if err := w.Append(ctx, head, c); err != nil {
		w.t.Fatal(err)
	}
	w.clock = w.clock.Add(24 * time.Hour)
	return c
}

// rows spools n rows in which every column has a value.
func rows(t *schemas.Table, dir string, n int) (*lake.Spooled, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.Arrow())
	defer b.Release()
	for range n {
		for i := range t.Stored() {
			switch f := b.Field(i).(type) {
			case *array.StringBuilder:
				f.Append(canary)
			case *array.TimestampBuilder:
				f.Append(arrow.Timestamp(1_770_000_000_000_000))
			default:
				f.AppendEmptyValue()
			}
		}
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	w, err := lake.NewPart(t, dir)
	if err != nil {
		return nil, err
	}
	if err := w.Write(batch); err != nil {
		return nil, err
	}
	return w.Close()
}

// objects returns the names and bytes of what lies below published/, with any place of the lake as PLACE.
func (w *world) objects() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for name, err := range w.Bucket().List(context.Background(), "published/") {
		if err != nil {
			w.t.Fatal(err)
		}
		out[name] = w.object(name)
	}
	return out
}

func (w *world) object(name string) string {
	w.t.Helper()
	r, err := w.Bucket().Open(context.Background(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

// leads returns the commits that other engines are led to, in words: by the name of the whole, by the lists and
// by Iceberg.
func (w *world) leads(table string) string {
	w.t.Helper()
	out := []string{}
	objects := w.objects()
	for _, name := range []string{"published/current.json", "published/current/" + table + ".txt", "published/iceberg/" + table + "/metadata/version-hint.text"} {
		text, ok := objects[name]
		switch {
		case !ok:
			out = append(out, "none")
		case strings.HasSuffix(name, ".json"):
			_, seq, _ := strings.Cut(text, `"seq": `)
			seq, _, _ = strings.Cut(seq, ",")
			out = append(out, seq)
		case strings.HasSuffix(name, ".txt"):
			out = append(out, fmt.Sprintf("%d parts", strings.Count(text, "\n")))
		default:
			out = append(out, text)
		}
	}
	return strings.Join(out, ", ")
}
