package transform

import (
	"bytes"
	"strings"
	"testing"

	"kycsync/schemas"

	"github.com/go-json-experiment/json/jsontext"
)

// gistOf is the gist of a body; zero for none.
func gistOf(body string) schemas.Digest {
	dec := jsontext.NewDecoder(strings.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return schemas.Digest{}
	}
	var members []schemas.Member
	for dec.PeekKind() != '}' {
		tok, err := dec.ReadToken()
		if err != nil {
			return schemas.Digest{}
		}
		name := tok.String()
		value, err := dec.ReadValue()
		if err != nil {
			return schemas.Digest{}
		}
		members = append(members, schemas.Member{Name: []byte(name), Value: bytes.Clone(value)})
	}
	return Gist(schemas.ListRow, members)
}

func TestGist(t *testing.T) {
	const row = `{"session_id":"a","session_url":"https://v.example/1","portrait_image":"https://m.example/p?sig=1","status":"Approved","features":[{"feature":"AML"}],
		"additional_details":{"face_match":{"score":0.8,"source_image":"https://m.example/s?sig=1"}}}`
	for _, tc := range []struct {
		name, body string
		same       bool
	}{
		{"itself", row, true},
		{"another signature", strings.ReplaceAll(row, "sig=1", "sig=2"), true},
		{"no picture", strings.Replace(row, `"https://m.example/p?sig=1"`, "null", 1), false},
		{"another score", strings.Replace(row, "0.8", "0.9", 1), false},
		{"another secret", strings.Replace(row, "/1", "/2", 1), true},
		{"another status", strings.Replace(row, "Approved", "Declined", 1), false},
		{"another feature", strings.Replace(row, "AML", "POA", 1), false},
		{"another name", strings.Replace(row, "status", "state", 1), false},
		{"the same in another order", strings.Replace(row, `"session_id":"a",`, "", 1)[:1] + `"status":"Approved","session_id":"a"}`, false},
	} {
		if got := gistOf(tc.body) == gistOf(row); got != tc.same {
			t.Errorf("%s: the same gist: %v, want %v", tc.name, got, tc.same)
		}
	}
	if got := Gist(schemas.ListRow, []schemas.Member{{Name: []byte("additional_details"), Value: []byte(`{"a":`)}}); got != (schemas.Digest{}) {
		t.Errorf("got %v, want none of what is not JSON", got)
	}
}

// Whatever the bytes: documents with one gist have one content hash.
func FuzzGist(f *testing.F) {
	f.Add(`{"status":"a"}`, `{"status":"b"}`)
	f.Add(`{"status":"a","portrait_image":"https://a/b?c"}`, `{"portrait_image":"https://a/d?e","status":"a"}`)
	f.Add(`{"portrait_image":null}`, `{"portrait_image":"https://a/b?c"}`)
	f.Add(`{"portrait_image":[]}`, `{"portrait_image":["https://a/b?c"]}`)
	f.Add(`{"a\u0062":1}`, `{"ab":1}`)
	f.Add(`{"a":"b","c":"d"}`, `{"a":"b", "c":"d"}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		first, errA := Canonicalize(schemas.ListRow, []byte(a))
		second, errB := Canonicalize(schemas.ListRow, []byte(b))
		gist := gistOf(a)
		if errA == nil && errB == nil && gist != (schemas.Digest{}) && gist == gistOf(b) && first.ContentSHA256 != second.ContentSHA256 {
			t.Errorf("%q and %q have the gist %v, and two content hashes", a, b, gist)
		}
	})
}
