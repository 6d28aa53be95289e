package night

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (w *life) sessionAnswers() []answer {
	live := answer{view: "live_sessions", columns: `session_id, session_number, month, is_decided, status, created_at, expires_at, vendor_data, vendor_data_key, workflow_id, full_name, country, didit_internal_id, environment,
		origin, origin_rule, upstream_state, upstream_gone_at`}
	imported := answer{view: "imported_sessions", columns: "session_id, vendor_data_key, created_at, status, told_by, origin_rule, session_type, partner, metadata, missing_input"}
	for _, d := range w.people {
		l, origin, rule := d.now(), "", ""
		origin, rule = w.origin(d)
		live.rows = append(live.rows, []any{d.id, d.number, d.month(), isApproved(d.status()) || d.status() == "Declined", d.status(), d.created, l.body.ExpiresAt, l.body.VendorData, orNone(d.key()), l.body.WorkflowID,
			l.row.FullName, l.row.Country, l.row.User, l.body.Environment, origin, rule, d.upstream(), d.goneAt()})
		if origin == "imported" && d.session == "MIGRATED" { // all that are told must truly be
			imported.rows = append(imported.rows, []any{d.id, orNone(d.key()), d.created, d.status(), "origin", rule, nil, nil, sorted(l.body.Metadata), "the vendor does not tell which partner shared a session"})
		}
	}
	gone := answer{view: "upstream_gone", columns: "session_id, session_kind, vendor_data_key, status, created_at, upstream_state, upstream_gone_at, age_days"}
	firms := 0
	var newest time.Time
	for _, d := range w.all {
		if d.isDeleted() {
			gone.rows = append(gone.rows, []any{d.id, d.kind, orNone(d.key()), d.status(), d.created, "deleted", d.goneAt(), daysBetween(d.created, d.missed[0])})
		}
		if d.kind == "business" {
			if firms++; d.created.After(newest) {
				newest = d.created
			}
		}
	}
	left := answer{view: "left_out_sessions", columns: "reason, sessions, latest_created_at", rows: [][]any{{"company", firms, newest}}}
	return append([]answer{live, imported, gone, left}, w.files()...)
}

func (d *dossier) goneAt() any {
	if d.isDeleted() {
		return d.missed[0]
	}
	return nil
}

// sorted writes JSON with its members in order.
func sorted(body json.RawMessage) any {
	var v any
	if err := json.Unmarshal(body, &v); err != nil || v == nil {
		return nil
	}
	out, _ := json.Marshal(v)
	return string(out)
}

// files are all that is held of some sessions, those of which the vendor counts most.
func (w *life) files() (out []answer) {
	size := map[*dossier]int{}
	counts := map[*dossier]map[string]int{}
	for _, d := range w.people {
		truth, _ := w.vendor.TruthAt(d.id, d.now().revision)
		counts[d] = truth.Counts
		for _, n := range truth.Counts {
			size[d] += n
		}
	}
	most := slices.SortedFunc(slices.Values(w.people), func(a, b *dossier) int { return size[b] - size[a] })
	for _, d := range most[:5] {
		rows := answer{view: "session_dossier", columns: "table_name, rows"}
		var tables []string
		for name, table := range counted {
			if strings.Contains(table, " ") {
				continue // of companies alone
			}
			tables = append(tables, "'"+table+"'")
			if n := counts[d][name]; n > 0 {
				rows.rows = append(rows.rows, []any{table, n})
			}
		}
		rows.from = fmt.Sprintf("(SELECT table_name, count(DISTINCT row_no) AS rows FROM session_dossier('%s') WHERE table_name IN (%s) GROUP BY table_name)", d.id, strings.Join(tables, ", "))
		values := answer{view: "session_dossier", columns: "table_name, column_name, value", from: "session_dossier('" + d.id + `') WHERE (table_name, column_name) IN (('sessions', 'status'), ('sessions', 'session_number'),
			('id_verifications', 'document_number'), ('id_verifications', 'last_name'), ('id_verifications', 'date_of_birth'), ('phone_verifications', 'full_number'), ('ip_analyses', 'ip_address'), ('aml_hits', 'caption'), ('aml_hits', 'review_status'))`}
		add := func(table, column string, value any) { values.rows = append(values.rows, []any{table, column, value}) }
		b := d.now().body
		add("sessions", "status", b.Status)
		add("sessions", "session_number", d.number)
		for _, x := range b.Documents {
			add("id_verifications", "document_number", x.Number)
			add("id_verifications", "last_name", x.Last)
			add("id_verifications", "date_of_birth", x.Birth)
		}
		for _, x := range b.Phones {
			add("phone_verifications", "full_number", x.Number)
		}
		for _, x := range b.Networks {
			add("ip_analyses", "ip_address", x.IP)
		}
		for _, h := range d.now().hits() {
			add("aml_hits", "caption", h.Caption)
			add("aml_hits", "review_status", h.Review)
		}
		out = append(out, rows, values)
	}
	return out
}

func (w *life) nightAnswers() []answer {
	knowledge := answer{view: "knowledge", columns: "known_until, known_from", rows: [][]any{{w.known, w.nights[0]}}}
	health := answer{view: "sync_health", columns: "topic, state, figure, finished_at"}
	for _, topic := range []string{"run", "gates", "control totals", "user counters", "promises", "nights left", "rejects", "stale", "drift"} {
		health.rows = append(health.rows, []any{topic, "ok", 0, w.until()}) // a vendor without faults, and everything looked at
	}
	return []answer{knowledge, health}
}
