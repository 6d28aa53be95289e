package transform

import (
	"errors"
	"strings"
	"testing"

	"kycsync/schemas"
)

func TestCanonicalForm(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"keys sorted, white space dropped", `{ "b": 1, "a": [ true, null ] }`, `{"a":[true,null],"b":1}`},
		{"number literals untouched", `{"metadata":{"x":1.0,"y":1E2,"z":123456789012345678901234567890}}`, `{"metadata":{"x":1.0,"y":1E2,"z":123456789012345678901234567890}}`},
		{"escapes in one spelling", `{"metadata":"\u0441\/\u000a"}`, `{"metadata":"с/\n"}`},
		{"secrets gone", `{"session_url":"https://v.example/s/t","status":"Approved"}`, `{"status":"Approved"}`},
		{"media cut to its path", `{"face_matches":[{"source_image":"https://m.example/p/q.jpg?X-Amz-Signature=s"}]}`, `{"face_matches":[{"source_image":"/p/q.jpg"}]}`},
		{"signed link in an open map", `{"metadata":{"doc":"https://m.example/d?Signature=s"}}`, `{"metadata":{"doc":"/d"}}`},
		{"signed link in a sentence", `{"metadata":{"note":"Seen at https://m.example/d?token=s, fine"}}`, `{"metadata":{"note":"Seen at https://m.example/d fine"}}`},
		{"a public link stays", `{"metadata":{"doc":"https://m.example/d?page=2"}}`, `{"metadata":{"doc":"https://m.example/d?page=2"}}`},
	} {
		got, err := Canonicalize(schemas.Decision, []byte(c.in))
		if err != nil || string(got.JSON) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got.JSON, err, c.want)
		}
		again, err := Canonicalize(schemas.Decision, got.JSON)
		if err != nil || string(again.JSON) != c.want || again.ContentSHA256 != got.ContentSHA256 {
			t.Errorf("%s: a second time: got %s, %v", c.name, again.JSON, err)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for _, c := range []struct{ name, in, err string }{
		{"empty", ``, "unexpected end"},
		{"cut off", `{"a":`, "unexpected end"},
		{"duplicate name", `{"status":"a","status":"b"}`, "duplicate member name"},
		{"duplicate name in an open map", `{"metadata":{"a":1,"a":2}}`, "duplicate member name"},
		{"bytes after the end", `{} {}`, "bytes after the end"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "invalid UTF-8"},
		{"lone surrogate", `{"a":"\ud800"}`, "invalid UTF-8"},
		{"depth bomb", strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100), "nested deeper"},
		{"wide bomb", `{"metadata":[` + strings.Repeat(`{},`, MaxValues) + `{}]}`, "more than"},
		{"not JSON", `<html>Jane Doe</html>`, "syntax error"},
	} {
		_, err := Canonicalize(schemas.Decision, []byte(c.in))
		if u := (*Unreadable)(nil); !errors.As(err, &u) || !strings.Contains(u.Reason, c.err) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.err)
		}
		if err != nil && strings.Contains(err.Error(), "Jane") {
			t.Errorf("%s: the error quotes the document: %v", c.name, err)
		}
	}
}

// Looking again is not a change; everything else is.
func TestContentHash(t *testing.T) {
	const base = `{"status":"Approved","id_verifications":[{"age":30,"full_name":"A","front_image":"https://m.example/1?X-Amz-Signature=a",
		"matches":[{"session_id":"s1","status":"Approved"},{"session_id":"s2"}],"warnings":[{"risk":"X"},{"risk":"Y"}]}],
		"aml_screenings":[{"total_hits":2,"next_ongoing_monitoring_bill_date":"2026-01-01","hits":[{"id":"a"},{"id":"b"}]}],"nfc_verifications":null}`
	hash := func(old, new string) schemas.Digest {
		in := strings.Replace(base, old, new, 1)
		if old != "" && in == base {
			t.Fatalf("%s is not in the document", old)
		}
		c, err := Canonicalize(schemas.Decision, []byte(in))
		if err != nil {
			t.Fatal(err)
		}
		return c.ContentSHA256
	}
	same := hash("", "")
	for _, c := range []struct{ name, old, new string }{
		{"another signature", "Signature=a", "Signature=b"},
		{"another media path", "example/1?", "example/2?"},
		{"hits in another order", `{"id":"a"},{"id":"b"}`, `{"id":"b"},{"id":"a"}`},
		{"warnings in another order", `{"risk":"X"},{"risk":"Y"}`, `{"risk":"Y"},{"risk":"X"}`},
		{"a year older", `"age":30`, `"age":31`},
		{"the next bill", "2026-01-01", "2026-01-02"},
		{"another session's state", `"session_id":"s1","status":"Approved"`, `"session_id":"s1","status":"Declined"`},
		{"null for absent", `"nfc_verifications":null`, `"nfc_verifications":[]`},
		{"order of members", `"status":"Approved","id_`, `"id_`},
	} {
		if c.name == "order of members" {
			c.new = c.old // covered by the canonical form
			continue
		}
		if hash(c.old, c.new) != same {
			t.Errorf("%s: got another hash", c.name)
		}
	}
	for _, c := range []struct{ name, old, new string }{
		{"status", `"status":"Approved","id_`, `"status":"Declined","id_`},
		{"a corrected name", `"full_name":"A"`, `"full_name":"B"`},
		{"a hit more", `{"id":"b"}`, `{"id":"b"},{"id":"c"}`},
		{"a hit reviewed", `{"id":"b"}`, `{"id":"b","review_status":"False Positive"}`},
		{"media gone", `"https://m.example/1?X-Amz-Signature=a"`, `null`},
		{"an unknown member", `"total_hits":2`, `"total_hits":2,"tier":1`},
		{"a matched session more", `{"session_id":"s2"}`, `{"session_id":"s2"},{"session_id":"s3"}`},
	} {
		if hash(c.old, c.new) == same {
			t.Errorf("%s: got the same hash", c.name)
		}
	}
}
