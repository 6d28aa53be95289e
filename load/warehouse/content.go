package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"slices"
	"strings"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// TableContent is what a table holds, whatever the order, the parts and the numbers of the commits.
type TableContent struct {
	Rows int64  `json:"rows"`
	Hash string `json:"hash"` // 32 hex digits; equal hashes mean equal content, on any machine

	exact *big.Int // of all columns, comparable within this process
}

func (c TableContent) equal(d TableContent) bool {
	return c.Rows == d.Rows && c.Hash == d.Hash && c.exact.Cmp(d.exact) == 0
}

// incidental are the columns that say when and by which run a row was stored, not what it says.
var incidental = []string{versionSeq, "observed_at", "run_id"}

// logical returns the columns of t's logical content: neither incidental nor volatile, so that the
// same facts hash the same however often and in how many commits they were fetched.
func logical(t *schemas.Table) []schemas.Column {
	return slices.DeleteFunc(t.Stored(), func(c schemas.Column) bool {
		return c.Volatile || slices.Contains(incidental, c.Name)
	})
}

// content reads relation, which has t's columns. A row becomes the JSON list of its values that are
// not null, each as <column ID>=<text>, so that a column that is added later changes no hash of old
// rows; the hash is the sum of the MD5 of these, in two halves, each modulo 2^64.
func (in *instance) content(ctx context.Context, t *schemas.Table, relation string) (TableContent, error) {
	var texts, all []string
	for _, c := range logical(t) {
		texts = append(texts, fmt.Sprintf("'%d=' || %s", c.ID, canonicalText(c)))
	}
	for _, c := range t.Stored() {
		if c.Kind == schemas.JSON {
			all = append(all, "CAST("+ident(c.Name)+" AS VARCHAR)")
		} else {
			all = append(all, ident(c.Name))
		}
	}
	var out TableContent
	var upper, lower *big.Int
	stmt := fmt.Sprintf(`SELECT count(*), coalesce(sum(md5_number_upper(r)), 0), coalesce(sum(md5_number_lower(r)), 0), coalesce(sum(h), 0)
FROM (SELECT CAST(to_json(list_filter([%s], lambda x: x IS NOT NULL)) AS VARCHAR) AS r, hash(%s) AS h FROM %s)`, strings.Join(texts, ", "), strings.Join(all, ", "), relation)
	if err := in.row(ctx, "hash "+t.Name, stmt, &out.Rows, &upper, &lower, &out.exact); err != nil {
		return out, err
	}
	mask := new(big.Int).SetUint64(1<<64 - 1)
	out.Hash = fmt.Sprintf("%016x%016x", upper.And(upper, mask), lower.And(lower, mask))
	return out, nil
}

// canonicalText returns the SQL for a column's value as text, the same in any setting.
func canonicalText(c schemas.Column) string {
	switch c.Kind {
	case schemas.Time:
		return "CAST(epoch_us(" + ident(c.Name) + ") AS VARCHAR)"
	case schemas.Text, schemas.JSON, schemas.Int, schemas.Float, schemas.Bool, schemas.Date, schemas.Decimal:
		return "CAST(" + ident(c.Name) + " AS VARCHAR)"
	}
	panic(fmt.Sprintf("warehouse: kind %d has no text", c.Kind))
}

// Content returns the logical content of every table of the lake at a commit, by table, those that
// the warehouse leaves out too. Every part is verified. Of a State table the last row of each key
// counts.
func Content(ctx context.Context, l *lake.Lake, c *lake.Commit) (map[string]TableContent, error) {
	return lakeContent(ctx, l, c, Config{MemoryMB: defaultMemoryMB})
}

func lakeContent(ctx context.Context, l *lake.Lake, c *lake.Commit, cfg Config) (out map[string]TableContent, err error) {
	tmp, err := os.MkdirTemp(cfg.TempDir, "kycsync-content-")
	if err != nil {
		return nil, fmt.Errorf("read the lake: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	dirs, err := allowed(l, tmp)
	if err != nil {
		return nil, err
	}
	in, err := openInstance(ctx, "", false, limits{memoryMB: cfg.MemoryMB, threads: cfg.Threads, tempDir: tmp}, dirs...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	out = map[string]TableContent{}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		set, err := fetch(ctx, l, in, t, c.InOrder(t.Name), tmp, nil)
		if err != nil {
			return nil, err
		}
		relation := set.from
		if t.History == schemas.State {
			relation = set.last()
		}
		out[t.Name], err = in.content(ctx, t, relation)
		set.release()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// A Verification holds a warehouse against the lake it was made of.
type Verification struct {
	LakeSeq      int64               `json:"lake_seq"`      // newest published commit; 0: none
	WarehouseSeq int64               `json:"warehouse_seq"` // commit that the warehouse shows; 0: none
	Equal        bool                `json:"equal"`
	Reason       string              `json:"reason,omitempty"`       // why not, for people
	OtherCommit  bool                `json:"other_commit,omitempty"` // that is all: there is no warehouse, or it shows another commit of this lake
	Tables       []TableVerification `json:"tables"`

	history string // what is wrong with what replaced what
}

// A TableVerification is the verification of one table.
type TableVerification struct {
	Table     string        `json:"table"`
	Lake      TableContent  `json:"lake"`
	Warehouse *TableContent `json:"warehouse"` // nil: the table is not kept there, or there is no warehouse
	Equal     bool          `json:"equal"`
}

// Verify reads the whole lake at its newest published commit, and the published warehouse, and
// compares them table by table: rows, logical content and every column. Then it holds the file against what was
// written, as far as that was kept. A warehouse that is
// missing, unreadable or behind is a finding, not an error; damage in the lake is an error that
// wraps lake.ErrDamaged.
func Verify(ctx context.Context, l *lake.Lake, cfg Config) (Verification, error) {
	var v Verification
	cfg, err := cfg.withDefaults()
	if err != nil {
		return v, err
	}
	c, err := l.Published(ctx)
	if errors.Is(err, lake.ErrNotExist) {
		c = new(lake.Commit)
	} else if err != nil {
		return v, fmt.Errorf("verify: %w", err)
	}
	v.LakeSeq = c.Seq
	inLake, err := lakeContent(ctx, l, c, cfg)
	if err != nil {
		return v, fmt.Errorf("verify: %w", err)
	}
	return v, v.hold(ctx, l, inLake, cfg)
}

// hold compares the published file with what is in the lake.
func (v *Verification) hold(ctx context.Context, l *lake.Lake, inLake map[string]TableContent, cfg Config) error {
	inWarehouse, entered, err := v.readWarehouse(ctx, cfg)
	if err == nil && v.Reason == "" && entered.seq > 0 {
		v.Reason, err = otherHistory(ctx, l, entered)
	}
	if err == nil && v.Reason == "" {
		v.Reason, err = v.behind(ctx, l)
		v.OtherCommit = v.Reason != ""
	}
	if err != nil {
		return err
	}
	v.compare(inLake, inWarehouse)
	if v.Equal && entered != nil {
		if v.Reason, err = asWritten(ctx, cfg.Path); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		v.Equal = v.Reason == ""
	}
	return nil
}

// readWarehouse returns the content of the tables in the published file, and the newest commit in its ledger. What is
// wrong with the file becomes the reason, and the map is then short.
func (v *Verification) readWarehouse(ctx context.Context, cfg Config) (out map[string]TableContent, entered *ledgerEntry, err error) {
	out = map[string]TableContent{}
	r, err := OpenReader(ctx, cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		v.Reason, v.OtherCommit = "there is no warehouse file", true
		return out, nil, nil
	}
	if err == nil {
		defer func() { err = errors.Join(err, r.Close()) }()
		if err = r.full(ctx); err != nil {
			return out, nil, err
		}
		if entered, err = r.in.ledger(ctx); err == nil {
			v.WarehouseSeq = entered.seq
		}
	}
	for _, t := range tables() {
		if err != nil {
			break
		}
		out[t.Name], err = r.in.content(ctx, t, ident(history(t)))
	}
	for _, f := range families() {
		if err != nil || v.history != "" {
			break
		}
		if err = r.in.follow(ctx, &f); errors.Is(err, ErrMismatch) {
			v.history, err = err.Error(), nil
		}
	}
	var refused *Error
	if ctx.Err() == nil && (errors.As(err, &refused) || errors.Is(err, ErrMismatch)) {
		v.Reason, err = "the warehouse cannot be read: "+err.Error(), nil
	}
	return out, entered, err
}

// otherHistory holds the newest commit that the warehouse has entered against the lake: of the lake's newest one
// the hash stands nowhere else. Empty: they are the same.
func otherHistory(ctx context.Context, l *lake.Lake, e *ledgerEntry) (reason string, err error) {
	c, err := l.At(ctx, e.seq)
	switch {
	case errors.Is(err, lake.ErrNotExist):
		return fmt.Sprintf("the warehouse was made of commit %d, which is not in the lake any more", e.seq), nil
	case err != nil:
		return "", err
	case c.SHA256 != e.sha256:
		return fmt.Sprintf("the warehouse was made of a commit %d with sha256 %s, and the lake's has %s: one of the two was altered", e.seq, e.sha256, c.SHA256), nil
	}
	return "", nil
}

// behind tells whether the warehouse lacks commits that brought or took rows. Compactions do not.
func (v *Verification) behind(ctx context.Context, l *lake.Lake) (reason string, err error) {
	if v.WarehouseSeq == v.LakeSeq {
		return "", nil
	}
	reason = fmt.Sprintf("the warehouse stands at commit %d, the lake's newest published one is %d", v.WarehouseSeq, v.LakeSeq)
	if v.WarehouseSeq == 0 || v.WarehouseSeq > v.LakeSeq {
		return reason, nil
	}
	for c, err := range l.Commits(ctx, v.WarehouseSeq+1) {
		if err != nil {
			return "", err
		}
		if c.Kind != lake.Compact {
			return reason, nil
		}
		if c.Seq == v.LakeSeq {
			break
		}
	}
	return "", nil
}

// follow checks that in all tables of a family each version is said to be replaced by the next one, and that the current
// rows are those of the last.
func (in *instance) follow(ctx context.Context, f *family) error {
	v := entityVersions{in: in, family: *f}
	for _, t := range f.tables {
		if err := v.add(ctx, t, ident(t.Name+versions)); err != nil {
			return err
		}
	}
	for _, t := range f.tables {
		var n int64
		err := in.row(ctx, "check "+t.Name, fmt.Sprintf("SELECT count(*) FROM %s AS v LEFT JOIN ended AS e ON %s WHERE v.%[3]s IS DISTINCT FROM e.%[3]s",
			ident(t.Name+versions), equal("v", "e", f.version()), nextSeq), &n)
		if err == nil && n > 0 {
			err = fmt.Errorf("warehouse: check %s: %w: of %d rows the version is not replaced by the next one", t.Name, ErrMismatch, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *Verification) compare(inLake, inWarehouse map[string]TableContent) {
	var differ []string
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		tv := TableVerification{Table: t.Name, Lake: inLake[t.Name], Equal: t.LakeOnly}
		if c, ok := inWarehouse[t.Name]; ok {
			tv.Warehouse, tv.Equal = &c, c.equal(tv.Lake)
		}
		if !tv.Equal {
			differ = append(differ, t.Name)
		}
		v.Tables = append(v.Tables, tv)
	}
	switch {
	case v.Reason != "":
	case len(differ) > 0:
		v.Reason = "these tables differ: " + strings.Join(differ, ", ")
	default:
		v.Reason = v.history
	}
	v.Equal = v.Reason == ""
}
