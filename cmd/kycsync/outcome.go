package main

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

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
