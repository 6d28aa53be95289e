package extract

import (
	"fmt"
	"math"
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
	row("nights after the first sync until all promises are kept", (*column).settles)
	for _, class := range Classes() {
		row(fmt.Sprintf("%s, promised %s", class, days(columns[0].promises[class])), func(c *column) string { return c.verdict(class) })
	}
	return b.String()
}

// verdict says whether the promise of a class was kept at the end of each of the last nights, and if
// not, how it stood at the worst of them. Sessions that are not listed any more are left out.
func (c *column) verdict(class Class) string {
	broken, most, of, outlook := 0, 0, 0, ""
	var oldest, worst time.Duration
	for _, a := range c.last() {
		for _, s := range a.standings {
			if s.Class != class {
				continue
			}
			oldest, worst = max(oldest, s.Oldest), max(worst, a.worst[class])
			beyond := s.Beyond - a.missing[class]
			if beyond <= 0 {
				continue
			}
			broken++
			if beyond > most {
				most, of = beyond, s.Sessions
			}
			outlook = fmt.Sprintf("%d nights", s.Nights)
			if s.Nights == Never {
				outlook = "never"
			}
		}
	}
	ages := fmt.Sprintf("%s, %s when looked at", days(oldest), days(worst))
	if broken == 0 {
		return "kept: " + ages
	}
	return fmt.Sprintf("**beyond in %d of %d nights**, up to %s of %s, outlook %s; %s", broken, nightsShown, grouped(most), grouped(of), outlook, ages)
}

// settles is the first night after the first sync from which on every promise is kept.
func (c *column) settles() string {
	n := len(c.nights)
	for n > 0 && !c.nights[n-1].breaks() {
		n--
	}
	if n == len(c.nights) {
		return "never"
	}
	return strconv.Itoa(n)
}

func (a *account) breaks() bool {
	for _, s := range a.standings {
		if s.Beyond > a.missing[s.Class] {
			return true
		}
	}
	return false
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
