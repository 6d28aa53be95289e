package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsBefore puts the flags of the commands of a filing before their arguments, as people write them behind: the name
// of a template says what the flags are about. What follows -- stays where it is.
func (p *program) flagsBefore(args []string) []string {
	if len(args) < 4 || args[1] != p.filingCommand().Name {
		return args
	}
	commands := p.filingCommand().Subcommands
	at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == args[2] })
	if at < 0 || len(commands[at].Subcommands) > 0 {
		return args
	}
	var flags, rest []string
	for i := 3; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			rest = append(rest, args[i:]...)
			break
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !strings.HasPrefix(word, "-") || word == "-" {
			rest = append(rest, word)
			continue
		}
		flags = append(flags, word)
		if hasValue || !takesValue(commands[at], name) {
			continue
		}
		if i++; i == len(args) {
			rest = nil // the value that is missing is told, and no argument is taken for it
			break
		}
		flags = append(flags, args[i])
	}
	return slices.Concat(args[:3], flags, rest)
}

// takesValue reports whether a command has a flag of that name whose value may be the next word.
func takesValue(c *cli.Command, name string) bool {
	for _, f := range c.Flags {
		if doc, ok := f.(cli.DocGenerationFlag); ok && slices.Contains(f.Names(), name) {
			return doc.TakesValue()
		}
	}
	return false
}
