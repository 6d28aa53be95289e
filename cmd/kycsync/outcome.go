package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"
	"kycsync/load/publish"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
	"github.com/urfave/cli/v2/altsrc"
)

// conclude tells how the command ended: in words, or as the one summary event of a JSON log,
// whatever the level of the log.
func (p *program) conclude(verb string, code int, err error) {
	next := hint(verb, code, err)
	if !p.jsonLog {
		if err != nil {
			fmt.Fprintf(p.stderr, "kycsync: %s\n", words(err))
		}
		if next != "" {
			fmt.Fprintln(p.stderr, next)
		}
		return
	}
	log := slog.New(slog.NewJSONHandler(p.stderr, nil))
	event := append([]any{"command", verb, "exit_code", code}, p.summary...)
	if err == nil {
		log.Info("summary", event...)
		return
	}
	log.Error("summary", append(event, "error", err.Error(), "next", next)...)
}

// hint says what was not changed and what to do next.
func hint(verb string, code int, err error) string {
	writes := verb == "sync" || verb == "demo"
	switch code {
	case exitUsage:
		if verb == "doctor" && errors.Is(err, lake.ErrUnsuitable) {
			return "Keep the lake in another store: in this one commits could be lost or doubled."
		}
		return strings.TrimSpace("Nothing was changed. See kycsync help "+verb) + "."
	case exitAgain:
		if errors.Is(err, night.ErrStaged) {
			return "Nothing was changed. Run kycsync sync until it publishes, then the same command again."
		}
		return "Nothing is lost. Run the same command again."
	case exitCredentials:
		if errors.Is(err, lake.ErrDenied) || errors.Is(err, fs.ErrPermission) {
			return unpublished(writes) + " Grant the permission and run again."
		}
		return unpublished(writes) + " Check the key in the vendor's console (API keys), then run again."
	case exitGate:
		if held := heldBack(err); held != nil {
			return fmt.Sprintf("The lake has the commit; readers keep the warehouse that they have. kycsync check --warehouse %s asks what was built, kycsync rebuild and the next kycsync sync try again, and kycsync check waive --reason TEXT --until DAY NAME lets it pass.", held.Build)
		}
		if errors.Is(err, errOverdue) {
			return "The other filings stand. Each line says what keeps it; kycsync filing due lists them, and kycsync filing run makes what can be made."
		}
		if errors.Is(err, errChecks) {
			return "Nothing was changed. kycsync check rows NAME lists all that a check found, kycsync verify holds the warehouse against the lake, kycsync rebuild makes it again, and kycsync check waive --reason TEXT --until DAY NAME lets it pass."
		}
		return "Readers keep the last good generation. Look at kycsync status, then run again."
	case exitDamaged:
		if errors.Is(err, errBadFiling) {
			return "Do not rely on it. Ask whoever sent it for another copy, and for the fingerprint of the key by another way."
		}
		if errors.Is(err, errOther) {
			return "Nothing was changed. kycsync verify holds the warehouse against the lake; kycsync rebuild makes it again."
		}
		if errors.Is(err, errBadWarehouse) {
			return "Nothing was changed. kycsync rebuild makes the warehouse again from the lake."
		}
		if errors.Is(err, night.ErrFewer) {
			return "Nothing was changed. Run kycsync verify; if it finds nothing, this version of kycsync reads less than the one that stored the rows."
		}
		if verb == "fetch-warehouse" {
			return "The warehouse that was there stays. Run it again; if it ends so once more, ask for an older one with --seq. Where the lake is, kycsync rebuild and kycsync warehouse publish put a new one there."
		}
		if verb == "warehouse" && errors.Is(err, warehouse.ErrMismatch) {
			return "Nothing was published. kycsync rebuild makes the warehouse again from the lake."
		}
		if verb == "verify" && errors.Is(err, publish.ErrMismatch) {
			return "Nothing was changed. What was read of the lake and the warehouse is whole; each line PROBLEM says how what other engines read is made anew."
		}
		if verb == "verify" {
			return "Nothing was changed. Each line PROBLEM names what is damaged; bring it back from a copy before the next run, or see kycsync recover."
		}
		if errors.Is(err, publish.ErrMismatch) {
			return "Nothing of the lake was changed, and other engines keep what they had. kycsync verify tells whether the lake itself is whole."
		}
		if errors.Is(err, night.ErrMerge) {
			return "Published. Run kycsync verify to see what is damaged, and kycsync recover to see what can be restored, before anything else."
		}
		if verb == "recover" {
			return unchanged(verb) + " kycsync verify tells what is damaged."
		}
		return unchanged(verb) + " Run kycsync verify to see what is damaged, and kycsync recover to see what can be restored, before anything else."
	case exitDegraded:
		if errors.Is(err, errNoAnchor) {
			return "Published. Once the place can be written, the next run keeps the newest anchor there, which covers this one."
		}
		if errors.Is(err, errUnsent) {
			return "Published. Once the program of --anchor-command works, the next run sends the newest anchor, which covers this one."
		}
		if errors.Is(err, night.ErrPDFs) {
			return "Published. Whatever else the night stored is there; PDFs that are archived stay, and the next run asks for the others."
		}
		if verb == "sync" && errors.Is(err, errDegraded) {
			return "Published. SELECT * FROM rejects tells which elements could not be read."
		}
		if errors.Is(err, night.ErrUnlisted) && !errors.Is(err, night.ErrDeferred) {
			return "Published. kycsync publish leads other engines to it."
		}
		if errors.Is(err, night.ErrUnlisted) {
			return "Published in the lake. kycsync rebuild brings the warehouse up to date, and kycsync publish leads other engines to it."
		}
		return "Published in the lake. kycsync rebuild brings the warehouse up to date."
	case exitFailed:
		if verb == "compact" || verb == "gc" || verb == "recover" {
			return unchanged(verb) + " Running again is safe."
		}
		if verb == "publish" {
			return "Nothing of the lake was changed. Running again finishes what was begun."
		}
		return unpublished(writes) + " Running again is safe."
	}
	return ""
}

// unchanged says what a command that fails half way has not touched.
func unchanged(verb string) string {
	if verb == "compact" || verb == "gc" {
		return "No row was changed, and nothing that readers follow."
	}
	if verb == "recover" {
		return "No sound commit was changed, and no row."
	}
	return "Nothing was changed."
}

func unpublished(writes bool) string {
	if writes {
		return "Nothing was published; what was committed before is kept."
	}
	return "Nothing was changed."
}

// told is an error with words for the person at the terminal that must not reach a log.
type told struct {
	error
	words string
}

func (t told) Unwrap() error { return t.error }

func words(err error) string {
	var t told
	if errors.As(err, &t) {
		return t.words
	}
	return err.Error()
}

// asked shows DuckDB's own words to the person who wrote the statement, and to no log: they may
// hold values of the rows.
func asked(err error) error {
	var refused *warehouse.Error
	if errors.As(err, &refused) && refused.IsLackOfMemory() { // nobody's mistake
		return told{fmt.Errorf("the statement could not be answered: %s", refused.Class), refused.Detail()}
	}
	if errors.As(err, &refused) {
		return told{usagef("the statement was refused: %s", refused.Class), refused.Detail()}
	}
	if errors.Is(err, warehouse.ErrStatement) {
		return usage{err.Error()}
	}
	return err
}

// What package flag and cli say of a flag, and the environment's part of it.
var (
	badValueRE = regexp.MustCompile(`^invalid value (".*") for flag -([a-z-]+): (.*)$`)
	badBoolRE  = regexp.MustCompile(`^invalid boolean value (".*") for -([a-z-]+): `)
	badEnvRE   = regexp.MustCompile(`^could not parse (".*") as (\w+) value from environment variable "(\w+)" for flag`)
	noFlagRE   = regexp.MustCompile(`^flag provided but not defined: -(\S+)$`)
	noValueRE  = regexp.MustCompile(`^flag needs an argument: -(\S+)$`)
)

// usageError is a sentence about a flag that could not be read.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if m := badValueRE.FindStringSubmatch(text); m != nil {
		return usagef("--%s %s: want %s", m[2], m[1], wanted(c, m[2]))
	}
	if m := badBoolRE.FindStringSubmatch(text); m != nil {
		return usagef("--%s %s: want %s", m[2], m[1], article("bool"))
	}
	if m := badEnvRE.FindStringSubmatch(text); m != nil {
		return usagef("%s=%s: want %s", m[3], strings.Trim(m[1], `"`), article(m[2]))
	}
	if m := noFlagRE.FindStringSubmatch(text); m != nil {
		return usagef("no flag --%s", m[1])
	}
	if m := noValueRE.FindStringSubmatch(text); m != nil {
		return usagef("--%s: want %s after it", m[1], wanted(c, m[1]))
	}
	return usage{text}
}

// wanted says what kind of value a flag takes.
func wanted(c *cli.Context, name string) string {
	for _, f := range c.Command.Flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		switch f.(type) {
		case *altsrc.IntFlag:
			return article("int")
		case *altsrc.DurationFlag:
			return article("duration")
		}
	}
	return article("")
}

func article(kind string) string {
	switch kind {
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	case "duration":
		return "a time such as 5h30m"
	}
	return "a value"
}
