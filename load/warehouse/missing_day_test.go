package warehouse

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kycsync/schemas"
)

// A day of sessions that is missing is named: by empty_days whoever lost it, and by what else stands against it.
func TestADayOfSessionsMissingIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	day := start.AddDate(0, 0, 5).Truncate(24 * time.Hour)
	const that = "(created_at AT TIME ZONE 'UTC')::DATE = '2026-03-06'"
	whole, without := nineWeeks(t, time.Time{}), nineWeeks(t, day)
	for _, tt := range []struct {
		name  string
		world *world
		stmts []string // in the published file
		want  []string
	}{
		{"nothing", whole, nil, nil},
		{"the list never had it", without, nil, []string{"empty_days", "number_gaps"}},
		{"removed from the current sessions", whole, []string{"DELETE FROM sessions WHERE " + that}, []string{"content.sessions", "empty_days", "lake_rows", "session_newest_version"}},
		{"removed everywhere, and the book of rows adjusted", whole, []string{
			"DELETE FROM sessions WHERE " + that,
			"DELETE FROM session_state WHERE " + that,
			"UPDATE _tables SET hash_sum = (SELECT sum(hash(" + hashed(schemas.Lookup("sessions")) + ")) FROM sessions_versions) WHERE table_name = 'sessions'",
			"UPDATE _tables SET lake_rows = lake_rows - 6, current_rows = current_rows - 6 WHERE table_name IN ('sessions', 'session_state')",
		}, []string{"empty_days", "number_gaps"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := tt.world.clone(t)
			tamper(t, w.cfg.Path, tt.stmts...)
			equalStrings(t, "named", named(t, w), tt.want...)
			if tt.want == nil {
				return
			}
			r, err := OpenReader(t.Context(), w.cfg.Path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			days, err := r.Failing(t.Context(), "empty_days", w.head.CommittedAt)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if err := errors.Join(days.Write(&out, "csv"), days.Close()); err != nil {
				t.Fatal(err)
			}
			if got, want := out.String(), "id,detail\r\ndefault user 2026-03-06,no session; usual are 6.0\r\n"; got != want {
				t.Errorf("empty_days names %q, want %q", got, want)
			}
		})
	}
}

// nineWeeks is a world whose first night has nine weeks of sessions and the second ten days more, but for one day.
func nineWeeks(t *testing.T, but time.Time) *world {
	w := newWorld(t).withViews()
	w.cfg.unchecked = false
	w.daily(start.AddDate(0, 0, -63), start, but)
	w.daily(start, start.AddDate(0, 0, 10), but)
	w.update()
	return w
}

// daily commits a night at the end of a period, with six sessions for each of its days but for one.
func (w *world) daily(from, to, but time.Time) {
	w.now = to
	rows := map[string][]row{"runs": {{"run_id": to.Format(time.DateOnly), "kind": "sync", "outcome": "published", "started_at": to, "finished_at": to}}}
	for day := from.Truncate(24 * time.Hour); day.Before(to.Truncate(24 * time.Hour)); day = day.AddDate(0, 0, 1) {
		if day.Equal(but) {
			continue
		}
		for n := range 6 {
			at := day.Add(time.Duration(3+3*n) * time.Hour)
			number := int(at.Sub(start.AddDate(0, 0, -90)).Hours())/24*6 + n
			id := fmt.Sprintf("s%04d", number)
			rows["sessions"] = append(rows["sessions"], row{"session_id": id, "session_kind": "user", "session_number": number, "status": "Approved", "list_status": "Approved",
				"upstream_state": "present", "origin": "first", "created_at": at, "content_hash": id})
			rows["session_state"] = append(rows["session_state"], row{"session_id": id, "session_kind": "user", "session_number": number, "status": "Approved", "created_at": at,
				"version_seq": w.nextSeq(), "content_hash": id})
		}
	}
	w.commit(rows)
}
