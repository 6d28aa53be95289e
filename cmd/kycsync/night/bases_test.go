package night

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/csv"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/load/filing"
	"kycsync/schemas"
	kycsql "kycsync/sql"
)

// bare is a template that has nothing of its own.
func bare(t *testing.T, basis string) *kycsql.Filing {
	t.Helper()
	f, err := kycsql.ParseFiling("bare", map[string][]byte{
		"filing.yaml": []byte("title: Sessions\nabout: All.\nserves: [a test]\nbasis: " + basis + "\naudiences: [regulator]\n"),
		"population.sql": []byte("-- One row: a session.\n--\n-- key: application, session_id\n-- column application sessions.application\n-- column session_id sessions.session_id\n" +
			"SELECT application, session_id FROM members ORDER BY application, session_id"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ofPeriod makes a filing and returns its sessions: why each is left out, "" of those that are in the population. Make
// itself refuses if these are not what source.sql counts.
func (w *life) ofPeriod(t *testing.T, basis, period string) map[string]string {
	t.Helper()
	p, err := filing.ParsePeriod(period)
	if err != nil {
		t.Fatal(err)
	}
	body := w.house.file(t, filing.Order{Template: bare(t, basis), Period: p, KnownAt: w.known, Entity: "acme", Audience: filing.Regulator, Profile: "plain"})
	out := map[string]string{}
	for _, row := range zipped(t, body, "tables/population.csv")[1:] {
		out[row[1]] = ""
	}
	for _, row := range zipped(t, body, "control/exclusions.csv")[1:] {
		if _, twice := out[row[1]]; twice || row[2] == "" {
			t.Errorf("%s, %s: %s is in the population, and left out for %q", basis, period, row[1], row[2])
		}
		out[row[1]] = row[2]
	}
	return out
}

// zipped reads a CSV file of a package.
func zipped(t *testing.T, body []byte, name string) [][]string {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range zr.File {
		if !strings.HasSuffix(f.Name, "/data/"+name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(r).ReadAll()
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	t.Fatalf("there is no %s", name)
	return nil
}

// begun returns the status that a session had before the first change that can be known, and the changes.
func (w *life) begun(d *dossier) (status string, changes []statusChange) {
	changes = w.chain(d)
	if first := changes[0]; first.source == "observed" && first.from == "" {
		return first.to, changes[1:]
	}
	return changes[0].from, changes
}

// decidedAt returns all instants at which a session was decided, as far as they can be known.
func (w *life) decidedAt(d *dossier) (out []time.Time) {
	status, changes := w.begun(d)
	if isApproved(status) || status == "Declined" {
		out = append(out, d.created)
	}
	for _, c := range changes {
		if isDecision(c.to) {
			out = append(out, c.at)
		}
	}
	return out
}

// statusAt is the status just before an instant.
func (w *life) statusAt(d *dossier, at time.Time) string {
	status, changes := w.begun(d)
	for _, c := range changes {
		if c.at.Before(at) {
			status = c.to
		}
	}
	return status
}

// TestFilingsOfALife makes filings of one population: see bases, and where KYCSYNC_TEST_ALL is set worksheets.
func TestFilingsOfALife(t *testing.T) {
	if testing.Short() {
		t.Skip("six nights")
	}
	w := lived(t)
	if os.Getenv("KYCSYNC_TEST_ALL") != "" {
		t.Run("worksheets", w.worksheets)
	}
	t.Run("bases", w.bases)
}

// bases holds the sessions of each basis against a second computation from the vendor's own account, in periods with
// sessions that are decided in two of them and sessions that are open over an end. Population and exclusions are the source,
// also where the time of creation is not known. It alters the warehouse.
func (w *life) bases(t *testing.T) {
	is := map[string]func(d *dossier, p filing.Period) bool{
		kycsql.CreatedInPeriod: func(d *dossier, p filing.Period) bool { return !d.created.Before(p.From) && d.created.Before(p.To) },
		kycsql.DecidedInPeriod: func(d *dossier, p filing.Period) bool {
			return slices.ContainsFunc(w.decidedAt(d), func(at time.Time) bool { return !at.Before(p.From) && at.Before(p.To) })
		},
		kycsql.OpenAtPeriodEnd: func(d *dossier, p filing.Period) bool {
			return d.created.Before(p.To) && schemas.Open(w.statusAt(d, p.To))
		},
	}
	seen := map[string]map[string]map[string]string{}
	for _, basis := range kycsql.Bases {
		seen[basis] = map[string]map[string]string{}
		for _, period := range []string{"2026-10", "2026-11", "2026-12", "2026-Q4"} {
			p, err := filing.ParsePeriod(period)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, d := range w.people {
				switch {
				case !is[basis](d, p):
				case basis == kycsql.OpenAtPeriodEnd && d.isDeleted() && d.missed[0].Before(p.To):
					want[d.id] = "deleted"
				default:
					want[d.id] = ""
				}
			}
			got := w.ofPeriod(t, basis, period)
			maps.DeleteFunc(got, func(_, why string) bool { return why == "company" }) // of which there is no feed to compare with
			if !maps.Equal(got, want) {
				t.Errorf("%s, %s: got %d sessions, want %d: %v", basis, period, len(got), len(want), differing(got, want))
			}
			seen[basis][period] = got
		}
	}
	november, december := seen[kycsql.DecidedInPeriod]["2026-11"], seen[kycsql.DecidedInPeriod]["2026-12"]
	twice, over := both(november, december), both(seen[kycsql.OpenAtPeriodEnd]["2026-11"], december)
	if len(twice) == 0 || len(over) == 0 {
		t.Fatalf("%d sessions are decided in two months and %d open over the end of one, want some", len(twice), len(over))
	}
	w.unknown(t, seen)
}

// both are the sessions that are in two populations.
func both(a, b map[string]string) (out []string) {
	for id, why := range a {
		if other, ok := b[id]; ok && why == "" && other == "" {
			out = append(out, id)
		}
	}
	return out
}

func differing(got, want map[string]string) (out []string) {
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if why, ok := want[id]; !ok || why != got[id] {
			out = append(out, "got "+id+" "+got[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[id]; !ok {
			out = append(out, "want "+id+" "+want[id])
		}
	}
	return out
}

// unknown takes the time of creation away from a session of each population, and makes a test of another one.
func (w *life) unknown(t *testing.T, seen map[string]map[string]map[string]string) {
	const period, earlier = "2026-11", "2026-10"
	picks := map[string][]string{}
	for _, d := range w.people { // each for one of them
		of := func(basis string) bool { why, ok := seen[basis][period][d.id]; return ok && why == "" }
		chain := w.chain(d)
		basis := kycsql.CreatedInPeriod
		switch {
		case of(kycsql.OpenAtPeriodEnd):
			basis = kycsql.OpenAtPeriodEnd
		case of(kycsql.DecidedInPeriod) && len(chain) == 1 && chain[0].source == "observed": // before anything was known of it
			basis = kycsql.DecidedInPeriod
		}
		if of(basis) {
			picks[basis] = append(picks[basis], d.id)
		}
	}
	var change []string
	for basis, ids := range picks {
		if len(ids) < 2 {
			t.Fatalf("%s: only %d sessions to choose from", basis, len(ids))
		}
		for _, table := range []string{"sessions", "sessions_replaced"} {
			change = append(change, "UPDATE "+table+" SET created_at = NULL WHERE session_id = '"+ids[0]+"'", "UPDATE "+table+" SET environment = 'sandbox' WHERE session_id = '"+ids[1]+"'")
		}
	}
	w.house.alter(t, strings.Join(change, ";"))
	reason := map[string]string{kycsql.CreatedInPeriod: "creation time not known", kycsql.DecidedInPeriod: "decision time not known", kycsql.OpenAtPeriodEnd: "creation time not known"}
	for basis, ids := range picks {
		got := w.ofPeriod(t, basis, period)
		if got[ids[0]] != reason[basis] || got[ids[1]] != "sandbox" {
			t.Errorf("%s: got %q without a time of creation, and %q of a sandbox", basis, got[ids[0]], got[ids[1]])
		}
		_, named := w.ofPeriod(t, basis, earlier)[ids[0]]
		if !named {
			t.Errorf("%s: what may be of any period is not named in an earlier one", basis)
		}
	}
}

// alter changes the warehouse's file.
func (h *house) alter(t *testing.T, statements string) {
	t.Helper()
	if err := os.Chmod(h.warehouse().Path, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", h.warehouse().Path)
	if err == nil {
		_, err = db.Exec(statements)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
