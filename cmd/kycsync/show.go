package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"kycsync/load/warehouse"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/urfave/cli/v2"
)

func (p *program) showCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "one session with everything known about it, or all sessions of a user",
		ArgsUsage: "SESSION_ID",
		Description: `Its history, and pdf_reports: of which versions the vendor's PDF is archived, with its SHA-256 and when it came, or why
not. kycsync pdf writes one out.

Examples:
   kycsync show 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d
   kycsync show --user customer-4711
   kycsync show --format json --user customer-4711`,
		Flags: stored(
			text("user", "", "all sessions of the user that you know as `VENDOR_DATA`, with the latest status of each feature"),
			text("format", "text", "`FORMAT`: text or json"),
		),
		Before: p.settings,
		Action: p.show,
	}
}

func (p *program) show(c *cli.Context) error {
	if err := oneOf(c, "format", "text", "json"); err != nil {
		return err
	}
	if err := flagsFirst(c); err != nil {
		return err
	}
	if c.NArg() > 1 || (c.NArg() == 1) == (c.String("user") != "") {
		return usagef("show takes one session id, or --user VENDOR_DATA")
	}
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return err
	}
	defer r.Close()
	d := &dossier{ctx: c.Context, reader: r}
	if user := c.String("user"); user != "" {
		err = d.user(transform.FoldKey(user))
	} else {
		err = d.session(strings.ToLower(strings.TrimSpace(c.Args().First())))
	}
	if err != nil {
		return err
	}
	if c.String("format") == "json" {
		return d.writeJSON(p.stdout)
	}
	return d.writeText(p.stdout)
}

// A dossier is what the warehouse says about one session or user, section by section.
type dossier struct {
	ctx      context.Context
	reader   *warehouse.Reader
	sections []section
}

// A section is the rows of one question: JSON objects, with their members in order.
type section struct {
	name string
	rows []jsontext.Value
}

func (d *dossier) ask(name, query string, args ...any) (int, error) {
	res, err := d.reader.Query(d.ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", name, err)
	}
	defer res.Close()
	var body bytes.Buffer
	if err := res.Write(&body, "json"); err != nil {
		return 0, fmt.Errorf("ask %s: %w", name, err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(body.Bytes(), &rows); err != nil {
		return 0, fmt.Errorf("ask %s: %w", name, err)
	}
	s := section{name: name}
	for _, r := range rows {
		s.rows = append(s.rows, jsontext.Value(r))
	}
	if len(rows) > 0 {
		d.sections = append(d.sections, s)
	}
	return len(rows), nil
}

var sessionIDRE = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// session asks every table for the rows of one session, and for its history.
func (d *dossier) session(id string) error {
	if !sessionIDRE.MatchString(id) {
		return usagef("show: want a session id such as 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d, got %s", transform.Shape(id))
	}
	for _, t := range schemas.Tables {
		if !slices.Contains(t.EntityKey(), "session_id") || t.LakeOnly {
			continue
		}
		n, err := d.ask(t.Name, fmt.Sprintf("SELECT * FROM %s WHERE session_id = ? ORDER BY ALL", schemas.QuoteName(t.Name)), id)
		if err != nil {
			return err
		}
		if n == 0 && t.Name == "sessions" {
			return usagef("no session %s in the warehouse; kycsync sync fetches what is new", id)
		}
	}
	for _, q := range []struct{ name, query string }{
		{"rejects", "SELECT * FROM rejects WHERE session_id = ? ORDER BY ALL"},
		{"history", `SELECT v.version_seq, v.observed_at, v.status, v.content_hash, v.next_seq
			FROM sessions_versions v WHERE v.session_id = ? ORDER BY v.version_seq`},
	} {
		if _, err := d.ask(q.name, q.query, id); err != nil {
			return err
		}
	}
	return nil
}

// user asks for all sessions of a user, of whatever status, and the latest status of each feature.
func (d *dossier) user(key string) error {
	n, err := d.ask("sessions", `SELECT session_id, application, session_kind, session_number, status, created_at, expires_at, workflow_id,
		country_iso3, document_type, upstream_state FROM sessions WHERE vendor_data_key = ? ORDER BY created_at, session_number`, key)
	if err != nil {
		return err
	}
	if n == 0 {
		return usagef("no session of that user in the warehouse; kycsync sync fetches what is new")
	}
	_, err = d.ask("user_features", "SELECT * FROM user_features WHERE vendor_data_key = ? ORDER BY ALL", key)
	return err
}

func (d *dossier) writeJSON(w io.Writer) error {
	out := []byte{'{'}
	for i, s := range d.sections {
		if i > 0 {
			out = append(out, ',')
		}
		name, _ := jsontext.AppendQuote(nil, s.name)
		out = append(append(append(out, name...), ':'), '[')
		for j, r := range s.rows {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(out, r...)
		}
		out = append(out, ']')
	}
	v := jsontext.Value(append(out, '}'))
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := w.Write(append(v, '\n'))
	return err
}

// envelopeColumns say the same in every row of a session: they are shown once, with the session.
var envelopeColumns = map[string]bool{"application": true, "session_id": true, "session_number": true, "version_seq": true, "observed_at": true}

func (d *dossier) writeText(w io.Writer) error {
	for _, s := range d.sections {
		fmt.Fprintf(w, "%s\n", s.name)
		for i, r := range s.rows {
			if len(s.rows) > 1 {
				fmt.Fprintf(w, "  %d\n", i+1)
			}
			if err := writeMembers(w, r, slices.Contains([]string{"sessions", "history", "pdf_reports"}, s.name)); err != nil {
				return err
			}
		}
		fmt.Fprintln(w)
	}
	return nil
}

// writeMembers prints the members of one object that say something.
func writeMembers(w io.Writer, object jsontext.Value, all bool) error {
	dec := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		label := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if value.Kind() == 'n' || !all && envelopeColumns[label] {
			continue
		}
		text := string(value)
		if value.Kind() == '"' {
			plain, err := jsontext.AppendUnquote(nil, value)
			if err != nil {
				return err
			}
			text = printable(string(plain))
		}
		if _, err := fmt.Fprintf(w, "    %-32s %s\n", label, text); err != nil {
			return err
		}
	}
	return nil
}

// printable keeps what applicants typed from moving the cursor of whoever reads it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}
