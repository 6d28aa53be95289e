package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// ask puts a question to the warehouse; nothing of it counts as said.
func (h *faultyHouse) ask(t *testing.T, query string) []map[string]any {
	t.Helper()
	out, err := command(h.dir, nil, "query", "--format", "json", query).Output()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// valuesRejected: one bad value costs a row, or less, and nothing else of the document.
func valuesRejected(t *testing.T, h *faultyHouse) {
	rejects := h.ask(t, "SELECT session_id, table_name, scope, path, reason, shape FROM rejects ORDER BY ALL")
	if len(rejects) < 5 {
		t.Errorf("got %d rejects, want more", len(rejects))
	}
	shapes := map[string]bool{"99/99/9999": true, "aaa": true, "aaaaa": true, "9999-99-99": true, "aaaa": true, "9.9": true, "aaaaaaaaa": true}
	for _, r := range rejects {
		if r["path"] == nil || r["table_name"] == nil || !strings.HasPrefix(r["reason"].(string), "want ") || !shapes[r["shape"].(string)] ||
			(r["scope"] != "row" && r["scope"] != "value") {
			t.Errorf("got reject %v, want a row or value with its path, what was wanted, and a shape", r)
		}
	}
	alive := h.ask(t, `SELECT r.session_id FROM rejects r WHERE r.session_id NOT IN (SELECT session_id FROM sessions)
		OR r.session_id NOT IN (SELECT session_id FROM session_features)`)
	if len(alive) > 0 {
		t.Errorf("sessions %v lost more than what could not be read", alive)
	}
	if n := h.ask(t, "SELECT count(*) AS n FROM sessions")[0]["n"]; n != float64(faultyCount) {
		t.Errorf("got %v sessions, want %d", n, faultyCount)
	}
}

// documentsRejected: a document that cannot be read is withheld as a whole, and only that. Each
// reason occurs.
func documentsRejected(reasons ...string) func(*testing.T, *faultyHouse) {
	return func(t *testing.T, h *faultyHouse) {
		rejects := h.ask(t, "SELECT session_id, document, table_name, scope, reason FROM rejects ORDER BY ALL")
		met, decisions := map[string]bool{}, 0
		for _, r := range rejects {
			i := slices.IndexFunc(reasons, func(reason string) bool { return strings.Contains(r["reason"].(string), reason) })
			if i < 0 || r["scope"] != "document" || r["table_name"] != nil {
				t.Errorf("got reject %v, want a document with a reason among %q", r, reasons)
				continue
			}
			met[reasons[i]] = true
			if r["document"] == "decision" {
				decisions++
			}
		}
		if len(met) < len(reasons) {
			t.Errorf("got reasons %v, want each of %q", met, reasons)
		}
		n := h.ask(t, "SELECT count(*) AS n FROM sessions")[0]["n"].(float64)
		if int(n)+decisions != faultyCount {
			t.Errorf("got %v sessions and %d rejects of decisions, want %d in all", n, decisions, faultyCount)
		}
	}
}

func nothingRejected(t *testing.T, h *faultyHouse) {
	if rejects := h.ask(t, "SELECT * FROM rejects"); len(rejects) > 0 {
		t.Errorf("got rejects %v, want none", rejects)
	}
}

// drifted: what no column expects is kept and reported.
func drifted(t *testing.T, h *faultyHouse) {
	nothingRejected(t, h)
	if rows := h.ask(t, "SELECT path, kind FROM drift"); len(rows) == 0 {
		t.Error("no drift was reported")
	}
}

// pdfsArchived: every final session that has a PDF has it in the end, whole.
func pdfsArchived(t *testing.T, h *faultyHouse) {
	nothingRejected(t, h)
	got := h.ask(t, "SELECT outcome, count(*) AS n FROM pdf_reports GROUP BY ALL")
	if len(got) != 1 || got[0]["outcome"] != "archived" || got[0]["n"].(float64) < faultyCount/4 {
		t.Errorf("got PDFs %v, want a quarter of the sessions or more, archived", got)
	}
}
