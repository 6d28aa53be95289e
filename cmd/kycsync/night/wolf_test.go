package night

import (
	"context"
	"testing"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/transform"
)

// Night after night of a busy and honest vendor no gate fails and no figure differs.
// KYCSYNC_TEST_WOLF sets the number of nights.
func TestNoGateCriesWolf(t *testing.T) {
	nights := searched("WOLF", 20)
	if testing.Short() {
		nights = 4
	}
	const each = 20 // nights of a vendor
	for seed := 0; seed*each < nights; seed++ {
		v, err := didittest.New(didittest.Options{Seed: uint64(100 + seed), Sessions: 120, Start: firstNight, PerMinute: -1, Restless: 3, Webhook: seed%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		h := newHouse(t, v, "", "", lake.Config{})
		for n := range min(each, nights-seed*each) {
			v.Advance(firstNight.AddDate(0, 0, n))
			c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("didit-test-key"), Now: v.Clock, Gist: transform.Gist, Transport: inProcess{v}})
			if err != nil {
				t.Fatal(err)
			}
			s, err := Run(context.Background(), Config{Client: c, Lake: h.lake, WorkDir: t.TempDir(), Now: v.Clock})
			if err != nil || s.Published == 0 || s.Totals[stateDiffers] > 0 || s.Rejects > 0 {
				t.Errorf("seed %d, night %d: %v, %+v", seed, n+1, err, s)
			}
			for _, st := range s.Standings {
				if st.Beyond > 0 {
					t.Errorf("seed %d, night %d: %d sessions of class %s are beyond their promise", seed, n+1, st.Beyond, st.Class)
				}
			}
		}
	}
}
