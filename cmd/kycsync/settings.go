package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
	"github.com/urfave/cli/v2/altsrc"
	"gopkg.in/yaml.v3"
)

// envName is the environment variable of a flag: --api-url is KYCSYNC_API_URL.
func envName(flag string) []string {
	return []string{"KYCSYNC_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))}
}

func text(name, value, usage string) cli.Flag {
	return altsrc.NewStringFlag(&cli.StringFlag{Name: name, Value: value, Usage: usage, EnvVars: envName(name)})
}

func number(name string, value int, usage string) cli.Flag {
	return altsrc.NewIntFlag(&cli.IntFlag{Name: name, Value: value, Usage: usage, EnvVars: envName(name)})
}

func duration(name string, usage string) cli.Flag {
	return altsrc.NewDurationFlag(&cli.DurationFlag{Name: name, Usage: usage, EnvVars: envName(name)})
}

func toggle(name, usage string) cli.Flag {
	return altsrc.NewBoolFlag(&cli.BoolFlag{Name: name, Usage: usage, EnvVars: envName(name)})
}

// Flags that several commands have.
func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Usage: "YAML `FILE` with the same names as the flags", EnvVars: envName("config")}
}

func lakeFlag() cli.Flag {
	return text("lake", "./kyc-lake", "where the lake is: a directory, file:// or gs://bucket/prefix (`URI`)")
}

func warehouseFlag() cli.Flag { return text("warehouse", "./kyc.duckdb", "the DuckDB file (`PATH`)") }

func logFlags() []cli.Flag {
	return []cli.Flag{
		text("log-format", "text", "`FORMAT` of log lines: text or json"),
		text("log-level", "info", "least `LEVEL` of log lines: debug, info, warn or error"),
	}
}

// stored are the flags of every command that reads or writes what is stored.
func stored(more ...cli.Flag) []cli.Flag {
	return slices.Concat(more, []cli.Flag{lakeFlag(), warehouseFlag(), configFlag()}, logFlags())
}

// settings reads the config file for the flags that neither the command line nor the environment
// set. A name that no command knows is an error: it is a misspelt setting.
func (p *program) settings(c *cli.Context) error {
	path := c.String("config")
	if path == "" {
		return nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return usagef("config %s: %v", path, cause(err))
	}
	var names map[string]any
	if err := yaml.Unmarshal(body, &names); err != nil {
		return usagef("config %s: not a YAML map of settings", path)
	}
	for name := range names {
		if !p.knows(name) {
			return usagef("config %s: no setting %q", path, name)
		}
	}
	source, err := altsrc.NewYamlSourceFromFile(path)
	if err != nil {
		return usagef("config %s: %v", path, err)
	}
	if err := altsrc.ApplyInputSourceValues(c, source, c.Command.Flags); err != nil {
		return usagef("config %s: %v", path, err)
	}
	return nil
}

func (p *program) knows(name string) bool {
	for _, cmd := range p.app().Commands {
		for _, f := range cmd.Flags {
			if _, ok := f.(altsrc.FlagInputSourceExtension); ok && slices.Contains(f.Names(), name) {
				return true
			}
		}
	}
	return false
}

// cause is an I/O error without the path, which the message names already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// noArgs refuses what a command would not look at.
func noArgs(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("%s takes no argument, got %d", c.Command.Name, c.Args().Len())
	}
	return nil
}

// logger returns the log of a command. Logs go to stderr; they hold session ids and figures, never
// a value of a document.
func (p *program) logger(c *cli.Context) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, usagef("--log-level %q: want debug, info, warn or error", c.String("log-level"))
	}
	options := &slog.HandlerOptions{Level: level}
	switch c.String("log-format") {
	case "text":
		return slog.New(slog.NewTextHandler(p.stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.stderr, options)), nil
	}
	return nil, usagef("--log-format %q: want text or json", c.String("log-format"))
}

// clock is the clock of record. KYCSYNC_NOW sets the instant it starts from, against a vendor on
// this machine only: nobody shall date what a real vendor said.
func (p *program) clock(apiURL string) (now func() time.Time, simulated bool, err error) {
	value := p.getenv("KYCSYNC_NOW")
	if value == "" {
		return time.Now, false, nil
	}
	if !strings.HasPrefix(apiURL, "http://") {
		return nil, false, usagef("KYCSYNC_NOW is for a simulated vendor at http://127.0.0.1 only")
	}
	base, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return nil, false, usagef("KYCSYNC_NOW: want a time such as 2026-11-24T02:00:00Z")
	}
	start := time.Now()
	return func() time.Time { return base.Add(time.Since(start)).UTC() }, true, nil
}

// openLake opens the lake that --lake names.
func (p *program) openLake(ctx context.Context, c *cli.Context, create bool, now func() time.Time) (*lake.Lake, error) {
	l, err := lake.Open(ctx, c.String("lake"), lake.Config{Create: create, Step: p.step, Now: now})
	if errors.Is(err, lake.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s; kycsync sync makes one, --lake names another", errNoLake, c.String("lake"))
	}
	if err != nil {
		return nil, fmt.Errorf("open lake %s: %w", c.String("lake"), err)
	}
	return l, nil
}

func (p *program) warehouseConfig(path string, log *slog.Logger) warehouse.Config {
	return warehouse.Config{Path: path, Log: log, Step: p.step}
}

// openWarehouse opens the published warehouse for reading.
func (p *program) openWarehouse(ctx context.Context, c *cli.Context) (*warehouse.Reader, error) {
	path := c.String("warehouse")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("no warehouse at %s; kycsync sync or kycsync rebuild makes one, --warehouse names another", path)
	}
	return warehouse.OpenReader(ctx, path)
}

// privateDir is where files in the making are, beside the warehouse. Only the owner may enter it.
func privateDir(warehousePath string) (string, error) {
	dir := warehousePath + ".build"
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return "", fmt.Errorf("make the private directory of %s: %w", warehousePath, cause(err))
	}
	return dir, nil
}
