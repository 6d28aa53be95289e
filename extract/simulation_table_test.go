package extract

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A column is what a scenario came to.
type column struct {
	scenario
	first         *account // last night of the first sync
	firstNights   int
	firstRequests int
	nights        []*account // after the first sync
}

func (c *column) last() []*account { return c.nights[len(c.nights)-nightsShown:] }

// mean is that of the last nights, rounded.
func (c *column) mean(of func(*account) int) int {
	sum := 0
	for _, a := range c.last() {
		sum += of(a)
	}
	return (sum + nightsShown/2) / nightsShown
}

// purposes are those of a night, in its order.
func purposes() []string {
	all := []string{forOthers, forCounts, forSweep, forChanged, forAbsent, forNew, forFeeds, forList, forPeople, forShare}
	for _, c := range classOrder {
		all = append(all, "due: "+string(c))
	}
	return all
}

// markdown is a table with a column for each scenario.
func markdown(columns []column) string {
	var b strings.Builder
	row := func(name string, cell func(c *column) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for i := range columns {
			fmt.Fprintf(&b, " %s |", cell(&columns[i]))
		}
		b.WriteByte('\n')
	}
	row("sessions / rows a page", func(c *column) string { return fmt.Sprintf("%s / %d", grouped(c.sessions), c.pageSize) })
	row("---", func(*column) string { return "---:" })
	row("first sync, nights", func(c *column) string { return strconv.Itoa(c.firstNights) })
	row("first sync, requests", func(c *column) string { return grouped(c.firstRequests) })
	row("sessions listed", func(c *column) string { return grouped(c.mean(func(a *account) int { return a.listed })) })
	for _, p := range purposes() {
		row(p, func(c *column) string { return grouped(c.mean(func(a *account) int { return a.spent[p] })) })
	}
	row("**all requests**", func(c *column) string { return "**" + grouped(c.mean((*account).requests)) + "**" })
	row("hours of "+strconv.Itoa(int(columns[0].length.Hours())), func(c *column) string {
		return fmt.Sprintf("%.2f", float64(c.mean(func(a *account) int { return int(a.now.Sub(a.start).Seconds()) }))/3600)
	})
	row("due, and no time left", func(c *column) string { return grouped(c.mean(func(a *account) int { return a.postponed })) })
	row("a silent change is found after, mean (longest)", (*column).found)
	row("nights after the first sync until nothing is beyond its promise (its outlook)", (*column).settles)
	row("nights from then on in which every promise is kept", (*column).kept)
	for _, class := range Classes() {
		row(fmt.Sprintf("%s, promised %s", class, days(columns[0].promises[class])), func(c *column) string { return c.verdict(class) })
	}
	return b.String()
}

// legend says how the promises are judged.
const legend = `A promise is kept in a night if nothing of the class is older than promised when the night looks at it, and
nothing that it did not look at is at its end. What came to the class by its age since the last night does not
count. A promise of a day is kept if every night looks at all of the class, at an age of 30 hours at most: nights
are not equally long. The age is the oldest that any night came to.`

// verdict says whether the promise of a class was kept in each of the last nights, and if not, how it
// stood in the worst of them.
func (c *column) verdict(class Class) string {
	broken, most, of := 0, 0, 0
	var oldest time.Duration
	for _, a := range c.last() {
		oldest = max(oldest, a.oldest[class])
		if a.late[class] == 0 {
			continue
		}
		broken++
		for _, s := range a.standings {
			if s.Class == class && a.late[class] > most {
				most, of = a.late[class], s.Sessions
			}
		}
	}
	if broken == 0 {
		return "kept: " + days(oldest)
	}
	return fmt.Sprintf("**not in %d of %d nights**: up to %s of %s, %s", broken, nightsShown, grouped(most), grouped(of), days(oldest))
}

// settles is after how many nights nothing was beyond its promise any more, and what the outlook at
// the end of the first sync said of it.
func (c *column) settles() string {
	outlook := 0
	for _, s := range c.first.standings {
		outlook = cmp.Or(outlook, s.Nights)
	}
	beyond := func(s Standing) bool { return s.Beyond > 0 }
	if !slices.ContainsFunc(c.first.standings, beyond) {
		return "0"
	}
	for i, a := range c.nights {
		if !slices.ContainsFunc(a.standings, beyond) {
			return fmt.Sprintf("%d (%d)", i+1, outlook)
		}
	}
	return fmt.Sprintf("never (%d)", outlook)
}

// breaks reports whether a promise was not kept in the night.
func (a *account) breaks() bool {
	for _, n := range a.late {
		if n > 0 {
			return true
		}
	}
	return false
}

// kept is in how many nights after the first sync and what it had left over every promise was kept.
func (c *column) kept() string {
	first := 0
	for first < len(c.nights) && c.nights[first].breaks() {
		first++
	}
	n := 0
	for _, a := range c.nights[first:] {
		if !a.breaks() {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(c.nights)-first)
}

func (c *column) found() string {
	var mean float64 // a sum of durations would not hold a million of them
	var longest time.Duration
	n := 0.0
	for _, a := range c.last() {
		for _, d := range a.found {
			n++
			mean += (float64(d) - mean) / n
			longest = max(longest, d)
		}
	}
	return fmt.Sprintf("%s (%s)", days(time.Duration(mean)), days(longest))
}

func days(d time.Duration) string {
	return strconv.FormatFloat(math.Round(100*d.Hours()/24)/100, 'f', -1, 64) + " d"
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
