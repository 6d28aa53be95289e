package main

import (
	"fmt"

	"kycsync/load/filing"

	"github.com/urfave/cli/v2"
)

// sampleFlags are those of a sample that is drawn from the population of a filing.
func sampleFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "sample", Usage: "draw `N` sessions from the population, and add all that is known of them"},
		&cli.Int64Flag{Name: "seed", Usage: "what is drawn by: the same `NUMBER` draws the same sessions, on any machine"},
		&cli.StringFlag{Name: "stratify", Usage: "draw in proportion to the values of this `COLUMN` of the population, such as status"},
		&cli.StringFlag{Name: "clear-sample", Usage: "for an auditor: who lets the sample leave without pseudonyms, and why (`TEXT`); it stands in the package and in the ledger"},
	}
}

// sampleOf reads what is to be drawn; nil: nothing.
func sampleOf(c *cli.Context) (*filing.Sample, error) {
	switch {
	case c.IsSet("sample") && !c.IsSet("seed"):
		return nil, usagef("--sample: want --seed, by which it can be drawn again")
	case c.IsSet("sample"):
		if c.IsSet("clear-sample") && c.String("clear-sample") == "" {
			return nil, usagef("--clear-sample: want who approved it, and why")
		}
		return &filing.Sample{Size: c.Int("sample"), Seed: c.Int64("seed"), By: c.String("stratify"), Approval: c.String("clear-sample")}, nil
	}
	for _, name := range []string{"seed", "stratify", "clear-sample"} {
		if c.IsSet(name) {
			return nil, usagef("--%s: want --sample, which says how many are drawn", name)
		}
	}
	return nil, nil
}

// printStrata says how much of each stratum was drawn.
func (p *program) printStrata(made *filing.Package) {
	s := made.Order.Sample
	if s == nil {
		return
	}
	var population, sampled int64
	for _, t := range made.Strata() {
		population, sampled = population+t.Population, sampled+t.Sampled
		if s.By != "" {
			fmt.Fprintf(p.stderr, "stratum %s %q: %d of %d\n", s.By, t.Value, t.Sampled, t.Population)
		}
	}
	if population <= int64(s.Size) {
		fmt.Fprintf(p.stderr, "sample: %d sessions were to be drawn and the population has %d: it is all of them\n", s.Size, population)
		return
	}
	fmt.Fprintf(p.stderr, "sample: %d of %d sessions, by the seed %d\n", sampled, population, s.Seed)
}
