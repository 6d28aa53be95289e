package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

func (p *program) recoverCommand() *cli.Command {
	return &cli.Command{
		Name:  "recover",
		Usage: "bring a damaged lake back to an older commit; without --to-seq, say to which",
		Description: `When commits or parts are damaged, every command that needs them ends with 7 and changes nothing. Best is to put
the very bytes back, from a backup or the soft delete of the bucket: then nothing is lost. Where there are none,
this says what is sound, to which commit the lake can be brought back, and what would be given up. It changes
nothing. With --to-seq it does it, while no run is at work, and makes the warehouse again.

History stays: commits that can be read keep their places, also those whose rows are given up. One that cannot is
copied to _lake/damaged/ as it is, and a stand-in takes its number, so that no number is used twice; that needs an
account that may delete, as kycsync gc does. A part that was merged gives way to those that it was merged of, as
long as they are there. Then a new commit names the parts of the one that was asked for, and says why. What it does
not know any more, the next sync fetches again, as the vendor has it then; what was known at an instant in between is
answered as that commit would. Parts that only lost commits named stay until the next kycsync gc.

The warehouse and the anchors of --anchor help to tell what was there, so leave them as they are until then. kycsync
verify tells of every recovery from then on. The reason stays in the lake for good: let it name no person.

Examples:
   kycsync recover
   kycsync recover --to-seq 412 --reason 'disk of the old host, ticket 77' --anchor /mnt/audit/kycsync-anchors.txt`,
		Flags: stored(append(anchorFlags(),
			&cli.Int64Flag{Name: "to-seq", Usage: "bring the lake back to this `COMMIT`"},
			&cli.StringFlag{Name: "reason", Usage: "why, for whoever reads the history: required with --to-seq (`TEXT`)"},
			toggle("json", "print one JSON object"),
		)...),
		Before: p.settings,
		Action: p.recover,
	}
}

func (p *program) recover(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	to, reason := c.Int64("to-seq"), c.String("reason")
	switch {
	case !c.IsSet("to-seq") && reason != "":
		return usagef("--reason goes with --to-seq; kycsync recover alone says to which commit")
	case !c.IsSet("to-seq"):
		return p.planRecovery(c)
	case to < 1:
		return usagef("--to-seq %d: want the number of a commit", to)
	}
	if err := lake.CheckReason(reason); err != nil {
		return usagef("--reason: %v", err)
	}
	anchoring, err := p.anchoring(c)
	if err != nil {
		return err
	}
	defer anchoring.close()
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	return p.recoverTo(c, job, cfg, anchoring, to, reason)
}

// recoverTo surveys the lake while no run is at work, brings it back, and makes the warehouse follow.
func (p *program) recoverTo(c *cli.Context, job *job, cfg night.Config, anchoring *anchoring, to int64, reason string) error {
	l := job.lake
	survey, err := p.survey(c, l)
	job.progress.stop()
	if err != nil {
		return err
	}
	var apps []application
	for _, name := range survey.Applications() {
		apps = append(apps, application{Name: name})
	}
	dir, err := privateDir(c.String("warehouse"))
	if err == nil {
		err = job.lease(c.Context, apps, dir, p.log)
	}
	if err != nil {
		return err
	}
	if survey.Sound() {
		return errors.Join(p.nothingToRecover(c, survey), anchoring.acknowledge(c.Context, l))
	}
	r, err := survey.Restorable(c.Context, to)
	if errors.Is(err, lake.ErrNotRestorable) {
		return p.notRestorable(c.Context, survey, err)
	}
	if err != nil {
		return err
	}
	plan, err := p.plan(c, l, survey, r)
	if err != nil {
		return err
	}
	p.at("recover.surveyed")
	commit, err := l.Recover(c.Context, survey, r, reason, job.work)
	if err != nil {
		return err
	}
	p.at("recovered")
	plan.Commit = commit.Seq
	kept, err := keepWarehouse(c.String("warehouse"), dir, commit.Seq)
	if err == nil {
		_, err = warehouse.Rebuild(c.Context, l, cfg.Warehouse)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", night.ErrDeferred, err)
	}
	plan.KeptWarehouse, plan.AnchorAfter = kept, l.Anchor(commit).String()
	return errors.Join(err, anchoring.acknowledged(c.Context, l.Anchor(commit)), plan.printDone(p, c.Bool("json")))
}

// survey looks at the lake with what the warehouse and the anchors know of it.
func (p *program) survey(c *cli.Context, l *lake.Lake) (*lake.Survey, error) {
	var witnesses []lake.Witness
	if r, err := p.openWarehouse(c.Context, c); err != nil {
		p.log.Info("the warehouse cannot tell what was in the lake", "reason", err.Error())
	} else {
		known, err := r.Commits(c.Context)
		if err := errors.Join(err, r.Close()); err != nil {
			p.log.Warn("the warehouse cannot tell what was in the lake", "reason", err.Error())
		} else {
			witnesses = append(witnesses, lake.Witness{Name: "the warehouse " + c.String("warehouse"), Commits: known})
		}
	}
	if place := c.String("anchor"); place != "" {
		kept, err := openAnchors(c.Context, place)
		if err != nil {
			return nil, err
		}
		defer closeAnchors(kept)
		all, err := kept.all(c.Context)
		if err != nil {
			return nil, fmt.Errorf("read the anchors: %w", err)
		}
		w := lake.Witness{Name: "the anchors in " + place, Commits: map[int64]string{}, Sure: true}
		for _, a := range all {
			if a.LakeID == l.ID() {
				w.Commits[a.Seq] = a.SHA256
			}
		}
		witnesses = append(witnesses, w)
	}
	s, err := l.Survey(c.Context, witnesses, nil)
	if err != nil {
		return nil, err
	}
	for _, name := range s.Ignored {
		p.log.Warn("it knows none of the commits, and is not heard: it was made of another history", "witness", name)
	}
	if s.Last == 0 {
		return nil, usagef("%s has no commit: there is nothing to recover", l.Bucket().URI())
	}
	return s, nil
}

// notRestorable says to which commit the lake can be brought back instead.
func (p *program) notRestorable(ctx context.Context, s *lake.Survey, cause error) error {
	best, err := s.Best(ctx)
	switch {
	case err != nil:
		return err
	case best == nil:
		return fmt.Errorf("%w: %v; nor can any other: bring the damaged objects back from a copy", lake.ErrDamaged, cause)
	}
	return usagef("--to-seq: %v; the newest that can be is %d", cause, best.Commit.Seq)
}

// keepWarehouse keeps the warehouse of before the recovery: it may hold rows that the lake has no more. It returns
// where, empty if there was none.
func keepWarehouse(path, dir string, seq int64) (string, error) {
	kept := filepath.Join(dir, fmt.Sprintf("before-commit-%d.duckdb", seq))
	switch err := os.Link(path, kept); {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil && !errors.Is(err, fs.ErrExist):
		return "", fmt.Errorf("keep %s as it is: %w", path, err)
	}
	return kept, nil
}

// acknowledge keeps the anchor of a recovery that the newest anchor does not know of yet.
func (s *anchoring) acknowledge(ctx context.Context, l *lake.Lake) error {
	if s.place == "" {
		return nil
	}
	kept, err := openAnchors(ctx, s.place)
	if err != nil {
		return err
	}
	defer closeAnchors(kept)
	_, _, err = holdsAnchor(ctx, kept, l)
	var replaced *lake.ReplacedError
	if !errors.As(err, &replaced) {
		return err
	}
	return s.acknowledged(ctx, l.Anchor(replaced.By))
}

// acknowledged keeps the anchor of a recovery, whatever the older ones say.
func (s *anchoring) acknowledged(ctx context.Context, a lake.Anchor) error {
	return s.keep(ctx, a, func(anchorPlace) (bool, error) { return false, nil })
}
