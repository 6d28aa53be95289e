package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

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

// dropEmptySettings makes an empty environment variable count as one that is not set.
func dropEmptySettings() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value == "" && strings.HasPrefix(name, "KYCSYNC_") {
			_ = os.Unsetenv(name)
		}
	}
}

// settings completes the flags of a command from the config file and opens its log.
func (p *program) settings(c *cli.Context) error {
	if path := c.String("config"); path != "" {
		if err := p.readConfig(c, path); err != nil {
			return err
		}
	}
	for _, f := range c.Command.Flags {
		t, ok := f.(*altsrc.StringFlag)
		if ok && t.GetDefaultText() != "" && c.String(t.Name) == "" {
			return usagef("--%s: want a value, got nothing; without it the value is %s", t.Name, t.GetDefaultText())
		}
	}
	if c.String("log-format") == "" {
		return nil // the command has no log
	}
	return p.openLog(c)
}

// readConfig reads the config file for the flags that neither the command line nor the environment
// set. A name that no command knows is an error: it is a misspelt setting.
func (p *program) readConfig(c *cli.Context, path string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return usagef("config %s: %v", path, cause(err))
	}
	var names map[string]any
	if err := yaml.Unmarshal(body, &names); err != nil {
		return usagef("config %s: not a YAML map of settings", path)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if name != applicationsSetting && name != calendarSetting && !p.knows(name) {
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
	all := p.app().Commands
	for _, cmd := range all {
		all = append(all, cmd.Subcommands...)
	}
	for _, cmd := range all {
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
	if err := flagsFirst(c); err != nil {
		return err
	}
	if c.Args().Present() {
		return usagef("%s takes no argument, got %d", c.Command.Name, c.Args().Len())
	}
	return nil
}

// flagsFirst refuses a flag behind an argument, where it is not read.
func flagsFirst(c *cli.Context) error {
	for _, arg := range c.Args().Tail() {
		if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(arg, "--") && !strings.Contains(flag, " ") {
			return usagef("%s stands behind an argument, where it is not read: flags come first, as in %s %s ...", flag, c.Command.HelpName, flag)
		}
	}
	return nil
}

// openLog opens the log of a command. Logs go to stderr; they hold session ids and figures, never
// a value of a document.
func (p *program) openLog(c *cli.Context) error {
	if err := oneOf(c, "log-format", "text", "json"); err != nil {
		return err
	}
	p.jsonLog = c.String("log-format") == "json"
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return usagef("--log-level %q: want debug, info, warn or error", c.String("log-level"))
	}
	options := &slog.HandlerOptions{Level: level}
	if p.jsonLog {
		p.log = slog.New(slog.NewJSONHandler(p.stderr, options))
	} else {
		p.log = slog.New(slog.NewTextHandler(p.stderr, options))
	}
	return nil
}

// wantsJSONLog looks for what decides the form of the log before any setting is read, so that a
// mistake in the settings is told in that form too.
func wantsJSONLog(args []string, getenv func(string) string) bool {
	format := getenv("KYCSYNC_LOG_FORMAT")
	for i, arg := range args {
		if name, value, ok := strings.Cut(strings.TrimLeft(arg, "-"), "="); name == "log-format" && name != arg {
			if !ok && i+1 < len(args) {
				value = args[i+1]
			}
			format = value
		}
	}
	return format == "json"
}

// clock is the clock of record. KYCSYNC_NOW sets the instant it starts from, against a vendor on
// this machine only: nobody shall date what a real vendor said.
func (p *program) clock(apiURL string) (now func() time.Time, err error) {
	value := p.getenv("KYCSYNC_NOW")
	if value == "" {
		return time.Now, nil
	}
	if !strings.HasPrefix(apiURL, "http://") {
		return nil, usagef("KYCSYNC_NOW is for a simulated vendor at http://127.0.0.1 only")
	}
	base, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return nil, usagef("KYCSYNC_NOW: want a time such as 2026-11-24T02:00:00Z")
	}
	start := time.Now()
	return func() time.Time { return base.Add(time.Since(start)).UTC() }, nil
}
