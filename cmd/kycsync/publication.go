package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"kycsync/load/lake"
	"kycsync/load/publish"
)

// publication is what other engines read, as verify's JSON shows it.
type publication struct {
	Seq        int64   `json:"seq"`     // of the commit that they are led to; 0: a first publication was begun
	Newest     int64   `json:"newest"`  // that kycsync publish would lead them to
	Objects    int     `json:"objects"` // that were read
	Replaced   bool    `json:"replaced,omitempty"`
	Unfinished bool    `json:"unfinished,omitempty"`
	Elsewhere  []int64 `json:"elsewhere,omitempty"`  // commits whose publication leads to where the lake was, which nobody is led to
	Incomplete []int64 `json:"incomplete,omitempty"` // commits with a publication that is not whole, which nobody is led to
	Foreign    int     `json:"foreign,omitempty"`
	Damaged    int     `json:"damaged,omitempty"` // see the problems
}

// maxShown bounds the problems that are shown.
const maxShown = 100

// publication compares what other engines read with the commits, all or what they are led to. Where the chain of commits
// is damaged there is nothing to compare with.
func (v *verification) publication(ctx context.Context, l *lake.Lake, all bool) error {
	if v.Commits == 0 {
		return nil
	}
	got, err := publish.Verify(ctx, l, publish.Config{}, all)
	if err != nil {
		return err
	}
	if got.Objects+got.Foreign+len(got.Problems) == 0 {
		return nil
	}
	v.Publication = &publication{Seq: got.Seq, Newest: got.Newest, Objects: got.Objects, Replaced: got.Replaced, Unfinished: got.Unfinished, Elsewhere: got.Elsewhere, Incomplete: got.Incomplete, Foreign: got.Foreign, Damaged: len(got.Problems)}
	if more := len(got.Problems) - maxShown; more > 0 {
		got.Problems = append(slices.Clip(got.Problems[:maxShown]), fmt.Sprintf("other engines: %d objects more; best remove all that lies below published/ and run kycsync publish", more))
	}
	v.Problems = append(v.Problems, got.Problems...)
	return nil
}

// print tells, in lines, to which commit other engines are led. p may be nil.
func (p *publication) print(w io.Writer) {
	if p == nil {
		return
	}
	line := func(format string, args ...any) { fmt.Fprintf(w, "engines    "+format+"\n", args...) }
	switch {
	case p.Seq == 0 && p.Damaged > 0:
		line("to which commit they are led cannot be told")
	case p.Seq == 0:
		line("a publication for other engines was begun, and none is led to it")
	case p.Replaced:
		line("they are led to commit %d, which a recovery has replaced; kycsync publish leads them to commit %d", p.Seq, p.Newest)
	case p.Seq < p.Newest:
		line("they are led to commit %d, %d objects compared with it and others; kycsync publish leads them to commit %d", p.Seq, p.Objects, p.Newest)
	default:
		line("they are led to commit %d, %d objects compared with it and others", p.Seq, p.Objects)
	}
	if p.Unfinished {
		line("some tables are led further than others; kycsync publish finishes it")
	}
	if len(p.Elsewhere) > 0 {
		line("what was published of commits %s leads to where the lake was once, and nobody is led to it", spans(p.Elsewhere))
	}
	if len(p.Incomplete) > 0 {
		line("of commits %s some objects are there and others not, and nobody is led to them", spans(p.Incomplete))
	}
	if p.Foreign > 0 {
		line("%d objects below published/ are none of kycsync's", p.Foreign)
	}
}
