package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"
	"kycsync/transform"

	"github.com/urfave/cli/v2"
)

func (p *program) rejectsCommand() *cli.Command {
	return group("rejects", "what could not be read, and how it stands",
		`One bad value costs a row or less, and nothing else of its document; a document that is no sound JSON is not
stored at all. Either is a reject. It holds the form of the value, never the value.

Commands:
   kycsync rejects list               by cause, newest first
   kycsync rejects show SESSION_ID    those of one session
   kycsync rejects replay             try again to read what is stored

Example:
   kycsync rejects list`,
		&cli.Command{
			Name:  "list",
			Usage: "what could not be read, by cause, newest first",
			Description: `Unread are documents that were never stored: every sync asks for them again. Withheld are rows and values that
the newest version lacks.

Example:
   kycsync rejects list --json | jq '.groups[] | select(.withheld > 0)'`,
			Flags:  stored(toggle("json", "print one JSON object")),
			Before: p.settings,
			Action: p.rejectsList,
		},
		&cli.Command{
			Name:      "show",
			Usage:     "what of one session could not be read, and whether it has been read since",
			ArgsUsage: "SESSION_ID",
			Description: `The id may also be that of a user, a business, a transaction or a workflow.

Example:
   kycsync rejects show 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d`,
			Flags:  stored(toggle("json", "print one JSON object")),
			Before: p.settings,
			Action: p.rejectsShow,
		},
		&cli.Command{
			Name:  "replay",
			Usage: "try again to read what is stored, and say what must be fetched",
			Description: `Rows and values that were withheld are made again from the stored documents, by a kycsync replay of the whole
lake: it helps when this program has learned to read them. A document that was never stored is not made
again; the next kycsync sync fetches it.

Example:
   kycsync rejects replay`,
			Flags:  stored(keepFlag(), toggle("json", "print one JSON object")),
			Before: p.settings,
			Action: p.rejectsReplay,
		})
}

// rejectsPage is the answer of rejects list, as its JSON shows it.
type rejectsPage struct {
	Newest   int64               `json:"newest_seq"` // commit that it is read from; 0: none yet
	Count    int                 `json:"count"`
	Unread   int                 `json:"unread"`
	Withheld int                 `json:"withheld"`
	Groups   []night.RejectGroup `json:"groups"`
}

func (p *program) rejectsList(c *cli.Context) error {
	if err := noMoreArgs(c, "rejects list"); err != nil {
		return err
	}
	return p.lookAt(c, func(l *lake.Lake, head *lake.Commit, dir string) error {
		page := rejectsPage{Groups: []night.RejectGroup{}}
		if head != nil {
			found, err := night.Rejects(c.Context, l, head, dir, "")
			if err != nil {
				return fmt.Errorf("list rejects: %w", err)
			}
			page = rejectsPage{head.Seq, len(found.Rejects), count(found.Rejects, night.RejectUnread), count(found.Rejects, night.RejectWithheld), night.GroupRejects(found.Rejects)}
		}
		if c.Bool("json") {
			return printJSON(p.stdout, page)
		}
		return page.print(p.stdout)
	})
}

func count(rejects []night.StoredReject, state string) (n int) {
	for _, r := range rejects {
		if r.State == state {
			n++
		}
	}
	return n
}

func (page *rejectsPage) print(w io.Writer) error {
	if page.Count == 0 {
		_, err := fmt.Fprintln(w, "no rejects: everything could be read")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "reason\tdocument\tpath\ttable\tscope\tcount\tunread\twithheld\tlast seen\tsuch as")
	for _, g := range page.Groups {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", printable(g.Reason), orDash(g.Document), orDash(g.Path), orDash(g.Table), g.Scope,
			g.Count, g.Unread, g.Withheld, g.Last.Format(time.RFC3339), orDash(strings.Join(g.Sessions, " ")))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d rejects: %d documents unread, %d rows and values withheld, %d read since\n", page.Count, page.Unread, page.Withheld, page.Count-page.Unread-page.Withheld)
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return printable(s)
}

func (p *program) rejectsShow(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("rejects show takes one session id, and flags come before it")
	}
	id := strings.ToLower(strings.TrimSpace(c.Args().First()))
	if !sessionIDRE.MatchString(id) {
		return usagef("rejects show: want a session id such as 7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d, got %s", transform.Shape(id))
	}
	return p.lookAt(c, func(l *lake.Lake, head *lake.Commit, dir string) error {
		found := &night.Rejected{Rejects: []night.StoredReject{}, Newest: []night.Newest{}}
		var err error
		if head != nil {
			if found, err = night.Rejects(c.Context, l, head, dir, id); err != nil {
				return fmt.Errorf("show rejects of %s: %w", id, err)
			}
		}
		if c.Bool("json") {
			return printJSON(p.stdout, found)
		}
		return printRejected(p.stdout, id, found)
	})
}

// stateWords say how things stand with a reject.
var stateWords = map[string]string{night.RejectUnread: "unread; the next sync fetches it again",
	night.RejectWithheld: "withheld in the newest version", night.RejectRead: "read since"}

func printRejected(w io.Writer, id string, found *night.Rejected) error {
	if len(found.Rejects) == 0 {
		_, err := fmt.Fprintf(w, "nothing of %s was rejected\n", id)
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "seen\trun\tdocument\tpath\ttable\tscope\treason\tform\tstands")
	for _, r := range found.Rejects {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Seen.Format(time.RFC3339), r.RunID, orDash(r.Document), orDash(r.Path), orDash(r.Table), r.Scope,
			printable(r.Reason), orDash(r.Shape), stateWords[r.State])
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, v := range found.Newest {
		fmt.Fprintf(w, "newest version in %s: %d, observed %s\n", v.Table, v.Seq, v.At.Format(time.RFC3339))
	}
	unread := found.Stale || count(found.Rejects, night.RejectUnread) > 0
	switch {
	case unread && len(found.Newest) == 0:
		fmt.Fprintln(w, "no version of it could be read yet")
	case unread:
		fmt.Fprintln(w, "its newest document could not be read; the version above is older")
	}
	if !found.LastChecked.IsZero() {
		fmt.Fprintf(w, "the vendor was asked for it last at %s\n", found.LastChecked.Format(time.RFC3339))
	}
	return nil
}

// rejectsReplayed is the answer of rejects replay, as its JSON shows it.
type rejectsReplayed struct {
	Before int             `json:"withheld_before"`
	After  int             `json:"withheld_after"`
	Replay *night.Replayed `json:"replay"` // null: nothing was withheld
	Unread []string        `json:"unread"` // ids whose newest document the next sync fetches again
}

func (p *program) rejectsReplay(c *cli.Context) error {
	if err := noMoreArgs(c, "rejects replay"); err != nil {
		return err
	}
	job, cfg, err := p.alone(c)
	if err != nil {
		return err
	}
	defer job.close()
	look := func() (*night.Rejected, error) {
		head, err := cfg.Lake.Head(c.Context)
		if errors.Is(err, lake.ErrNotExist) {
			return &night.Rejected{}, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the newest commit: %w", err)
		}
		return night.Rejects(c.Context, cfg.Lake, head, cfg.WorkDir, "")
	}
	found, err := look()
	if err != nil {
		return err
	}
	out := &rejectsReplayed{Before: count(found.Rejects, night.RejectWithheld)}
	var deferred error
	if slices.ContainsFunc(found.Rejects, func(r night.StoredReject) bool { return r.Scope != transform.ScopeDocument }) {
		out.Replay, err = night.Replay(c.Context, cfg)
		job.progress.stop()
		if errors.Is(err, night.ErrDeferred) {
			deferred = err
		} else if err != nil {
			return replayFailed(err)
		}
		if found, err = look(); err != nil {
			return err
		}
	}
	out.After, out.Unread = count(found.Rejects, night.RejectWithheld), unreadIDs(found.Rejects)
	if err := out.print(p.stdout, c.Bool("json")); err != nil {
		return err
	}
	return deferred
}

// unreadIDs are the ids whose newest document could not be read, each once.
func unreadIDs(rejects []night.StoredReject) []string {
	ids := []string{}
	for _, r := range rejects {
		if r.State == night.RejectUnread && r.ID != "" {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// maxListed is how many ids are printed for a person; JSON has all.
const maxListed = 20

func (r *rejectsReplayed) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	if r.Replay == nil {
		fmt.Fprintln(w, "nothing of a stored document was withheld; no kycsync replay was needed")
	} else {
		fmt.Fprintf(w, "made again by a kycsync replay, commit %d: %d rows and values of newest versions were withheld, and %d are\n", r.Replay.Published, r.Before, r.After)
	}
	if len(r.Unread) == 0 {
		return nil
	}
	fmt.Fprintf(w, "%d documents could not be read and were never stored; the next kycsync sync fetches them again:\n", len(r.Unread))
	for _, id := range r.Unread[:min(maxListed, len(r.Unread))] {
		fmt.Fprintf(w, "  %s\n", id)
	}
	if n := len(r.Unread) - maxListed; n > 0 {
		fmt.Fprintf(w, "  and %d more; --json names each\n", n)
	}
	return nil
}
