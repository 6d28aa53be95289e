package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"

	"github.com/urfave/cli/v2"
	"github.com/urfave/cli/v2/altsrc"
)

// policyFlags are what a run promises and what it refuses.
func policyFlags() []cli.Flag {
	return []cli.Flag{
		several("promise", "greatest age of what is known of a class, such as monitored=3d (`CLASS=TIME`); kycsync status lists the classes"),
		several("gate", "threshold of a gate, such as shrink=0.3 (`NAME=NUMBER`)"),
		&cli.StringSliceFlag{Name: "accept", Usage: "let a gate fail this once; the reason stays in the run record (`GATE=REASON`)"},
	}
}

// several is a setting that may be given more than once.
func several(name, usage string) cli.Flag {
	return altsrc.NewStringSliceFlag(&cli.StringSliceFlag{Name: name, Usage: usage, EnvVars: envName(name)})
}

// readPolicy reads them into a run's config.
func readPolicy(c *cli.Context, cfg *night.Config) error {
	cfg.Promises, cfg.Gates = extract.DefaultPromises(), night.DefaultGates()
	for name, value := range pairs(c, "promise", true) {
		d, err := longTime(value)
		if err != nil {
			return usagef("--promise %s=%s: want a class and a time such as monitored=3d", name, value)
		}
		if err := cfg.Promises.Set(name, d); err != nil {
			return usagef("--promise: %v", err)
		}
	}
	for name, value := range pairs(c, "gate", true) {
		x, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return usagef("--gate %s=%s: want a name and a number such as shrink=0.3", name, value)
		}
		if err := cfg.Gates.Set(name, x); err != nil {
			return usagef("--gate: %v", err)
		}
	}
	cfg.Accept = map[string]string{}
	for gate, reason := range pairs(c, "accept", false) {
		if !slices.Contains(night.GateNames, gate) {
			return usagef("--accept %s: no such gate: want one of %s", gate, strings.Join(night.GateNames, ", "))
		}
		if strings.TrimSpace(reason) == "" {
			return usagef("--accept %s: want a reason, as in --accept %s='retention was shortened on 1 May'", gate, gate)
		}
		cfg.Accept[gate] = reason
	}
	return nil
}

// pairs yields NAME=VALUE of a flag that may be given several times, or in one text with commas.
func pairs(c *cli.Context, flag string, commas bool) map[string]string {
	out := map[string]string{}
	for _, text := range c.StringSlice(flag) {
		parts := []string{text}
		if commas {
			parts = strings.Split(text, ",")
		}
		for _, part := range parts {
			name, value, _ := strings.Cut(part, "=")
			out[strings.TrimSpace(name)] = value
		}
	}
	return out
}

// longTime reads a time that may count days: 3d, 12h, 1d12h.
func longTime(text string) (time.Duration, error) {
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.Atoi(days)
	if err != nil || rest == "" {
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(rest)
	return time.Duration(n)*24*time.Hour + d, err
}

// readRange reads --from and --to.
func readRange(c *cli.Context, cfg *night.Config) (err error) {
	from, to := c.String("from"), c.String("to")
	if from == "" && to == "" {
		return nil
	}
	if from == "" || to == "" {
		return usagef("--from and --to: want both, the first day and the day after the last")
	}
	for _, day := range []struct {
		flag, text string
		into       *time.Time
	}{{"from", from, &cfg.From}, {"to", to, &cfg.To}} {
		if *day.into, err = time.Parse(time.DateOnly, day.text); err != nil {
			return usagef("--%s %s: want a day such as 2026-11-24, in UTC", day.flag, day.text)
		}
	}
	if !cfg.From.Before(cfg.To) {
		return usagef("--from %s --to %s: the range is empty; --to is the day after the last one", from, to)
	}
	return nil
}
