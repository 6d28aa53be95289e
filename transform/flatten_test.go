package transform

import (
	"strings"
	"testing"
)

func TestRowsOfNestedLists(t *testing.T) {
	f := flatten(t, decision(`{"status":"In Review","aml_screenings":[
		{"node_id":"n1","status":"Approved","hits":[]},
		{"status":"In Review","node_id":"n2","hits":[
			{"pep_matches":[{"matched_name":"A"},{"matched_name":"B"}],"id":"h1","review_status":"Unreviewed"},
			{"id":"h2","sanction_matches":[{"matched_name":"C"}]}]}]}`))
	f.want(t, "sessions", "status", "In Review")
	f.want(t, "sessions", "application", "app")
	f.want(t, "sessions", "session_number", "7")
	f.want(t, "aml_screenings", "block_ordinal", "0", "1")
	f.want(t, "aml_screenings", "node_id", "n1", "n2")
	f.want(t, "aml_hits", "block_ordinal", "1", "1")
	f.want(t, "aml_hits", "item_ordinal", "0", "1")
	f.want(t, "aml_hits", "row_key", "h1", "h2")
	f.want(t, "aml_hits", "version_seq", "3", "3")
	f.want(t, "aml_hits", "node_id", "n2", "n2")
	f.want(t, "aml_matches", "matched_name", "A", "B", "C")
	f.want(t, "aml_matches", "hit_id", "h1", "h1", "h2")
	f.want(t, "aml_matches", "match_kind", "pep", "pep", "sanction")
	if len(f.rejects)+len(f.drift) > 0 {
		t.Errorf("got rejects %v and drift %v", f.rejects, f.drift)
	}
}

func TestBlockIsAbsentNullEmptyOrLoneObject(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		rows      int
	}{
		{"absent", `{}`, 0},
		{"null", `{"face_matches":null}`, 0},
		{"empty", `{"face_matches":[]}`, 0},
		{"list", `{"face_matches":[{"score":98.5}]}`, 1},
		{"lone object", `{"face_matches":{"score":98.5}}`, 1},
		{"null element", `{"face_matches":[null,{"score":98.5}]}`, 1},
	} {
		f := flatten(t, decision(c.doc))
		if got := len(f.rows["face_matches"]); got != c.rows || len(f.rejects) > 0 {
			t.Errorf("%s: got %d rows and rejects %v, want %d rows", c.name, got, f.rejects, c.rows)
		}
	}
}

func TestBadValueWithholdsItsRowAlone(t *testing.T) {
	f := flatten(t, decision(`{"status":"Approved","id_verifications":[
		{"status":"Approved","date_of_birth":"03/02/1990","warnings":[{"risk":"DATA_INCONSISTENT"}]},
		{"status":"Approved","date_of_birth":"1990-02-03"}]}`))
	f.want(t, "id_verifications", "date_of_birth", "1990-02-03")
	f.want(t, "id_verifications", "block_ordinal", "1")
	f.want(t, "warnings", "risk", "DATA_INCONSISTENT")
	f.want(t, "sessions", "status", "Approved")
	if len(f.rejects) != 1 {
		t.Fatalf("got rejects %v, want one", f.rejects)
	}
	got := f.rejects[0]
	if got.Table != "id_verifications" || got.Scope != ScopeRow || got.Path != "id_verifications[].date_of_birth" ||
		got.Reason != "want date 9999-99-99" || got.Shape != "99/99/9999" {
		t.Errorf("got %+v", got)
	}
}

func TestSessionNeverDisappearsForABadValue(t *testing.T) {
	f := flatten(t, decision(`{"status":"Approved","expires_at":"soon","workflow_id":"w"}`), listRow(`{"full_name":"N"}`))
	f.want(t, "sessions", "status", "Approved")
	f.want(t, "sessions", "expires_at", "∅")
	f.want(t, "sessions", "workflow_id", "w")
	f.want(t, "sessions", "full_name", "N")
	if len(f.rejects) != 1 || f.rejects[0].Scope != ScopeValue || f.rejects[0].Shape != "aaaa" {
		t.Errorf("got rejects %+v", f.rejects)
	}
}

func TestWrongTypeWithholdsTheRow(t *testing.T) {
	for _, c := range []struct{ name, doc, table, reason string }{
		{"object for text", `{"face_matches":[{"node_id":{"a":1}}]}`, "face_matches", "want text or number, got object"},
		{"list for number", `{"face_matches":[{"score":[1]}]}`, "face_matches", "want text or number, got list"},
		{"text for object", `{"id_verifications":[{"parsed_address":"Main St"}]}`, "id_verifications", "want object, got text or number"},
		{"text for element", `{"face_matches":["x"]}`, "face_matches", "want object, got text or number"},
		{"fraction for integer", `{"id_verifications":[{"age":30.5}]}`, "id_verifications", "want integer"},
		{"number beyond double", `{"face_matches":[{"score":1e400}]}`, "face_matches", "want number"},
	} {
		f := flatten(t, decision(c.doc))
		if len(f.rows[c.table]) != 0 {
			t.Errorf("%s: got rows %v, want none", c.name, f.rows[c.table])
		}
		found := false
		for _, r := range f.rejects {
			found = found || r.Table == c.table && r.Scope == ScopeRow && r.Reason == c.reason
		}
		if !found {
			t.Errorf("%s: got rejects %+v, want %q", c.name, f.rejects, c.reason)
		}
	}
}

func TestUnknownMembersAreKeptAndReported(t *testing.T) {
	f := flatten(t, decision(`{"new_block":[{"z":1,"a":"x"}],"id_verifications":[
		{"document_number":"1","hologram":true,"parsed_address":{"city":"Y","plus_code":"8FW4"}}]}`),
		listRow(`{"risk_band":"low"}`))
	f.want(t, "sessions", "extra_json", `{"new_block":[{"a":"x","z":1}],"list_row.risk_band":"low"}`)
	f.want(t, "id_verifications", "extra_json", `{"hologram":true,"parsed_address.plus_code":"8FW4"}`)
	var paths []string
	for _, d := range f.drift {
		paths = append(paths, string(d.Document)+":"+d.Path+"="+d.Example)
	}
	want := "decision:id_verifications[].hologram=boolean decision:id_verifications[].parsed_address.plus_code=text " +
		"decision:new_block=list list_row:risk_band=text"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("got drift %s, want %s", got, want)
	}
}

func TestUnknownWordIsKeptAndReported(t *testing.T) {
	f := flatten(t, decision(`{"status":"Under Appeal"}`))
	f.want(t, "sessions", "status", "Under Appeal")
	if len(f.drift) != 1 || f.drift[0].Kind != DriftValue || f.drift[0].Path != "status" || f.drift[0].Example != "Under Appeal" {
		t.Errorf("got drift %+v", f.drift)
	}
}

func TestStatusSpellingsBecomeOne(t *testing.T) {
	f := flatten(t, decision(`{"status":"IN_REVIEW"}`))
	f.want(t, "sessions", "status", "In Review")
	f.want(t, "sessions", "status_raw", "IN_REVIEW")
}

func TestMediaIsKeptWithoutItsLink(t *testing.T) {
	f := flatten(t, decision(`{"id_verifications":[{"front_image":"https://m.example/a/b.jpg?X-Amz-Signature=sig","extra_files":["https://m.example/1?X-Amz-Signature=s","https://m.example/2#t"],
		"matches":[{"front_image_url":"https://m.example/m.jpg?X-Amz-Signature=sig"}]}]}`))
	f.want(t, "media", "media_kind", "extra_files", "extra_files", "front_image", "front_image_url")
	f.want(t, "media", "path", "/1", "/2", "/a/b.jpg", "/m.jpg")
	f.want(t, "media", "file_ordinal", "0", "1", "0", "0")
	f.want(t, "media", "block", "id_verifications", "id_verifications", "id_verifications", "id_verifications")
	f.want(t, "media", "block_ordinal", "0", "0", "0", "0")
	f.want(t, "media", "item_ordinal", "∅", "∅", "∅", "0")
}

func TestListRowFillsWhatTheDecisionLacks(t *testing.T) {
	f := flatten(t, decision(`{"vendor_data":"Ärger-1","created_at":null}`), listRow(`{"vendor_data":"other","created_at":"2026-01-02T03:04:05.123456Z",
		"features":[{"feature":"ID_VERIFICATION","status":"Approved"}],"additional_details":{"liveness":{"score":0.98}}}`))
	f.want(t, "sessions", "vendor_data", "Ärger-1")
	f.want(t, "sessions", "vendor_data_key", "ärger-1")
	f.want(t, "sessions", "created_at", "2026-01-02T03:04:05.123456Z")
	f.want(t, "sessions", "list_liveness_score", "98")
	f.want(t, "session_features", "feature", "ID_VERIFICATION")
	f.want(t, "session_features", "source", "list_row")
}

func TestDeviceKeyJoinsItsMembers(t *testing.T) {
	f := flatten(t, decision(`{"ip_analyses":[{"ip_address":"192.0.2.1","device_fingerprint":"didit-fp-1","node_id":"feature_ip_1"},{"node_id":"n"},{}]}`))
	f.want(t, "ip_analyses", "row_key", "feature_ip_1|192.0.2.1|didit-fp-1", "n||", "∅")
}

func TestCodesAndTokensAreNowhere(t *testing.T) {
	docs := `{"session_url":"https://verify.example/s/TOKEN1","metadata":{"session_token":"TOKEN2","note":"https://x.example/?token=TOKEN3"},
		"phone_verifications":[{"lifecycle":[{"type":"VALID_CODE_ENTERED","timestamp":"2026-01-02T03:04:05+00:00","details":{"status":"Approved","code_tried":"TOKEN4"}}]}],
		"unknown":{"kyc_session_url":"https://verify.example/TOKEN5"},"registry_checks":[{"company":{"officers":[{"uuid":"u","kyc_session_url":"TOKEN6"}]}}]}`
	f := flatten(t, decision(docs))
	for table, rows := range f.rows {
		for _, r := range rows {
			for c, v := range r {
				if strings.Contains(v, "TOKEN") {
					t.Errorf("%s.%s holds %s", table, c, v)
				}
			}
		}
	}
	f.want(t, "contact_events", "event_type", "VALID_CODE_ENTERED")
	f.want(t, "company_officers", "row_key", "u")
}

func TestLoneValueBecomesAListOfOne(t *testing.T) {
	f := flatten(t, decision(`{"features":["AML","NFC"],"aml_screenings":[{"hits":[{"datasets":"PEP"},{"datasets":["PEP","Sanctions"]},{"datasets":null}]}]}`))
	f.want(t, "sessions", "features", `["AML","NFC"]`)
	f.want(t, "aml_hits", "datasets", `["PEP"]`, `["PEP","Sanctions"]`, "∅")
}
