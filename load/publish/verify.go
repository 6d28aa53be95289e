package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kycsync/load/lake"
)

// A Checked is what Verify found below published/.
type Checked struct {
	Objects    int      // that were read
	Seq        int64    // of the commit that other engines are led to; 0: none
	Newest     int64    // that Run would lead them to
	Replaced   bool     // commit Seq was lost, and an explicit recovery has taken its number: its publication is not judged
	Unfinished bool     // some tables are led to a newer commit than Seq already
	Elsewhere  []int64  // commits whose publication leads to another place, and that nobody is led to: the lake was moved or copied
	Incomplete []int64  // commits whose publication lacks objects, and that nobody is led to: a run that died leaves such
	Foreign    int      // objects that are none of this package's
	Problems   []string // what is damaged or missing, and what to do
}

// Verify compares what Run has written with the commits that it is of. A publication that is older than the published
// commit is no problem. all: those too that nobody is led to any more.
func Verify(ctx context.Context, l *lake.Lake, cfg Config, all bool) (*Checked, error) {
	cfg = cfg.complete()
	v := &verifier{lake: l, cfg: cfg, names: map[string]bool{}, seqs: map[int64]bool{}, led: map[string]map[int64]lead{}}
	store, ok := l.Bucket().(lake.Replacer)
	if !ok {
		return &v.out, nil // nothing can be published there
	}
	v.store, v.root = store, rootOf(store)
	if err := v.verify(ctx, all); err != nil {
		return nil, fmt.Errorf("verify what other engines read: %w", err)
	}
	slices.Sort(v.out.Problems)
	return &v.out, nil
}

// A verifier looks at everything below published/.
type verifier struct {
	lake    *lake.Lake
	store   lake.Replacer
	cfg     Config
	root    string          // of the lake, or of where it was when readers were led to a commit
	names   map[string]bool // that are listed, and not yet taken for something
	seqs    map[int64]bool  // commits that have objects with their number
	current Current         // zero: there is none that can be read

	mu  sync.Mutex
	out Checked
	led map[string]map[int64]lead // what readers may be led to: table, commit
}

// A lead is what readers of a table may be led to.
type lead struct {
	list  []byte
	whole bool // all of its objects are there; what they hold is told elsewhere
}

var numberRE = regexp.MustCompile(`^published/(?:([0-9]{12})/|iceberg/[a-z0-9_]+/metadata/(?:v([0-9]{1,12})\.|([0-9]{12})-))`)

func (v *verifier) verify(ctx context.Context, all bool) error {
	if err := v.list(ctx); err != nil || len(v.names) == 0 {
		return err
	}
	switch c, err := v.lake.Published(ctx); {
	case err == nil:
		v.out.Newest = c.Seq
	case !errors.Is(err, lake.ErrNotExist):
		return err
	}
	if err := v.whole(ctx); err != nil {
		return err
	}
	for _, seq := range slices.Sorted(maps.Keys(v.seqs)) {
		if all || seq >= v.out.Seq {
			if err := v.commit(ctx, seq); err != nil {
				return err
			}
		}
	}
	if err := v.leads(ctx); err != nil {
		return err
	}
	if all {
		v.out.Foreign = len(v.names)
	}
	return nil
}

func (v *verifier) list(ctx context.Context) error {
	for name, err := range v.store.List(ctx, prefix) {
		if err != nil {
			return err
		}
		v.names[name] = true
		if m := numberRE.FindStringSubmatch(name); m != nil {
			if seq, err := strconv.ParseInt(m[1]+m[2]+m[3], 10, 64); err == nil {
				v.seqs[seq] = true
			}
		}
	}
	return nil
}

// take reports whether an object is there, and takes note that it is one of ours.
func (v *verifier) take(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.names[name]
	delete(v.names, name)
	return was
}

func (v *verifier) problem(name string, seq int64, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out.Problems = append(v.out.Problems, fmt.Sprintf("other engines: %s: %s; %s", name, fmt.Sprintf(format, args...), v.remedy(seq)))
}

// remedy says what to do about an object of a commit's; 0: one that is overwritten.
func (v *verifier) remedy(seq int64) string {
	switch {
	case seq == 0:
		return "kycsync publish writes it anew"
	case seq == v.out.Newest:
		return "remove it if it is there, and kycsync publish writes it anew"
	case seq >= v.out.Seq:
		return fmt.Sprintf("kycsync publish leads readers to commit %d instead, then remove it", v.out.Newest)
	}
	return "nobody is led to it any more: remove it"
}

// whole looks at published/current.json.
func (v *verifier) whole(ctx context.Context) error {
	if !v.take(currentName) {
		for name := range v.names {
			if strings.HasPrefix(name, prefix+"current/") || strings.HasSuffix(name, "/version-hint.text") {
				v.problem(currentName, 0, "it is missing")
				break
			}
		}
		return nil // else a first publication was begun, and nobody is led to it
	}
	p := &publication{store: v.store, root: v.root}
	stored, err := p.read(ctx, currentName, 16<<20)
	if err != nil {
		return err
	}
	v.out.Objects++
	var c Current
	if err := json.Unmarshal(stored, &c, json.RejectUnknownMembers(true)); err != nil || c.Seq < 1 {
		v.problem(currentName, 0, "it cannot be read")
		return nil
	}
	switch commit, err := v.lake.At(ctx, c.Seq); {
	case errors.Is(err, lake.ErrNotExist):
		v.problem(currentName, 0, "it names commit %d, which the lake does not have", c.Seq)
		return nil
	case err != nil:
		return err
	case commit.Kind == lake.StandIn:
		v.out.Seq, v.out.Replaced = c.Seq, true
		return nil
	default:
		return v.checkCurrent(stored, c, commit)
	}
}

// checkCurrent compares published/current.json with its commit. An older version of the program may have had fewer
// tables; it had all that have parts.
func (v *verifier) checkCurrent(stored []byte, c Current, commit *lake.Commit) error {
	var roots []string
	for name, t := range c.Tables {
		roots = append(roots, strings.TrimSuffix(t.List, fmt.Sprintf("/%s%012d/%s.txt", prefix, c.Seq, name)))
	}
	if place := mostly(roots, v.root); place != v.root {
		v.root = place
		v.problem(currentName, 0, "it leads to another place: the lake was moved or copied; remove all that lies below %s", prefix)
	}
	p, err := newPublication(v.lake, v.store, v.root, commit, v.cfg)
	if err != nil {
		return err
	}
	for _, t := range p.tables {
		if _, ok := c.Tables[t.def.Name]; !ok && len(t.parts) == 0 {
			delete(p.current.Tables, t.def.Name)
		}
	}
	want, err := p.current.encode()
	if err != nil {
		return err
	}
	if !bytes.Equal(stored, want) {
		v.problem(currentName, 0, "it is not what commit %d says", c.Seq)
		return nil
	}
	v.current, v.out.Seq = c, c.Seq
	return nil
}

// commit compares what has a commit's number with the commit.
func (v *verifier) commit(ctx context.Context, seq int64) error {
	c, err := v.lake.At(ctx, seq)
	if errors.Is(err, lake.ErrNotExist) {
		v.orphans(seq)
		return nil
	}
	if err != nil {
		return err
	}
	p, err := v.publication(ctx, c)
	if err != nil {
		return err
	}
	lacking := 0
	err = p.each(ctx, func(ctx context.Context, t *table) error {
		there, err := v.table(ctx, p, t)
		if there < 4 && (there > 0 || len(t.parts) > 0) {
			v.mu.Lock()
			defer v.mu.Unlock()
			lacking++
		}
		return err
	})
	if err == nil && lacking > 0 && seq != v.out.Seq && c.Kind != lake.StandIn {
		v.out.Incomplete = append(v.out.Incomplete, seq)
	}
	return err
}

// publication is that of a commit, in the place to which most of its objects lead.
func (v *verifier) publication(ctx context.Context, c *lake.Commit) (*publication, error) {
	p, err := newPublication(v.lake, v.store, v.root, c, v.cfg)
	if err != nil || c.Seq == v.out.Seq {
		return p, err
	}
	var roots []string
	for _, t := range p.tables {
		for name, place := range t.places() {
			if !v.names[name] {
				continue
			}
			stored, err := p.read(ctx, name, 64<<20)
			if err != nil {
				return nil, err
			}
			root := place(stored)
			if root == v.root {
				return p, nil
			}
			roots = append(roots, root)
		}
	}
	place := mostly(roots, v.root)
	if place == v.root {
		return p, nil
	}
	v.out.Elsewhere = append(v.out.Elsewhere, c.Seq)
	return newPublication(v.lake, v.store, place, c, v.cfg)
}

// places returns, for each object that has the commit's number, what reads the place of the lake in it: empty where
// that does not say one.
func (t *table) places() map[string]func([]byte) string {
	without := func(uri, name string) string {
		root, ok := strings.CutSuffix(uri, "/"+name)
		if !ok {
			return ""
		}
		return root
	}
	part := ""
	if len(t.parts) > 0 {
		part = t.parts[0].Name
	}
	return map[string]func([]byte) string{
		t.listName(): func(b []byte) string {
			first, _, _ := strings.Cut(string(b), "\n")
			return without(first, part)
		},
		t.manifestName(): func(b []byte) string {
			entries, _, err := decode[entry](b)
			if err != nil || len(entries) == 0 {
				return ""
			}
			return without(entries[0].File.Path, part)
		},
		t.manifestListName(): func(b []byte) string {
			manifests, _, err := decode[manifestFile](b)
			if err != nil || len(manifests) == 0 {
				return ""
			}
			return without(manifests[0].Path, t.manifestName())
		},
		t.metadataName(): func(b []byte) string {
			var m iceTable
			if json.Unmarshal(b, &m) != nil {
				return ""
			}
			return without(m.Location, t.home())
		},
	}
}

// mostly returns the place that most lists lead to, if two or more agree.
func mostly(roots []string, ours string) string {
	count, most := map[string]int{}, ours
	for _, root := range roots {
		count[root]++
	}
	for root, n := range count {
		if n > 1 && n > count[most] && strings.Contains(root, "://") {
			most = root
		}
	}
	return most
}

// orphans are objects with the number of a commit that is not there.
func (v *verifier) orphans(seq int64) {
	var names []string
	for name := range v.names {
		if m := numberRE.FindStringSubmatch(name); m != nil && strings.TrimLeft(m[1]+m[2]+m[3], "0") == strconv.FormatInt(seq, 10) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		v.take(name)
	}
	if len(names) > 0 {
		v.problem(slices.Min(names), seq, "the lake has no commit %d, and %d objects have its number", seq, len(names))
	}
}

// table compares the objects that a table has with a commit's number, and returns how many of four are there. Those that
// readers are led to must be.
func (v *verifier) table(ctx context.Context, p *publication, t *table) (there int, err error) {
	_, led := v.current.Tables[t.def.Name]
	led = led && v.current.Seq == t.commit.Seq
	manifest, err := t.manifest()
	if err != nil {
		return 0, err
	}
	length := len(manifest) // of one that Run would put in the place of a damaged one
	for _, o := range []struct {
		name  string
		check func([]byte) error
	}{
		{t.listName(), t.checkList},
		{t.manifestName(), func(b []byte) error {
			err := t.checkManifest(b)
			if err == nil {
				length = len(b)
			}
			return err
		}},
		{t.manifestListName(), func(b []byte) error { return t.checkManifestList(b, length) }},
		{t.metadataName(), t.checkMetadata},
	} {
		switch is := v.take(o.name); {
		case !is && led:
			v.problem(o.name, t.commit.Seq, "it is missing")
		case is:
			there++
			if t.commit.Kind == lake.StandIn {
				continue
			}
			if err := v.read(ctx, p, o.name, t.commit.Seq, o.check); err != nil {
				return there, err
			}
		}
	}
	if t.commit.Seq >= v.out.Seq {
		v.leadable(t, there == 4)
	}
	return there, nil
}

func (v *verifier) leadable(t *table, whole bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.led[t.def.Name] == nil {
		v.led[t.def.Name] = map[int64]lead{}
	}
	v.led[t.def.Name][t.commit.Seq] = lead{t.list(), whole}
}

// read reads an object and holds it against check. seq is that of remedy.
func (v *verifier) read(ctx context.Context, p *publication, name string, seq int64, check func([]byte) error) error {
	stored, err := p.read(ctx, name, 64<<20)
	if errors.Is(err, lake.ErrNotExist) {
		return nil // collected meanwhile
	}
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.out.Objects++
	v.mu.Unlock()
	if why := check(stored); why != nil {
		v.problem(name, seq, "%v", why)
	}
	return nil
}

// leads looks at the list and the number of each table that lead readers to a commit.
func (v *verifier) leads(ctx context.Context) error {
	p := &publication{store: v.store, cfg: v.cfg, root: v.root}
	for _, def := range v.cfg.tables {
		p.tables = append(p.tables, newTable(def, &lake.Commit{}, v.lake.ID(), p.root))
	}
	return p.each(ctx, func(ctx context.Context, t *table) error {
		err := v.lead(ctx, p, t, prefix+"current/"+t.def.Name+".txt", func(_ int64, to lead) []byte { return to.list })
		if err == nil {
			err = v.lead(ctx, p, t, t.hintName(), func(seq int64, _ lead) []byte { return strconv.AppendInt(nil, seq, 10) })
		}
		return err
	})
}

// lead looks at an object that leads readers of a table to a commit, and is as want says for that commit.
func (v *verifier) lead(ctx context.Context, p *publication, t *table, name string, want func(int64, lead) []byte) error {
	if !v.take(name) {
		if _, led := v.current.Tables[t.def.Name]; led {
			v.problem(name, 0, "it is missing")
		}
		return nil
	}
	if v.out.Replaced {
		return nil
	}
	all := v.led[t.def.Name]
	return v.read(ctx, p, name, 0, func(stored []byte) error {
		if to, ok := all[v.current.Seq]; ok && bytes.Equal(stored, want(v.current.Seq, to)) {
			return nil
		}
		for seq, to := range all {
			if to.whole && bytes.Equal(stored, want(seq, to)) {
				v.further()
				return nil
			}
		}
		return errors.New("it leads to no publication that is whole and at least as new as current.json")
	})
}

// further takes note of a table that is led further than the whole.
func (v *verifier) further() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out.Unfinished = v.current.Seq > 0
}

// encode returns the bytes of published/current.json.
func (c *Current) encode() ([]byte, error) {
	body, err := json.Marshal(c, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(body, '\n'), err
}
