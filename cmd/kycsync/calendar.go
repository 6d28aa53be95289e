package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"kycsync/load/filing"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// calendarSetting is the list of the config file that says which filings are due.
const calendarSetting = "filings"

// An appointment is a filing that is due for each period: an entry of the calendar.
type appointment struct {
	template string
	schedule filing.Schedule
	create   []string // the flags of filing create
}

// The settings of an appointment that are no flags of filing create, and the flags that it sets itself.
var (
	appointmentSettings = []string{"template", "since", "grace-days", "late-days"}
	notAppointed        = []string{"period", "known-at", "supersedes", "reason", "templates", "lake", "warehouse", "config", "log-format", "log-level"}
)

// lateDays is after how many days a filing is late whose entry does not say so.
const lateDays = 3

// calendar reads the appointments of the config file.
func (p *program) calendar(c *cli.Context) ([]appointment, error) {
	path := c.String("config")
	if path == "" {
		return nil, usagef("the filings that are due stand in the config file under %s: --config names it", calendarSetting)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("config %s: %v", path, cause(err))
	}
	var file struct {
		Filings []map[string]any `yaml:"filings"`
	}
	if err := yaml.Unmarshal(body, &file); err != nil {
		return nil, usagef("config %s: %s is not a list of maps", path, calendarSetting)
	}
	if len(file.Filings) == 0 {
		return nil, usagef("config %s: no %s are due", path, calendarSetting)
	}
	var out []appointment
	for i, entry := range file.Filings {
		a, err := p.appointment(c, entry)
		if err != nil {
			return nil, usagef("config %s: %s, number %d: %v", path, calendarSetting, i+1, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// appointment reads an entry.
func (p *program) appointment(c *cli.Context, entry map[string]any) (a appointment, err error) {
	if a.template, err = wordOf(entry, "template"); err != nil {
		return a, err
	}
	all, err := templates(c)
	if err != nil {
		return a, err
	}
	template := findTemplate(all, a.template)
	if template == nil {
		return a, fmt.Errorf("no template %q; kycsync filing templates lists them", a.template)
	}
	since, err := wordOf(entry, "since")
	if err == nil {
		a.schedule.First, err = filing.ParsePeriod(since)
	}
	if err != nil {
		return a, fmt.Errorf("since: %w", err)
	}
	if a.schedule.GraceDays, err = daysOf(entry, "grace-days", template.GraceDays); err != nil {
		return a, err
	}
	if a.schedule.GraceDays < template.GraceDays {
		return a, fmt.Errorf("grace-days: want at least the %d of the template", template.GraceDays)
	}
	if a.schedule.LateDays, err = daysOf(entry, "late-days", lateDays); err != nil {
		return a, err
	}
	a.create, err = p.createFlags(entry)
	return a, err
}

// createFlags turns the settings of an entry into flags of filing create, which has the same names.
func (p *program) createFlags(entry map[string]any) (out []string, err error) {
	known := p.filingCreateCommand().Flags
	for _, name := range slices.Sorted(maps.Keys(entry)) {
		if slices.Contains(appointmentSettings, name) {
			continue
		}
		if slices.Contains(notAppointed, name) || !slices.ContainsFunc(known, func(f cli.Flag) bool { return f.Names()[0] == name }) {
			return nil, fmt.Errorf("no setting %q", name)
		}
		values, isList := entry[name].([]any)
		if !isList {
			values = []any{entry[name]}
		}
		for _, v := range values {
			switch v.(type) {
			case string, int, bool:
				out = append(out, fmt.Sprintf("--%s=%v", name, v))
			default:
				return nil, fmt.Errorf("%s: want a word, or a list of words", name)
			}
		}
	}
	if _, placed := entry["to"]; !placed {
		return nil, fmt.Errorf("to: want the place that it goes to")
	}
	return out, nil
}

// wordOf returns a setting that must be there. YAML reads a year as a number.
func wordOf(entry map[string]any, name string) (string, error) {
	switch v := entry[name].(type) {
	case string:
		return v, nil
	case int:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("%s: want a word", name)
}

func daysOf(entry map[string]any, name string, otherwise int) (int, error) {
	v, given := entry[name]
	if !given {
		return otherwise, nil
	}
	if n, ok := v.(int); ok && n >= 0 && n <= 366 {
		return n, nil
	}
	return 0, fmt.Errorf("%s: want a number of days", name)
}

// asCreate calls use as the action of filing create, with the flags of the appointment for one deadline.
func (p *program) asCreate(c *cli.Context, a *appointment, period string, knownAt time.Time, use cli.ActionFunc) error {
	create := p.filingCreateCommand()
	create.Action, create.OnUsageError = use, usageError
	app := p.app()
	app.Commands = []*cli.Command{create}
	args := []string{app.Name, create.Name, "--period=" + period, "--known-at=" + knownAt.UTC().Format(time.RFC3339Nano)}
	for _, name := range []string{"lake", "warehouse", "config", "log-format", "log-level", "templates"} {
		if value := c.String(name); value != "" {
			args = append(args, "--"+name+"="+value)
		}
	}
	return app.RunContext(c.Context, append(append(args, a.create...), a.template))
}
