package sql

import (
	"embed"
	"path"
	"slices"
)

// The bases of a period: what makes a session one of it.
const (
	CreatedInPeriod = "created_in_period"
	DecidedInPeriod = "decided_in_period"
	OpenAtPeriodEnd = "open_at_period_end"
)

// Bases are all of them.
var Bases = []string{CreatedInPeriod, DecidedInPeriod, OpenAtPeriodEnd}

// A Definition is a name that the basis of a filing gives to the answer of a statement: the statements of the filing, and
// the definitions behind it, may ask of it as of a view.
//
//	of_period  the sessions of every kind that are of the period, where finding them takes more than a condition
//	members    those of persons in the live environment: rows of live_sessions
type Definition struct {
	Name string
	Doc  string
	SQL  string
	// Once says that it is asked once for all statements, as it takes long.
	Once bool
}

// Create is the statement that gives the name.
func (d *Definition) Create() string {
	what := "VIEW"
	if d.Once {
		what = "TABLE"
	}
	return "CREATE OR REPLACE TEMP " + what + " " + d.Name + " AS\n" + d.SQL
}

//go:embed basis/*/*.sql
var basisFiles embed.FS

// basisText returns a file of a basis, "" where it has none.
func basisText(basis, name string) string {
	text, err := basisFiles.ReadFile(path.Join("basis", basis, name+filingSuffix))
	if err != nil {
		return ""
	}
	return string(text)
}

// complete gives a template the definitions of its basis, and where it has no exclusions.sql or source.sql those of the
// basis, which are about sessions of persons in the live environment.
func (f *Filing) complete() error {
	if !slices.Contains(Bases, f.Basis) {
		return nil // check tells so
	}
	for _, name := range []string{"of_period", "members"} {
		if head, body := splitHead(basisText(f.Basis, name)); body != "" {
			f.Defines = append(f.Defines, Definition{name, unwrap(head), statement(body), name == "of_period"})
		}
	}
	for name, there := range map[string]bool{FilingExclusions: f.Table(FilingExclusions) != nil, FilingSource: f.Source != ""} {
		if there {
			continue
		}
		if err := f.add(name+filingSuffix, []byte(basisText(f.Basis, name))); err != nil {
			return err
		}
	}
	return nil
}
