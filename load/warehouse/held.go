package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"kycsync/load/lake"
)

// Held is the error of a build that a check holds back: what was built is not published, and readers keep what they
// have. Nothing is lost. The next build asks the checks again.
type Held struct {
	Seq    int64     // commit that was built
	Shown  int64     // commit that the published file shows; 0: there is none
	Build  string    // the file that was built
	Failed []Failure // at least one, in order of their names
	New    bool      // one of them did not fail in this file before
}

// A Failure is a check that found something.
type Failure struct {
	Check    string
	Failures int64
	Examples []string // ids, up to five
	Detail   string   // of the first
}

func (f *Failure) String() string {
	return fmt.Sprintf("%s failed for %d, such as %s (%s)", f.Check, f.Failures, strings.Join(f.Examples, ", "), f.Detail)
}

func (h *Held) Error() string {
	words := make([]string, len(h.Failed))
	for i := range h.Failed {
		words[i] = h.Failed[i].String()
	}
	shown := fmt.Sprintf("it still shows commit %d", h.Shown)
	if h.Shown == 0 {
		shown = "there is none yet"
	}
	return fmt.Sprintf("a warehouse of commit %d was built and not published, %s: check %s", h.Seq, shown, strings.Join(words, "; check "))
}

// reason is why a build file is not trusted that was gone on from.
func (h *Held) reason() string {
	names := make([]string, len(h.Failed))
	for i, f := range h.Failed {
		names[i] = f.Check
	}
	return "checks failed in the build file: " + strings.Join(names, ", ")
}

// vouch asks the checks, notes in the build file how they came out, and returns a *Held where one holds it back.
func (b *build) vouch(ctx context.Context, target *lake.Commit, rep Report) error {
	if b.cfg.unchecked || target.Seq == 0 {
		return nil
	}
	earlier, questions, err := b.in.earlier(ctx)
	if err != nil {
		return err
	}
	if len(earlier) == 0 || rep.Rebuilt { // what stood in another file does not stand in this one
		questions = nil
	}
	why, err := b.reasons(ctx, earlier, questions, rep.Rows)
	if err == nil && questions != nil {
		for _, r := range earlier {
			err = b.renew(ctx, r.at) // which is the same for all
			break
		}
	}
	if err != nil {
		return err
	}
	results, err := b.in.askAll(ctx, target.Seq, target.CommittedAt, why)
	if err != nil {
		return err
	}
	err = b.in.transaction(ctx, func() error {
		if len(earlier) == 0 {
			if err := b.inherit(ctx, target.Seq); err != nil {
				return err
			}
		}
		return b.note(ctx, target.Seq, results)
	})
	if err != nil {
		return err
	}
	return b.judge(ctx, target, results, earlier)
}

// judge returns a *Held where a result holds the build back.
func (b *build) judge(ctx context.Context, target *lake.Commit, results []*result, earlier map[string]*result) error {
	held := Held{Seq: target.Seq, Build: b.file()}
	for _, r := range results {
		before := earlier[r.check.Name]
		isNew := r.failures > 0 && (before == nil || before.failures == 0)
		if isNew {
			b.cfg.Log.Info("a check failed", "check", r.check.Name, "severity", r.check.Severity, "failures", r.failures, "waived", r.waiver != nil)
		}
		if r.holds() {
			f := Failure{Check: r.check.Name, Failures: r.failures, Detail: r.detail.String}
			if err := json.Unmarshal([]byte(r.examples), &f.Examples); err != nil {
				return fmt.Errorf("warehouse: examples of check %s: %w", f.Check, err)
			}
			held.Failed, held.New = append(held.Failed, f), held.New || isNew
		}
	}
	if held.Failed == nil {
		return nil
	}
	if e, err := readShown(ctx, b.cfg, false); err == nil {
		held.Shown = e.seq
	}
	if err := b.in.exec(ctx, "checkpoint", "CHECKPOINT"); err != nil { // so that it can be looked at
		return err
	}
	if err := b.shut(); err != nil {
		return fmt.Errorf("warehouse: close the build file: %w", err)
	}
	return &held
}
