package main

import (
	"os"
	"regexp"
	"slices"

	"kycsync/extract"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// An application is one of the organisation's in the vendor's console, with a key of its own.
type application struct {
	Name       string `yaml:"name"`
	APIURL     string `yaml:"api-url"`
	APIKeyFile string `yaml:"api-key-file"`
	APIKeyEnv  string `yaml:"api-key-env"`
	Rate       *int   `yaml:"rate"`
	key        extract.Secret
}

// applicationsSetting is a name of the config file that is no flag.
const applicationsSetting = "applications"

// A name stands in file names and in every row.
var applicationRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$`)

// applications returns what a run is about: the applications of the config file, or the one that
// the flags describe. --application picks one of the file.
func (p *program) applications(c *cli.Context) ([]application, error) {
	all, err := readApplications(c.String("config"))
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		all = []application{{Name: c.String("application"), APIKeyFile: c.String("api-key-file")}}
	} else if c.IsSet("application") {
		all = slices.DeleteFunc(all, func(a application) bool { return a.Name != c.String("application") })
		if len(all) == 0 {
			return nil, usagef("--application %s: the config file names no such application", c.String("application"))
		}
	}
	seen := map[string]bool{}
	for i := range all {
		a := &all[i]
		switch {
		case !applicationRE.MatchString(a.Name):
			return nil, usagef("application %q: want a name of letters, digits, point, line and underline, 60 at most", a.Name)
		case seen[a.Name]:
			return nil, usagef("application %s stands in the config file twice", a.Name)
		}
		seen[a.Name] = true
		if err := p.completeApplication(c, a); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// completeApplication fills in from the flags what the config file does not say.
func (p *program) completeApplication(c *cli.Context, a *application) (err error) {
	if a.APIURL == "" {
		a.APIURL = c.String("api-url")
	}
	if a.Rate == nil {
		rate := c.Int("rate")
		a.Rate = &rate
	}
	if a.APIKeyEnv != "" && a.APIKeyFile != "" {
		return usagef("application %s: want api-key-file or api-key-env, got both", a.Name)
	}
	a.key, err = p.apiKey(c, a)
	return err
}

// readApplications reads the list from a config file; none from none.
func readApplications(path string) ([]application, error) {
	if path == "" {
		return nil, nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("config %s: %v", path, cause(err))
	}
	var file struct {
		Applications []map[string]any `yaml:"applications"`
	}
	if err := yaml.Unmarshal(body, &file); err != nil {
		return nil, usagef("config %s: applications is not a list of maps", path)
	}
	var out []application
	for i, entry := range file.Applications {
		for name := range entry {
			if !slices.Contains([]string{"name", "api-url", "api-key-file", "api-key-env", "rate"}, name) {
				return nil, usagef("config %s: application %d: no setting %q", path, i+1, name)
			}
		}
		text, err := yaml.Marshal(entry)
		if err != nil {
			return nil, err
		}
		var a application
		if err := yaml.Unmarshal(text, &a); err != nil {
			return nil, usagef("config %s: application %d: a setting is not of its kind", path, i+1)
		}
		out = append(out, a)
	}
	return out, nil
}
