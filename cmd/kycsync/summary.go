package main

import (
	"fmt"
	"io"
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
	line("listed", "%d sessions on %d pages; the vendor counts %d user sessions", s.Listed, s.Pages, s.VendorCount)
	line("fetched", "%s decisions: %d new, %d changed, %d still open%s; %d were as stored", fetched(s), s.New, s.Changed, s.Open,
		more(s.StaleAgain, "unreadable before"), s.Unchanged)
	line("requests", "%d, %d repeated, %d refused as too many, %s spent waiting for the pace", s.Requests, s.Retries, s.Throttled, s.Waited.Round(time.Second))
	switch {
	case s.Commits == 0:
		line("stored", "nothing")
	case s.Quiet():
		line("stored", "a quiet night: nothing changed, so no data part was written; %d commit with the run record and what was checked", s.Commits)
	default:
		line("stored", "%d versions in %d parts, %s, %d commits", s.Versions, s.Parts, size(s.PartBytes), s.Commits)
	}
	if s.Rejects > 0 {
		line("rejected", "%d elements could not be read; SELECT * FROM rejects names each", s.Rejects)
	}
	if s.Drift > 0 {
		line("drift", "%d values that no column expects were kept beside their rows; SELECT * FROM drift", s.Drift)
	}
	if s.Gone > 0 {
		line("gone", "%d listed sessions answered 404; none was marked deleted", s.Gone)
	}
	switch {
	case s.Published > 0 && s.WarehouseDeferred:
		line("published", "commit %d in the lake; the warehouse still shows the one before", s.Published)
	case s.Published > 0:
		line("published", "commit %d, in the lake and in the warehouse", s.Published)
	case err != nil && s.PublishedBefore > 0:
		line("published", "nothing new; readers keep commit %d", s.PublishedBefore)
	default:
		line("published", "nothing")
	}
}

// fetched is the number of decisions, and of those wanted where that is more.
func fetched(s *night.Summary) string {
	if wanted := s.New + s.Changed + s.Open + s.StaleAgain; s.Fetched+s.Gone < wanted {
		return fmt.Sprintf("%d of %d", s.Fetched, wanted)
	}
	return fmt.Sprint(s.Fetched)
}

func more(n int64, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d %s", n, what)
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

func printForecast(w io.Writer, f *night.Forecast) error {
	var why []string
	for _, r := range []struct {
		extract.Reason
		word string
	}{{extract.ReasonNew, "new"}, {extract.ReasonChanged, "changed"}, {extract.ReasonStale, "unreadable before"}, {extract.ReasonOpen, "still open"}} {
		why = append(why, fmt.Sprintf("%d %s", f.ByReason[r.Reason], r.word))
	}
	fmt.Fprintf(w, "listed    %d sessions with %d requests; %d are in the lake\n", f.Listed, f.ListRequests, f.Known)
	fmt.Fprintf(w, "to fetch  %d decisions: %s\n", f.Requests, strings.Join(why, ", "))
	if f.Duration > 0 {
		fmt.Fprintf(w, "time      about %s at the permitted pace, and as much again of the list as was just spent\n", f.Duration)
	} else {
		fmt.Fprintf(w, "time      as fast as the vendor answers: no limit is set\n")
	}
	_, err := fmt.Fprintf(w, "nothing was fetched or stored; kycsync sync does it\n")
	return err
}
