package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"kycsync/load/lake"
	"kycsync/load/publish"
	"kycsync/load/seal"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

func (p *program) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "prove that what is stored is what was written",
		Description: `Reads every live part and every PDF again and compares it with the commit and its rows, follows the chain of commits from the
first to the newest, and compares the warehouse with the lake, table by table, and what kycsync publish wrote with
the commits that it is of. It changes nothing.

The content hash of a table is the same for every lake and warehouse that hold the same rows, whatever
run or commit stored them. With --against the commits are held against anchors that were kept outside of
the lake: a rewritten history is found even if it is a chain again. What kycsync recover did is told as that, and
is a problem only until an anchor is kept that knows of it. With --allowed-signers each anchor must have a signature
of one of them, which kycsync sync --anchor-sign-key made; a key whose time is bounded must have been valid at the
time that the anchor says. With --subset a night re-hashes its share
of the parts and PDFs, another one each night, and compares no warehouse.

Examples:
   kycsync verify --json | jq .tables.sessions
   kycsync verify --subset 5%
   kycsync verify --against /mnt/audit/kycsync-anchors.txt
   kycsync verify --against gs://acme-audit/kyc --allowed-signers /etc/kycsync/allowed_signers`,
		Flags: stored(text("against", "", "a file or gs://bucket/prefix with anchors that sync kept (`PLACE`)"), allowedFlag(),
			text("subset", "", "re-hash today's `SHARE` of the parts, such as 5%, so that all had their turn after 20 days"),
			toggle("json", "print one JSON object")),
		Before: p.settings,
		Action: p.verify,
	}
}

func (p *program) verify(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	allowed, err := allowedSigners(c)
	if err != nil {
		return err
	}
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	v := &verification{Lake: l.Bucket().URI(), Warehouse: c.String("warehouse"), Problems: []string{}, Tables: map[string]verifiedTable{}}
	share, err := readShare(c.String("subset"), time.Now())
	if err != nil {
		return err
	}
	v.Subset = c.String("subset")
	damagedParts, err := v.chain(c.Context, l, share)
	if err != nil {
		return err
	}
	if err := v.pdfs(c.Context, l, share); err != nil {
		return err
	}
	if len(damagedParts) > 0 {
		v.Affected = p.affected(c, damagedParts)
	}
	if place := c.String("against"); place != "" {
		if err := v.anchors(c.Context, l, place, allowed); err != nil {
			return err
		}
	}
	damaged := errBadWarehouse
	if len(v.Problems) > 0 {
		damaged = lake.ErrDamaged
	}
	if share == (lake.Share{}) {
		if err := v.warehouse(c.Context, l, p.warehouseConfig(c.String("warehouse"), p.log)); err != nil {
			return err
		}
	}
	if len(v.Problems) == 0 {
		damaged = publish.ErrMismatch
	}
	if err := v.publication(c.Context, l, share == (lake.Share{})); err != nil {
		return err
	}
	v.OK = len(v.Problems) == 0
	if err := v.print(p.stdout, c.Bool("json")); err != nil {
		return err
	}
	if !v.OK {
		first := strings.TrimPrefix(v.Problems[0], damaged.Error()+": ")
		return fmt.Errorf("%w: %s%s", damaged, first, andMore(len(v.Problems)-1))
	}
	return nil
}

// readShare reads a share of the parts and says whose turn it is.
func readShare(percent string, now time.Time) (lake.Share, error) {
	if percent == "" {
		return lake.Share{}, nil
	}
	x, err := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64)
	if err != nil || !(x > 0 && x <= 100) {
		return lake.Share{}, usagef("--subset %s: want a share such as 5%%", percent)
	}
	return lake.Share{Of: int(math.Round(100 / x)), Day: int(now.Unix() / 86400)}, nil
}

// chain follows the commits and reads the parts that the newest names, or a share of them.
func (v *verification) chain(ctx context.Context, l *lake.Lake, share lake.Share) ([]lake.Problem, error) {
	var head *lake.Commit
	lost := map[int64]int64{} // stand-in to the number that its recovery was to have
	for c, err := range l.Commits(ctx, 1) {
		if errors.Is(err, lake.ErrDamaged) {
			v.Problems = append(v.Problems, err.Error())
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the chain of commits: %w", err)
		}
		head = c
		switch c.Kind {
		case lake.StandIn:
			lost[c.Seq] = c.Lost.By
		case lake.Recover:
			r := recovered{Seq: c.Seq, At: c.CommittedAt, ToSeq: c.Recovery.ToSeq, Reason: c.Recovery.Reason}
			for _, seq := range slices.Sorted(maps.Keys(lost)) {
				if lost[seq] <= c.Seq {
					r.Lost = append(r.Lost, seq)
					delete(lost, seq)
				}
			}
			v.Recoveries = append(v.Recoveries, r)
		}
	}
	if head == nil {
		return nil, nil
	}
	v.head = head
	v.Commits, v.Head, v.Published = head.Seq, head.SHA256, head.PublishedSeq
	problems, err := l.Verify(ctx, head, share, func(part lake.Part) { v.Parts, v.PartBytes = v.Parts+1, v.PartBytes+part.Bytes })
	if err != nil {
		return nil, fmt.Errorf("read the parts of commit %d: %w", head.Seq, err)
	}
	for _, problem := range problems {
		v.Problems = append(v.Problems, problem.Err.Error())
	}
	return problems, nil
}

// pdfs reads the PDFs that the rows of the newest commit name, or a share of them.
func (v *verification) pdfs(ctx context.Context, l *lake.Lake, share lake.Share) error {
	if v.head == nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "kycsync-pdfs-")
	if err != nil {
		return fmt.Errorf("make a directory for downloads: %w", cause(err))
	}
	defer os.RemoveAll(dir)
	problems, err := l.VerifyPDFs(ctx, v.head, share, dir, func(p lake.PDF) { v.PDFs, v.PDFBytes = v.PDFs+1, v.PDFBytes+p.Bytes })
	for _, problem := range problems {
		if problem.Part.Name == "" || share != (lake.Share{}) { // of a part all is told, where all parts were read
			v.Problems = append(v.Problems, problem.Err.Error())
		}
	}
	return err
}

// anchors holds the commits against those that were kept outside. allowed: who must have signed them; nil: nobody.
func (v *verification) anchors(ctx context.Context, l *lake.Lake, place string, allowed seal.Signers) error {
	kept, err := openAnchors(ctx, place)
	if err != nil {
		return err
	}
	defer closeAnchors(kept)
	all, err := kept.all(ctx)
	if err != nil {
		return fmt.Errorf("read the anchors: %w", err)
	}
	n, newest := 0, int64(0) // of those that hold
	var replaced []*lake.ReplacedError
	for _, a := range all {
		if a.LakeID != l.ID() {
			continue
		}
		n++
		if err := v.signature(ctx, kept, a, allowed); errors.Is(err, lake.ErrDamaged) {
			v.Problems = append(v.Problems, err.Error())
			continue // what it says is nobody's word
		} else if err != nil {
			return err
		}
		var by *lake.ReplacedError
		switch err := l.Holds(ctx, a); {
		case errors.As(err, &by):
			replaced = append(replaced, by)
		case errors.Is(err, lake.ErrDamaged):
			v.Problems = append(v.Problems, err.Error())
		case err != nil:
			return err
		default:
			newest = max(newest, a.Seq)
		}
	}
	for _, by := range replaced {
		v.replaced(by, newest, place)
	}
	if n == 0 {
		return usagef("--against %s: there is no anchor of this lake, which is %s", place, l.ID())
	}
	v.Anchors = &n
	return nil
}

// signature counts who signed an anchor, if that is asked.
func (v *verification) signature(ctx context.Context, kept anchorPlace, a lake.Anchor, allowed seal.Signers) error {
	if allowed == nil {
		return nil
	}
	by, err := signedBy(ctx, kept, a, allowed)
	if err == nil {
		if v.Signers == nil {
			v.Signers = map[string]int{}
		}
		v.Signers[by]++
	}
	return err
}

// replaced tells of an anchor whose commit an explicit recovery says was lost. Whoever can write where the anchors are
// has kept one since then, and so knows of the recovery; otherwise anybody could have made it.
func (v *verification) replaced(by *lake.ReplacedError, newest int64, place string) {
	if newest < by.By.Seq {
		v.Problems = append(v.Problems, fmt.Sprintf("%v; no anchor in %s knows of it: if it was yours, kycsync recover --to-seq %d --reason '...' --anchor PLACE keeps one", by, place, by.By.Recovery.ToSeq))
		return
	}
	for i := range v.Recoveries {
		if v.Recoveries[i].Seq == by.By.Seq {
			v.Recoveries[i].Anchors++
		}
	}
}

// warehouse compares the published warehouse with the published commit. Where damage was found in
// the lake there is nothing to compare with.
func (v *verification) warehouse(ctx context.Context, l *lake.Lake, cfg warehouse.Config) error {
	if v.Published == 0 || len(v.Problems) > 0 {
		return nil
	}
	found, err := warehouse.Verify(ctx, l, cfg)
	if err != nil {
		return fmt.Errorf("compare %s with the lake: %w", cfg.Path, err)
	}
	v.WarehouseSeq = found.WarehouseSeq
	if found.Reason != "" {
		v.Problems = append(v.Problems, found.Reason)
	}
	for _, t := range found.Tables {
		row := verifiedTable{Rows: t.Lake.Rows, ContentHash: t.Lake.Hash}
		if t.Warehouse != nil {
			equal := t.Equal
			row.WarehouseRows, row.WarehouseHash, row.Equal = &t.Warehouse.Rows, &t.Warehouse.Hash, &equal
		}
		v.Tables[t.Table] = row
		if t.Warehouse != nil && !t.Equal && found.Reason == "" {
			v.Problems = append(v.Problems, fmt.Sprintf("table %s: the warehouse does not hold what the lake holds", t.Table))
		}
	}
	return nil
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}
