package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"kycsync/load/filing"
	"kycsync/load/lake"
	"kycsync/load/seal"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

func (p *program) warehouseCommand() *cli.Command {
	cmd := group("warehouse", "make a warehouse for those who may not see everything, and hand warehouses out",
		`With --audience a second warehouse is made of the lake, with the same tables and views, in which analysts see pseudonyms in place of
what tells who a person is: equal values have equal ones, so that what is shared is found. Days of birth are the first day of
their year, scores the lower end of their fifth of the scale, and free text, unknown members and the like are null. The
class of a column decides, and the comment of each column says what was done to it. The first time it is built as a whole, then it is gone on
from; put it behind each kycsync sync.

A warehouse is one file. Whoever is to ask it on another machine fetches it from a place that both can reach.

Commands:
   kycsync warehouse publish    puts it there

Examples:
   kycsync warehouse --audience analyst --pseudonym-key-file key --to kyc-analyst.duckdb
   kycsync warehouse publish --warehouse kyc-analyst.duckdb gs://acme-kyc-analysts/kyc
   kycsync warehouse publish gs://acme-kyc-officers/kyc`,
		p.warehousePublishCommand())
	help := cmd.Action
	cmd.Flags = append(append([]cli.Flag{
		&cli.StringFlag{Name: "audience", Usage: "make a warehouse for an audience (`NAME`): analyst"},
		&cli.StringFlag{Name: "to", Usage: "the DuckDB file that it becomes (`PATH`)"}, pseudonymKeyFlag()}, lakeFlag(), configFlag()), logFlags()...)
	cmd.Before = p.settings
	cmd.Action = func(c *cli.Context) error {
		if c.String("audience") == "" || c.Args().Present() {
			return help(c)
		}
		return p.warehouseFor(c)
	}
	return cmd
}

// warehouseFor makes, or brings up to date, the warehouse of an audience.
func (p *program) warehouseFor(c *cli.Context) error {
	if c.String("to") == "" {
		return usagef("warehouse --audience: want the file that it becomes, --to PATH")
	}
	body, err := os.ReadFile(c.String("pseudonym-key-file"))
	if err != nil {
		return usagef("--pseudonym-key-file %s: %v", c.String("pseudonym-key-file"), cause(err))
	}
	key, err := filing.NewPseudonymizer(filing.Audience(c.String("audience")), body)
	if err != nil {
		return usagef("--pseudonym-key-file %s: %v", c.String("pseudonym-key-file"), err)
	}
	cfg := p.warehouseConfig(c.String("to"), p.log)
	if cfg.Mask, err = filing.NewMask(key); err != nil {
		return usagef("--audience: %v", err)
	}
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	rep, err := warehouse.Update(c.Context, l, cfg)
	if err != nil {
		return fmt.Errorf("make %s: %w", c.String("to"), err)
	}
	p.printBuilt(c.String("to"), rep)
	return nil
}

// printBuilt says what a warehouse shows.
func (p *program) printBuilt(name string, rep warehouse.Report) {
	rows := int64(0)
	for _, n := range rep.Rows {
		rows += n
	}
	fmt.Fprintf(p.stdout, "%s shows commit %d: %d rows of %d tables, built in %s\n", name, rep.ToSeq, rows, len(rep.Rows), rep.Duration.Round(time.Millisecond))
}

func (p *program) warehousePublishCommand() *cli.Command {
	return &cli.Command{
		Name:      "publish",
		Usage:     "put the warehouse where analysts fetch it",
		ArgsUsage: "PLACE",
		Description: `PLACE is gs://bucket/prefix or a directory that is there, such as a mounted share. The file is stored under
the number of its newest commit and its hash, and then a small LATEST-....json beside it, which says what it is:
kycsync fetch-warehouse brings the newest and compares it. Nothing is overwritten, so that the account needs no
right to delete, except for --keep. A warehouse that is not the lake's is refused, and so is a place with warehouses of
another lake. A file that is there already is not sent again.

Examples:
   kycsync warehouse publish gs://acme-kyc-analysts/kyc
   kycsync warehouse publish --keep 30 /mnt/share/kyc       removes those before the newest thirty`,
		Flags: stored(
			&cli.IntFlag{Name: "keep", Usage: "remove what was put there before the newest `N`; without it all stay"}, // said each time
			toggle("json", "print one JSON object"),
		),
		Before: p.settings,
		Action: p.warehousePublish,
	}
}

// handedOut is what warehouse publish did, as its JSON shows it.
type handedOut struct {
	warehouse.Generation
	Place   string `json:"place"`
	New     bool   `json:"new"` // false: it, or a newer one, was there already
	Removed int    `json:"removed"`
}

func (p *program) warehousePublish(c *cli.Context) error {
	place, err := placeArg(c, "warehouse publish")
	if err != nil {
		return err
	}
	keep := c.Int("keep")
	if keep < 0 || keep == 0 && c.IsSet("keep") {
		return usagef("--keep %d: want the number of warehouses that stay", keep)
	}
	store, err := openPlace(c.Context, place, true)
	if err != nil {
		return err
	}
	defer closeStore(store)
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	done := handedOut{Place: store.URI()}
	done.Generation, done.New, err = warehouse.Upload(c.Context, l, store, p.warehouseConfig(c.String("warehouse"), p.log))
	switch {
	case errors.Is(err, warehouse.ErrNothing):
		return usagef("%v; kycsync sync or kycsync rebuild makes one, --warehouse names another", err)
	case errors.Is(err, warehouse.ErrForeign), errors.Is(err, warehouse.ErrAudience):
		return usage{err.Error()}
	case badFile(err):
		return fmt.Errorf("publish %s: %w", c.String("warehouse"), errBadWarehouse)
	case err != nil:
		return err
	}
	if keep > 0 {
		done.Removed, err = warehouse.Prune(c.Context, store, keep)
	}
	return errors.Join(err, done.print(p, c.Bool("json")))
}

func (d handedOut) print(p *program, asJSON bool) error {
	if asJSON {
		return printJSON(p.stdout, d)
	}
	if d.New {
		fmt.Fprintf(p.stdout, "published commit %d as %s in %s: %s, sha256 %s\n", d.Seq, d.File, d.Place, size(d.Bytes), d.SHA256)
	} else {
		fmt.Fprintf(p.stdout, "nothing to do: the newest in %s shows commit %d already, as %s\n", d.Place, d.Seq, d.File)
	}
	if d.Removed > 0 {
		fmt.Fprintf(p.stdout, "removed %d older files\n", d.Removed)
	}
	return nil
}

func (p *program) fetchWarehouseCommand() *cli.Command {
	return &cli.Command{
		Name:      "fetch-warehouse",
		Usage:     "bring the newest warehouse that was published, and prove it",
		ArgsUsage: "PLACE",
		Description: `Brings what kycsync warehouse publish put into PLACE, a directory or gs://bucket/prefix. Length and SHA-256 of
the file are compared, and it must open and show the commit that it was said to show; then it replaces the old file at once.
Who has the old one open keeps it. What breaks off leaves nothing: run it again. It needs no lake. With --against
the commits in the file are held against anchors that were kept outside of the lake, and with --allowed-signers each of
these must be signed; that its rows are those of its
commits is for kycsync verify to tell, where the lake is.

Examples:
   kycsync fetch-warehouse gs://acme-kyc-analysts/kyc
   kycsync fetch-warehouse --warehouse ~/kyc.duckdb --against anchors.txt /mnt/share/kyc
   kycsync fetch-warehouse --seq 42 --warehouse ~/kyc-42.duckdb /mnt/share/kyc`,
		Flags: append([]cli.Flag{
			&cli.Int64Flag{Name: "seq", Usage: "bring the newest one of this `COMMIT`, also if it is older than what is there"},
			text("against", "", "a file or gs://bucket/prefix with anchors that sync kept (`PLACE`)"), allowedFlag(),
			keepFlag(), toggle("json", "print one JSON object"), warehouseFlag(), configFlag(),
		}, logFlags()...),
		Before: p.settings,
		Action: p.fetchWarehouse,
	}
}

func (p *program) fetchWarehouse(c *cli.Context) error {
	place, err := placeArg(c, "fetch-warehouse")
	if err != nil {
		return err
	}
	want := warehouse.Wanted{Seq: c.Int64("seq")}
	if want.Seq < 0 || want.Seq == 0 && c.IsSet("seq") {
		return usagef("--seq %d: want the number of a commit", want.Seq)
	}
	cfg, err := p.warehouseToBuild(c, p.log)
	if err != nil {
		return err
	}
	allowed, err := allowedSigners(c)
	if err != nil {
		return err
	}
	against := c.String("against")
	if against != "" {
		if want.Anchors, err = readAnchors(c.Context, against, allowed); err != nil {
			return err
		}
	}
	if against != "" && len(want.Anchors) == 0 {
		return usagef("--against %s: there is no anchor", against)
	}
	store, err := openPlace(c.Context, place, false)
	if err != nil {
		return err
	}
	defer closeStore(store)
	got, err := warehouse.Download(c.Context, store, cfg, want)
	switch {
	case errors.Is(err, lake.ErrNotExist) && !errors.Is(err, lake.ErrDamaged):
		return usagef("%v; kycsync warehouse publish puts one there", err)
	case errors.Is(err, warehouse.ErrNewer), errors.Is(err, warehouse.ErrForeign), errors.Is(err, warehouse.ErrNoAnchor):
		return usage{err.Error()}
	case err != nil:
		return err
	}
	if c.Bool("json") {
		return printJSON(p.stdout, got)
	}
	verb := "now shows"
	if !got.New {
		verb = "shows already"
	}
	fmt.Fprintf(p.stdout, "%s %s commit %d of lake %s: %s, sha256 %s, as published\n", c.String("warehouse"), verb, got.Seq, got.LakeID, size(got.Bytes), got.SHA256)
	if against != "" {
		fmt.Fprintf(p.stdout, "%d anchors agree with its commits\n", got.Anchors)
	}
	return nil
}

// readAnchors returns all anchors. allowed: who must have signed each; nil: nobody.
func readAnchors(ctx context.Context, place string, allowed seal.Signers) ([]lake.Anchor, error) {
	kept, err := openAnchors(ctx, place)
	if err != nil {
		return nil, err
	}
	defer closeAnchors(kept)
	all, err := kept.all(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the anchors: %w", err)
	}
	for _, a := range all {
		if allowed != nil {
			if _, err := signedBy(ctx, kept, a, allowed); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// placeArg returns the one argument.
func placeArg(c *cli.Context, name string) (string, error) {
	if err := flagsFirst(c); err != nil {
		return "", err
	}
	if c.NArg() != 1 || c.Args().First() == "" {
		return "", usagef("%s takes one place, a directory or gs://bucket/prefix, got %d arguments", name, c.NArg())
	}
	return c.Args().First(), nil
}

// openPlace opens the store that a place names. A directory must be there: one that is made where a share is not
// mounted would fill the disk of this machine.
func openPlace(ctx context.Context, place string, write bool) (lake.Bucket, error) {
	scheme, rest, isURI := strings.Cut(place, "://")
	if isURI && scheme != "gs" && scheme != "file" || scheme == "gs" && strings.Trim(rest, "/") == "" {
		return nil, usagef("%s: want a directory or gs://bucket/prefix", place)
	}
	if scheme != "gs" {
		if info, err := os.Stat(strings.TrimPrefix(place, "file://")); err != nil {
			return nil, usagef("%s: %v; make the directory first, or mount it", place, cause(err))
		} else if !info.IsDir() {
			return nil, usagef("%s: want a directory, found a file", place)
		}
	}
	b, err := lake.OpenBucket(ctx, place, lake.Config{})
	if err != nil {
		return nil, err
	}
	if d, ok := b.(*lake.Dir); ok && write {
		if err := d.Prepare(); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return b, nil
}

func closeStore(b lake.Bucket) {
	if c, ok := b.(io.Closer); ok {
		_ = c.Close()
	}
}

// badFile reports whether DuckDB refused the file.
func badFile(err error) bool {
	var refused *warehouse.Error
	return errors.As(err, &refused)
}

func keepFlag() cli.Flag {
	return number("keep-warehouses", 0, "keep the last `N` warehouses that were replaced, in PATH.d; 0: none more")
}

// warehouseToBuild is how a warehouse is built that may replace another.
func (p *program) warehouseToBuild(c *cli.Context, log *slog.Logger) (warehouse.Config, error) {
	cfg := p.warehouseConfig(c.String("warehouse"), log)
	if cfg.Keep = c.Int("keep-warehouses"); cfg.Keep < 0 {
		return cfg, usagef("--keep-warehouses %d: want a number of warehouses, 0 for none", cfg.Keep)
	}
	return cfg, nil
}
