package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// verification is what verify found, as its JSON shows it.
type verification struct {
	OK           bool                     `json:"ok"`
	Lake         string                   `json:"lake"`
	Warehouse    string                   `json:"warehouse"`
	Commits      int64                    `json:"commits"`
	Head         string                   `json:"head_sha256"`
	Published    int64                    `json:"published_seq"`
	WarehouseSeq int64                    `json:"warehouse_seq"`
	Subset       string                   `json:"subset,omitempty"` // share of the parts that was read; absent: all, and the warehouse
	Parts        int64                    `json:"parts"`
	PartBytes    int64                    `json:"part_bytes"`
	PDFs         int64                    `json:"pdfs"` // re-hashed
	PDFBytes     int64                    `json:"pdf_bytes"`
	Anchors      *int                     `json:"anchors,omitempty"` // held against the commits; absent: it was not asked for
	Signers      map[string]int           `json:"signers,omitempty"` // how many of the anchors each signed; absent: it was not asked for
	Recoveries   []recovered              `json:"recoveries,omitempty"`
	Publication  *publication             `json:"publication,omitempty"` // absent: nothing was published for other engines, or the chain is broken
	Problems     []string                 `json:"problems"`
	Affected     []affected               `json:"affected,omitempty"` // by damaged parts
	Tables       map[string]verifiedTable `json:"tables"`

	head *lake.Commit // nil: there is none, or the chain is broken
}

// recovered is what an explicit recovery did, as the commits say.
type recovered struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"committed_at"`
	ToSeq   int64     `json:"to_seq"`
	Lost    []int64   `json:"lost,omitempty"` // commits that were damaged or missing: stand-ins have their numbers
	Reason  string    `json:"reason"`
	Anchors int       `json:"anchors_replaced,omitempty"` // of lost commits, that --against found
}

func (r recovered) String() string {
	text := fmt.Sprintf("commit %d of %s went back to commit %d", r.Seq, r.At.Format(time.RFC3339), r.ToSeq)
	if r.Seq > r.ToSeq+1 {
		text += ", and gave up what was stored between the two"
	}
	if len(r.Lost) > 0 {
		text += ", stand-ins have the places of the lost commits " + spans(r.Lost)
	}
	if r.Anchors > 0 {
		text += fmt.Sprintf(", of %d of which there are anchors", r.Anchors)
	}
	return text + ": " + r.Reason
}

// verifiedTable is one table. The warehouse's members are absent where it does not keep the table.
type verifiedTable struct {
	Rows          int64   `json:"rows"`
	ContentHash   string  `json:"content_hash"`
	WarehouseRows *int64  `json:"warehouse_rows,omitempty"`
	WarehouseHash *string `json:"warehouse_hash,omitempty"`
	Equal         *bool   `json:"equal,omitempty"`
}

// print writes what was found for people, or as JSON.
func (v *verification) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, v)
	}
	fmt.Fprintf(w, "lake       %s\n", v.Lake)
	fmt.Fprintf(w, "commits    %d in an unbroken chain, newest sha256 %s, published %d\n", v.Commits, v.Head, v.Published)
	if v.Anchors != nil {
		fmt.Fprintf(w, "anchors    %d held against the commits\n", *v.Anchors)
	}
	for _, by := range slices.Sorted(maps.Keys(v.Signers)) {
		fmt.Fprintf(w, "signed     %d anchors by %s\n", v.Signers[by], by)
	}
	fmt.Fprintf(w, "parts      %d re-hashed, %d bytes\n", v.Parts, v.PartBytes)
	if v.PDFs > 0 {
		fmt.Fprintf(w, "pdfs       %d re-hashed, %d bytes\n", v.PDFs, v.PDFBytes)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(v.Tables) > 0 {
		fmt.Fprintln(tw, "\ntable\trows\tcontent hash\twarehouse")
	}
	for _, t := range schemas.Tables {
		if f, ok := v.Tables[t.Name]; ok {
			word := "not kept there"
			switch {
			case f.Equal != nil && *f.Equal:
				word = "equal"
			case f.Equal != nil:
				word = "DIFFERS"
			case !t.LakeOnly:
				word = "not compared"
			}
			fmt.Fprintf(tw, "%s\t%d\t%s\t%s\n", t.Name, f.Rows, f.ContentHash, word)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	v.Publication.print(w)
	for _, r := range v.Recoveries {
		fmt.Fprintf(w, "RECOVERY   %s\n", r)
	}
	for _, problem := range v.Problems {
		fmt.Fprintf(w, "PROBLEM    %s\n", problem)
	}
	for _, a := range v.Affected {
		fmt.Fprintf(w, "AFFECTED   %s\n", a)
	}
	switch {
	case v.OK && v.Subset != "":
		fmt.Fprintf(w, "OK         the commits and today's %s of the parts and PDFs are as they were written; the others and the warehouse were not read\n", v.Subset)
	case v.OK:
		fmt.Fprintln(w, "OK         everything is as it was written")
	}
	return nil
}
