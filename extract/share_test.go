package extract

import (
	"math"
	"testing"
)

func TestShare(t *testing.T) {
	for _, tc := range []struct{ n, a, b, forA, forB int }{
		{100, 10, 20, 10, 20},
		{100, 10, 200, 10, 90},
		{100, 200, 10, 90, 10},
		{100, 200, 200, 50, 50},
		{0, 5, 5, 0, 0},
		{math.MaxInt, 5, 7, 5, 7},
	} {
		if a, b := Share(tc.n, tc.a, tc.b); a != tc.forA || b != tc.forB {
			t.Errorf("%+v: got %d and %d", tc, a, b)
		}
	}
}
