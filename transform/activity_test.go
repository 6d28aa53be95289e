package transform

import (
	"errors"
	"testing"

	"kycsync/schemas"
)

const (
	pageView = `{"uuid":"v","activity_type":"COMMENT","metadata":{"system_event":"DETAIL_VIEWED"}}`
	comment  = `{"uuid":"c","activity_type":"COMMENT","comment":"seen","metadata":null}`
)

func TestFeed(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", `{"results":[]}`, `{"page_views":0,"results":[]}`},
		{"a page view", `{"results":[` + pageView + `]}`, `{"page_views":1,"results":[]}`},
		{"among others", ` {"results" : [` + pageView + `, ` + comment + ` ,` + pageView + `,` + comment + `]} `, `{"page_views":2,"results":[` + comment + `,` + comment + `]}`},
		{"another event", `{"results":[{"metadata":{"system_event":"MERGED"}}]}`, `{"page_views":0,"results":[{"metadata":{"system_event":"MERGED"}}]}`},
		{"odd metadata", `{"results":[{"metadata":["DETAIL_VIEWED"]},{"metadata":{"system_event":1}},"DETAIL_VIEWED",null]}`,
			`{"page_views":0,"results":[{"metadata":["DETAIL_VIEWED"]},{"metadata":{"system_event":1}},"DETAIL_VIEWED",null]}`},
		{"an unknown member", `{"cursor":1,"results":[]}`, `{"page_views":0,"results":[],"cursor":1}`},
	} {
		got, err := Feed([]byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct{ name, in, err string }{
		{"empty", ``, "unexpected end"},
		{"cut off", `{"results":[{"uuid":`, "unexpected end"},
		{"a list", `[]`, "results: missing"},
		{"no results", `{"count":0}`, "results: missing"},
		{"no list", `{"results":{"uuid":"x"}}`, "results: want list, got object"},
		{"duplicate name", `{"results":[],"results":[]}`, "duplicate member name"},
		{"duplicate name within", `{"results":[{"uuid":"a","uuid":"b"}]}`, "duplicate member name"},
		{"bytes after the end", `{"results":[]}{}`, "bytes after the end"},
		{"not JSON", `<html>Jane Doe</html>`, "syntax error"},
	} {
		_, err := Feed([]byte(c.in))
		if u := (*Unreadable)(nil); !errors.As(err, &u) || u.Reason != c.err {
			t.Errorf("%s: got %v, want %s", c.name, err, c.err)
		}
	}
}

func TestPageViewsMakeNoVersion(t *testing.T) {
	hash := func(body string) schemas.Digest {
		feed, err := Feed([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Canonicalize(schemas.Activity, feed)
		if err != nil {
			t.Fatal(err)
		}
		return c.ContentSHA256
	}
	same := hash(`{"results":[` + comment + `]}`)
	if hash(`{"results":[`+pageView+`,`+comment+`,`+pageView+`]}`) != same {
		t.Error("looking at the page is a change")
	}
	if hash(`{"results":[`+comment+`,`+comment+`]}`) == same {
		t.Error("another comment is no change")
	}
}

func TestActivity(t *testing.T) {
	f := flatten(t, doc(schemas.Activity, `{"page_views":2,"results":[
		{"uuid":"a","activity_type":"STATUS_UPDATED","actor_type":"API_KEY","previous_status":"IN_REVIEW","new_status":"Approved","comment":null,
			"previous_value":null,"new_value":{"x":1},"changed_fields":["x"],"mentioned_emails":[],"created_at":"2026-01-02T03:04:05Z"},
		{"uuid":"b","activity_type":"COMMENT","comment":"so be it"}]}`))
	f.want(t, "activity_feeds", "session_id", testSession)
	f.want(t, "activity_feeds", "page_views", "2")
	f.want(t, "activity", "session_id", testSession, testSession)
	f.want(t, "activity", "activity_id", "a", "b")
	f.want(t, "activity", "previous_status", "In Review", "∅")
	f.want(t, "activity", "comment", "∅", "so be it")
	f.want(t, "activity", "new_value", `{"x":1}`, "∅")
	if len(f.rejects)+len(f.drift) > 0 {
		t.Errorf("got rejects %+v and drift %+v", f.rejects, f.drift)
	}
	f = flatten(t, doc(schemas.Activity, `{"page_views":0,"results":[]}`))
	f.want(t, "activity_feeds", "page_views", "0")
}
