package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/schemas"

	"github.com/urfave/cli/v2"
)

func (p *program) statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "how the job stands: newest published commit and its age, rows, last runs, what waits",
		Description: `Example:
   kycsync status --json | jq .age_seconds`,
		Flags:  stored(toggle("json", "print one JSON object")),
		Before: p.settings,
		Action: p.status,
	}
}

// status is how the job stands, as its JSON shows it.
type status struct {
	Lake          string           `json:"lake"`
	Published     int64            `json:"published_seq"` // 0: nothing yet
	PublishedAt   *time.Time       `json:"published_at"`
	AgeSeconds    *int64           `json:"age_seconds"`
	Newest        int64            `json:"newest_seq"` // staging commits beyond the published one are not yet shown to readers
	NewestSHA256  string           `json:"newest_sha256"`
	Note          string           `json:"note,omitempty"`
	Warehouse     string           `json:"warehouse"`
	WarehouseSeq  int64            `json:"warehouse_seq"`            // 0: there is none, or it shows nothing
	WarehouseNote string           `json:"warehouse_note,omitempty"` // why it cannot be read
	Rows          map[string]int64 `json:"rows"`                     // of the published commit, every version
	Drill         *lake.Drill      `json:"drill"`                    // the newest; null: there was none
	DrillNote     string           `json:"drill_note,omitempty"`     // why its record cannot be read
	night.Standing
}

func (p *program) status(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	now, err := p.clock("http://") // it dates nothing that is kept
	if err != nil {
		return err
	}
	l, err := p.openLake(c.Context, c, false, now)
	if err != nil {
		return err
	}
	defer l.Close()
	s := status{Lake: l.Bucket().URI(), Warehouse: c.String("warehouse"), Rows: map[string]int64{}}
	head, err := l.Head(c.Context)
	switch {
	case errors.Is(err, lake.ErrNotExist):
		s.Standing = night.Standing{Runs: []night.PastRun{}, Waiting: map[string]night.Waiting{}, Promises: map[string][]extract.Standing{}}
		return s.print(p.stdout, c.Bool("json"))
	case err != nil:
		return fmt.Errorf("read the newest commit: %w", err)
	}
	s.Newest, s.NewestSHA256, s.Note = head.Seq, head.SHA256, head.Note
	if published, err := l.Published(c.Context); err == nil {
		news, err := newsOf(c.Context, l, published)
		if err != nil {
			return err
		}
		age := int64(now().Sub(news.CommittedAt).Seconds())
		s.Published, s.PublishedAt, s.AgeSeconds = published.Seq, &news.CommittedAt, &age
		for table, parts := range published.Tables {
			for _, part := range parts {
				s.Rows[table] += part.Rows
			}
		}
	} else if !errors.Is(err, lake.ErrNotExist) {
		return fmt.Errorf("read the published commit: %w", err)
	}
	if s.Drill, err = l.LastDrill(c.Context); err != nil {
		s.DrillNote = err.Error() // the record of a drill is no reason to keep silent about all else
	}
	if err := s.stand(p, c, l, head, now); err != nil {
		return err
	}
	return s.print(p.stdout, c.Bool("json"))
}

// newsOf returns the commit that brought the news which readers see: a compaction, a replay or an accepted drift
// has none, and a recovery those of the commit that it went back to.
func newsOf(ctx context.Context, l *lake.Lake, published *lake.Commit) (*lake.Commit, error) {
	c := published
	for c.Seq > 1 && (c.Kind != lake.Sync || c.Application == "") {
		before := c.Seq - 1
		if c.Kind == lake.Recover {
			before = c.Recovery.ToSeq
		}
		earlier, err := l.At(ctx, before)
		if err != nil {
			return nil, fmt.Errorf("read what was published before commit %d: %w", c.Seq, err)
		}
		c = earlier
	}
	return c, nil
}

// stand fills in what is read from the parts and from the warehouse.
func (s *status) stand(p *program, c *cli.Context, l *lake.Lake, head *lake.Commit, now func() time.Time) error {
	dir, err := os.MkdirTemp("", "kycsync-status-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	standing, err := night.Stand(c.Context, l, head, dir, now().UTC(), 5)
	if err != nil {
		return err
	}
	s.Standing = *standing
	r, err := p.openWarehouse(c.Context, c)
	if errors.Is(err, errNoWarehouse) {
		return nil
	}
	if err != nil {
		s.WarehouseNote = err.Error()
		return nil // the lake is the record; verify judges the warehouse
	}
	defer r.Close()
	s.WarehouseSeq, err = r.Seq(c.Context)
	return err
}

func (s *status) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, s)
	}
	fmt.Fprintf(w, "lake       %s\n", s.Lake)
	if s.Published == 0 {
		fmt.Fprintln(w, "published  nothing yet")
	} else {
		fmt.Fprintf(w, "published  commit %d of %s, %s ago\n", s.Published, s.PublishedAt.Format(time.RFC3339), time.Duration(*s.AgeSeconds)*time.Second)
	}
	if s.Newest > s.Published {
		fmt.Fprintf(w, "staging    %d commits that no reader sees yet; the next run goes on from them\n", s.Newest-s.Published)
	}
	if s.Note != "" {
		fmt.Fprintf(w, "note       %s\n", s.Note)
	}
	switch {
	case s.WarehouseNote != "":
		fmt.Fprintf(w, "warehouse  %s; kycsync rebuild makes it again\n", s.WarehouseNote)
	case s.WarehouseSeq == 0:
		fmt.Fprintf(w, "warehouse  %s shows nothing yet\n", s.Warehouse)
	default:
		fmt.Fprintf(w, "warehouse  %s shows commit %d\n", s.Warehouse, s.WarehouseSeq)
	}
	switch d := s.Drill; {
	case s.DrillNote != "":
		fmt.Fprintf(w, "drill      %s\n", s.DrillNote)
	case d == nil:
		fmt.Fprintln(w, "drill      never: kycsync drill proves that all can be restored")
	case d.Equal:
		fmt.Fprintf(w, "drill      %s: commit %d was restored in %.1f s, and was equal\n", d.At.Format(time.RFC3339), d.Seq, d.Seconds)
	default:
		fmt.Fprintf(w, "drill      %s: commit %d was restored, and was NOT equal: %s\n", d.At.Format(time.RFC3339), d.Seq, d.Different)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\ntable\trows")
	for _, t := range schemas.Tables {
		if s.Rows[t.Name] > 0 {
			fmt.Fprintf(tw, "%s\t%d\n", t.Name, s.Rows[t.Name])
		}
	}
	fmt.Fprintln(tw, "\nrun\tapplication\toutcome\tnew\tchanged\tfetched\tversions\trejects\trequests")
	for _, r := range s.Runs {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", r.RunID, r.Application, r.Outcome, r.New, r.Changed, r.Fetched, r.Versions, r.Rejects, r.Requests)
	}
	fmt.Fprintln(tw, "\nwaiting\tsessions\topen\tunreadable\tabsent\tdeleted\tout of scope\toldest look")
	for _, name := range slices.Sorted(maps.Keys(s.Waiting)) {
		q := s.Waiting[name]
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", name, q.Sessions, q.Open, q.Stale, q.Absent, q.Deleted, q.OutOfScope, q.OldestCheck.Format(time.RFC3339))
	}
	s.printPromises(tw)
	return tw.Flush()
}

// printPromises tells for each class how old our knowledge may be and how old it is.
func (s *status) printPromises(w io.Writer) {
	fmt.Fprintln(w, "\npromise\tapplication\tsessions\tmay be\toldest\tbeyond\tkept")
	for _, name := range slices.Sorted(maps.Keys(s.Promises)) {
		for _, p := range s.Promises[name] {
			kept := "yes"
			switch {
			case p.Beyond > 0 && p.Nights == extract.Never:
				kept = "not at this budget"
			case p.Beyond > 0:
				kept = fmt.Sprintf("in %d nights", max(1, p.Nights))
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%s\n", p.Class, name, p.Sessions, age(p.Promise), age(p.Oldest), p.Beyond, kept)
		}
	}
}
