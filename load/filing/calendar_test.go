package filing

import (
	"slices"
	"testing"
	"time"
)

// The periods of a schedule follow one another without a gap, each under the name by which it can be ordered.
func TestSchedule(t *testing.T) {
	now := time.Date(2028, 3, 10, 12, 0, 0, 0, time.UTC)
	for first, want := range map[string][]string{
		"2027-11":          {"2027-11", "2027-12", "2028-01", "2028-02", "2028-03"},
		"2027-Q3":          {"2027-Q3", "2027-Q4", "2028-Q1"},
		"2026":             {"2026", "2027", "2028"},
		"2026-04..2027-03": {"2026-04..2027-03", "2027-04..2028-03"},
		"2028-02":          {"2028-02", "2028-03"},
		"2030":             {"2030"},
	} {
		p, err := ParsePeriod(first)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for d := range (Schedule{First: p, GraceDays: 7, LateDays: 3}).Until(now) {
			got = append(got, d.Period.Name)
			again, err := ParsePeriod(d.Period.Name)
			if err != nil || again != d.Period {
				t.Errorf("%s: ordered by its name it is %v, %v, want %v", d.Period.Name, again, err, d.Period)
			}
			if d.Due != d.Period.To.AddDate(0, 0, 7) || d.Late != d.Period.To.AddDate(0, 0, 10) {
				t.Errorf("%s: due %s, late %s", d.Period.Name, d.Due, d.Late)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("from %s: got %q, want %q", first, got, want)
		}
	}
}
