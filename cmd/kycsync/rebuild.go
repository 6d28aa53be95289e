package main

import (
	"fmt"
	"time"

	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

func (p *program) rebuildCommand() *cli.Command {
	return &cli.Command{
		Name:  "rebuild",
		Usage: "make the warehouse again from the lake alone",
		Description: `Readers keep the old warehouse until the new one is complete and compared with the lake.

Example:
   kycsync rebuild --lake gs://acme-kyc/lake --warehouse ./kyc.duckdb`,
		Flags:  stored(keepFlag()),
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			cfg, err := p.warehouseToBuild(c, p.log)
			if err != nil {
				return err
			}
			l, err := p.openLake(c.Context, c, false, time.Now)
			if err != nil {
				return err
			}
			defer l.Close()
			rep, err := warehouse.Rebuild(c.Context, l, cfg)
			if err != nil {
				return fmt.Errorf("rebuild %s: %w", c.String("warehouse"), err)
			}
			p.printBuilt(c.String("warehouse"), rep)
			return nil
		},
	}
}
