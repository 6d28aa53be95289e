package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"kycsync/load/filing"
	"kycsync/sql"

	"github.com/urfave/cli/v2"
)

// personFlags are those of a filing about one person.
func personFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "subject-file", Usage: "of a person-file: a `FILE`, or - for standard input, with the vendor_data of the person, one id a line"},
		&cli.StringSliceFlag{Name: "session", Usage: "of a person-file: a session of the person, by its `ID`; may be given several times"},
		&cli.StringSliceFlag{Name: "only-application", Usage: "of a person-file: only the sessions in the application of that `NAME`; may be given several times"},
		&cli.StringFlag{Name: "case", Usage: "of a person-file: your `REFERENCE` of the case, of a-z, 0-9 and -, which says nothing of the person"},
		&cli.StringFlag{Name: "variant", Usage: "of a person-file: `NAME` what it is for: " + strings.Join(filing.PersonVariants(), ", ")},
	}
}

// personOrder reads what a filing about one person is to be made of.
func (p *program) personOrder(c *cli.Context) (*filing.Order, error) {
	for _, name := range []string{"period", "sample", "seed", "stratify", "clear-sample"} {
		if c.IsSet(name) {
			return nil, usagef("--%s is not for a %s", name, sql.PersonFile)
		}
	}
	o := &filing.Order{Template: filing.PersonFile(c.String("variant")), Entity: c.String("entity"), Audience: filing.Audience(c.String("audience")), Profile: c.String("profile"), Reason: c.String("reason")}
	if o.Template == nil {
		return nil, usagef("--variant %q: want %s", c.String("variant"), strings.Join(filing.PersonVariants(), ", "))
	}
	var err error
	if o.Period, err = filing.Case(c.String("case")); err != nil {
		return nil, usagef("--case: %v", err)
	}
	o.Subject = &filing.Subject{Sessions: c.StringSlice("session"), Applications: c.StringSlice("only-application"), Nonce: filing.NewNonce()}
	for _, id := range o.Subject.Sessions {
		if !sessionIDRE.MatchString(id) {
			return nil, usagef("--session: want a session id such as 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d")
		}
	}
	if file := c.String("subject-file"); file != "" {
		if o.Subject.VendorData, err = readSubject(c.App.Reader, file); err != nil {
			return nil, usagef("--subject-file %s: %v", file, cause(err))
		}
	}
	return o, p.completeOrder(c, o)
}

// maxSubjectFile is how long a file with the ids of a person may be, in bytes.
const maxSubjectFile = 64 << 10

// readSubject reads the ids of a person, one a line. They stand in a file, as the list of processes shows arguments to all.
func readSubject(stdin io.Reader, file string) (ids []string, err error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxSubjectFile+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxSubjectFile {
		return nil, fmt.Errorf("want at most %d bytes", maxSubjectFile)
	}
	for line := range bytes.Lines(body) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			ids = append(ids, string(line))
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("want an id of the person")
	}
	return ids, nil
}

// personAgain is the order that a line of the ledger tells of, whose subject is read from the package itself. What the
// ledger does not have is put into the line.
func (p *program) personAgain(c *cli.Context, e *filing.Entry) (*filing.Order, error) {
	file := c.String("original")
	if file == "" {
		return nil, usagef("%s is about one person, and the ledger does not say of whom: --original names the package", e.ID)
	}
	original, err := filing.ReadOriginal(c.Context, file)
	if err != nil {
		return nil, usagef("--original %s: %v", file, cause(err))
	}
	if original.SHA256 != e.SHA256 {
		return nil, usagef("--original %s: it is another package than the one with SHA-256 %s, which the ledger has as %s", file, e.SHA256, e.ID)
	}
	e.Files, e.Rows = original.Files, original.Rows
	o := &filing.Order{Template: filing.PersonFile(strings.TrimPrefix(e.Template.Name, sql.PersonFile+"-")), Entity: e.Entity, Audience: e.Audience, Profile: e.Profile, Reason: e.Reason,
		KnownAt: e.KnownAt, Subject: original.Subject}
	if o.Template == nil {
		return nil, usagef("no template %q", e.Template.Name)
	}
	if o.Period, err = filing.Case(e.Period); err != nil {
		return nil, err
	}
	return o, p.completeOrder(c, o)
}

// isPersonFile tells whether a template is about one person, and not one of those with a period.
func isPersonFile(name string) bool { return strings.HasPrefix(name, sql.PersonFile+"-") }
