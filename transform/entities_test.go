package transform

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/schemas"
)

func doc(kind schemas.DocumentKind, body string) schemas.Document {
	return schemas.Document{Kind: kind, Body: []byte(body)}
}

// sampleEntities are the documents of each user, business, transaction and activity feed of the fake
// vendor.
func sampleEntities(t testing.TB, v *didittest.Vendor) [][]schemas.Document {
	t.Helper()
	var out [][]schemas.Document
	for _, list := range []struct {
		path, key   string
		row, detail schemas.DocumentKind
	}{
		{"/v3/users/", "vendor_data", schemas.UserRow, schemas.User},
		{"/v3/businesses/", "vendor_data", schemas.BusinessRow, schemas.Business},
		{"/v3/transactions/", "uuid", schemas.TransactionRow, schemas.Transaction},
	} {
		var page struct{ Results []json.RawMessage }
		if err := json.Unmarshal(get(v, list.path+"?limit=1000"), &page); err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Results {
			docs := []schemas.Document{{Kind: list.row, Body: row}}
			var members map[string]any
			if err := json.Unmarshal(row, &members); err != nil {
				t.Fatal(err)
			}
			if key, _ := members[list.key].(string); key != "" {
				docs = append(docs, schemas.Document{Kind: list.detail, Body: get(v, list.path+url.PathEscape(key)+"/")})
			}
			out = append(out, docs)
		}
		if len(page.Results) == 0 {
			t.Fatalf("%s is empty", list.path)
		}
	}
	for _, s := range v.Truth() {
		if s.Kind != "user" {
			continue
		}
		var page struct{ Results json.RawMessage }
		if err := json.Unmarshal(get(v, "/v3/sessions/"+s.ID+"/reviews/?limit=1000"), &page); err != nil {
			t.Fatal(err)
		}
		feed, err := Feed([]byte(`{"results":` + string(page.Results) + `}`))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, []schemas.Document{{Kind: schemas.Activity, Body: feed}})
	}
	return out
}

// Nothing that the vendor says of an entity is unknown, refused, or a link that opens a door.
func TestDocumentsOfEveryEntityAreRead(t *testing.T) {
	rows := map[string]int{}
	for _, docs := range sampleEntities(t, newVendor(t, 200)) {
		f := flatten(t, docs...)
		if len(f.rejects)+len(f.drift) > 0 {
			t.Fatalf("%s: got rejects %+v and drift %+v", docs[0].Kind, f.rejects, f.drift)
		}
		for table, rs := range f.rows {
			rows[table] += len(rs)
			for _, r := range rs {
				for c, v := range r {
					if strings.Contains(v, "X-Amz") {
						t.Errorf("%s.%s holds %s", table, c, v)
					}
				}
			}
		}
	}
	for _, table := range []string{"users", "user_features_reported", "user_contacts", "user_issuing_states", "user_tags",
		"businesses", "business_features_reported", "business_tags", "transactions", "activity_feeds", "activity"} {
		if rows[table] == 0 {
			t.Errorf("table %s got no rows", table)
		}
	}
	if rows["media"] > 0 {
		t.Errorf("got %d rows of table media, which is of sessions", rows["media"])
	}
}

const userRow = `{"didit_internal_id":"u","vendor_data":"Ann-1","status":"active","session_count":2,"approved_emails":["a@example.org"],
	"issuing_states":["ESP"],"features":{"AML":"Approved"},"features_list":[{"feature":"AML","status":"APPROVED"}],
	"tags":[{"uuid":"t","name":"priority","color":"#fff"}],"portrait_image_url":"https://m.example/SECRET","last_activity_at":"2026-01-02T03:04:05Z"}`

const userDetail = `{"didit_internal_id":"u","vendor_data":"Ann-1","status":"BLOCKED","session_count":3,"approved_emails":["b@example.org","a@example.org"],
	"approved_phones":["+34600000000"],"issuing_states":[],"features_list":[],"metadata":{"tier":1},"updated_at":"2026-01-03T00:00:00Z",
	"tags":[{"uuid":"link","tag":{"uuid":"t","name":"priority","color":"#fff","source":"custom"},"added_by_name":"Bo","created_at":"2026-01-01T00:00:00Z"}],
	"comments":[{"uuid":"c","comment_type":"STATUS_CHANGED","previous_status":"ACTIVE","new_status":"blocked","comment":"why"}],
	"portrait_image_url":"https://m.example/SECRET"}`

func TestUserWithoutDetail(t *testing.T) {
	f := flatten(t, doc(schemas.UserRow, userRow))
	f.want(t, "users", "user_id", testSession)
	f.want(t, "users", "vendor_data_key", "ann-1")
	f.want(t, "users", "status", "ACTIVE")
	f.want(t, "users", "status_raw", "active")
	f.want(t, "users", "session_count", "2")
	f.want(t, "users", "features", `{"AML":"Approved"}`)
	f.want(t, "users", "updated_at", "∅")
	f.want(t, "user_contacts", "contact", "a@example.org")
	f.want(t, "user_issuing_states", "issuing_state_iso3", "ESP")
	f.want(t, "user_features_reported", "status", "Approved")
	f.want(t, "user_features_reported", "status_raw", "APPROVED")
	f.want(t, "user_tags", "tag_id", "t")
	f.want(t, "user_tags", "source", "user_row")
}

// The detail is the later look: where it says the same as the list row, the row's word is passed
// over, in whatever order the documents come.
func TestUserWithDetail(t *testing.T) {
	docs := []schemas.Document{doc(schemas.UserRow, userRow), doc(schemas.User, userDetail)}
	for range 2 {
		f := flatten(t, docs...)
		f.want(t, "users", "status", "BLOCKED")
		f.want(t, "users", "session_count", "3")
		f.want(t, "users", "features", `{"AML":"Approved"}`)
		f.want(t, "users", "metadata", `{"tier":1}`)
		f.want(t, "users", "last_activity_at", "2026-01-02T03:04:05Z")
		f.want(t, "users", "updated_at", "2026-01-03T00:00:00Z")
		f.want(t, "user_contacts", "kind", "email", "email", "phone")
		f.want(t, "user_contacts", "contact", "b@example.org", "a@example.org", "+34600000000")
		f.want(t, "user_contacts", "user_id", testSession, testSession, testSession)
		f.want(t, "user_issuing_states", "issuing_state")
		f.want(t, "user_features_reported", "feature")
		f.want(t, "user_tags", "row_key", "link")
		f.want(t, "user_tags", "tag_id", "t")
		f.want(t, "user_tags", "added_by_name", "Bo")
		f.want(t, "user_comments", "new_status", "BLOCKED")
		f.want(t, "user_comments", "comment", "why")
		if len(f.rejects)+len(f.drift) > 0 {
			t.Errorf("got rejects %+v and drift %+v", f.rejects, f.drift)
		}
		for table, rows := range f.rows {
			for _, r := range rows {
				for c, v := range r {
					if strings.Contains(v, "SECRET") {
						t.Errorf("%s.%s holds the portrait's link", table, c)
					}
				}
			}
		}
		slices.Reverse(docs)
	}
}

func TestUnknownMembersOfADetail(t *testing.T) {
	f := flatten(t, doc(schemas.UserRow, `{"mood":1,"tags":[{"uuid":"t"}]}`), doc(schemas.User, `{"mood":2,"tags":[{"uuid":"l","tag":{"uuid":"t","shape":"round"}}]}`))
	f.want(t, "users", "extra_json", `{"user.mood":2,"mood":1}`)
	f.want(t, "user_tags", "extra_json", `{"tag.shape":"round"}`)
	if len(f.drift) != 3 {
		t.Errorf("got drift %+v", f.drift)
	}
}

// Being touched is not a change, and neither is another signature or order.
func TestContentHashOfAUser(t *testing.T) {
	hash := func(body string) schemas.Digest {
		c, err := Canonicalize(schemas.User, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return c.ContentSHA256
	}
	for old, new := range map[string]string{
		`"updated_at":"2026-01-03`:              `"updated_at":"2026-01-04`,
		`m.example/SECRET`:                      `m.example/OTHER`,
		`["b@example.org","a@example.org"]`:     `["a@example.org","b@example.org"]`,
		`"https://m.example/SECRET"`:            `null`,
		`"metadata":{"tier":1}`:                 `"metadata":{"tier":1},"last_activity_at":"2026-05-05T00:00:00Z"`,
		`"approved_phones":["+34600000000"],"i`: `"approved_phones":["+34600000000"],"display_name":null,"i`,
	} {
		if body := strings.Replace(userDetail, old, new, 1); body == userDetail || hash(body) != hash(userDetail) {
			t.Errorf("%s: got another hash", new)
		}
	}
	if hash(strings.Replace(userDetail, "BLOCKED", "ACTIVE", 1)) == hash(userDetail) {
		t.Error("another status: got the same hash")
	}
}

func TestTransaction(t *testing.T) {
	f := flatten(t,
		doc(schemas.TransactionRow, `{"uuid":"x","amount":"1.5","status":"IN_REVIEW","subject_name":"Ann","tags":[]}`),
		doc(schemas.Transaction, `{"uuid":"x","amount":"12345678901234567890.123456789012345678","status":"DECLINED",
			"remediation":{"session_id":"s","status":"In Review","session_token":"SECRET1","url":"https://verify.example/SECRET2"},
			"action_required":{"type":"wallet_ownership","url":"https://verify.example/SECRET3","widget_session_id":"w"},
			"parties":[{"uuid":"p","role":"APPLICANT","dob":"1990-02-03","country_code":"ES"}],
			"rule_runs":[{"uuid":"r","rule":"rule","matched":true,"score_delta":30,"status_target":"IN_REVIEW"}],
			"alerts":[{"uuid":"a","status":"PENDING_SAR","severity":"HIGH"}],
			"provider_results":[{"uuid":"q","result_type":"WALLET_SCREENING","payload":{"risk":0.10}}],
			"payment_methods":[{"uuid":"m","session_token":"SECRET4"}],"travel_rule":null}`))
	f.want(t, "transactions", "transaction_id", testSession)
	f.want(t, "transactions", "amount", "12345678901234567890.123456789012345678")
	f.want(t, "transactions", "status", "Declined")
	f.want(t, "transactions", "status_raw", "DECLINED")
	f.want(t, "transactions", "subject_name", "Ann")
	f.want(t, "transactions", "remediation_session_id", "s")
	f.want(t, "transactions", "remediation_status", "In Review")
	f.want(t, "transactions", "action_required_widget_session_id", "w")
	f.want(t, "transactions", "payment_methods", `[{"uuid":"m"}]`)
	f.want(t, "transaction_parties", "date_of_birth", "1990-02-03")
	f.want(t, "transaction_parties", "country_code_iso3", "ESP")
	f.want(t, "transaction_rules", "is_matched", "true")
	f.want(t, "transaction_rules", "status_target", "In Review")
	f.want(t, "transaction_alerts", "status", "PENDING_SAR")
	f.want(t, "transaction_results", "payload", `{"risk":0.10}`)
	for table, rows := range f.rows {
		for _, r := range rows {
			for c, v := range r {
				if strings.Contains(v, "SECRET") {
					t.Errorf("%s.%s holds %s", table, c, v)
				}
			}
		}
	}
	if len(f.rejects)+len(f.drift) > 0 {
		t.Errorf("got rejects %+v and drift %+v", f.rejects, f.drift)
	}
}
