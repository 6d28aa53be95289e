package filing

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// A Period is the days of a filing, in UTC: From is in it, To is the first day behind it.
type Period struct {
	Name     string // as it is given: 2026-10, 2026-Q4, 2026 or 2025-04..2026-03
	From, To time.Time
}

// maxMonths is how long a period may be.
const maxMonths = 60

var (
	periodRE = regexp.MustCompile(`^([0-9]{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$`)
	monthsRE = regexp.MustCompile(`^([0-9]{4}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2})$`)
)

// ParsePeriod reads a month, a quarter, a year, or a first and a last month, as an accounting year has them.
func ParsePeriod(text string) (Period, error) {
	first, last := text, text
	if m := monthsRE.FindStringSubmatch(text); m != nil {
		first, last = m[1], m[2]
	}
	from, fromOK := parseOne(first)
	to, toOK := parseOne(last)
	isRange := first != text
	if !fromOK || !toOK || isRange && (!from.From.Before(to.From) || to.To.After(from.From.AddDate(0, maxMonths, 0))) {
		return Period{}, fmt.Errorf("%q: want a month such as 2026-10, a quarter such as 2026-Q4, a year, or a first and a last month such as 2025-04..2026-03, at most %d", text, maxMonths)
	}
	return Period{text, from.From, to.To}, nil
}

func parseOne(text string) (p Period, ok bool) {
	m := periodRE.FindStringSubmatch(text)
	if m == nil || m[1] < "1970" {
		return p, false
	}
	year, _ := strconv.Atoi(m[1])
	month, months := 1, 12
	if m[2] != "" {
		month, _ = strconv.Atoi(m[2])
		months = 1
	}
	if m[3] != "" {
		quarter, _ := strconv.Atoi(m[3])
		month, months = 3*quarter-2, 3
	}
	from := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	return Period{text, from, from.AddDate(0, months, 0)}, true
}

// next returns the period behind this one, which is as long and has a name of the same form.
func (p Period) next() Period {
	months := len(p.months())
	to := p.To.AddDate(0, months, 0)
	last := to.AddDate(0, -1, 0)
	name := last.Format("2006")
	switch {
	case monthsRE.MatchString(p.Name):
		name = p.To.Format("2006-01") + ".." + last.Format("2006-01")
	case months == 1:
		name = last.Format("2006-01")
	case months == 3:
		name += fmt.Sprintf("-Q%d", int(last.Month())/3)
	}
	return Period{name, p.To, to}
}

// months returns the first days of the months of the period.
func (p Period) months() (out []time.Time) {
	for m := p.From; m.Before(p.To); m = m.AddDate(0, 1, 0) {
		out = append(out, m)
	}
	return out
}
