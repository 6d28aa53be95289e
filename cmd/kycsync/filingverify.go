package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"kycsync/load/filing"
	"kycsync/load/seal"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/urfave/cli/v2"
)

func (p *program) filingVerifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check a filing, without database, lake and network",
		ArgsUsage: "FILE",
		Description: `One line says PASS or FAIL of each control. Nothing of the archive is unpacked, and what a filing does not have is
refused: names that lead elsewhere, links, compression, files that are too many. Who signed it is known by an allowed_signers
file of OpenSSH; without one the key's fingerprint is printed, to be compared. A time stamp is not checked here: openssl does it.

Examples:
   kycsync filing verify acme_kyc-population_2026-10_v1_k20261105T000000Z.zip
   kycsync filing verify --allowed-signers signers --json acme_kyc-population_2026-10_v1_k20261105T000000Z.zip`,
		Flags: append([]cli.Flag{
			text("allowed-signers", "", "it must be signed by somebody in this allowed_signers file of OpenSSH (`FILE`)"),
			&cli.BoolFlag{Name: "allow-unsigned", Usage: "let a package pass that nobody signed"},
			toggle("json", "print one JSON object"), configFlag()}, logFlags()...),
		Before: p.settings,
		Action: p.filingVerify,
	}
}

// errBadFiling means that a package is not as it must be.
var errBadFiling = errors.New("the filing does not stand")

func (p *program) filingVerify(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("filing verify takes one file, got %d", c.NArg())
	}
	how := filing.Checking{Unsigned: c.Bool("allow-unsigned")}
	if file := c.String("allowed-signers"); file != "" {
		body, err := os.ReadFile(file)
		if err == nil {
			how.Signers, err = seal.ParseSigners(body)
		}
		if err != nil {
			return usagef("--allowed-signers %s: %v", file, cause(err))
		}
	}
	name := c.Args().First()
	controls, ok, err := filing.Verify(c.Context, name, how)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, cause(err))
	}
	if c.Bool("json") {
		err = json.MarshalWrite(p.stdout, map[string]any{"file": name, "ok": ok, "controls": controls}, jsontext.WithIndent("  "), json.Deterministic(true))
		fmt.Fprintln(p.stdout)
	} else {
		printControls(p.stdout, controls)
	}
	var failed []string
	for _, control := range controls {
		if !control.Passed && !control.Skipped {
			failed = append(failed, control.Name)
		}
	}
	if err == nil && len(failed) > 0 {
		err = fmt.Errorf("%s: %w: %s", name, errBadFiling, strings.Join(failed, ", "))
	}
	return err
}

func printControls(w io.Writer, controls []filing.Control) {
	for _, c := range controls {
		word := "FAIL"
		switch {
		case c.Skipped:
			word = "SKIP"
		case c.Passed:
			word = "PASS"
		}
		fmt.Fprintf(w, "%s  %-18s %s\n", word, c.Name, c.Sentence)
	}
}
