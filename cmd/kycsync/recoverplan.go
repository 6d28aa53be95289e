package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"kycsync/load/lake"

	"github.com/urfave/cli/v2"
)

// recoveryPlan is what a recovery would do, or did, as its JSON shows it.
type recoveryPlan struct {
	Lake          string           `json:"lake"`
	Sound         bool             `json:"sound"` // there is nothing to recover
	Last          int64            `json:"last_seq"`
	Broken        []brokenCommit   `json:"broken_commits"`
	Parts         []string         `json:"damaged_parts"`
	ToSeq         int64            `json:"to_seq"` // the newest that can be restored, or the one that was asked for; 0: none
	ToTime        *time.Time       `json:"to_committed_at"`
	Unmerged      int              `json:"parts_unmerged"`        // that stand for damaged ones, which were merged of them
	GivenUp       []int64          `json:"commits_given_up"`      // that can be read
	Unknown       []int64          `json:"commits_unknown"`       // since then, that cannot
	Runs          []string         `json:"runs_given_up"`         // that made the former
	Rows          map[string]int64 `json:"rows_given_up"`         // by table, every version
	Sessions      []string         `json:"sessions_fetched_anew"` // as the warehouse knows; null: it does not tell
	AnchorBefore  string           `json:"anchor_before"`         // of the newest sound commit
	Commit        int64            `json:"commit,omitempty"`      // that was made
	AnchorAfter   string           `json:"anchor_after,omitempty"`
	KeptWarehouse string           `json:"kept_warehouse,omitempty"` // the warehouse as it was before
	Command       string           `json:"command,omitempty"`        // that does it
}

type brokenCommit struct {
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}

// planRecovery says what could be restored, and changes nothing.
func (p *program) planRecovery(c *cli.Context) error {
	l, err := p.openLake(c.Context, c, false, time.Now)
	if err != nil {
		return err
	}
	defer l.Close()
	s, err := p.survey(c, l)
	if err != nil {
		return err
	}
	if s.Sound() {
		return p.nothingToRecover(c, s)
	}
	r, err := s.Best(c.Context)
	if err != nil {
		return err
	}
	plan, err := p.plan(c, l, s, r)
	if err != nil {
		return err
	}
	if r != nil {
		plan.Command = recoverCommandLine(c, r.Commit.Seq)
	}
	if c.Bool("json") {
		err = printJSON(p.stdout, plan)
	} else {
		plan.print(p.stdout)
	}
	if err == nil && r == nil {
		err = fmt.Errorf("%w, and no commit can be restored: bring the damaged objects back from a copy", lake.ErrDamaged)
	}
	return err
}

func (p *program) nothingToRecover(c *cli.Context, s *lake.Survey) error {
	if c.Bool("json") {
		return printJSON(p.stdout, recoveryPlan{Lake: c.String("lake"), Sound: true, Last: s.Last, Broken: []brokenCommit{}, Parts: []string{}})
	}
	_, err := fmt.Fprintf(p.stdout, "there is nothing to recover: commits 1 to %d and the parts of the newest are as they were written\n", s.Last)
	return err
}

// plan tells what r restores and gives up; nil: nothing can be restored.
func (p *program) plan(c *cli.Context, l *lake.Lake, s *lake.Survey, r *lake.Restorable) (*recoveryPlan, error) {
	plan := &recoveryPlan{Lake: l.Bucket().URI(), Last: s.Last, Broken: []brokenCommit{}, Parts: []string{}}
	for _, b := range s.Broken {
		plan.Broken = append(plan.Broken, brokenCommit{b.Seq, b.Err.Error()})
	}
	for _, problem := range s.Parts {
		plan.Parts = append(plan.Parts, problem.Err.Error())
	}
	newest, err := s.Newest(c.Context)
	if err != nil {
		return nil, err
	}
	if newest != nil {
		plan.AnchorBefore = l.Anchor(newest).String()
	}
	if r == nil {
		return plan, nil
	}
	loss, err := s.Loss(c.Context, r)
	if err != nil {
		return nil, err
	}
	plan.ToSeq, plan.ToTime, plan.Unmerged = r.Commit.Seq, &r.Commit.CommittedAt, r.Unmerged
	plan.GivenUp, plan.Unknown, plan.Runs, plan.Rows = loss.Commits, loss.Unknown, loss.Runs, loss.Rows
	if plan.Sessions, err = p.sessionsSince(c, r.Commit.Seq); err != nil {
		p.log.Info("which sessions will be fetched again is not known without a warehouse", "reason", err.Error())
	}
	return plan, nil
}

// sessionsSince returns the sessions of which the warehouse has versions that are newer than a commit.
func (p *program) sessionsSince(c *cli.Context, seq int64) ([]string, error) {
	r, err := p.openWarehouse(c.Context, c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	res, err := r.Query(c.Context, "SELECT DISTINCT session_id FROM sessions_versions WHERE version_seq > ? ORDER BY session_id", seq)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	ids := []string{}
	for res.Next() {
		ids = append(ids, fmt.Sprint(res.Values()[0]))
	}
	return ids, res.Err()
}

// recoverCommandLine is what does it, with the settings that were given.
func recoverCommandLine(c *cli.Context, seq int64) string {
	line := "kycsync recover"
	for _, name := range []string{"config", "lake", "warehouse", "anchor", "anchor-sign-key", "anchor-command"} {
		if c.IsSet(name) {
			line += " --" + name + " " + quoted(c.String(name))
		}
	}
	return fmt.Sprintf("%s --to-seq %d --reason '...'", line, seq)
}

// quoted is a word for a shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (plan *recoveryPlan) print(w io.Writer) {
	fmt.Fprintf(w, "lake       %s\n", plan.Lake)
	fmt.Fprintf(w, "commits    1 to %d, of which %d are damaged or missing\n", plan.Last, len(plan.Broken))
	for _, b := range plan.Broken {
		fmt.Fprintf(w, "PROBLEM    %s\n", b.Reason)
	}
	for _, part := range plan.Parts {
		fmt.Fprintf(w, "PROBLEM    %s\n", part)
	}
	if plan.AnchorBefore != "" {
		fmt.Fprintf(w, "anchor     %s (of the newest sound commit)\n", plan.AnchorBefore)
	}
	if plan.ToSeq == 0 {
		fmt.Fprintln(w, "newest     no commit can be restored")
		return
	}
	fmt.Fprintf(w, "newest     commit %d of %s can be restored\n", plan.ToSeq, plan.ToTime.Format(time.RFC3339))
	plan.printLoss(w)
	fmt.Fprintf(w, "\nIf there is a copy of what is damaged, put that back instead: then nothing is lost. Otherwise\n   %s\nNothing was changed.\n", plan.Command)
}

// printLoss tells what is given up.
func (plan *recoveryPlan) printLoss(w io.Writer) {
	if plan.Unmerged > 0 {
		fmt.Fprintf(w, "unmerged   %d parts, of which damaged ones were merged, take their places again\n", plan.Unmerged)
	}
	if len(plan.GivenUp) == 0 {
		fmt.Fprintln(w, "given up   nothing that can be read")
	} else {
		fmt.Fprintf(w, "given up   what %d commits after it stored (%s), of %d runs\n", len(plan.GivenUp), spans(plan.GivenUp), len(plan.Runs))
	}
	for _, table := range slices.Sorted(maps.Keys(plan.Rows)) {
		fmt.Fprintf(w, "           %d rows of %s\n", plan.Rows[table], table)
	}
	if len(plan.Unknown) > 0 {
		fmt.Fprintf(w, "not known  what %d commits after it stored that cannot be read (%s)\n", len(plan.Unknown), spans(plan.Unknown))
	}
	switch {
	case plan.Sessions == nil:
		fmt.Fprintln(w, "again      which sessions the next sync will fetch again is not known without a warehouse")
	default:
		fmt.Fprintf(w, "again      %d sessions will be fetched by the next sync, as the vendor has them then\n", len(plan.Sessions))
	}
}

// spans is 3, 5-9 for the numbers 3 and 5 to 9, ascending.
func spans(seqs []int64) string {
	var out []string
	for i := 0; i < len(seqs); {
		j := i
		for j+1 < len(seqs) && seqs[j+1] == seqs[j]+1 {
			j++
		}
		if i == j {
			out = append(out, fmt.Sprint(seqs[i]))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", seqs[i], seqs[j]))
		}
		i = j + 1
	}
	return strings.Join(out, ", ")
}

// printDone tells what was done.
func (plan *recoveryPlan) printDone(p *program, asJSON bool) error {
	if p.jsonLog {
		p.summary = []any{"recovery", plan}
	}
	if asJSON {
		return printJSON(p.stdout, plan)
	}
	if p.jsonLog {
		return nil
	}
	w := p.stdout
	if plan.AnchorBefore != "" {
		fmt.Fprintf(w, "anchor before  %s\n", plan.AnchorBefore)
	}
	plan.printLoss(w)
	for _, b := range plan.Broken {
		fmt.Fprintf(w, "stand-in   commit %d; what was there is kept in _lake/damaged/\n", b.Seq)
	}
	if plan.KeptWarehouse != "" {
		fmt.Fprintf(w, "kept       the warehouse of before as %s; it holds personal data, remove it when it is not needed\n", plan.KeptWarehouse)
	}
	fmt.Fprintf(w, "recovered  commit %d, which readers follow, shows what commit %d showed\n", plan.Commit, plan.ToSeq)
	_, err := fmt.Fprintf(w, "anchor %s\n", plan.AnchorAfter)
	return err
}
