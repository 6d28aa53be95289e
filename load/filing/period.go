package filing

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// A Period is the days of a filing, in UTC: From is in it, To is the first day behind it.
type Period struct {
	Name     string // as it is given: 2026-10, 2026-Q4 or 2026
	From, To time.Time
}

var periodRE = regexp.MustCompile(`^([0-9]{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$`)

// ParsePeriod reads a month, a quarter or a year.
func ParsePeriod(text string) (Period, error) {
	m := periodRE.FindStringSubmatch(text)
	if m == nil || m[1] < "1970" {
		return Period{}, fmt.Errorf("%q: want a month such as 2026-10, a quarter such as 2026-Q4 or a year", text)
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
	return Period{text, from, from.AddDate(0, months, 0)}, nil
}

// next returns the period behind this one, which is as long.
func (p Period) next() Period {
	to := p.To.AddDate(0, len(p.months()), 0)
	name := to.AddDate(0, 0, -1).Format("2006")
	switch len(p.months()) {
	case 1:
		name = p.To.Format("2006-01")
	case 3:
		name += fmt.Sprintf("-Q%d", (int(p.To.Month())+2)/3)
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
