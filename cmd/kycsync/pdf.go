package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"kycsync/load/lake"
	"kycsync/transform"

	"github.com/urfave/cli/v2"
)

func (p *program) pdfCommand() *cli.Command {
	return &cli.Command{
		Name:      "pdf",
		Usage:     "write out the vendor's PDF of a session, as it was archived",
		ArgsUsage: "SESSION_ID",
		Description: `kycsync sync --archive-pdf keeps the vendor's PDF of each final version of a session, byte for byte. This writes that
of the newest one, or of the version that --version names, to a new file, and removes it again where its length or its
SHA-256 is not the one that was noted when it came. kycsync show lists what there is, or why there is none. No
warehouse is needed.

Examples:
   kycsync pdf --to report.pdf 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d
   kycsync pdf --version 12 --to before.pdf 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d`,
		Flags: stored(
			&cli.StringFlag{Name: "to", Usage: "the new `FILE`"},
			&cli.Int64Flag{Name: "version", Usage: "session_version_seq of the PDF (`N`); without it the newest"},
		),
		Before: p.settings,
		Action: p.pdf,
	}
}

func (p *program) pdf(c *cli.Context) error {
	if err := flagsFirst(c); err != nil {
		return err
	}
	if c.NArg() != 1 || c.String("to") == "" {
		return usagef("pdf takes one session id, and --to FILE before it")
	}
	id := strings.ToLower(strings.TrimSpace(c.Args().First()))
	if !sessionIDRE.MatchString(id) {
		return usagef("pdf: want a session id such as 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d, got %s", transform.Shape(id))
	}
	return p.lookAt(c, func(l *lake.Lake, head *lake.Commit, dir string) error {
		found, err := findPDF(c.Context, l, head, dir, id, c.Int64("version"))
		if err != nil {
			return err
		}
		if err := writePDF(c.Context, l, found, c.String("to")); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "%s  %s\n", found.SHA256, c.String("to")) // as sha256sum prints it
		return err
	})
}

// findPDF returns the PDF of a version of a session, 0: of the newest that has one. What was archived first counts.
func findPDF(ctx context.Context, l *lake.Lake, head *lake.Commit, dir, id string, version int64) (found lake.PDF, err error) {
	if head == nil {
		return found, usagef("%s has no commit yet", l.Bucket().URI())
	}
	for pdf, err := range l.PDFs(ctx, head, dir) {
		if err != nil {
			return found, fmt.Errorf("read pdf_reports: %w", err)
		}
		if string(pdf.SessionID) == id && (version == 0 || pdf.SessionSeq == version) && pdf.SessionSeq > found.SessionSeq {
			found = pdf
		}
	}
	switch {
	case found.Object == "" && version != 0:
		return found, usagef("no PDF of version %d of session %s is archived; kycsync show %s tells of which there is one", version, id, id)
	case found.Object == "":
		return found, usagef("no PDF of session %s is archived; kycsync show %s tells why", id, id)
	}
	return found, nil
}

// writePDF makes the file. Where the PDF is not what it was, there is none.
func writePDF(ctx context.Context, l *lake.Lake, pdf lake.PDF, to string) (err error) {
	r, err := l.OpenPDF(ctx, pdf)
	if err != nil {
		return fmt.Errorf("PDF of session %s: %w", pdf.SessionID, err)
	}
	defer r.Close()
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usagef("--to %s: it is there already, and is not overwritten", to)
	case err != nil:
		return usagef("--to %s: %v", to, cause(err))
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(to)
		}
	}()
	if _, err := io.Copy(f, r); err != nil {
		return fmt.Errorf("PDF of session %s: %w", pdf.SessionID, err)
	}
	return f.Sync()
}
