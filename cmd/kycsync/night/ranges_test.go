package night

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"kycsync/extract/didittest"
)

// oldVendor has sessions of the five years before the first night, and is quiet from then on.
func oldVendor(t *testing.T, retention time.Duration) *desk {
	t.Helper()
	d := newDesk(t, didittest.Options{Seed: 9, Sessions: 20, Start: firstNight.AddDate(0, -48, 0), Retention: retention, Quiet: true})
	for m := -48; m < 0; m++ {
		d.vendor.SetQuiet(false)
		d.vendor.Advance(firstNight.AddDate(0, m, 1))
		d.vendor.SetQuiet(true)
		d.vendor.Advance(firstNight.AddDate(0, m+1, 0))
	}
	return d
}

// fourWeeks runs the nights from 1 to 28 and returns the most counts that one took.
func (d *desk) fourWeeks(t *testing.T, change func(n int, c *Config)) (most int64) {
	t.Helper()
	for n := 1; n <= rotation; n++ {
		d.vendor.Advance(firstNight.AddDate(0, 0, n))
		cfg := d.config(t)
		cfg.Promises = nil
		change(n, &cfg)
		if s := d.nightOf(t, cfg); s.Totals[stateDiffers] > 0 {
			t.Fatalf("night %d: %v", n, s.Unequal)
		}
		most = max(most, cfg.Client.Stats().Counts)
	}
	return most
}

// uncounted returns the cells of the months that were counted in which no vendor's count stands.
func (d *desk) uncounted(t *testing.T) (missing []string) {
	t.Helper()
	cells, months := map[string]bool{}, map[string]bool{}
	for _, r := range d.rows(t, "control_totals") {
		if r["kind"] == "user" && r["dimension"] == "month" {
			months[r["month"]] = true
		}
		if r["dimension"] == "month_status" && r["vendor_count"] != "(null)" {
			cells[r["month"]+" "+r["status"]] = true
		}
	}
	if len(months) < 60 {
		t.Fatalf("%d months were counted, want five years", len(months))
	}
	for m := range months {
		for _, s := range statuses {
			if !cells[m+" "+s] {
				missing = append(missing, m+" "+s)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// A vendor with sessions of five years is counted with at most 120 requests in a night, and within
// 28 nights in every cell of month and status.
func TestEveryCellIsCountedInFourWeeks(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	d := oldVendor(t, 20*365*24*time.Hour)
	d.night(t, 0, nil)
	if most := d.fourWeeks(t, func(int, *Config) {}); most > 120 || most < 60 {
		t.Errorf("a night took up to %d counts, want at most 120", most)
	}
	if missing := d.uncounted(t); len(missing) > 0 {
		t.Errorf("%d cells were not counted: %v", len(missing), missing)
	}
	business := map[string]int{}
	for _, r := range d.rows(t, "control_totals") {
		if r["kind"] == "business" {
			business[r["dimension"]]++
			if r["state"] != stateEqual || r["vendor_count"] != r["lake_count"] {
				t.Errorf("business sessions of %s, %s: got %s", r["month"], r["status"], r["state"])
			}
		}
	}
	for _, dimension := range []string{"all", "month", "status"} {
		if business[dimension] <= rotation {
			t.Errorf("%d rows about business sessions by %s in %d nights", business[dimension], dimension, rotation+1)
		}
	}
}

// Nights in which no decision is due count no more than others.
func TestANightWithNothingDueCountsItsShare(t *testing.T) {
	if testing.Short() {
		t.Skip("four weeks; one of these tests runs")
	}
	d := oldVendor(t, 20*365*24*time.Hour)
	d.night(t, 0, nil)
	if most := d.fourWeeks(t, func(_ int, c *Config) { c.Promises = promisesOf(farAway) }); most > 120 {
		t.Errorf("a night took up to %d counts, want at most 120", most)
	}
}

// A cell has its turn also when the night was missed and only a range was read that day.
func TestARangeInAMissedNightTakesNoTurnAway(t *testing.T) {
	if testing.Short() {
		t.Skip("four weeks; one of these tests runs")
	}
	d := oldVendor(t, 20*365*24*time.Hour)
	d.night(t, 0, nil)
	for n := 1; n <= rotation; n++ {
		d.vendor.Advance(firstNight.AddDate(0, 0, n))
		cfg := d.config(t)
		cfg.Promises = nil
		if n == 10 {
			cfg.From, cfg.To = firstNight.AddDate(0, -3, 0).Truncate(24*time.Hour), firstNight.AddDate(0, -2, 0).Truncate(24*time.Hour)
		}
		d.nightOf(t, cfg)
	}
	if missing := d.uncounted(t); len(missing) > 0 {
		t.Errorf("%d cells were not counted: %v", len(missing), missing)
	}
}

// A month whose last session has gone does not put off the turns of the others.
func TestAMonthThatGoesPutsOffNoTurn(t *testing.T) {
	if testing.Short() {
		t.Skip("four weeks; one of these tests runs")
	}
	oldest, last := "", time.Time{}
	for s := range oldVendor(t, 20*365*24*time.Hour).vendor.All() {
		switch m := monthOf(s.CreatedAt); {
		case oldest == "", m < oldest:
			oldest, last = m, s.CreatedAt
		case m == oldest:
			last = later(last, s.CreatedAt)
		}
	}
	d := oldVendor(t, firstNight.AddDate(0, 0, 10).Sub(last)-time.Hour)
	d.night(t, 0, nil)
	d.fourWeeks(t, func(n int, _ *Config) { d.vendor.SetQuiet(n != 9) })
	missing := slices.DeleteFunc(d.uncounted(t), func(cell string) bool { return cell[:7] == oldest })
	if len(missing) > 0 {
		t.Errorf("%d cells were not counted: %v", len(missing), missing)
	}
}

// A count that moves while the run is at work is found to be moving, or is settled; it is no difference.
func TestACountThatMovesDoesNotDiffer(t *testing.T) {
	for _, tc := range []struct {
		name, faults string
		seed         uint64
		each         time.Duration // passes before every count
	}{
		{name: "sessions change from count to count", seed: 3, each: 5 * time.Minute},
		{name: "sessions come and go between lists", seed: 3, faults: "insert:17,delete:43"},
		{name: "a day that is listed again has a new session", seed: 4, faults: "insert:13"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t, didittest.Options{Seed: tc.seed, Sessions: 60, Restless: 20})
			d.night(t, 0, nil)
			faults(tc.faults)(t, d)
			seen := map[string]int64{}
			for n := 1; n <= 3; n++ {
				s := d.night(t, n, func(c *Config) {
					c.Step = func(step string) {
						if step == "count" {
							d.vendor.Advance(d.vendor.Clock().Add(tc.each))
						}
					}
				})
				for state, n := range s.Totals {
					seen[state] += n
				}
			}
			if seen[stateDiffers] > 0 || seen[stateMoving]+seen[stateExplained] == 0 {
				t.Errorf("got %v, want some figures that move and none that differs", seen)
			}
		})
	}
}

// A range is read again from end to end, and nothing outside it is touched.
func TestARangeIsReadAgainAndNothingElse(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 12, Sessions: 120, Restless: 20, Webhook: true})
	for n := range 3 {
		d.night(t, n, nil)
	}
	d.vendor.SetQuiet(true)
	d.vendor.Advance(d.vendor.Clock().Add(9 * time.Hour))
	from, to := midnight(-90), midnight(1)
	inRange := map[string]bool{}
	for s := range d.vendor.All() {
		if !s.Deleted && !s.CreatedAt.Before(from) && s.CreatedAt.Before(to) {
			inRange[s.ID] = true
		}
	}
	before, asked := latest(d.rows(t, "session_state"), "session_id"), d.vendor.Requests()
	d.vendor.ForgetReads()
	cfg := d.config(t)
	cfg.From, cfg.To = from, to
	s := d.nightOf(t, cfg)
	reads := map[string]int{}
	for _, r := range d.vendor.Reads() {
		reads[r.SessionID]++
	}
	for id := range inRange {
		if reads[id] != 1 {
			t.Errorf("session %s was read %d times, want once", id, reads[id])
		}
	}
	if len(reads) != len(inRange) || len(reads) < 20 || s.Fetched != int64(len(reads)) || s.Kind != "backfill" {
		t.Errorf("%d sessions were read in a %s, want %d", len(reads), s.Kind, len(inRange))
	}
	for id, after := range latest(d.rows(t, "session_state"), "session_id") {
		was := before[id]
		if inRange[id] {
			after["last_checked"], was["last_checked"] = "", ""
			after["content_hash"], was["content_hash"], after["version_seq"], was["version_seq"] = "", "", "", ""
			after["is_activity_due"], was["is_activity_due"], after["activity_checked"], was["activity_checked"] = "", "", "", ""
		}
		if !maps.Equal(after, was) {
			t.Errorf("session %s, in the range %v: got %v, want %v", id, inRange[id], after, was)
		}
	}
	for _, route := range []string{"users", "user", "businesses", "transactions", "webhook_destinations", "workflows"} {
		now := d.vendor.Requests()
		if n := now.Route(route) - asked.Route(route); n > 0 {
			t.Errorf("%d requests for %s", n, route)
		}
	}
}

// Nothing changed at the vendor's: a range that is read again says so.
func TestARangeFindsNothingWhereNothingChanged(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 12, Sessions: 120, Restless: 20})
	for n := range 3 {
		d.night(t, n, nil)
	}
	d.vendor.SetQuiet(true)
	d.vendor.Advance(d.vendor.Clock().Add(9 * time.Hour))
	cfg := d.config(t)
	cfg.From, cfg.To = midnight(-90), midnight(1)
	if s := d.nightOf(t, cfg); s.Versions > 0 || s.Unchanged != s.Fetched || s.Fetched < 20 {
		t.Errorf("got %d versions of %d sessions that have not changed", s.Versions, s.Fetched)
	}
}

// How a session came about does not depend on what was read with it, unless a transaction that no night
// has read yet tells so.
func TestARangeKnowsWhereSessionsComeFrom(t *testing.T) {
	ranged := newDesk(t, didittest.Options{Seed: 12, Sessions: 120, Restless: 20})
	plain := deskOf(t, ranged.vendor)
	ranged.night(t, 0, nil)
	plain.night(t, 0, nil)
	ranged.vendor.Advance(firstNight.AddDate(0, 0, 1))
	cfg := ranged.config(t)
	cfg.From, cfg.To = midnight(-20), midnight(2)
	ranged.nightOf(t, cfg)
	plain.night(t, 1, nil)
	got, want := latest(ranged.rows(t, "sessions"), "session_id"), latest(plain.rows(t, "sessions"), "session_id")
	stored, wrong := 0, map[string]int{}
	for id, r := range got {
		if r["version_seq"] == "1" {
			continue
		}
		if stored++; r["origin"] != want[id]["origin"] && want[id]["origin"] != "remediation" { // a range reads no transactions
			wrong[r["origin"]+" for "+want[id]["origin"]]++
		}
	}
	if stored < 10 || len(wrong) > 0 {
		t.Errorf("of %d versions that the range stored these have another origin than in a night: %v", stored, wrong)
	}
}

// midnight is the first instant, UTC, of a day counted from the first night's.
func midnight(day int) time.Time { return firstNight.AddDate(0, 0, day).Truncate(24 * time.Hour) }

// A night after a range is the night that it would have been.
func TestARangeDoesNotDisturbTheNight(t *testing.T) {
	ranged := newDesk(t, didittest.Options{Seed: 13, Sessions: 100, Restless: 20, Webhook: true})
	plain := deskOf(t, ranged.vendor)
	for n := range 2 {
		ranged.night(t, n, nil)
		plain.night(t, n, nil)
	}
	for n := 2; n < 5; n++ {
		ranged.vendor.Advance(firstNight.AddDate(0, 0, n).Add(-14 * time.Hour))
		cfg := ranged.config(t)
		cfg.From, cfg.To = midnight(-90), midnight(n)
		ranged.nightOf(t, cfg)
		a, b := ranged.night(t, n, nil), plain.night(t, n, nil)
		if a.Absent != b.Absent || a.AbsentNoted != b.AbsentNoted || a.Deleted != b.Deleted || a.Totals[stateEqual] != b.Totals[stateEqual] {
			t.Errorf("night %d: got %d absent, %d noted, %d deleted, totals %v; without the range %d, %d, %d, %v", n,
				a.Absent, a.AbsentNoted, a.Deleted, a.Totals, b.Absent, b.AbsentNoted, b.Deleted, b.Totals)
		}
		for i, p := range a.Standings {
			if q := b.Standings[i]; p.Class != q.Class || p.Sessions != q.Sessions || p.Beyond != q.Beyond {
				t.Errorf("night %d: promise %s: got %d sessions, %d beyond it; without the range %d, %d", n, p.Class, p.Sessions, p.Beyond, q.Sessions, q.Beyond)
			}
		}
	}
	sameNow(t, ranged, plain)
}

// What the log announced in nights that were missed is not forgotten because a range was read since.
func TestARangeDoesNotHideWhatWasAnnounced(t *testing.T) {
	ranged := newDesk(t, didittest.Options{Seed: 3, Sessions: 150, Restless: 20, Webhook: true})
	plain := deskOf(t, ranged.vendor)
	far := func(c *Config) { c.Promises = promisesOf(farAway) }
	ranged.night(t, 0, far)
	plain.night(t, 0, far)
	diary := openDiary(ranged.vendor)
	ranged.vendor.Advance(firstNight.AddDate(0, 0, 1))
	ranged.vendor.SetQuiet(true)
	hidden := countWhere(diary.changes(), func(c happening) bool { return c.announced && !c.inRow && !c.same })
	ranged.vendor.Advance(firstNight.AddDate(0, 0, 4))
	cfg := ranged.config(t)
	cfg.From, cfg.To = midnight(1), midnight(2)
	ranged.nightOf(t, cfg)
	if s := plain.night(t, 5, far); s.HintedNews != hidden || hidden == 0 {
		t.Fatalf("without a range %d changes by hints, want %d", s.HintedNews, hidden)
	}
	if s := ranged.night(t, 5, far); s.HintedNews != hidden {
		t.Errorf("got %d changes by hints, want %d", s.HintedNews, hidden)
	}
}

// What a night has left unpublished is for a night to publish.
func TestARangeDoesNotPublishWhatANightLeft(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 7, Sessions: 60})
	d.night(t, 0, nil)
	faults("gone404:30")(t, d)
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	if _, err := d.run(t, nil); !errors.Is(err, ErrGate) {
		t.Fatal(err)
	}
	faults("")(t, d)
	published := d.head(t).PublishedSeq
	d.vendor.Advance(d.vendor.Clock().Add(time.Hour))
	s, err := d.run(t, func(c *Config) {
		c.From, c.To = midnight(-30), midnight(0)
	})
	if head := d.head(t); err != nil || s.Published != 0 || s.Fetched == 0 || head.PublishedSeq != published || head.Seq <= published+1 {
		t.Errorf("got %v, published %d; commit %d has readers follow %d; want a commit that leaves them at %d", err, s.Published, head.Seq, head.PublishedSeq, published)
	}
	runs := d.rows(t, "runs")
	if last := runs[len(runs)-1]; last["kind"] != "backfill" || last["outcome"] == outcomePublished {
		t.Errorf("the record says of a %s that published nothing: %q", last["kind"], last["outcome"])
	}
	d.night(t, 2, nil)
	fresh := deskOf(t, d.vendor)
	fresh.night(t, 2, nil)
	sameNow(t, d, fresh)
}

// The figures of a range that is no whole month do not speak of sessions as missing that were not
// asked for.
func TestARangeCountsNoBusinessAsMissing(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 14, Sessions: 150, Restless: 20, Quiet: true})
	d.night(t, 0, nil)
	byMonth := map[string][]time.Time{}
	for s := range d.vendor.All() {
		if s.Kind == "business" && !s.Deleted {
			byMonth[monthOf(s.CreatedAt)] = append(byMonth[monthOf(s.CreatedAt)], s.CreatedAt)
		}
	}
	for _, days := range byMonth {
		if len(days) < 2 || days[0].Truncate(24*time.Hour).Equal(days[1].Truncate(24*time.Hour)) {
			continue
		}
		d.vendor.Advance(d.vendor.Clock().Add(time.Hour))
		s, err := d.run(t, func(c *Config) { c.From = days[0].Truncate(24 * time.Hour); c.To = c.From.AddDate(0, 0, 1) })
		if err != nil || len(s.Unequal) > 0 {
			t.Errorf("got %v and the figures %+v; want none that is not equal", err, s.Unequal)
		}
		return
	}
	t.Fatal("no month has two business sessions")
}
