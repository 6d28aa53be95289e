package extract

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kycsync/schemas"
)

func TestQueryInTheVendorsWords(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 23, 30, 0, 0, time.UTC) }
	for _, tc := range []struct {
		name string
		q    Query
		want string
	}{
		{"users", Query{Kind: schemas.UserSession, Limit: 100}, "limit=100&offset=0&session_kind=user"},
		{"days", Query{Kind: schemas.UserSession, Limit: 50, Offset: 97, DateFrom: day(3), DateTo: day(4)},
			"date_from=2026-11-03&date_to=2026-11-04&limit=50&offset=97&session_kind=user"},
		{"days of businesses end a day later", Query{Kind: schemas.BusinessSession, Limit: 50, DateFrom: day(3), DateTo: day(30)},
			"date_from=2026-11-03&date_to=2026-12-01&limit=50&offset=0&session_kind=business"},
		{"days are UTC", Query{Kind: schemas.UserSession, Limit: 1, DateTo: day(4).In(time.FixedZone("", 7200))},
			"date_to=2026-11-04&limit=1&offset=0&session_kind=user"},
		{"statuses", Query{Kind: schemas.UserSession, Limit: 1, Status: []string{"Approved", "In Review"}},
			"limit=1&offset=0&session_kind=user&status=Approved%2CIn+Review"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.q.values().Encode(); got != tc.want {
				t.Errorf("got %s\nwant %s", got, tc.want)
			}
		})
	}
	if _, err := testClient(t, nil, 0).Page(t.Context(), Query{Kind: "all"}); err == nil {
		t.Error("kind all is taken, which loses rows")
	}
}

func TestPageIsReadAsReceived(t *testing.T) {
	const row = `{ "session_number": 7, "x": {"a":[1.0, 2e400]}, "status":"In\u0020Review", "session_id":"0000000A-0000-4000-8000-00000000000a", "created_at":"2026-11-03T10:00:00.123456+02:00" }`
	body := `{"previous":null, "results": [ ` + row + ` , null, {"session_id":1}],"count":3,"more":{"results":[]},"next":null}`
	c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/v3/sessions/" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		return canned(200, body), nil
	}), 0)
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.FixedZone("", 3600))
	c.now = func() time.Time { return at }
	members := map[string]string{}
	c.gist = func(kind schemas.DocumentKind, all []schemas.Member) schemas.Digest {
		for _, m := range all {
			members[string(m.Name)] = string(m.Value)
		}
		return schemas.Digest{1}
	}
	got, err := c.Page(t.Context(), Query{Kind: schemas.UserSession, Offset: 20})
	if err != nil {
		t.Fatal(err)
	}
	want := Page{Count: 3, ObservedAt: at.UTC(),
		Rows: []Row{{ID: "0000000a-0000-4000-8000-00000000000a", Kind: schemas.UserSession, Number: 7, Status: "In Review",
			CreatedAt: time.Date(2026, 11, 3, 8, 0, 0, 123456000, time.UTC), Body: []byte(row), ObservedAt: at.UTC(), Gist: schemas.Digest{1}}},
		Bad: []BadRow{{Position: 21, Reason: "want an object"}, {Position: 22, Reason: "session_id: want a UUID"}},
	}
	if members["session_number"] != "7" || members["x"] != `{"a":[1.0, 2e400]}` || !strings.HasPrefix(members["status"], `"In\u`) {
		t.Errorf("got the members %v", members)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Row{})); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func TestMalformedPages(t *testing.T) {
	row := fmt.Sprintf(`{"session_id":%q,"session_number":1}`, testID(1))
	for _, tc := range []struct{ name, body, want string }{
		{"empty", ``, "unexpected EOF"},
		{"cut", `{"count":1,"next":null,"results":[` + row, "unexpected EOF"},
		{"no count", `{"next":null,"results":[]}`, "count or results is absent"},
		{"no results", `{"next":null,"count":0}`, "count or results is absent"},
		{"results null", `{"next":null,"count":0,"results":null}`, "results is not an array"},
		{"count is text", `{"next":null,"count":"0","results":[]}`, "count is not a whole number"},
		{"count is negative", `{"next":null,"count":-1,"results":[]}`, "count is not a whole number"},
		{"next is a number", `{"next":7,"count":0,"results":[]}`, "next is neither text nor null"},
		{"count twice", `{"count":0,"next":null,"results":[],"count":1}`, "stands twice"},
		{"bytes after the end", `{"count":0,"next":null,"results":[]} Nobody`, "bytes after the end"},
		{"two objects", `{"count":0,"next":null,"results":[]}{}`, "bytes after the end"},
		{"an array", `[]`, "want an object"},
		{"a bad token", `{"count":0,"next":null,"results":[Nobody]}`, "not JSON at byte"},
		{"more, but none here", `{"count":9,"next":"x","results":[]}`, "no rows, though there are more"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, f := readPage([]byte(tc.body), 100, 0, lineOf)
			if f == nil || !f.again || f.usable || !strings.Contains(f.err.Error(), tc.want) {
				t.Fatalf("got %+v, want %q and another attempt", f, tc.want)
			}
			clean(t, f.err.Error())
		})
	}
}

// Whose session it is matters to users alone, so nothing about it refuses a row.
func TestUserOfARow(t *testing.T) {
	id := [16]byte(keyOf(testID(10)))
	for _, tc := range []struct {
		name, member string
		want         [16]byte
	}{
		{"there", `"didit_internal_id":"0000000a-0000-4000-8000-00000000000a"`, id},
		{"upper case", `"didit_internal_id":"0000000A-0000-4000-8000-00000000000A"`, id},
		{"escaped", `"didit_internal_id":"\u0030000000a-0000-4000-8000-00000000000a"`, id},
		{"absent", `"x":1`, [16]byte{}},
		{"null", `"didit_internal_id":null`, [16]byte{}},
		{"empty", `"didit_internal_id":""`, [16]byte{}},
		{"too short", `"didit_internal_id":"0000000a-0000-4000-8000-00000000000"`, [16]byte{}},
		{"no dashes where they belong", `"didit_internal_id":"0000000a0-000-4000-8000-00000000000a"`, [16]byte{}},
		{"not hex", `"didit_internal_id":"0000000g-0000-4000-8000-00000000000a"`, [16]byte{}},
		{"another character at the end", `"didit_internal_id":"0000000a-0000-4000-8000-00000000000:"`, [16]byte{}},
		{"an object", `"didit_internal_id":{"id":"0000000a-0000-4000-8000-00000000000a"}`, [16]byte{}},
	} {
		row, reason := readRow(&element{value: []byte(fmt.Sprintf(`{"session_id":%q,%s,"session_number":1}`, testID(1), tc.member))})
		if reason != "" || row.User != tc.want || row.ID != testID(1) || row.Number != 1 {
			t.Errorf("%s: got %+v, %q", tc.name, row, reason)
		}
	}
}

func TestPageThatIsTooShort(t *testing.T) {
	row := fmt.Sprintf(`{"session_id":%q,"session_number":1}`, testID(1))
	synctest.Test(t, func(t *testing.T) {
		n, good := 0, 3
		c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			if n++; n >= good {
				return canned(200, `{"count":2,"next":null,"results":[`+row+`,`+row+`]}`), nil
			}
			return canned(200, `{"count":2,"next":null,"results":[`+row+`]}`), nil
		}), 0)
		p, err := c.Page(t.Context(), Query{Kind: schemas.UserSession})
		if err != nil || len(p.Rows) != 2 || p.Short != 0 || n != 3 {
			t.Errorf("got %d rows, %d short, %v after %d requests, want both rows after 3", len(p.Rows), p.Short, err, n)
		}
		n, good = 0, 4
		p, err = c.Page(t.Context(), Query{Kind: schemas.UserSession})
		if err != nil || len(p.Rows) != 1 || p.Short != 1 || n != 3 {
			t.Errorf("got %d rows, %d short, %v after %d requests, want one row, one short, after 3", len(p.Rows), p.Short, err, n)
		}
	})
}

// lineOf makes of the members a gist that shows which they were.
func lineOf(e element) line {
	c := Client{gist: func(_ schemas.DocumentKind, members []schemas.Member) schemas.Digest {
		return sha256.Sum256(fmt.Appendf(nil, "%q", members))
	}}
	return c.readRow(e)
}

// What is read of an envelope is JSON, and every element of results is either a row or set aside.
func FuzzPage(f *testing.F) {
	row := fmt.Sprintf(`{"session_id":%q,"session_number":1,"status":"Approved","created_at":"2026-11-03T10:00:00Z"}`, testID(1))
	for _, seed := range []string{
		`{"count":1,"next":null,"previous":null,"results":[` + row + `]}`,
		`{"count":3,"next":"x","results":[` + row + `, {} ,null]}`,
		`{"c\u006funt":0,"results":[],"next":null}`,
		"{\"count\":1,\"next\":null,\"results\":[{\"session_id\":\"\xff\"}]}",
		`{"count":1,"count":2,"results":[[[]]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		env, err := readEnvelope(bytes.Clone(body), lineOf)
		if err != nil {
			return
		}
		var want []json.RawMessage
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if err := json.Unmarshal(members["results"], &want); err != nil {
			t.Fatal(err)
		}
		p := pageOf(env, Query{Kind: schemas.UserSession}, time.Time{})
		one, err := scanEnvelope(bytes.Clone(body), lineOf)
		if err != nil {
			t.Fatalf("read in one pass, and not row by row: %v", err)
		}
		if q := pageOf(one, Query{Kind: schemas.UserSession}, time.Time{}); !reflect.DeepEqual(p, q) {
			t.Fatalf("in one pass %+v, row by row %+v", p, q)
		}
		if got := len(p.Rows) + len(p.Bad); got != len(want) {
			t.Fatalf("%d rows and %d set aside of %d elements", len(p.Rows), len(p.Bad), len(want))
		}
		bad := map[int]bool{}
		for _, b := range p.Bad {
			bad[b.Position] = true
		}
		rows := p.Rows
		for i, raw := range want {
			if bad[i] {
				continue
			}
			if !bytes.Equal(rows[0].Body, raw) {
				t.Fatalf("row %d is %q, want %q", i, rows[0].Body, raw)
			}
			rows = rows[1:]
		}
	})
}
