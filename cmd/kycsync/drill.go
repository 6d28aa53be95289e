package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/gofrs/flock"
	"github.com/urfave/cli/v2"
)

func (p *program) drillCommand() *cli.Command {
	return &cli.Command{
		Name:  "drill",
		Usage: "restore lake and warehouse into a scratch place and compare them",
		Description: `A copy that nobody has restored is a hope. This copies all commits, every live part and every PDF from the store alone into
a directory beside the warehouse, follows the chain of commits in the copy, reads from it what is known of each
session, builds a warehouse of it, and compares that, table by table, with the copy and with the warehouse that
analysts read. It prints how long it took, removes the copy, and records in the lake what came of it: kycsync
status tells. It needs as much room as the lake and twice the warehouse, and may run beside a sync. What a drill
leaves that was killed, the next one removes, but not below --scratch.

Examples:
   kycsync drill
   kycsync drill --lake gs://acme-kyc/lake --json | jq .seconds`,
		Flags: stored(
			text("scratch", "", "make the copy in this `DIRECTORY`; without it beside the warehouse"),
			toggle("json", "print one JSON object"),
		),
		Before: p.settings,
		Action: p.drill,
	}
}

// drilled is what a drill found, as its JSON shows it.
type drilled struct {
	lake.Drill
	Lake      string `json:"lake"`
	Warehouse string `json:"warehouse"`

	copied, rebuilt time.Duration
	blame           error // what a difference is a case of
}

func (p *program) drill(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	l, now, err := p.openToWrite(c)
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := l.Published(c.Context); errors.Is(err, lake.ErrNotExist) {
		return usagef("%s has published nothing yet: there is nothing to restore", l.Bucket().URI())
	} else if err != nil {
		return err
	}
	scratch, remove, err := scratchDir(c)
	if err != nil {
		return err
	}
	defer remove()
	d := &drilled{Lake: l.Bucket().URI(), Warehouse: c.String("warehouse")}
	d.At, d.Version = now().UTC(), version
	begun := time.Now()
	err = d.restore(c.Context, p, l, scratch)
	switch {
	case errors.Is(err, lake.ErrDamaged), errors.Is(err, warehouse.ErrMismatch):
		d.Different = "it could not be restored: " + err.Error()
		err = fmt.Errorf("restore %s: %w", d.Lake, err)
	case err != nil:
		return fmt.Errorf("restore %s: %w", d.Lake, err)
	case d.Different != "":
		err = fmt.Errorf("%w: %s", d.blame, d.Different)
	}
	d.Seconds = time.Since(begun).Seconds()
	d.Equal = d.Different == ""
	err = errors.Join(err, l.RecordDrill(c.Context, d.Drill))
	if c.Bool("json") {
		return errors.Join(err, printJSON(p.stdout, d))
	}
	return errors.Join(err, d.print(p))
}

// scratchDir makes the place of the copy. In the private directory, which is ours alone, it removes those of drills
// that died: nobody holds their locks.
func scratchDir(c *cli.Context) (dir string, remove func(), err error) {
	const name = "kycsync-drill-"
	parent := c.String("scratch")
	if parent == "" {
		if parent, err = privateDir(c.String("warehouse")); err != nil {
			return "", nil, err
		}
		entries, err := os.ReadDir(parent)
		if err != nil {
			return "", nil, fmt.Errorf("look for what drills have left: %w", cause(err))
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), name) {
				continue
			}
			old := filepath.Join(parent, e.Name())
			lock := flock.New(filepath.Join(old, "lock"))
			if dead, err := lock.TryLock(); err == nil && dead {
				_ = os.RemoveAll(old)
				_ = lock.Unlock()
			}
		}
	}
	if dir, err = os.MkdirTemp(parent, name); err != nil {
		return "", nil, fmt.Errorf("make a directory for the copy: %w", cause(err))
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	if ok, err := lock.TryLock(); err != nil || !ok {
		_ = os.RemoveAll(dir)
		return "", nil, fmt.Errorf("lock %s: %w", dir, cmp.Or(err, errLocked))
	}
	return dir, func() { _ = os.RemoveAll(dir); _ = lock.Unlock() }, nil
}

// restore copies, rebuilds and compares. What is not equal becomes Different.
func (d *drilled) restore(ctx context.Context, p *program, l *lake.Lake, scratch string) error {
	begun := time.Now()
	copied, head, err := copyLake(ctx, l, scratch)
	if err != nil {
		return err
	}
	d.Copied, d.copied = copied, time.Since(begun)
	restored, err := lake.Open(ctx, filepath.Join(scratch, "lake"), lake.Config{})
	if err != nil {
		return err
	}
	defer restored.Close()
	d.blame = lake.ErrDamaged
	if d.Different, err = d.sameState(ctx, l, restored, head, scratch); err != nil || d.Different != "" {
		return err
	}
	begun = time.Now()
	cfg := p.warehouseConfig(filepath.Join(scratch, "kyc.duckdb"), p.log)
	cfg.TempDir = scratch
	if _, err := warehouse.Rebuild(ctx, restored, cfg); err != nil {
		return err
	}
	d.rebuilt = time.Since(begun)
	return d.sameTables(ctx, p, l, restored, cfg)
}

// copyLake returns what it copied and the newest commit of the copy.
func copyLake(ctx context.Context, l *lake.Lake, scratch string) (lake.Copied, *lake.Commit, error) {
	store, err := lake.OpenBucket(ctx, filepath.Join(scratch, "lake"), lake.Config{Create: true})
	if err != nil {
		return lake.Copied{}, nil, err
	}
	to := lake.New(store, lake.Config{})
	defer to.Close()
	copied, err := l.Copy(ctx, store, scratch)
	if err != nil {
		return copied, nil, err
	}
	var head *lake.Commit
	for c, err := range to.Commits(ctx, 1) {
		if err != nil {
			return copied, nil, err
		}
		head = c
	}
	return copied, head, nil
}

// sameState holds the chain and what is known of the sessions against the lake.
func (d *drilled) sameState(ctx context.Context, l, restored *lake.Lake, head *lake.Commit, scratch string) (different string, err error) {
	d.Seq, d.HeadSHA256, d.Published = head.Seq, head.SHA256, head.PublishedSeq
	original, err := l.At(ctx, head.Seq)
	if err != nil {
		return "", err
	}
	if original.SHA256 != head.SHA256 {
		return fmt.Sprintf("commit %d of the copy is not that of the lake", head.Seq), nil
	}
	dir, err := os.MkdirTemp(scratch, "state-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	var standing [2]*night.Standing
	for i, of := range []*lake.Lake{l, restored} {
		if standing[i], err = night.Stand(ctx, of, head, dir, d.At, 5); err != nil {
			return "", err
		}
	}
	if !reflect.DeepEqual(standing[0], standing[1]) {
		return "what the copy knows of the sessions is not what the lake knows", nil
	}
	return "", nil
}

// sameTables holds the warehouse of the copy against the copy, and the one that analysts read against the lake, unless
// it shows another commit.
func (d *drilled) sameTables(ctx context.Context, p *program, l, restored *lake.Lake, cfg warehouse.Config) error {
	ours, err := warehouse.Verify(ctx, restored, cfg)
	if err != nil {
		return err
	}
	if !ours.Equal {
		d.Different = "the warehouse of the copy does not hold what the copy holds: " + ours.Reason
		return nil
	}
	for _, t := range ours.Tables {
		if t.Warehouse != nil {
			d.Tables, d.Rows = d.Tables+1, d.Rows+t.Warehouse.Rows
		}
	}
	cfg.Path = d.Warehouse
	theirs, err := warehouse.Verify(ctx, l, cfg)
	switch {
	case err != nil:
		return err
	case theirs.OtherCommit: // a run that publishes meanwhile is no difference
		d.Note = theirs.Reason
	case theirs.LakeSeq != ours.LakeSeq:
		d.Note = "a run has published meanwhile"
	case !theirs.Equal:
		d.Different, d.blame = d.Warehouse+" is not what was restored: "+theirs.Reason, errBadWarehouse
	}
	return nil
}

// pdfs are those that were copied, if there are any.
func (d *drilled) pdfs() string {
	if d.PDFs == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d PDFs, %s", d.PDFs, size(d.PDFBytes))
}

func (d *drilled) print(p *program) error {
	if d.copied > 0 {
		fmt.Fprintf(p.stdout, "copied    %d commits and %d parts, %s%s, in %s\n", d.Commits, d.Parts, size(d.Bytes), d.pdfs(), d.copied.Round(time.Millisecond))
	}
	if d.rebuilt > 0 {
		fmt.Fprintf(p.stdout, "rebuilt   %d rows of %d tables in %s\n", d.Rows, d.Tables, d.rebuilt.Round(time.Millisecond))
	}
	if d.Note != "" {
		fmt.Fprintf(p.stdout, "note      not compared with %s: %s\n", d.Warehouse, d.Note)
	}
	if !d.Equal {
		_, err := fmt.Fprintf(p.stdout, "PROBLEM   %s\n", d.Different)
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "OK: commit %d was restored from %s alone in %.1f s, and is equal\n", d.Seq, d.Lake, d.Seconds)
	return err
}
