package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

// alone prepares what writes to the lake without asking the vendor: no run of this machine is at work
// meanwhile. The caller closes the job.
func (p *program) alone(c *cli.Context) (_ *job, cfg night.Config, err error) {
	j := &job{progress: newProgress(p.stderr, p.log), step: p.at}
	defer func() {
		if err != nil {
			j.close()
		}
	}()
	var now func() time.Time
	if j.lake, now, err = p.openToWrite(c); err != nil {
		return nil, cfg, err
	}
	toBuild, err := p.warehouseToBuild(c, p.log)
	if err != nil {
		return nil, cfg, err
	}
	dir, err := privateDir(toBuild.Path)
	if err != nil {
		return nil, cfg, err
	}
	j.work = filepath.Join(dir, "run")
	if j.lock, err = lockRuns(dir); err != nil {
		return nil, cfg, err
	}
	if err := emptyDir(j.work); err != nil {
		return nil, cfg, err
	}
	return j, night.Config{Lake: j.lake, Warehouse: toBuild, WorkDir: j.work, Now: now, Version: version, Log: p.log,
		Progress: j.progress.show, Step: p.step}, nil
}

// lookAt calls use with the newest commit of the lake, nil where there is none, and a directory for
// downloads.
func (p *program) lookAt(c *cli.Context, use func(l *lake.Lake, head *lake.Commit, dir string) error) error {
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	head, err := l.Head(c.Context)
	if err != nil && !errors.Is(err, lake.ErrNotExist) {
		return fmt.Errorf("read the newest commit: %w", err)
	}
	dir, err := os.MkdirTemp("", "kycsync-look-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return use(l, head, dir)
}

// group is a command that only has others below it.
func group(name, usage, description string, commands ...*cli.Command) *cli.Command {
	for _, c := range commands {
		c.OnUsageError = usageError
		c.CustomHelpTemplate = cli.CommandHelpTemplate + "\n" + exitCodesHelp
	}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "COMMAND", Description: description, Subcommands: commands, HideHelpCommand: true,
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return cli.ShowSubcommandHelp(c)
			}
			return usagef("%s has no command %q; kycsync help %s lists them", name, c.Args().First(), name)
		},
	}
}

// noMoreArgs is noArgs for a command of a group.
func noMoreArgs(c *cli.Context, name string) error {
	if c.Args().Present() {
		return usagef("%s takes no argument, got %d: flags come first, and a value with blanks stands in quotes", name, c.Args().Len())
	}
	return nil
}
