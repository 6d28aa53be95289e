package extract

import (
	"net/http"
	"testing"
	"time"

	"kycsync/schemas"
)

func TestCount(t *testing.T) {
	l := newShiftyList(1, 300)
	var asked []string
	c := testClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.RawQuery)
		return l.RoundTrip(r)
	}), 0)
	now := time.Date(2026, 11, 20, 3, 0, 0, 0, time.FixedZone("", 3600))
	c.now = func() time.Time { return now }
	day := time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		q       Query
		want    int
		bounded bool
	}{
		{Query{Kind: schemas.UserSession}, 300, false},
		{Query{Kind: schemas.UserSession, DateFrom: day, DateTo: day, Limit: 50, Offset: 7}, 8, false},
		{Query{Kind: schemas.BusinessSession}, 100, true},
		{Query{Kind: schemas.BusinessSession, DateFrom: day, DateTo: day}, 8, false},
	} {
		n, at, err := c.Count(t.Context(), tc.q)
		if err != nil || n != tc.want || !at.Equal(now) || at.Location() != time.UTC || Bounded(tc.q.Kind, n) != tc.bounded {
			t.Errorf("%+v: got %d at %v, %v; want %d", tc.q, n, at, err, tc.want)
		}
	}
	if want := "date_from=2026-10-03&date_to=2026-10-03&limit=1&offset=0&session_kind=user"; asked[1] != want {
		t.Errorf("asked %s\nwant  %s", asked[1], want)
	}
	if s := c.Stats(); s.Counts != 4 || s.Pages != 0 || s.Requests() != 4 || c.pageSize.Load() != DefaultPageSize {
		t.Errorf("got %+v and pages of %d, want four counts and pages as before", s, c.pageSize.Load())
	}
	if _, _, err := c.Count(t.Context(), Query{Kind: "all"}); err == nil || len(asked) != 4 {
		t.Error("kind all is counted")
	}
}

func TestCountOfAnAnswerWithoutItsRow(t *testing.T) {
	c := testClient(t, roundTripper(func(*http.Request) (*http.Response, error) {
		return canned(200, `{"count":7,"next":null,"results":[]}`), nil
	}), 0)
	NoBackoff(c)
	if n, _, err := c.Count(t.Context(), Query{Kind: schemas.UserSession}); n != 7 || err != nil {
		t.Errorf("got %d, %v, want the vendor's 7", n, err)
	}
}
