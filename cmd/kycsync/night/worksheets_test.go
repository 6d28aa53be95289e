package night

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kycsync/load/filing"
	"kycsync/sql"
)

// worksheet makes a filing and returns the rows of its worksheet by cell and column, and the archive.
func (w *life) worksheet(t *testing.T, template, period string, at time.Time) (map[string]map[string]string, []byte) {
	t.Helper()
	all := filing.Templates()
	i := slices.IndexFunc(all, func(f sql.Filing) bool { return f.Name == template })
	p, err := filing.ParsePeriod(period)
	if err != nil || i < 0 {
		t.Fatalf("%s: %v", template, err)
	}
	body := w.house.file(t, filing.Order{Template: &all[i], Period: p, KnownAt: at, Entity: "acme", Audience: filing.Regulator, Profile: "plain"})
	rows := zipped(t, body, "tables/worksheet.csv")
	out := map[string]map[string]string{}
	for _, row := range rows[1:] {
		cell := map[string]string{}
		for k, name := range rows[0] {
			cell[name] = row[k]
		}
		out[row[0]] = cell
	}
	return out, body
}

// worksheets holds the numbers against the views that answer the same questions, which TestAnswers holds against the
// vendor's own account. The period begins after the first nights, so that what was known before it is known.
func (w *life) worksheets(t *testing.T) {
	const period, from, to = "2026-12", "DATE '2026-12-01'", "DATE '2026-12-31'"
	refused := "SELECT count(DISTINCT coalesce(vendor_data_key, session_id)) FROM refused_customers(" + from + ", " + to + ") WHERE relationship IN ('none', 'not known') AND NOT is_approved_elsewhere"
	peps := "SELECT sum(confirmed_approved) FROM screening_population(" + to + ") WHERE category = 'pep'"
	risky := "SELECT count(DISTINCT coalesce(h.vendor_data_key, h.session_id)) FROM high_risk_countries AS h SEMI JOIN latest_approvals AS a ON coalesce(a.vendor_data_key, a.session_id) = coalesce(h.vendor_data_key, h.session_id)"
	ended := "coalesce(relationship_end < " + to + ", false)"
	asked := map[string]map[string]string{
		"rep-crim": {
			"2_pep_end": peps, "2_refused": refused, "2_high_risk_countries": risky,
			"2_pep_pending":        "SELECT sum(pending_approved) FROM screening_population(" + to + ") WHERE category = 'pep'",
			"4_sanctions_end":      "SELECT sum(confirmed) FROM screening_population(" + to + ") WHERE category = 'sanction'",
			"4_sanctions_new":      "SELECT sum(added) FROM screening_movement(" + from + ", " + to + ") WHERE category = 'sanction'",
			"4_not_screened_again": "SELECT count(*) FROM not_monitored",
		},
		"amla-aggregates": {
			"2_pep_end": peps, "5_high_risk_countries": risky,
			"1_verified_end":  "SELECT count(*) FROM latest_approvals",
			"1_verified_new":  "SELECT count(*) FROM latest_approvals WHERE first_approved_at >= " + from,
			"1_customers_end": "SELECT count(*) FROM firm_users WHERE NOT " + ended,
			"3_risk_high":     "SELECT count(*) FROM firm_users WHERE risk_rating = 'high' AND NOT " + ended,
			"3_risk_none":     "SELECT count(*) FROM firm_users WHERE risk_rating IS NULL AND NOT " + ended,
		},
		"ffiec-appendix-h": {
			"3_adverse_action": refused,
			"2_late":           "SELECT count(*) FROM verified_after_start WHERE relationship_start BETWEEN " + from + " AND " + to,
			"2_incomplete":     "SELECT count(*) FROM live_sessions WHERE created_at >= " + from + " AND status NOT IN ('Approved', 'Kyc Expired', 'Declined')",
			"5_high_risk":      "SELECT count(*) FROM firm_users WHERE risk_rating = 'high' AND NOT " + ended,
		},
	}
	filled := 0
	for template, cells := range asked {
		got, body := w.worksheet(t, template, period, w.known)
		for cell, query := range cells {
			want := fmt.Sprint(w.house.rows(t, "SELECT coalesce(("+query+"), 0)::BIGINT")[0][0])
			if got[cell]["value"] != want || got[cell]["missing_input"] != "" {
				t.Errorf("%s, %s: got %q, missing %q, and the view says %s", template, cell, got[cell]["value"], got[cell]["missing_input"], want)
			}
			if want != "0" {
				filled++
			}
		}
		listed := map[string]int{}
		for _, name := range []string{"people", "customers"} {
			for _, row := range zipped(t, body, "tables/"+name+".csv")[1:] {
				listed[row[0]]++
			}
		}
		for cell, row := range got {
			if n, err := strconv.Atoi(row["value"]); (row["listing"] == "people" || row["listing"] == "customers") && (err != nil || n != listed[cell]) {
				t.Errorf("%s, %s: it is %q, and %d are listed", template, cell, row["value"], listed[cell])
			}
		}
	}
	if filled < 12 {
		t.Errorf("only %d cells are not 0", filled)
	}
	w.missing(t)
}

// missing makes worksheets as of a night before the organisation's files were loaded, and of a year that had ended before
// anything was known: cells say which input they lack, and have no value.
func (w *life) missing(t *testing.T) {
	for _, tt := range []struct {
		template, period string
		at               time.Time
		cell, says       string
	}{
		{"rep-crim", "2026-12", w.nights[4], "2_high_risk_end", "risk_rating of the organisation's reference file of customers: none is loaded"},
		{"rep-crim", "2026-12", w.nights[4], "2_high_risk_countries", "the organisation's reference file of countries: none is loaded"},
		{"rep-crim", "2026-12", w.nights[4], "3_reports", "register of suspicious activity reports"},
		{"rep-crim", "2026-11", w.known, "4_sanctions_new", "what was known before the period"},
		{"rep-crim", "2025-11..2026-10", w.known, "2_pep_end", "what was known at the end of the period: the first run was later"},
		{"amla-aggregates", "2026-12", w.nights[4], "1_customers_end", "the organisation's reference file of customers: none is loaded"},
		{"amla-aggregates", "2026-12", w.nights[4], "3_risk_low", "risk_rating of the organisation's reference file of customers: none is loaded"},
		{"amla-aggregates", "2025-11..2026-10", w.known, "2_pep_end", "what was known at the end of the period"},
		{"ffiec-appendix-h", "2026-12", w.nights[4], "1_new_accounts_new", "the organisation's reference file of customers: none is loaded"},
		{"ffiec-appendix-h", "2026-12", w.nights[4], "5_high_risk", "risk_rating of the organisation's reference file of customers: none is loaded"},
	} {
		got, _ := w.worksheet(t, tt.template, tt.period, tt.at)
		if c := got[tt.cell]; c["value"] != "" || c["listing"] != "" || !strings.Contains(c["missing_input"], tt.says) {
			t.Errorf("%s of %s, %s: got %q by %q, missing %q, want %q", tt.template, tt.period, tt.cell, c["value"], c["listing"], c["missing_input"], tt.says)
		}
	}
}
