package schemas

import (
	"slices"
	"strings"
	"testing"
)

// Every country has a code of its own, and is found by it and by its name.
func TestCountries(t *testing.T) {
	all := Countries()
	if len(all) < 245 || !slices.Contains(all, Country{"DEU", "Germany"}) || !slices.Contains(all, Country{"XKX", "Kosovo"}) {
		t.Errorf("got %d countries", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b Country) int { return strings.Compare(a.ISO3, b.ISO3) }) {
		t.Error("they are not in order")
	}
	for i, c := range all {
		if len(c.ISO3) != 3 || i > 0 && all[i-1].ISO3 == c.ISO3 || CountryISO3(c.ISO3) != c.ISO3 || CountryISO3(c.Name) != c.ISO3 {
			t.Errorf("%v: by its code %q, by its name %q", c, CountryISO3(c.ISO3), CountryISO3(c.Name))
		}
	}
}
