package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
)

// printSummary tells a person what a run did.
func printSummary(w io.Writer, s *night.Summary, err error) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(w, "run %s, application %s, %s\n", s.RunID, s.Application, s.Elapsed.Round(10*time.Millisecond))
	if s.Kind == "backfill" {
		line("listed", "%d sessions of the range on %d pages", s.Listed, s.Pages)
	} else {
		line("listed", "%d sessions on %d pages; the vendor counts %d user sessions", s.Listed, s.Pages, s.VendorCount)
	}
	line("fetched", "%s decisions: %s; %d were as stored", fetched(s), reasons(s.Planned), s.Unchanged)
	if n := s.Feeds + s.Details; n > 0 {
		line("", "%d activity feeds, %d details of users, businesses and transactions", s.Feeds, s.Details)
	}
	line("requests", "%d, %d repeated, %d refused as too many, %s spent waiting for the pace", s.Requests, s.Retries, s.Throttled, s.Waited.Round(time.Second))
	switch {
	case s.Commits == 0:
		line("stored", "nothing")
	case s.Quiet():
		line("stored", "a quiet night: nothing changed, so no data part was written; %d commit with the run record and what was checked", s.Commits)
	default:
		line("stored", "%d versions of sessions and %d of users, feeds and transactions in %d parts, %s, %d commits",
			s.Versions, s.EntityVersions, s.Parts, size(s.PartBytes), s.Commits)
	}
	if s.MergedSeq > 0 {
		line("merged", "%d small parts into %d, in commit %d, with the same rows", s.Merged, s.MergedInto, s.MergedSeq)
	}
	printFindings(line, s)
	printPDFs(line, s.PDFs)
	printEvidence(line, s)
	switch {
	case s.Published > 0 && s.WarehouseDeferred:
		line("published", "commit %d in the lake; the warehouse still shows the one before", s.Published)
	case s.Published > 0:
		line("published", "commit %d, in the lake and in the warehouse", s.Published)
	case s.Published == 0 && s.Grouped && err == nil:
		line("published", "with the other applications")
	case (err != nil || len(s.WaitsFor) > 0) && s.PublishedBefore > 0:
		line("published", "nothing new; readers keep commit %d", s.PublishedBefore)
	default:
		line("published", "nothing")
	}
	switch {
	case s.EnginesBehind:
		line("engines", "other engines still have an older commit")
	case s.EnginesSeq > 0:
		line("engines", "other engines have commit %d", s.EnginesSeq)
	}
}

// printFindings tells what was found besides versions.
func printFindings(line func(name, format string, args ...any), s *night.Summary) {
	if s.Rejects > 0 {
		line("rejected", "%d elements could not be read; kycsync rejects list names each", s.Rejects)
	}
	if s.Drift > 0 {
		line("drift", "%d values that no column expects were kept beside their rows; kycsync drift list", s.Drift)
	}
	if s.Gone > 0 {
		line("gone", "%d listed sessions answered 404; none was marked deleted", s.Gone)
	}
	if s.Deliveries > 0 {
		line("hints", "%d webhook deliveries; %d changes that only they told of, %d that none had announced", s.Deliveries, s.HintedNews, s.Unannounced)
	}
	for _, gate := range slices.Sorted(maps.Keys(s.Failed)) {
		line("gate", "%s: %s", gate, s.Failed[gate])
	}
	for _, accepted := range s.Accepted {
		line("accepted", "%s", accepted)
	}
	if s.NightsLeft == extract.Never {
		line("left", "at this budget the rest is never read: the lists and counts alone take it; raise --max-requests or --max-duration")
	}
	if s.NightsLeft > 0 {
		line("left", "about %d more %s at this budget until all that is new or changed is read", s.NightsLeft, plural(s.NightsLeft, "night"))
	}
}

// printPDFs tells what became of the vendor's PDFs.
func printPDFs(line func(name, format string, args ...any), s *night.PDFSummary) {
	switch {
	case s == nil:
		return
	case s.Wanted == 0 && s.Stopped != "":
		line("pdfs", "none was asked for: %s", s.Stopped)
		return
	}
	line("pdfs", "%d of %d final versions archived, %s, in %d %s; %d are left for the next night",
		s.Archived, s.Wanted, size(s.Bytes), s.Commits, plural(s.Commits, "commit"), s.Left)
	for _, reason := range slices.Sorted(maps.Keys(s.Skipped)) {
		line("", "%d skipped: %s", s.Skipped[reason], reason)
	}
	if s.Failed > 0 {
		line("", "%d could not be had; they are asked for again", s.Failed)
	}
	if s.Stopped != "" {
		line("", "stopped: %s", s.Stopped)
	}
}

// printEvidence tells what shows that nothing is missing and nothing frozen.
func printEvidence(line func(name, format string, args ...any), s *night.Summary) {
	if len(s.Totals) > 0 {
		line("counts", "%s of the vendor's counts are ours%s", equal(s.Totals), others(s.Totals))
	}
	if s.Absent > 0 {
		line("absent", "%d known sessions are not listed: %d proven gone tonight, %d out of scope, %d noted for a second proof, %d still answer", s.Absent,
			s.Deleted, s.OutOfScope, s.AbsentNoted, s.Unlisted)
	}
	if s.AbsentUnclear > 0 {
		line("unclear", "%d more answer 404, and a key that was narrowed could be the reason: the list shows no session of their workflow, or approved ones alone. "+
			"If they are gone, say so on two nights: kycsync sync --accept missing=REASON", s.AbsentUnclear)
	}
	beyond, oldest := 0, extract.Standing{}
	for _, st := range s.Standings {
		beyond += st.Beyond
		if st.Sessions > 0 && float64(st.Oldest)/float64(st.Promise) >= float64(oldest.Oldest)/float64(max(1, oldest.Promise)) {
			oldest = st
		}
	}
	switch {
	case beyond > 0:
		line("promises", "%d sessions were looked at longer ago than promised; kycsync status tells which and for how long", beyond)
	case oldest.Sessions > 0:
		line("promises", "kept: nearest to its limit is class %s, oldest knowledge %s of %s", oldest.Class, age(oldest.Oldest), age(oldest.Promise))
	}
}

func plural(n int64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// equal is the number of figures that agree, of all.
func equal(totals map[string]int64) string {
	n := int64(0)
	for _, count := range totals {
		n += count
	}
	return fmt.Sprintf("%d of %d", totals["equal"], n)
}

// others are the states of the figures that do not agree.
func others(totals map[string]int64) string {
	out := ""
	for _, state := range []string{"moving", "explained", "differs"} {
		if n := totals[state]; n > 0 {
			out += fmt.Sprintf(", %d %s", n, map[string]string{"moving": "moved while they were counted", "explained": "explained", "differs": "differ"}[state])
		}
	}
	return out
}

// age is a time for people: "5d", "3h", "12m".
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// fetched is the number of decisions, and of those wanted where that is more.
func fetched(s *night.Summary) string {
	wanted := int64(0)
	for _, n := range s.Planned {
		wanted += n
	}
	if wanted -= s.Planned[extract.ReasonAbsent]; s.Fetched+s.Gone < wanted {
		return fmt.Sprintf("%d of %d", s.Fetched, wanted)
	}
	return fmt.Sprint(s.Fetched)
}

// reasonWords say why decisions are fetched.
var reasonWords = map[extract.Reason]string{extract.ReasonNew: "new", extract.ReasonChanged: "changed", extract.ReasonHinted: "announced by a webhook",
	extract.ReasonDoubted: "read again because values were missing",
	extract.ReasonAbsent:  "not listed any more", extract.ReasonStale: "unreadable before", extract.ReasonDue: "due"}

func reasons[N int | int64](by map[extract.Reason]N) string {
	var words []string
	for _, r := range []extract.Reason{extract.ReasonNew, extract.ReasonChanged, extract.ReasonDue, extract.ReasonHinted, extract.ReasonDoubted, extract.ReasonAbsent, extract.ReasonStale} {
		if n := by[r]; n > 0 || r == extract.ReasonNew || r == extract.ReasonChanged || r == extract.ReasonDue {
			words = append(words, fmt.Sprintf("%d %s", n, reasonWords[r]))
		}
	}
	return strings.Join(words, ", ")
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

func printForecast(w io.Writer, application string, f *night.Forecast) error {
	fmt.Fprintf(w, "application %s\n", application)
	fmt.Fprintf(w, "listed    %d sessions with %d requests; %d are in the lake\n", f.Listed, f.ListRequests, f.Known)
	fmt.Fprintf(w, "to fetch  %d decisions: %s\n", f.Requests, reasons(f.ByReason))
	if f.Duration > 0 {
		fmt.Fprintf(w, "time      about %s at the permitted pace, and as much again of the list as was just spent\n", f.Duration)
	} else {
		fmt.Fprintf(w, "time      as fast as the vendor answers: no limit is set\n")
	}
	_, err := fmt.Fprintf(w, "nothing was fetched or stored; kycsync sync does it\n")
	return err
}
