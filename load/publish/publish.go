// Package publish lets other engines read the lake: for each table of a published commit it writes a list of the
// live parts, for what reads plain Parquet files, and Iceberg metadata, for what reads tables. No row is copied
// and nothing is looked up when a query runs; what is written follows from the commit alone.
//
// Below published/ in the lake's store:
//
//	000000000042/sessions.txt                                the parts of commit 42, a URI a line
//	iceberg/sessions/metadata/v42.metadata.json              an Iceberg table of format 2 with these parts,
//	iceberg/sessions/metadata/000000000042-manifests.avro    its manifest list
//	iceberg/sessions/metadata/000000000042-parts.avro        and its manifest
//	iceberg/sessions/metadata/version-hint.text              42
//	current/sessions.txt                                     the parts of the newest publication
//	current.json                                             its commit, with parts, rows and bytes of each table
//
// Those with a number are created once and never change. The other three are overwritten, after all the rest has
// been read back and compared with the commit, so that a process which dies leaves either publication readable and
// the next one goes on. All of it can be removed and made again.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// The errors that callers decide by.
var (
	ErrMismatch = errors.New("a publication is not what its commit says") // readers keep the one before
	ErrNothing  = errors.New("nothing has passed the gates yet")
)

// Config is how a commit is published. The zero value works.
type Config struct {
	Workers int               // tables at a time. Defaults to 8
	Step    func(name string) // called after each object that was written; for tests. Defaults to nothing

	tables []*schemas.Table // for tests. Defaults to all
}

// complete returns the settings with their defaults.
func (cfg Config) complete() Config {
	if cfg.Workers == 0 {
		cfg.Workers = 8
	}
	if cfg.Step == nil {
		cfg.Step = func(string) {}
	}
	if cfg.tables == nil {
		for i := range schemas.Tables {
			cfg.tables = append(cfg.tables, &schemas.Tables[i])
		}
	}
	return cfg
}

// A Current is the object published/current.json: what was published last. No value of a row stands in it.
type Current struct {
	Format       int              `json:"format"` // 1
	LakeID       string           `json:"lake_id"`
	Seq          int64            `json:"seq"` // of the commit
	CommitSHA256 string           `json:"commit_sha256"`
	CommittedAt  time.Time        `json:"committed_at"`
	Tables       map[string]Table `json:"tables"`
}

// A Table is what a publication has of one table.
type Table struct {
	Parts    int    `json:"parts"`
	Rows     int64  `json:"rows"`
	Bytes    int64  `json:"bytes"`
	List     string `json:"list"`     // URI of the list of this commit
	Metadata string `json:"metadata"` // URI of the Iceberg metadata of this commit
}

// Published is what Run did.
type Published struct {
	Current
	Written int `json:"objects_written"` // 0: all was there
}

// prefix is where everything of this package lies. The commit's number has twelve digits there, so that names sort.
const (
	prefix      = lake.PublishedPrefix
	currentName = prefix + "current.json"
)

// tries bounds how often Run starts again because a newer commit was published meanwhile.
const tries = 12

// Run publishes the commit that readers follow, see lake.Published. Where that is done already it changes nothing,
// and two at once do the same thing twice. The error wraps ErrMismatch where what is stored is not what the commit
// says, ErrNothing where there is no such commit, lake.ErrDenied and lake.ErrUnsuitable.
func Run(ctx context.Context, l *lake.Lake, cfg Config) (*Published, error) {
	cfg = cfg.complete()
	store, ok := l.Bucket().(lake.Replacer)
	if !ok {
		return nil, fmt.Errorf("publish for other engines in %s: %w: it cannot overwrite", l.Bucket().URI(), lake.ErrUnsuitable)
	}
	c, err := l.Published(ctx)
	if errors.Is(err, lake.ErrNotExist) {
		return nil, fmt.Errorf("publish for other engines in %s: %w", l.Bucket().URI(), ErrNothing)
	}
	if err != nil {
		return nil, fmt.Errorf("publish for other engines: %w", err)
	}
	written := 0
	for range tries {
		p, err := newPublication(l, store, rootOf(store), c, cfg)
		if err == nil {
			err = p.create(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("publish commit %d for other engines: %w", c.Seq, err)
		}
		// A process that slept must not move readers back, and one that was slow must not leave them behind.
		newest, err := l.Published(ctx)
		if err == nil && newest.Seq == c.Seq {
			if err = p.move(ctx); err == nil {
				newest, err = l.Published(ctx)
			}
		}
		written += p.written
		switch {
		case err != nil:
			return nil, fmt.Errorf("publish commit %d for other engines: %w", c.Seq, err)
		case newest.Seq == c.Seq:
			return &Published{Current: p.current, Written: written}, nil
		}
		c = newest
	}
	return nil, fmt.Errorf("publish for other engines: %w %d times", lake.ErrConflict, tries)
}

// A publication is one commit on its way to other engines.
type publication struct {
	store   lake.Replacer
	cfg     Config
	root    string // URI of the store, without a slash at its end
	commit  *lake.Commit
	tables  []*table
	current Current

	mu      sync.Mutex
	written int
}

// newPublication plans the publication of every table, also of those without parts. root is the place of the lake.
func newPublication(l *lake.Lake, store lake.Replacer, root string, c *lake.Commit, cfg Config) (*publication, error) {
	if i := strings.IndexFunc(root, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		return nil, fmt.Errorf("%w: the name of its place has a control character, and lists have a name a line", lake.ErrUnsuitable)
	}
	for name := range c.Tables {
		if schemas.Lookup(name) == nil {
			return nil, fmt.Errorf("table %s was written by a newer kycsync; publish with that one", name)
		}
	}
	p := &publication{store: store, cfg: cfg, root: root, commit: c, current: Current{
		Format: 1, LakeID: l.ID(), Seq: c.Seq, CommitSHA256: c.SHA256, CommittedAt: c.CommittedAt, Tables: map[string]Table{}}}
	for _, def := range cfg.tables {
		t := newTable(def, c, l.ID(), root)
		p.tables = append(p.tables, t)
		p.current.Tables[t.def.Name] = Table{Parts: len(t.parts), Rows: t.rows, Bytes: t.bytes, List: p.uri(t.listName()), Metadata: p.uri(t.metadataName())}
	}
	return p, nil
}

// rootOf is the URI of a store, without a slash at its end.
func rootOf(store lake.Bucket) string { return strings.TrimSuffix(store.URI(), "/") }

func (p *publication) uri(name string) string { return p.root + "/" + name }

// create makes what has the commit's number, and compares all of it with the commit.
func (p *publication) create(ctx context.Context) error {
	return p.each(ctx, func(ctx context.Context, t *table) error {
		list := t.list()
		if _, err := p.put(ctx, t.listName(), list, t.checkList); err != nil {
			return err
		}
		manifest, err := t.manifest()
		if err != nil {
			return err
		}
		if manifest, err = p.put(ctx, t.manifestName(), manifest, t.checkManifest); err != nil {
			return err
		}
		manifests, err := t.manifestList(len(manifest))
		if err != nil {
			return err
		}
		check := func(stored []byte) error { return t.checkManifestList(stored, len(manifest)) }
		if _, err := p.put(ctx, t.manifestListName(), manifests, check); err != nil {
			return err
		}
		metadata, err := t.metadata()
		if err != nil {
			return err
		}
		_, err = p.put(ctx, t.metadataName(), metadata, t.checkMetadata)
		return err
	})
}

// move lets readers follow the commit: first each table's list and number, then the name of the whole.
func (p *publication) move(ctx context.Context) error {
	err := p.each(ctx, func(ctx context.Context, t *table) error {
		if err := p.replace(ctx, t.hintName(), []byte(strconv.FormatInt(p.commit.Seq, 10))); err != nil {
			return err
		}
		return p.replace(ctx, prefix+"current/"+t.def.Name+".txt", t.list())
	})
	if err != nil {
		return err
	}
	body, err := p.current.encode()
	if err != nil {
		return err
	}
	return p.replace(ctx, currentName, body)
}

// each calls work for every table, several at a time: a cloud store answers after some 50 ms, and there are a
// thousand questions. It returns the first error in the order of the tables.
func (p *publication) each(ctx context.Context, work func(context.Context, *table) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(p.tables))
	wanted := make(chan int)
	var wg sync.WaitGroup
	for range min(p.cfg.Workers, len(p.tables)) {
		wg.Go(func() {
			for i := range wanted {
				if errs[i] = work(ctx, p.tables[i]); errs[i] != nil {
					cancel()
				}
			}
		})
	}
	for i := range p.tables {
		wanted <- i
	}
	close(wanted)
	wg.Wait()
	return firstCause(errs)
}

// firstCause prefers the error that made the others end.
func firstCause(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	for _, err := range errs {
		if !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// put creates an object unless it is there, reads it back and returns what is stored after check had no objection.
// Another version of the program may have written it, for other columns.
func (p *publication) put(ctx context.Context, name string, body []byte, check func([]byte) error) ([]byte, error) {
	stored, err := p.read(ctx, name, len(body))
	if errors.Is(err, lake.ErrNotExist) {
		if err := p.store.Create(ctx, name, bytes.NewReader(body)); err != nil && !errors.Is(err, lake.ErrExist) {
			return nil, err
		}
		p.wrote("engine.created")
		stored, err = p.read(ctx, name, len(body))
	}
	if err != nil {
		return nil, err
	}
	if err := check(stored); err != nil {
		return nil, fmt.Errorf("%w: %q in %s: %w; readers keep what was published before. If the lake was moved, or a person changed what lies below %s, remove all that lies there and publish again",
			ErrMismatch, name, p.root, err, prefix)
	}
	return stored, nil
}

// replace overwrites an object unless it is as it should be.
func (p *publication) replace(ctx context.Context, name string, body []byte) error {
	stored, err := p.read(ctx, name, len(body))
	if err == nil && bytes.Equal(stored, body) {
		return nil
	}
	if err != nil && !errors.Is(err, lake.ErrNotExist) {
		return err
	}
	if err := p.store.Replace(ctx, name, bytes.NewReader(body)); err != nil {
		return err
	}
	p.wrote("engine.moved")
	return nil
}

func (p *publication) wrote(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written++
	p.cfg.Step(step)
}

// read returns an object that is about as long as expected; of one that is much longer only the beginning, which no
// check takes for the whole.
func (p *publication) read(ctx context.Context, name string, expected int) ([]byte, error) {
	r, err := p.store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, 4*int64(expected)+1<<20))
	if err != nil {
		return nil, fmt.Errorf("read %q in %s: %w", name, p.root, err)
	}
	return body, nil
}
