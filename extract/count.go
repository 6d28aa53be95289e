package extract

import (
	"context"
	"fmt"
	"time"

	"kycsync/schemas"
)

// boundedCount is where the vendor stops to count all lists but those of user sessions and of the
// activity of a session.
const boundedCount = 100

// Bounded reports whether n, counted by the vendor, may be less than there are.
func Bounded(kind schemas.SessionKind, n int) bool {
	return kind != schemas.UserSession && n >= boundedCount
}

// Count asks how many sessions the query selects and when, UTC, that was so. Limit and Offset of
// the query are not used. A count that is [Bounded] is a least one.
//
// Source: GET /v3/sessions/ with limit=1.
func (c *Client) Count(ctx context.Context, q Query) (n int, at time.Time, err error) {
	if err := q.check(); err != nil {
		return 0, time.Time{}, err
	}
	q.Limit, q.Offset = 1, 0
	var env envelope[struct{}]
	a := pageAsk(q, func(body []byte) *fault { // the row that comes with it is not asked for
		var err error
		if env, err = readEnvelope(body, func(element) (none struct{}) { return }); err != nil {
			return flaky(fmt.Errorf("%w: %w", ErrMalformed, err))
		}
		return nil
	})
	a.what = fmt.Sprintf("count of %s sessions", q.Kind)
	a.counter = func(s *Stats) *int64 { return &s.Counts }
	ans, err := c.get(ctx, a)
	if err != nil {
		return 0, time.Time{}, err
	}
	return env.count, ans.at, nil
}
