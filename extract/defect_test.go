package extract

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"kycsync/schemas"
)

// A panic beside the goroutine that waits, in the code that reads a document or a page that is asked for early, comes
// out where the caller can meet it, and tells where it was.
func TestDefectsComeToWhoWaits(t *testing.T) {
	for where, work := range map[string]func(){
		"work(": func() {
			c := slowClient(t, http.DefaultTransport, 0, 10, 4)
			for range Each(t.Context(), c, []int{1, 2, 3}, func(context.Context, int) (schemas.Document, error) { panic("Jane Roe") }) {
				t.Error("got an outcome")
			}
		},
		"launch.func": func() {
			c := slowClient(t, newShiftyList(1, 300), 0, 10, 4)
			var rows atomic.Int32
			c.gist = func(schemas.DocumentKind, []schemas.Member) (d schemas.Digest) {
				if rows.Add(1) == 35 {
					panic("Jane Roe")
				}
				return d
			}
			_, err := c.Sweep(t.Context(), schemas.UserSession, func(Page) error { return nil })
			t.Errorf("the sweep ended with %v", err)
		},
	} {
		d := Caught(work)
		if d == nil {
			t.Fatalf("%s: nothing came", where)
		}
		if stack := string(d.Stack); d.Value != "Jane Roe" || !strings.Contains(stack, where) || !strings.Contains(stack, "defect_test.go") {
			t.Errorf("%s: got %v from\n%s", where, d.Value, stack)
		}
	}
}
