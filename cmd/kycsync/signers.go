package main

import (
	"context"
	"fmt"
	"os"

	"kycsync/load/lake"
	"kycsync/load/seal"

	"github.com/urfave/cli/v2"
)

// allowedFlag is of every command that holds something against anchors.
func allowedFlag() cli.Flag {
	return text("allowed-signers", "", "and each of them must be signed by somebody in this allowed_signers file of OpenSSH (`FILE`)")
}

// allowedSigners reads the file that the setting names, nil if none is.
func allowedSigners(c *cli.Context) (seal.Signers, error) {
	file := c.String("allowed-signers")
	switch {
	case file == "":
		return nil, nil
	case c.String("against") == "":
		return nil, usagef("--allowed-signers goes with --against")
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("--allowed-signers %s: %v", file, cause(err))
	}
	signers, err := seal.ParseSigners(body)
	if err != nil {
		return nil, usagef("--allowed-signers %s: %v", file, err)
	}
	return signers, nil
}

// signedBy returns who signed an anchor. The error wraps lake.ErrDamaged where nobody did, or nobody whose signature
// counts: whoever made that anchor, it proves nothing. A key whose time is bounded is judged at the time that the anchor
// has, as git does with commits.
func signedBy(ctx context.Context, kept anchorPlace, a lake.Anchor, allowed seal.Signers) (string, error) {
	signature, err := kept.signature(ctx, a)
	if err != nil {
		return "", fmt.Errorf("read the signature of the anchor of commit %d: %w", a.Seq, err)
	}
	if signature == nil {
		return "", fmt.Errorf("%w: the anchor of commit %d has no signature", lake.ErrDamaged, a.Seq)
	}
	by, err := allowed.Check(anchorNamespace, sealed(a), signature, a.CommittedAt)
	if err != nil {
		return "", fmt.Errorf("%w: the anchor of commit %d: %w", lake.ErrDamaged, a.Seq, err)
	}
	return by, nil
}
