package night

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"
)

// Every mistake that a sync of this vendor is known to make is caught by the model test within 200 seeds. The mistakes
// are here and not in the program. Where many seeds are needed the search begins shortly before the one that catches;
// KYCSYNC_TEST_PLANTED=200 begins with the first.
func TestPlantedBugsAreCaught(t *testing.T) {
	seeds := searched("PLANTED", 0)
	if testing.Short() {
		t.Skip("a search; the model itself runs")
	}
	for _, bug := range []struct {
		name  string
		begin int // a seed; none before it catches
		plant func(*world)
	}{
		{"the sweep drops the last row of each page", 0, withTransport(lastRowDropped)},
		{"the sweep believes its first pages and does not overlap", 20, func(w *world) { w.rules.sweep, w.busy = sweepWithoutOverlap, true }},
		{"the sweep ends at the newest session that is known", 0, withRules(func(r *rules) { r.plan = newestNumberOnly })},
		{"a watermark on created_at", 0, withRules(func(r *rules) { r.plan = watermarkOnCreation })},
		{"a decided session is frozen", 0, withRules(func(r *rules) {
			r.plan = without(func(t extract.Task, v extract.View) bool { return t.Reason == extract.ReasonChanged && decided(t, v) })
		})},
		{"nothing is looked at again that the list does not betray", 0, withRules(func(r *rules) {
			r.plan = without(func(t extract.Task, _ extract.View) bool { return t.Reason == extract.ReasonDue })
		})},
		{"the promise is taken for three times as long", 0, withRules(func(r *rules) { r.plan = lazy })},
		{"the queue is cut by one", 0, withRules(func(r *rules) { r.plan = cutByOne })},
		{"a session is planned twice", 90, withRules(func(r *rules) { r.plan = twice })},
		{"nobody asks for sessions that vanish", 0, withRules(func(r *rules) {
			r.plan = without(func(t extract.Task, _ extract.View) bool { return t.Reason == extract.ReasonAbsent })
		})},
		{"a tombstone on the first 404", 0, withRules(func(r *rules) { r.judge = func(e evidence) verdict { return deleted } })},
		{"two answers in one night prove a session gone, whatever else vanishes", 0, withRules(func(r *rules) {
			r.judge = func(e evidence) verdict {
				if e.goneSince.IsZero() {
					return noted
				}
				e.mass, e.canary, e.goneSince = false, true, e.now.Add(-proofApart)
				return judge(e)
			}
		})},
		{"a fingerprint with a volatile field", 0, withRules(volatileHash)},
		{"the gist of a row leaves the status out", 86, func(w *world) {
			w.gist = func(kind schemas.DocumentKind, members []schemas.Member) schemas.Digest {
				return transform.Gist(kind, slices.DeleteFunc(slices.Clone(members), func(m schemas.Member) bool { return string(m.Name) == "status" }))
			}
		}},
		{"the content hash leaves the decision out", 0, withRules(func(r *rules) {
			r.hash = func(row, _, prov schemas.Digest) schemas.Digest { return versionHash(row, schemas.Digest{}, prov) }
		})},
		{"a cache serves yesterday's list", 0, withTransport(staleList)},
	} {
		t.Run(bug.name, func(t *testing.T) {
			first, end := bug.begin, 200
			if seeds > 0 {
				first, end = 0, seeds
			}
			err := eachSeed(t, first, end, bug.plant)
			if err == nil {
				t.Fatalf("not caught by the seeds from %d to %d", first, end-1)
			}
			t.Log(err)
		})
	}
}

func withRules(change func(*rules)) func(*world) { return func(w *world) { change(&w.rules) } }

func withTransport(wrap func(http.RoundTripper) http.RoundTripper) func(*world) {
	return func(w *world) { w.wrap = wrap }
}

// without leaves tasks out of the plan.
func without(drop func(extract.Task, extract.View) bool) func(extract.View) []extract.Task {
	return func(v extract.View) []extract.Task {
		return slices.DeleteFunc(extract.Plan(v), func(t extract.Task) bool { return drop(t, v) })
	}
}

func decided(t extract.Task, v extract.View) bool { return !schemas.Open(v.Known.Get(t.ID).Status) }

func watermarkOnCreation(v extract.View) []extract.Task {
	var mark time.Time
	for k := range v.Known.All() {
		mark = later(mark, k.CreatedAt)
	}
	created := map[schemas.SessionID]time.Time{}
	for _, r := range v.Listed {
		created[r.ID] = r.CreatedAt
	}
	return slices.DeleteFunc(extract.Plan(v), func(t extract.Task) bool {
		return t.Reason == extract.ReasonNew && created[t.ID].Before(mark)
	})
}

// newestNumberOnly plans what an incremental walk finds that stops at the first known number.
func newestNumberOnly(v extract.View) []extract.Task {
	newest := map[schemas.SessionKind]int64{}
	for k := range v.Known.All() {
		newest[k.SessionKind] = max(newest[k.SessionKind], k.SessionNumber)
	}
	return slices.DeleteFunc(extract.Plan(v), func(t extract.Task) bool { return v.Known.Len() > 0 && t.Number <= newest[t.Kind] })
}

func lazy(v extract.View) []extract.Task {
	tasks := extract.Plan(v)
	return slices.DeleteFunc(tasks, func(t extract.Task) bool {
		return t.Reason == extract.ReasonDue && v.Now.Sub(t.Since) < 3*v.Promises[t.Class]
	})
}

func cutByOne(v extract.View) []extract.Task {
	tasks := extract.Plan(v)
	return tasks[:max(0, len(tasks)-1)]
}

func twice(v extract.View) []extract.Task {
	tasks := extract.Plan(v)
	return append(tasks[:min(1, len(tasks)):min(1, len(tasks))], tasks...)
}

// volatileHash makes every look a change.
func volatileHash(r *rules) {
	var mu sync.Mutex
	n := byte(0)
	r.hash = func(row, decision, prov schemas.Digest) schemas.Digest {
		mu.Lock()
		defer mu.Unlock()
		n++
		prov[0] ^= n
		return versionHash(row, decision, prov)
	}
}

// sweepWithoutOverlap follows the offsets and asks no further.
func sweepWithoutOverlap(ctx context.Context, c *extract.Client, kind schemas.SessionKind, visit func(extract.Page) error) (extract.Sweep, error) {
	s := extract.Sweep{Kind: kind, Complete: true}
	for offset := 0; ; {
		p, err := c.Page(ctx, extract.Query{Kind: kind, Offset: offset})
		if err != nil {
			return s, err
		}
		s.Pages++
		s.Distinct += len(p.Rows)
		s.CountAfter = p.Count
		if err := visit(p); err != nil {
			return s, err
		}
		if !p.Next {
			return s, nil
		}
		offset += len(p.Rows)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// lastRowDropped loses the last row of each page of sessions, and the count does not tell.
func lastRowDropped(next http.RoundTripper) http.RoundTripper {
	return rewriting(next, func(page map[string]any) {
		rows := page["results"].([]any)
		if len(rows) > 1 {
			page["results"] = rows[:len(rows)-1]
			page["count"] = page["count"].(float64) - 1
		}
	})
}

// rewriting changes the pages of the session list.
func rewriting(next http.RoundTripper, change func(map[string]any)) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err != nil || req.URL.Path != "/v3/sessions/" || resp.StatusCode != http.StatusOK {
			return resp, err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		var page map[string]any
		if json.Unmarshal(body, &page) == nil {
			change(page)
			body, _ = json.Marshal(page)
		}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		resp.ContentLength = int64(len(body))
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return resp, nil
	})
}

// staleList answers from the second night on with the pages of the first.
func staleList(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		q := req.URL.Query()
		if req.URL.Path == "/v3/sessions/" && q.Get("date_from") == "" && q.Get("date_to") == "" && q.Get("limit") != "1" {
			q.Set("date_to", "2026-11-01") // what a cache of the first night would hold
			req = req.Clone(req.Context())
			req.URL.RawQuery = q.Encode()
		}
		return next.RoundTrip(req)
	})
}
