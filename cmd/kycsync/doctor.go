package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "try whether a store is fit for a lake",
		Description: `Everything that kycsync promises rests on a few promises of the store: that a name which is taken cannot be
taken again, whoever races for it, that what was written is seen at once, and that an upload which breaks off leaves
nothing. Not every file system keeps them. This tries each from this machine, with objects below _lake/trials, 40 MB
in all, that it removes again where the account may. It makes a directory that is not there, and clears away what
writers left there that died an hour ago. For a bucket it also tells where it lies and whether it can be made
public, if the account may read that (storage.buckets.get).

A store that breaks a promise is refused with exit code 2, an account that lacks a permission with 6.

Examples:
   kycsync doctor --lake /mnt/share/kyc-lake
   kycsync doctor --lake gs://acme-kyc/lake --region europe-west1`,
		Flags: slices.Concat([]cli.Flag{
			text("region", "", "refuse a bucket that does not lie in this `PLACE`, such as europe-west1 or eu"),
			toggle("json", "print one JSON object"),
			lakeFlag(), configFlag(),
		}, logFlags()),
		Before: p.settings,
		Action: p.doctor,
	}
}

// diagnosis is what doctor found, as its JSON shows it.
type diagnosis struct {
	Fit      bool                 `json:"fit"`
	Store    string               `json:"store"`
	Trials   []trial              `json:"trials"`
	Settings *lake.BucketSettings `json:"settings,omitempty"` // absent: it is no bucket, or they may not be seen
	Warnings []string             `json:"warnings"`
	Left     int                  `json:"objects_left"` // that the account may not remove
}

type trial struct {
	Promise string `json:"promise"`
	Broken  string `json:"broken,omitempty"`
	Millis  int64  `json:"milliseconds"`
}

func (p *program) doctor(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	uri := c.String("lake")
	if err := checkLake(uri); err != nil {
		return err
	}
	if region := c.String("region"); region != "" && !strings.HasPrefix(uri, "gs://") {
		return usagef("--region %s: only a bucket lies in a region, and %s is none", region, uri)
	}
	b, err := lake.OpenBucket(c.Context, uri, lake.Config{Create: true})
	if err != nil {
		return err
	}
	store := lake.New(b, lake.Config{})
	defer store.Close()
	d := &diagnosis{Store: b.URI(), Trials: []trial{}, Warnings: []string{}}
	err = d.place(c.Context, b, c.String("region"))
	if err == nil {
		d.Left, err = lake.Examine(c.Context, b, func(t lake.Trial) {
			d.Trials = append(d.Trials, trial{t.Promise, t.Broken, t.Took.Milliseconds()})
		})
	}
	if d.Left > 0 {
		d.Warnings = append(d.Warnings, fmt.Sprintf("%d objects stay below _lake/trials, because the account may not remove them, as it should be; kycsync gc does, two days from now", d.Left))
	}
	d.Fit = err == nil
	if c.Bool("json") {
		return errors.Join(err, printJSON(p.stdout, d))
	}
	return errors.Join(err, d.print(p))
}

// place reads where a bucket lies and who can be let in.
func (d *diagnosis) place(ctx context.Context, b lake.Bucket, region string) error {
	g, ok := b.(*lake.GCS)
	if !ok {
		d.Warnings = append(d.Warnings, "all writers were of this machine; that another machine is kept out of a network file system's names was not tried")
		return nil
	}
	s, err := g.Settings(ctx)
	switch {
	case err != nil && region != "":
		return err
	case errors.Is(err, lake.ErrDenied):
		d.Warnings = append(d.Warnings, "where the bucket lies and whether it can be made public is not known: the account may not read its settings (storage.buckets.get)")
		return nil
	case err != nil:
		return err
	}
	d.Settings = &s
	if !s.Uniform {
		d.Warnings = append(d.Warnings, "uniform bucket-level access is off: a single object can be made public")
	}
	if !s.Private {
		d.Warnings = append(d.Warnings, "public access prevention is not enforced: the bucket can be made public")
	}
	if region != "" && !strings.EqualFold(region, s.Location) {
		return usagef("%s lies in %s, want %s", d.Store, s.Location, strings.ToUpper(region))
	}
	return nil
}

func (d *diagnosis) print(p *program) error {
	for _, t := range d.Trials {
		word, more := "ok", ""
		if t.Broken != "" {
			word, more = "BROKEN", ": "+t.Broken
		}
		fmt.Fprintf(p.stdout, "%-8s%s%s (%v)\n", word, t.Promise, more, time.Duration(t.Millis)*time.Millisecond)
	}
	if d.Settings != nil {
		fmt.Fprintf(p.stdout, "%-8s%s\n", "place", d.Settings.Location)
	}
	for _, w := range d.Warnings {
		fmt.Fprintf(p.stdout, "%-8s%s\n", "note", w)
	}
	if !d.Fit {
		return nil
	}
	_, err := fmt.Fprintf(p.stdout, "OK: %s is fit for a lake\n", d.Store)
	return err
}
